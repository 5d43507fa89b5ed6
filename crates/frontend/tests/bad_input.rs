//! Requests that cannot be: each is answered with the reference server's status, text and detail, and no other role
//! hears of it.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::temporal::api::{
    common::v1::{
        Link, Memo, Payload, Payloads, Priority, RetryPolicy, SearchAttributes, WorkflowExecution, WorkflowType,
    },
    enums::v1::{TaskQueueKind, WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    query::v1::WorkflowQuery,
    taskqueue::v1::TaskQueue,
    workflow::v1::{OnConflictOptions, VersioningOverride},
    workflowservice::v1::{workflow_service_server::WorkflowService, *},
};
use fakes::{World, shown, within};
use prost_types::Duration;
use tonic::Request;

const MIB: usize = 1024 * 1024;

fn long() -> String {
    "x".repeat(1001)
}

fn seconds(seconds: i64) -> Option<Duration> {
    Some(Duration { seconds, nanos: 0 })
}

fn json(text: &str) -> Payload {
    let metadata = [("encoding".to_owned(), "json/plain".into())].into();
    Payload { metadata, data: text.to_owned().into(), ..Payload::default() }
}

fn large() -> Option<Payloads> {
    Some(Payloads { payloads: vec![json(&"x".repeat(2 * MIB + 1))] })
}

fn queue(name: &str) -> Option<TaskQueue> {
    Some(TaskQueue { name: name.into(), kind: TaskQueueKind::Normal as i32, normal_name: String::new() })
}

fn execution(workflow_id: &str, run_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: workflow_id.into(), run_id: run_id.into() })
}

fn attributes(name: &str, value: &str) -> Option<SearchAttributes> {
    Some(SearchAttributes { indexed_fields: [(name.to_owned(), json(value))].into() })
}

fn a_start() -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType { name: "T".into() }),
        task_queue: queue("q"),
        request_id: "r".into(),
        ..Default::default()
    }
}

fn spoiled<T>(mut request: T, spoil: fn(&mut T)) -> T {
    spoil(&mut request);
    request
}

/// One kind of request: a good one, each way to spoil it, and what is said then.
macro_rules! check {
    ($call:ident, $good:expr, [$($spoil:expr => $expected:expr),* $(,)?]) => {{
        let world = World::new();
        $({
            let request = spoiled($good, $spoil);
            assert_eq!(shown(world.frontend.$call(Request::new(request)).await), $expected);
            assert!(world.history.take_asked().is_empty(), "{}", $expected);
        })*
        assert_eq!(shown(world.frontend.$call(Request::new($good)).await), "Ok");
    }};
}

#[tokio::test]
async fn a_start_that_cannot_be_named_is_refused() {
    check!(start_workflow_execution, a_start(), [
        |start| start.namespace.clear() => "InvalidArgument: Namespace is empty.",
        |start| start.namespace = long() => "InvalidArgument: Namespace length exceeds limit.",
        |start| start.namespace = "nope".into() => "NotFound: Namespace nope is not found. [NamespaceNotFoundFailure]",
        |start| start.namespace = "old".into() => "FailedPrecondition: Namespace has invalid state: Deprecated. Must \
            be Registered. [NamespaceInvalidStateFailure]",
        |start| start.workflow_id.clear() => "InvalidArgument: WorkflowId is not set on request.",
        |start| start.workflow_id = long() => "InvalidArgument: WorkflowId exceeds maximum allowed length (1001/1000)",
        |start| start.workflow_type = None => "InvalidArgument: WorkflowType is not set on request.",
        |start| start.workflow_type = Some(WorkflowType::default()) =>
            "InvalidArgument: WorkflowType is not set on request.",
        |start| start.workflow_type = Some(WorkflowType { name: long() }) =>
            "InvalidArgument: WorkflowType length exceeds limit.",
        |start| start.request_id = long() => "InvalidArgument: RequestId length exceeds limit.",
        |start| start.task_queue = None => "InvalidArgument: taskQueue is not set",
        |start| start.task_queue = queue("") => "InvalidArgument: missing task queue name",
        |start| start.task_queue = queue(&long()) => "InvalidArgument: taskQueue length exceeds limit",
        |start| start.task_queue = queue("/_sys/q/1") =>
            "InvalidArgument: task queue name cannot start with reserved prefix /_sys/",
    ]);
}

