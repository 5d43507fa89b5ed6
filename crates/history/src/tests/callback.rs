//! Completion callbacks: told until they are told, whatever crashes or fails meanwhile.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Callback, callback},
    enums::v1::CallbackState,
    workflow::v1::CallbackInfo,
};
use abide_cluster::{BoxFuture, Callbacks, Error, History};
use abide_engine::run::{Attach, Command, Delivery, Requester, Terminate, Undelivered};
use abide_model::RunKey;
use abide_store::faults::{Fault, FaultyStore, Operation};
use abide_store::{MemoryStore, Space, Store};
use tokio::sync::watch;

use super::world::*;

/// The outside: answers as it is told to, and remembers what it was told.
#[derive(Default)]
struct Outside {
    answers: Mutex<VecDeque<Undelivered>>,
    told: Mutex<Vec<Delivery>>,
    count: watch::Sender<usize>,
}

impl Outside {
    /// Refuses so many times, and takes what comes then.
    fn refusing(times: usize) -> Arc<Self> {
        let refusal = Undelivered { reason: "not now".into(), again: true };
        Arc::new(Self { answers: Mutex::new(vec![refusal; times].into()), ..Self::default() })
    }

    async fn told(&self, times: usize) -> Vec<Delivery> {
        soon(self.count.subscribe().wait_for(|count| *count >= times)).await.unwrap();
        self.told.lock().unwrap().clone()
    }
}

impl Callbacks for Outside {
    fn tell(&self, delivery: Delivery) -> BoxFuture<'_, Result<(), Undelivered>> {
        Box::pin(async move {
            self.told.lock().unwrap().push(delivery);
            self.count.send_modify(|count| *count += 1);
            match self.answers.lock().unwrap().pop_front() {
                Some(undelivered) => Err(undelivered),
                None => Ok(()),
            }
        })
    }
}

fn memory() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::open().unwrap())
}

fn callback(url: &str) -> Callback {
    let nexus = callback::Nexus { url: url.into(), header: Default::default() };
    Callback { variant: Some(callback::Variant::Nexus(nexus)), links: Vec::new() }
}

async fn start(world: &World, workflow_id: &str) -> RunKey {
    let mut request = start_request(workflow_id, "");
    request.start.attributes.completion_callbacks = vec![callback("http://a")];
    let key = request.start.key.clone();
    assert!(started(soon(world.history.start(request)).await));
    key
}

async fn terminate(world: &World, run: &RunKey) {
    let terminate = Terminate { reason: "stop".into(), details: None, requester: Requester::default() };
    soon(world.history.execute(reference(run), Command::Terminate(terminate))).await.unwrap();
}

async fn callbacks(world: &World, run: &RunKey) -> Vec<CallbackInfo> {
    soon(async {
        loop {
            match world.history.describe(reference(run)).await {
                // The shard has no fence just now.
                Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                described => return described.unwrap().callbacks,
            }
        }
    })
    .await
}

