//! Points in time as people read them. UTC only; no calendar beyond days, hours and minutes.

use std::time::{SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;

use crate::arguments::TimeFormat;

/// Now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp { seconds: since.as_secs() as i64, nanos: since.subsec_nanos() as i32 }
}

/// As `--time-format` wants it.
pub fn format(time: &Timestamp, format: TimeFormat, now: &Timestamp) -> String {
    match format {
        TimeFormat::Relative => relative(time, now),
        TimeFormat::Iso => iso_seconds(time),
        TimeFormat::Raw => raw(time),
    }
}

/// `2026-11-22T22:00:10Z`.
pub fn iso_seconds(time: &Timestamp) -> String {
    let at = Civil::of(time);
    format!("{}T{}Z", at.date(), at.clock())
}

/// As JSON has it: with as many digits of a second as needed, in threes.
pub fn iso(time: &Timestamp) -> String {
    let at = Civil::of(time);
    let nanos = time.nanos.max(0);
    let fraction = match nanos {
        0 => String::new(),
        nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        nanos => format!(".{nanos:09}"),
    };
    format!("{}T{}{fraction}Z", at.date(), at.clock())
}

fn raw(time: &Timestamp) -> String {
    let at = Civil::of(time);
    let nanos = format!(".{:09}", time.nanos.max(0));
    let fraction = nanos.trim_end_matches('0').trim_end_matches('.');
    format!("{} {}{fraction} +0000 UTC", at.date(), at.clock())
}

/// `3 minutes ago`, `now`, `1 day from now`.
pub fn relative(time: &Timestamp, now: &Timestamp) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const WEEK: i64 = 7 * DAY;
    const MONTH: i64 = 30 * DAY;
    const YEAR: i64 = 12 * MONTH;
    let nanos = |t: &Timestamp| i128::from(t.seconds) * 1_000_000_000 + i128::from(t.nanos);
    let difference = nanos(now) - nanos(time);
    let seconds = i64::try_from(difference.abs() / 1_000_000_000).unwrap_or(i64::MAX);
    let (count, unit) = match seconds {
        ..1 => return "now".into(),
        1..MINUTE => (seconds, "second"),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        DAY..WEEK => (seconds / DAY, "day"),
        WEEK..MONTH => (seconds / WEEK, "week"),
        MONTH..YEAR => (seconds / MONTH, "month"),
        _ => (seconds / YEAR, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    let direction = if difference > 0 { "ago" } else { "from now" };
    format!("{count} {unit}{plural} {direction}")
}

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    second_of_day: i64,
}

impl Civil {
    // Days are counted from 0000-03-01, so that the leap day is a year's last and every month has a fixed offset.
    fn of(time: &Timestamp) -> Self {
        let days = time.seconds.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            second_of_day: time.seconds.rem_euclid(86_400),
        }
    }

    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn clock(&self) -> String {
        let second = self.second_of_day;
        format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanos: i32) -> Timestamp {
        Timestamp { seconds, nanos }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(iso_seconds(&at(0, 0)), "1970-01-01T00:00:00Z");
        assert_eq!(iso_seconds(&at(951_782_399, 0)), "2000-02-28T23:59:59Z");
        assert_eq!(iso_seconds(&at(951_782_400, 0)), "2000-02-29T00:00:00Z");
        assert_eq!(iso_seconds(&at(-62_135_596_800, 0)), "0001-01-01T00:00:00Z");
        assert_eq!(iso_seconds(&at(1_795_384_810, 0)), "2026-11-22T22:00:10Z");
    }

    #[test]
    fn fractions_come_in_threes() {
        assert_eq!(iso(&at(0, 0)), "1970-01-01T00:00:00Z");
        assert_eq!(iso(&at(0, 912_000_000)), "1970-01-01T00:00:00.912Z");
        assert_eq!(iso(&at(0, 912_612_000)), "1970-01-01T00:00:00.912612Z");
        assert_eq!(iso(&at(0, 1)), "1970-01-01T00:00:00.000000001Z");
        assert_eq!(raw(&at(0, 501_021_668)), "1970-01-01 00:00:00.501021668 +0000 UTC");
        assert_eq!(raw(&at(0, 0)), "1970-01-01 00:00:00 +0000 UTC");
    }

    #[test]
    fn relative_times_round_down() {
        let now = at(1_000_000_000, 0);
        let cases = [
            (0, "now"),
            (1, "1 second ago"),
            (59, "59 seconds ago"),
            (119, "1 minute ago"),
            (7200, "2 hours ago"),
            (86_400 * 15, "2 weeks ago"),
            (-3600, "1 hour from now"),
        ];
        for (ago, text) in cases {
            assert_eq!(relative(&at(now.seconds - ago, 0), &now), text);
        }
    }
}
