//! Deleted namespaces: everything inside goes, page by page, whatever crashes between; then they are gone themselves.

use std::time::Duration;

use abide_cluster::Error;
use abide_cluster::matching::{QueueKey, QueueKind};
use abide_engine::namespace::{Register, State};
use abide_engine::queue_config;
use abide_engine::run::QueueName;
use abide_model::{NamespaceId, limits};
use abide_store::Space;
use uuid::Uuid;

use super::world::*;

const HOUR: Duration = Duration::from_secs(3600);
const SEVEN: NamespaceId = NamespaceId(Uuid::from_u128(7));

async fn register(world: &World) {
    let register = Register { id: Some(SEVEN), name: "seven".into(), retention: HOUR, ..Register::default() };
    world.history.namespaces().register(register).await.unwrap();
}

/// How many rows there are about the namespace and its runs, but in the spaces that are left out.
async fn rows_left(world: &World, without: &[Space]) -> usize {
    let mut left = 0;
    for space in Space::ALL.into_iter().filter(|space| !without.contains(space)) {
        let rows = world.rows(space).await;
        // Fences are nobody's.
        left += rows.iter().filter(|row| space != Space::Meta || matches!(row.key[0], b'n' | b'q')).count();
    }
    left
}

async fn until_gone(world: &World, without: &[Space]) {
    soon(async {
        while world.history.namespaces().by_id(SEVEN).is_ok() || rows_left(world, without).await > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn busy_namespace(world: &World) {
    register(world).await;
    let queue = QueueKey { namespace: SEVEN, kind: QueueKind::Workflow, queue: QueueName::normal("q") };
    let set_weights = [("key".to_owned(), 2.0)].into();
    let update = queue_config::Update { set_weights, ..queue_config::Update::default() };
    world.history.queue_configs().update(queue, update).await.unwrap();
    for n in 0..limits::RECLAIM_PAGE_RUNS {
        world.start(&format!("w{n}")).await;
    }
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![schedule_activity("x", 0), start_timer("t", HOUR)]).await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    // Again, so that there is more than one page, and a closed run that is not the newest.
    world.start(&task.run.workflow.workflow_id).await;
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_namespace() {
    let world = World::new().await;
    busy_namespace(&world).await;
    let deleted = soon(world.history.namespaces().delete(SEVEN, Duration::ZERO)).await.unwrap();
    assert_eq!((deleted.name.as_str(), deleted.state()), ("seven-deleted-00000", State::Deleted));
    assert!(matches!(world.history.namespaces().by_name("seven"), Err(Error::NamespaceNotFound(_))));
    until_gone(&world, &[]).await;
}

#[tokio::test]
async fn a_namespace_that_was_being_emptied_when_the_server_crashed_is_emptied_by_the_next_one() {
    let world = World::new().await;
    busy_namespace(&world).await;
    soon(world.history.namespaces().delete(SEVEN, Duration::ZERO)).await.unwrap();
    let (clock, store) = (world.clock.clone(), world.store.clone());
    drop(world);
    let world = World::with(store, clock, limits::CACHE_BYTES_DEFAULT).await;
    // A timer row that the crashed server wrote for an earlier deadline finds nothing when its time comes, and goes then.
    until_gone(&world, &[Space::Timer]).await;
}

#[tokio::test]
async fn a_deleted_namespace_is_shown_for_as_long_as_its_delay_and_its_name_is_free() {
    let world = World::new().await;
    register(&world).await;
    let namespaces = world.history.namespaces();
    soon(namespaces.delete(SEVEN, HOUR)).await.unwrap();
    soon(async {
        while namespaces.by_id(SEVEN).unwrap().deletion.clone().unwrap().emptied_at.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let again = Register { name: "seven".into(), retention: HOUR, ..Register::default() };
    assert_ne!(namespaces.register(again).await.unwrap().id(), SEVEN);
    world.clock.advance(HOUR);
    // Asked again, it looks at the clock.
    soon(namespaces.delete(SEVEN, HOUR)).await.unwrap();
    soon(async {
        while namespaces.by_id(SEVEN).is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(namespaces.by_name("seven").is_ok());
}