#[tokio::test]
async fn a_start_with_impossible_options_is_refused() {
    let both = "InvalidArgument: Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be \
        used together with a WorkflowIDConflictPolicy";
    let reject = "InvalidArgument: Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE cannot be \
        used together with WorkflowIdConflictPolicy WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING";
    check!(start_workflow_execution, a_start(), [
        |start| start.workflow_execution_timeout = seconds(-1) =>
            "InvalidArgument: An invalid WorkflowExecutionTimeoutSeconds is set on request. cause: negative duration",
        |start| start.workflow_run_timeout = seconds(-1) =>
            "InvalidArgument: An invalid WorkflowRunTimeoutSeconds is set on request. cause: negative duration",
        |start| start.workflow_task_timeout = seconds(-1) =>
            "InvalidArgument: An invalid WorkflowTaskTimeoutSeconds is set on request. cause: negative duration",
        |start| start.workflow_start_delay = seconds(-1) =>
            "InvalidArgument: An invalid WorkflowStartDelaySeconds is set on request. cause: negative duration",
        |start| start.workflow_run_timeout = Some(Duration { seconds: 1, nanos: -1 }) =>
            "InvalidArgument: An invalid WorkflowRunTimeoutSeconds is set on request. cause: duration has seconds and \
             nanos with different signs",
        |start| { start.cron_schedule = "* * * * *".into(); start.workflow_start_delay = seconds(1) } =>
            "InvalidArgument: CronSchedule and WorkflowStartDelay may not be used together.",
        |start| start.cron_schedule = "* * * *".into() => "InvalidArgument: invalid CronSchedule.",
        |start| start.cron_schedule = "0 0 31 2 *".into() =>
            "InvalidArgument: invalid CronSchedule, no time can be found to satisfy the schedule",
        |start| start.cron_schedule = "TZ=Nowhere * * * * *".into() => "InvalidArgument: invalid CronSchedule.",
        |start| { start.workflow_id_reuse_policy = 4; start.workflow_id_conflict_policy = 2 } => both,
        |start| {
            start.workflow_id_reuse_policy = WorkflowIdReusePolicy::RejectDuplicate as i32;
            start.workflow_id_conflict_policy = WorkflowIdConflictPolicy::TerminateExisting as i32;
        } => reject,
        |start| start.priority = Some(Priority { priority_key: -1, ..Default::default() }) =>
            "InvalidArgument: priority key can't be negative",
        |start| start.priority = Some(Priority { fairness_key: "x".repeat(65), ..Default::default() }) =>
            "InvalidArgument: fairness key length exceeds limit",
        |start| start.priority = Some(Priority { fairness_weight: -1.0, ..Default::default() }) =>
            "InvalidArgument: must be greater than zero",
        |start| start.links = vec![Link::default(); 11] =>
            "InvalidArgument: cannot attach more than 10 links per request, got 11",
        |start| start.links = vec![Link::default()] => "InvalidArgument: unsupported link variant",
        |start| start.on_conflict_options =
            Some(OnConflictOptions { attach_completion_callbacks: true, ..Default::default() }) =>
            "InvalidArgument: attaching request ID is required for attaching completion callbacks",
    ]);
}

