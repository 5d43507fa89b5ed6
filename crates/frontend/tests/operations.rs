//! What operators do to activities and runs: what is refused, and what the owner of runs is asked.
#![allow(clippy::unwrap_used)]

mod fakes;

use std::time::Duration;

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    common::v1::{Priority, WorkflowExecution},
    workflow::v1::{VersioningOverride, WorkflowExecutionOptions},
    workflowservice::v1::{
        PauseActivityExecutionRequest, PauseActivityRequest, PauseWorkflowExecutionRequest,
        ResetActivityExecutionRequest, ResetActivityRequest, UnpauseActivityExecutionRequest, UnpauseActivityRequest,
        UnpauseWorkflowExecutionRequest, UpdateActivityExecutionOptionsRequest, UpdateActivityOptionsRequest,
        UpdateWorkflowExecutionOptionsRequest, pause_activity_request, reset_activity_request,
        unpause_activity_request, update_activity_options_request, workflow_service_server::WorkflowService,
    },
};
use abide_engine::run::{Command, OptionsChange, PauseReason, Reply, WhichActivities};
use abide_model::Settings;
use fakes::{Asked, World, shown};
use prost_types::FieldMask;
use tonic::Request;

const NO_WORKFLOW: &str = "InvalidArgument: WorkflowId is not set on request.";
const NO_ACTIVITY: &str = "InvalidArgument: Either Activity.Id or Activity.Type should be set on request.";
const NO_ACTIVITY_ID: &str = "InvalidArgument: activity ID is required";
const BAD_RUN_ID: &str = "InvalidArgument: Invalid RunId.";
const NO_NAMESPACE: &str = "NotFound: Namespace nowhere is not found. [NamespaceNotFoundFailure]";
const OUTSIDE: &str = "Unimplemented: activities outside of workflows are not supported yet";

fn order() -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: "order".into(), run_id: String::new() })
}

fn no_run() -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: "order".into(), run_id: "zz".into() })
}

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() })
}

fn jitter() -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds: 5, nanos: 0 })
}

/// The one command that the run was asked.
fn asked(world: &World) -> Command {
    let mut asked = world.history.take_asked();
    match (asked.pop(), asked.len()) {
        (Some(Asked::Execute(run, command)), 0) => {
            assert_eq!((run.workflow.workflow_id.as_str(), run.run_id), ("order", None));
            command
        }
        other => panic!("one command, not {other:?}"),
    }
}

/// Calls with each change in a world of its own, and expects its refusal.
macro_rules! refused {
    ($call:ident, $request:expr, $cases:expr) => {
        for (change, expected) in $cases {
            let world = World::new();
            let mut request = $request;
            change(&mut request);
            assert_eq!(shown(world.frontend.$call(Request::new(request)).await), expected, stringify!($call));
            assert!(world.history.take_asked().is_empty(), "nobody hears of it");
        }
    };
}

