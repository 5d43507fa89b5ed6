//! What clients ask of workflows that run. Every request has a name of its own (a tag), which it leaves in the history, and keeps
//! its request id however often it is repeated.

use abide_api::temporal::api::{
    enums::v1::{EventType, UpdateWorkflowExecutionLifecycleStage as Stage},
    update::v1::{Input as UpdateInput, Meta, Request as UpdateRequest, WaitPolicy, outcome::Value},
    workflowservice::v1::*,
};
use std::time::Duration;

use super::{One, history, insist};
use crate::calls::{CALL, Fate, NAMESPACE, call, execution, text, within};
use crate::ledger::{Told, What};

/// How long the caller of an update waits.
const UPDATE: Duration = Duration::from_secs(15);

impl One {
    pub(super) async fn signal(&mut self) {
        let (workflow_id, tag) = (self.any_workflow(), self.tag());
        let run_id = self.known.pick(&workflow_id, &mut self.dice);
        let number = self.note(What::Signal, &workflow_id, &run_id, &tag);
        let request = SignalWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_execution: execution(&workflow_id, &run_id),
            signal_name: tag.clone(),
            input: text(&tag),
            identity: self.name.clone(),
            request_id: tag,
            ..SignalWorkflowExecutionRequest::default()
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 4));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.signal_workflow_execution(request), CALL).await }
        });
        let told = told_by(fate.await, |_| Told::Acked(run_id));
        self.told(number, told);
    }

    pub(super) async fn update(&mut self) {
        let (workflow_id, tag) = (self.any_workflow(), self.tag());
        let run_id = self.known.pick(&workflow_id, &mut self.dice);
        let number = self.note(What::Update, &workflow_id, &run_id, &tag);
        let request = UpdateWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_execution: execution(&workflow_id, &run_id),
            wait_policy: Some(WaitPolicy { lifecycle_stage: Stage::Completed as i32 }),
            request: Some(UpdateRequest {
                meta: Some(Meta { update_id: tag.clone(), identity: self.name.clone() }),
                input: Some(UpdateInput { name: "change".into(), args: text(&tag), ..UpdateInput::default() }),
                request_id: tag,
                ..UpdateRequest::default()
            }),
            ..UpdateWorkflowExecutionRequest::default()
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 3));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), within(UPDATE, request.clone()));
            async move { call(client.update_workflow_execution(request), UPDATE).await }
        });
        let told = told_by(fate.await, |answer| {
            let run = answer.update_ref.and_then(|update| update.workflow_execution);
            let run_id = run.map(|run| run.run_id).unwrap_or_default();
            match answer.outcome.and_then(|outcome| outcome.value) {
                Some(Value::Success(_)) => Told::Acked(run_id),
                // Turned down, or its run has ended: either way there is nothing to find for sure.
                Some(Value::Failure(_)) | None => Told::Unknown,
            }
        });
        self.told(number, told);
    }

    pub(super) async fn cancel(&mut self) {
        let (workflow_id, tag) = (self.any_workflow(), self.tag());
        let run_id = self.known.pick(&workflow_id, &mut self.dice);
        let number = self.note(What::Cancel, &workflow_id, &run_id, &tag);
        let request = RequestCancelWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_execution: execution(&workflow_id, &run_id),
            identity: self.name.clone(),
            request_id: tag.clone(),
            reason: tag,
            ..RequestCancelWorkflowExecutionRequest::default()
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 4));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.request_cancel_workflow_execution(request), CALL).await }
        });
        let told = told_by(fate.await, |_| Told::Acked(run_id));
        self.told(number, told);
    }

    pub(super) async fn terminate(&mut self) {
        let (workflow_id, tag) = (self.any_workflow(), self.tag());
        let run_id = self.known.pick(&workflow_id, &mut self.dice);
        let number = self.note(What::Terminate, &workflow_id, &run_id, &tag);
        let request = TerminateWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_execution: execution(&workflow_id, &run_id),
            identity: self.name.clone(),
            reason: tag,
            ..TerminateWorkflowExecutionRequest::default()
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 2));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.terminate_workflow_execution(request), CALL).await }
        });
        let told = told_by(fate.await, |_| Told::Acked(run_id));
        self.told(number, told);
    }

    pub(super) async fn reset(&mut self) {
        let (workflow_id, tag) = (self.any_workflow(), self.tag());
        let run_id = self.known.pick(&workflow_id, &mut self.dice);
        if run_id.is_empty() {
            return;
        }
        let Some(page) = history(&mut self.client, &workflow_id, &run_id).await else { return };
        let ends = page.events.iter().filter(|event| event.event_type() == EventType::WorkflowTaskCompleted);
        let ends: Vec<i64> = ends.map(|event| event.event_id).collect();
        if ends.is_empty() {
            return;
        }
        let number = self.note(What::Reset, &workflow_id, &run_id, &tag);
        let request = ResetWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_execution: execution(&workflow_id, &run_id),
            reason: tag.clone(),
            workflow_task_finish_event_id: *self.dice.pick(&ends),
            request_id: tag,
            identity: self.name.clone(),
            ..ResetWorkflowExecutionRequest::default()
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 4));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.reset_workflow_execution(request), CALL).await }
        });
        let known = &mut self.known;
        let told = told_by(fate.await, |answer| {
            known.add(&workflow_id, &answer.run_id);
            Told::Acked(answer.run_id)
        });
        self.told(number, told);
    }
}

/// What a client was told in the end; of an answer, what `of` makes of it.
pub(super) fn told_by<T>(fate: Fate<T>, of: impl FnOnce(T) -> Told) -> Told {
    match fate {
        Fate::Acked(answer) => of(answer),
        Fate::Refused(_) => Told::Refused,
        Fate::Unknown(_) => Told::Unknown,
    }
}
