//! Starts, signals, queries and histories of runs, over stand-ins for the other roles.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::temporal::api::{
    common::v1::{Memo, Payload, SearchAttributes, WorkflowExecution, WorkflowType},
    enums::v1::{
        EventType, HistoryEventFilterType, QueryRejectCondition, WorkflowExecutionStatus, WorkflowIdConflictPolicy,
        WorkflowIdReusePolicy,
    },
    history::v1::HistoryEvent,
    query::v1::WorkflowQuery,
    taskqueue::v1::TaskQueue,
    workflow::v1::WorkflowExecutionInfo,
    workflowservice::v1::{workflow_service_server::WorkflowService, *},
};
use abide_cluster::Error;
use abide_cluster::history::{HistoryPage, LostTask, QueryAnswer, Started, StartedTask, WorkflowTask};
use abide_cluster::matching::Polled;
use abide_engine::run::{Command, Rejection, StartedWorkflowTask, Subject, TaskId, WorkflowTaskToken};
use abide_model::{RunId, Timestamp};
use fakes::{Asked, World, run_key, shown, within};
use tonic::Request;
use uuid::Uuid;

fn json(text: &str) -> Payload {
    let metadata = [("encoding".to_owned(), "json/plain".into())].into();
    Payload { metadata, data: text.to_owned().into(), ..Payload::default() }
}

fn a_start() -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType { name: "T".into() }),
        task_queue: Some(TaskQueue { name: "q".into(), ..TaskQueue::default() }),
        ..Default::default()
    }
}

fn execution() -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: "w".into(), run_id: String::new() })
}

fn events(ids: std::ops::RangeInclusive<i64>) -> Vec<HistoryEvent> {
    ids.map(|event_id| HistoryEvent { event_id, ..HistoryEvent::default() }).collect()
}

fn page(events: Vec<HistoryEvent>, next_event_id: Option<i64>) -> HistoryPage {
    let end_event_id = events.last().map_or(1, |last| last.event_id) + 1;
    HistoryPage { run_id: run_key("w").run_id, history: events.into(), next_event_id, open: true, end_event_id }
}

#[tokio::test]
async fn a_start_fills_in_what_the_request_leaves_out() {
    let world = World::new();
    let request = StartWorkflowExecutionRequest {
        memo: Some(Memo { fields: [("a".to_owned(), json("1")), ("b".to_owned(), json("null"))].into() }),
        search_attributes: Some(SearchAttributes { indexed_fields: [("Size".to_owned(), json("null"))].into() }),
        ..a_start()
    };
    let response = world.frontend.start_workflow_execution(Request::new(request)).await.expect("starts").into_inner();
    assert!(response.started && response.first_execution_run_id == response.run_id);
    assert_eq!(response.status(), WorkflowExecutionStatus::Running);
    let asked = world.history.take_asked();
    let [Asked::Start(asked)] = asked.as_slice() else { panic!("one start, not {asked:?}") };
    assert_eq!(asked.start.key.run_id.to_string(), response.run_id);
    assert_eq!(asked.start.key.run_id.0.get_version_num(), 7);
    assert!(!asked.start.requester.request_id.is_empty());
    assert_eq!((asked.reuse, asked.conflict), (WorkflowIdReusePolicy::AllowDuplicate, WorkflowIdConflictPolicy::Fail));
    let attributes = &asked.start.attributes;
    assert_eq!((attributes.attempt, attributes.workflow_id.as_str()), (1, "w"));
    assert_eq!(attributes.memo.as_ref().expect("a memo").fields.len(), 1);
    assert_eq!(attributes.search_attributes, None);
}

#[tokio::test]
async fn the_old_reuse_policy_terminates_an_open_run() {
    let world = World::new();
    #[allow(deprecated)]
    let policy = WorkflowIdReusePolicy::TerminateIfRunning as i32;
    let request = StartWorkflowExecutionRequest { workflow_id_reuse_policy: policy, ..a_start() };
    world.frontend.start_workflow_execution(Request::new(request)).await.expect("starts");
    let asked = world.history.take_asked();
    let [Asked::Start(asked)] = asked.as_slice() else { panic!("one start, not {asked:?}") };
    let expected = (WorkflowIdReusePolicy::AllowDuplicate, WorkflowIdConflictPolicy::TerminateExisting);
    assert_eq!((asked.reuse, asked.conflict), expected);
}

