//! Lists and counts over a file with many runs that are shown.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_api::temporal::api::common::v1::{Memo, Payload, SearchAttributes, WorkflowExecution, WorkflowType};
use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus as Status;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_model::fresh;
use abide_store::{Batch, Fence, SqliteStore, Store, Urgency, sqlite};
use abide_visibility::{StoreIndex, Visibility};

use super::world::namespace;

/// Runs of one commit.
const BATCH_RUNS: usize = 1000;
/// How often a query is asked, unless that takes too long.
const TIMES: usize = 50;
const TIME_MAX: Duration = Duration::from_millis(1500);

/// What lists are asked, as users do.
const LISTS: [&str; 24] = [
    "",
    "ExecutionStatus = 'Running'",
    "ExecutionStatus = 'Failed'",
    "WorkflowType = 'Type7'",
    "WorkflowType = 'Type7' AND ExecutionStatus = 'Running'",
    "CustomerId = 'customer-77'",
    "CustomerId = 'customer-77' AND Amount > 500",
    "WorkflowId STARTS_WITH 'order-777'",
    "WorkflowType = 'Type7' ORDER BY StartTime DESC",
    "Region = 'eu' AND Amount > 990",
    "StartTime > '2023-11-25T00:00:00Z'",
    "StartTime < '2023-11-16T00:00:00Z'",
    "CloseTime BETWEEN '2023-11-20T00:00:00Z' AND '2023-11-21T00:00:00Z' AND ExecutionStatus = 'Failed'",
    "StartTime BETWEEN '2023-11-20T00:00:00Z' AND '2023-11-21T00:00:00Z' AND WorkflowType = 'Type7'",
    "CloseTime IS NULL AND WorkflowType = 'Type7'",
    "ExecutionStatus != 'Completed'",
    "NOT WorkflowType = 'Type7'",
    "WorkflowType = 'Type7' OR CustomerId = 'customer-77'",
    "WorkflowType IN ('Type7', 'Type8') AND ExecutionStatus IN ('Running', 'Failed')",
    "CustomerId STARTS_WITH 'customer-77'",
    "Note = 'late'",
    "Region CONTAINS 'si'",
    "Weight IS NULL",
    "TaskQueue = 'orders' AND Amount = 7",
];
/// What counts are asked.
const COUNTS: [&str; 8] = [
    "",
    "GROUP BY ExecutionStatus",
    "ExecutionStatus = 'Running'",
    "WorkflowType = 'Type7' AND ExecutionStatus = 'Failed'",
    "CustomerId = 'customer-77'",
    "CustomerId = 'customer-77' AND ExecutionStatus = 'Completed'",
    "Amount > 998",
    "WorkflowId STARTS_WITH 'order-777'",
];
/// What no index has the order of, or knows.
const WIDE: [&str; 5] = [
    "ORDER BY Amount DESC",
    "WorkflowId CONTAINS '777777'",
    "HistoryLength > 100",
    "Region = 'eu' ORDER BY Amount DESC",
    "ORDER BY HistoryLength",
];

/// Fills a file unless it is full, and asks: with the newest runs still in the commit log, and after a restart.
pub(super) async fn measure(file: &Path, count: usize) {
    let store = open(file);
    let visibility = Visibility::new(Arc::new(StoreIndex(store.clone())));
    let there = visibility.count(namespace(), &custom(), "").await.expect("a count").total;
    if there == 0 {
        let begin = Instant::now();
        fill(&store, count).await;
        println!("{{\"filled\":{count},\"seconds\":{:.1}}}", begin.elapsed().as_secs_f64());
        ask(&visibility, "after the last commit").await;
        store.close().await.expect("a store that can be closed");
    }
    drop((store, visibility));
    let store = open(file);
    ask(&Visibility::new(Arc::new(StoreIndex(store.clone()))), "after a restart").await;
    store.close().await.expect("a store that can be closed");
    let bytes = file.metadata().map_or(0, |file| file.len());
    println!("{{\"file_mib\":{}}}", bytes / (1024 * 1024));
}

fn open(file: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(file, &sqlite::Options::default()).expect("the file can be opened"))
}

fn custom() -> std::collections::BTreeMap<String, i32> {
    [("CustomerId", 2), ("Region", 2), ("Amount", 3), ("Note", 1), ("Weight", 4)]
        .map(|(name, kind)| (name.to_owned(), kind))
        .into()
}

