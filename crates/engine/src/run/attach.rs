//! What a start brings to the run that stands for it: its request id, callbacks and links. The workflow does not see it,
//! so no workflow task follows. Also: which event each known request led to.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::EventType,
    history::v1::{HistoryEvent, WorkflowExecutionOptionsUpdatedEventAttributes, history_event::Attributes},
    workflow::v1::RequestIdInfo,
};
use abide_model::Timestamp;

use super::command::Attach;
use super::event::event;
use super::rejection::Rejection;
use super::reply::Reply;
use super::state::{RequestOrigin, State};
use super::{Out, Run};

impl Run {
    /// A request that is known already decides nothing.
    pub(super) fn attach(&mut self, attach: Attach, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        let Attach { request_id, completion_callbacks, links } = attach;
        if !request_id.is_empty() && self.state.execution.requests.contains_key(&request_id) {
            return Ok(Reply::Done);
        }
        self.check_callbacks(completion_callbacks.len(), out)?;
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
        match &event.attributes {
            Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(updated)) => {
                self.apply_request_id(&updated.attached_request_id, event);
            }
            Some(Attributes::WorkflowExecutionSignaledEventAttributes(signaled)) => {
                if let Some(event_id) = self.state.signals.request_ids.get_mut(&signaled.request_id) {
                    *event_id = event.event_id;
                }
            }
            _ => {}
        }
    }
}

impl State {
    /// As Describe shows it.
    pub(super) fn request_id_infos(&self) -> BTreeMap<String, RequestIdInfo> {
        let info = |event_type: i32, event_id: i64| RequestIdInfo { event_type, event_id, buffered: event_id == 0 };
        let signaled = EventType::WorkflowExecutionSignaled as i32;
        let signals = self.signals.request_ids.iter().map(|(id, event_id)| (id.clone(), info(signaled, *event_id)));
        let others =
            self.execution.requests.iter().map(|(id, origin)| (id.clone(), info(origin.event_type, origin.event_id)));
        let create = Some(self.identity.create_request_id.clone()).filter(|id| !id.is_empty());
        let create = create.map(|id| (id, info(EventType::WorkflowExecutionStarted as i32, 1)));
        signals.chain(others).chain(create).collect()
    }
}
