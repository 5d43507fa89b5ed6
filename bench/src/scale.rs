//! What large things cost: a run with many pending activities, a run with a long history, many open runs that wait. Drives
//! the owner of runs and the task queues over a SQLite file directly, without gRPC, so that what is measured is the state
//! and its storing. Prints lines of JSON.

mod idle;
mod listed;
mod world;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use self::world::World;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Scenario {
    /// Completing activities of a run with `--count` pending ones, and of one with ten.
    Activities,
    /// The last transitions of a run with `--count` events, and the first ones.
    Events,
    /// Writes a file with `--count` open runs that wait for a timer.
    Generate,
    /// Lists and counts over `--count` runs that are shown.
    Listed,
    /// Opens such a file: until it answers, and what it takes in memory.
    Serve,
}

/// What is measured, and how large it is.
#[derive(Args)]
pub(crate) struct Arguments {
    #[arg(value_enum)]
    scenario: Scenario,
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// The database; a temporary one by default.
    #[arg(long)]
    file: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = arguments.file.clone().unwrap_or_else(|| folder.path().join("data.db"));
    match arguments.scenario {
        Scenario::Activities => activities(&World::open(&file).await, arguments.count).await,
        Scenario::Events => events(&World::open(&file).await, arguments.count).await,
        Scenario::Generate => idle::generate(&file, arguments.count).await,
        Scenario::Listed => listed::measure(&file, arguments.count).await,
        Scenario::Serve => idle::serve(&file).await,
    }
}

/// How many transitions each figure is an average of.
const SAMPLE: usize = 500;

async fn activities(world: &World, count: usize) {
    for pending in [10, count] {
        let run = world.start(&format!("pending-{pending}")).await;
        let mut left = pending + SAMPLE;
        let mut number = 0;
        let task = world.workflow_task().await;
        // Scheduled a thousand at a time; each workflow task is called for by a signal.
        let first = left.min(1000);
        world.complete(task, world::schedule(&mut number, first)).await;
        left -= first;
        while left > 0 {
            world.signal(&run).await;
            let next = left.min(1000);
            let task = world.workflow_task().await;
            world.complete(task, world::schedule(&mut number, next)).await;
            left -= next;
        }
        let (mut started, mut resolved) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..SAMPLE {
            let since = Instant::now();
            let activity = world.activity().await;
            started += since.elapsed();
            let since = Instant::now();
            world.resolve(activity).await;
            resolved += since.elapsed();
        }
        report("activities", pending, &[("start_us", started), ("complete_us", resolved)]);
        world.terminate(&run).await;
    }
}

async fn events(world: &World, count: usize) {
    let run = world.start("long").await;
    let mut number = 0;
    // A round is three transitions and six events.
    let rounds = count / 6;
    let (mut first, mut last) = (Duration::ZERO, Duration::ZERO);
    for round in 0..rounds {
        let since = Instant::now();
        let task = world.workflow_task().await;
        world.complete(task, world::schedule(&mut number, 1)).await;
        let activity = world.activity().await;
        world.resolve(activity).await;
        if round < SAMPLE {
            first += since.elapsed();
        } else if round >= rounds.saturating_sub(SAMPLE) {
            last += since.elapsed();
        }
    }
    report("events", 6 * SAMPLE, &[("round_us", first)]);
    report("events", count, &[("round_us", last)]);
    world.terminate(&run).await;
}

fn report(scenario: &str, size: usize, figures: &[(&str, Duration)]) {
    let figures = figures.iter().map(|(name, took)| format!(", \"{name}\": {}", took.as_micros() / SAMPLE as u128));
    println!("{{\"scenario\": \"{scenario}\", \"size\": {size}{}}}", figures.collect::<String>());
}
