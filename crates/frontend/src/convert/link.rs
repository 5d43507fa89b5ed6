//! Links to what a request caused, for callers that show where it went.

use abide_api::temporal::api::{
    common::v1::{
        Link,
        link::{
            Variant, Workflow, WorkflowEvent,
            workflow_event::{EventReference, Reference, RequestIdReference},
        },
    },
    enums::v1::EventType,
};
use abide_engine::namespace::Namespace;
use abide_model::RunId;

/// To the event that started a run.
pub fn started(namespace: &Namespace, workflow_id: String, run_id: RunId) -> Link {
    let event_type = EventType::WorkflowExecutionStarted as i32;
    link(namespace, workflow_id, run_id, Reference::EventRef(EventReference { event_id: 1, event_type }))
}

/// To the event of a signal. It may wait behind a started workflow task, so it has no number yet.
pub fn signaled(namespace: &Namespace, workflow_id: String, run_id: RunId, request_id: String) -> Link {
    let event_type = EventType::WorkflowExecutionSignaled as i32;
    link(namespace, workflow_id, run_id, Reference::RequestIdRef(RequestIdReference { request_id, event_type }))
}

/// To the event that accepted an update.
pub fn updated(namespace: &Namespace, workflow_id: String, run_id: RunId, request_id: String) -> Link {
    let event_type = EventType::WorkflowExecutionUpdateAccepted as i32;
    link(namespace, workflow_id, run_id, Reference::RequestIdRef(RequestIdReference { request_id, event_type }))
}

/// To the workflow that turned an update down, which no event shows.
pub fn rejected(namespace: &Namespace, workflow_id: String, run_id: RunId) -> Link {
    let (namespace, run_id, reason) = (namespace.name.clone(), run_id.to_string(), "Update rejected".to_owned());
    Link { variant: Some(Variant::Workflow(Workflow { namespace, workflow_id, run_id, reason })) }
}

/// To the event by which a request was attached to a run that another one started. It, too, may have no number yet.
pub fn attached(namespace: &Namespace, workflow_id: String, run_id: RunId, request_id: String) -> Link {
    let event_type = EventType::WorkflowExecutionOptionsUpdated as i32;
    link(namespace, workflow_id, run_id, Reference::RequestIdRef(RequestIdReference { request_id, event_type }))
}

fn link(namespace: &Namespace, workflow_id: String, run_id: RunId, reference: Reference) -> Link {
    let event = WorkflowEvent {
        namespace: namespace.name.clone(),
        workflow_id,
        run_id: run_id.to_string(),
        reference: Some(reference),
    };
    Link { variant: Some(Variant::WorkflowEvent(event)) }
}
