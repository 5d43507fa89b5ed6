//! Updates: what cannot be asked, what the owner of runs is asked, and how its answers are told.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::google::rpc;
use abide_api::temporal::api::{
    common::v1::{Link, WorkflowExecution, WorkflowType, link::Variant},
    enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage,
    errordetails::v1::MultiOperationExecutionFailure,
    failure::v1::Failure,
    taskqueue::v1::TaskQueue,
    update::v1::{Input, Meta, Outcome, Request as Asked, UpdateRef, WaitPolicy, outcome::Value},
    workflowservice::v1::{
        execute_multi_operation_request::{Operation, operation::Operation as Kind},
        execute_multi_operation_response::response::Response as Answer,
        workflow_service_server::WorkflowService,
        *,
    },
};
use abide_cluster::Error;
use abide_cluster::error::UpdateError;
use abide_cluster::history::{UpdateAnswer, UpdateStage, WithStartError};
use abide_engine::run::{Rejection, UpdateRefusal};
use abide_model::RunId;
use fakes::{World, shown};
use prost::Message;
use tonic::{Request, Status};
use uuid::Uuid;

fn execution(workflow_id: &str, run_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: workflow_id.into(), run_id: run_id.into() })
}

fn an_update() -> UpdateWorkflowExecutionRequest {
    UpdateWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: execution("w", ""),
        request: Some(Asked {
            meta: Some(Meta { update_id: "u".into(), identity: "me".into() }),
            input: Some(Input { name: "change".into(), ..Input::default() }),
            request_id: "r".into(),
            ..Asked::default()
        }),
        ..UpdateWorkflowExecutionRequest::default()
    }
}

fn a_poll() -> PollWorkflowExecutionUpdateRequest {
    PollWorkflowExecutionUpdateRequest {
        namespace: "default".into(),
        update_ref: Some(UpdateRef { workflow_execution: execution("w", ""), update_id: "u".into() }),
        ..PollWorkflowExecutionUpdateRequest::default()
    }
}

fn a_start() -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType { name: "T".into() }),
        task_queue: Some(TaskQueue { name: "q".into(), ..TaskQueue::default() }),
        ..StartWorkflowExecutionRequest::default()
    }
}

fn both(start: StartWorkflowExecutionRequest, update: UpdateWorkflowExecutionRequest) -> ExecuteMultiOperationRequest {
    let operations = [Kind::StartWorkflow(start), Kind::UpdateWorkflow(update)];
    ExecuteMultiOperationRequest {
        namespace: "default".into(),
        operations: operations.into_iter().map(|operation| Operation { operation: Some(operation) }).collect(),
        ..ExecuteMultiOperationRequest::default()
    }
}

fn wait_for(stage: Stage) -> Option<WaitPolicy> {
    Some(WaitPolicy { lifecycle_stage: stage as i32 })
}

/// Each operation as one line.
fn operations(status: &Status) -> Vec<String> {
    let rich = rpc::Status::decode(status.details()).unwrap();
    let failure = MultiOperationExecutionFailure::decode(rich.details[0].value.as_slice()).unwrap();
    let line =
        |status: &abide_api::temporal::api::errordetails::v1::multi_operation_execution_failure::OperationStatus| {
            let detail =
                status.details.first().and_then(|detail| detail.type_url.rsplit('.').next().map(str::to_owned));
            format!("{} {} {}", status.code, status.message, detail.unwrap_or_default()).trim_end().to_owned()
        };
    failure.statuses.iter().map(line).collect()
}

