//! Cron schedules of workflows: five fields (minute, hour, day of month, month, day of week), `@hourly` and its like,
//! `@every 90m`, each perhaps behind `CRON_TZ=Zone ` or `TZ=Zone `; UTC otherwise. Knows times, not runs.
//!
//! A field is a bit set. A time matches when its local minute, hour, month and day match; days match by both the day of
//! the month and that of the week, or by either of them if both are restricted. A local time that a clock change skips
//! does not come that day, and one that comes twice matches twice.

mod every;
mod field;
mod zone;

use crate::Timestamp;
use field::{DAYS_OF_MONTH, DAYS_OF_WEEK, Field, HOURS, MINUTES, MONTHS};
use zone::{Local, Zone};

/// A schedule that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronError {
    /// Nobody can read it.
    Malformed,
    /// It can be read, but no time matches it.
    NeverDue,
}

/// A cron schedule.
#[derive(Clone, Debug)]
pub enum Cron {
    /// Every so many whole seconds.
    Every(i64),
    /// When the local time matches.
    Fields(Box<Fields>),
}

/// Which local times match.
#[derive(Clone, Debug)]
pub struct Fields {
    minute: Field,
    hour: Field,
    day_of_month: Field,
    month: Field,
    day_of_week: Field,
    zone: Zone,
}

const NANOS: i64 = 1_000_000_000;
/// How far ahead a match is looked for: years.
const YEARS_AHEAD: i16 = 5;

impl Cron {
    /// Reads a schedule.
    pub fn parse(schedule: &str) -> Result<Cron, CronError> {
        let cron = Cron::read(schedule).ok_or(CronError::Malformed)?;
        // Every pattern that ever matches does so within five years of any day: the longest is the leap day.
        if cron.next_after(Timestamp::EPOCH).is_none() {
            return Err(CronError::NeverDue);
        }
        Ok(cron)
    }

    fn read(schedule: &str) -> Option<Cron> {
        let (zone, rest) = match schedule.strip_prefix("CRON_TZ=").or_else(|| schedule.strip_prefix("TZ=")) {
            Some(rest) => {
                let (name, rest) = rest.split_once(' ')?;
                (Zone::named(name)?, rest.trim())
            }
            None => (Zone::utc(), schedule),
        };
        if let Some(duration) = rest.strip_prefix("@every ") {
            return every::seconds(duration).map(Cron::Every);
        }
        let fields = match rest {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            fields => fields,
        };
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week] = fields[..] else { return None };
        Some(Cron::Fields(Box::new(Fields {
            minute: Field::parse(minute, &MINUTES)?,
            hour: Field::parse(hour, &HOURS)?,
            day_of_month: Field::parse(day_of_month, &DAYS_OF_MONTH)?,
            month: Field::parse(month, &MONTHS)?,
            day_of_week: Field::parse(day_of_week, &DAYS_OF_WEEK)?,
            zone,
        })))
    }

    /// The first time later than `time`; always a whole second. None when there is none for five years.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let second = time.nanos.div_euclid(NANOS);
        let next = match self {
            Cron::Every(seconds) => second.checked_add(*seconds)?,
            Cron::Fields(fields) => fields.next_after(second)?,
        };
        Some(Timestamp { nanos: next.checked_mul(NANOS)? })
    }

    /// How long the run that follows one scheduled for `scheduled` waits at `now`: until the first time that is not
    /// over yet, in whole seconds, rounded up. A run that ends before its own time is followed at that time.
    pub fn backoff(&self, scheduled: Timestamp, now: Timestamp) -> Option<std::time::Duration> {
        let mut next = scheduled;
        if now >= scheduled {
            next = self.next_after(scheduled)?;
            if next < now {
                // Whatever was missed stays missed; the rhythm of `@every` is kept.
                next = match self {
                    Cron::Every(seconds) => skip(next, now, *seconds)?,
                    Cron::Fields(_) => self.next_after(Timestamp { nanos: now.nanos.saturating_sub(1) })?,
                };
            }
        }
        let nanos = u64::try_from(next.nanos.saturating_sub(now.nanos)).ok()?;
        Some(std::time::Duration::from_secs(nanos.div_ceil(NANOS as u64)))
    }
}

/// The first of the times `first`, `first + seconds`, ... that is not before `now`.
fn skip(first: Timestamp, now: Timestamp, seconds: i64) -> Option<Timestamp> {
    let step = i128::from(seconds) * i128::from(NANOS);
    let missed = i128::from(now.nanos) - i128::from(first.nanos);
    let steps = (missed + step - 1) / step;
    Some(Timestamp { nanos: i64::try_from(i128::from(first.nanos) + steps * step).ok()? })
}

impl Fields {
    /// The first matching second after `second`, both counted from the epoch.
    fn next_after(&self, second: i64) -> Option<i64> {
        // Schedules know whole minutes.
        let mut at = second.div_euclid(60).checked_add(1)?.checked_mul(60)?;
        let last_year = self.zone.local(at)?.year + YEARS_AHEAD;
        loop {
            let local = self.zone.local(at)?;
            if local.year > last_year {
                return None;
            }
            at = if !self.month.has(local.month) {
                self.zone.next_month(at, &local)?
            } else if !self.day_matches(&local) {
                self.zone.next_day(at, &local)?
            } else if !self.hour.has(local.hour) {
                // By the clock on the wall, which may have moved at the end of the hour.
                at + i64::from(60 - local.minute) * 60
            } else if !self.minute.has(local.minute) {
                at + 60
            } else {
                return Some(at);
            };
        }
    }

    fn day_matches(&self, local: &Local) -> bool {
        let of_month = self.day_of_month.has(local.day);
        let of_week = self.day_of_week.has(local.day_of_week);
        if self.day_of_month.is_any() || self.day_of_week.is_any() { of_month && of_week } else { of_month || of_week }
    }
}

#[cfg(test)]
mod tests;
