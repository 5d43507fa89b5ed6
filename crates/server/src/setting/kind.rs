//! What the values of a setting are, where they go, and how they are written.

use std::time::Duration;

use abide_model::Settings;
use abide_model::settings::CallbackAddress;
use serde_json::Value;

/// What the values of a setting are, and where they go.
pub(crate) enum Kind {
    Switch(fn(&mut Settings) -> &mut bool),
    Size(fn(&mut Settings) -> &mut usize),
    Count(fn(&mut Settings) -> &mut i64),
    /// Times per second.
    Rate(fn(&mut Settings) -> &mut u32),
    /// A number of which two digits count.
    Ratio(fn(&mut Settings) -> &mut u32),
    /// Seconds as a number, or a text as Go writes durations.
    Duration(fn(&mut Settings) -> &mut Duration),
    /// Objects with `Pattern` and `AllowInsecure`.
    Addresses(fn(&mut Settings) -> &mut Vec<CallbackAddress>),
    /// Texts.
    Names(fn(&mut Settings) -> &mut Vec<String>),
    /// Nothing comes of them.
    Ignored,
}

impl Kind {
    /// Sets a setting of this kind; the text says what is wrong with the value.
    pub(crate) fn set(&self, settings: &mut Settings, value: &Value) -> Result<(), &'static str> {
        match self {
            Kind::Switch(place) => *place(settings) = switch(value).ok_or("is neither true nor false")?,
            Kind::Size(place) => {
                let number = number(value).and_then(|number| usize::try_from(number).ok());
                *place(settings) = number.ok_or("is no number from zero on")?;
            }
            Kind::Count(place) => *place(settings) = number(value).ok_or("is no whole number")?,
            Kind::Rate(place) => {
                let rate = real(value).filter(|rate| (0.0..=f64::from(u32::MAX)).contains(rate));
                // A rate below one is one: none would be no bound.
                *place(settings) = rate.ok_or("is no number from zero on")?.ceil() as u32;
            }
            Kind::Ratio(place) => {
                let ratio = real(value).filter(|ratio| (0.0..=1_000_000.0).contains(ratio));
                *place(settings) = (ratio.ok_or("is no number from zero on")? * 100.0).round() as u32;
            }
            Kind::Duration(place) => *place(settings) = duration(value).ok_or("is no duration")?,
            Kind::Addresses(place) => *place(settings) = addresses(value).ok_or("is no list of addresses")?,
            Kind::Names(place) => *place(settings) = names(value).ok_or("is no list of names")?,
            Kind::Ignored => {}
        }
        Ok(())
    }

    /// What the values are, for people.
    #[cfg(test)]
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Kind::Switch(_) => "true or false",
            Kind::Size(_) | Kind::Count(_) => "number",
            Kind::Rate(_) => "number per second; 0 is no bound",
            Kind::Ratio(_) => "number",
            Kind::Duration(_) => "duration",
            Kind::Addresses(_) => "list of addresses",
            Kind::Names(_) => "list of names",
            Kind::Ignored => "anything",
        }
    }

    /// The value that is set when none is given, for people.
    #[cfg(test)]
    pub(crate) fn default(&self) -> String {
        let mut settings = Settings::default();
        match self {
            Kind::Switch(place) => place(&mut settings).to_string(),
            Kind::Size(place) => place(&mut settings).to_string(),
            Kind::Count(place) => place(&mut settings).to_string(),
            Kind::Rate(place) => place(&mut settings).to_string(),
            Kind::Ratio(place) => (f64::from(*place(&mut settings)) / 100.0).to_string(),
            Kind::Duration(place) => format!("{:?}", place(&mut settings)),
            Kind::Addresses(place) => format!("{:?}", place(&mut settings)),
            Kind::Names(place) => format!("{:?}", place(&mut settings)),
            Kind::Ignored => String::new(),
        }
    }
}

fn switch(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

fn real(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn names(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn duration(value: &Value) -> Option<Duration> {
    match (number(value), value.as_str()) {
        (Some(seconds), _) => u64::try_from(seconds).ok().map(Duration::from_secs),
        (None, Some(text)) => go_duration(text),
        (None, None) => None,
    }
}

/// `1h30m`, `1.5s`, `20ms`: numbers with units, one behind the other.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, unit_and_rest) = rest.split_at(digits);
        let unit_end = unit_and_rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(unit_and_rest.len());
        let (unit, behind) = unit_and_rest.split_at(unit_end);
        let number: f64 = number.parse().ok()?;
        seconds += number
            * match unit {
                "d" => 86_400.0,
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = behind;
    }
    (!text.is_empty()).then_some(seconds).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn addresses(value: &Value) -> Option<Vec<CallbackAddress>> {
    let one = |value: &Value| {
        let pattern = value.get("Pattern")?.as_str()?.to_owned();
        Some(CallbackAddress { pattern, allow_insecure: value.get("AllowInsecure").is_some_and(|it| it == true) })
    };
    value.as_array()?.iter().map(one).collect()
}