/// Waits until the run's first callback is in this state: nobody is told when.
async fn in_state(world: &World, run: &RunKey, state: CallbackState) -> CallbackInfo {
    soon(async {
        loop {
            let mut all = callbacks(world, run).await;
            if all[0].state() == state {
                return all.remove(0);
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn an_address_is_told_once_and_nothing_is_owed_any_more() {
    let world = World::new().await;
    let outside = Outside::refusing(0);
    world.history.connect_outside(outside.clone());
    let run = start(&world, "a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    in_state(&world, &run, CallbackState::Succeeded).await;
    let told = outside.told(1).await;
    assert_eq!(told[0].url, "http://a");
    let world = world.reopened().await;
    assert!(world.rows(Space::Outbound).await.is_empty() && world.rows(Space::Timer).await.is_empty());
    assert_eq!(callbacks(&world, &run).await[0].state(), CallbackState::Succeeded);
}

#[tokio::test]
async fn an_address_that_refuses_is_told_again_when_its_time_has_come_also_after_a_restart() {
    let world = World::new().await;
    let outside = Outside::refusing(2);
    world.history.connect_outside(outside.clone());
    let run = start(&world, "a").await;
    terminate(&world, &run).await;
    let info = in_state(&world, &run, CallbackState::BackingOff).await;
    assert_eq!((info.attempt, info.last_attempt_failure.unwrap().message.as_str()), (1, "not now"));
    assert!(info.next_attempt_schedule_time.is_some());
    world.clock.advance(Duration::from_secs(1));
    // Any message makes the shard look at the clock, which stands still for real sleepers.
    outside_told(&world, &run, &outside, 2).await;
    in_state(&world, &run, CallbackState::BackingOff).await;
    let world = world.reopened().await;
    assert!(world.rows(Space::Outbound).await.is_empty(), "it is known when it is told again, and not before");
    world.history.connect_outside(outside.clone());
    world.clock.advance(Duration::from_secs(2));
    outside_told(&world, &run, &outside, 3).await;
    let info = in_state(&world, &run, CallbackState::Succeeded).await;
    assert_eq!(info.attempt, 3);
}

/// Lets the shard look at the clock until the outside was told so many times.
async fn outside_told(world: &World, run: &RunKey, outside: &Outside, times: usize) {
    soon(async {
        while outside.told.lock().unwrap().len() < times {
            callbacks(world, run).await;
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_owed_before_a_crash_is_told_after_it() {
    let store = memory();
    let world = World::over(store.clone()).await;
    let run = start(&world, "a").await;
    terminate(&world, &run).await;
    assert_eq!(callbacks(&world, &run).await[0].state(), CallbackState::Scheduled);
    drop(world);
    let world = World::over(store).await;
    let outside = Outside::refusing(0);
    world.history.connect_outside(outside.clone());
    assert_eq!(outside.told(1).await.len(), 1);
    in_state(&world, &run, CallbackState::Succeeded).await;
}

#[tokio::test]
async fn an_address_that_was_told_before_a_crash_may_be_told_again_and_is_owed_nothing_then() {
    let store = memory();
    let holding = Arc::new(HoldingStore::around(store.clone()));
    let world = World::over(holding.clone()).await;
    let run = start(&world, "a").await;
    terminate(&world, &run).await;
    holding.hold();
    let outside = Outside::refusing(0);
    world.history.connect_outside(outside.clone());
    outside.told(1).await;
    drop(world);
    let world = World::over(store as Arc<dyn Store>).await;
    world.history.connect_outside(outside.clone());
    in_state(&world, &run, CallbackState::Succeeded).await;
    assert!((1..=2).contains(&outside.told(1).await.len()));
}

#[tokio::test]
async fn whichever_commit_fails_an_address_is_told_in_the_end() {
    for nth in 1..=4 {
        for fault in [Fault::Failed, Fault::FailedButDone] {
            let store = Arc::new(FaultyStore::around(memory()));
            let world = World::over(store.clone()).await;
            let outside = Outside::refusing(1);
            world.history.connect_outside(outside.clone());
            let run = start(&world, "a").await;
            store.fail(Operation::Commit, nth, fault);
            soon(async {
                loop {
                    let terminate = Terminate { reason: "stop".into(), details: None, requester: Requester::default() };
                    match world.history.execute(reference(&run), Command::Terminate(terminate)).await {
                        // The shard has no fence just now, or nobody knows whether it was stored.
                        Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
                        _ => return,
                    }
                }
            })
            .await;
            world.clock.advance(Duration::from_secs(1));
            soon(async {
                while callbacks(&world, &run).await[0].state() != CallbackState::Succeeded {
                    // What was refused a moment ago waits for its time.
                    world.clock.advance(Duration::from_millis(10));
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_start_that_joins_a_run_brings_its_callback() {
    let world = World::new().await;
    let outside = Outside::refusing(0);
    world.history.connect_outside(outside.clone());
    let run = world.start("a").await;
    let completion_callbacks = vec![callback("http://b")];
    let attach = Attach { request_id: "join".into(), completion_callbacks, links: Vec::new() };
    soon(world.history.execute(reference(&run), Command::Attach(Box::new(attach)))).await.unwrap();
    terminate(&world, &run).await;
    assert_eq!(outside.told(1).await[0].url, "http://b");
}

#[tokio::test]
async fn a_run_is_not_deleted_before_its_callbacks_had_a_chance_and_leaves_nothing() {
    let world = World::new().await;
    let run = start(&world, "a").await;
    soon(world.history.delete(reference(&run))).await.unwrap();
    assert_eq!(callbacks(&world, &run).await[0].state(), CallbackState::Scheduled);
    let outside = Outside::refusing(1);
    world.history.connect_outside(outside.clone());
    outside.told(1).await;
    soon(async {
        loop {
            world.clock.advance(Duration::from_secs(60));
            match world.history.describe(reference(&run)).await {
                Err(Error::RunNotFound { .. }) => return,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    assert!(world.rows(Space::Outbound).await.is_empty() && world.rows(Space::Timer).await.is_empty());
}
