//! Files that are damaged in small ways: what can be noticed is noticed, and nothing makes a check fail otherwise.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use abide_model::{NamespaceId, Partition, RunId, Timestamp};
use abide_mutation::{Random, cases};
use bytes::Bytes;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::check;
use crate::check::Report;
use crate::key::{Key, VisibilityKey, VisibilityRecord};
use crate::search::{Columns, Field, Kind};
use crate::sqlite::file::beside;
use crate::sqlite::{Options, SqliteStore, log};
use crate::{Batch, Store, Urgency, Write};

fn shown(number: i64) -> Write {
    let key = VisibilityKey {
        namespace: NamespaceId(Uuid::from_u128(7)),
        started_at: Timestamp { nanos: number },
        run_id: RunId(Uuid::from_u128(u128::from(number.unsigned_abs()))),
    };
    let mut columns = Columns::new();
    columns.text(Field::WorkflowId, &format!("order-{number}"));
    columns.text(Field::WorkflowType, "Order");
    columns.number(Field::ExecutionStatus, 1);
    columns.text(Field::ParentWorkflowId, "parent");
    columns.attribute("Tags", Kind::KeywordList, b"[\"one\",\"two\",\"one\"]");
    key.put(Partition::SHARED, &VisibilityRecord { info: Bytes::new(), columns: columns.finish() })
}

async fn open(path: &Path, groups: std::ops::Range<i64>) -> SqliteStore {
    let store = SqliteStore::open(path, &Options::default()).unwrap();
    let fence = Arc::new(store.acquire(0..=0).await.unwrap());
    for group in groups {
        let writes = (group * 10..group * 10 + 10).map(shown).collect();
        let (tell, told) = oneshot::channel();
        let done = Box::new(move |outcome| tell.send(outcome).unwrap());
        store.commit(Batch { fence: fence.clone(), writes }, Urgency::Now, done);
        told.await.unwrap().unwrap();
    }
    store
}

/// What a server leaves that is killed: its files as they are while it runs. Some groups are in the database.
async fn killed(folder: &TempDir) -> PathBuf {
    let (running, left) = (folder.path().join("running.db"), folder.path().join("left.db"));
    open(&running, 0..10).await.close().await.unwrap();
    let store = open(&running, 10..13).await;
    for suffix in ["", "-wal", "-log0", "-log1"] {
        if beside(&running, suffix).exists() {
            std::fs::copy(beside(&running, suffix), beside(&left, suffix)).unwrap();
        }
    }
    drop(store);
    left
}

fn look(path: &Path) -> Report {
    let mut report = Report::default();
    if let Err(error) = check(path, &mut report).map(drop) {
        report.wrong("file", error.to_string());
    }
    report
}

#[tokio::test]
async fn a_file_with_the_log_of_a_killed_server_is_whole() {
    let folder = TempDir::new().unwrap();
    let path = killed(&folder).await;
    let report = look(&path);
    assert_eq!(report.findings(), []);
    // The first one is a fence.
    assert_eq!((report.counts()["groups in the log"], report.counts()["rows of lists in the database"]), (4, 100));
}

#[tokio::test]
async fn a_byte_of_the_log_that_is_another_is_noticed() {
    let folder = TempDir::new().unwrap();
    let path = killed(&folder).await;
    let segment = beside(&path, "-log0");
    let mut whole = std::fs::read(&segment).unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap();
    whole.truncate(end + 1);
    // All headers are among the first bytes, and the last record is at the end.
    for at in (0..600).chain(end - 600..end) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&segment, damaged).unwrap();
        let mut report = Report::default();
        log::check(&path, &mut report).unwrap();
        assert!(report.wrongs() + report.leftovers() > 0, "byte {at} of {end}");
    }
    std::fs::remove_file(&segment).unwrap();
    assert!(look(&path).wrongs() > 0, "without its log");
}

#[tokio::test]
async fn a_table_that_was_changed_by_hand_is_noticed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    open(&path, 0..10).await.close().await.unwrap();
    assert_eq!(look(&path).findings(), []);
    let damaged = folder.path().join("damaged.db");
    for statement in [
        "UPDATE visibility SET status = 9 WHERE row = 5",
        "UPDATE visibility SET workflow_type = 'other' WHERE row = 5",
        "UPDATE visibility SET workflow_id = 'other' WHERE row = 5",
        "UPDATE visibility SET started = 9 WHERE row = 5",
        "UPDATE visibility SET closed = 9 WHERE row = 5",
        "UPDATE visibility SET area = 3 WHERE row = 5",
        "UPDATE visibility SET value = x'02' WHERE row = 5",
        "UPDATE visibility SET value = x'' WHERE row = 5",
        "UPDATE visibility SET key = x'01' WHERE row = 5",
        "DELETE FROM visibility WHERE row = 5",
        "DELETE FROM visibility_attribute WHERE row = 5 AND value = 'one'",
        "DELETE FROM visibility_attribute WHERE row = 5 AND value = 'parent'",
        "UPDATE visibility_attribute SET value = 'three' WHERE row = 5 AND value = 'two'",
        "UPDATE visibility_attribute SET closed = 3 WHERE row = 5 AND value = 'two'",
        "INSERT INTO visibility_attribute VALUES (2, 1, 'more', 1, 1, 5)",
        "INSERT INTO visibility_attribute VALUES (2, 1, 'more', 1, 1, 5000)",
        "DELETE FROM visibility_namespace",
        "UPDATE visibility_name SET name = 'Other' WHERE number = 2",
        "UPDATE commit_log SET open = 1",
        "DELETE FROM commit_log",
        "DROP TABLE visibility_attribute",
        "PRAGMA user_version = 99",
        "PRAGMA user_version = 3",
        "PRAGMA application_id = 1",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'visibility_started'",
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'visibility_status'",
    ] {
        std::fs::copy(&path, &damaged).unwrap();
        let database = Connection::open(&damaged).unwrap();
        database.execute_batch(statement).unwrap();
        database.close().unwrap();
        assert!(look(&damaged).wrongs() > 0, "{statement}");
    }
}

#[tokio::test]
async fn a_file_with_any_damage_is_looked_at_without_a_panic() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    open(&path, 0..10).await.close().await.unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut noticed = 0;
    let damaged = folder.path().join("damaged.db");
    let seeds = u64::from(cases(150));
    for seed in 0..seeds {
        let random = &mut Random::of(seed);
        let mut bytes = whole.clone();
        match random.below(4) {
            0 => bytes.truncate(random.below(whole.len())),
            1 => {
                let at = random.below(whole.len() / 512) * 512;
                bytes[at..at + 512].fill(0);
            }
            _ => {
                for _ in 0..=random.below(20) {
                    let at = random.below(whole.len());
                    bytes[at] = bytes[at].wrapping_add(1 + random.below(255) as u8);
                }
            }
        }
        std::fs::write(&damaged, bytes).unwrap();
        noticed += u64::from(look(&damaged).wrongs() > 0);
    }
    // The others were in room that is free, or in the values of rows of no list.
    assert!(noticed * 3 > seeds, "{noticed} of {seeds}");
}