/// What every older form refuses.
macro_rules! refuses_as_the_others {
    ($call:ident, $kind:ty, $request:expr) => {{
        type Case = (fn(&mut $kind), &'static str);
        let cases: [Case; 5] = [
            (|request| request.execution = None, NO_WORKFLOW),
            (|request| request.execution.as_mut().unwrap().workflow_id.clear(), NO_WORKFLOW),
            (|request| request.execution = no_run(), BAD_RUN_ID),
            (|request| request.activity = None, NO_ACTIVITY),
            (|request| request.namespace = "nowhere".into(), NO_NAMESPACE),
        ];
        refused!($call, $request, cases);
    }};
}

/// What every newer form refuses.
macro_rules! refuses_as_the_others_about_one {
    ($call:ident, $kind:ty, $request:expr) => {{
        type Case = (fn(&mut $kind), &'static str);
        let cases: [Case; 4] = [
            (|request| request.activity_id.clear(), NO_ACTIVITY_ID),
            (|request| request.workflow_id.clear(), OUTSIDE),
            (|request| request.run_id = "zz".into(), BAD_RUN_ID),
            (|request| request.namespace = "nowhere".into(), NO_NAMESPACE),
        ];
        refused!($call, $request, cases);
    }};
}

fn a_pause() -> PauseActivityRequest {
    PauseActivityRequest {
        namespace: "default".into(),
        execution: order(),
        identity: "me".into(),
        reason: "a bug".into(),
        request_id: "once".into(),
        activity: Some(pause_activity_request::Activity::Type("charge".into())),
    }
}

fn a_pause_of_one() -> PauseActivityExecutionRequest {
    PauseActivityExecutionRequest {
        namespace: "default".into(),
        workflow_id: "order".into(),
        activity_id: "x".into(),
        identity: "me".into(),
        reason: "a bug".into(),
        request_id: "once".into(),
        ..PauseActivityExecutionRequest::default()
    }
}

#[tokio::test]
async fn a_pause_of_activities_that_cannot_be_is_refused() {
    refuses_as_the_others!(pause_activity, PauseActivityRequest, a_pause());
}

#[tokio::test]
async fn a_pause_of_one_activity_that_cannot_be_is_refused() {
    refuses_as_the_others_about_one!(pause_activity_execution, PauseActivityExecutionRequest, a_pause_of_one());
}

#[tokio::test]
async fn a_pause_of_activities_says_which_and_why() {
    let world = World::new();
    world.frontend.pause_activity(Request::new(a_pause())).await.unwrap();
    let Command::PauseActivities(pause) = asked(&world) else { panic!("a pause") };
    let why = PauseReason { identity: "me".into(), reason: "a bug".into(), request_id: "once".into() };
    assert_eq!((pause.which, pause.reason), (WhichActivities::Type("charge".into()), why.clone()));
    world.frontend.pause_activity_execution(Request::new(a_pause_of_one())).await.unwrap();
    let Command::PauseActivities(pause) = asked(&world) else { panic!("a pause") };
    assert_eq!((pause.which, pause.reason), (WhichActivities::Id("x".into()), why));
}

fn an_unpause() -> UnpauseActivityRequest {
    UnpauseActivityRequest {
        namespace: "default".into(),
        execution: order(),
        activity: Some(unpause_activity_request::Activity::UnpauseAll(true)),
        reset_attempts: true,
        reset_heartbeat: true,
        jitter: jitter(),
        ..UnpauseActivityRequest::default()
    }
}

fn an_unpause_of_one() -> UnpauseActivityExecutionRequest {
    UnpauseActivityExecutionRequest {
        namespace: "default".into(),
        workflow_id: "order".into(),
        activity_id: "x".into(),
        jitter: jitter(),
        ..UnpauseActivityExecutionRequest::default()
    }
}

#[tokio::test]
async fn an_unpause_of_activities_that_cannot_be_is_refused() {
    refuses_as_the_others!(unpause_activity, UnpauseActivityRequest, an_unpause());
}

#[tokio::test]
async fn an_unpause_of_one_activity_that_cannot_be_is_refused() {
    refuses_as_the_others_about_one!(unpause_activity_execution, UnpauseActivityExecutionRequest, an_unpause_of_one());
}

#[tokio::test]
async fn an_unpause_of_activities_says_what_is_forgotten_and_how_long_they_wait() {
    let world = World::new();
    world.frontend.unpause_activity(Request::new(an_unpause())).await.unwrap();
    let Command::UnpauseActivities(unpause) = asked(&world) else { panic!("an unpause") };
    assert_eq!(unpause.which, WhichActivities::All);
    assert!(unpause.resets_attempts && unpause.forgets_heartbeat);
    assert_eq!(unpause.jitter.max, Duration::from_secs(5));
    world.frontend.unpause_activity_execution(Request::new(an_unpause_of_one())).await.unwrap();
    let Command::UnpauseActivities(unpause) = asked(&world) else { panic!("an unpause") };
    assert_eq!(unpause.which, WhichActivities::Id("x".into()));
    assert!(!unpause.resets_attempts && !unpause.forgets_heartbeat);
    assert_eq!(unpause.jitter.max, Duration::from_secs(5));
}

fn a_reset() -> ResetActivityRequest {
    ResetActivityRequest {
        namespace: "default".into(),
        execution: order(),
        activity: Some(reset_activity_request::Activity::MatchAll(true)),
        keep_paused: true,
        jitter: jitter(),
        ..ResetActivityRequest::default()
    }
}

fn a_reset_of_one() -> ResetActivityExecutionRequest {
    ResetActivityExecutionRequest {
        namespace: "default".into(),
        workflow_id: "order".into(),
        activity_id: "x".into(),
        reset_heartbeat: true,
        restore_original_options: true,
        ..ResetActivityExecutionRequest::default()
    }
}

#[tokio::test]
async fn a_reset_of_activities_that_cannot_be_is_refused() {
    refuses_as_the_others!(reset_activity, ResetActivityRequest, a_reset());
}

#[tokio::test]
async fn a_reset_of_one_activity_that_cannot_be_is_refused() {
    refuses_as_the_others_about_one!(reset_activity_execution, ResetActivityExecutionRequest, a_reset_of_one());
}

#[tokio::test]
async fn a_reset_of_activities_says_what_is_kept() {
    let world = World::new();
    world.frontend.reset_activity(Request::new(a_reset())).await.unwrap();
    let Command::ResetActivities(reset) = asked(&world) else { panic!("a reset") };
    assert_eq!(reset.which, WhichActivities::All);
    assert_eq!((reset.keeps_paused, reset.forgets_heartbeat, reset.restores_options), (true, false, false));
    assert_eq!(reset.jitter.max, Duration::from_secs(5));
    world.frontend.reset_activity_execution(Request::new(a_reset_of_one())).await.unwrap();
    let Command::ResetActivities(reset) = asked(&world) else { panic!("a reset") };
    assert_eq!(reset.which, WhichActivities::Id("x".into()));
    assert_eq!((reset.keeps_paused, reset.forgets_heartbeat, reset.restores_options), (false, true, true));
    assert_eq!(reset.jitter.max, Duration::ZERO);
}

fn a_change() -> UpdateActivityOptionsRequest {
    UpdateActivityOptionsRequest {
        namespace: "default".into(),
        execution: order(),
        activity: Some(update_activity_options_request::Activity::Id("x".into())),
        activity_options: Some(ActivityOptions { heartbeat_timeout: jitter(), ..ActivityOptions::default() }),
        update_mask: mask(&["heartbeat_timeout", "retryPolicy.maximum_attempts"]),
        ..UpdateActivityOptionsRequest::default()
    }
}

fn a_change_of_one() -> UpdateActivityExecutionOptionsRequest {
    UpdateActivityExecutionOptionsRequest {
        namespace: "default".into(),
        workflow_id: "order".into(),
        activity_id: "x".into(),
        restore_original: true,
        ..UpdateActivityExecutionOptionsRequest::default()
    }
}

#[tokio::test]
async fn a_change_of_activity_options_that_cannot_be_is_refused() {
    refuses_as_the_others!(update_activity_options, UpdateActivityOptionsRequest, a_change());
    type Case = (fn(&mut UpdateActivityOptionsRequest), &'static str);
    let cases: [Case; 4] = [
        (|change| change.activity_options = None, "InvalidArgument: ActivityOptions are not provided"),
        (|change| change.update_mask = None, "InvalidArgument: UpdateMask is not provided"),
        (|change| change.restore_original = true, "InvalidArgument: Both UpdateMask and RestoreOriginal are provided"),
        (
            |change| {
                let priority = Priority { priority_key: -1, ..Priority::default() };
                change.activity_options.as_mut().unwrap().priority = Some(priority);
            },
            "InvalidArgument: priority key can't be negative",
        ),
    ];
    refused!(update_activity_options, a_change(), cases);
}

#[tokio::test]
async fn a_change_of_the_options_of_one_activity_that_cannot_be_is_refused() {
    refuses_as_the_others_about_one!(
        update_activity_execution_options,
        UpdateActivityExecutionOptionsRequest,
        a_change_of_one()
    );
    type Case = (fn(&mut UpdateActivityExecutionOptionsRequest), &'static str);
    let cases: [Case; 2] = [
        (|change| change.restore_original = false, "InvalidArgument: ActivityOptions are not provided"),
        (
            |change| change.update_mask = mask(&["heartbeat_timeout"]),
            "InvalidArgument: Both UpdateMask and RestoreOriginal are provided",
        ),
    ];
    refused!(update_activity_execution_options, a_change_of_one(), cases);
}

#[tokio::test]
async fn a_change_of_activity_options_is_answered_with_the_options() {
    let world = World::new();
    let options = ActivityOptions { heartbeat_timeout: jitter(), ..ActivityOptions::default() };
    let answer = || Ok(Reply::ActivityOptions(Box::new(options.clone())));
    world.history.executions.lock().unwrap().extend([answer(), answer()]);
    let answered = world.frontend.update_activity_options(Request::new(a_change())).await.unwrap().into_inner();
    assert_eq!(answered.activity_options.as_ref(), Some(&options));
    let Command::UpdateActivityOptions(update) = asked(&world) else { panic!("a change") };
    let OptionsChange::Merge { options: given, paths } = update.change else { panic!("new options") };
    assert_eq!(*given, options);
    assert!(paths.iter().eq(["heartbeatTimeout", "retryPolicy.maximumAttempts"]));
    let answered = world.frontend.update_activity_execution_options(Request::new(a_change_of_one())).await;
    assert_eq!(answered.unwrap().into_inner().activity_options.as_ref(), Some(&options));
    let Command::UpdateActivityOptions(update) = asked(&world) else { panic!("a change") };
    assert_eq!(update.which, WhichActivities::Id("x".into()));
    assert!(matches!(update.change, OptionsChange::Restore));
}

fn a_pause_of_a_run() -> PauseWorkflowExecutionRequest {
    PauseWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "order".into(),
        identity: "me".into(),
        reason: "a bug".into(),
        request_id: "once".into(),
        ..PauseWorkflowExecutionRequest::default()
    }
}

fn an_unpause_of_a_run() -> UnpauseWorkflowExecutionRequest {
    UnpauseWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "order".into(),
        identity: "me".into(),
        reason: "mended".into(),
        request_id: "twice".into(),
        ..UnpauseWorkflowExecutionRequest::default()
    }
}

/// A world in which runs may be paused.
fn that_pauses() -> World {
    let mut world = World::new();
    let mut settings = Settings::default();
    settings.features.workflow_pause = true;
    world.frontend.settings = settings.into();
    world
}

#[tokio::test]
async fn runs_are_paused_only_where_that_is_switched_on() {
    let world = World::new();
    let refused = world.frontend.pause_workflow_execution(Request::new(a_pause_of_a_run())).await;
    assert_eq!(shown(refused), "Unimplemented: workflow pause is not enabled for namespace: default");
    assert!(world.history.take_asked().is_empty(), "nobody hears of it");
    // What is paused can always go again.
    world.frontend.unpause_workflow_execution(Request::new(an_unpause_of_a_run())).await.unwrap();
    assert!(matches!(asked(&world), Command::Unpause(_)));
}

#[tokio::test]
async fn a_pause_of_a_run_that_cannot_be_is_refused() {
    type Case = (fn(&mut PauseWorkflowExecutionRequest), &'static str);
    let cases: [Case; 6] = [
        (|pause| pause.reason = "x".repeat(1001), "InvalidArgument: reason is too long."),
        (|pause| pause.request_id = "x".repeat(1001), "InvalidArgument: request id is too long."),
        (|pause| pause.identity = "x".repeat(1001), "InvalidArgument: identity is too long."),
        (|pause| pause.workflow_id.clear(), NO_WORKFLOW),
        (|pause| pause.run_id = "zz".into(), BAD_RUN_ID),
        (|pause| pause.namespace = "nowhere".into(), NO_NAMESPACE),
    ];
    for (change, expected) in cases {
        let world = that_pauses();
        let mut pause = a_pause_of_a_run();
        change(&mut pause);
        assert_eq!(shown(world.frontend.pause_workflow_execution(Request::new(pause)).await), expected);
        assert!(world.history.take_asked().is_empty(), "nobody hears of it");
    }
}

#[tokio::test]
async fn an_unpause_of_a_run_that_cannot_be_is_refused() {
    type Case = (fn(&mut UnpauseWorkflowExecutionRequest), &'static str);
    let cases: [Case; 4] = [
        (|unpause| unpause.reason = "x".repeat(1001), "InvalidArgument: reason is too long."),
        (|unpause| unpause.workflow_id.clear(), NO_WORKFLOW),
        (|unpause| unpause.run_id = "zz".into(), BAD_RUN_ID),
        (|unpause| unpause.namespace = "nowhere".into(), NO_NAMESPACE),
    ];
    refused!(unpause_workflow_execution, an_unpause_of_a_run(), cases);
}

#[tokio::test]
async fn a_pause_of_a_run_and_its_end_say_who_asked_and_why() {
    let world = that_pauses();
    world.frontend.pause_workflow_execution(Request::new(a_pause_of_a_run())).await.unwrap();
    let Command::Pause(reason) = asked(&world) else { panic!("a pause") };
    assert_eq!(reason, PauseReason { identity: "me".into(), reason: "a bug".into(), request_id: "once".into() });
    world.frontend.unpause_workflow_execution(Request::new(an_unpause_of_a_run())).await.unwrap();
    let Command::Unpause(reason) = asked(&world) else { panic!("an unpause") };
    assert_eq!(reason, PauseReason { identity: "me".into(), reason: "mended".into(), request_id: "twice".into() });
}

fn a_change_of_a_run() -> UpdateWorkflowExecutionOptionsRequest {
    let priority = Priority { priority_key: 2, ..Priority::default() };
    UpdateWorkflowExecutionOptionsRequest {
        namespace: "default".into(),
        workflow_execution: order(),
        workflow_execution_options: Some(WorkflowExecutionOptions {
            priority: Some(priority),
            ..WorkflowExecutionOptions::default()
        }),
        update_mask: mask(&["priority.priority_key"]),
        identity: "me".into(),
    }
}

#[tokio::test]
async fn a_change_of_the_options_of_a_run_that_cannot_be_is_refused() {
    type Case = (fn(&mut UpdateWorkflowExecutionOptionsRequest), &'static str);
    let cases: [Case; 8] = [
        (|change| change.workflow_execution = None, NO_WORKFLOW),
        (|change| change.workflow_execution = no_run(), BAD_RUN_ID),
        (|change| change.namespace = "nowhere".into(), NO_NAMESPACE),
        (|change| change.update_mask = None, "InvalidArgument: UpdateMask is required"),
        (|change| change.workflow_execution_options = None, "InvalidArgument: WorkflowExecutionOptions is required"),
        (
            |change| change.update_mask = mask(&["colour"]),
            "InvalidArgument: error parsing UpdateMask: proto: invalid path \"colour\" for message \
             \"temporal.api.workflow.v1.WorkflowExecutionOptions\"",
        ),
        (
            |change| change.update_mask = mask(&["versioning_override.behavior"]),
            "InvalidArgument: error applying update_options: versioning_override fields must be updated together",
        ),
        (
            |change| {
                change.update_mask = mask(&["versioning_override"]);
                let options = change.workflow_execution_options.as_mut().unwrap();
                options.versioning_override = Some(VersioningOverride::default());
            },
            "Unimplemented: versioning overrides are not supported yet",
        ),
    ];
    refused!(update_workflow_execution_options, a_change_of_a_run(), cases);
}

#[tokio::test]
async fn a_change_of_the_options_of_a_run_is_answered_with_the_options() {
    let world = World::new();
    let options = a_change_of_a_run().workflow_execution_options.unwrap();
    world.history.executions.lock().unwrap().push_back(Ok(Reply::Options(Box::new(options.clone()))));
    let answered = world.frontend.update_workflow_execution_options(Request::new(a_change_of_a_run())).await;
    assert_eq!(answered.unwrap().into_inner().workflow_execution_options, Some(options.clone()));
    let Command::UpdateOptions(update) = asked(&world) else { panic!("a change") };
    assert_eq!((update.priority, update.identity.as_str()), (options.priority, "me"));
    assert!(update.paths.iter().eq(["priority.priorityKey"]));
}
