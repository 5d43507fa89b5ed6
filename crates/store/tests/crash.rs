//! Deaths at named steps of the commit path, on a real file: this program starts itself again, and that process ends at
//! the step, as if it were killed there. What it was told was stored is there afterwards, whole groups in their order and
//! nothing else, also when the next process dies while it recovers. `ABIDE_CRASH_TIMES` makes the long lane.

mod batches;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use abide_lying_disk::{Call, Kind, LyingFiles, Moment, Side, install};
use abide_store::sqlite::Options;
use abide_store::{SqliteStore, Store};
use batches::{acquire, count, expected, found, queue};
use tempfile::TempDir;

use Call::{Remove, Sync, Write};
use Kind::{Database, LogHeader, LogRecords, WriteAheadLog};
use Side::{Before, Behind};

/// The steps at which a process can die.
const STEPS: [(&str, Kind, Call, Side); 16] = [
    ("before a group is appended to the log", LogRecords, Write, Before),
    ("after a group is appended, before it is synced", LogRecords, Write, Behind),
    ("before a sync of the log", LogRecords, Sync, Before),
    ("after a group is synced, before anybody is told or can read it", LogRecords, Sync, Behind),
    ("before a segment of the log is begun or used again", LogHeader, Write, Before),
    ("after the header of a segment is written, before it is synced", LogHeader, Write, Behind),
    ("before a layer is moved into the database", WriteAheadLog, Write, Before),
    ("in the middle of the move of a layer", WriteAheadLog, Write, Behind),
    ("before the move of a layer is committed", WriteAheadLog, Sync, Before),
    ("after the move of a layer is committed, before its segment is free", WriteAheadLog, Sync, Behind),
    ("before a checkpoint writes into the database", Database, Write, Before),
    ("in the middle of a checkpoint", Database, Write, Behind),
    ("before a checkpoint is synced", Database, Sync, Before),
    ("after a checkpoint, before SQLite's own log is cut", Database, Sync, Behind),
    ("while a store closes, before its log is deleted", LogHeader, Remove, Before),
    ("while a store closes, after a part of its log is deleted", LogHeader, Remove, Behind),
];
/// Calls that go well before: the first ones are those of opening.
const AFTER: [u64; 8] = [0, 1, 2, 3, 7, 15, 30, 61];
/// Batches of one life.
const BATCHES: u32 = 60;
/// What tells the other process what to do.
const ORDERS: &str = "ABIDE_CRASH_ORDERS";

/// What the other process is to do.
struct Orders {
    folder: PathBuf,
    /// Which step, and how many such calls go well before.
    step: usize,
    after: u64,
    log_bytes: usize,
}

impl Orders {
    fn to_text(&self) -> String {
        format!("{} {} {} {}", self.step, self.after, self.log_bytes, self.folder.display())
    }

    fn of(text: &str) -> Self {
        let mut words = text.splitn(4, ' ');
        let mut next = || words.next().expect("four words");
        let number = |word: &str| word.parse::<u64>().expect("a number");
        let (step, after, log_bytes) = (number(next()) as usize, number(next()), number(next()) as usize);
        Self { folder: next().into(), step, after, log_bytes }
    }
}

fn open(folder: &Path, log_bytes: usize) -> Arc<dyn Store> {
    let options = Options { pragmas: Vec::new(), log_bytes, log_files: Arc::new(LyingFiles) };
    Arc::new(SqliteStore::open(&folder.join("data.db"), &options).expect("the store can be opened"))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// The other process: opens, commits, closes, and says what it was told, until it dies.
#[test]
fn the_process_that_dies() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let orders = Orders::of(&orders);
    let (_, file, call, side) = STEPS[orders.step];
    install().die_at(Moment { file, call, side, after: orders.after });
    block_on(async {
        let store = open(&orders.folder, orders.log_bytes);
        let from = count(&found(&*store).await);
        let fence = acquire(&store).await;
        let mut waiting = std::collections::VecDeque::new();
        for number in from..from + BATCHES {
            waiting.push_back((number, queue(&store, &fence, number)));
            if waiting.len() > (orders.after % 4) as usize {
                let (number, told) = waiting.pop_front().expect("one waits");
                told.await.expect("told").expect("stored");
                // A line at once: what is in a buffer dies with the process.
                eprintln!("stored {number}");
            }
        }
        drop(waiting);
        store.close().await.expect("it closes");
    });
}

/// Starts the other process; whether it died, and how many batches it knows to be stored.
fn live_and_die(orders: &Orders) -> (bool, u32) {
    let program = std::env::current_exe().expect("a program that runs has a path");
    let output = Command::new(program)
        .args(["--exact", "the_process_that_dies", "--nocapture"])
        .env(ORDERS, orders.to_text())
        .stdin(Stdio::null())
        .output()
        .expect("this program can be started");
    let text = String::from_utf8_lossy(&output.stderr);
    let died = !output.status.success();
    // It must have died at the step, and of nothing else.
    assert!(!died || !text.contains("panicked"), "{}: {text}", orders.to_text());
    let stored = text.lines().filter_map(|line| line.strip_prefix("stored ")?.parse::<u32>().ok()).max();
    (died, stored.map_or(0, |number| number + 1))
}

/// Opens what is left; it is the first so many batches, and those that were acknowledged are among them.
fn check(orders: &Orders, acknowledged: u32) -> u32 {
    let (name, ..) = STEPS[orders.step];
    eprintln!("{name}: {}", orders.to_text());
    let stored = block_on(async { found(&*open(&orders.folder, orders.log_bytes)).await });
    let count = count(&stored);
    assert!(count >= acknowledged, "{name} ({}): {count} of {acknowledged} batches are left", orders.to_text());
    assert!(stored == expected(count), "{name} ({}): it is not the first {count} batches", orders.to_text());
    count
}

fn times() -> u64 {
    std::env::var("ABIDE_CRASH_TIMES").map_or(1, |times| times.parse().expect("a number"))
}

#[test]
fn what_was_acknowledged_survives_a_death_at_every_step() {
    install();
    let (mut lives, mut deaths) = (0, 0);
    for (step, (name, ..)) in STEPS.iter().enumerate() {
        let mut died_here = 0;
        for after in (0..times()).flat_map(|time| AFTER.map(|after| after + 17 * time)) {
            let folder = TempDir::new().expect("a folder");
            // Small layers are moved while commits go on; large ones when the store closes.
            let log_bytes = [20_000, 300_000][(after % 2) as usize];
            let orders = Orders { folder: folder.path().to_owned(), step, after, log_bytes };
            let mut acknowledged = 0;
            // The second life begins with a recovery, and dies at the same step, perhaps in it.
            for _ in 0..2 {
                let (died, told) = live_and_die(&orders);
                (lives, deaths, died_here) = (lives + 1, deaths + u32::from(died), died_here + u32::from(died));
                acknowledged = told.max(acknowledged);
                if died && after % 3 == 0 {
                    // A third process dies while it recovers what the second has left.
                    let again = Orders { after: 1, folder: orders.folder.clone(), ..orders };
                    let (died, told) = live_and_die(&again);
                    (lives, deaths) = (lives + 1, deaths + u32::from(died));
                    acknowledged = told.max(acknowledged);
                }
            }
            check(&orders, acknowledged);
        }
        assert!(died_here > 0, "nobody dies {name}");
    }
    println!("{deaths} deaths in {lives} lives");
}
