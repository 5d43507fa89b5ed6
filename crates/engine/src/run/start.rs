//! How a run begins: event 1 with its timeouts normalised, perhaps a signal, and the first workflow task or its delay.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::Link,
    enums::v1::{TaskQueueKind, WorkflowExecutionStatus},
    history::v1::{WorkflowExecutionStartedEventAttributes, history_event::Attributes},
};
use abide_model::settings::Limits;
use abide_model::{RunKey, Timestamp, limits};
use bytes::Bytes;
use prost::Message;

use super::activity_options::complete_policy;
use super::command::Start;
use super::event::event;
use super::index::{Due, Index};
use super::note::{Began, NoteKind};
use super::properties::{detach, is_null};
use super::rejection::Rejection;
use super::reply::Reply;
use super::state::{Identity, State};
use super::successor::wait_for_first_time;
use super::{Out, Run};
use crate::convert::{from_proto_duration, from_proto_time, to_proto_duration, to_proto_time, without_deep_causes};

impl Run {
    pub(super) fn start(&mut self, start: Start, now: Timestamp, out: &mut Out) -> Result<Reply, Rejection> {
        let mut attributes = *start.attributes;
        complete(&mut attributes, &start.key, &out.limits, now);
        attributes.continued_failure = without_deep_causes(attributes.continued_failure);
        // A worker that waits for a delay is no worker that takes the first task now.
        let delayed = from_proto_duration(attributes.first_workflow_task_backoff.as_ref()) > Duration::ZERO;
        let eager = start.eager.filter(|_| !delayed);
        attributes.eager_execution_accepted = eager.is_some();
        attributes.identity = start.requester.identity;
        let identity = Identity {
            namespace_id: start.key.workflow.namespace.0.as_bytes().to_vec(),
            namespace_name: start.namespace_name,
            workflow_id: start.key.workflow.workflow_id,
            run_id: start.key.run_id.0.as_bytes().to_vec(),
            first_run_id: attributes.first_execution_run_id.clone(),
            create_request_id: start.requester.request_id,
        };
        let user_metadata = start.user_metadata;
        self.emit_note(NoteKind::Began(Box::new(Began { identity, user_metadata: user_metadata.clone() })), out);
        let mut started = event(Attributes::WorkflowExecutionStartedEventAttributes(attributes.into()));
        started.links = start.requester.links;
        started.user_metadata = user_metadata;
        self.emit_event(now, started, out);
        if let Some(signal) = start.signal {
            self.record_signal(*signal, now, out);
        }
        if let Some(update) = start.update {
            self.admit_update(*update, out);
        }
        self.want_workflow_task(now, out);
        Ok(Reply::Started(eager.and_then(|poller| self.start_inline(poller, now, out))))
    }

    pub(super) fn apply_started(
        &mut self,
        started: &WorkflowExecutionStartedEventAttributes,
        links: &[Link],
        at: Timestamp,
    ) {
        let state = &mut self.state;
        let delay = from_proto_duration(started.first_workflow_task_backoff.as_ref());
        state.execution.status = WorkflowExecutionStatus::Running as i32;
        state.execution.started_at = at;
        state.execution.first_task_at = (delay > Duration::ZERO).then(|| at.after(delay));
        state.workflow_tasks.next_attempt = 1;
        state.children.awaits_parent = State::begins_as_child(started);
        if let Some(memo) = &started.memo {
            state.properties.memo = memo.fields.clone();
            state.properties.memo.values_mut().for_each(detach);
        }
        if let Some(attributes) = &started.search_attributes {
            state.properties.search_attributes = attributes.indexed_fields.clone();
            state.properties.search_attributes.values_mut().for_each(detach);
        }
        state.execution.links = links.to_vec();
        state.execution.started =
            if State::may_begin_again(started) { detached(started) } else { without_payloads(started) };
        state.execution.started.completion_callbacks.clear();
        let points = state.execution.started.prev_auto_reset_points.take();
        state.workflow_tasks.reset_points = points.map(|points| points.points).unwrap_or_default();
        let request_id = state.identity.create_request_id.clone();
        state.apply_callbacks_registered(&started.completion_callbacks, &request_id, at);
        state.position.visibility_revision += 1;
        state.index_run(&mut self.index);
    }
}

impl State {
    /// The status; unspecified before the start.
    pub fn status(&self) -> WorkflowExecutionStatus {
        WorkflowExecutionStatus::try_from(self.execution.status).unwrap_or(WorkflowExecutionStatus::Unspecified)
    }

    /// Whether the run is running; a paused one is.
    pub fn is_open(&self) -> bool {
        matches!(self.status(), WorkflowExecutionStatus::Running | WorkflowExecutionStatus::Paused)
    }

