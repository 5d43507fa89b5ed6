//! How clients start workflows: with every policy, on schedules, with timeouts, and with addresses that want to know how
//! they end.

use abide_api::temporal::api::{
    common::v1::{Callback, RetryPolicy, WorkflowType, callback},
    enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    workflow::v1::OnConflictOptions,
    workflowservice::v1::*,
};

use super::ask::told_by;
use super::{One, insist};
use crate::calls::{CALL, NAMESPACE, call, queue, seconds, text};
use crate::dice::Dice;
use crate::ledger::{Told, What};
use crate::script::Input;

/// Schedules. The times of the last one are far apart for a simulation.
const CRON: [&str; 5] = ["@every 2s", "@every 3s", "@every 7s", "@every 20s", "* * * * *"];

impl One {
    pub(super) async fn start(&mut self) {
        let (workflow_id, tag) = (self.any_workflow(), self.tag());
        let number = self.note(What::Start, &workflow_id, "", &tag);
        let request = self.start_request(&workflow_id, &tag);
        let urls: Vec<String> = request.completion_callbacks.iter().filter_map(url_of).collect();
        let is_attached = request.on_conflict_options.is_some();
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 4));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.start_workflow_execution(request), CALL).await }
        });
        let (known, ledger) = (&mut self.known, &self.world.ledger);
        let told = told_by(fate.await, |answer| {
            known.add(&workflow_id, &answer.run_id);
            if answer.started || is_attached {
                let registered = urls.into_iter().map(|url| (answer.run_id.clone(), url));
                ledger.book().registered.extend(registered);
            }
            // Another run may stand for it, while a first attempt began one that is over by now.
            if answer.started { Told::Acked(answer.run_id) } else { Told::Unknown }
        });
        self.told(number, told);
    }

    fn start_request(&mut self, workflow_id: &str, tag: &str) -> StartWorkflowExecutionRequest {
        let dice = &mut self.dice;
        let conflict = *dice.pick(&[
            WorkflowIdConflictPolicy::Fail,
            WorkflowIdConflictPolicy::Fail,
            WorkflowIdConflictPolicy::Fail,
            WorkflowIdConflictPolicy::UseExisting,
            WorkflowIdConflictPolicy::TerminateExisting,
        ]);
        let mut reuse = WorkflowIdReusePolicy::AllowDuplicate;
        if dice.happens(150) {
            reuse =
                *dice.pick(&[WorkflowIdReusePolicy::AllowDuplicateFailedOnly, WorkflowIdReusePolicy::RejectDuplicate]);
        }
        let conflict =
            if reuse == WorkflowIdReusePolicy::RejectDuplicate { WorkflowIdConflictPolicy::Fail } else { conflict };
        let attach =
            OnConflictOptions { attach_request_id: true, attach_completion_callbacks: true, attach_links: true };
        let Times { cron_schedule, run_timeout, execution_timeout } = times(dice);
        let retry = RetryPolicy {
            initial_interval: seconds(1),
            backoff_coefficient: 2.0,
            maximum_attempts: 3,
            ..RetryPolicy::default()
        };
        StartWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_id: workflow_id.into(),
            workflow_type: Some(WorkflowType { name: "Scripted".into() }),
            task_queue: queue(),
            input: text(&Input { number: dice.number(), depth: 0 }.text(tag)),
            identity: self.name.clone(),
            request_id: tag.into(),
            workflow_id_reuse_policy: reuse as i32,
            workflow_id_conflict_policy: conflict as i32,
            workflow_run_timeout: run_timeout,
            workflow_execution_timeout: execution_timeout,
            cron_schedule,
            completion_callbacks: callbacks(dice, tag),
            on_conflict_options: (conflict == WorkflowIdConflictPolicy::UseExisting && dice.happens(700))
                .then_some(attach),
            retry_policy: dice.happens(250).then_some(retry),
            ..StartWorkflowExecutionRequest::default()
        }
    }

    pub(super) async fn signal_with_start(&mut self) {
        let (workflow_id, tag) = (self.any_workflow(), self.tag());
        let number = self.note(What::SignalWithStart, &workflow_id, "", &tag);
        let Times { cron_schedule, run_timeout, execution_timeout } = times(&mut self.dice);
        let request = SignalWithStartWorkflowExecutionRequest {
            namespace: NAMESPACE.into(),
            workflow_id: workflow_id.clone(),
            workflow_type: Some(WorkflowType { name: "Scripted".into() }),
            task_queue: queue(),
            input: text(&Input { number: self.dice.number(), depth: 0 }.text(&tag)),
            identity: self.name.clone(),
            signal_name: tag.clone(),
            signal_input: text(&tag),
            request_id: tag,
            cron_schedule,
            workflow_run_timeout: run_timeout,
            workflow_execution_timeout: execution_timeout,
            ..SignalWithStartWorkflowExecutionRequest::default()
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 4));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.signal_with_start_workflow_execution(request), CALL).await }
        });
        let known = &mut self.known;
        let told = told_by(fate.await, |answer| {
            known.add(&workflow_id, &answer.run_id);
            Told::Acked(answer.run_id)
        });
        self.told(number, told);
    }
}

/// When a workflow runs, and for how long.
struct Times {
    cron_schedule: String,
    run_timeout: Option<prost_types::Duration>,
    execution_timeout: Option<prost_types::Duration>,
}

/// A schedule whose runs are cut off before they end themselves would go on for ever.
fn times(dice: &mut Dice) -> Times {
    let cron_schedule = if dice.happens(150) { (*dice.pick(&CRON)).to_owned() } else { String::new() };
    let run_timeout = if dice.happens(150) { seconds(dice.between(5, 60)) } else { None };
    let must_end = !cron_schedule.is_empty() && (run_timeout.is_some() || dice.happens(300));
    let execution_timeout = if must_end { seconds(dice.between(20, 150)) } else { None };
    Times { cron_schedule, run_timeout, execution_timeout }
}

/// Addresses that no other request names.
fn callbacks(dice: &mut Dice, tag: &str) -> Vec<Callback> {
    let count = if dice.happens(350) { dice.between(1, 2) } else { 0 };
    let callback = |number| {
        let nexus = callback::Nexus { url: format!("http://outside/{tag}/{number}"), ..callback::Nexus::default() };
        Callback { variant: Some(callback::Variant::Nexus(nexus)), ..Callback::default() }
    };
    (0..count).map(callback).collect()
}

/// The address of a callback.
pub fn url_of(callback: &Callback) -> Option<String> {
    match &callback.variant {
        Some(callback::Variant::Nexus(nexus)) => Some(nexus.url.clone()),
        Some(callback::Variant::Internal(_) | callback::Variant::NexusHandler(_)) | None => None,
    }
}
