use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{StatementStatus, params};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::*;
use crate::{CommitError, Write};

fn open(path: &Path) -> Result<Arc<dyn Store>, Error> {
    Ok(Arc::new(SqliteStore::open(path, &Options::default())?))
}

fn put(key: u32, bytes: usize) -> Write {
    let key = Bytes::copy_from_slice(&key.to_be_bytes());
    Write::Put { space: Space::Node, partition: Partition(7), key, value: vec![1; bytes].into() }
}

async fn commit(store: &Arc<dyn Store>, fence: &Arc<Fence>, writes: Vec<Write>) -> Result<(), CommitError> {
    let (tell, told) = oneshot::channel();
    let done: Completion = Box::new(move |outcome| tell.send(outcome).unwrap());
    store.commit(Batch { fence: fence.clone(), writes }, Urgency::Now, done);
    told.await.unwrap()
}

async fn acquire(store: &Arc<dyn Store>) -> Arc<Fence> {
    Arc::new(store.acquire(0..=99).await.unwrap())
}

async fn count(store: &Arc<dyn Store>) -> usize {
    let scan = Scan {
        space: Space::Node,
        partitions: 7..=7,
        from: Bytes::new(),
        to: None,
        after: None,
        limit: usize::MAX,
        reverse: false,
    };
    store.scan(scan).await.unwrap().len()
}

#[tokio::test]
async fn the_sqlite_store_conforms() {
    let folder = TempDir::new().unwrap();
    let number = AtomicU32::new(0);
    crate::conformance::all(|| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        open(&folder.path().join(format!("{number}.db"))).unwrap()
    })
    .await;
}

#[tokio::test]
async fn the_sqlite_store_conforms_while_every_commit_is_moved() {
    let folder = TempDir::new().unwrap();
    let number = AtomicU32::new(0);
    let options = Options { log_bytes: 1, ..Options::default() };
    crate::conformance::all(|| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        Arc::new(SqliteStore::open(&folder.path().join(format!("{number}.db")), &options).unwrap())
    })
    .await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening_and_epochs_go_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    let mut epoch = 0;
    for opening in 0..3 {
        let store = open(&path).unwrap();
        assert_eq!(count(&store).await, opening);
        let fence = acquire(&store).await;
        assert!(fence.epoch > epoch);
        epoch = fence.epoch;
        commit(&store, &fence, vec![put(u32::try_from(opening).unwrap(), 10)]).await.unwrap();
        if opening == 1 {
            store.close().await.unwrap();
            let names: Vec<_> =
                std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
            assert_eq!(names.len(), 2, "a closed store is one file, and its lock: {names:?}");
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_crash() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    let store = open(&path).unwrap();
    let fence = acquire(&store).await;
    for key in 0..20 {
        commit(&store, &fence, vec![put(key, 1000)]).await.unwrap();
    }
    // What the next process would find had this one been killed now.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    for suffix in ["-wal", "-log0"] {
        std::fs::copy(file::beside(&path, suffix), file::beside(&copy, suffix)).unwrap();
    }
    assert_eq!(count(&open(&copy).unwrap()).await, 20);
    // Without its log it would be older than what was told.
    let alone = folder.path().join("alone.db");
    std::fs::copy(&path, &alone).unwrap();
    std::fs::copy(file::beside(&path, "-wal"), file::beside(&alone, "-wal")).unwrap();
    let error = open(&alone).err().expect("the log is missing");
    assert!(error.to_string().ends_with("alone.db is without its log, which has newer changes"), "{error}");
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    let store = open(&path).unwrap();
    let error = open(&path).err().expect("the file is in use");
    assert_eq!(error.to_string(), format!("{} is in use by another server", path.display()));
    drop(store);
    open(&path).unwrap();
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_not_touched() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    drop(open(&path).unwrap());
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", file::FORMAT + 1).unwrap();
    // The newer version stands in the log only: what a killed newer server leaves.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(file::beside(&path, "-wal"), file::beside(&copy, "-wal")).unwrap();
    drop(newer);

    for (path, has_log) in [(&path, false), (&copy, true)] {
        let log = file::beside(path, "-wal");
        assert_eq!(log.exists(), has_log);
        let bytes = || (std::fs::read(path).unwrap(), std::fs::read(&log).ok());
        let before = bytes();
        let error = open(path).err().expect("it is newer");
        let text = format!("{} has format {}, this version knows {}", path.display(), file::FORMAT + 1, file::FORMAT);
        assert!(matches!(&error, Error::Newer(what) if *what == text), "{error}");
        assert!(bytes() == before, "refused, but changed");
    }
}

#[test]
fn a_database_of_before_the_first_release_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    drop(open(&path).unwrap());
    let older = Connection::open(&path).unwrap();
    older.pragma_update(None, "user_version", 1).unwrap();
    drop(older);
    let error = open(&path).err().expect("it is older");
    let text = "has format 1, which no release has written; this version knows 4";
    assert!(matches!(&error, Error::Foreign(what) if what.ends_with(text)), "{error}");
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_not_touched() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, but long enough to be looked at ".repeat(10)).unwrap();
    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE theirs (id INTEGER)").unwrap();
    for (path, what) in [(&text, "is not a database"), (&other, "is another application's database")] {
        let before = std::fs::read(path).unwrap();
        let error = open(path).err().expect("it is not ours");
        assert_eq!(error.to_string(), format!("{} {what}", path.display()));
        assert_eq!(std::fs::read(path).unwrap(), before);
    }
}

