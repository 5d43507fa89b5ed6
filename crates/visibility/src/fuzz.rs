//! Queries, page tokens and stored rows that are nearly right: a list is shown or refused, without a panic.

use std::sync::Arc;

use abide_api::temporal::api::common::v1::{Payload, SearchAttributes, WorkflowExecution, WorkflowType};
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_model::{NamespaceId, RunId};
use abide_mutation::{Random, cases, mutated, mutated_text, noise};
use abide_store::sqlite::Options;
use abide_store::{MemoryStore, SqliteStore, Store, Write};
use proptest::prelude::*;

use crate::conformance::{Subject, custom};
use crate::{ListError, Visibility};

const NAMESPACE: NamespaceId = NamespaceId(uuid::Uuid::from_u128(7));
const QUERIES: [&str; 9] = [
    "",
    "WorkflowId = 'order-1' AND WorkflowType = \"Order\" AND ExecutionStatus = 'TimedOut'",
    "`WorkflowId` = 'it''s' OR (CloseTime IS NULL AND NOT ExecutionStatus != 1)",
    "StartTime BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-02T00:00:00Z' ORDER BY StartTime DESC",
    "CustomKeywordField IN ('a', 'b', \"c\") AND CustomIntField >= -5",
    "WorkflowType STARTS_WITH 'Ord' AND CustomDoubleField < 1.5e3",
    "ExecutionDuration > '1h30m' AND CustomBoolField = true",
    "GROUP BY ExecutionStatus",
    "BuildIds = 'current' and TaskQueue not in ('x')",
];
const WORDS: [&str; 18] = [
    " AND ",
    " OR ",
    "NOT ",
    "(",
    ")",
    "'",
    "`",
    "\"",
    " IS NULL",
    " BETWEEN ",
    " IN ",
    "ORDER BY ",
    "GROUP BY ",
    "=",
    "RunId",
    "9223372036854775808",
    "now()",
    "--",
];

fn info(number: u128) -> WorkflowExecutionInfo {
    let payload = Payload {
        metadata: [("encoding".to_owned(), "json/plain".into()), ("type".to_owned(), "Keyword".into())].into(),
        data: "\"a\"".into(),
        ..Payload::default()
    };
    WorkflowExecutionInfo {
        execution: Some(WorkflowExecution {
            workflow_id: format!("order-{number}"),
            run_id: RunId(uuid::Uuid::from_u128(number)).to_string(),
        }),
        r#type: Some(WorkflowType { name: "Order".into() }),
        start_time: Some(prost_types::Timestamp { seconds: 1_700_000_000 + number as i64, nanos: 5 }),
        search_attributes: Some(SearchAttributes {
            indexed_fields: [("CustomKeywordField".to_owned(), payload)].into(),
        }),
        status: 1,
        ..WorkflowExecutionInfo::default()
    }
}

/// Twenty runs in a store of their own. `change` may spoil what is written.
async fn subject(store: Arc<dyn Store>, change: impl Fn(Write) -> Write) -> Visibility {
    let subject = Subject::of(store).await;
    (subject.write)((0..20).map(|number| change(crate::write(NAMESPACE, info(number)))).collect()).await;
    subject.visibility
}

fn in_memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::open().expect("a store"))
}

fn on_disk(folder: &tempfile::TempDir) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(&folder.path().join("data.db"), &Options::default()).expect("a store"))
}

/// What came of a question: the answer, or the refusal, which is never that the store is broken.
fn said<T: std::fmt::Debug>(answer: &Result<T, ListError>) -> String {
    assert!(!matches!(answer, Err(ListError::Store(_))), "{answer:?}");
    format!("{answer:?}")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(60)))]

    #[test]
    fn any_query_is_answered_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        block_on(async {
            let (custom, folder) = (custom(), tempfile::tempdir().expect("a temporary folder"));
            let memory = subject(in_memory(), |write| write).await;
            let disk = subject(on_disk(&folder), |write| write).await;
            for _ in 0..40 {
                let sample = *random.one_of(&QUERIES);
                let query = mutated_text(sample, &WORDS, random);
                let size = 1 + random.below(30);
                let shown = memory.list(NAMESPACE, &custom, &query, size, &[]).await;
                let again = disk.list(NAMESPACE, &custom, &query, size, &[]).await;
                assert_eq!(said(&shown), said(&again), "{query:?}");
                let counted = memory.count(NAMESPACE, &custom, &query).await;
                assert_eq!(said(&counted), said(&disk.count(NAMESPACE, &custom, &query).await), "{query:?}");
            }
        });
    }

    #[test]
    fn any_page_token_is_good_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        block_on(async {
            let custom = custom();
            let index = subject(in_memory(), |write| write).await;
            let page = index.list(NAMESPACE, &custom, "", 3, &[]).await.expect("a list");
            let other = index.list(NAMESPACE, &custom, "WorkflowType = 'Order'", 7, &[]).await.expect("a list");
            let tokens = [page.next_page_token.clone(), other.next_page_token];
            for _ in 0..40 {
                let token = if random.percent(20) {
                    noise(random, 60)
                } else {
                    mutated(&page.next_page_token, &tokens, random)
                };
                let size = random.below(5);
                if let Ok(next) = index.list(NAMESPACE, &custom, "", size, &token).await {
                    assert!(next.executions.len() <= 20);
                }
            }
        });
    }

    #[test]
    fn damaged_rows_are_shown_or_refused(seed: u64) {
        let random = std::cell::RefCell::new(Random::of(seed));
        block_on(async {
            let custom = custom();
            let index = subject(in_memory(), |write| match write {
                Write::Put { space, partition, key, value } => {
                    let value = mutated(&value, &[], &mut random.borrow_mut()).into();
                    Write::Put { space, partition, key, value }
                }
                other => other,
            })
            .await;
            for query in QUERIES {
                let _ = index.list(NAMESPACE, &custom, query, 5, &[]).await;
                let _ = index.count(NAMESPACE, &custom, query).await;
            }
        });
    }
}
