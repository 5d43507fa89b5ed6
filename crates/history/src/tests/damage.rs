//! A store in which some rows are not what was stored: whoever asks is answered, the runs that are whole go on, and nobody
//! waits for ever.

use std::sync::Arc;
use std::time::Duration;

use abide_cluster::History;
use abide_model::{RunKey, limits};
use abide_mutation::{Random, cases, mutated};
use abide_store::{MemoryStore, Row, Space, Store, Write};

use super::world::*;

/// What is read again when a server starts, or when somebody asks for a run.
const SPACES: [Space; 8] = [
    Space::Current,
    Space::Node,
    Space::Snapshot,
    Space::Dispatch,
    Space::Timer,
    Space::Outbound,
    Space::Retention,
    Space::Visibility,
];

/// Longer ones are refused by every store.
const KEY_BYTES_MAX: usize = 1000;

/// Runs in several states, in a store of their own; what is asked of them afterwards.
async fn runs(store: &Arc<dyn Store>) -> (Vec<RunKey>, Arc<ManualClock>) {
    let world = World::over(store.clone()).await;
    let (mut keys, mut tasks) = (Vec::new(), Vec::new());
    for number in 0..6 {
        keys.push(world.start(&format!("run-{number}")).await);
        tasks.push(world.next_workflow_task().await);
    }
    let timer = || start_timer("timer", Duration::from_secs(5));
    for (number, task) in tasks.iter().enumerate() {
        let commands = match number {
            0 => Vec::new(),
            1 => vec![schedule_activity("activity", 3)],
            2 => vec![timer()],
            3 => vec![complete_workflow()],
            _ => vec![schedule_activity("activity", 1), timer()],
        };
        world.complete_with(task, commands).await;
        if number != 3 {
            world.signal(&task.run, "signal").await.unwrap();
        }
    }
    world.history.close().await;
    (keys, world.clock)
}

async fn ask_everything(seed: u64) {
    let random = &mut Random::of(seed);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::open().unwrap());
    let (keys, clock) = runs(&store).await;
    let whole = start_request("whole", "").start.key.workflow;
    let mut all: Vec<(Space, Row)> = Vec::new();
    for space in SPACES {
        all.extend(rows(&*store, space).await.into_iter().map(|row| (space, row)));
    }
    let values: Vec<Vec<u8>> = all.iter().map(|(_, row)| row.value.to_vec()).collect();
    let mut writes = Vec::new();
    for _ in 0..=random.below(4) {
        let (space, row) = random.one_of(&all).clone();
        let Row { partition, key, value } = row;
        writes.push(if random.percent(20) {
            // Another row of the same kind, whose key is damaged.
            let mut key = mutated(&key, &[], random);
            key.truncate(KEY_BYTES_MAX);
            Write::Put { space, partition, key: key.into(), value }
        } else {
            Write::Put { space, partition, key, value: mutated(&value, &values, random).into() }
        });
    }
    put(&store, writes).await;

    let world = World::with(store, clock, limits::CACHE_BYTES_DEFAULT).await;
    world.clock.advance(Duration::from_secs(60));
    for key in &keys {
        let _ = world.page(key, |_| {}).await;
        let _ = soon(world.history.describe(reference(key))).await;
        let _ = world.signal(key, "again").await;
        let _ = soon(world.history.start(start_request(&key.workflow.workflow_id, ""))).await;
    }
    // Those that are whole are served as ever.
    let key = world.start(&whole.workflow_id).await;
    world.signal(&key, "signal").await.unwrap();
    soon(world.history.close()).await;
}

#[tokio::test]
async fn rows_that_are_damaged_stop_nobody_but_the_run_that_they_are_of() {
    for seed in 0..u64::from(cases(60)) {
        println!("seed {seed}");
        ask_everything(seed).await;
    }
}
