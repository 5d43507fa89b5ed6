//! What a run may be, and what happens at its bounds.

use std::time::Duration;

use abide_api::temporal::api::history::v1::history_event::Attributes as Event;
use abide_model::limits;

use super::golden::text;
use super::world::*;
use crate::run::*;

fn heartbeat(world: &mut World) -> WorkflowTaskCompleted {
    let reply = world.complete_with(vec![], |done| {
        done.force_new_task = true;
        done.return_new_task = true;
    });
    match reply.expect("valid") {
        Reply::WorkflowTaskCompleted(completed) => *completed,
        reply => panic!("a task was completed, and came {reply:?}"),
    }
}

#[test]
fn heartbeats_keep_the_time_of_the_first_task_and_end_after_half_an_hour() {
    let mut world = World::new();
    let first = world.take_task().expect("offered").scheduled_at;
    for _ in 0..225 {
        world.now = world.now.after(Duration::from_secs(8));
        let next = heartbeat(&mut world).next.expect("the next task comes with the answer");
        assert_eq!(next.scheduled_at, first);
    }
    world.now = world.now.after(Duration::from_secs(8));
    let refused = heartbeat(&mut world);
    assert!(refused.heartbeats_timed_out && refused.next.is_none());
    let last = text(&world).lines().rev().take(3).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(last);
    let task = world.take_task().expect("another task follows");
    assert_eq!((task.token.attempt, task.scheduled_at), (2, world.now));
}

#[test]
fn a_heartbeat_that_decides_something_begins_a_new_task() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.now = world.now.after(Duration::from_secs(5));
    world.complete_with(vec![marker("m")], |done| done.force_new_task = true).expect("valid");
    assert_eq!(world.take_task().expect("forced").scheduled_at, world.now);
}

#[test]
fn workflow_tasks_that_keep_failing_are_reported_until_one_succeeds() {
    let mut world = World::new();
    let reported = |world: &World| {
        let shown = world.run.info().search_attributes.expect("shown").indexed_fields;
        shown.get("TemporalReportedProblems").map(|problem| String::from_utf8_lossy(&problem.data).into_owned())
    };
    for _ in 0..4 {
        world.take_task().expect("offered");
        world.fail_task().expect("started");
    }
    assert_eq!(reported(&world), None);
    world.take_task().expect("offered");
    let before = world.run.visibility_revision();
    world.fail_task().expect("started");
    assert!(world.run.visibility_revision() > before);
    let expected = r#"["category=WorkflowTaskFailed","cause=WorkflowTaskFailedCauseWorkflowWorkerUnhandledFailure"]"#;
    assert_eq!(reported(&world).as_deref(), Some(expected));
    world.turn(vec![]).expect("valid");
    assert_eq!(reported(&world), None);
}

#[test]
fn a_run_whose_history_has_too_many_events_is_terminated_whatever_it_was_that_wrote_the_last() {
    let mut world = World::new();
    world.limits.history.events_max = 8;
    world.turn(vec![schedule("a")]).expect("valid");
    world.take_activity(5).expect("offered");
    world.resolve(attempt(5, 1), Resolution::Completed(None)).expect("started");
    assert!(!world.run.is_open());
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_run_that_takes_too_much_memory_is_terminated() {
    let mut world = World::new();
    world.limits.blob_bytes_max = limits::RUN_BYTES_MAX;
    world.limits.transaction_bytes_max = limits::RUN_BYTES_MAX;
    let huge = |id: &str| schedule_with(id, |command| command.input = Some(payloads(limits::RUN_BYTES_MAX / 2)));
    world.turn(vec![huge("a")]).expect("valid");
    assert!(world.run.is_open());
    world.signal("wake").expect("open");
    world.turn(vec![huge("b")]).expect("valid");
    let reason = world.events().last().and_then(|event| match &event.attributes {
        Some(Event::WorkflowExecutionTerminatedEventAttributes(terminated)) => Some(terminated.reason.clone()),
        _ => None,
    });
    assert_eq!(reason.as_deref(), Some("Workflow mutable state size exceeds limit."));
}

#[test]
fn each_build_of_a_worker_is_a_point_to_reset_to() {
    let mut world = World::new();
    for build in ["one", "one", "two"] {
        world.take_task().expect("offered");
        world.complete_with(vec![], |done| done.binary_checksum = build.into()).expect("valid");
        world.signal(&format!("after {build} {}", world.events().len())).expect("open");
    }
    let points = world.run.info().auto_reset_points.expect("shown").points;
    let shown: Vec<(&str, i64)> = points
        .iter()
        .map(|point| {
            #[expect(deprecated, reason = "what old workers send")]
            let checksum = point.binary_checksum.as_str();
            (checksum, point.first_workflow_task_completed_id)
        })
        .collect();
    assert_eq!(shown, [("one", 4), ("two", 12)]);
}

#[test]
fn how_long_an_id_may_be_is_a_setting() {
    let mut world = World::new();
    world.limits.id_bytes_max = 10;
    let told = world.turn(vec![timer("eleven char", 1)]).expect("known");
    let Reply::WorkflowTaskCompleted(told) = told else { panic!("{told:?}") };
    let text = "BadStartTimerAttributes: TimerId on StartTimerCommand exceeds length limit. TimerId=eleven char \
                Length=11 Limit=10";
    assert_eq!(told.refused.expect("refused").message, text);
    world.turn(vec![timer("ten chars.", 1)]).expect("valid");
}
