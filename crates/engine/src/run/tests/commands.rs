//! Commands that depend on those before them. What each command leads to and is refused for stands in the catalogue.

use std::time::Duration;

use abide_api::temporal::api::{command::v1::Command as WorkerCommand, common::v1::RetryPolicy};

use super::world::*;
use crate::run::*;

/// Whether a worker may decide this now.
fn is_accepted(world: &mut World, commands: Vec<WorkerCommand>) -> bool {
    match world.turn(commands) {
        Ok(Reply::WorkflowTaskCompleted(completed)) => completed.refused.is_none(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_activity_id_is_free_again_when_the_activity_has_ended() {
    let mut world = World::new();
    world.turn(vec![schedule("a")]).expect("valid");
    world.signal("wake").expect("open");
    assert!(is_accepted(&mut world, vec![cancel_activity(5), schedule("a")]), "it ended unstarted");
}

#[test]
fn a_timer_id_is_free_again_when_the_timer_is_canceled() {
    assert!(is_accepted(&mut World::new(), vec![timer("t", 1), cancel_timer("t"), timer("t", 2)]));
}

#[test]
fn of_a_single_attempt_nothing_else_that_a_retry_policy_says_matters() {
    let once = RetryPolicy { maximum_attempts: 1, backoff_coefficient: 0.5, ..RetryPolicy::default() };
    let command = schedule_with("a", |command| command.retry_policy = Some(once));
    assert!(is_accepted(&mut World::new(), vec![command]));
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