#[tokio::test]
async fn a_start_with_an_impossible_retry_policy_is_refused() {
    fn with(start: &mut StartWorkflowExecutionRequest, policy: RetryPolicy) {
        start.retry_policy = Some(policy);
    }
    check!(start_workflow_execution, a_start(), [
        |start| with(start, RetryPolicy { initial_interval: seconds(-1), ..Default::default() }) =>
            "InvalidArgument: invalid InitialInterval set on retry policy: negative duration",
        |start| with(start, RetryPolicy { backoff_coefficient: 0.5, ..Default::default() }) =>
            "InvalidArgument: BackoffCoefficient cannot be less than 1 on retry policy.",
        |start| with(start, RetryPolicy { backoff_coefficient: f64::NAN, ..Default::default() }) =>
            "InvalidArgument: BackoffCoefficient cannot be less than 1 on retry policy.",
        |start| with(start, RetryPolicy { maximum_interval: seconds(-1), ..Default::default() }) =>
            "InvalidArgument: invalid MaximumInterval set on retry policy: negative duration",
        |start| {
            with(start, RetryPolicy { initial_interval: seconds(5), maximum_interval: seconds(1), ..Default::default() })
        } => "InvalidArgument: MaximumInterval cannot be less than InitialInterval on retry policy.",
        |start| with(start, RetryPolicy { maximum_attempts: -1, ..Default::default() }) =>
            "InvalidArgument: MaximumAttempts cannot be negative on retry policy.",
        |start| {
            let non_retryable_error_types = vec!["TemporalTimeout:Never".into()];
            with(start, RetryPolicy { non_retryable_error_types, ..Default::default() })
        } => "InvalidArgument: Invalid timeout type value: Never.",
    ]);
}

#[tokio::test]
async fn a_start_that_asks_for_what_is_not_built_is_refused() {
    check!(start_workflow_execution, a_start(), [
        |start| start.versioning_override = Some(VersioningOverride::default()) =>
            "Unimplemented: versioning overrides are not supported yet",
    ]);
}

#[tokio::test]
async fn a_start_that_is_too_large_is_refused() {
    check!(start_workflow_execution, a_start(), [
        |start| start.input = large() => "InvalidArgument: Blob data size exceeds limit.",
        |start| {
            let fields = [("a".to_owned(), json(&"x".repeat(2 * MIB + 1)))].into();
            start.memo = Some(Memo { fields });
        } => "InvalidArgument: Memo size exceeds limit.",
        |start| start.search_attributes = attributes("Color", &format!("\"{}\"", "x".repeat(3000))) =>
            "InvalidArgument: search attribute Color value size 3002 exceeds size limit 2048",
    ]);
}

#[tokio::test]
async fn a_start_with_impossible_search_attributes_is_refused() {
    check!(start_workflow_execution, a_start(), [
        |start| start.search_attributes = attributes("Nope", "1") =>
            "InvalidArgument: Namespace default has no mapping defined for search attribute Nope",
        |start| start.search_attributes = attributes("WorkflowId", "\"a\"") =>
            "InvalidArgument: WorkflowId attribute can't be set in SearchAttributes",
        |start| start.search_attributes = attributes("Size", "\"abc\"") =>
            "InvalidArgument: invalid value for search attribute Size of type Int: abc",
        |start| start.search_attributes = attributes("Size", "[1,2]") =>
            "InvalidArgument: invalid value for search attribute Size of type Int: [1 2]",
    ]);
}

#[tokio::test]
async fn a_signal_with_start_that_cannot_be_is_refused() {
    let good = || SignalWithStartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType { name: "T".into() }),
        task_queue: queue("q"),
        signal_name: "s".into(),
        ..Default::default()
    };
    check!(signal_with_start_workflow_execution, good(), [
        |request| request.namespace.clear() => "InvalidArgument: Namespace is empty.",
        |request| request.workflow_id.clear() => "InvalidArgument: WorkflowId is not set on request.",
        |request| request.signal_name.clear() => "InvalidArgument: signal not set",
        |request| request.signal_name = long() =>
            "InvalidArgument: signal name exceeds maximum allowed length (1001/1000)",
        |request| request.workflow_type = None => "InvalidArgument: workflow type not set",
        |request| request.workflow_id_conflict_policy = WorkflowIdConflictPolicy::Fail as i32 =>
            "InvalidArgument: Invalid WorkflowIDConflictPolicy: WORKFLOW_ID_CONFLICT_POLICY_FAIL is not supported for \
             this operation.",
        |request| request.signal_input = large() => "InvalidArgument: Blob data size exceeds limit.",
        |request| request.input = large() => "InvalidArgument: Blob data size exceeds limit.",
    ]);
}

