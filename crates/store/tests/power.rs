//! Power cuts and failing disks below the SQLite store: what was acknowledged is there afterwards, whole groups or none of
//! them, and a store whose disk has failed writes nothing any more. Every case follows from a seed, which is printed.

mod batches;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use abide_lying_disk::{Disk, Fault, Loss, LyingFiles, install};
use abide_store::sqlite::Options;
use abide_store::{CommitError, Error, SqliteStore, Store};
use batches::{acquire, count, expected, found, queue};
use tempfile::TempDir;

fn open(folder: &Path, log_bytes: usize) -> Arc<dyn Store> {
    open_with(folder, log_bytes, &[]).expect("the store can be opened")
}

fn open_with(folder: &Path, log_bytes: usize, pragmas: &[(&str, &str)]) -> Result<Arc<dyn Store>, Error> {
    let pragmas = pragmas.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let options = Options { pragmas, log_bytes, log_files: Arc::new(LyingFiles) };
    Ok(Arc::new(SqliteStore::open(&folder.join("data.db"), &options)?))
}

/// The disk of the process fails for one test at a time.
static DISK: Mutex<()> = Mutex::new(());

/// Runs one seed: commits, a power cut at some moment, and what is found afterwards; from there once more. An error says
/// what was lost.
async fn power_cut(disk: &'static Disk, seed: u64, pragmas: &[(&str, &str)]) -> Result<(), String> {
    let loss = [Loss::All, Loss::Tail, Loss::Any][(seed % 3) as usize];
    let log_bytes = [1, 20_000, 100_000, 10_000_000][(seed / 3 % 4) as usize];
    let mut folder = TempDir::new().expect("a folder");
    let mut acknowledged = 0;
    for life in 0..3 {
        let store = open_with(folder.path(), log_bytes, pragmas)
            .map_err(|error| format!("seed {seed}, life {life}: it cannot be opened: {error}"))?;
        let stored = found(&*store).await;
        let count = count(&stored);
        if count < acknowledged {
            return Err(format!("seed {seed}, life {life}: {count} of {acknowledged} batches are left"));
        }
        if stored != expected(count) {
            return Err(format!("seed {seed}, life {life}: it is not the first {count} batches"));
        }

        let fence = acquire(&store).await;
        let batches = 20 + (seed * 7 + life * 13) % 60;
        let mut waiting = std::collections::VecDeque::new();
        acknowledged = count;
        for number in count..count + batches as u32 {
            waiting.push_back(queue(&store, &fence, number));
            if waiting.len() > (seed % 7) as usize {
                waiting.pop_front().expect("one waits").await.expect("told").expect("stored");
                acknowledged += 1;
            }
        }
        let after = TempDir::new().expect("a folder");
        disk.cut(folder.path(), after.path(), loss, seed * 31 + life).expect("an image");
        drop(waiting);
        drop(store);
        folder = after;
    }
    Ok(())
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_moment() {
    let disk = install();
    let _alone = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let seeds = std::env::var("ABIDE_POWER_SEEDS").map_or(30, |seeds| seeds.parse().expect("a number"));
    for seed in 0..seeds {
        if let Err(lost) = runtime.block_on(power_cut(disk, seed, &[])) {
            panic!("{lost}");
        }
    }
    println!("{seeds} seeds, three lives each");
}

#[test]
fn a_store_that_does_not_sync_is_found_out() {
    let disk = install();
    let _alone = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let lost = (0..20).find_map(|seed| runtime.block_on(power_cut(disk, seed, &[("synchronous", "off")])).err());
    println!("{}", lost.expect("what is not synced is lost within twenty seeds"));
}

#[test]
fn with_less_durability_the_newest_is_lost_and_what_is_left_is_whole() {
    let disk = install();
    let _alone = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let lost = (0..20).filter_map(|seed| runtime.block_on(power_cut(disk, seed, &[("synchronous", "normal")])).err());
    let lost: Vec<String> = lost.collect();
    assert!(!lost.is_empty(), "it is not synced, so something is lost");
    assert!(lost.iter().all(|lost| lost.ends_with("batches are left")), "{lost:?}");
}

/// Runs until the disk fails at the n-th call, and checks what is left.
async fn failing(disk: &'static Disk, fault: Fault, call: u64, log_bytes: usize) -> bool {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path(), log_bytes);
    let fence = acquire(&store).await;
    disk.fail(folder.path(), fault, call);
    let mut acknowledged = 0;
    let mut failure = None;
    for number in 0..60 {
        match queue(&store, &fence, number).await.expect("told") {
            Ok(()) if failure.is_none() => acknowledged += 1,
            Ok(()) => panic!("{fault:?} at call {call}: a store that has failed takes batch {number}"),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    disk.heal();
    let what = format!("{fault:?} at call {call}, {log_bytes} bytes");
    if let Some(failure) = &failure {
        assert!(matches!(failure, CommitError::Closed(_)), "{what}: {failure}");
    }
    assert!(found(&*store).await == expected(acknowledged), "{what}: it can still be read, as it was acknowledged");
    drop(store);
    let again = found(&*open(folder.path(), log_bytes)).await;
    // The one that failed may be there or not; what nobody tried cannot.
    let one_more = again == expected(acknowledged + 1);
    assert!(again == expected(acknowledged) || one_more && failure.is_some(), "{what}: nothing is lost");
    failure.is_some()
}

#[test]
fn a_disk_that_fails_at_the_nth_call_closes_the_store_and_loses_nothing() {
    let disk = install();
    let _alone = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for fault in [Fault::Write, Fault::Full, Fault::Sync, Fault::ReadOnly] {
        for log_bytes in [1, 30_000, 10_000_000] {
            let mut failed = 0;
            for call in (0..12).chain([15, 20, 27, 35, 60, 100]) {
                failed += u32::from(runtime.block_on(failing(disk, fault, call, log_bytes)));
            }
            assert!(failed > 8, "{fault:?}: the disk has failed {failed} times");
        }
    }
}