#[tokio::test]
async fn a_duplicate_start_names_the_run_in_the_way() {
    let world = World::new();
    let run_id = RunId(Uuid::from_u128(5));
    let message = "Workflow execution is already running.".to_owned();
    let error = Error::AlreadyStarted { message, start_request_id: "r".into(), run_id, first_run_id: run_id };
    world.history.starts.lock().unwrap().push_back(Err(error));
    let outcome = world.frontend.start_workflow_execution(Request::new(a_start())).await;
    let expected = "AlreadyExists: Workflow execution is already running. [WorkflowExecutionAlreadyStartedFailure]";
    assert_eq!(shown(outcome), expected);
}

#[tokio::test]
async fn a_signal_with_start_signals_the_open_run_by_default() {
    let world = World::new();
    let run_id = RunId(Uuid::from_u128(5));
    let status = WorkflowExecutionStatus::Running;
    let found = Started { run_id, first_run_id: run_id, started: false, attached: false, status, first_task: None };
    world.history.starts.lock().unwrap().push_back(Ok(found));
    let start = a_start();
    let request = SignalWithStartWorkflowExecutionRequest {
        namespace: start.namespace,
        workflow_id: start.workflow_id,
        workflow_type: start.workflow_type,
        task_queue: start.task_queue,
        signal_name: "s".into(),
        ..Default::default()
    };
    let response = world.frontend.signal_with_start_workflow_execution(Request::new(request)).await;
    let response = response.expect("signals").into_inner();
    assert_eq!((response.run_id, response.started), (run_id.to_string(), false));
    let asked = world.history.take_asked();
    let [Asked::Start(asked)] = asked.as_slice() else { panic!("one start, not {asked:?}") };
    assert_eq!(asked.conflict, WorkflowIdConflictPolicy::UseExisting);
    let signal = asked.signal.as_ref().expect("a signal");
    assert_eq!((signal.name.as_str(), signal.ends_start_delay), ("s", true));
    assert_eq!(signal.requester.request_id, asked.start.requester.request_id);
}

#[tokio::test]
async fn a_closed_run_takes_no_signal_but_may_be_canceled_again() {
    let world = World::new();
    let closed = || Err(Error::Rejected(Rejection::Closed));
    world.history.executions.lock().unwrap().extend([closed(), closed(), closed()]);
    let request = SignalWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution(),
        signal_name: "s".into(),
        ..Default::default()
    };
    let completed = "NotFound: workflow execution already completed [NotFoundFailure]";
    assert_eq!(shown(world.frontend.signal_workflow_execution(Request::new(request)).await), completed);
    let request = TerminateWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution(),
        ..Default::default()
    };
    assert_eq!(shown(world.frontend.terminate_workflow_execution(Request::new(request)).await), completed);
    let request = RequestCancelWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution(),
        ..Default::default()
    };
    assert_eq!(shown(world.frontend.request_cancel_workflow_execution(Request::new(request)).await), "Ok");
}

#[tokio::test]
async fn a_named_chain_stands_above_the_run_id() {
    let world = World::new();
    let (first, run) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let request = || TerminateWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: Some(WorkflowExecution { workflow_id: "w".into(), run_id: run.to_string() }),
        first_execution_run_id: first.to_string(),
        ..Default::default()
    };
    world.frontend.terminate_workflow_execution(Request::new(request())).await.expect("terminates");
    let asked = world.history.take_asked();
    let [Asked::Execute(reference, Command::Terminate(terminate))] = asked.as_slice() else { panic!("not {asked:?}") };
    assert_eq!((reference.run_id, reference.first_run_id), (None, Some(RunId(first))));
    assert_eq!(terminate.reason, "terminated by user via frontend");

    let error = Error::RunNotFound { workflow_id: "w".into(), run_id: String::new() };
    world.history.executions.lock().unwrap().push_back(Err(error));
    let outcome = world.frontend.terminate_workflow_execution(Request::new(request())).await;
    assert_eq!(shown(outcome), "NotFound: workflow execution not found [NotFoundFailure]");
}

