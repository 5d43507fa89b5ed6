mod narrow;
mod over;

use std::path::Path;

use abide_model::{NamespaceId, Partition, RunId, Timestamp};
use bytes::Bytes;
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::key::{Key, VisibilityKey, VisibilityRecord};
use crate::search::{Column, Columns, Comparison, Direction, Field, Filter, Kind, Order, Plan, Search, Tally, Value};
use crate::sqlite::{Options, SqliteStore};
use crate::{Batch, Fence, Record, Store, Urgency, Write};

const NAMESPACE: NamespaceId = NamespaceId(Uuid::from_u128(7));

fn key(number: i64) -> VisibilityKey {
    VisibilityKey {
        namespace: NAMESPACE,
        started_at: Timestamp { nanos: number },
        run_id: RunId(Uuid::from_u128(u128::from(number.unsigned_abs()))),
    }
}

fn record(number: i64) -> VisibilityRecord {
    let mut columns = Columns::new();
    columns.text(Field::WorkflowId, &format!("order-{number}"));
    columns.text(Field::WorkflowType, if number % 2 == 0 { "Even" } else { "Odd" });
    columns.number(Field::ExecutionStatus, 1);
    columns.attribute("Size", Kind::Int, (number % 10).to_string().as_bytes());
    columns.attribute("Tags", Kind::KeywordList, b"[\"one\",\"two\",\"one\"]");
    VisibilityRecord { info: Bytes::from_static(b""), columns: columns.finish() }
}

fn search(filter: Filter, orders: Vec<Order>) -> Search {
    Search { namespace: NAMESPACE, filter, orders, after: None, limit: 3 }
}

fn size(comparison: Comparison, size: i64) -> Filter {
    let column = Column::Attribute { name: "Size".into(), kind: Kind::Int };
    Filter::Compare(column, comparison, Value::Number(size)).and(Filter::is_workflow())
}

/// A store with so many runs, all of them in the database.
async fn filled(path: &Path, runs: i64) -> SqliteStore {
    let store = SqliteStore::open(path, &Options::default()).unwrap();
    let fence = std::sync::Arc::new(store.acquire(0..=0).await.unwrap());
    commit(&store, &fence, (0..runs).map(|number| key(number).put(Partition::SHARED, &record(number))).collect()).await;
    store.close().await.unwrap();
    drop(store);
    SqliteStore::open(path, &Options::default()).unwrap()
}

async fn commit(store: &SqliteStore, fence: &std::sync::Arc<Fence>, writes: Vec<Write>) {
    let (tell, told) = tokio::sync::oneshot::channel();
    let done = Box::new(move |outcome| tell.send(outcome).unwrap());
    store.commit(Batch { fence: fence.clone(), writes }, Urgency::Now, done);
    told.await.unwrap().unwrap();
}

async fn plan(store: &SqliteStore, filter: Filter, orders: Vec<Order>) -> Plan {
    store.find(search(filter, orders)).await.unwrap().plan
}

#[tokio::test]
async fn a_page_reads_little_more_than_itself_where_an_index_has_its_order() {
    let folder = TempDir::new().unwrap();
    let store = filled(&folder.path().join("data.db"), 10_000).await;
    let by = |field: Field, direction| vec![Order { column: field.into(), direction }];
    let equal = |field: Field, text: &str| {
        Filter::Compare(field.into(), Comparison::Equal, Value::Text(text.into())).and(Filter::is_workflow())
    };
    let size_column = Column::Attribute { name: "Size".into(), kind: Kind::Int };
    let by_size = vec![Order { column: size_column, direction: Direction::Descending }];
    for (filter, orders) in [
        (Filter::is_workflow(), Vec::new()),
        (Filter::is_workflow(), by(Field::StartTime, Direction::Ascending)),
        (Filter::is_workflow(), by(Field::StartTime, Direction::Descending)),
        (equal(Field::WorkflowType, "Odd"), Vec::new()),
        (equal(Field::WorkflowId, "order-77"), Vec::new()),
        (size(Comparison::Equal, 4), Vec::new()),
        (equal(Field::WorkflowId, "order-77"), by(Field::TaskQueue, Direction::Descending)),
        (Filter::is_workflow(), by(Field::WorkflowId, Direction::Ascending)),
        (Filter::is_workflow(), by(Field::WorkflowType, Direction::Descending)),
        (Filter::is_workflow(), by_size.clone()),
        (size(Comparison::Greater, 2), by_size),
    ] {
        let plan = plan(&store, filter.clone(), orders).await;
        assert!(plan.rows_read <= 8, "{filter:?}: {plan:?}");
        assert!(!plan.is_wide, "{filter:?}");
    }
    // No index has it.
    for orders in [by(Field::HistoryLength, Direction::Ascending)] {
        let plan = plan(&store, Filter::is_workflow(), orders).await;
        assert!(plan.is_wide && plan.rows_read == 10_000, "{plan:?}");
    }
}

