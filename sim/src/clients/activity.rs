//! What clients ask of single activities: to be handed to nobody, to be handed out again, to begin anew. Nothing of it
//! is in a history.

use abide_api::temporal::api::workflowservice::v1::{
    PauseActivityRequest, ResetActivityRequest, UnpauseActivityRequest, pause_activity_request, reset_activity_request,
    unpause_activity_request,
};
use abide_model::Clock;
use tokio::time::Instant;

use super::{One, insist};
use crate::calls::{CALL, Client, Fate, NAMESPACE, call, execution};
use crate::ledger::{Intervene, Intervention};
use crate::worker::describe_request;
use crate::world::World;

impl One {
    pub(super) async fn intervene(&mut self) {
        let workflow_id = self.any_workflow();
        let request = describe_request(&workflow_id, "");
        let Fate::Acked(described) = call(self.client.describe_workflow_execution(request), CALL).await else { return };
        let execution = described.workflow_execution_info.and_then(|info| info.execution);
        let Some(run_id) = execution.map(|execution| execution.run_id) else { return };
        if described.pending_activities.is_empty() {
            return;
        }
        let activity = self.dice.pick(&described.pending_activities);
        let of = (workflow_id, run_id, activity.activity_id.clone());
        match self.dice.below(10) {
            0..=5 if activity.paused => self.unpause(of).await,
            0..=5 => self.pause(of).await,
            6 => self.unpause(of).await,
            _ => self.reset_activity(of).await,
        }
    }

    async fn pause(&mut self, (workflow_id, run_id, activity_id): (String, String, String)) {
        let tag = self.tag();
        let number = note(&self.world, Intervene::Pause, &run_id, &activity_id);
        let request = PauseActivityRequest {
            namespace: NAMESPACE.into(),
            execution: execution(&workflow_id, &run_id),
            identity: self.name.clone(),
            reason: tag.clone(),
            request_id: tag,
            activity: Some(pause_activity_request::Activity::Id(activity_id)),
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 3));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.pause_activity(request), CALL).await }
        });
        let fate = fate.await;
        told(&self.world, number, &fate);
    }

    async fn unpause(&mut self, (workflow_id, run_id, activity_id): (String, String, String)) {
        let begins_anew = self.dice.happens(300);
        let kind = if begins_anew { Intervene::Reset } else { Intervene::Unpause };
        let number = note(&self.world, kind, &run_id, &activity_id);
        let request = UnpauseActivityRequest {
            namespace: NAMESPACE.into(),
            execution: execution(&workflow_id, &run_id),
            identity: self.name.clone(),
            activity: Some(unpause_activity_request::Activity::Id(activity_id)),
            reset_attempts: begins_anew,
            reset_heartbeat: self.dice.happens(300),
            ..UnpauseActivityRequest::default()
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 3));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.unpause_activity(request), CALL).await }
        });
        let fate = fate.await;
        told(&self.world, number, &fate);
    }

    async fn reset_activity(&mut self, (workflow_id, run_id, activity_id): (String, String, String)) {
        let number = note(&self.world, Intervene::Reset, &run_id, &activity_id);
        let request = ResetActivityRequest {
            namespace: NAMESPACE.into(),
            execution: execution(&workflow_id, &run_id),
            identity: self.name.clone(),
            activity: Some(reset_activity_request::Activity::Id(activity_id)),
            keep_paused: self.dice.happens(500),
            reset_heartbeat: self.dice.happens(300),
            ..ResetActivityRequest::default()
        };
        let (client, attempts) = (self.client.clone(), self.dice.between(1, 3));
        let fate = insist(attempts, &mut self.dice, || {
            let (mut client, request) = (client.clone(), request.clone());
            async move { call(client.reset_activity(request), CALL).await }
        });
        let fate = fate.await;
        told(&self.world, number, &fate);
    }
}

/// Lets every activity of a run go on that somebody has left paused.
pub async fn unpause_all(world: &World, client: &mut Client, workflow_id: &str, run_id: &str) {
    let number = note(world, Intervene::Unpause, run_id, "");
    let request = UnpauseActivityRequest {
        namespace: NAMESPACE.into(),
        execution: execution(workflow_id, run_id),
        activity: Some(unpause_activity_request::Activity::UnpauseAll(true)),
        ..UnpauseActivityRequest::default()
    };
    let fate = call(client.unpause_activity(request), CALL).await;
    told(world, number, &fate);
}

/// Writes down that something is asked, before it is.
fn note(world: &World, kind: Intervene, run_id: &str, activity_id: &str) -> usize {
    let interventions = &mut world.ledger.book().interventions;
    interventions.push(Intervention {
        kind,
        run_id: run_id.to_owned(),
        activity_id: activity_id.to_owned(),
        asked: (Instant::now(), world.clock.now()),
        done_at: None,
        over_at: None,
    });
    interventions.len() - 1
}

/// Writes down what was told.
fn told<T>(world: &World, number: usize, fate: &Fate<T>) {
    let now = world.clock.now();
    let intervention = &mut world.ledger.book().interventions[number];
    intervention.over_at = Some(now);
    intervention.done_at = match fate {
        Fate::Acked(_) => Some(now),
        Fate::Refused(_) | Fate::Unknown(_) => None,
    };
    let Intervention { kind, run_id, activity_id, done_at, .. } = intervention;
    world.trace.line("intervention", format_args!("{kind:?} {activity_id} of {run_id}: {}", done_at.is_some()));
}
