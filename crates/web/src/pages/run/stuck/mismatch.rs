//! What the message of a nondeterminism error says: which event of the history, and what the code wanted instead. The SDKs say it
//! in different ways; what is not understood is left to the message itself.

use abide_api::temporal::api::enums::v1::WorkflowTaskFailedCause as Cause;

use crate::pages::run::event::camel;

/// See the file's first lines.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Mismatch {
    pub(crate) event_id: Option<i64>,
    /// What kind of event that is.
    pub(crate) event: Option<String>,
    /// What the code wanted; `nothing` if it no longer does what the history says.
    pub(crate) wanted: Option<String>,
}

/// Reads a message, if it is one of a nondeterminism error.
pub(super) fn mismatch(cause: Cause, message: &str) -> Option<Mismatch> {
    let is_mismatch = cause == Cause::NonDeterministicError
        || ["ondetermin", "on-determin", "TMPRL1100"].iter().any(|word| message.contains(word));
    is_mismatch.then(|| Mismatch { event_id: event_id(message), event: event(message), wanted: wanted(message) })
}

fn event_id(message: &str) -> Option<i64> {
    let after = ["HistoryEvent(id: ", "event_id: ", "eventId=", "Event "].iter();
    let mut texts = after.filter_map(|mark| Some(message.split_once(mark)?.1));
    texts.find_map(|text| text[..text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len())].parse().ok())
}

fn event(message: &str) -> Option<String> {
    let core = between(message, "HistoryEvent(id: ", ")").and_then(|inner| Some(inner.split_once(", ")?.1));
    let core = core.filter(|name| is_name(name));
    let others = ["history event is ", "missing replay command for ", " of type ", "event_type: ", "eventType="];
    let mut others = others.iter().filter_map(|mark| word(message.split_once(mark)?.1));
    core.or_else(|| others.next()).map(|name| tidy(name, "EVENT_TYPE_"))
}

fn wanted(message: &str) -> Option<String> {
    if let Some(machine) = message.split_once(" machine does not handle").map(|(before, _)| before) {
        return machine
            .rsplit(|letter: char| !letter.is_alphanumeric())
            .find(|word| !word.is_empty())
            .map(str::to_owned);
    }
    let other_type =
        between(message, "of activity command '", "'").or_else(|| between(message, "of activity command \"", "\""));
    if let Some(other) = other_type {
        return Some(format!("activity {other}"));
    }
    let marks = ["does not match command type ", "replay command is ", "extra replay command for "];
    if let Some(name) = marks.iter().find_map(|mark| word(message.split_once(mark)?.1)) {
        return Some(tidy(name, "COMMAND_TYPE_"));
    }
    let is_missing = message.contains("missing replay command") || message.contains("o command scheduled");
    is_missing.then(|| "nothing".to_owned())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = text.split_once(before)?.1;
    Some(rest.split_once(after)?.0)
}

/// The name that a text begins with.
fn word(text: &str) -> Option<&str> {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    (end > 0).then_some(&text[..end])
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn tidy(name: &str, prefix: &str) -> String {
    if name.starts_with(prefix) { camel(name, prefix) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_of_the_sdks_name_the_event_and_what_the_code_wanted() {
        let read = |message: &str| {
            let found = mismatch(Cause::NonDeterministicError, message).expect("it is one");
            (found.event_id, found.event.unwrap_or_default(), found.wanted.unwrap_or_default())
        };
        let is = |id: i64, event: &str, wanted: &str| (Some(id), event.to_owned(), wanted.to_owned());
        let message = "[TMPRL1100] Nondeterminism error: Activity machine does not handle this event: HistoryEvent(id: 5, TimerStarted)";
        assert_eq!(read(message), is(5, "TimerStarted", "Activity"));
        let message = "[TMPRL1100] nondeterministic workflow: history event is ActivityTaskScheduled: (ActivityId:5), replay command is StartTimer: (TimerId:5)";
        assert_eq!(read(message), (None, "ActivityTaskScheduled".into(), "StartTimer".into()));
        let message =
            "Event 7 of type EVENT_TYPE_TIMER_STARTED does not match command type COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK";
        assert_eq!(read(message), is(7, "TimerStarted", "ScheduleActivityTask"));
        let message = "nondeterministic workflow: missing replay command for TimerStarted: (TimerId:5)";
        assert_eq!(read(message), (None, "TimerStarted".into(), "nothing".into()));
    }

    #[test]
    fn another_failure_is_no_mismatch_and_what_is_not_understood_is_left_out() {
        assert_eq!(mismatch(Cause::WorkflowWorkerUnhandledFailure, "division by zero"), None);
        assert_eq!(mismatch(Cause::NonDeterministicError, "?<b>"), Some(Mismatch::default()));
        assert!(mismatch(Cause::Unspecified, "HistoryEvent(id: é Nondeterminism Event ").is_some());
    }
}