#[tokio::test]
async fn counts_are_the_indexes() {
    let folder = TempDir::new().unwrap();
    let store = filled(&folder.path().join("data.db"), 10_000).await;
    for (filter, expected) in [
        (Filter::is_workflow(), 10_000),
        (size(Comparison::Less, 9), 9000),
        (size(Comparison::Equal, 9), 1000),
        (
            Filter::Member(Column::Attribute { name: "Tags".into(), kind: Kind::KeywordList }, vec!["one".into()]),
            10_000,
        ),
    ] {
        let filter = filter.and(Filter::is_workflow());
        let tally = Tally { namespace: NAMESPACE, filter: filter.clone(), groups: Vec::new() };
        let (groups, plan) = store.count(tally).await.unwrap();
        assert_eq!((groups[0].count, plan.rows_read), (expected, 0), "{filter:?}");
    }
}

#[tokio::test]
async fn a_database_of_format_3_is_brought_up_to_date() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    drop(SqliteStore::open(&path, &Options::default()).unwrap());
    let older = Connection::open(&path).unwrap();
    older.execute_batch(include_str!("format_3.sql")).unwrap();
    // What version 1 of the record was: the public info. Workflow id, type, status.
    let info = b"\x0a\x07\x0a\x05old-1\x12\x06\x0a\x04Kind\x28\x02";
    let old = [&[1_u8, 0x0a, u8::try_from(info.len()).unwrap()][..], info].concat();
    for (number, value) in [(1, old), (2, record(2).to_value().to_vec())] {
        let insert = "INSERT INTO visibility (partition, key, value) VALUES (?1, ?2, ?3)";
        older.execute(insert, rusqlite::params![Partition::SHARED.0, &key(number).encode()[..], value]).unwrap();
    }
    drop(older);
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let of_kind = Filter::Compare(Field::WorkflowType.into(), Comparison::Equal, Value::Text("Kind".into()));
    for (filter, expected) in [(Filter::Everything, 2), (of_kind, 1), (size(Comparison::Equal, 2), 1)] {
        assert_eq!(store.find(search(filter.clone(), Vec::new())).await.unwrap().rows.len(), expected, "{filter:?}");
    }
    let rows = store.find(search(Filter::Everything, Vec::new())).await.unwrap().rows;
    assert!(rows.iter().all(|row| row.value[0] == VisibilityRecord::VERSION), "rows are written in today's form");
}

#[tokio::test]
async fn nothing_is_left_in_the_indexes_of_what_is_deleted() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    let store = filled(&path, 2500).await;
    let fence = std::sync::Arc::new(store.acquire(0..=0).await.unwrap());
    commit(&store, &fence, vec![key(7).delete(Partition::SHARED)]).await;
    assert_eq!(store.find(search(size(Comparison::Equal, 7), Vec::new())).await.unwrap().rows.len(), 3);
    let prefix = Bytes::copy_from_slice(NAMESPACE.0.as_bytes());
    let to = crate::key::behind(&prefix).unwrap();
    let all = Write::DeleteRange { space: crate::Space::Visibility, partition: Partition::SHARED, from: prefix, to };
    commit(&store, &fence, vec![all, key(9).put(Partition::SHARED, &record(9))]).await;
    let tally = || Tally { namespace: NAMESPACE, filter: Filter::is_workflow(), groups: Vec::new() };
    assert_eq!(store.count(tally()).await.unwrap().0[0].count, 1);
    assert_eq!(store.find(search(Filter::is_workflow(), Vec::new())).await.unwrap().rows.len(), 1);
    store.close().await.unwrap();
    drop(store);
    let database = Connection::open(&path).unwrap();
    let count = |table: &str| -> i64 {
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("visibility"), count("visibility_attribute")), (1, 3));
}
