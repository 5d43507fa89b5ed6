//! Activities.

use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{Command as WorkerCommand, ScheduleActivityTaskCommandAttributes},
    common::v1::{Header, Priority, RetryPolicy},
    enums::v1::{CommandType, EventType},
    taskqueue::v1::TaskQueue,
};
use abide_model::limits;

use super::golden::{Golden, Refusals, Row, bare, long, negative};
use crate::convert::to_proto_duration;
use crate::run::tests::world::*;
use crate::run::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::ActivityTaskScheduled, play: scheduled },
    Golden { event: EventType::ActivityTaskStarted, play: completed_at_the_second_attempt },
    Golden { event: EventType::ActivityTaskCompleted, play: completed_at_the_second_attempt },
    Golden { event: EventType::ActivityTaskFailed, play: failed },
    Golden { event: EventType::ActivityTaskTimedOut, play: timed_out },
    Golden { event: EventType::ActivityTaskCancelRequested, play: canceled },
    Golden { event: EventType::ActivityTaskCanceled, play: canceled },
];

pub const COMMANDS: &[Row] = &[
    Row { command: CommandType::ScheduleActivityTask, accepted: Some(scheduled), refused: schedules_refused },
    Row {
        command: CommandType::RequestCancelActivityTask,
        accepted: Some(canceled_unstarted),
        refused: cancels_refused,
    },
];

fn seconds(seconds: u64) -> Option<prost_types::Duration> {
    Some(to_proto_duration(Duration::from_secs(seconds)))
}

fn world_with(commands: Vec<WorkerCommand>) -> World {
    let mut world = World::new();
    world.turn(commands).expect("valid");
    world
}

/// One with everything, and one with as little as can be.
fn scheduled() -> World {
    let everything = schedule_with("a", |command| {
        command.task_queue = Some(TaskQueue { name: "payments".into(), ..TaskQueue::default() });
        command.header = Some(Header { fields: [("trace".to_owned(), payloads(1).payloads[0].clone())].into() });
        command.input = Some(payloads(3));
        command.schedule_to_close_timeout = seconds(60);
        command.schedule_to_start_timeout = seconds(20);
        command.heartbeat_timeout = seconds(5);
        command.retry_policy = Some(RetryPolicy {
            initial_interval: seconds(2),
            backoff_coefficient: 1.5,
            maximum_interval: seconds(30),
            maximum_attempts: 4,
            non_retryable_error_types: vec!["Fatal".into()],
        });
        command.priority = Some(Priority { priority_key: 1, fairness_key: "tenant".into(), fairness_weight: 2.0 });
    });
    let little = schedule_with("b", |command| command.retry_policy = None);
    world_with(vec![everything, little])
}

fn fail(world: &mut World, number: i32, non_retryable: bool) {
    let failure = Some(application_failure("declined", "Declined", non_retryable));
    world.take_activity(5).expect("offered");
    let failed = Resolution::Failed { failure, last_heartbeat_details: None };
    world.resolve(attempt(5, number), failed).expect("started");
}

fn completed_at_the_second_attempt() -> World {
    let mut world = world_with(vec![schedule("a")]);
    fail(&mut world, 1, false);
    world.pass(Duration::from_secs(1));
    world.take_activity(5).expect("offered again");
    world.resolve(attempt(5, 2), Resolution::Completed(Some(payloads(2)))).expect("started");
    world
}

fn failed() -> World {
    let mut world = world_with(vec![schedule("a")]);
    fail(&mut world, 1, true);
    world
}

/// The worker was silent after a heartbeat.
fn timed_out() -> World {
    let once = schedule_with("a", |command| {
        command.heartbeat_timeout = seconds(2);
        command.retry_policy = Some(RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() });
    });
    let mut world = world_with(vec![once]);
    world.take_activity(5).expect("offered");
    let heartbeat = RecordHeartbeat { activity: attempt(5, 1), details: Some(payloads(9)), identity: "worker".into() };
    world.ask(Command::RecordHeartbeat(Box::new(heartbeat))).expect("started");
    world.pass(Duration::from_secs(2));
    world
}