#[tokio::test]
async fn an_update_that_cannot_be_is_refused() {
    type Spoil = fn(&mut UpdateWorkflowExecutionRequest);
    fn asked(request: &mut UpdateWorkflowExecutionRequest) -> &mut Asked {
        request.request.as_mut().unwrap()
    }
    let cases: Vec<(Spoil, &str)> = vec![
        (|r| r.namespace.clear(), "InvalidArgument: Namespace is empty."),
        (|r| r.workflow_execution = None, "InvalidArgument: Execution is not set on request."),
        (|r| r.workflow_execution = execution("", ""), "InvalidArgument: WorkflowId is not set on request."),
        (|r| r.workflow_execution = execution("w", "no"), "InvalidArgument: Invalid RunId."),
        (|r| r.first_execution_run_id = "no".into(), "NotFound: workflow execution not found [NotFoundFailure]"),
        (|r| r.request = None, "InvalidArgument: Update meta is not set on request."),
        (
            |r| asked(r).meta.as_mut().unwrap().update_id = "x".repeat(1001),
            "InvalidArgument: UpdateId length exceeds limit.",
        ),
        (|r| asked(r).input = None, "InvalidArgument: Update input is not set on request."),
        (|r| asked(r).input.as_mut().unwrap().name.clear(), "InvalidArgument: Update name is not set on request."),
        (
            |r| r.wait_policy = wait_for(Stage::Admitted),
            "PermissionDenied: UpdateWorkflowExecution issued asynchronously and waiting on update admitted is not \
             supported. [PermissionDeniedFailure]",
        ),
        (|r| asked(r).links.push(Link::default()), "InvalidArgument: unsupported link variant"),
    ];
    let world = World::new();
    for (spoil, expected) in cases {
        let mut request = an_update();
        spoil(&mut request);
        assert_eq!(shown(world.frontend.update_workflow_execution(Request::new(request)).await), expected);
        assert!(world.history.take_asked().is_empty(), "{expected}");
    }
    let mut poll = a_poll();
    poll.update_ref = None;
    let refused = world.frontend.poll_workflow_execution_update(Request::new(poll)).await;
    assert_eq!(shown(refused), "InvalidArgument: UpdateRef is not set on request.");
}

#[tokio::test]
async fn an_update_without_an_id_gets_one_and_waits_for_its_outcome() {
    let world = World::new();
    let mut request = an_update();
    request.request.as_mut().unwrap().meta = Some(Meta::default());
    let response = world.frontend.update_workflow_execution(Request::new(request)).await.unwrap().into_inner();
    let fakes::Asked::Update(run, update) = world.history.take_asked().remove(0) else { panic!("an update") };
    assert_eq!((run.workflow.workflow_id.as_str(), update.stage), ("w", UpdateStage::Completed));
    let id = update.request.meta.unwrap().update_id;
    assert!(Uuid::parse_str(&id).is_ok(), "{id}");
    assert_eq!(response.update_ref.unwrap().update_id, id);
}

#[tokio::test]
async fn how_far_an_update_came_is_told_with_a_link_to_what_shows_it() {
    let world = World::new();
    let failure = Outcome { value: Some(Value::Failure(Failure::default())) };
    let answers = [
        (UpdateStage::Admitted, None, Stage::Admitted, "none"),
        (UpdateStage::Accepted, None, Stage::Accepted, "event"),
        (UpdateStage::Completed, Some(Outcome::default()), Stage::Completed, "event"),
        (UpdateStage::Completed, Some(failure), Stage::Completed, "workflow"),
    ];
    for (stage, outcome, expected, link) in answers {
        let run_id = RunId(Uuid::from_u128(7));
        let answer = UpdateAnswer { run_id, stage, outcome: outcome.clone().map(Box::new) };
        world.history.updates.lock().unwrap().push_back(Ok(answer.clone()));
        world.history.updates.lock().unwrap().push_back(Ok(answer));
        let response = world.frontend.update_workflow_execution(Request::new(an_update())).await.unwrap().into_inner();
        assert_eq!((response.stage(), &response.outcome), (expected, &outcome));
        let shown = match response.link.and_then(|link| link.variant) {
            None => "none",
            Some(Variant::WorkflowEvent(_)) => "event",
            Some(Variant::Workflow(_)) => "workflow",
            Some(_) => "something else",
        };
        assert_eq!(shown, link);
        let polled = world.frontend.poll_workflow_execution_update(Request::new(a_poll())).await.unwrap().into_inner();
        assert_eq!((polled.stage(), polled.outcome), (expected, outcome));
        assert_eq!(polled.update_ref.unwrap().workflow_execution.unwrap().run_id, run_id.0.to_string());
    }
}