#[test]
fn an_empty_file_and_a_half_made_database_become_ours() {
    let folder = TempDir::new().unwrap();
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    drop(open(&empty).unwrap());
    let half = folder.path().join("half.db");
    let made = Connection::open(&half).unwrap();
    made.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    drop(made);
    drop(open(&half).unwrap());
    assert_eq!(file::inspect(&half).unwrap(), file::Content::Ours);
}

#[test]
fn a_missing_folder_is_named() {
    let error = open(Path::new("/nowhere/at/all/data.db")).err().expect("there is no such folder");
    let Error::Io(cause) = error else { panic!("{error}") };
    assert!(cause.to_string().contains("/nowhere/at/all/data.db"), "{cause}");
}

#[tokio::test]
async fn a_full_disk_closes_the_store_and_loses_nothing_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    let pragmas = vec![("max_page_count".into(), "60".into())];
    let options = Options { pragmas, log_bytes: 100_000, ..Options::default() };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, &options).unwrap());
    let fence = acquire(&store).await;
    let mut acknowledged = 0;
    let failure = loop {
        match commit(&store, &fence, vec![put(acknowledged, 5000)]).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&failure, CommitError::Closed(why) if why.contains("full")), "{failure}");
    let refused = commit(&store, &fence, vec![put(0, 1)]).await;
    assert!(matches!(refused, Err(CommitError::Closed(_))), "{refused:?}");
    assert!(acknowledged > 10);
    assert_eq!(count(&store).await, acknowledged as usize, "it can still be read");
    drop(store);
    assert_eq!(count(&open(&path).unwrap()).await, acknowledged as usize);
}

#[tokio::test]
async fn the_log_is_moved_into_the_database_while_commits_go_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    let options = Options { log_bytes: 160_000, ..Options::default() };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, &options).unwrap());
    let fence = acquire(&store).await;
    let rows = || -> u32 {
        let database = Connection::open_with_flags(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        database.query_row("SELECT count(*) FROM node", [], |row| row.get(0)).unwrap()
    };
    let mut keys = 0;
    while rows() < 200 {
        commit(&store, &fence, vec![put(keys, 4000)]).await.unwrap();
        keys += 1;
        assert!(keys < 20_000, "the log is never moved");
    }
    assert_eq!(count(&store).await, keys as usize);
    let log: u64 = (0..4)
        .filter_map(|slot| file::beside(&path, &format!("-log{slot}")).metadata().ok())
        .map(|log| log.len())
        .sum();
    assert!(log < 8 * 1024 * 1024, "segments are used again: {log} bytes");
}

#[test]
fn a_database_of_before_the_log_is_brought_up_to_date() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    drop(open(&path).unwrap());
    let older = Connection::open(&path).unwrap();
    older.execute_batch(include_str!("visibility/format_3.sql")).unwrap();
    older.execute_batch("DROP TABLE commit_log; PRAGMA user_version = 2;").unwrap();
    drop(older);
    drop(open(&path).unwrap());
    let database = Connection::open(&path).unwrap();
    let position = file::log_position(&database).unwrap();
    assert!(!position.open, "a closed store needs no log");
    assert_eq!(database.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap(), file::FORMAT);
}

#[test]
fn pragmas_are_taken_as_given_unless_they_would_lock_us_out() {
    let folder = TempDir::new().unwrap();
    let try_open = |name: &str, value: &str| {
        let options = Options { pragmas: vec![(name.into(), value.into())], ..Options::default() };
        SqliteStore::open(&folder.path().join("data.db"), &options).map(drop)
    };
    try_open("cache_size", "-1000").unwrap();
    try_open("SYNCHRONOUS", "off").unwrap();
    try_open("no_such_pragma", "o'clock").unwrap();
    for (name, value) in [("locking_mode", "exclusive"), ("query_only", "1"), ("a; DROP TABLE node", "1"), ("", "1")] {
        assert!(matches!(try_open(name, value), Err(Error::Foreign(_))), "{name}");
    }
}

#[test]
fn every_statement_finds_its_rows_by_the_primary_key() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    let database = file::open_writer(&path, file::Content::Nothing, &Options::default()).unwrap();
    let statements = Statements::new();
    for space in Space::ALL {
        let sql = statements.of(space);
        let mut texts = vec![&sql.get, &sql.delete, &sql.delete_range, &sql.scan_one, &sql.scan_one_reverse];
        // The others are never scanned across partitions, and are laid out accordingly.
        let scanned =
            [Space::Meta, Space::Dispatch, Space::Timer, Space::Visibility, Space::Outbound, Space::Retention];
        if scanned.contains(&space) {
            texts.extend([&sql.scan_many, &sql.scan_many_reverse]);
        }
        for text in texts {
            let mut explain = database.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
            let details = explain.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>();
            let details = details.unwrap().join("; ");
            assert!(details.starts_with("SEARCH") && !details.contains("TEMP B-TREE"), "{text}: {details}");
        }
    }
}

#[test]
fn a_prepared_statement_is_planned_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    drop(file::open_writer(&path, file::Content::Nothing, &Options::default()).unwrap());
    let database = file::open_reader(&path, &Options::default()).unwrap();
    let mut statement = database.prepare(&Statements::new().of(Space::Node).scan_one).unwrap();
    for key in [&b"a"[..], b"b", b"c"] {
        statement.query(params![1, key, b"d"]).unwrap().next().unwrap();
    }
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
}