fn canceled() -> World {
    let mut world = world_with(vec![schedule("a")]);
    world.take_activity(5).expect("offered");
    world.signal("wake").expect("open");
    world.turn(vec![cancel_activity(5)]).expect("valid");
    world.resolve(attempt(5, 1), Resolution::Canceled(Some(payloads(1)))).expect("asked");
    world
}

fn canceled_unstarted() -> World {
    let mut world = world_with(vec![schedule("a")]);
    world.signal("wake").expect("open");
    world.turn(vec![cancel_activity(5)]).expect("valid");
    world
}

fn queue(name: &str) -> Option<TaskQueue> {
    Some(TaskQueue { name: name.into(), ..TaskQueue::default() })
}

fn schedules_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::ScheduleActivityTask));
    type Change = fn(&mut ScheduleActivityTaskCommandAttributes);
    let changes: [(&str, Change); 15] = [
        ("without a task queue", |it| it.task_queue = None),
        ("with a task queue without a name", |it| it.task_queue = Some(TaskQueue::default())),
        ("with a task queue whose name is too long", |it| it.task_queue = queue(&long())),
        ("with a task queue of the server", |it| it.task_queue = queue("/_sys/own")),
        ("without an id", |it| it.activity_id.clear()),
        ("with an id that is too long", |it| it.activity_id = long()),
        ("without a type", |it| it.activity_type = None),
        ("without a timeout", |it| it.start_to_close_timeout = None),
        ("with a start to close backwards", |it| it.start_to_close_timeout = negative()),
        ("with a schedule to close backwards", |it| it.schedule_to_close_timeout = negative()),
        ("with a schedule to start backwards", |it| it.schedule_to_start_timeout = negative()),
        ("with a heartbeat backwards", |it| it.heartbeat_timeout = negative()),
        ("with a priority below all", |it| {
            it.priority = Some(Priority { priority_key: -1, ..Priority::default() });
        }),
        ("with a fairness key that is too long", |it| {
            let fairness_key = "x".repeat(limits::FAIRNESS_KEY_BYTES_MAX + 1);
            it.priority = Some(Priority { fairness_key, ..Priority::default() });
        }),
        ("with an input that is too large", |it| it.input = Some(payloads(1001))),
    ];
    for (case, change) in changes {
        refusals.alone(case, schedule_with("a", change));
    }
    policies_refused(refusals);
    refusals.list("with an id that another has", vec![schedule("a"), schedule("a")]);
    let mut full = World::new();
    full.limits.pending.activities_max = 2;
    refusals.after("one too many", full, vec![schedule("a"), schedule("b"), schedule("c")]);
}

fn policies_refused(refusals: &mut Refusals) {
    let policy = RetryPolicy::default;
    let policies = [
        ("with a first interval backwards", RetryPolicy { initial_interval: negative(), ..policy() }),
        ("with a longest interval backwards", RetryPolicy { maximum_interval: negative(), ..policy() }),
        ("with intervals that shrink", RetryPolicy { backoff_coefficient: 0.5, ..policy() }),
        (
            "with a first interval above the longest",
            RetryPolicy { initial_interval: seconds(5), maximum_interval: seconds(1), ..policy() },
        ),
        ("with fewer attempts than none", RetryPolicy { maximum_attempts: -1, ..policy() }),
        (
            "with an unknown timeout that is final",
            RetryPolicy { non_retryable_error_types: vec!["TemporalTimeout:Never".into()], ..policy() },
        ),
    ];
    for (case, policy) in policies {
        refusals.alone(case, schedule_with("a", |command| command.retry_policy = Some(policy)));
    }
}

fn cancels_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::RequestCancelActivityTask));
    refusals.alone("of event 0", cancel_activity(0));
    refusals.alone("of an event that is not there", cancel_activity(77));
    let mut world = world_with(vec![schedule("a")]);
    world.take_activity(5).expect("offered");
    world.signal("wake").expect("open");
    refusals.after("twice", world, vec![cancel_activity(5), cancel_activity(5)]);
    refusals.after("of one that has ended", failed(), vec![cancel_activity(5)]);
}
