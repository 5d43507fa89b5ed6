//! The form, from fixed answers.

use std::sync::{Arc, Mutex};

use abide_api::temporal::api::common::v1::{Memo, Payload, Payloads, RetryPolicy, SearchAttributes, WorkflowType};
use abide_api::temporal::api::enums::v1::{EventType, WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{
    History, HistoryEvent, WorkflowExecutionStartedEventAttributes as Started,
};
use abide_api::temporal::api::sdk::v1::UserMetadata;
use abide_api::temporal::api::taskqueue::v1::{PollerInfo, TaskQueue};
use abide_api::temporal::api::workflowservice::v1::{
    DescribeTaskQueueRequest, DescribeTaskQueueResponse, GetWorkflowExecutionHistoryResponse,
    StartWorkflowExecutionRequest, StartWorkflowExecutionResponse,
};
use prost::Message;
use prost_types::Duration;
use tonic::Status;

use crate::site::Site;
use crate::switches::{Action, Switches};
use crate::testing::{self, service, shown};

const START: &str = "/namespaces/default/workflows/start-workflow";
const HOSTILE: &str = "</textarea><script>'\"&";

type Starts = Arc<Mutex<Vec<StartWorkflowExecutionRequest>>>;

fn json(text: &str) -> Payload {
    Payload {
        metadata: [("encoding".into(), "json/plain".into())].into(),
        data: text.to_owned().into(),
        ..Default::default()
    }
}

fn sealed() -> Payload {
    let metadata = [("encoding".into(), "binary/encrypted".into()), ("key".into(), "k1".into())].into();
    Payload { metadata, data: "sealed".into(), ..Default::default() }
}

fn quoted(text: &str) -> Payload {
    json(&serde_json::Value::from(text).to_string())
}

fn first_event(input: Vec<Payload>) -> HistoryEvent {
    let hours = |hours: i64| Some(Duration { seconds: hours * 3600, nanos: 0 });
    let started = Started {
        workflow_type: Some(WorkflowType { name: HOSTILE.into() }),
        task_queue: Some(TaskQueue { name: "orders".into(), ..Default::default() }),
        input: Some(Payloads { payloads: input }),
        workflow_run_timeout: hours(36),
        workflow_execution_timeout: hours(0),
        retry_policy: Some(RetryPolicy { maximum_attempts: 3, backoff_coefficient: 1.5, ..Default::default() }),
        memo: Some(Memo { fields: [("note".to_owned(), quoted("fragile"))].into() }),
        search_attributes: Some(SearchAttributes {
            indexed_fields: [("Customer".to_owned(), quoted("ada")), ("TemporalX".to_owned(), quoted("x"))].into(),
        }),
        ..Default::default()
    };
    HistoryEvent {
        event_id: 1,
        event_type: EventType::WorkflowExecutionStarted.into(),
        user_metadata: Some(UserMetadata { summary: Some(quoted("An order")), details: None }),
        attributes: Some(Attributes::WorkflowExecutionStartedEventAttributes(Box::new(started))),
        ..Default::default()
    }
}

/// Nobody polls a queue but `orders`; a workflow id `taken` is taken.
fn site(starts: &Starts, input: Vec<Payload>) -> Site {
    let starts = starts.clone();
    testing::site(service(move |asked| match asked.path.rsplit('/').next().unwrap_or_default() {
        "GetWorkflowExecutionHistory" => {
            let history = Some(History { events: vec![first_event(input.clone())], ..Default::default() });
            Ok(GetWorkflowExecutionHistoryResponse { history, ..Default::default() }.encode_to_vec().into())
        }
        "DescribeTaskQueue" => {
            let request = DescribeTaskQueueRequest::decode(asked.message).expect("a request");
            let is_polled = request.task_queue.is_some_and(|queue| queue.name == "orders");
            let pollers = if is_polled { vec![PollerInfo::default()] } else { Vec::new() };
            Ok(DescribeTaskQueueResponse { pollers, ..Default::default() }.encode_to_vec().into())
        }
        "StartWorkflowExecution" => {
            let request = StartWorkflowExecutionRequest::decode(asked.message).expect("a request");
            if request.workflow_id == "taken" {
                return Err(Status::already_exists("Workflow execution is already running."));
            }
            let started = request.workflow_id != "running";
            starts.lock().expect("whole").push(request);
            let answer = StartWorkflowExecutionResponse { run_id: "r1".into(), started, ..Default::default() };
            Ok(answer.encode_to_vec().into())
        }
        _ => Ok(Default::default()),
    }))
}

#[tokio::test]
async fn a_run_that_is_like_another_one_is_filled_in() {
    let path = format!("{START}?workflowId=order-1&runId=r0");
    let site = site(&Starts::default(), vec![json("{\"a\": 1}"), quoted(HOSTILE)]);
    let (status, html) = shown(site, &path, None).await;
    assert_eq!(status, 200);
    assert!(!html.contains("<script>"));
    let id = html.split("name=\"workflow-id\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let id = id.expect("a fresh id");
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
    insta::assert_snapshot!(html.replace(id, "FRESH"));
}

#[tokio::test]
async fn an_input_that_cannot_be_shown_is_sent_as_it_is() {
    let starts = Starts::default();
    let path = format!("{START}?workflowId=order-1&runId=r0");
    let (_, html) = shown(site(&starts, vec![sealed()]), &path, None).await;
    assert!(html.contains(r#"name="same-input" value="yes" checked"#), "{html}");
    let form = "workflow-id=w&type=t&task-queue=q&same-input=yes&like-workflow-id=order-1&like-run-id=r0&input=";
    assert_eq!(shown(site(&starts, vec![sealed()]), START, Some(form)).await.0, 303);
    let asked = starts.lock().expect("whole").remove(0);
    assert_eq!(asked.input.expect("an input").payloads, [sealed()]);
}

#[tokio::test]
async fn all_that_is_said_is_sent() {
    let starts = Starts::default();
    let form = "workflow-id=a%2Fb&type=Order&task-queue=orders&input=1&input=%7B%7D&static-summary=s&search-attribute=A%3D%22x%22&\
                search-attribute=&memo=m%3D%5B1%5D&id-reuse-policy=RejectDuplicate&id-conflict-policy=UseExisting&run-timeout=1h30m&\
                start-delay=5m&priority-key=2&retry-maximum-attempts=3&retry-non-retryable=A,+B";
    let (status, to) = shown(site(&starts, Vec::new()), START, Some(form)).await;
    assert_eq!((status, to.as_str()), (303, "to /namespaces/default/workflows/a%2Fb/r1"));
    let asked = starts.lock().expect("whole").remove(0);
    assert_eq!(asked.input.expect("inputs").payloads, [json("1"), json("{}")]);
    assert_eq!(asked.user_metadata.expect("metadata").summary, Some(json("\"s\"")));
    assert_eq!(asked.search_attributes.expect("attributes").indexed_fields["A"], json("\"x\""));
    assert_eq!(asked.memo.expect("a memo").fields["m"], json("[1]"));
    assert_eq!(asked.workflow_id_reuse_policy, i32::from(WorkflowIdReusePolicy::RejectDuplicate));
    assert_eq!(asked.workflow_id_conflict_policy, i32::from(WorkflowIdConflictPolicy::UseExisting));
    assert_eq!(asked.workflow_run_timeout, Some(Duration { seconds: 5400, nanos: 0 }));
    assert_eq!(asked.workflow_start_delay, Some(Duration { seconds: 300, nanos: 0 }));
    assert_eq!(asked.priority.expect("a priority").priority_key, 2);
    let retry = asked.retry_policy.expect("retries");
    assert_eq!((retry.maximum_attempts, retry.non_retryable_error_types.len()), (3, 2));
    assert!(!asked.request_id.is_empty());
}

#[tokio::test]
async fn what_is_refused_stays_in_the_form_beside_the_reason() {
    let base = "type=%3Cscript%3E&task-queue=empty&workflow-id=";
    for (form, status, said) in [
        (format!("{base}taken"), 409, "Workflow execution is already running."),
        (base.to_owned(), 400, "Workflow id must be filled in"),
        (format!("{base}w&input=no"), 400, "Input 1 is not JSON"),
        (format!("{base}w&memo=x"), 400, "is not NAME=JSON"),
        (format!("{base}w&search-attribute=A%3Dx"), 400, "is not JSON"),
        (format!("{base}w&run-timeout=soon"), 400, "Run timeout is no duration"),
        (format!("{base}w&retry-maximum-attempts=x"), 400, "Maximum attempts is no number"),
    ] {
        let (found, html) = shown(site(&Starts::default(), Vec::new()), START, Some(&form)).await;
        assert!(found == status && html.contains(said), "{form}: {html}");
        assert!(html.contains(r#"name="type" value="&lt;script&gt;""#) && !html.contains("<script>"), "{form}");
    }
}

#[tokio::test]
async fn it_is_said_whether_anybody_polls_the_queue() {
    let check = |queue: &str| {
        let form = format!("check=yes&workflow-id=w&type=t&task-queue={queue}");
        async move { shown(site(&Starts::default(), Vec::new()), START, Some(&form)).await.1 }
    };
    assert!(check("orders").await.contains("One worker polls"));
    assert!(check("empty").await.contains("Nobody polls"));
    assert!(!check("").await.contains("polls <strong>"));
}

#[tokio::test]
async fn a_start_that_is_switched_off_is_refused() {
    let off = || Switches { disabled: [Action::Start].into(), ..Switches::default() };
    let site = || Site { switches: off(), ..site(&Starts::default(), Vec::new()) };
    assert_eq!(shown(site(), START, None).await.0, 403);
    assert_eq!(shown(site(), START, Some("workflow-id=w&type=t&task-queue=q")).await.0, 403);
}

#[tokio::test]
async fn a_start_terminates_nothing_where_that_is_switched_off() {
    let starts = Starts::default();
    let off = || Switches { disabled: [Action::Terminate].into(), ..Switches::default() };
    let site = || Site { switches: off(), ..site(&starts, Vec::new()) };
    assert!(!shown(site(), START, None).await.1.contains("TerminateExisting"));
    let start = |policy: &str| format!("workflow-id=w&type=t&task-queue=q&id-conflict-policy={policy}");
    assert_eq!(shown(site(), START, Some(&start("TerminateExisting"))).await.0, 403);
    assert!(starts.lock().expect("whole").is_empty());
    assert_eq!(shown(site(), START, Some(&start("UseExisting"))).await.0, 303);
}
