//! A worker process that speaks the real protocol: polls, reads histories, decides by the script, answers; keeps
//! histories of runs that stick to it; answers queries and updates. Killed by dropping it.

mod activity;
mod decide;
mod update;
mod view;

pub use decide::workflow_id;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{QueryResultType, TaskQueueKind, WorkflowTaskFailedCause},
    history::v1::HistoryEvent,
    query::v1::WorkflowQueryResult,
    taskqueue::v1::{StickyExecutionAttributes, TaskQueue},
    workflowservice::v1::*,
};
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::calls::{CALL, Client, Fate, NAMESPACE, QUEUE, call, execution, queue, seconds, text, time, within};
use crate::dice::Dice;
use crate::ledger::Delivery;
use crate::world::World;
use decide::Of;
use view::View;

/// How long a poll waits.
const POLL: Duration = Duration::from_secs(20);
/// How long a task may be on its way to a worker.
const ON_THE_WAY: Duration = Duration::from_secs(2);

/// A worker process. Dropped, it is killed.
pub struct Worker {
    _pollers: JoinSet<()>,
}

/// What the pollers of one process share.
struct Process {
    world: World,
    name: String,
    client: Client,
    dice: Mutex<Dice>,
    /// Histories of runs that stick to this process.
    kept: Mutex<BTreeMap<String, Vec<HistoryEvent>>>,
    is_sticky: bool,
}

impl Worker {
    /// Starts a process.
    pub fn start(world: &World) -> Self {
        let name = format!("worker-{}", world.next_number());
        let mut dice = world.dice(&name);
        let (is_sticky, pollers) = (dice.happens(700), dice.between(1, 3));
        world.trace.line(&name, format_args!("starts, {pollers} pollers, sticky: {is_sticky}"));
        let process = Arc::new(Process {
            world: world.clone(),
            client: world.connect(&name),
            name,
            dice: Mutex::new(dice),
            kept: Mutex::default(),
            is_sticky,
        });
        let mut tasks = JoinSet::new();
        for _ in 0..pollers {
            tasks.spawn(process.clone().work(queue()));
            tasks.spawn(activity::work(process.clone()));
        }
        if is_sticky {
            tasks.spawn(process.clone().work(Some(process.sticky_queue())));
        }
        Self { _pollers: tasks }
    }
}

impl Process {
    async fn work(self: Arc<Self>, queue: Option<TaskQueue>) {
        let mut client = self.client.clone();
        loop {
            let poll = PollWorkflowTaskQueueRequest {
                namespace: NAMESPACE.into(),
                task_queue: queue.clone(),
                identity: self.name.clone(),
                ..PollWorkflowTaskQueueRequest::default()
            };
            match call(client.poll_workflow_task_queue(within(POLL, poll)), POLL).await {
                Fate::Acked(task) if task.task_token.is_empty() => {}
                Fate::Acked(task) => self.answer(task).await,
                Fate::Refused(status) => self.refused("poll for workflow tasks", &status).await,
                Fate::Unknown(_) => self.wait_a_little().await,
            }
        }
    }

    /// Works on a task, and on those that come with the answers.
    async fn answer(&self, mut task: PollWorkflowTaskQueueResponse) {
        loop {
            if let Some(query) = task.query {
                return self.answer_query(task.task_token, &query.query_type).await;
            }
            let Some(events) = self.history_of(&mut task).await else { return };
            self.note_delivery(&task);
            match self.complete(&task, events).await {
                Some(next) => task = next,
                None => return,
            }
        }
    }

