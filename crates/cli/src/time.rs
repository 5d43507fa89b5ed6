//! Points in time as people read them. UTC only; no calendar beyond days, hours and minutes.

use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;

use crate::arguments::TimeFormat;

/// Now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp { seconds: since.as_secs() as i64, nanos: since.subsec_nanos() as i32 }
}

/// As the reference's own structures have it in JSON: none is the first moment of year 1.
pub fn go(time: Option<&Timestamp>) -> String {
    time.map_or_else(|| "0001-01-01T00:00:00Z".into(), iso)
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

/// Reads a point in time as RFC 3339 writes it, refused in the words of the reference.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    let mut reader = Reader { rest: text };
    let read = reader.timestamp();
    read.map_err(|piece| format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {:?} as {piece:?}", reader.rest))
}

/// What is left of a text; errors are the piece of the layout that it does not begin with.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn timestamp(&mut self) -> Result<Timestamp, &'static str> {
        let year = self.digits(4, "2006", 0..=9999)?;
        self.literal("-")?;
        let month = self.digits(2, "01", 1..=12)?;
        self.literal("-")?;
        let day = self.digits(2, "02", 1..=31)?;
        self.literal("T")?;
        let hour = self.digits(2, "15", 0..=23)?;
        self.literal(":")?;
        let minute = self.digits(2, "04", 0..=59)?;
        self.literal(":")?;
        let second = self.digits(2, "05", 0..=59)?;
        let nanos = self.fraction();
        let offset = self.offset()?;
        let days = days_before(year, month, day);
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
        if self.rest.is_empty() { Ok(Timestamp { seconds, nanos }) } else { Err("") }
    }

    fn digits(&mut self, count: usize, piece: &'static str, range: RangeInclusive<i64>) -> Result<i64, &'static str> {
        let digits = self.rest.get(..count).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let value = digits.and_then(|digits| digits.parse().ok()).filter(|value| range.contains(value)).ok_or(piece)?;
        self.rest = &self.rest[count..];
        Ok(value)
    }

    fn literal(&mut self, piece: &'static str) -> Result<(), &'static str> {
        self.rest = self.rest.strip_prefix(piece).ok_or(piece)?;
        Ok(())
    }

    fn fraction(&mut self) -> i32 {
        let Some(rest) = self.rest.strip_prefix('.') else { return 0 };
        let count = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(count);
        self.rest = rest;
        format!("{digits:0<9}").get(..9).and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }

    fn offset(&mut self) -> Result<i64, &'static str> {
        const PIECE: &str = "Z07:00";
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let (sign, rest) = match (self.rest.strip_prefix('+'), self.rest.strip_prefix('-')) {
            (Some(rest), _) => (1, rest),
            (None, Some(rest)) => (-1, rest),
            (None, None) => return Err(PIECE),
        };
        let mut reader = Reader { rest };
        let hours = reader.digits(2, PIECE, 0..=24)?;
        reader.literal(":").map_err(|_| PIECE)?;
        let minutes = reader.digits(2, PIECE, 0..=59)?;
        self.rest = &self.rest[self.rest.len() - reader.rest.len()..];
        Ok(sign * (hours * 3600 + minutes * 60))
    }
}

// The other direction of `Civil::of`.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
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
    fn times_are_read_as_they_are_written() {
        for text in ["1970-01-01T00:00:00Z", "2026-11-22T22:00:10.912Z", "2000-02-29T23:59:59Z"] {
            assert_eq!(parse(text).map(|time| iso(&time)), Ok(text.into()));
        }
        assert_eq!(parse("2026-01-01T01:30:00+01:30"), parse("2026-01-01T00:00:00Z"));
        let layout = "as \"2006-01-02T15:04:05Z07:00\"";
        assert_eq!(parse("foo"), Err(format!("parsing time \"foo\" {layout}: cannot parse \"foo\" as \"2006\"")));
        let refused = parse("2026-01-01 10:00:00Z").expect_err("no T");
        assert!(refused.ends_with("cannot parse \" 10:00:00Z\" as \"T\""), "{refused}");
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
