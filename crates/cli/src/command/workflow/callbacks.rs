//! The completion callbacks of a run, as `workflow describe` shows them.

use abide_api::temporal::api::{
    common::v1::{
        Callback, callback,
        link::{self, WorkflowEvent, workflow_event::Reference},
    },
    workflow::v1::{CallbackInfo, callback_info::trigger},
};

use crate::json;
use crate::output::{Card, Output};
use crate::words;

/// Prints those that there are.
pub fn print(output: Output, callbacks: &[CallbackInfo]) {
    if callbacks.is_empty() {
        return;
    }
    output.text("");
    output.heading(&format!("Callbacks: {}", callbacks.len()));
    output.text("");
    for callback in callbacks {
        output.card(&card(output, callback));
        output.text("");
    }
}

fn card(output: Output, info: &CallbackInfo) -> Card {
    let callback = info.callback.clone().unwrap_or_default();
    let trigger = match info.trigger.as_ref().and_then(|trigger| trigger.variant.as_ref()) {
        Some(trigger::Variant::WorkflowClosed(_)) => "WorkflowClosed",
        Some(_) | None => "Unknown",
    };
    let failure = info.last_attempt_failure.as_ref();
    let failure = failure.map(|failure| json::message("temporal.api.failure.v1.Failure", failure, output.payloads()));
    Card::new()
        .field("URL", url(&callback))
        .field("Links", format!("[{}]", links(&callback).join(" ")))
        .field("Trigger", trigger)
        .field("State", words::camel(info.state().as_str_name(), "CALLBACK_STATE_"))
        .field("Attempt", info.attempt)
        .filled("RegistrationTime", output.time(info.registration_time.as_ref()))
        .filled("NextAttemptScheduleTime", output.time(info.next_attempt_schedule_time.as_ref()))
        .filled("LastAttemptCompleteTime", output.time(info.last_attempt_complete_time.as_ref()))
        .filled("LastAttemptFailure", failure.map(|failure| failure.to_string()).unwrap_or_default())
        .filled("BlockedReason", &info.blocked_reason)
}

fn url(callback: &Callback) -> &str {
    match &callback.variant {
        Some(callback::Variant::Nexus(nexus)) => &nexus.url,
        Some(_) | None => "",
    }
}

fn links(callback: &Callback) -> Vec<String> {
    let events = callback.links.iter().filter_map(|link| match &link.variant {
        Some(link::Variant::WorkflowEvent(event)) => Some(event_url(event)),
        Some(_) | None => None,
    });
    events.collect()
}

fn event_url(event: &WorkflowEvent) -> String {
    let WorkflowEvent { namespace, workflow_id, run_id, .. } = event;
    let kind = |name: &str| words::camel(name, "EVENT_TYPE_");
    let reference = match &event.reference {
        None => String::new(),
        Some(Reference::EventRef(event)) => format!(
            "?eventID={}&eventType={}&referenceType=EventReference",
            event.event_id,
            kind(event.event_type().as_str_name())
        ),
        Some(Reference::RequestIdRef(request)) => format!(
            "?eventType={}&referenceType=RequestIdReference&requestID={}",
            kind(request.event_type().as_str_name()),
            request.request_id
        ),
    };
    format!("temporal:///namespaces/{namespace}/workflows/{workflow_id}/{run_id}/history{reference}")
}
