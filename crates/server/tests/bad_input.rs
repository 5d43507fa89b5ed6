//! Bad input: each gets its status, detail message and text, and leaves the run as it was.

mod common;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{ScheduleActivityTaskCommandAttributes, command::Attributes},
    enums::v1::{CommandType, WorkflowIdConflictPolicy},
    workflowservice::v1::*,
};
use common::*;
use tonic::{Code, Status};

const LIMIT: usize = 2 * 1024 * 1024;

/// What all cases find: an open run, a closed run, and the token of a task that is finished.
#[derive(Clone)]
struct World {
    client: Client,
    open_run_id: String,
    finished_token: bytes::Bytes,
}

type Attempt = fn(World) -> Pin<Box<dyn Future<Output = Result<(), Status>> + Send>>;

struct Case {
    what: &'static str,
    attempt: Attempt,
    code: Code,
    detail: &'static str,
    /// `{run}` stands for the open run.
    text: &'static str,
}

const CASES: [Case; 19] = [
    Case {
        what: "unknown namespace",
        attempt: |w| Box::pin(start_with(w, |request| request.namespace = "nowhere".into())),
        code: Code::NotFound,
        detail: "NamespaceNotFoundFailure",
        text: "Namespace nowhere is not found.",
    },
    Case {
        what: "no namespace",
        attempt: |w| Box::pin(start_with(w, |request| request.namespace = String::new())),
        code: Code::InvalidArgument,
        detail: "",
        text: "Namespace is empty.",
    },
    Case {
        what: "malformed run id",
        attempt: |w| Box::pin(describe(w, "open", "no-uuid")),
        code: Code::InvalidArgument,
        detail: "",
        text: "Invalid RunId.",
    },
    Case {
        what: "unknown workflow",
        attempt: |w| Box::pin(describe(w, "nothing", "")),
        code: Code::NotFound,
        detail: "NotFoundFailure",
        text: "workflow not found for ID: nothing",
    },
    Case {
        what: "too long workflow id",
        attempt: |w| Box::pin(start_with(w, |request| request.workflow_id = "x".repeat(1001))),
        code: Code::InvalidArgument,
        detail: "",
        text: "WorkflowId exceeds maximum allowed length (1001/1000)",
    },
    Case {
        what: "too long workflow type",
        attempt: |w| {
            Box::pin(start_with(w, |request| request.workflow_type.as_mut().expect("set").name = "x".repeat(1001)))
        },
        code: Code::InvalidArgument,
        detail: "",
        text: "WorkflowType length exceeds limit.",
    },
    Case {
        what: "no workflow type",
        attempt: |w| Box::pin(start_with(w, |request| request.workflow_type = None)),
        code: Code::InvalidArgument,
        detail: "",
        text: "WorkflowType is not set on request.",
    },
    Case {
        what: "no task token",
        attempt: |w| Box::pin(complete_with(w, bytes::Bytes::new())),
        code: Code::InvalidArgument,
        detail: "",
        text: "Task token not set on request.",
    },
    Case {
        what: "garbage task token",
        attempt: |w| Box::pin(complete_with(w, bytes::Bytes::from_static(b"\xff\xffgarbage"))),
        code: Code::InvalidArgument,
        detail: "",
        text: "Error deserializing task token.",
    },
    Case {
        what: "token of a finished workflow task",
        attempt: |w| {
            let token = w.finished_token.clone();
            Box::pin(complete_with(w, token))
        },
        code: Code::NotFound,
        detail: "NotFoundFailure",
        text: "Workflow task not found.",
    },
    Case {
        what: "garbage activity token",
        attempt: |mut w| {
            Box::pin(async move {
                complete_activity(&mut w.client, &bytes::Bytes::from_static(b"\xff\xffgarbage"), "1").await
            })
        },
        code: Code::InvalidArgument,
        detail: "",
        text: "Error deserializing task token.",
    },
    Case {
        what: "duplicate start",
        attempt: |w| {
            Box::pin(start_with(w, |request| {
                request.workflow_id = "open".into();
                request.workflow_id_conflict_policy = WorkflowIdConflictPolicy::Fail.into();
            }))
        },
        code: Code::AlreadyExists,
        detail: "WorkflowExecutionAlreadyStartedFailure",
        text: "Workflow execution is already running. WorkflowId: open, RunId: {run}.",
    },
    Case {
        what: "signal to a closed run",
        attempt: |mut w| Box::pin(async move { signal(&mut w.client, "closed", "late").await }),
        code: Code::NotFound,
        detail: "NotFoundFailure",
        text: "workflow execution already completed",
    },
    Case {
        what: "termination of a closed run",
        attempt: |mut w| {
            Box::pin(async move {
                let request = TerminateWorkflowExecutionRequest {
                    namespace: NAMESPACE.into(),
                    workflow_execution: execution("closed", ""),
                    ..TerminateWorkflowExecutionRequest::default()
                };
                w.client.terminate_workflow_execution(request).await.map(drop)
            })
        },
        code: Code::NotFound,
        detail: "NotFoundFailure",
        text: "workflow execution already completed",
    },
    Case {
        what: "poll without a deadline",
        attempt: |w| Box::pin(poll_within(w, None)),
        code: Code::InvalidArgument,
        detail: "",
        text: "Context timeout is not set.",
    },
    Case {
        what: "poll with hardly a deadline",
        attempt: |w| Box::pin(poll_within(w, Some(Duration::from_secs(1)))),
        code: Code::FailedPrecondition,
        detail: "",
        text: "Context timeout is too short.",
    },
    Case {
        what: "input over the limit",
        attempt: |w| Box::pin(start_with(w, |request| request.input = json(&"9".repeat(LIMIT + 1)))),
        code: Code::InvalidArgument,
        detail: "",
        text: "Blob data size exceeds limit.",
    },
    Case {
        what: "signal over the limit",
        attempt: |mut w| {
            Box::pin(async move {
                let request = SignalWorkflowExecutionRequest {
                    namespace: NAMESPACE.into(),
                    workflow_execution: execution("open", ""),
                    signal_name: "large".into(),
                    input: json(&"9".repeat(LIMIT + 1)),
                    ..SignalWorkflowExecutionRequest::default()
                };
                w.client.signal_workflow_execution(request).await.map(drop)
            })
        },
        code: Code::InvalidArgument,
        detail: "",
        text: "Blob data size exceeds limit.",
    },
    Case {
        what: "garbage page token",
        attempt: |mut w| {
            Box::pin(async move {
                let request = GetWorkflowExecutionHistoryRequest {
                    namespace: NAMESPACE.into(),
                    execution: execution("open", ""),
                    next_page_token: bytes::Bytes::from_static(b"\xff\xffgarbage"),
                    ..GetWorkflowExecutionHistoryRequest::default()
                };
                w.client.get_workflow_execution_history(request).await.map(drop)
            })
        },
        code: Code::InvalidArgument,
        detail: "",
        text: "Invalid NextPageToken.",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_and_leaves_the_run_as_it_was() {
    let server = Server::in_memory().await;
    let mut client = server.client.clone();
    let world = world(&mut client).await;
    let before = (history(&mut client, "open").await, history(&mut client, "closed").await);
    let mut wrong = Vec::new();
    for case in &CASES {
        let status = (case.attempt)(world.clone()).await.expect_err(case.what);
        let expected = (case.code, case.detail.to_owned(), case.text.replace("{run}", &world.open_run_id));
        let got = refusal(&status);
        if got != expected {
            wrong.push(format!("{}: expected {expected:?}, got {got:?}", case.what));
        }
        let after = (history(&mut client, "open").await, history(&mut client, "closed").await);
        assert_eq!(after, before, "{} left a trace", case.what);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_command_fails_the_workflow_task_and_nothing_else() {
    let server = Server::in_memory().await;
    let mut client = server.client.clone();
    start(&mut client, "wrong").await;
    let task = poll(&mut client, "wrong").await;
    let without_id = ScheduleActivityTaskCommandAttributes { task_queue: queue("wrong"), ..Default::default() };
    let attributes = Attributes::ScheduleActivityTaskCommandAttributes(without_id);
    let commands = vec![command(CommandType::ScheduleActivityTask, attributes)];
    let status = complete(&mut client, &task.task_token, commands).await.expect_err("an activity without an id");
    let (code, _, text) = refusal(&status);
    assert_eq!(code, Code::InvalidArgument);
    assert!(text.starts_with("BadScheduleActivityAttributes: "), "{text}");
    // The worker's mistake is recorded, and the workflow goes on with a new task.
    let seen = types(&history(&mut client, "wrong").await);
    assert_eq!(
        seen[..4],
        ["WORKFLOW_EXECUTION_STARTED", "WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED", "WORKFLOW_TASK_FAILED"]
    );
    work(&mut client, "wrong", vec![complete_workflow("1")]).await;
    let events = history(&mut client, "wrong").await;
    assert_gapless(&events);
    assert_eq!(types(&events).last().map(String::as_str), Some("WORKFLOW_EXECUTION_COMPLETED"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_start_twice_is_one_run() {
    let server = Server::in_memory().await;
    let mut client = server.client.clone();
    let first = start(&mut client, "once").await;
    assert_eq!(start(&mut client, "once").await, first, "the request id says that it is the same request");
    server.stop().await;
}

async fn world(client: &mut Client) -> World {
    start(client, "closed").await;
    work(client, "closed", vec![complete_workflow("1")]).await;
    let open_run_id = start(client, "open").await;
    let finished_token = work(client, "open", Vec::new()).await.task_token;
    World { client: client.clone(), open_run_id, finished_token }
}

async fn start_with(mut world: World, change: fn(&mut StartWorkflowExecutionRequest)) -> Result<(), Status> {
    let mut request = start_request("fresh");
    change(&mut request);
    world.client.start_workflow_execution(request).await.map(drop)
}

async fn describe(mut world: World, workflow_id: &str, run_id: &str) -> Result<(), Status> {
    let execution = execution(workflow_id, run_id);
    let request = DescribeWorkflowExecutionRequest { namespace: NAMESPACE.into(), execution };
    world.client.describe_workflow_execution(request).await.map(drop)
}

async fn complete_with(mut world: World, token: bytes::Bytes) -> Result<(), Status> {
    complete(&mut world.client, &token, Vec::new()).await
}

async fn poll_within(mut world: World, deadline: Option<Duration>) -> Result<(), Status> {
    let mut request = tonic::Request::new(PollWorkflowTaskQueueRequest {
        namespace: NAMESPACE.into(),
        task_queue: queue("open"),
        ..PollWorkflowTaskQueueRequest::default()
    });
    if let Some(deadline) = deadline {
        request.set_timeout(deadline);
    }
    world.client.poll_workflow_task_queue(request).await.map(drop)
}
