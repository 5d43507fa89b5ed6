//! Continue-as-new: the run closes and says how its successor begins.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::ContinueAsNewWorkflowExecutionCommandAttributes,
    common::v1::WorkflowType,
    enums::v1::ContinueAsNewInitiator,
    history::v1::{
        WorkflowExecutionContinuedAsNewEventAttributes, WorkflowExecutionStartedEventAttributes,
        history_event::Attributes,
    },
};
use abide_model::{RunId, Timestamp};

use super::activity_options::complete_policy;
use super::command::QueueName;
use super::event::{Annotation, annotated, task_queue};
use super::reply::Task;
use super::state::State;
use super::worker_command::Turn;
use super::{Out, Run};
use crate::convert::{from_proto_duration, is_negative, to_proto_duration, without_deep_causes};

impl Run {
    pub(super) fn continue_as_new(
        &mut self,
        command: ContinueAsNewWorkflowExecutionCommandAttributes,
        annotation: Annotation,
        turn: &Turn,
        out: &mut Out,
    ) {
        let backoff = self.state.continuation_backoff(&command, out.limits.continue_interval_min, turn.now);
        let started = self.state.continued(command, backoff, self.run_id());
        let start = self.follow(started.clone(), turn.new_run_id);
        let attributes = WorkflowExecutionContinuedAsNewEventAttributes {
            new_execution_run_id: turn.new_run_id.to_string(),
            workflow_type: started.workflow_type,
            task_queue: started.task_queue,
            input: started.input,
            workflow_run_timeout: started.workflow_run_timeout,
            workflow_task_timeout: started.workflow_task_timeout,
            workflow_task_completed_event_id: turn.completed_event_id,
            backoff_start_interval: started.first_workflow_task_backoff,
            initiator: started.initiator,
            last_completion_result: started.last_completion_result,
            header: started.header,
            memo: started.memo,
            search_attributes: started.search_attributes,
            ..WorkflowExecutionContinuedAsNewEventAttributes::default()
        };
        let last = annotated(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(attributes.into()), annotation);
        self.close(last, turn.now, out);
        out.task(Task::Succeed(start));
    }
}

impl State {
    /// How long the successor waits before its first workflow task. A workflow that does nothing but continue as new
    /// must not keep everyone busy.
    fn continuation_backoff(
        &self,
        command: &ContinueAsNewWorkflowExecutionCommandAttributes,
        interval_min: Duration,
        now: Timestamp,
    ) -> Option<prost_types::Duration> {
        let asked = command.backoff_start_interval;
        let lived = now.since(self.execution.started_at.after(self.first_task_delay()));
        if lived.saturating_add(from_proto_duration(asked.as_ref())) >= interval_min {
            return asked;
        }
        Some(to_proto_duration(interval_min - lived))
    }

    /// Event 1 of the successor: what the command leaves open is as it was, but for memo and search attributes, which are
    /// the command's alone.
    fn continued(
        &self,
        command: ContinueAsNewWorkflowExecutionCommandAttributes,
        backoff: Option<prost_types::Duration>,
        run_id: RunId,
    ) -> WorkflowExecutionStartedEventAttributes {
        let before = &self.execution.started;
        let initiator = match command.initiator() {
            ContinueAsNewInitiator::Unspecified => ContinueAsNewInitiator::Workflow,
            initiator => initiator,
        };
        let is_set = |timeout: &prost_types::Duration| !from_proto_duration(Some(timeout)).is_zero();
        let named = |kind: &WorkflowType| !kind.name.is_empty();
        let queue = command.task_queue.filter(|queue| !queue.name.is_empty());
        WorkflowExecutionStartedEventAttributes {
            workflow_type: command.workflow_type.filter(named).or_else(|| before.workflow_type.clone()),
            task_queue: Some(queue.unwrap_or_else(|| task_queue(&self.normal_queue()))),
            input: command.input,
            workflow_execution_timeout: before.workflow_execution_timeout,
            workflow_run_timeout: command.workflow_run_timeout.filter(is_set).or(before.workflow_run_timeout),
            workflow_task_timeout: command.workflow_task_timeout.filter(is_set).or(before.workflow_task_timeout),
            continued_execution_run_id: run_id.to_string(),
            initiator: initiator as i32,
            continued_failure: without_deep_causes(command.failure),
            last_completion_result: command.last_completion_result,
            identity: before.identity.clone(),
            first_execution_run_id: before.first_execution_run_id.clone(),
            retry_policy: command.retry_policy,
            cron_schedule: command.cron_schedule,
            attempt: if initiator == ContinueAsNewInitiator::Retry { before.attempt + 1 } else { 1 },
            workflow_execution_expiration_time: before.workflow_execution_expiration_time,
            first_workflow_task_backoff: backoff,
            memo: command.memo,
            search_attributes: command.search_attributes,
            header: command.header,
            parent_workflow_namespace: before.parent_workflow_namespace.clone(),
            parent_workflow_namespace_id: before.parent_workflow_namespace_id.clone(),
            parent_workflow_execution: before.parent_workflow_execution.clone(),
            parent_initiated_event_id: before.parent_initiated_event_id,
            root_workflow_execution: before.root_workflow_execution.clone(),
            priority: before.priority.clone(),
            completion_callbacks: self.inherited_callbacks(),
            ..WorkflowExecutionStartedEventAttributes::default()
        }
    }

    /// What is wrong with the command, in the reference server's words. Its cron schedule is not looked at: one that cannot
    /// be read is none.
    pub(super) fn check_continued(
        &self,
        command: &ContinueAsNewWorkflowExecutionCommandAttributes,
        id_bytes_max: usize,
    ) -> Result<(), String> {
        let named = |kind: &WorkflowType| !kind.name.is_empty();
        let kind = command.workflow_type.clone().filter(named).map_or_else(|| self.workflow_type(), |kind| kind.name);
        let queue = command.task_queue.clone().filter(|queue| !queue.name.is_empty());
        let queue = queue.map_or_else(|| self.normal_queue().name, |queue| queue.name);
        let on = "on ContinueAsNewWorkflowExecutionCommand";
        let which = format!("WorkflowType={kind} TaskQueue=name:\"{queue}\" kind:TASK_QUEUE_KIND_NORMAL");
        if kind.len() > id_bytes_max {
            let (length, limit) = (kind.len(), id_bytes_max);
            return Err(format!(
                "WorkflowType {on} exceeds length limit. WorkflowType={kind} Length={length} Limit={limit}"
            ));
        }
        QueueName::check(&queue, id_bytes_max).map_err(|fault| {
            format!("error validating ContinueAsNewWorkflowExecutionCommand TaskQueue: {fault}. {which}")
        })?;
        let durations = [
            ("WorkflowRunTimeout", &command.workflow_run_timeout),
            ("WorkflowTaskTimeout", &command.workflow_task_timeout),
            ("BackoffStartInterval", &command.backoff_start_interval),
        ];
        if let Some((name, _)) = durations.iter().find(|(_, duration)| is_negative(duration.as_ref())) {
            return Err(format!("Invalid {name} {on}: negative duration. {which}"));
        }
        match command.retry_policy.clone().filter(|policy| policy.maximum_attempts != 1) {
            None => Ok(()),
            Some(policy) => complete_policy(Some(policy))
                .map(drop)
                .map_err(|text| format!("invalid WorkflowRetryPolicy {on}: {text}. {which}")),
        }
    }
}
