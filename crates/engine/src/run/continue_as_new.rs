//! Continue-as-new: the run closes and says how its successor begins.

use abide_api::temporal::api::{
    command::v1::ContinueAsNewWorkflowExecutionCommandAttributes,
    common::v1::{Memo, SearchAttributes, WorkflowType},
    enums::v1::ContinueAsNewInitiator,
    history::v1::{
        WorkflowExecutionContinuedAsNewEventAttributes, WorkflowExecutionStartedEventAttributes,
        history_event::Attributes,
    },
};
use abide_model::{RunId, RunKey};

use super::command::{Requester, Start, Task};
use super::event::{Annotation, annotated, task_queue};
use super::state::State;
use super::worker_command::Turn;
use super::{Out, Run};

impl Run {
    pub(super) fn continue_as_new(
        &mut self,
        command: ContinueAsNewWorkflowExecutionCommandAttributes,
        new_run_id: RunId,
        turn: &Turn,
        annotation: Annotation,
        out: &mut Out,
    ) {
        let started = self.state.successor(command, self.run_id());
        let start = Start {
            key: RunKey { run_id: new_run_id, ..self.key() },
            namespace_name: self.state.identity.namespace_name.clone(),
            requester: Requester { identity: started.identity.clone(), ..Requester::default() },
            attributes: Box::new(started.clone()),
            user_metadata: self.state.execution.user_metadata.clone(),
            signal: None,
            eager: None,
        };
        let attributes = WorkflowExecutionContinuedAsNewEventAttributes {
            new_execution_run_id: new_run_id.to_string(),
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
        let last = annotated(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(attributes), annotation);
        self.close(last, turn.now, out);
        out.task(Task::Succeed(Box::new(start)));
    }
}

impl State {
    /// Event 1 of the successor: what the command leaves open is as it was.
    fn successor(
        &self,
        command: ContinueAsNewWorkflowExecutionCommandAttributes,
        run_id: RunId,
    ) -> WorkflowExecutionStartedEventAttributes {
        let before = &self.execution.started;
        let initiator = match command.initiator() {
            ContinueAsNewInitiator::Unspecified => ContinueAsNewInitiator::Workflow,
            initiator => initiator,
        };
        let named = |kind: &WorkflowType| !kind.name.is_empty();
        let queue = command.task_queue.filter(|queue| !queue.name.is_empty());
        let memo = Memo { fields: self.properties.memo.clone() };
        let search_attributes = SearchAttributes { indexed_fields: self.properties.search_attributes.clone() };
        WorkflowExecutionStartedEventAttributes {
            workflow_type: command.workflow_type.filter(named).or_else(|| before.workflow_type.clone()),
            task_queue: Some(queue.unwrap_or_else(|| task_queue(&self.normal_queue()))),
            input: command.input,
            workflow_execution_timeout: before.workflow_execution_timeout,
            workflow_run_timeout: command.workflow_run_timeout.or(before.workflow_run_timeout),
            workflow_task_timeout: command.workflow_task_timeout.or(before.workflow_task_timeout),
            continued_execution_run_id: run_id.to_string(),
            initiator: initiator as i32,
            continued_failure: command.failure,
            last_completion_result: command.last_completion_result,
            identity: before.identity.clone(),
            first_execution_run_id: before.first_execution_run_id.clone(),
            retry_policy: command.retry_policy,
            workflow_execution_expiration_time: before.workflow_execution_expiration_time,
            first_workflow_task_backoff: command.backoff_start_interval,
            memo: command.memo.or((!memo.fields.is_empty()).then_some(memo)),
            search_attributes: command
                .search_attributes
                .or((!search_attributes.indexed_fields.is_empty()).then_some(search_attributes)),
            header: command.header,
            parent_workflow_namespace: before.parent_workflow_namespace.clone(),
            parent_workflow_namespace_id: before.parent_workflow_namespace_id.clone(),
            parent_workflow_execution: before.parent_workflow_execution.clone(),
            parent_initiated_event_id: before.parent_initiated_event_id,
            root_workflow_execution: before.root_workflow_execution.clone(),
            priority: before.priority.clone(),
            ..WorkflowExecutionStartedEventAttributes::default()
        }
    }
}
