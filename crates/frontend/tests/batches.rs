//! Batches: what is refused, what is done to whom, and how far it came.
#![allow(clippy::unwrap_used)]

mod fakes;

use std::time::Duration;

use abide_api::temporal::api::{
    batch::v1::*,
    common::v1::{Execution, ResetOptions, WorkflowExecution},
    enums::v1::{BatchOperationState, BatchOperationType},
    workflowservice::v1::{start_batch_operation_request::Operation, workflow_service_server::WorkflowService, *},
};
use abide_cluster::Error;
use abide_engine::batch::{self, Advance, Then};
use abide_engine::run::{Command, Rejection};
use fakes::{Asked, World, default_namespace, shown};
use tonic::Request;

fn terminate() -> Option<Operation> {
    Some(Operation::TerminationOperation(BatchOperationTermination { identity: "me".into(), ..Default::default() }))
}

fn request(operation: Option<Operation>) -> StartBatchOperationRequest {
    StartBatchOperationRequest {
        namespace: "default".into(),
        job_id: "job".into(),
        reason: "why".into(),
        operation,
        ..Default::default()
    }
}

#[allow(deprecated)]
fn over(runs: usize) -> StartBatchOperationRequest {
    let run = |n: usize| WorkflowExecution { workflow_id: format!("w{n}"), run_id: String::new() };
    StartBatchOperationRequest { executions: (0..runs).map(run).collect(), ..request(terminate()) }
}

fn by_query(operation: Option<Operation>) -> StartBatchOperationRequest {
    StartBatchOperationRequest { visibility_query: "WorkflowType = 'x'".into(), ..request(operation) }
}

