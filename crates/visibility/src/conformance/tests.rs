use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;
use abide_store::sqlite::Options;
use abide_store::{MemoryStore, SqliteStore};
use proptest::prelude::*;
use tempfile::TempDir;

use super::{Example, Subject, all};

#[tokio::test]
async fn the_index_in_memory_conforms() {
    all(|| async { Subject::of(Arc::new(MemoryStore::open().unwrap())).await }).await;
}

fn embedded(folder: &TempDir, number: usize, log_bytes: usize) -> Arc<SqliteStore> {
    let path = folder.path().join(format!("{number}.db"));
    let pragmas = vec![("synchronous".into(), "off".into())];
    let options = Options { log_bytes, pragmas, ..Options::default() };
    Arc::new(SqliteStore::open(&path, &options).unwrap())
}

/// With rows in the log, in the database, and on their way.
#[tokio::test]
async fn the_index_of_the_embedded_store_conforms() {
    for log_bytes in [1, 3000, 24 * 1024 * 1024] {
        let folder = TempDir::new().unwrap();
        let number = AtomicUsize::new(0);
        all(|| async { Subject::of(embedded(&folder, number.fetch_add(1, Ordering::Relaxed), log_bytes)).await }).await;
    }
}

/// Something that is done between two queries.
#[derive(Clone, Debug)]
enum Step {
    Show(Example),
    Delete(u32),
    Ask { query: String, size: usize },
}

fn example() -> impl Strategy<Value = Example> {
    let status = prop_oneof![
        3 => Just(WorkflowExecutionStatus::Running),
        1 => Just(WorkflowExecutionStatus::Paused),
        2 => Just(WorkflowExecutionStatus::Completed),
        1 => Just(WorkflowExecutionStatus::Failed),
    ];
    let values: [(&'static str, &[&'static str]); 8] = [
        ("MyKeyword", &["\"a\"", "\"b\"", "\"ab\""]),
        ("MyText", &["\"a b\"", "\"B, c\"", "\"\""]),
        ("MyInt", &["1", "2", "-3"]),
        ("MyDouble", &["1", "1.5", "-2.5"]),
        ("MyBool", &["true", "false"]),
        ("MyDatetime", &["\"2024-01-02T03:04:05Z\"", "\"2025-01-02T03:04:05Z\""]),
        ("MyKeywordList", &["[\"a\",\"b\"]", "[\"b\"]", "[\"c\",\"a\",\"c\"]"]),
        ("TemporalNamespaceDivision", &["\"server\""]),
    ];
    let attributes = values.map(|(name, values)| {
        let often = if name == "TemporalNamespaceDivision" { 0.1 } else { 0.6 };
        proptest::option::weighted(often, proptest::sample::select(values)).prop_map(move |value| Some((name, value?)))
    });
    let attributes: Vec<_> = attributes.into_iter().collect();
    (0_u32..12, proptest::sample::select(&["A", "B", "Ab"][..]), status, 20_i64..24, attributes, any::<bool>())
        .prop_map(|(number, workflow_type, status, closed, attributes, is_child)| {
            let mut example = Example::open(number, workflow_type).closed(status, closed);
            example.workflow_id = format!("order-{}", number / 2);
            example.parent = is_child.then(|| format!("order-{}", number / 4));
            attributes.into_iter().flatten().fold(example, |example, (name, value)| example.with(name, value))
        })
}