#[tokio::test]
async fn a_signal_that_cannot_be_is_refused() {
    let good = || SignalWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution("w", ""),
        signal_name: "s".into(),
        ..Default::default()
    };
    check!(signal_workflow_execution, good(), [
        |request| request.namespace = "nope".into() =>
            "NotFound: Namespace nope is not found. [NamespaceNotFoundFailure]",
        |request| request.workflow_execution = None => "InvalidArgument: Execution is not set on request.",
        |request| request.workflow_execution = execution("", "") => "InvalidArgument: WorkflowId is not set on request.",
        |request| request.workflow_execution = execution("w", "zz") => "InvalidArgument: Invalid RunId.",
        |request| request.signal_name.clear() => "InvalidArgument: SignalName is not set on request.",
        |request| request.signal_name = long() => "InvalidArgument: SignalName length exceeds limit.",
        |request| request.request_id = long() => "InvalidArgument: RequestId length exceeds limit.",
        |request| request.input = large() => "InvalidArgument: Blob data size exceeds limit.",
        |request| request.links = vec![Link::default(); 11] =>
            "InvalidArgument: cannot attach more than 10 links per request, got 11",
    ]);
}

#[tokio::test]
async fn a_run_that_is_not_named_rightly_is_not_looked_for() {
    let cancel = || RequestCancelWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution("w", ""),
        ..Default::default()
    };
    check!(request_cancel_workflow_execution, cancel(), [
        |request| request.workflow_execution = execution("w", "zz") => "InvalidArgument: Invalid RunId.",
        |request| request.first_execution_run_id = "zz".into() =>
            "NotFound: workflow execution not found [NotFoundFailure]",
    ]);
    let terminate = || TerminateWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution("w", ""),
        ..Default::default()
    };
    check!(terminate_workflow_execution, terminate(), [
        |request| request.workflow_execution = None => "InvalidArgument: Execution is not set on request.",
        |request| request.first_execution_run_id = "zz".into() =>
            "NotFound: workflow execution not found [NotFoundFailure]",
    ]);
    let delete =
        || DeleteWorkflowExecutionRequest { namespace: "default".into(), workflow_execution: execution("w", "") };
    check!(delete_workflow_execution, delete(), [
        |request| request.namespace = String::new() => "InvalidArgument: Namespace is empty.",
        |request| request.workflow_execution = None => "InvalidArgument: Execution is not set on request.",
        |request| request.workflow_execution = execution("w", "zz") => "InvalidArgument: Invalid RunId.",
        |request| request.workflow_execution = execution("", "") =>
            "InvalidArgument: WorkflowId is not set on request.",
    ]);
    let describe = || DescribeWorkflowExecutionRequest { namespace: "default".into(), execution: execution("w", "") };
    check!(describe_workflow_execution, describe(), [
        |request| request.execution = execution("w", "zz") => "InvalidArgument: Invalid RunId.",
        |request| request.execution = execution("", "") => "InvalidArgument: WorkflowId is not set on request.",
    ]);
    let reset = || ResetStickyTaskQueueRequest { namespace: "default".into(), execution: execution("w", "") };
    check!(reset_sticky_task_queue, reset(), [
        |request| request.execution = execution("w", "zz") => "InvalidArgument: Invalid RunId.",
    ]);
}