#[tokio::test]
async fn a_poll_that_waits_for_nothing_asks_for_what_there_is() {
    let world = World::new();
    for (policy, stage) in [
        (None, UpdateStage::Admitted),
        (wait_for(Stage::Accepted), UpdateStage::Accepted),
        (wait_for(Stage::Completed), UpdateStage::Completed),
    ] {
        let request = PollWorkflowExecutionUpdateRequest { wait_policy: policy, ..a_poll() };
        world.frontend.poll_workflow_execution_update(Request::new(request)).await.unwrap();
        let fakes::Asked::PollUpdate(_, poll) = world.history.take_asked().remove(0) else { panic!("a poll") };
        assert_eq!((poll.update_id.as_str(), poll.stage), ("u", stage));
    }
}

#[tokio::test]
async fn every_way_in_which_an_update_fails_has_its_status() {
    let cases = [
        (Error::Update(UpdateError::NotFound("u".into())), "NotFound: update \"u\" not found [NotFoundFailure]"),
        (
            Error::Update(UpdateError::RunClosed),
            "NotFound: workflow update was aborted by closing workflow [NotFoundFailure]",
        ),
        (Error::Update(UpdateError::RunClosedAgain), "Aborted: workflow update was aborted by closing workflow"),
        (
            Error::Update(UpdateError::RunContinued),
            "ResourceExhausted: workflow operation can not be applied because workflow is closing \
             [ResourceExhaustedFailure]",
        ),
        (
            Error::Update(UpdateError::TaskRefused),
            "FailedPrecondition: Unable to perform workflow execution update due to unexpected workflow task failure. \
             [WorkflowNotReadyFailure]",
        ),
        (
            Rejection::from(UpdateRefusal::TaskFails).into(),
            "FailedPrecondition: Unable to perform workflow execution update due to Workflow Task in failed state. \
             [WorkflowNotReadyFailure]",
        ),
        (
            Rejection::from(UpdateRefusal::TooManyInFlight { max: 10 }).into(),
            "ResourceExhausted: limit on number of concurrent in-flight updates has been reached (10) \
             [ResourceExhaustedFailure]",
        ),
        (
            Rejection::from(UpdateRefusal::TooLargeInFlight { max: 20_971_520 }).into(),
            "ResourceExhausted: limit on total payload size of in-flight updates has been reached (20971520 bytes) \
             [ResourceExhaustedFailure]",
        ),
        (
            Rejection::from(UpdateRefusal::TooMany { max: 2000 }).into(),
            "FailedPrecondition: The limit on the total number of distinct updates in this workflow has been reached \
             (2000). Make sure any duplicate updates share an Update ID so the server can deduplicate them, and \
             consider rejecting updates that you aren't going to process. You can also Continue-as-New to avoid this; \
             we recommend you check Continue-as-New Suggested in your Workflow.",
        ),
    ];
    let world = World::new();
    for (error, expected) in cases {
        world.history.updates.lock().unwrap().push_back(Err(error));
        assert_eq!(shown(world.frontend.update_workflow_execution(Request::new(an_update())).await), expected);
    }
}

#[tokio::test]
async fn other_operations_than_update_with_start_are_refused() {
    let world = World::new();
    let mut backwards = both(a_start(), an_update());
    backwards.operations.reverse();
    let mut three = both(a_start(), an_update());
    three.operations.push(Operation { operation: Some(Kind::StartWorkflow(a_start())) });
    let mut one = both(a_start(), an_update());
    one.operations.pop();
    for request in [backwards, three, one] {
        let refused = world.frontend.execute_multi_operation(Request::new(request)).await;
        assert_eq!(shown(refused), "InvalidArgument: Operations have to be exactly [Start, Update].");
    }
}