#[tokio::test(start_paused = true)]
async fn a_query_waits_as_long_as_its_caller_and_may_be_rejected() {
    let world = World::new();
    let rejected = QueryAnswer::Rejected(WorkflowExecutionStatus::Completed);
    world.history.answers.lock().unwrap().push_back(Ok(rejected));
    let request = QueryWorkflowRequest {
        namespace: "default".into(),
        execution: execution(),
        query: Some(WorkflowQuery { query_type: "q".into(), ..WorkflowQuery::default() }),
        query_reject_condition: QueryRejectCondition::NotOpen as i32,
    };
    let response = world.frontend.query_workflow(within(5, request)).await.expect("an answer").into_inner();
    assert_eq!(response.query_rejected.expect("rejected").status(), WorkflowExecutionStatus::Completed);
    let asked = world.history.take_asked();
    let [Asked::Query(_, query)] = asked.as_slice() else { panic!("one query, not {asked:?}") };
    assert_eq!(query.reject, QueryRejectCondition::NotOpen);
    assert_eq!(query.timeout.as_millis(), 4800);
}

#[tokio::test]
async fn a_described_run_names_the_types_of_its_search_attributes() {
    let world = World::new();
    let indexed_fields = [("Size".to_owned(), json("1")), ("BuildIds".to_owned(), json("[]"))].into();
    let info = WorkflowExecutionInfo {
        search_attributes: Some(SearchAttributes { indexed_fields }),
        ..WorkflowExecutionInfo::default()
    };
    let description = DescribeWorkflowExecutionResponse { workflow_execution_info: Some(info), ..Default::default() };
    world.history.descriptions.lock().unwrap().push_back(Ok(description));
    let request = DescribeWorkflowExecutionRequest { namespace: "default".into(), execution: execution() };
    let response = world.frontend.describe_workflow_execution(Request::new(request)).await.expect("described");
    let info = response.into_inner().workflow_execution_info.expect("info");
    let fields = info.search_attributes.expect("attributes").indexed_fields;
    assert_eq!(fields["Size"].metadata["type"].as_ref(), b"Int");
    assert_eq!(fields["BuildIds"].metadata["type"].as_ref(), b"KeywordList");
}

impl World {
    async fn history(
        &self,
        change: impl FnOnce(&mut GetWorkflowExecutionHistoryRequest),
    ) -> GetWorkflowExecutionHistoryResponse {
        let mut request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".into(),
            execution: execution(),
            ..Default::default()
        };
        change(&mut request);
        let response = self.frontend.get_workflow_execution_history(within(10, request)).await;
        response.expect("a page").into_inner()
    }

    fn lay_out(&self, page: HistoryPage) {
        self.history.pages.lock().unwrap().push_back(Ok(page));
    }

    fn last_read(&self) -> abide_cluster::history::ReadHistory {
        match self.history.take_asked().pop() {
            Some(Asked::Read(_, read)) => read,
            other => panic!("a read, not {other:?}"),
        }
    }
}

fn ids(response: &GetWorkflowExecutionHistoryResponse) -> Vec<i64> {
    response.history.as_ref().expect("always set").events.iter().map(|event| event.event_id).collect()
}

#[tokio::test]
async fn pages_of_history_follow_each_other() {
    let world = World::new();
    world.lay_out(page(events(1..=2), Some(3)));
    let first = world.history(|request| request.maximum_page_size = 2).await;
    assert_eq!((ids(&first), world.last_read().limit), (vec![1, 2], 2));
    world.lay_out(page(events(3..=3), None));
    let second = world.history(|request| request.next_page_token = first.next_page_token.clone()).await;
    let read = world.last_read();
    assert_eq!((read.first_event_id, read.limit, read.wait), (3, 256, None));
    assert_eq!(ids(&second), [3]);
    assert!(second.next_page_token.is_empty());
}

#[tokio::test]
async fn a_history_token_is_bound_to_its_run() {
    let world = World::new();
    world.lay_out(page(events(1..=2), Some(3)));
    let token = world.history(|_| ()).await.next_page_token;
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: Some(WorkflowExecution { workflow_id: "w".into(), run_id: Uuid::from_u128(1).to_string() }),
        next_page_token: token,
        ..Default::default()
    };
    let outcome = world.frontend.get_workflow_execution_history(Request::new(request)).await;
    assert_eq!(shown(outcome), "InvalidArgument: RunId in the request does not match the NextPageToken.");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_events_is_told_where_to_go_on() {
    let world = World::new();
    world.lay_out(page(events(1..=2), None));
    let first = world.history(|request| request.wait_new_event = true).await;
    assert_eq!(world.last_read().wait, Some(std::time::Duration::from_secs(9)));
    world.lay_out(HistoryPage { end_event_id: 3, ..page(Vec::new(), None) });
    let next = |request: &mut GetWorkflowExecutionHistoryRequest| {
        request.wait_new_event = true;
        request.next_page_token = first.next_page_token.clone();
    };
    let nothing = world.history(next).await;
    assert_eq!(world.last_read().first_event_id, 3);
    assert!(ids(&nothing).is_empty() && !nothing.next_page_token.is_empty());
    world.lay_out(HistoryPage { open: false, ..page(events(3..=3), None) });
    let last = world.history(next).await;
    assert_eq!((ids(&last), last.next_page_token.is_empty()), (vec![3], true));
}

