//! Every way in which a worker's decision cannot be, with the cause and the words of the reference server.

use abide_api::temporal::api::{
    command::v1::{
        Command as WorkerCommand, FailWorkflowExecutionCommandAttributes, ModifyWorkflowPropertiesCommandAttributes,
        UpsertWorkflowSearchAttributesCommandAttributes, command::Attributes,
    },
    common::v1::{Memo, Priority, RetryPolicy, SearchAttributes},
    enums::v1::CommandType,
    sdk::v1::UserMetadata,
};
use abide_model::limits;
use std::time::Duration;

use super::world::*;
use crate::convert::to_proto_duration;
use crate::run::*;

/// What the worker is told of these decisions.
fn refused(world: &mut World, commands: Vec<WorkerCommand>) -> String {
    match world.turn(commands) {
        Ok(Reply::WorkflowTaskCompleted(completed)) => completed.refused.map_or("accepted".into(), |it| it.message),
        Err(Rejection::InvalidCommandSequence(text)) => text,
        Err(Rejection::Refused(refused)) => refused.message,
        other => panic!("{other:?}"),
    }
}

fn alone(command: WorkerCommand) -> String {
    refused(&mut World::new(), vec![command])
}

fn bare(kind: CommandType) -> WorkerCommand {
    WorkerCommand { command_type: kind as i32, ..WorkerCommand::default() }
}

fn of(kind: CommandType, attributes: Attributes) -> WorkerCommand {
    WorkerCommand { attributes: Some(attributes), ..bare(kind) }
}

fn negative() -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds: -1, nanos: 0 })
}

fn long() -> String {
    "x".repeat(limits::ID_BYTES_MAX + 1)
}

fn with_policy(policy: RetryPolicy) -> String {
    alone(schedule_with("a", |command| command.retry_policy = Some(policy)))
}

#[test]
fn a_command_without_attributes_is_refused_by_name() {
    let kinds = [
        (CommandType::ScheduleActivityTask, "BadScheduleActivityAttributes: ScheduleActivityTask"),
        (CommandType::RequestCancelActivityTask, "BadRequestCancelActivityAttributes: RequestCancelActivityTask"),
        (CommandType::StartTimer, "BadStartTimerAttributes: StartTimer"),
        (CommandType::CancelTimer, "BadCancelTimerAttributes: CancelTimer"),
        (CommandType::RecordMarker, "BadRecordMarkerAttributes: RecordMarker"),
        (CommandType::CompleteWorkflowExecution, "BadCompleteWorkflowExecutionAttributes: CompleteWorkflowExecution"),
        (CommandType::FailWorkflowExecution, "BadFailWorkflowExecutionAttributes: FailWorkflowExecution"),
        (CommandType::CancelWorkflowExecution, "BadCancelWorkflowExecutionAttributes: CancelWorkflowExecution"),
    ];
    for (kind, expected) in kinds {
        let name = expected.split(": ").last().unwrap_or_default();
        assert_eq!(alone(bare(kind)), format!("{expected}CommandAttributes is not set on {name}Command."));
    }
}

#[test]
fn an_activity_is_refused_with_what_is_wrong_about_it() {
    let prefix = "BadScheduleActivityAttributes: ";
    let check = |change: fn(&mut abide_api::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes),
                 text: &str| {
        assert_eq!(alone(schedule_with("a", change)), format!("{prefix}{text}"));
    };
    check(|it| it.activity_id.clear(), "activityId is not set");
    check(|it| it.activity_type = None, "activityType is not set");
    check(|it| it.activity_id = long(), "activityId exceeds length limit. Length=1001 Limit=1000");
    check(|it| it.heartbeat_timeout = negative(), "invalid HeartbeatTimeout: negative duration");
    check(|it| it.schedule_to_start_timeout = negative(), "invalid ScheduleToStartTimeout: negative duration");
    let neither = "a valid StartToCloseTimeout or ScheduleToCloseTimeout must be set on the activity. ActivityId=a \
                   ActivityType=Charge";
    check(|it| it.start_to_close_timeout = None, neither);
    let priority = "invalid priorities: priority key can't be negative";
    check(|it| it.priority = Some(Priority { priority_key: -1, ..Priority::default() }), priority);
    check(|it| it.input = Some(payloads(1001)), "ScheduleActivityTaskCommandAttributes.Input exceeds size limit.");
}