const CONDITIONS: &[&str] = &[
    "WorkflowId = 'order-1'",
    "WorkflowId IN ('order-1', 'order-2', 'order-1')",
    "WorkflowId STARTS_WITH 'order-'",
    "WorkflowId != 'order-3'",
    "WorkflowType = 'A'",
    "WorkflowType IN ('A', 'B')",
    "WorkflowType > 'A'",
    "WorkflowType BETWEEN 'A' AND 'Ab'",
    "WorkflowType STARTS_WITH 'A'",
    "WorkflowType CONTAINS 'b'",
    "ExecutionStatus = 'Running'",
    "ExecutionStatus IN ('Completed', 'Failed')",
    "ExecutionStatus != 'Completed'",
    "ExecutionStatus >= 'Failed'",
    "StartTime > '2023-11-14T22:13:25Z'",
    "CloseTime IS NULL",
    "CloseTime IS NOT NULL",
    "CloseTime > 1700000021000000005",
    "CloseTime <= 1700000021000000005",
    "ExecutionDuration > '15s'",
    "HistoryLength > 5",
    "RootWorkflowId = 'order-1'",
    "RootWorkflowId IN ('order-0', 'order-2')",
    "ParentWorkflowId = 'order-1'",
    "ParentWorkflowId IS NULL",
    "RunId = '00000000-0000-0000-0000-000000000003'",
    "MyKeyword = 'a'",
    "MyKeyword != 'a'",
    "MyKeyword IN ('a', 'ab')",
    "MyKeyword > 'a'",
    "MyKeyword STARTS_WITH 'a'",
    "MyKeyword NOT STARTS_WITH 'a'",
    "MyKeyword IS NULL",
    "MyText = 'a c'",
    "MyText = 'b'",
    "MyText != 'b'",
    "MyText CONTAINS 'B,'",
    "MyInt = 1",
    "MyInt > 1.5",
    "MyInt NOT BETWEEN 0 AND 1",
    "MyInt IN (1, 2)",
    "MyDouble <= 1",
    "MyDouble = 1",
    "MyBool = true",
    "MyBool IS NOT NULL",
    "MyDatetime < '2024-06-01T00:00:00Z'",
    "MyKeywordList = 'a'",
    "MyKeywordList IN ('a', 'c')",
    "MyKeywordList NOT IN ('b')",
    "MyKeywordList CONTAINS 'c'",
    "BuildIds = 'none'",
    "BuildIds IS NULL",
    "TemporalNamespaceDivision = 'server'",
    "TemporalNamespaceDivision IS NOT NULL",
    "TemporalNamespaceDivision IS NULL",
];

fn filter() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(CONDITIONS).prop_map(str::to_owned);
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            3 => proptest::collection::vec(inner.clone(), 2..4).prop_map(|all| all.join(" AND ")),
            2 => proptest::collection::vec(inner.clone(), 2..4).prop_map(|any| format!("({})", any.join(" OR "))),
            1 => inner.prop_map(|inner| format!("NOT ({inner})")),
        ]
    })
}

fn query() -> impl Strategy<Value = String> {
    let column = proptest::sample::select(
        &[
            "StartTime",
            "CloseTime",
            "WorkflowType",
            "ExecutionStatus",
            "MyKeyword",
            "MyText",
            "MyInt",
            "MyDouble",
            "MyBool",
            "MyKeywordList",
            "HistoryLength",
        ][..],
    );
    let order =
        (column, any::<bool>()).prop_map(|(column, down)| format!("{column}{}", if down { " DESC" } else { "" }));
    let orders = proptest::collection::vec(order, 0..3).prop_map(|orders| orders.join(", "));
    (proptest::option::weighted(0.9, filter()), orders).prop_map(|(filter, orders)| {
        let filter = filter.unwrap_or_default();
        if orders.is_empty() { filter } else { format!("{filter} ORDER BY {orders}") }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => example().prop_map(Step::Show),
        1 => (0_u32..12).prop_map(Step::Delete),
        4 => (query(), 1_usize..6).prop_map(|(query, size)| Step::Ask { query, size }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// The embedded index finds and counts what the plain filter over all rows does, wherever the rows are.
    #[test]
    fn every_index_answers_like_the_plain_filter(
        steps in proptest::collection::vec(step(), 1..60),
        log_bytes in proptest::sample::select(&[1_usize, 2000, 1 << 20][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(compare(steps, log_bytes));
    }
}

async fn compare(steps: Vec<Step>, log_bytes: usize) {
    let folder = TempDir::new().unwrap();
    let plain = Subject::of(Arc::new(MemoryStore::open().unwrap())).await;
    let indexed = Subject::of(embedded(&folder, 0, log_bytes)).await;
    let mut shown: BTreeMap<u32, Example> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Show(example) => {
                shown.insert(example.number, example.clone());
                for subject in [&plain, &indexed] {
                    subject.show(std::slice::from_ref(&example)).await;
                }
            }
            Step::Delete(number) => {
                let Some(gone) = shown.remove(&number) else { continue };
                for subject in [&plain, &indexed] {
                    (subject.write)(vec![gone.delete()]).await;
                }
            }
            Step::Ask { query, size } => {
                let expected = plain.pages(&query, 100).await.concat();
                assert_eq!(indexed.pages(&query, size).await.concat(), expected, "{query}");
                let filter = query.split(" ORDER BY ").next().unwrap_or_default();
                let filter = if filter.starts_with("ORDER BY") { "" } else { filter };
                for groups in ["", " GROUP BY ExecutionStatus", " GROUP BY WorkflowType", " GROUP BY MyBool"] {
                    let query = format!("{filter}{groups}");
                    let expected = plain.count(&query).await.unwrap();
                    assert_eq!(indexed.count(&query).await.unwrap(), expected, "{query}");
                }
            }
        }
    }
}