#[tokio::test]
async fn a_history_that_cannot_be_read_backwards_is_refused() {
    let world = World::new();
    let good = GetWorkflowExecutionHistoryReverseRequest {
        namespace: "default".into(),
        execution: execution("w", ""),
        ..Default::default()
    };
    let nobody = GetWorkflowExecutionHistoryReverseRequest { execution: None, ..good.clone() };
    let no_run = GetWorkflowExecutionHistoryReverseRequest { execution: execution("w", "zz"), ..good.clone() };
    let mangled = GetWorkflowExecutionHistoryReverseRequest { next_page_token: "mangled".into(), ..good };
    for (request, expected) in [
        (nobody, "InvalidArgument: Execution is not set on request."),
        (no_run, "InvalidArgument: Invalid RunId."),
        (mangled, "InvalidArgument: Invalid NextPageToken."),
    ] {
        let outcome = world.frontend.get_workflow_execution_history_reverse(Request::new(request)).await;
        assert_eq!(shown(outcome), expected);
        assert!(world.history.take_asked().is_empty(), "{expected}");
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_is_refused() {
    let good = || QueryWorkflowRequest {
        namespace: "default".into(),
        execution: execution("w", ""),
        query: Some(WorkflowQuery { query_type: "q".into(), ..Default::default() }),
        ..Default::default()
    };
    check!(query_workflow, good(), [
        |request| request.execution = None => "InvalidArgument: Execution is not set on request.",
        |request| request.query = None => "InvalidArgument: WorkflowQuery is not set on request.",
        |request| request.query = Some(WorkflowQuery::default()) => "InvalidArgument: QueryType is not set on request.",
        |request| request.query.as_mut().expect("is set").query_args = large() =>
            "InvalidArgument: Blob data size exceeds limit.",
    ]);
}

#[tokio::test]
async fn a_poll_that_cannot_be_is_refused() {
    let world = World::new();
    let good =
        || PollWorkflowTaskQueueRequest { namespace: "default".into(), task_queue: queue("q"), ..Default::default() };
    let poll = async |request| shown(world.frontend.poll_workflow_task_queue(within(60, request)).await);
    let outcome = world.frontend.poll_workflow_task_queue(Request::new(good())).await;
    assert_eq!(shown(outcome), "InvalidArgument: Context timeout is not set.");
    let outcome = world.frontend.poll_workflow_task_queue(within(1, good())).await;
    assert_eq!(shown(outcome), "FailedPrecondition: Context timeout is too short.");
    let request = PollWorkflowTaskQueueRequest { task_queue: None, ..good() };
    assert_eq!(poll(request).await, "InvalidArgument: taskQueue is not set");
    let request = PollWorkflowTaskQueueRequest { identity: long(), ..good() };
    assert_eq!(poll(request).await, "InvalidArgument: Identity length exceeds limit.");
    let request = PollWorkflowTaskQueueRequest { namespace: "nope".into(), ..good() };
    assert_eq!(poll(request).await, "NotFound: Namespace nope is not found. [NamespaceNotFoundFailure]");
    assert!(world.matching.polls.lock().unwrap().is_empty());

    let activity =
        PollActivityTaskQueueRequest { namespace: "default".into(), task_queue: queue("q"), ..Default::default() };
    let outcome = world.frontend.poll_activity_task_queue(Request::new(activity)).await;
    assert_eq!(shown(outcome), "InvalidArgument: Context timeout is not set.");
}

#[tokio::test]
async fn a_task_token_that_is_none_is_refused() {
    let missing = "InvalidArgument: Task token not set on request.";
    let broken = "InvalidArgument: Error deserializing task token.";
    let world = World::new();
    let frontend = &world.frontend;
    for (task_token, expected) in [("", missing), ("junk", broken), ("\u{1}\u{1}\u{0}\u{0}\u{0}\u{0}", broken)] {
        let task_token: bytes::Bytes = task_token.into();
        let namespace = || "default".to_owned();
        macro_rules! each {
            ($($call:ident: $request:ident),*) => {$({
                let request = $request { task_token: task_token.clone(), namespace: namespace(), ..Default::default() };
                assert_eq!(shown(frontend.$call(Request::new(request)).await), expected);
            })*};
        }
        each!(
            respond_workflow_task_completed: RespondWorkflowTaskCompletedRequest,
            respond_workflow_task_failed: RespondWorkflowTaskFailedRequest,
            respond_query_task_completed: RespondQueryTaskCompletedRequest,
            respond_activity_task_completed: RespondActivityTaskCompletedRequest,
            respond_activity_task_failed: RespondActivityTaskFailedRequest,
            respond_activity_task_canceled: RespondActivityTaskCanceledRequest,
            record_activity_task_heartbeat: RecordActivityTaskHeartbeatRequest
        );
    }
    assert!(world.history.take_asked().is_empty());
}

#[tokio::test]
async fn an_activity_that_is_not_named_rightly_is_not_looked_for() {
    let good = || RespondActivityTaskCompletedByIdRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        activity_id: "a".into(),
        ..Default::default()
    };
    check!(respond_activity_task_completed_by_id, good(), [
        |request| request.namespace.clear() => "InvalidArgument: Namespace is empty.",
        |request| request.workflow_id.clear() => "NotFound: activity not found for ID: a [NotFoundFailure]",
        |request| request.run_id = "zz".into() => "InvalidArgument: RunId is not valid UUID.",
        |request| request.activity_id.clear() => "InvalidArgument: ActivityId is not set on request.",
        |request| request.activity_id = long() => format!(
            "NotFound: cannot find pending activity with ActivityID {}, check workflow execution history for more \
             details [NotFoundFailure]", long()),
        |request| request.identity = long() => "InvalidArgument: Identity length exceeds limit.",
    ]);
}

#[tokio::test]
async fn a_page_token_that_is_none_is_refused() {
    let world = World::new();
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: execution("w", ""),
        next_page_token: "junk".into(),
        ..Default::default()
    };
    let outcome = world.frontend.get_workflow_execution_history(Request::new(request)).await;
    assert_eq!(shown(outcome), "InvalidArgument: Invalid NextPageToken.");
    let request = ListWorkflowExecutionsRequest {
        namespace: "default".into(),
        next_page_token: "junk".into(),
        ..Default::default()
    };
    let outcome = world.frontend.list_workflow_executions(Request::new(request)).await;
    assert_eq!(shown(outcome), "InvalidArgument: Invalid NextPageToken.");
    let request = ListNamespacesRequest { next_page_token: "junk".into(), ..Default::default() };
    let outcome = world.frontend.list_namespaces(Request::new(request)).await;
    assert_eq!(shown(outcome), "InvalidArgument: Invalid NextPageToken.");
}

#[tokio::test]
async fn an_rpc_out_of_scope_says_so_by_itself() {
    let world = World::new();
    let outcome = world.frontend.create_schedule(Request::new(CreateScheduleRequest::default())).await;
    assert_eq!(outcome.expect_err("not there").code(), tonic::Code::Unimplemented);
}

#[tokio::test]
async fn how_long_an_id_may_be_is_a_setting() {
    let mut world = World::new();
    let mut settings = abide_model::Settings::default();
    settings.limits.id_bytes_max = 7;
    world.frontend.settings = settings.into();
    let start = StartWorkflowExecutionRequest { workflow_id: "too long".into(), ..a_start() };
    let refused = world.frontend.start_workflow_execution(Request::new(start)).await;
    assert_eq!(shown(refused), "InvalidArgument: WorkflowId exceeds maximum allowed length (8/7)");
    let start = StartWorkflowExecutionRequest { workflow_id: "so long".into(), ..a_start() };
    assert_eq!(shown(world.frontend.start_workflow_execution(Request::new(start)).await), "Ok");
}
