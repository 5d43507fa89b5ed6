//! Points in time and spans of time as JSON has them: RFC 3339 in UTC, and seconds with an `s` behind; fractions of a
//! second with as many digits as are needed, in threes.

const SECONDS_PER_DAY: i64 = 86_400;
const NANOS_PER_SECOND: u32 = 1_000_000_000;
/// From the year 1 to the year 9999.
const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// About ten thousand years.
const DURATION_SECONDS_MAX: i64 = 315_576_000_000;

/// Seconds since 1970 and nanoseconds, of an RFC 3339 text.
pub fn timestamp(text: &str) -> Option<(i64, i32)> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let rest = rest.strip_prefix('T')?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let in_range = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    if !in_range || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanos, zone) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(fraction) => {
            let digits = fraction.find(|letter: char| !letter.is_ascii_digit())?;
            (nanos_of(&fraction[..digits])?, &fraction[digits..])
        }
    };
    let seconds = days_since_1970(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    let seconds = seconds - offset(zone)?;
    TIMESTAMP_SECONDS.contains(&seconds).then_some((seconds, nanos as i32))
}

/// Seconds and nanoseconds, of a text such as `1.5s`.
pub fn duration(text: &str) -> Option<(i64, i32)> {
    let text = text.strip_suffix('s')?;
    let (is_negative, text) = match (text.strip_prefix('-'), text.strip_prefix('+')) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    let is_number = whole.bytes().all(|letter| letter.is_ascii_digit()) && (whole.len() < 2 || !whole.starts_with('0'));
    if !has_digits || !is_number {
        return None;
    }
    let seconds: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos = if fraction.is_empty() { 0 } else { nanos_of(fraction)? as i32 };
    let sign = if is_negative { -1 } else { 1 };
    (seconds <= DURATION_SECONDS_MAX).then_some((sign * seconds, sign as i32 * nanos))
}

/// `2026-11-22T22:00:10.500Z`.
pub(crate) fn write_timestamp(seconds: i64, nanos: i32) -> String {
    let seconds = seconds.clamp(*TIMESTAMP_SECONDS.start(), *TIMESTAMP_SECONDS.end());
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_PER_DAY));
    let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    let fraction = fraction(nanos.max(0).unsigned_abs());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// `1.500s`.
pub(crate) fn write_duration(seconds: i64, nanos: i32) -> String {
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    format!("{sign}{}{}s", seconds.unsigned_abs(), fraction(nanos.unsigned_abs()))
}

fn fraction(nanos: u32) -> String {
    match nanos % NANOS_PER_SECOND {
        0 => String::new(),
        nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        nanos => format!(".{nanos:09}"),
    }
}

fn nanos_of(digits: &str) -> Option<u32> {
    let is_number = (1..=9).contains(&digits.len()) && digits.bytes().all(|letter| letter.is_ascii_digit());
    is_number.then(|| format!("{digits:0<9}").parse().ok())?
}

/// Of `Z`, `+02:00` and the like: seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let [hours, minutes] = numbers(&zone[1..], ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Numbers of so many digits each, and nothing else but what stands between them.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(between);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        let is_number = part.len() == digits && part.bytes().all(|letter| letter.is_ascii_digit());
        *number = is_number.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Years begin in March here, so that the leap day is a year's last; 400 years are always 146,097 days.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_time_is_read_as_itself() {
        let seconds = [0, 1, -1, 951_782_400, 951_868_799, 1_795_574_500, 253_402_300_799, -62_135_596_800];
        for seconds in seconds {
            for nanos in [0, 1, 1_000, 500_000_000, 999_999_999] {
                let text = write_timestamp(seconds, nanos);
                assert_eq!(timestamp(&text), Some((seconds, nanos)), "{text}");
            }
        }
        assert_eq!(write_timestamp(951_782_400, 500_000_000), "2000-02-29T00:00:00.500Z");
        assert_eq!(write_timestamp(-62_135_596_800, 0), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn times_may_have_a_zone_and_must_be_on_the_calendar() {
        assert_eq!(timestamp("1970-01-01T02:00:00+02:00"), Some((0, 0)));
        assert_eq!(timestamp("1970-01-01T00:00:00.25-00:30"), Some((1800, 250_000_000)));
        let wrong = [
            "",
            "2020",
            "2020-01-01",
            "2020-02-30T00:00:00Z",
            "2020-13-01T00:00:00Z",
            "2020-01-01T24:00:00Z",
            "2020-01-01T00:00:00",
            "2020-01-01T00:00:00.Z",
            "2020-01-01T00:00:00.1234567890Z",
            "2020-01-01 00:00:00Z",
            "2020-01-01T00:00:00+2:00",
            "0000-01-01T00:00:00Z",
            "2020-01-01T00:00:00é",
            "２０２０-01-01T00:00:00Z",
        ];
        for text in wrong {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn spans_of_time_are_seconds() {
        let cases = [
            ("0s", Some((0, 0))),
            ("1.5s", Some((1, 500_000_000))),
            ("-1.000000001s", Some((-1, -1))),
            ("+3s", Some((3, 0))),
            (".5s", Some((0, 500_000_000))),
            ("1.s", Some((1, 0))),
            ("315576000001s", None),
            ("s", None),
            (".s", None),
            ("01s", None),
            ("5", None),
            ("1m", None),
            ("1.0000000001s", None),
            ("1,5s", None),
            ("--1s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(duration(text), expected, "{text}");
        }
        assert_eq!(write_duration(-1, -500_000_000), "-1.500s");
    }
}
