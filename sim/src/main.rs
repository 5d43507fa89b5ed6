//! Runs one seed in this process, or many in processes of their own, and says loudly what is wrong and how to see it
//! again.

use std::collections::BTreeMap;
use std::process::ExitCode;

use abide_model::deliberate::{self, Bug};
use abide_sim::many::{self, Ran};
use abide_sim::simulation::{self, Outcome};
use abide_sim::trace::Keep;
use abide_sim::watchdog;
use clap::Parser;

/// Seeds that failed once: they run first.
const LISTED: &str = include_str!("../seeds.txt");
/// The most lines that are told of one invariant and one seed.
const TOLD_MAX: usize = 3;

/// Deterministic simulation of the server.
#[derive(Parser)]
struct Arguments {
    /// Run this seed, in this process.
    #[arg(long)]
    seed: Option<u64>,
    /// Write every line of its trace to standard output, and the server's log to standard error.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Switch a deliberate bug on, by its name; a release build has none.
    #[arg(long)]
    bug: Option<String>,
    /// Run so many seeds, and before them those that failed once.
    #[arg(long, conflicts_with = "seed", default_value_t = 200)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many run at the same time; as many as there are cores by default.
    #[arg(long)]
    jobs: Option<usize>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.bug {
        let Some(bug) = Bug::named(name) else {
            say(&format!("no bug is called {name:?}; there are {:?}", Bug::ALL.map(|(name, _)| name)));
            return ExitCode::FAILURE;
        };
        deliberate::switch_on(bug);
    }
    match arguments.seed {
        Some(seed) => one(seed, arguments.trace),
        None => all(&arguments),
    }
}

fn one(seed: u64, trace: bool) -> ExitCode {
    if trace {
        let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time();
        log.with_ansi(false).init();
    }
    watchdog::watch(move |why| {
        say(&format!("seed {seed}: {why}"));
        std::process::exit(1);
    });
    let Outcome { violations, trace: (lines, sum), simulated, runs } =
        simulation::run(seed, if trace { Keep::Print } else { Keep::Sum });
    say(&format!("seed {seed}: {runs} runs in {} s, {lines} lines, {sum:016x}", simulated.as_secs()));
    // Of every invariant the first ones, so that none hides behind another.
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let few = violations.iter().filter(|violation| {
        let times = told.entry(violation.invariant).or_default();
        *times += 1;
        *times <= TOLD_MAX
    });
    for violation in few {
        say(&format!("  {}: {}", violation.invariant, violation.what));
    }
    if !violations.is_empty() {
        say(&format!("  {} in all", violations.len()));
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all(arguments: &Arguments) -> ExitCode {
    let mut seeds = many::listed(LISTED);
    seeds.extend(arguments.from..arguments.from.saturating_add(arguments.seeds));
    let jobs = arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let program = std::env::current_exe().expect("a program that runs has a path");
    let tell = |ran: &Ran| {
        if !ran.is_fine {
            say(&format!("{}  again: cargo run -p abide-sim -- --seed {} --trace", ran.text, ran.seed));
        }
    };
    let bug: Vec<String> = arguments.bug.iter().flat_map(|bug| ["--bug".to_owned(), bug.clone()]).collect();
    match many::run(&program, &bug, &seeds, jobs, tell) {
        Err(error) => {
            say(&format!("seeds cannot be run: {error}"));
            ExitCode::FAILURE
        }
        Ok(ran) => {
            let mut failed: Vec<u64> = ran.iter().filter(|ran| !ran.is_fine).map(|ran| ran.seed).collect();
            failed.sort_unstable();
            say(&format!("{} seeds, {} failed: {failed:?}", ran.len(), failed.len()));
            if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

#[expect(clippy::print_stdout, reason = "it is what this program is for")]
fn say(text: &str) {
    println!("{text}");
}
