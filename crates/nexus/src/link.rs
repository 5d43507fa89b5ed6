//! A link to an event of a run, as a header field carries it.

use abide_api::temporal::api::common::v1::link::{WorkflowEvent, workflow_event::Reference};
use abide_api::temporal::api::enums::v1::EventType;

/// The value of the header field.
pub fn header(event: &WorkflowEvent) -> String {
    let path = |text: &str| escaped(text, b"-_.~$&+=:@");
    let query = |text: &str| escaped(text, b"-_.~ ").replace(' ', "+");
    let WorkflowEvent { namespace, workflow_id, run_id, .. } = event;
    let reference = match &event.reference {
        None => String::new(),
        Some(Reference::EventRef(event)) => {
            let id = if event.event_id > 0 { format!("eventID={}&", event.event_id) } else { String::new() };
            format!("?{id}eventType={}&referenceType=EventReference", type_name(event.event_type()))
        }
        Some(Reference::RequestIdRef(request)) => format!(
            "?eventType={}&referenceType=RequestIdReference&requestID={}",
            type_name(request.event_type()),
            query(&request.request_id),
        ),
    };
    format!(
        "<temporal:///namespaces/{}/workflows/{}/{}/history{reference}>; type=\"temporal.api.common.v1.Link.WorkflowEvent\"",
        path(namespace),
        path(workflow_id),
        path(run_id),
    )
}

/// `EVENT_TYPE_WORKFLOW_EXECUTION_STARTED` is `WorkflowExecutionStarted`.
fn type_name(event_type: EventType) -> String {
    let words = event_type.as_str_name().trim_start_matches("EVENT_TYPE_").split('_');
    words.map(|word| format!("{}{}", &word[..1], word[1..].to_ascii_lowercase())).collect()
}

/// Everything escaped but letters, digits and these.
fn escaped(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        match byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            true => escaped.push(char::from(byte)),
            false => escaped.push_str(&format!("%{byte:02X}")),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use abide_api::temporal::api::common::v1::link::workflow_event::{EventReference, RequestIdReference};

    use super::*;

    fn event(reference: Reference) -> WorkflowEvent {
        WorkflowEvent {
            namespace: "default".into(),
            workflow_id: "probe x/y".into(),
            run_id: "01a2".into(),
            reference: Some(reference),
        }
    }

    // As the reference server wrote them.
    #[test]
    fn a_link_names_its_event_or_the_request_that_led_to_it() {
        let started = EventType::WorkflowExecutionStarted as i32;
        let by_event = event(Reference::EventRef(EventReference { event_id: 1, event_type: started }));
        assert_eq!(
            header(&by_event),
            "<temporal:///namespaces/default/workflows/probe%20x%2Fy/01a2/history?eventID=1&\
             eventType=WorkflowExecutionStarted&referenceType=EventReference>; \
             type=\"temporal.api.common.v1.Link.WorkflowEvent\""
        );
        let attached = EventType::WorkflowExecutionOptionsUpdated as i32;
        let request = RequestIdReference { request_id: "the request".into(), event_type: attached };
        assert_eq!(
            header(&event(Reference::RequestIdRef(request))),
            "<temporal:///namespaces/default/workflows/probe%20x%2Fy/01a2/history?\
             eventType=WorkflowExecutionOptionsUpdated&referenceType=RequestIdReference&requestID=the+request>; \
             type=\"temporal.api.common.v1.Link.WorkflowEvent\""
        );
    }
}