    /// How long after its beginning the run may do something. A run that was reset was through with waiting.
    pub fn first_task_delay(&self) -> Duration {
        match self.execution.reset {
            Some(_) => Duration::ZERO,
            None => from_proto_duration(self.execution.started.first_workflow_task_backoff.as_ref()),
        }
    }

    /// When the run itself times out.
    pub fn run_expires_at(&self) -> Option<Timestamp> {
        let timeout = from_proto_duration(self.execution.started.workflow_run_timeout.as_ref());
        // The run's clock begins when its first workflow task may be scheduled.
        let begins_at = self.execution.started_at.after(self.first_task_delay());
        let expires_at = (timeout > Duration::ZERO).then(|| begins_at.after(timeout))?;
        Some(self.execution_expires_at().map_or(expires_at, |chain| chain.min(expires_at)))
    }

    /// When the chain of runs times out.
    pub fn execution_expires_at(&self) -> Option<Timestamp> {
        self.execution.started.workflow_execution_expiration_time.as_ref().map(|time| from_proto_time(Some(time)))
    }

    /// The deadlines that belong to the run as a whole.
    pub fn index_run(&self, index: &mut Index) {
        index.set(Due::RunTimeout, self.run_expires_at());
        index.set(Due::ExecutionTimeout, self.execution_expires_at());
        index.set(Due::StartDelay, self.execution.first_task_at);
    }
}

/// A copy that holds on to nothing of the request that it came in.
fn detached(started: &WorkflowExecutionStartedEventAttributes) -> WorkflowExecutionStartedEventAttributes {
    let bytes = Bytes::from(started.encode_to_vec());
    WorkflowExecutionStartedEventAttributes::decode(bytes).expect("what was encoded can be decoded")
}

fn without_payloads(started: &WorkflowExecutionStartedEventAttributes) -> WorkflowExecutionStartedEventAttributes {
    WorkflowExecutionStartedEventAttributes {
        input: None,
        header: None,
        last_completion_result: None,
        continued_failure: None,
        memo: None,
        search_attributes: None,
        ..started.clone()
    }
}

/// Fills what a start leaves open, and bounds each timeout by the one around it.
fn complete(attributes: &mut WorkflowExecutionStartedEventAttributes, key: &RunKey, bounds: &Limits, now: Timestamp) {
    let execution = from_proto_duration(attributes.workflow_execution_timeout.as_ref());
    let mut run = from_proto_duration(attributes.workflow_run_timeout.as_ref());
    if execution > Duration::ZERO && (run == Duration::ZERO || run > execution) {
        run = execution;
    }
    let mut task = from_proto_duration(attributes.workflow_task_timeout.as_ref());
    if task == Duration::ZERO {
        task = bounds.workflow_task_timeout_default;
    }
    task = task.min(limits::WORKFLOW_TASK_TIMEOUT_MAX);
    if run > Duration::ZERO {
        task = task.min(run);
    }
    // A timeout that is not there is not shown as zero: workers tell the two apart.
    let shown = |timeout: Duration| (timeout > Duration::ZERO).then(|| to_proto_duration(timeout));
    attributes.workflow_execution_timeout = shown(execution);
    attributes.workflow_run_timeout = shown(run);
    attributes.workflow_task_timeout = Some(to_proto_duration(task));
    wait_for_first_time(attributes, now);
    if attributes.workflow_execution_expiration_time.is_none() && execution > Duration::ZERO {
        // The chain's clock runs while its first run waits.
        attributes.workflow_execution_expiration_time = Some(to_proto_time(now.after(execution)));
    }
    if let Some(Ok(policy)) = attributes.retry_policy.clone().map(|policy| complete_policy(Some(policy))) {
        attributes.retry_policy = Some(policy);
    }
    if let Some(queue) = &mut attributes.task_queue {
        queue.kind = TaskQueueKind::Normal as i32;
        queue.normal_name.clear();
    }
    let run_id = key.run_id.to_string();
    attributes.workflow_id.clone_from(&key.workflow.workflow_id);
    attributes.original_execution_run_id.clone_from(&run_id);
    attributes.attempt = attributes.attempt.max(1);
    if attributes.first_execution_run_id.is_empty() {
        attributes.first_execution_run_id = run_id;
    }
    if let Some(memo) = &mut attributes.memo {
        memo.fields.retain(|_, value| !is_null(value));
    }
    if let Some(search_attributes) = &mut attributes.search_attributes {
        search_attributes.indexed_fields.retain(|_, value| !is_null(value));
    }
}
