//! One field of a cron schedule: lists of `*`, `?`, `5`, `1-5`, `*/15`, `10/5` (from ten on), names of months and days.

/// What a field may hold.
pub struct Bounds {
    min: u8,
    max: u8,
    names: &'static [&'static str],
}

/// Minutes.
pub const MINUTES: Bounds = Bounds { min: 0, max: 59, names: &[] };
/// Hours.
pub const HOURS: Bounds = Bounds { min: 0, max: 23, names: &[] };
/// Days of the month.
pub const DAYS_OF_MONTH: Bounds = Bounds { min: 1, max: 31, names: &[] };
/// Months.
pub const MONTHS: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
/// Days of the week, from Sunday.
pub const DAYS_OF_WEEK: Bounds = Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// The values that match, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    bits: u64,
    any: bool,
}

impl Field {
    /// Reads a field. Empty parts of a list say nothing.
    pub fn parse(text: &str, bounds: &Bounds) -> Option<Field> {
        let mut field = Field { bits: 0, any: false };
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let part = range(part, bounds)?;
            field = Field { bits: field.bits | part.bits, any: field.any | part.any };
        }
        Some(field)
    }

    /// Whether a value matches.
    pub fn has(self, value: u8) -> bool {
        self.bits & (1 << value) != 0
    }

    /// Whether the field does not restrict: it has a star that does not step.
    pub fn is_any(self) -> bool {
        self.any
    }
}

fn range(text: &str, bounds: &Bounds) -> Option<Field> {
    let (span, step) = match text.split_once('/') {
        None => (text, None),
        Some((span, step)) => (span, Some(number(step)?)),
    };
    let (first, last) = match span.split_once('-') {
        None => (span, None),
        Some((first, last)) => (first, Some(last)),
    };
    let star = matches!(first, "*" | "?");
    let (min, max) = if star {
        // What follows a star and a hyphen is not looked at, as in the grammar that users know.
        (u32::from(bounds.min), u32::from(bounds.max))
    } else {
        let min = value(first, bounds)?;
        let max = match (last, step) {
            (Some(last), _) => value(last, bounds)?,
            (None, Some(_)) => u32::from(bounds.max),
            (None, None) => min,
        };
        (min, max)
    };
    let step = step.unwrap_or(1);
    if min < u32::from(bounds.min) || max > u32::from(bounds.max) || min > max || step == 0 {
        return None;
    }
    let bits = (min..=max).step_by(step as usize).fold(0, |bits, value| bits | 1_u64 << value);
    Some(Field { bits, any: star && step == 1 })
}

fn value(text: &str, bounds: &Bounds) -> Option<u32> {
    let named = bounds.names.iter().position(|name| text.eq_ignore_ascii_case(name));
    match named {
        Some(position) => u32::try_from(position).ok().map(|position| position + u32::from(bounds.min)),
        None => number(text),
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}
