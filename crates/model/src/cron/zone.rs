//! Local times. The only place that names the time zone library.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A time zone.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

/// What a clock on the wall shows.
#[derive(Clone, Copy, Debug)]
pub struct Local {
    pub year: i16,
    pub month: u8,
    pub day: u8,
    /// From Sunday, which is 0.
    pub day_of_week: u8,
    pub hour: u8,
    pub minute: u8,
}

impl Zone {
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// A zone of the time zone database; the empty name is UTC.
    pub fn named(name: &str) -> Option<Self> {
        if name.is_empty() {
            return Some(Self::utc());
        }
        TimeZone::get(name).ok().map(Self)
    }

    pub fn local(&self, second: i64) -> Option<Local> {
        let local = self.0.to_datetime(Timestamp::from_second(second).ok()?);
        let whole = |value: i8| u8::try_from(value).unwrap_or(0);
        Some(Local {
            year: local.year(),
            month: whole(local.month()),
            day: whole(local.day()),
            day_of_week: whole(local.weekday().to_sunday_zero_offset()),
            hour: whole(local.hour()),
            minute: whole(local.minute()),
        })
    }

    /// The first second of the day after the one that `second` is in.
    pub fn next_day(&self, second: i64, local: &Local) -> Option<i64> {
        self.begin(second, date(local)?.tomorrow().ok()?)
    }

    /// The first second of the month after the one that `second` is in.
    pub fn next_month(&self, second: i64, local: &Local) -> Option<i64> {
        self.begin(second, date(local)?.first_of_month().checked_add(Span::new().months(1)).ok()?)
    }

    /// When a day begins: for one whose midnight is skipped, behind the gap. Later than `second` in any case.
    fn begin(&self, second: i64, date: Date) -> Option<i64> {
        let begins = self.0.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().ok()?.as_second();
        // The clock went back over midnight: the old day goes on.
        Some(if begins > second { begins } else { second + 60 })
    }
}

fn date(local: &Local) -> Option<Date> {
    Date::new(local.year, i8::try_from(local.month).ok()?, i8::try_from(local.day).ok()?).ok()
}
