//! A worker's activities: what an attempt does follows from the activity's number and the attempt.

use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::workflowservice::v1::*;
use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::decide::{Retry, failure};
use super::{POLL, Process};
use crate::calls::{CALL, Fate, NAMESPACE, call, queue, read_text, text, time, within};
use crate::ledger::Delivery;
use crate::script::{AttemptEnd, attempt};

/// How often an activity that must be heard of is heard of.
const BEAT: Duration = Duration::from_millis(900);

/// Polls for activities and does them, one after the other.
pub async fn work(process: Arc<Process>) {
    let mut client = process.client.clone();
    loop {
        let poll = PollActivityTaskQueueRequest {
            namespace: NAMESPACE.into(),
            task_queue: queue(),
            identity: process.name.clone(),
            ..PollActivityTaskQueueRequest::default()
        };
        match call(client.poll_activity_task_queue(within(POLL, poll)), POLL).await {
            Fate::Acked(task) if task.task_token.is_empty() => {}
            Fate::Acked(task) => process.perform(task).await,
            Fate::Refused(status) => process.refused("poll for activities", &status).await,
            Fate::Unknown(_) => process.wait_a_little().await,
        }
    }
}

impl Process {
    async fn perform(&self, task: PollActivityTaskQueueResponse) {
        let input = read_text(task.input.as_ref());
        let mut words = input.split(' ').map(|word| word.parse::<u64>().unwrap_or(0));
        let number = words.next().unwrap_or(0);
        let attempts_max = i32::try_from(words.next().unwrap_or(0)).unwrap_or(0);
        let beats = words.next() == Some(1);
        self.world.ledger.book().deliveries.push(Delivery {
            run_id: task.workflow_execution.as_ref().map(|execution| execution.run_id.clone()).unwrap_or_default(),
            activity_id: task.activity_id.clone(),
            attempt: task.attempt,
            started_event_id: 0,
            attempts_max,
            at: Instant::now(),
            began_at: time(task.started_time),
        });
        let attempt = attempt(number, task.attempt);
        let mut left = Duration::from_millis(attempt.millis);
        while beats && left > BEAT {
            sleep(BEAT).await;
            left -= BEAT;
            match self.beat(task.task_token.clone()).await {
                Beat::GoOn => {}
                Beat::Cancel => return self.cancel(task.task_token).await,
                Beat::Stop => return self.end(task.task_token, AttemptEnd::Fail).await,
                Beat::Gone => return,
            }
        }
        super::pause_for(left).await;
        self.end(task.task_token, attempt.end).await;
    }

    async fn beat(&self, task_token: Bytes) -> Beat {
        let request = RecordActivityTaskHeartbeatRequest {
            namespace: NAMESPACE.into(),
            task_token,
            details: text("beat"),
            identity: self.name.clone(),
            ..RecordActivityTaskHeartbeatRequest::default()
        };
        match call(self.client.clone().record_activity_task_heartbeat(request), CALL).await {
            Fate::Acked(answer) if answer.cancel_requested => Beat::Cancel,
            // Some pay no heed.
            Fate::Acked(answer) if answer.activity_paused || answer.activity_reset => {
                if self.dice().happens(700) {
                    Beat::Stop
                } else {
                    Beat::GoOn
                }
            }
            Fate::Acked(_) | Fate::Unknown(_) => Beat::GoOn,
            Fate::Refused(_) => Beat::Gone,
        }
    }

    async fn cancel(&self, task_token: Bytes) {
        let request = RespondActivityTaskCanceledRequest {
            namespace: NAMESPACE.into(),
            task_token,
            identity: self.name.clone(),
            ..RespondActivityTaskCanceledRequest::default()
        };
        call(self.client.clone().respond_activity_task_canceled(request), CALL).await;
    }

    async fn end(&self, task_token: Bytes, end: AttemptEnd) {
        let mut times = if self.answers_twice() { 2 } else { 1 };
        while times > 0 {
            times -= 1;
            let fate = match end {
                AttemptEnd::Vanish => return,
                AttemptEnd::Complete => self.succeed(task_token.clone()).await,
                AttemptEnd::Fail => self.fail_activity(task_token.clone(), Retry::Yes).await,
                AttemptEnd::FailForGood => self.fail_activity(task_token.clone(), Retry::No).await,
            };
            // As SDKs do: what may not have arrived is said again.
            if matches!(fate, Fate::Unknown(_)) && self.dice().happens(700) {
                self.wait_a_little().await;
                times += 1;
            }
        }
    }

    async fn succeed(&self, task_token: Bytes) -> Fate<()> {
        let request = RespondActivityTaskCompletedRequest {
            namespace: NAMESPACE.into(),
            task_token,
            result: text("done"),
            identity: self.name.clone(),
            ..RespondActivityTaskCompletedRequest::default()
        };
        done(call(self.client.clone().respond_activity_task_completed(request), CALL).await)
    }

    async fn fail_activity(&self, task_token: Bytes, retry: Retry) -> Fate<()> {
        let request = RespondActivityTaskFailedRequest {
            namespace: NAMESPACE.into(),
            task_token,
            failure: Some(failure("scripted", retry)),
            identity: self.name.clone(),
            ..RespondActivityTaskFailedRequest::default()
        };
        done(call(self.client.clone().respond_activity_task_failed(request), CALL).await)
    }
}

/// What a heartbeat is answered with.
enum Beat {
    GoOn,
    Cancel,
    /// Somebody outside wants the attempt to end.
    Stop,
    Gone,
}

fn done<T>(fate: Fate<T>) -> Fate<()> {
    match fate {
        Fate::Acked(_) => Fate::Acked(()),
        Fate::Refused(status) => Fate::Refused(status),
        Fate::Unknown(status) => Fate::Unknown(status),
    }
}