async fn fill(store: &Arc<dyn Store>, count: usize) {
    let fence = Arc::new(store.acquire(0..=0).await.expect("a fence"));
    for begin in (0..count).step_by(BATCH_RUNS) {
        let runs = begin..(begin + BATCH_RUNS).min(count);
        let writes = runs.map(|number| abide_visibility::write(namespace(), info(number))).collect();
        commit(store, &fence, writes).await;
    }
}

async fn commit(store: &Arc<dyn Store>, fence: &Arc<Fence>, writes: Vec<abide_store::Write>) {
    let (tell, told) = tokio::sync::oneshot::channel();
    let done = Box::new(move |outcome| drop(tell.send(outcome)));
    store.commit(Batch { fence: fence.clone(), writes }, Urgency::Now, done);
    told.await.expect("an outcome").expect("a commit");
}

/// The `number`-th run: every tenth is open, every twentieth of the others has failed.
fn info(number: usize) -> WorkflowExecutionInfo {
    let status = match number % 20 {
        0 | 10 => Status::Running,
        7 => Status::Failed,
        _ => Status::Completed,
    };
    // Far from each other in every order.
    let scattered = number.wrapping_mul(2_654_435_761) % 1_000_003;
    let seconds = 1_700_000_000 + number as i64;
    let time = |seconds: i64| Some(prost_types::Timestamp { seconds, nanos: (number % 1000) as i32 });
    let run_id = fresh::run_id(abide_model::Timestamp { nanos: seconds * 1_000_000_000 });
    let execution = WorkflowExecution { workflow_id: format!("order-{number}"), run_id: run_id.to_string() };
    let attributes = [
        ("CustomerId", "Keyword", format!("\"customer-{}\"", scattered % 10_000)),
        ("Region", "Keyword", format!("\"{}\"", ["eu", "us", "asia"][scattered % 3])),
        ("Amount", "Int", (scattered % 1000).to_string()),
        (
            "Note",
            "Text",
            format!(
                "\"{}, parcel\"",
                ["late", "in time", "early"][usize::from(!scattered.is_multiple_of(500)) + scattered % 2]
            ),
        ),
    ];
    let attributes = attributes.map(|(name, kind, json)| (name.to_owned(), payload(kind, json)));
    WorkflowExecutionInfo {
        root_execution: Some(execution.clone()),
        execution: Some(execution),
        r#type: Some(WorkflowType { name: format!("Type{}", scattered % 20) }),
        start_time: time(seconds),
        execution_time: time(seconds),
        close_time: if status == Status::Running { None } else { time(seconds + 5) },
        status: status.into(),
        history_length: 11,
        history_size_bytes: 1500,
        state_transition_count: 6,
        task_queue: "orders".into(),
        memo: Some(Memo { fields: [("note".to_owned(), payload("Keyword", "\"a short note\"".into()))].into() }),
        search_attributes: Some(SearchAttributes { indexed_fields: attributes.into() }),
        first_run_id: run_id.to_string(),
        ..WorkflowExecutionInfo::default()
    }
}

fn payload(kind: &str, json: String) -> Payload {
    let metadata = [("encoding", "json/plain"), ("type", kind)];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned().into())).into();
    Payload { metadata, data: json.into(), ..Payload::default() }
}

async fn ask(visibility: &Visibility, when: &str) {
    let custom = custom();
    for query in LISTS {
        let mut times = Vec::new();
        let mut found = 0;
        while goes_on(&times) {
            let begin = Instant::now();
            let page = visibility.list(namespace(), &custom, query, 100, b"").await.expect("a list");
            times.push(begin.elapsed());
            found = page.executions.len();
        }
        report(when, "list", query, found as u64, times);
    }
    for query in COUNTS {
        let mut times = Vec::new();
        let mut found = 0;
        while goes_on(&times) {
            let begin = Instant::now();
            found = visibility.count(namespace(), &custom, query).await.expect("a count").total;
            times.push(begin.elapsed());
        }
        report(when, "count", query, found, times);
    }
    for query in WIDE {
        let begin = Instant::now();
        let page = visibility.list(namespace(), &custom, query, 100, b"").await.expect("a list");
        report(when, "list", query, page.executions.len() as u64, vec![begin.elapsed()]);
    }
}

fn goes_on(times: &[Duration]) -> bool {
    times.len() < TIMES && times.iter().sum::<Duration>() < TIME_MAX
}

fn report(when: &str, what: &str, query: &str, found: u64, mut times: Vec<Duration>) {
    times.sort();
    let millis = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!(
        "{{\"when\":\"{when}\",\"{what}\":\"{query}\",\"found\":{found},\"p50_ms\":{:.2},\"p95_ms\":{:.2}}}",
        millis(50),
        millis(95)
    );
}