#[tokio::test]
async fn a_batch_that_cannot_be_is_refused() {
    let world = World::new();
    let nothing = "must provide required parameters: BatchType,Reason,Namespace, AND one of (Query OR Executions OR \
                   TargetExecutions)";
    let neither = "Either activity type must be set, or match all should be set to true";
    let unpause = |activity| {
        Operation::UnpauseActivitiesOperation(BatchOperationUnpauseActivities { activity, ..Default::default() })
    };
    let with = |change: fn(&mut StartBatchOperationRequest)| {
        let mut request = by_query(terminate());
        change(&mut request);
        request
    };
    let cases: Vec<(StartBatchOperationRequest, &str)> = vec![
        (request(None), nothing),
        (request(terminate()), nothing),
        (with(|request| request.reason.clear()), nothing),
        (with(|request| request.job_id.clear()), "JobId is not set on request."),
        (
            StartBatchOperationRequest { visibility_query: "x".into(), ..over(1) },
            "visibility query, executions, and target executions are mutually exclusive",
        ),
        (
            StartBatchOperationRequest { target_executions: vec![Execution::default()], ..request(terminate()) },
            "target_executions[0] has type Unspecified, but operation \
             *workflowservice.StartBatchOperationRequest_TerminationOperation requires Workflow",
        ),
        (over(1001), "batch of 1001 executions exceeds limit of 1000"),
        (by_query(Some(Operation::SignalOperation(BatchOperationSignal::default()))), "must provide signal name"),
        (by_query(Some(Operation::UpdateWorkflowOptionsOperation(Default::default()))), "must provide UpdateOptions"),
        (by_query(Some(Operation::ResetOperation(Default::default()))), "unknown batch reset type Unspecified"),
        (
            by_query(Some(Operation::ResetOperation(BatchOperationReset {
                options: Some(ResetOptions::default()),
                ..Default::default()
            }))),
            "batch reset missing target",
        ),
        (by_query(Some(unpause(None))), "activity filter must be set"),
        (by_query(Some(unpause(Some(batch_operation_unpause_activities::Activity::MatchAll(false))))), neither),
        (
            by_query(Some(Operation::CancelActivitiesOperation(Default::default()))),
            "The operation type *workflowservice.StartBatchOperationRequest_CancelActivitiesOperation is not supported \
             for this namespace",
        ),
    ];
    for (request, expected) in cases {
        let outcome = shown(world.frontend.start_batch_operation(Request::new(request)).await);
        assert_eq!(outcome, format!("InvalidArgument: {expected}"));
    }
    for query in ["nonsense (", "Nonsense = 1"] {
        let request = StartBatchOperationRequest { visibility_query: query.into(), ..request(terminate()) };
        let outcome = shown(world.frontend.start_batch_operation(Request::new(request)).await);
        assert!(outcome.starts_with("InvalidArgument: invalid visibility query: "), "{outcome}");
    }
    assert!(world.batches.known.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_batch_runs_at_a_time_and_is_stopped_once() {
    let world = World::new();
    let start = async |job_id: &str| {
        let request = StartBatchOperationRequest { job_id: job_id.into(), ..over(3) };
        shown(world.frontend.start_batch_operation(Request::new(request)).await)
    };
    assert_eq!(start("one").await, "Ok");
    let expected = "ResourceExhausted: Max concurrent batch operations is reached [ResourceExhaustedFailure]";
    assert_eq!(start("two").await, expected);
    let stop = async |job_id: &str, reason: &str| {
        let (job_id, reason) = (job_id.to_owned(), reason.to_owned());
        let request = StopBatchOperationRequest { namespace: "default".into(), job_id, reason, ..Default::default() };
        shown(world.frontend.stop_batch_operation(Request::new(request)).await)
    };
    assert_eq!(stop("", "r").await, "InvalidArgument: JobId is not set on request.");
    assert_eq!(stop("one", "").await, "InvalidArgument: Reason is not set on request.");
    assert_eq!(stop("none", "r").await, "NotFound: workflow not found for ID: none [NotFoundFailure]");
    assert_eq!(stop("one", "r").await, "Ok");
    assert_eq!(stop("one", "r").await, "NotFound: workflow execution already completed [NotFoundFailure]");
    assert_eq!(start("two").await, "Ok");
    let request = ListBatchOperationsRequest { namespace: "default".into(), page_size: 1, ..Default::default() };
    let page = world.frontend.list_batch_operations(Request::new(request.clone())).await.unwrap().into_inner();
    let next = ListBatchOperationsRequest { next_page_token: page.next_page_token.clone(), ..request };
    let rest = world.frontend.list_batch_operations(Request::new(next)).await.unwrap().into_inner();
    let ids: Vec<&str> =
        page.operation_info.iter().chain(&rest.operation_info).map(|info| info.job_id.as_str()).collect();
    assert_eq!((ids, rest.next_page_token.is_empty()), (vec!["one", "two"], true));
}

/// Waits until the batch has ended, and says how.
async fn ended(world: &World) -> DescribeBatchOperationResponse {
    let driving = tokio::spawn(abide_frontend::drive_batches(world.frontend.clone()));
    loop {
        let request = DescribeBatchOperationRequest { namespace: "default".into(), job_id: "job".into() };
        let described = world.frontend.describe_batch_operation(Request::new(request)).await.unwrap().into_inner();
        if described.state() != BatchOperationState::Running {
            driving.abort();
            return described;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn terminated(world: &World) -> Vec<String> {
    let asked = world.history.take_asked().into_iter();
    let terminated = asked.filter_map(|asked| match asked {
        Asked::Execute(run, Command::Terminate(terminate)) => {
            assert_eq!((terminate.reason.as_str(), terminate.requester.identity.as_str()), ("why", "me"));
            Some(run.workflow.workflow_id)
        }
        _ => None,
    });
    terminated.collect()
}

#[tokio::test(start_paused = true)]
async fn every_run_of_a_batch_has_its_turn_and_what_is_gone_is_done() {
    let world = World::new();
    let outcomes = [
        Err(Error::RunNotFound { workflow_id: "w0".into(), run_id: String::new() }),
        Err(Error::Rejected(Rejection::InvalidOptions("no".into()))),
        Err(Error::Unavailable("later".into())),
    ];
    world.history.executions.lock().unwrap().extend(outcomes);
    assert_eq!(shown(world.frontend.start_batch_operation(Request::new(over(3))).await), "Ok");
    let described = ended(&world).await;
    assert_eq!((described.state(), described.total_operation_count), (BatchOperationState::Completed, 3));
    assert_eq!((described.complete_operation_count, described.failure_operation_count), (2, 1));
    assert_eq!(described.operation_type(), BatchOperationType::TerminateWorkflow);
    assert_eq!((described.identity.as_str(), described.reason.as_str()), ("me", "why"));
    assert_eq!(described.executions.len(), 3);
    assert_eq!(terminated(&world), ["w0", "w1", "w2", "w2"], "what failed for a while is tried again");
}

#[tokio::test(start_paused = true)]
async fn a_batch_goes_on_where_it_was_interrupted() {
    let world = World::new();
    let start = batch::Start { namespace: default_namespace(), request: over(250), identity: "me".into() };
    let mut known = batch::Batch::default();
    let advance = Advance { done: 200, failed: 0, listed: 200, then: Then::More, ..Advance::default() };
    for command in
        [batch::Command::Start(Box::new(start)), batch::Command::Count(250), batch::Command::Advance(advance)]
    {
        use abide_engine::Machine;
        known.handle(command, abide_model::Timestamp::EPOCH, &mut Default::default()).unwrap();
    }
    world.batches.known.lock().unwrap().insert("job".into(), known.into());
    let described = ended(&world).await;
    assert_eq!((described.complete_operation_count, described.total_operation_count), (250, 250));
    let names = terminated(&world);
    assert_eq!((names.len(), names[0].as_str()), (50, "w200"));
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_no_faster_than_it_may_be() {
    let world = World::new();
    let slow = StartBatchOperationRequest { max_operations_per_second: 2.0, ..over(5) };
    let begun = tokio::time::Instant::now();
    assert_eq!(shown(world.frontend.start_batch_operation(Request::new(slow)).await), "Ok");
    ended(&world).await;
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_namespace_may_have_no_batches() {
    let mut world = World::new();
    let mut settings = abide_model::Settings::default();
    settings.batches.enabled = false;
    world.frontend.settings = settings.into();
    let outcome = shown(world.frontend.start_batch_operation(Request::new(over(1))).await);
    assert!(outcome.starts_with("PermissionDenied: "), "{outcome}");
}
