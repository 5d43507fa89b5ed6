//! The run that follows one that has ended: an attempt more, the next time of a cron schedule, or what the workflow
//! continued as. It begins as its predecessor began, but for what is said here.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::Payloads,
    enums::v1::{ContinueAsNewInitiator, RetryState},
    failure::v1::Failure,
    history::v1::{HistoryEvent, WorkflowExecutionStartedEventAttributes},
};
use abide_model::{RunId, RunKey, Timestamp, cron::Cron};

use super::command::{Requester, Start};
use super::reply::Task;
use super::state::State;
use super::{Out, Run};
use crate::convert::to_proto_duration;

/// Why another run follows, and what it learns from the one that ended.
pub(super) struct Next {
    initiator: ContinueAsNewInitiator,
    backoff: Duration,
    last_completion_result: Option<Payloads>,
    failure: Option<Failure>,
}

impl Run {
    /// Writes the last event, which names the run that follows if one does.
    pub(super) fn end(
        &mut self,
        last: HistoryEvent,
        next: Option<Next>,
        new_run_id: RunId,
        now: Timestamp,
        out: &mut Out,
    ) {
        let start = next.map(|next| self.follow(self.state.next_attributes(next, self.run_id()), new_run_id));
        self.close(last, now, out);
        if let Some(start) = start {
            out.task(Task::Succeed(start));
        }
    }

    /// The start of a run that follows this one.
    pub(super) fn follow(
        &self,
        mut attributes: WorkflowExecutionStartedEventAttributes,
        new_run_id: RunId,
    ) -> Box<Start> {
        attributes.prev_auto_reset_points = self.state.reset_points();
        Box::new(Start {
            key: RunKey { run_id: new_run_id, ..self.key() },
            namespace_name: self.state.identity.namespace_name.clone(),
            requester: Requester {
                identity: attributes.identity.clone(),
                // Nobody asked for it, so nobody can ask for it again.
                request_id: String::new(),
                links: self.state.execution.links.clone(),
                sender: None,
            },
            attributes: Box::new(attributes),
            user_metadata: self.state.execution.user_metadata.clone(),
            signal: None,
            eager: None,
            update: None,
        })
    }
}

impl State {
    /// Whether event 1 is needed when the run ends, because another run may begin like it.
    pub(super) fn may_begin_again(started: &WorkflowExecutionStartedEventAttributes) -> bool {
        started.retry_policy.is_some() || !started.cron_schedule.is_empty()
    }

    /// What follows a failure: the next attempt, or else the next time of the cron schedule.
    pub(super) fn after_failure(&self, failure: Option<Failure>, now: Timestamp) -> (RetryState, Option<Next>) {
        match self.retry_backoff(failure.as_ref(), now) {
            Ok(backoff) => {
                let last_completion_result = self.execution.started.last_completion_result.clone();
                let initiator = ContinueAsNewInitiator::Retry;
                (RetryState::InProgress, Some(Next { initiator, backoff, last_completion_result, failure }))
            }
            Err(retry_state) => (retry_state, self.next_cron_run(Err(failure), now)),
        }
    }

    /// The run for the next time of the cron schedule. A failed run hands on the last result that there was.
    pub(super) fn next_cron_run(
        &self,
        ended: Result<Option<&Payloads>, Option<Failure>>,
        now: Timestamp,
    ) -> Option<Next> {
        let started = &self.execution.started;
        if started.cron_schedule.is_empty() {
            return None;
        }
        let scheduled_for = self.execution.started_at.after(self.first_task_delay());
        let backoff = Cron::parse(&started.cron_schedule).ok()?.backoff(scheduled_for, now)?;
        let (last_completion_result, failure) = match ended {
            Ok(result) => (result.cloned(), None),
            Err(failure) => (started.last_completion_result.clone(), failure),
        };
        Some(Next { initiator: ContinueAsNewInitiator::CronSchedule, backoff, last_completion_result, failure })
    }

    /// Event 1 of the next run.
    fn next_attributes(&self, next: Next, run_id: RunId) -> WorkflowExecutionStartedEventAttributes {
        let before = &self.execution.started;
        let Next { initiator, backoff, last_completion_result, failure } = next;
        WorkflowExecutionStartedEventAttributes {
            continued_execution_run_id: run_id.to_string(),
            initiator: initiator as i32,
            attempt: if initiator == ContinueAsNewInitiator::Retry { before.attempt + 1 } else { 1 },
            first_workflow_task_backoff: Some(to_proto_duration(backoff)),
            last_completion_result,
            continued_failure: failure,
            completion_callbacks: match initiator {
                ContinueAsNewInitiator::Retry => self.inherited_callbacks(),
                // Those that stood by are told how the run ended.
                _ => Vec::new(),
            },
            eager_execution_accepted: false,
            ..before.clone()
        }
    }
}

/// Has a run begin at the first time of its schedule, if it has one and nothing precedes it.
pub(super) fn wait_for_first_time(started: &mut WorkflowExecutionStartedEventAttributes, now: Timestamp) {
    if started.cron_schedule.is_empty() || !started.continued_execution_run_id.is_empty() {
        return;
    }
    started.initiator = ContinueAsNewInitiator::CronSchedule as i32;
    let cron = Cron::parse(&started.cron_schedule).ok();
    let backoff = cron.and_then(|cron| cron.backoff(now, now)).unwrap_or_default();
    started.first_workflow_task_backoff = Some(to_proto_duration(backoff));
}

/// How an event shows the run that follows.
pub(super) fn shown(next: Option<&Next>, new_run_id: RunId) -> String {
    next.map(|_| new_run_id.to_string()).unwrap_or_default()
}
