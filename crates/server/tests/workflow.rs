//! A workflow from its start to its end, through the public protocol only.

mod common;

use std::time::Duration;

use abide_api::temporal::api::{
    enums::v1::{HistoryEventFilterType, QueryResultType, WorkflowExecutionStatus},
    history::v1::history_event::Attributes,
    query::v1::WorkflowQuery,
    workflowservice::v1::*,
};
use common::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_with_activity_timer_signal_and_query_completes() {
    let server = Server::in_memory().await;
    let mut client = server.client.clone();
    let id = "order-1";
    let run_id = start(&mut client, id).await;

    let first = vec![schedule_activity("charge", id), start_timer("patience", Duration::from_millis(20))];
    let task = work(&mut client, id, first).await;
    assert_eq!(task.attempt, 1);
    assert_eq!(
        types(&task.history.expect("the first task has its history").events),
        ["WORKFLOW_EXECUTION_STARTED", "WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED"]
    );

    let activity = poll_activity(&mut client, id).await;
    assert_eq!((activity.activity_id.as_str(), text(activity.input.as_ref()).as_str()), ("charge", "3"));
    heartbeat(&mut client, &activity.task_token).await;
    complete_activity(&mut client, &activity.task_token, "4").await.expect("a started activity");
    until(&mut client, id, &["ACTIVITY_TASK_COMPLETED", "TIMER_FIRED"]).await;

    assert_eq!(query(&mut client, id).await, "\"waiting\"");

    signal(&mut client, id, "ship").await.expect("an open run");
    let task = work(&mut client, id, vec![complete_workflow("5")]).await;
    let signaled = task.history.expect("a history").events.into_iter().find_map(|event| match event.attributes {
        Some(Attributes::WorkflowExecutionSignaledEventAttributes(signaled)) => Some(signaled),
        _ => None,
    });
    assert_eq!(signaled.expect("the signal is in the history").signal_name, "ship");

    assert_eq!(result(&mut client, id).await, "5");
    let events = history(&mut client, id).await;
    assert_gapless(&events);
    let seen = types(&events);
    for kind in ["ACTIVITY_TASK_STARTED", "ACTIVITY_TASK_COMPLETED", "TIMER_FIRED", "WORKFLOW_EXECUTION_SIGNALED"] {
        assert_eq!(seen.iter().filter(|event| *event == kind).count(), 1, "{kind} once in {seen:?}");
    }
    assert_eq!(seen.last().map(String::as_str), Some("WORKFLOW_EXECUTION_COMPLETED"));
    describes_a_completed_run(&mut client, id, &run_id, events.len()).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_right_after_a_start_shows_it_newest_first() {
    let server = Server::in_memory().await;
    let mut client = server.client.clone();
    for id in ["a", "b", "c"] {
        start(&mut client, id).await;
    }
    let mut listed = Vec::new();
    let mut token = bytes::Bytes::new();
    loop {
        let request = ListWorkflowExecutionsRequest {
            namespace: NAMESPACE.into(),
            page_size: 2,
            next_page_token: token,
            ..ListWorkflowExecutionsRequest::default()
        };
        let page = client.list_workflow_executions(request).await.expect("a valid list").into_inner();
        listed.extend(page.executions.into_iter().filter_map(|info| Some(info.execution?.workflow_id)));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, ["c", "b", "a"]);
    let request = CountWorkflowExecutionsRequest { namespace: NAMESPACE.into(), ..Default::default() };
    assert_eq!(client.count_workflow_executions(request).await.expect("a valid count").into_inner().count, 3);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_waits_gets_the_task_of_a_start() {
    let server = Server::in_memory().await;
    let mut client = server.client.clone();
    let mut poller = server.client.clone();
    let waiting = tokio::spawn(async move { poll(&mut poller, "waited-for").await });
    start(&mut client, "waited-for").await;
    let task = waiting.await.expect("the poll ends");
    assert_eq!(task.workflow_execution.expect("a run").workflow_id, "waited-for");
    server.stop().await;
}

// Completes workflow tasks without commands until the history has all these events, and the worker has seen them.
async fn until(client: &mut Client, id: &str, wanted: &[&str]) {
    loop {
        work(client, id, Vec::new()).await;
        let seen = types(&history(client, id).await);
        let all_seen = seen.last().is_some_and(|last| last == "WORKFLOW_TASK_COMPLETED");
        if all_seen && wanted.iter().all(|kind| seen.iter().any(|event| event == kind)) {
            return;
        }
    }
}

async fn heartbeat(client: &mut Client, token: &bytes::Bytes) {
    let request = RecordActivityTaskHeartbeatRequest {
        namespace: NAMESPACE.into(),
        task_token: token.clone(),
        details: json("50"),
        ..RecordActivityTaskHeartbeatRequest::default()
    };
    let answer = client.record_activity_task_heartbeat(request).await.expect("a started activity").into_inner();
    assert!(!answer.cancel_requested);
}

// Asks while a worker polls and answers.
async fn query(client: &mut Client, id: &str) -> String {
    let mut worker = client.clone();
    let queue = id.to_owned();
    let answering = tokio::spawn(async move {
        let task = poll(&mut worker, &queue).await;
        let asked = task.query.as_ref().or_else(|| task.queries.values().next());
        assert_eq!(asked.map(|query| query.query_type.as_str()), Some("state"));
        let request = RespondQueryTaskCompletedRequest {
            namespace: NAMESPACE.into(),
            task_token: task.task_token,
            completed_type: QueryResultType::Answered.into(),
            query_result: json("\"waiting\""),
            ..RespondQueryTaskCompletedRequest::default()
        };
        worker.respond_query_task_completed(request).await.expect("a known query");
    });
    let request = QueryWorkflowRequest {
        namespace: NAMESPACE.into(),
        execution: execution(id, ""),
        query: Some(WorkflowQuery { query_type: "state".into(), ..WorkflowQuery::default() }),
        ..QueryWorkflowRequest::default()
    };
    let answer = client.query_workflow(within(POLL, request)).await.expect("an answered query").into_inner();
    answering.await.expect("the worker has answered");
    text(answer.query_result.as_ref())
}

async fn result(client: &mut Client, id: &str) -> String {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: NAMESPACE.into(),
        execution: execution(id, ""),
        wait_new_event: true,
        history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
        ..GetWorkflowExecutionHistoryRequest::default()
    };
    let answer = client.get_workflow_execution_history(within(POLL, request)).await.expect("a known run").into_inner();
    let events = answer.history.expect("a history").events;
    assert_eq!(events.len(), 1, "only the event that closed the run");
    let Some(Attributes::WorkflowExecutionCompletedEventAttributes(completed)) = &events[0].attributes else {
        panic!("{:?} is no completion", events[0]);
    };
    text(completed.result.as_ref())
}

async fn describes_a_completed_run(client: &mut Client, id: &str, run_id: &str, events: usize) {
    let request = DescribeWorkflowExecutionRequest { namespace: NAMESPACE.into(), execution: execution(id, run_id) };
    let answer = client.describe_workflow_execution(request).await.expect("a known run").into_inner();
    let info = answer.workflow_execution_info.expect("an info");
    assert_eq!(info.status(), WorkflowExecutionStatus::Completed);
    assert_eq!(info.history_length, events as i64);
    assert!(info.close_time.is_some());
    assert!(answer.pending_activities.is_empty());
}
