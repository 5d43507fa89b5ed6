//! What a start brings to the run that stands for it: its request id, callbacks and links. The workflow does not see it,
//! so no workflow task follows. Also: which event each known request led to.

use abide_api::temporal::api::{
    enums::v1::EventType,
    history::v1::{HistoryEvent, WorkflowExecutionOptionsUpdatedEventAttributes, history_event::Attributes},
    workflow::v1::RequestIdInfo,
};
use abide_model::Timestamp;

use super::command::{Attach, Rejection, Reply};
use super::event::event;
use super::state::{RequestOrigin, State};
use super::{Out, Run};

impl Run {
    /// A request that is known already decides nothing.
    pub(super) fn attach(&mut self, attach: Attach, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        let Attach { request_id, completion_callbacks, links } = attach;
        if !request_id.is_empty() && self.state.execution.requests.contains_key(&request_id) {
            return Ok(Reply::Done);
        }
        let attributes = WorkflowExecutionOptionsUpdatedEventAttributes {
            attached_request_id: request_id,
            attached_completion_callbacks: completion_callbacks,
            ..WorkflowExecutionOptionsUpdatedEventAttributes::default()
        };
        let mut updated = event(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(attributes));
        updated.links = links;
        updated.worker_may_ignore = true;
        self.record(now, updated, out);
        Ok(Reply::Done)
    }

    /// The requests, beside the one that started it, that this run stands for.
    pub fn attached_request_ids(&self) -> Vec<String> {
        let attached = EventType::WorkflowExecutionOptionsUpdated as i32;
        let requests = self.state.execution.requests.iter();
        requests.filter(|(_, origin)| origin.event_type == attached).map(|(id, _)| id.clone()).collect()
    }

    /// Remembers which event a request led to; an event that is only buffered has no number yet.
    pub(super) fn apply_request_id(&mut self, request_id: &str, event: &HistoryEvent) {
        if !request_id.is_empty() {
            let origin = RequestOrigin { event_type: event.event_type, event_id: event.event_id };
            self.state.execution.requests.insert(request_id.to_owned(), origin);
        }
    }

    /// A buffered event got its number.
    pub(super) fn apply_request_numbered(&mut self, event: &HistoryEvent) {
        if let Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(updated)) = &event.attributes {
            self.apply_request_id(&updated.attached_request_id, event);
        }
    }
}

impl State {
    /// As Describe shows it.
    pub(super) fn request_id_infos(&self) -> impl Iterator<Item = (String, RequestIdInfo)> {
        let started = RequestOrigin { event_type: EventType::WorkflowExecutionStarted as i32, event_id: 1 };
        let create = Some((&self.identity.create_request_id, &started)).filter(|(id, _)| !id.is_empty());
        let infos = create.into_iter().chain(&self.execution.requests).map(|(id, origin)| {
            let (event_type, event_id) = (origin.event_type, origin.event_id);
            (id.clone(), RequestIdInfo { event_type, event_id, buffered: event_id == 0 })
        });
        infos.collect::<Vec<_>>().into_iter()
    }
}
