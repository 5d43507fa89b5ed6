//! Moments and durations. Written in UTC here; the browser shows them as its visitor wants.

use maud::{Markup, html};
use prost_types::{Duration, Timestamp};

/// A moment; nothing for none.
pub(crate) fn time(at: Option<&Timestamp>) -> Markup {
    match at.and_then(moment) {
        Some(at) => html! { time datetime=(at) { (readable(at)) } },
        None => html! {},
    }
}

/// How long it is since then, counted on by the browser.
pub(crate) fn since(at: Option<&Timestamp>) -> Markup {
    html! { @if let Some(at) = at.and_then(moment) { span data-since=(at) { "since " (readable(at)) } } }
}

/// How long it is until then.
pub(crate) fn until(at: Option<&Timestamp>) -> Markup {
    html! { @if let Some(at) = at.and_then(moment) { span data-until=(at) { "until " (readable(at)) } } }
}

/// A duration; nothing for none.
pub(crate) fn duration(duration: Option<&Duration>) -> Markup {
    html! { @if let Some(duration) = duration { (span_text(duration.seconds, duration.nanos)) } }
}

/// The two largest units of a duration: `2h 5m`, `350ms`.
pub(crate) fn span_text(seconds: i64, nanos: i32) -> String {
    if seconds == 0 {
        return format!("{}ms", nanos / 1_000_000);
    }
    let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let shown = parts.iter().skip_while(|(count, _)| *count == 0).take(2).filter(|(count, _)| *count != 0);
    shown.map(|(count, unit)| format!("{count}{unit}")).collect::<Vec<_>>().join(" ")
}

fn moment(at: &Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::new(at.seconds, at.nanos).ok()
}

fn readable(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S.%3f UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc() {
        let at = Timestamp { seconds: 1_800_000_000, nanos: 5_000_000 };
        let written = time(Some(&at)).into_string();
        assert!(written.contains("2027-01-15 08:00:00.005 UTC"), "{written}");
        assert_eq!(time(None).into_string(), "");
    }

    #[test]
    fn a_duration_is_its_two_largest_units() {
        for (seconds, nanos, expected) in
            [(0, 350_000_000, "350ms"), (61, 0, "1m 1s"), (7200, 0, "2h"), (90_061, 5, "1d 1h"), (59, 999, "59s")]
        {
            assert_eq!(span_text(seconds, nanos), expected);
        }
    }
}