#[test]
fn a_retry_policy_is_refused_with_what_is_wrong_about_it() {
    let prefix = "BadScheduleActivityAttributes: ";
    let seconds = |seconds| Some(to_proto_duration(Duration::from_secs(seconds)));
    let cases = [
        (
            RetryPolicy { initial_interval: negative(), ..RetryPolicy::default() },
            "invalid InitialInterval set on retry policy: negative duration",
        ),
        (
            RetryPolicy { backoff_coefficient: 0.5, ..RetryPolicy::default() },
            "BackoffCoefficient cannot be less than 1 on retry policy.",
        ),
        (
            RetryPolicy { maximum_interval: negative(), ..RetryPolicy::default() },
            "invalid MaximumInterval set on retry policy: negative duration",
        ),
        (
            RetryPolicy { initial_interval: seconds(5), maximum_interval: seconds(1), ..RetryPolicy::default() },
            "MaximumInterval cannot be less than InitialInterval on retry policy.",
        ),
        (
            RetryPolicy { maximum_attempts: -1, ..RetryPolicy::default() },
            "MaximumAttempts cannot be negative on retry policy.",
        ),
        (
            RetryPolicy { non_retryable_error_types: vec!["TemporalTimeout:Never".into()], ..RetryPolicy::default() },
            "Invalid timeout type value: Never.",
        ),
    ];
    for (policy, expected) in cases {
        assert_eq!(with_policy(policy), format!("{prefix}{expected}"));
    }
    let once = RetryPolicy { maximum_attempts: 1, backoff_coefficient: 0.5, ..RetryPolicy::default() };
    assert_eq!(with_policy(once), "accepted", "of a single attempt nothing else matters");
}

#[test]
fn an_activity_id_is_taken_until_the_activity_has_ended() {
    let taken = "ScheduleActivityDuplicateId: invalid history builder state for action: \
                 add-activitytask-scheduled-event, ActivityID: a";
    assert_eq!(refused(&mut World::new(), vec![schedule("a"), schedule("a")]), taken);
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.signal("wake").expect("open");
    assert_eq!(refused(&mut world, vec![cancel_activity(5), schedule("a")]), "accepted", "it ended unstarted");
}

#[test]
fn only_a_pending_activity_is_asked_to_cancel_and_only_once() {
    let cause = "BadRequestCancelActivityAttributes: ";
    let action = "invalid history builder state for action: add-activitytask-cancel-requested-event, ";
    let unset = "ScheduledEventId is not set on RequestCancelActivityTaskCommand.";
    assert_eq!(alone(cancel_activity(0)), format!("{cause}{unset}"));
    assert_eq!(alone(cancel_activity(77)), format!("{cause}{action}ScheduledEventID: 77"));
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.take_activity(5).expect("offered");
    world.signal("wake").expect("open");
    let twice = vec![cancel_activity(5), cancel_activity(5)];
    assert_eq!(refused(&mut world, twice), format!("{cause}{action}ScheduledEventID: 5"));
}

#[test]
fn a_timer_is_refused_with_what_is_wrong_about_it() {
    assert_eq!(alone(timer("", 1)), "BadStartTimerAttributes: TimerId is not set on StartTimerCommand.");
    let text = format!(
        "BadStartTimerAttributes: TimerId on StartTimerCommand exceeds length limit. TimerId={} Length=1001 Limit=1000",
        long()
    );
    assert_eq!(alone(timer(&long(), 1)), text);
    let mut back = timer("t", 1);
    if let Some(Attributes::StartTimerCommandAttributes(start)) = &mut back.attributes {
        start.start_to_fire_timeout = negative();
    }
    let text = "BadStartTimerAttributes: An invalid StartToFireTimeout is set on StartTimerCommand: negative duration. \
                TimerId=t";
    assert_eq!(alone(back), text);
    let action = "invalid history builder state for action: ";
    let taken = format!("StartTimerDuplicateId: {action}add-timer-started-event, TimerID: t");
    assert_eq!(refused(&mut World::new(), vec![timer("t", 1), timer("t", 2)]), taken);
    assert_eq!(alone(cancel_timer("")), "BadCancelTimerAttributes: TimerId is not set on CancelTimerCommand.");
    let unknown = format!("BadCancelTimerAttributes: {action}add-timer-canceled-event, TimerID: t");
    assert_eq!(alone(cancel_timer("t")), unknown);
    assert_eq!(refused(&mut World::new(), vec![timer("t", 1), cancel_timer("t"), timer("t", 2)]), "accepted");
}

