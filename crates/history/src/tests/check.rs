//! What is stored is looked at as a whole: nothing is wrong with what was left as it is, and what was taken away or
//! changed is noticed.

use std::sync::Arc;
use std::time::Duration;

use abide_cluster::History;
use abide_model::{Partition, RunKey};
use abide_mutation::{Random, cases, mutated};
use abide_store::check::Report;
use abide_store::{Batch, MemoryStore, Row, Space, Store, Urgency, Write};
use tokio::sync::oneshot;

use super::world::*;
use crate::check::check;

fn look(store: &MemoryStore) -> Report {
    let mut report = Report::default();
    check(store, &mut report, &mut |_| {}).unwrap();
    report
}

async fn put(store: &Arc<MemoryStore>, writes: Vec<Write>) {
    let fence = Arc::new(store.acquire(0..=Partition::SHARED.0).await.unwrap());
    let (tell, told) = oneshot::channel();
    store.commit(Batch { fence, writes }, Urgency::Now, Box::new(move |outcome| drop(tell.send(outcome))));
    told.await.unwrap().unwrap();
}

/// Runs in many states.
async fn runs(store: &Arc<MemoryStore>) -> Vec<RunKey> {
    let world = World::over(store.clone()).await;
    let (mut keys, mut tasks) = (Vec::new(), Vec::new());
    for number in 0..8 {
        keys.push(world.start(&format!("run-{number}")).await);
        tasks.push(world.next_workflow_task().await);
    }
    for (number, (run, task)) in keys.iter().zip(&tasks).enumerate() {
        let timer = || start_timer("timer", Duration::from_secs(5000));
        let commands = match number {
            0 => Vec::new(),
            1 => vec![schedule_activity("activity", 3)],
            2 => vec![timer()],
            3 | 4 => vec![complete_workflow()],
            5 => vec![continue_as_new()],
            _ => vec![schedule_activity("activity", 1), timer()],
        };
        world.complete_with(task, commands).await;
        match number {
            0..=2 => world.signal(run, "signal").await.unwrap(),
            4 => drop(world.start("run-4").await),
            7 => {
                for _ in 0..210 {
                    world.signal(run, "signal").await.unwrap();
                }
            }
            _ => {}
        }
    }
    soon(world.history.delete(reference(&keys[6]))).await.unwrap();
    world.history.close().await;
    keys
}

async fn all_rows(store: &Arc<MemoryStore>) -> Vec<(Space, Row)> {
    let mut all = Vec::new();
    for space in Space::ALL {
        all.extend(rows(&**store, space).await.into_iter().map(|row| (space, row)));
    }
    all
}

#[tokio::test]
async fn nothing_is_wrong_with_what_a_server_has_left() {
    let store = Arc::new(MemoryStore::open().unwrap());
    runs(&store).await;
    let report = look(&store);
    assert_eq!(report.findings(), []);
    assert!(report.counts()["runs"] >= 8 && report.counts()["snapshots"] >= 1, "{:?}", report.counts());
}

#[tokio::test]
async fn a_row_that_is_missing_is_noticed() {
    let store = Arc::new(MemoryStore::open().unwrap());
    runs(&store).await;
    let all = all_rows(&store).await;
    let is_last = |row: &Row| {
        !all.iter()
            .any(|(space, other)| *space == Space::Node && other.key[..16] == row.key[..16] && other.key > row.key)
    };
    let mut timers = 0;
    for (space, row) in &all {
        let Row { partition, key, value } = row.clone();
        put(&store, vec![Write::Delete { space: *space, partition, key: key.clone() }]).await;
        let report = look(&store);
        let noticed = report.wrongs() + report.leftovers() > 0;
        match space {
            // Snapshots are a cache; nobody refers to other rows of no run.
            Space::Snapshot | Space::Meta => assert!(!noticed, "{:?}", report.findings()),
            // Behind the last transition there is only what it changed.
            Space::Node if is_last(row) => {}
            // Some are of deadlines that have passed away.
            Space::Timer => timers += usize::from(noticed),
            Space::Node | Space::Current | Space::Dispatch | Space::Visibility | Space::Outbound | Space::Retention => {
                assert!(noticed, "{space:?} {row:?}")
            }
        }
        put(&store, vec![Write::Put { space: *space, partition, key, value }]).await;
    }
    assert!(timers > 0);
    assert_eq!(look(&store).findings(), []);
}

#[tokio::test]
async fn a_row_that_should_not_be_there_is_noticed() {
    let store = Arc::new(MemoryStore::open().unwrap());
    runs(&store).await;
    for (space, row) in all_rows(&store).await {
        if space == Space::Meta {
            continue;
        }
        // The same of another run, and the same in another partition.
        let Row { partition, key, value } = row;
        let place = match space {
            Space::Node | Space::Snapshot | Space::Outbound | Space::Current | Space::Meta => 0,
            Space::Dispatch => key.len() - 17,
            Space::Timer | Space::Visibility | Space::Retention => key.len() - 1,
        };
        let mut other = key.to_vec();
        other[place] ^= 1;
        let elsewhere = Partition((partition.0 + 1) % Partition::COUNT);
        for (partition, key) in [(partition, other.into()), (elsewhere, key)] {
            put(&store, vec![Write::Put { space, partition, key: bytes::Bytes::clone(&key), value: value.clone() }])
                .await;
            let report = look(&store);
            assert!(report.wrongs() + report.leftovers() > 0, "{space:?} {partition:?} {key:?}");
            put(&store, vec![Write::Delete { space, partition, key }]).await;
        }
    }
    assert_eq!(look(&store).findings(), []);
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_noticed_and_any_other_stops_nobody() {
    let store = Arc::new(MemoryStore::open().unwrap());
    runs(&store).await;
    let all = all_rows(&store).await;
    let values: Vec<Vec<u8>> = all.iter().map(|(_, row)| row.value.to_vec()).collect();
    for seed in 0..u64::from(cases(100)) {
        let random = &mut Random::of(seed);
        let (space, Row { partition, key, value }) = random.one_of(&all).clone();
        let versions = [0, 200];
        let mut unreadable = value.to_vec();
        unreadable[0] = *random.one_of(&versions);
        put(&store, vec![Write::Put { space, partition, key: key.clone(), value: unreadable.into() }]).await;
        assert!(look(&store).wrongs() > 0, "seed {seed}: {space:?} {key:?}");
        let damaged = mutated(&value, &values, random);
        put(&store, vec![Write::Put { space, partition, key: key.clone(), value: damaged.into() }]).await;
        look(&store);
        put(&store, vec![Write::Put { space, partition, key, value }]).await;
    }
    assert_eq!(look(&store).findings(), []);
}
