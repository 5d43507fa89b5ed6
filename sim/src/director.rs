//! Who makes things go wrong. A seed decides which kinds of misfortune there are at all (few at a time find more than all
//! at once) and when each comes. Two tasks: one for the process, one for spells of bad weather.

use std::time::Duration;

use tokio::time::{Instant, advance, sleep, timeout};

use crate::audit;
use crate::dice::Dice;
use crate::weather::Now;
use crate::worker::Worker;
use crate::world::World;

/// What happens to processes and to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    /// The server is killed.
    Crash,
    /// The server is killed when it has called its store so often.
    CrashInTheMiddle,
    /// Tasks are lost on their way to matching; then the server is killed.
    CrashAfterLostTasks,
    /// The server is stopped and started in good order.
    Restart,
    /// The disk fails, and the server is killed some time after.
    BrokenDisk,
    /// Nothing runs while time goes by.
    Pause,
    /// Somebody sets the clock of the server.
    ClockSet,
    /// A worker is killed; another one starts.
    WorkerCrash,
}

/// What goes wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spell {
    SlowStore,
    FailingReads,
    UnknownCommits,
    BadWire,
    LateOffers,
    BadWorkers,
    BadOutside,
}

const BLOWS: [Blow; 8] = [
    Blow::Crash,
    Blow::CrashInTheMiddle,
    Blow::CrashAfterLostTasks,
    Blow::Restart,
    Blow::BrokenDisk,
    Blow::Pause,
    Blow::ClockSet,
    Blow::WorkerCrash,
];
const SPELLS: [Spell; 7] = [
    Spell::SlowStore,
    Spell::FailingReads,
    Spell::UnknownCommits,
    Spell::BadWire,
    Spell::LateOffers,
    Spell::BadWorkers,
    Spell::BadOutside,
];

/// Lets things go wrong until the time is over. The server runs when this returns.
pub async fn misfortune(world: &World, workers: &mut [Worker], length: Duration) {
    let until = Instant::now() + length;
    tokio::join!(blows(world, workers, until), spells(world, until));
}

async fn blows(world: &World, workers: &mut [Worker], until: Instant) {
    let mut dice = world.dice("blows");
    let kinds = some(&mut dice, &BLOWS);
    world.trace.line("director", format_args!("blows: {kinds:?}"));
    while Instant::now() < until {
        sleep(dice.millis(200, 12_000)).await;
        if kinds.is_empty() {
            continue;
        }
        let blow = *dice.pick(&kinds);
        world.trace.line("director", format_args!("{blow:?}"));
        strike(world, workers, &mut dice, blow).await;
    }
}

async fn strike(world: &World, workers: &mut [Worker], dice: &mut Dice, blow: Blow) {
    match blow {
        Blow::Crash => crash(world, dice).await,
        Blow::CrashInTheMiddle => {
            world.weather.arm(dice.below(40));
            drop(timeout(Duration::from_secs(20), world.weather.sprung()).await);
            world.weather.disarm();
            crash(world, dice).await;
        }
        Blow::CrashAfterLostTasks => {
            world.weather.set(|now| now.offers.lost = 300);
            sleep(dice.millis(100, 5000)).await;
            world.host.crash();
            world.weather.set(|now| now.offers.lost = 0);
            crash(world, dice).await;
        }
        Blow::Restart => {
            world.host.stop().await;
            audit::disk(world);
            world.host.boot().await;
        }
        Blow::BrokenDisk => {
            world.host.break_disk();
            sleep(dice.millis(10, 4000)).await;
            crash(world, dice).await;
        }
        Blow::Pause => advance(dice.millis(500, 40_000)).await,
        Blow::ClockSet => {
            let by = dice.between(1, 60_000) as i64;
            world.clock.set(if dice.happens(300) { -by / 3 } else { by });
        }
        Blow::WorkerCrash => {
            let place = dice.below(workers.len() as u64) as usize;
            workers[place] = Worker::start(world);
        }
    }
}

async fn crash(world: &World, dice: &mut Dice) {
    world.host.crash();
    // What was aborted is dropped when its turn comes.
    sleep(Duration::from_millis(1)).await;
    audit::disk(world);
    sleep(dice.millis(0, 3000)).await;
    world.host.boot().await;
}

async fn spells(world: &World, until: Instant) {
    let mut dice = world.dice("spells");
    let kinds = some(&mut dice, &SPELLS);
    world.trace.line("director", format_args!("spells: {kinds:?}"));
    while Instant::now() < until && !kinds.is_empty() {
        sleep(dice.millis(0, 8000)).await;
        let spell = *dice.pick(&kinds);
        let length = dice.millis(200, 10_000);
        world.trace.line("director", format_args!("{spell:?} for {length:?}"));
        world.weather.set(|now| begin(now, &mut dice, spell));
        sleep(length).await;
        world.weather.set(|now| end(now, spell));
    }
}

fn begin(now: &mut Now, dice: &mut Dice, spell: Spell) {
    match spell {
        Spell::SlowStore => {
            now.store.sync_millis = (dice.between(1, 100), dice.between(100, 3000));
            now.store.read_millis = (0, dice.between(1, 300));
        }
        Spell::FailingReads => now.store.failing_reads = dice.between(20, 400),
        Spell::UnknownCommits => now.store.unknown_commits = dice.between(10, 300),
        Spell::BadWire => {
            now.wire.latency_millis = (0, dice.between(1, 500));
            now.wire.lost_requests = dice.between(0, 150);
            now.wire.lost_answers = dice.between(0, 150);
            now.wire.doubled_requests = dice.between(0, 100);
        }
        Spell::LateOffers => {
            now.offers.late = dice.between(0, 500);
            now.offers.doubled = dice.between(0, 500);
        }
        Spell::BadWorkers => {
            now.workers.ignored = dice.between(0, 200);
            now.workers.failed = dice.between(0, 150);
            now.workers.dawdled = dice.between(0, 200);
            now.workers.answered_twice = dice.between(0, 300);
        }
        Spell::BadOutside => {
            now.outside.unreachable = dice.between(0, 500);
            now.outside.not_now = dice.between(0, 900);
            now.outside.never = dice.between(0, 60);
            now.outside.unheard = dice.between(0, 500);
        }
    }
}

fn end(now: &mut Now, spell: Spell) {
    let calm = Now::default();
    match spell {
        Spell::SlowStore => {
            (now.store.sync_millis, now.store.read_millis) = (calm.store.sync_millis, calm.store.read_millis);
        }
        Spell::FailingReads => now.store.failing_reads = 0,
        Spell::UnknownCommits => now.store.unknown_commits = 0,
        Spell::BadWire => now.wire = calm.wire,
        Spell::LateOffers => (now.offers.late, now.offers.doubled) = (0, 0),
        Spell::BadWorkers => now.workers = calm.workers,
        Spell::BadOutside => now.outside = calm.outside,
    }
}

/// About half of them.
fn some<T: Copy>(dice: &mut Dice, all: &[T]) -> Vec<T> {
    all.iter().copied().filter(|_| dice.happens(500)).collect()
}