#[tokio::test]
async fn the_close_event_is_asked_for_alone() {
    let world = World::new();
    let mut close = events(9..=9);
    close[0].event_type = EventType::WorkflowExecutionCompleted as i32;
    world.lay_out(HistoryPage { open: false, ..page(close, None) });
    let response = world.history(|request| {
        request.history_event_filter_type = HistoryEventFilterType::CloseEvent as i32;
    });
    assert_eq!(ids(&response.await), [9]);
    assert!(world.last_read().only_close);
}

#[tokio::test]
async fn the_paged_history_of_a_task_ends_where_the_task_began() {
    let world = World::new();
    let task = WorkflowTask {
        run: run_key("w"),
        started: StartedWorkflowTask {
            token: WorkflowTaskToken { scheduled_event_id: 4, started_event_id: 5, attempt: 1, poll: 0 },
            task: TaskId { subject: Subject::WorkflowTask, stamp: 1 },
            workflow_type: "T".into(),
            previous_started_event_id: 0,
            task_queue: "q".into(),
            sticky: false,
            scheduled_at: Timestamp::EPOCH,
            started_at: Timestamp::EPOCH,
            first_event_id: 1,
            last_event_id: 4,
            virtual_events: events(5..=5),
            messages: Vec::new(),
        },
        history: events(1..=2).into(),
        next_event_id: Some(3),
        queries: Default::default(),
        lost: LostTask::default(),
    };
    world.matching.polled.lock().unwrap().push_back(Polled::Started(StartedTask::Workflow(Box::new(task))));
    let task_queue = Some(TaskQueue { name: "q".into(), ..TaskQueue::default() });
    let request = PollWorkflowTaskQueueRequest { namespace: "default".into(), task_queue, ..Default::default() };
    let task = world.frontend.poll_workflow_task_queue(within(10, request)).await.expect("a task").into_inner();
    world.lay_out(page(events(3..=3), Some(4)));
    let page_2 = world.history(|request| request.next_page_token = task.next_page_token.clone()).await;
    assert_eq!((ids(&page_2), world.last_read().last_event_id), (vec![3], Some(4)));
    // Should the run have gone on, so that event 5 is another one: what was not stored then is in the token.
    world.lay_out(page(events(4..=4), None));
    let page_3 = world.history(|request| request.next_page_token = page_2.next_page_token.clone()).await;
    assert_eq!((ids(&page_3), world.last_read().last_event_id), (vec![4, 5], Some(4)));
    assert!(page_3.next_page_token.is_empty());
}

#[tokio::test]
async fn history_read_backwards_begins_with_the_newest_event_and_ends_with_the_first() {
    let world = World::new();
    let request = || GetWorkflowExecutionHistoryReverseRequest {
        namespace: "default".into(),
        execution: execution(),
        maximum_page_size: 2,
        ..Default::default()
    };
    world.lay_out(HistoryPage { end_event_id: 4, ..page(Vec::new(), None) });
    world.lay_out(page(events(2..=3), None));
    let first = world.frontend.get_workflow_execution_history_reverse(Request::new(request())).await.unwrap();
    let first = first.into_inner();
    let read = world.last_read();
    assert_eq!((read.first_event_id, read.last_event_id, read.limit), (2, Some(3), 2));
    let ids = |history: Option<abide_api::temporal::api::history::v1::History>| {
        history.unwrap().events.iter().map(|event| event.event_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(first.history), [3, 2]);
    world.lay_out(page(events(1..=1), None));
    let second =
        GetWorkflowExecutionHistoryReverseRequest { next_page_token: first.next_page_token.clone(), ..request() };
    let second = world.frontend.get_workflow_execution_history_reverse(Request::new(second)).await.unwrap();
    let second = second.into_inner();
    assert_eq!(ids(second.history), [1]);
    assert!(second.next_page_token.is_empty());
    let forward = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: execution(),
        next_page_token: first.next_page_token,
        ..Default::default()
    };
    let refused = world.frontend.get_workflow_execution_history(within(10, forward)).await;
    assert_eq!(shown(refused), "InvalidArgument: Invalid NextPageToken.");
}
