//! Ordinary workflows that go on while everything is tried beside them, and the worker that drives them: for each signal
//! an activity and a timer, and after the last one an end.

use std::time::Duration;

use abide_api::temporal::api::enums::v1::EventType;
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::workflowservice::v1::{PollActivityTaskQueueRequest, PollWorkflowTaskQueueRequest};
use abide_server::Node;
use tokio::task::JoinSet;

use super::common::*;

const QUEUE: &str = "ordinary";
/// How many workflows.
const COUNT: usize = 24;
/// How many signals each gets.
pub const SIGNALS: usize = 6;

/// The workflows, and the worker.
pub struct Ordinary {
    client: Client,
    worker: JoinSet<()>,
}

impl Ordinary {
    /// Starts them, and a worker.
    pub async fn start(node: &Node) -> Self {
        let address = format!("http://{}", node.addresses()[0]);
        let mut client = Client::connect(address).await.expect("the node has started");
        for id in ids() {
            let mut request = start_request(&id);
            request.task_queue = queue(QUEUE);
            client.start_workflow_execution(request).await.expect("a valid start");
        }
        let mut worker = JoinSet::new();
        for _ in 0..3 {
            worker.spawn(work_on_workflows(client.clone()));
            worker.spawn(work_on_activities(client.clone()));
        }
        Self { client, worker }
    }

    /// Sends every workflow a signal.
    pub async fn signal(&mut self) {
        for id in ids() {
            signal(&mut self.client, &id, "on").await.expect("an ordinary workflow is there");
        }
    }

    /// Waits until all have ended; their histories.
    pub async fn ended(mut self) -> Vec<Vec<HistoryEvent>> {
        let give_up = tokio::time::Instant::now() + 6 * POLL;
        let mut histories = Vec::new();
        for id in ids() {
            let events = loop {
                let events = history(&mut self.client, &id).await;
                if count(&events, EventType::WorkflowExecutionCompleted) == 1 {
                    break events;
                }
                assert!(tokio::time::Instant::now() < give_up, "{id} does not end: {:?}", types(&events));
                tokio::task::yield_now().await;
            };
            assert_gapless(&events);
            for kind in [EventType::ActivityTaskCompleted, EventType::TimerFired, EventType::WorkflowExecutionSignaled]
            {
                assert_eq!(count(&events, kind), SIGNALS, "{id}: {kind:?}");
            }
            histories.push(events);
        }
        self.worker.shutdown().await;
        histories
    }
}

/// What they are called.
pub fn ids() -> impl Iterator<Item = String> {
    (0..COUNT).map(|number| format!("ordinary-{number}"))
}

fn count(events: &[HistoryEvent], kind: EventType) -> usize {
    events.iter().filter(|event| event.event_type() == kind).count()
}

/// A worker is patient: on a machine that is busy the answer to a poll may come late, and is lost then.
const PATIENCE: Duration = Duration::from_secs(20);

async fn work_on_workflows(mut client: Client) {
    loop {
        let request = PollWorkflowTaskQueueRequest {
            namespace: NAMESPACE.into(),
            task_queue: queue(QUEUE),
            identity: "worker".into(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        let Ok(task) = client.poll_workflow_task_queue(within(PATIENCE, request)).await else { continue };
        let task = task.into_inner();
        if task.task_token.is_empty() {
            continue;
        }
        let events = task.history.unwrap_or_default().events;
        let (signals, begun) =
            (count(&events, EventType::WorkflowExecutionSignaled), count(&events, EventType::ActivityTaskScheduled));
        let done =
            count(&events, EventType::ActivityTaskCompleted).min(count(&events, EventType::TimerFired)) == SIGNALS;
        let commands = if done {
            vec![complete_workflow("1")]
        } else {
            let new = |number| {
                let id = format!("{number}");
                [schedule_activity(&id, QUEUE), start_timer(&id, Duration::from_millis(10))]
            };
            (begun..signals).flat_map(new).collect()
        };
        complete(&mut client, &task.task_token, commands).await.ok();
    }
}

async fn work_on_activities(mut client: Client) {
    loop {
        let request = PollActivityTaskQueueRequest {
            namespace: NAMESPACE.into(),
            task_queue: queue(QUEUE),
            identity: "worker".into(),
            ..PollActivityTaskQueueRequest::default()
        };
        let Ok(task) = client.poll_activity_task_queue(within(PATIENCE, request)).await else { continue };
        let token = task.into_inner().task_token;
        if !token.is_empty() {
            // On a machine that is very busy its time may be over: then there is another attempt.
            complete_activity(&mut client, &token, "2").await.ok();
        }
    }
}