#[test]
fn markers_failures_and_properties_are_refused_with_what_is_wrong_about_them() {
    assert_eq!(alone(marker("")), "BadRecordMarkerAttributes: MarkerName is not set on RecordMarkerCommand.");
    let text = format!(
        "BadRecordMarkerAttributes: MarkerName on RecordMarkerCommand exceeds length limit. MarkerName={} Length=1001 \
         Limit=1000",
        long()
    );
    assert_eq!(alone(marker(&long())), text);
    let failure =
        Attributes::FailWorkflowExecutionCommandAttributes(FailWorkflowExecutionCommandAttributes { failure: None });
    let text = "BadFailWorkflowExecutionAttributes: Failure is not set on FailWorkflowExecutionCommand.";
    assert_eq!(alone(of(CommandType::FailWorkflowExecution, failure)), text);
    let upsert = |search_attributes| {
        let attributes = UpsertWorkflowSearchAttributesCommandAttributes { search_attributes };
        let attributes = Attributes::UpsertWorkflowSearchAttributesCommandAttributes(attributes);
        alone(of(CommandType::UpsertWorkflowSearchAttributes, attributes))
    };
    let on = "is not set on UpsertWorkflowSearchAttributesCommand.";
    assert_eq!(upsert(None), format!("BadSearchAttributes: SearchAttributes {on}"));
    assert_eq!(upsert(Some(SearchAttributes::default())), format!("BadSearchAttributes: IndexedFields {on}"));
    let modify = |upserted_memo| {
        let attributes = ModifyWorkflowPropertiesCommandAttributes { upserted_memo };
        let attributes = Attributes::ModifyWorkflowPropertiesCommandAttributes(attributes);
        alone(of(CommandType::ModifyWorkflowProperties, attributes))
    };
    let on = "is not set on ModifyWorkflowPropertiesCommand.";
    let cause = "BadModifyWorkflowPropertiesAttributes";
    assert_eq!(modify(None), format!("{cause}: UpsertedMemo {on}"));
    assert_eq!(modify(Some(Memo::default())), format!("{cause}: UpsertedMemo.Fields {on}"));
}

#[test]
fn too_many_pending_activities_are_refused() {
    let mut world = World::new();
    world.limits.pending.activities_max = 2;
    world.turn(vec![schedule("a"), schedule("b")]).expect("valid");
    world.signal("wake").expect("open");
    let text = "PendingActivitiesLimitExceeded: the number of pending activities, 2, has reached the per-workflow limit \
                of 2";
    assert_eq!(refused(&mut world, vec![schedule("c")]), text);
}

#[test]
fn a_retried_task_with_a_payload_that_cannot_be_stored_is_refused_and_the_run_goes_on() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.fail_task().expect("started");
    let text = "BadCompleteWorkflowExecutionAttributes: CompleteWorkflowExecutionCommandAttributes.Result exceeds size \
                limit.";
    assert_eq!(refused(&mut world, vec![complete_with(Some(payloads(1001)))]), text);
    assert!(world.run.is_open());
}

#[test]
fn a_workflow_may_close_over_a_firing_that_it_takes_back() {
    let mut world = World::new();
    world.turn(vec![timer("t", 1)]).expect("valid");
    world.signal("wake").expect("open");
    world.take_task().expect("offered");
    world.pass(Duration::from_secs(2));
    world.complete(vec![cancel_timer("t"), complete()]).expect("valid");
    assert!(!world.run.is_open());
}

#[test]
fn unhandled_news_refuse_a_close_by_the_cause_alone() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.signal("news").expect("open");
    let Ok(Reply::WorkflowTaskCompleted(done)) = world.complete(vec![complete()]) else { panic!("recorded") };
    assert_eq!(done.refused.expect("refused").message, "UnhandledCommand");
}

#[test]
fn what_a_user_interface_shows_of_a_command_is_bounded() {
    let mut named = timer("t", 1);
    let summary = payloads(limits::SUMMARY_BYTES_MAX + 1).payloads.pop();
    named.user_metadata = Some(UserMetadata { summary, details: None });
    assert!(alone(named).starts_with("BadStartTimerAttributes: "));
}
