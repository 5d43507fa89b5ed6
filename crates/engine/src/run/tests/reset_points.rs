//! Points to reset to, and programs that the namespace calls bad.

use std::time::Duration;

use super::golden::text;
use super::world::*;
use crate::run::Reply;

const HOUR: Duration = Duration::from_secs(3600);

/// Each point's program, and whether it expires.
#[expect(deprecated, reason = "what old workers send")]
fn points(world: &World) -> Vec<(String, bool)> {
    let points = world.run.info().auto_reset_points.map(|points| points.points).unwrap_or_default();
    points.into_iter().map(|point| (point.binary_checksum, point.expire_time.is_some())).collect()
}

#[test]
fn a_bad_program_decides_nothing() {
    let mut world = World::new();
    world.take_task().expect("offered");
    let told = world.complete_with(vec![complete()], |done| {
        done.binary_checksum = "worse".into();
        done.has_bad_binary = true;
    });
    let Reply::WorkflowTaskCompleted(told) = told.expect("recorded") else { panic!("another reply") };
    assert_eq!(told.refused.expect("refused").message, "BadBinary: binary worse is marked as bad deployment");
    assert!(world.run.is_open());
    insta::assert_snapshot!(text(&world));
}

#[test]
fn the_run_that_follows_inherits_points_as_long_as_their_history_is_kept() {
    let mut world = World::new();
    world.limits.continue_interval_min = Duration::ZERO;
    world.take_task().expect("offered");
    let closed = world.complete_with(vec![continue_as_new()], |done| done.binary_checksum = "one".into());
    closed.expect("valid");
    let predecessor = world.run.run_id();
    let now = world.now;
    let start = world.successor.as_mut().expect("another run follows");
    start.expire_reset_points(predecessor, now, HOUR);
    let mut next = world.next();
    assert_eq!(points(&next), [("one".to_owned(), true)]);
    next.take_task().expect("offered");
    next.complete_with(vec![], |done| done.binary_checksum = "two".into()).expect("valid");
    assert_eq!(points(&next), [("one".to_owned(), true), ("two".to_owned(), false)]);
    let resettable = |after| next.run.resettable_points(next.now.after(after)).count();
    assert_eq!((resettable(Duration::ZERO), resettable(2 * HOUR)), (2, 1));
}

#[test]
fn lists_show_the_programs_of_old_workers() {
    let mut world = World::new();
    world.take_task().expect("offered");
    world.complete_with(vec![], |done| done.binary_checksum = "one".into()).expect("valid");
    let shown = world.run.info().search_attributes.expect("some").indexed_fields;
    assert_eq!(shown["BinaryChecksums"].data.as_ref(), br#"["one"]"#);
}
