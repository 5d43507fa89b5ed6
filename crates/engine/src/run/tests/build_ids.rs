//! What lists say of the builds that worked on a run.

use abide_api::temporal::api::common::v1::WorkerVersionStamp;

use super::world::*;

/// What lists show, and how often they have been told something.
fn shown(world: &World) -> (Option<String>, u64) {
    let attributes = world.run.info().search_attributes.expect("shown").indexed_fields;
    let ids = attributes.get("BuildIds").map(|ids| String::from_utf8_lossy(&ids.data).into_owned());
    (ids, world.run.visibility_revision())
}

fn turn_of(world: &mut World, build_id: &str) {
    let signals = world.events().len();
    world.signal(&signals.to_string()).expect("open");
    let stamp = WorkerVersionStamp { build_id: build_id.into(), use_versioning: false };
    world.take_task().expect("offered");
    world.complete_with(Vec::new(), |done| done.worker_version = Some(stamp)).expect("valid");
}

#[test]
fn every_build_that_has_completed_a_workflow_task_is_listed_once() {
    let mut world = World::new();
    let (ids, before) = shown(&world);
    assert_eq!(ids, None, "nobody has worked on it");
    world.turn(Vec::new()).expect("valid");
    let (ids, told) = shown(&world);
    assert_eq!(ids.as_deref(), Some(r#"["unversioned"]"#));
    assert!(told > before);
    turn_of(&mut world, "1.0");
    let (ids, after_first) = shown(&world);
    assert_eq!(ids.as_deref(), Some(r#"["unversioned","unversioned:1.0"]"#));
    assert!(after_first > told);
    turn_of(&mut world, "1.0");
    assert_eq!(shown(&world), (ids, after_first), "nothing is new");
    turn_of(&mut world, "2.0");
    let (ids, after_second) = shown(&world);
    assert_eq!(ids.as_deref(), Some(r#"["unversioned","unversioned:1.0","unversioned:2.0"]"#));
    assert!(after_second > after_first);
}