    /// The whole history that a task is about; none when it cannot be had.
    async fn history_of(&self, task: &mut PollWorkflowTaskQueueResponse) -> Option<Vec<HistoryEvent>> {
        let (run_id, got_at) = (run_id(task), Instant::now());
        let mut events = task.history.take().unwrap_or_default().events;
        let mut token = std::mem::take(&mut task.next_page_token);
        let kept = self.kept().get(&run_id).cloned().unwrap_or_default();
        let first = events.first().map_or(0, |event| event.event_id);
        if first != 1 {
            if !kept.is_empty() && kept.last().is_some_and(|last| last.event_id + 1 == first) {
                events.splice(0..0, kept);
            } else {
                (events, token) = self.page(task, &Bytes::new()).await?;
            }
        }
        while !token.is_empty() {
            let page = self.page(task, &token).await?;
            events.extend(page.0);
            token = page.1;
        }
        // What came behind the task is for the next one.
        events.retain(|event| event.event_id <= task.started_event_id);
        let numbers = events.iter().map(|event| event.event_id);
        if !numbers.eq(1..=task.started_event_id) {
            let ids: Vec<i64> = events.iter().map(|event| event.event_id).collect();
            // Nobody waits until the start of a task is stored. When it is lost, a history that is read then ends before it.
            if ids.iter().copied().eq(1..task.started_event_id) && self.was_lost_since(got_at) {
                return None;
            }
            let what = format!("a task of run {run_id} up to event {} shows events {ids:?}", task.started_event_id);
            self.world.ledger.violated("R1", what);
            return None;
        }
        self.world.ledger.shown(&run_id, &events);
        Some(events)
    }

    /// Whether something may have been lost since a task was handed out that came then.
    fn was_lost_since(&self, got_at: Instant) -> bool {
        self.world.host.disk.losses().iter().any(|lost| *lost + ON_THE_WAY >= got_at)
    }

