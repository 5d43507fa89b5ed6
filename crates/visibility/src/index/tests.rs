use abide_api::temporal::api::common::v1::{WorkflowExecution, WorkflowType};
use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;
use abide_store::{Batch, CommitError, Fence, MemoryStore, Urgency};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::*;

const NAMESPACE: NamespaceId = NamespaceId(Uuid::from_u128(7));

struct Bench {
    store: Arc<dyn Store>,
    fence: Arc<Fence>,
    index: Index,
}

impl Bench {
    async fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::open().unwrap());
        let fence = Arc::new(store.acquire(0..=0).await.unwrap());
        Self { index: Index::new(store.clone()), store, fence }
    }

    async fn commit(&self, writes: Vec<Write>) {
        let (tell, told) = oneshot::channel::<Result<(), CommitError>>();
        let done = Box::new(move |outcome| tell.send(outcome).unwrap());
        self.store.commit(Batch { fence: self.fence.clone(), writes }, Urgency::Now, done);
        told.await.unwrap().unwrap();
    }

    /// The workflow ids of all pages, page by page.
    async fn pages(&self, query: &str, page_size: usize) -> Vec<Vec<String>> {
        let mut token = Vec::new();
        let mut pages = Vec::new();
        loop {
            let page = self.index.list(NAMESPACE, query, page_size, &token).await.unwrap();
            pages.push(page.executions.into_iter().map(|info| info.execution.unwrap().workflow_id).collect());
            token = page.next_page_token;
            if token.is_empty() {
                return pages;
            }
        }
    }
}

/// The `number`-th run, started that many nanoseconds later than the first.
fn run(number: u32, status: WorkflowExecutionStatus) -> WorkflowExecutionInfo {
    WorkflowExecutionInfo {
        execution: Some(WorkflowExecution {
            workflow_id: format!("order-{number}"),
            run_id: Uuid::from_u128(u128::from(1000 - number)).to_string(),
        }),
        r#type: Some(WorkflowType { name: if number.is_multiple_of(2) { "Even" } else { "Odd" }.into() }),
        start_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: i32::try_from(number).unwrap() }),
        status: status.into(),
        ..Default::default()
    }
}

fn writes(count: u32) -> Vec<Write> {
    (0..count).map(|number| write(NAMESPACE, &run(number, WorkflowExecutionStatus::Running))).collect()
}

#[tokio::test]
async fn a_list_shows_the_newest_start_first_page_by_page() {
    let bench = Bench::new().await;
    assert_eq!(bench.pages("", 2).await, [[""; 0]]);
    bench.commit(writes(4)).await;
    assert_eq!(bench.pages("", 3).await, [vec!["order-3", "order-2", "order-1"], vec!["order-0"]]);
    assert_eq!(bench.pages("", 2).await, [["order-3", "order-2"], ["order-1", "order-0"]]);
    assert_eq!(bench.pages("", 0).await.len(), 1);
    assert_eq!(bench.index.count(NAMESPACE, "").await.unwrap(), 4);
}

#[tokio::test]
async fn a_run_is_shown_once_from_start_to_close_to_deletion() {
    let bench = Bench::new().await;
    bench.commit(writes(1)).await;
    let closed = run(0, WorkflowExecutionStatus::Completed);
    bench.commit(vec![write(NAMESPACE, &closed)]).await;
    assert_eq!(bench.index.list(NAMESPACE, "", 10, b"").await.unwrap().executions, std::slice::from_ref(&closed));
    bench.commit(vec![delete(NAMESPACE, &closed)]).await;
    assert_eq!(bench.index.count(NAMESPACE, "").await.unwrap(), 0);
}

#[tokio::test]
async fn namespaces_do_not_see_each_other() {
    let bench = Bench::new().await;
    bench.commit(writes(3)).await;
    for other in [Uuid::from_u128(6), Uuid::from_u128(8), Uuid::max()] {
        assert_eq!(bench.index.count(NamespaceId(other), "").await.unwrap(), 0);
        let token = bench.index.list(NAMESPACE, "", 1, b"").await.unwrap().next_page_token;
        let refused = bench.index.list(NamespaceId(other), "", 1, &token).await;
        assert!(matches!(refused, Err(ListError::InvalidPageToken)));
    }
}

#[tokio::test]
async fn a_query_filters_lists_and_counts() {
    let bench = Bench::new().await;
    bench.commit(writes(6)).await;
    bench.commit(vec![write(NAMESPACE, &run(2, WorkflowExecutionStatus::Failed))]).await;
    assert_eq!(bench.pages("WorkflowId = 'order-5'", 10).await, [["order-5"]]);
    assert_eq!(bench.pages("WorkflowType = 'Even'", 2).await, [vec!["order-4", "order-2"], vec!["order-0"]]);
    let query = "WorkflowType = 'Even' AND ExecutionStatus = 'Running'";
    assert_eq!(bench.pages(query, 10).await, [["order-4", "order-0"]]);
    assert_eq!(bench.index.count(NAMESPACE, query).await.unwrap(), 2);
    let unsupported = bench.index.count(NAMESPACE, "StartTime > 1").await;
    assert!(matches!(unsupported, Err(ListError::Unsupported(_))));
}

#[tokio::test]
async fn a_filter_that_passes_little_reads_a_bounded_number_of_rows_per_page() {
    let bench = Bench::new().await;
    let count = u32::try_from(ROWS_READ_MAX).unwrap() + 5;
    let rows = (0..count).map(|number| {
        let mut info = run(number % 1000, WorkflowExecutionStatus::Running);
        info.start_time = Some(prost_types::Timestamp { seconds: i64::from(number), nanos: 0 });
        write(NAMESPACE, &info)
    });
    bench.commit(rows.collect()).await;
    let pages = bench.pages("WorkflowId = 'order-3'", 1000).await;
    assert_eq!(pages.len(), 2);
    assert_eq!(pages.concat().len(), 11);
    assert_eq!(bench.index.count(NAMESPACE, "WorkflowId = 'order-3'").await.unwrap(), 11);
    assert_eq!(bench.index.count(NAMESPACE, "").await.unwrap(), u64::from(count));
}

#[tokio::test]
async fn a_filtered_page_that_ends_with_a_chunk_of_rows_has_a_successor() {
    let bench = Bench::new().await;
    let rows = (0..1500).map(|number| {
        let mut info = run(number % 1000, WorkflowExecutionStatus::Running);
        info.start_time = Some(prost_types::Timestamp { seconds: i64::from(number), nanos: 0 });
        write(NAMESPACE, &info)
    });
    bench.commit(rows.collect()).await;
    let pages = bench.pages("ExecutionStatus = 'Running'", CHUNK_ROWS).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 500]);
}
