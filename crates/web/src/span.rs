//! Durations as people type them into forms and onto the command line: `72h`, `1d12h`, `1.5s`.

use prost_types::Duration;

const NANOS: i128 = 1_000_000_000;
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOS),
    ("m", 60 * NANOS),
    ("h", 3_600 * NANOS),
    ("d", 86_400 * NANOS),
];

/// Numbers with units, one behind the other; none for anything else.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, behind) = rest.split_at(digits);
        let unit_end = behind.find(|letter: char| letter.is_ascii_digit() || letter == ' ').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        nanos = nanos.checked_add(scaled(number, *factor)?)?;
        rest = behind.trim_start();
    }
    let seconds = i64::try_from(nanos / NANOS).ok()?;
    (!text.trim().is_empty()).then_some(Duration { seconds, nanos: (nanos % NANOS) as i32 })
}

fn scaled(number: &str, factor: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > 18 || fraction.contains('.') {
        return None;
    }
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    let parts = digits(fraction)?.checked_mul(factor)? / 10_i128.pow(fraction.len() as u32);
    digits(whole)?.checked_mul(factor)?.checked_add(parts)
}

/// In a form that [`parse`] and the command line read.
pub(crate) fn written(duration: &Duration) -> String {
    let (seconds, nanos) = (duration.seconds.max(0), duration.nanos.max(0));
    if nanos > 0 {
        let fraction = format!("{nanos:09}");
        return format!("{seconds}.{}s", fraction.trim_end_matches('0'));
    }
    let parts = [(seconds / 86_400, 'd'), (seconds / 3600 % 24, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let text: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { "0s".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_read_and_written_alike() {
        for (text, seconds, nanos) in [
            ("72h", 259_200, 0),
            ("1d12h", 129_600, 0),
            ("1d 12h", 129_600, 0),
            (" 1.5s ", 1, 500_000_000),
            ("250ms", 0, 250_000_000),
            ("0s", 0, 0),
        ] {
            assert_eq!(parse(text), Some(Duration { seconds, nanos }), "{text}");
        }
        for (seconds, nanos) in [(0, 0), (1, 0), (61, 0), (86_400, 0), (90_061, 0), (0, 20_000_000), (61, 5)] {
            let duration = Duration { seconds, nanos };
            assert_eq!(parse(&written(&duration)), Some(duration), "{seconds} {nanos}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for text in ["", "x", "5", "-1s", "1fortnight", "1.2.3s", ".s", "999999999999999999999999999999d", "1d%"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