    async fn page(&self, task: &PollWorkflowTaskQueueResponse, token: &Bytes) -> Option<(Vec<HistoryEvent>, Bytes)> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.into(),
            execution: task.workflow_execution.clone(),
            next_page_token: token.clone(),
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        match call(self.client.clone().get_workflow_execution_history(request), CALL).await {
            Fate::Acked(page) => Some((page.history.unwrap_or_default().events, page.next_page_token)),
            Fate::Refused(_) | Fate::Unknown(_) => None,
        }
    }

    /// Answers a task as the script says, or as the weather has it. Perhaps another task comes with the answer.
    async fn complete(
        &self,
        task: &PollWorkflowTaskQueueResponse,
        mut events: Vec<HistoryEvent>,
    ) -> Option<PollWorkflowTaskQueueResponse> {
        let run_id = run_id(task);
        match self.mood() {
            Mood::Ignore => return None,
            Mood::Fail => {
                self.kept().remove(&run_id);
                self.fail(task.task_token.clone()).await;
                return None;
            }
            Mood::Work(pause) => pause_for(pause).await,
        }
        let view = View::of(&events);
        let (messages, mut commands) = update::answers(&task.messages, &view);
        let workflow_id = task.workflow_execution.as_ref().map_or("", |execution| &execution.workflow_id);
        let of = Of { workflow_id, run_id: &run_id, workflows: self.world.workflows };
        commands.extend(decide::decide(&of, &view));
        let request = RespondWorkflowTaskCompletedRequest {
            namespace: NAMESPACE.into(),
            task_token: task.task_token.clone(),
            identity: self.name.clone(),
            commands,
            messages,
            sticky_attributes: self.is_sticky.then(|| StickyExecutionAttributes {
                worker_task_queue: Some(self.sticky_queue()),
                schedule_to_start_timeout: seconds(5),
            }),
            return_new_workflow_task: self.dice().happens(500),
            query_results: task.queries.keys().map(|id| (id.clone(), query_result(&view))).collect(),
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        let again = self.answers_twice().then(|| request.clone());
        let fate = call(self.client.clone().respond_workflow_task_completed(request), CALL).await;
        if let Some(request) = again {
            let second = call(self.client.clone().respond_workflow_task_completed(request), CALL).await;
            if let (Fate::Acked(_), Fate::Acked(_)) = (&fate, &second) {
                self.world.ledger.violated("M1", format!("a task of run {run_id} was completed twice"));
            }
        }
        match fate {
            Fate::Acked(answer) => {
                self.world.ledger.shown(&run_id, &events[..events.len().saturating_sub(2)]);
                events.truncate(usize::try_from(task.started_event_id).unwrap_or(0));
                self.kept().insert(run_id, events);
                answer.workflow_task
            }
            Fate::Refused(_) | Fate::Unknown(_) => {
                self.kept().remove(&run_id);
                None
            }
        }
    }

    async fn fail(&self, task_token: Bytes) {
        let request = RespondWorkflowTaskFailedRequest {
            namespace: NAMESPACE.into(),
            task_token,
            cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure as i32,
            failure: Some(decide::failure("simulated", decide::Retry::Yes)),
            identity: self.name.clone(),
            ..RespondWorkflowTaskFailedRequest::default()
        };
        call(self.client.clone().respond_workflow_task_failed(request), CALL).await;
    }

    async fn answer_query(&self, task_token: Bytes, _query_type: &str) {
        let request = RespondQueryTaskCompletedRequest {
            namespace: NAMESPACE.into(),
            task_token,
            completed_type: QueryResultType::Answered as i32,
            query_result: text("answered"),
            ..RespondQueryTaskCompletedRequest::default()
        };
        call(self.client.clone().respond_query_task_completed(request), CALL).await;
    }

    /// A task that brings updates may leave no event behind when they are turned down: then the next one has its numbers.
    fn note_delivery(&self, task: &PollWorkflowTaskQueueResponse) {
        if !task.messages.is_empty() {
            return;
        }
        self.world.ledger.book().deliveries.push(Delivery {
            run_id: run_id(task),
            activity_id: String::new(),
            attempt: task.attempt,
            started_event_id: task.started_event_id,
            attempts_max: 0,
            at: Instant::now(),
            began_at: time(task.started_time),
        });
    }

    fn mood(&self) -> Mood {
        let weather = self.world.weather.now().workers;
        let mut dice = self.dice();
        if dice.happens(weather.ignored) {
            Mood::Ignore
        } else if dice.happens(weather.failed) {
            Mood::Fail
        } else if dice.happens(weather.dawdled) {
            Mood::Work(dice.millis(0, 15_000))
        } else {
            Mood::Work(dice.millis(0, 30))
        }
    }

    fn answers_twice(&self) -> bool {
        let weather = self.world.weather.now().workers;
        self.dice().happens(weather.answered_twice)
    }

    /// A poll is never refused.
    async fn refused(&self, what: &str, status: &tonic::Status) {
        self.world.ledger.violated("calls", format!("{what} was refused: {status}"));
        self.wait_a_little().await;
    }

    async fn wait_a_little(&self) {
        let pause = self.dice().millis(50, 1000);
        sleep(pause).await;
    }

    fn sticky_queue(&self) -> TaskQueue {
        TaskQueue { name: self.name.clone(), kind: TaskQueueKind::Sticky as i32, normal_name: QUEUE.into() }
    }

    fn dice(&self) -> MutexGuard<'_, Dice> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Vec<HistoryEvent>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a worker does with a task.
enum Mood {
    Ignore,
    Fail,
    /// After this pause.
    Work(Duration),
}

async fn pause_for(pause: Duration) {
    if !pause.is_zero() {
        sleep(pause).await;
    }
}

fn query_result(view: &View) -> WorkflowQueryResult {
    WorkflowQueryResult {
        result_type: QueryResultType::Answered as i32,
        answer: text(&view.signals.to_string()),
        ..WorkflowQueryResult::default()
    }
}

fn run_id(task: &PollWorkflowTaskQueueResponse) -> String {
    task.workflow_execution.as_ref().map(|execution| execution.run_id.clone()).unwrap_or_default()
}

/// The newest run of a workflow id, or the run.
pub fn describe_request(workflow_id: &str, run_id: &str) -> DescribeWorkflowExecutionRequest {
    DescribeWorkflowExecutionRequest { namespace: NAMESPACE.into(), execution: execution(workflow_id, run_id) }
}