#[tokio::test]
async fn each_operation_says_what_is_wrong_with_it() {
    type Spoil = fn(&mut StartWorkflowExecutionRequest, &mut UpdateWorkflowExecutionRequest);
    let (no_start, no_update) = ("10 Operation was aborted. MultiOperationExecutionAborted", 3);
    let cases: Vec<(Spoil, &str, &str)> = vec![
        (|s, _| s.cron_schedule = "* * * * *".into(), "3 CronSchedule is not allowed.", no_start),
        (|s, _| s.request_eager_execution = true, "3 RequestEagerExecution is not supported.", no_start),
        (
            |s, _| s.workflow_start_delay = Some(prost_types::Duration { seconds: 1, nanos: 0 }),
            "3 WorkflowStartDelay is not supported.",
            no_start,
        ),
        (|s, _| s.namespace = "other".into(), "3 Operation namespace did not match request's namespace.", no_start),
        (
            |_, u| u.workflow_execution = execution("v", ""),
            no_start,
            "3 WorkflowId is not consistent with previous operation(s).",
        ),
        (|_, u| u.first_execution_run_id = Uuid::nil().to_string(), no_start, "3 FirstExecutionRunId is not allowed."),
        (|_, u| u.workflow_execution = execution("w", &Uuid::nil().to_string()), no_start, "3 RunId is not allowed."),
        (|_, u| u.request = None, no_start, "3 Update meta is not set on request."),
    ];
    let world = World::new();
    for (spoil, start, update) in cases {
        let (mut bad_start, mut bad_update) = (a_start(), an_update());
        spoil(&mut bad_start, &mut bad_update);
        let request = Request::new(both(bad_start, bad_update));
        let refused = world.frontend.execute_multi_operation(request).await.unwrap_err();
        assert_eq!((refused.code() as i32, refused.message()), (no_update, "Update-with-Start could not be executed."));
        assert_eq!(operations(&refused), [start, update]);
        assert!(world.history.take_asked().is_empty());
    }
}

#[tokio::test]
async fn an_update_with_start_answers_both_operations() {
    let world = World::new();
    let request = both(StartWorkflowExecutionRequest { namespace: String::new(), ..a_start() }, an_update());
    let response = world.frontend.execute_multi_operation(Request::new(request)).await.unwrap().into_inner();
    let fakes::Asked::UpdateWithStart(start, _) = world.history.take_asked().remove(0) else { panic!("both") };
    let run_id = start.start.key.run_id.to_string();
    match (&response.responses[0].response, &response.responses[1].response) {
        (Some(Answer::StartWorkflow(started)), Some(Answer::UpdateWorkflow(updated))) => {
            assert!(started.started);
            assert_eq!(started.run_id, run_id);
            assert_eq!(updated.stage(), Stage::Accepted);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_failed_update_with_start_says_which_operation_failed() {
    let world = World::new();
    let in_the_way = Error::AlreadyStarted {
        message: "Workflow execution is already running.".into(),
        start_request_id: "s".into(),
        run_id: RunId(Uuid::nil()),
        first_run_id: RunId(Uuid::nil()),
    };
    let aborted = "10 Operation was aborted. MultiOperationExecutionAborted";
    let closing = "5 workflow update was aborted by closing workflow NotFoundFailure";
    let closed = |started| WithStartError::Update { error: Error::Update(UpdateError::RunClosed), started };
    let cases = [
        (
            WithStartError::Start(in_the_way),
            tonic::Code::AlreadyExists,
            ["6 Workflow execution is already running. WorkflowExecutionAlreadyStartedFailure", aborted],
        ),
        (closed(true), tonic::Code::NotFound, ["0", closing]),
        (closed(false), tonic::Code::NotFound, [aborted, closing]),
        (
            WithStartError::Update { error: Error::Update(UpdateError::RunClosedAgain), started: false },
            tonic::Code::Aborted,
            [aborted, "10 workflow update was aborted by closing workflow"],
        ),
    ];
    for (error, code, expected) in cases {
        world.history.with_starts.lock().unwrap().push_back(Err(error));
        let request = Request::new(both(a_start(), an_update()));
        let refused = world.frontend.execute_multi_operation(request).await.unwrap_err();
        assert_eq!((refused.code(), operations(&refused)), (code, expected.map(str::to_owned).to_vec()));
    }
}
