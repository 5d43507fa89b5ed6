//! Durations as Go writes and reads them (`1h30m`, `1.5s`, `100ms`), and `d` for 24 hours when reading.

use std::time::Duration;

const UNITS: [(&str, u128); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Reads a duration. Negative ones are refused: no flag means anything by them.
pub fn parse(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() || text.starts_with('-') {
        return Err(format!("time: invalid duration {text:?}"));
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let number = number_length(rest);
        if number == 0 {
            return Err(format!("time: invalid duration {text:?}"));
        }
        let unit = unit_length(&rest[number..]);
        if unit == 0 {
            return Err(format!("time: missing unit in duration {text:?}"));
        }
        let (digits, tail) = rest.split_at(number);
        let (unit, tail) = tail.split_at(unit);
        let (_, factor) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| format!("time: unknown unit {unit:?} in duration {text:?}"))?;
        nanos = scaled(digits, *factor)
            .and_then(|part| nanos.checked_add(part))
            .ok_or_else(|| format!("time: invalid duration {text:?}"))?;
        rest = tail;
    }
    u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| format!("time: invalid duration {text:?}"))
}

/// Writes a duration: `1h0m0s`, `30.01s`, `510ms`.
pub fn format(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        0 => "0s".into(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}\u{b5}s", decimal(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(nanos, 1_000_000)),
        _ => {
            let minutes_all = nanos / 60_000_000_000;
            let seconds = decimal(nanos % 60_000_000_000, 1_000_000_000);
            match (minutes_all / 60, minutes_all % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// Writes a duration with days, its parts apart: `1d 2h 0m 5s`.
pub fn spaced(duration: Duration) -> String {
    let (days, rest) = (duration.as_secs() / 86_400, format(duration));
    let text = match rest.split_once('h') {
        Some((hours, rest)) if days > 0 => {
            let hours: u64 = hours.parse().unwrap_or_default();
            format!("{days}d{}h{rest}", hours % 24)
        }
        Some(_) | None => rest,
    };
    let mut apart = String::new();
    for letter in text.chars() {
        if letter.is_ascii_digit() && apart.ends_with(char::is_alphabetic) {
            apart.push(' ');
        }
        apart.push(letter);
    }
    apart
}

/// A duration as requests carry it.
pub fn proto(duration: Duration) -> prost_types::Duration {
    prost_types::Duration { seconds: duration.as_secs() as i64, nanos: duration.subsec_nanos() as i32 }
}

/// A duration of an answer; nothing for none.
pub fn filled(duration: Option<prost_types::Duration>) -> String {
    let duration = duration.and_then(|duration| Duration::try_from(duration).ok()).unwrap_or_default();
    if duration.is_zero() { String::new() } else { format(duration) }
}

fn number_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len())
}

fn unit_length(text: &str) -> usize {
    text.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(text.len())
}

// Digits with at most one point, times the unit, in whole nanoseconds.
fn scaled(digits: &str, factor: u128) -> Option<u128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut nanos = whole.checked_mul(factor)?;
    let mut place = factor;
    for digit in fraction.chars() {
        place /= 10;
        nanos = nanos.checked_add(u128::from(digit.to_digit(10)?) * place)?;
    }
    Some(nanos)
}

fn decimal(value: u128, unit: u128) -> String {
    let fraction = value % unit;
    if fraction == 0 {
        return (value / unit).to_string();
    }
    let places = unit.ilog10() as usize;
    format!("{}.{}", value / unit, format!("{fraction:0places$}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_and_days_are_read() {
        let seconds = |text| parse(text).map(|duration| duration.as_secs_f64());
        assert_eq!(seconds("1h30m"), Ok(5400.0));
        assert_eq!(seconds("1.5h"), Ok(5400.0));
        assert_eq!(seconds("2d"), Ok(172_800.0));
        assert_eq!(seconds("100ms"), Ok(0.1));
        assert_eq!(seconds("0"), Ok(0.0));
        assert_eq!(seconds("72h0m0s"), Ok(259_200.0));
    }

    #[test]
    fn durations_have_days_and_room_between_their_parts() {
        assert_eq!(
            [3600, 93_605, 0].map(|seconds| spaced(Duration::from_secs(seconds))),
            ["1h 0m 0s", "1d 2h 0m 5s", "0s"]
        );
    }

    #[test]
    fn what_is_no_duration_is_refused_by_name() {
        assert_eq!(parse("5"), Err("time: missing unit in duration \"5\"".into()));
        assert_eq!(parse("5w"), Err("time: unknown unit \"w\" in duration \"5w\"".into()));
        for text in ["", "s", "-1s", ".s", "1..5s", "99999999999999h"] {
            assert!(parse(text).is_err(), "{text} is no duration");
        }
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        let cases = [
            (0, "0s"),
            (40_000_000, "40ms"),
            (510_000_000, "510ms"),
            (4_800_000_000, "4.8s"),
            (30_010_000_000, "30.01s"),
            (60_000_000_000, "1m0s"),
            (86_400_000_000_000, "24h0m0s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(format(Duration::from_nanos(nanos)), text);
        }
    }
}
