//! Every form of a list, counts, and what is refused.
#![allow(clippy::unwrap_used)]

mod fakes;

use std::sync::Arc;

use abide_api::temporal::api::{
    common::v1::{Payload, SearchAttributes, WorkflowExecution, WorkflowType},
    enums::v1::WorkflowExecutionStatus,
    filter::v1::{StartTimeFilter, StatusFilter, WorkflowExecutionFilter, WorkflowTypeFilter},
    workflow::v1::WorkflowExecutionInfo,
    workflowservice::v1::{
        CountWorkflowExecutionsRequest, ListArchivedWorkflowExecutionsRequest, ListClosedWorkflowExecutionsRequest,
        ListOpenWorkflowExecutionsRequest, ListWorkflowExecutionsRequest, ScanWorkflowExecutionsRequest,
        list_closed_workflow_executions_request::Filters as Closed,
        list_open_workflow_executions_request::Filters as Open, workflow_service_server::WorkflowService,
    },
};
use abide_frontend::Frontend;
use abide_store::{Batch, MemoryStore, Store, Urgency};
use abide_visibility::{StoreIndex, Visibility};
use fakes::World;
use prost_types::Timestamp;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// The `number`-th run; those with a status have ended.
fn run(number: u32, kind: &str, ended: Option<WorkflowExecutionStatus>) -> WorkflowExecutionInfo {
    let time = |seconds: u32| Some(Timestamp { seconds: i64::from(seconds), nanos: 0 });
    let size = Payload {
        metadata: [("encoding".to_owned(), "json/plain".into())].into(),
        data: number.to_string().into(),
        ..Payload::default()
    };
    let mut size_with_type = size;
    size_with_type.metadata.insert("type".to_owned(), "Int".into());
    WorkflowExecutionInfo {
        execution: Some(WorkflowExecution {
            workflow_id: format!("run-{number}"),
            run_id: Uuid::from_u128(number.into()).to_string(),
        }),
        r#type: Some(WorkflowType { name: kind.to_owned() }),
        start_time: time(100 * number),
        execution_time: time(100 * number),
        close_time: ended.and_then(|_| time(100 * number + 50)),
        status: ended.unwrap_or(WorkflowExecutionStatus::Running).into(),
        search_attributes: Some(SearchAttributes { indexed_fields: [("Size".to_owned(), size_with_type)].into() }),
        ..WorkflowExecutionInfo::default()
    }
}

/// A frontend that shows runs 1 to 5, of which 2 and 4 have ended.
async fn frontend() -> Frontend {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::open().unwrap());
    let fence = Arc::new(store.acquire(0..=0).await.unwrap());
    let runs = [
        run(1, "A", None),
        run(2, "A", Some(WorkflowExecutionStatus::Completed)),
        run(3, "It's \\B", None),
        run(4, "B", Some(WorkflowExecutionStatus::Terminated)),
        run(5, "A", None),
    ];
    let namespace = fakes::default_namespace();
    let writes = runs.into_iter().map(|info| abide_visibility::write(namespace, info)).collect();
    let (tell, told) = tokio::sync::oneshot::channel();
    store.commit(Batch { fence, writes }, Urgency::Now, Box::new(move |outcome| tell.send(outcome).unwrap()));
    told.await.unwrap().unwrap();
    Frontend { visibility: Visibility::new(Arc::new(StoreIndex(store))), ..World::new().frontend }
}

/// The ids that were listed, and whether there is more; or the refusal.
fn shown<T>(answer: Result<Response<T>, Status>, parts: fn(T) -> (Vec<WorkflowExecutionInfo>, bool)) -> String {
    match answer {
        Ok(answer) => {
            let (executions, has_more) = parts(answer.into_inner());
            let ids = executions.into_iter().map(|info| info.execution.unwrap().workflow_id).collect::<Vec<_>>();
            format!("{}{}", ids.join(" "), if has_more { " ..." } else { "" })
        }
        Err(status) => format!("{:?}: {}", status.code(), status.message()),
    }
}

async fn list(frontend: &Frontend, query: &str, page_size: i32, token: bytes::Bytes) -> (String, bytes::Bytes) {
    let request = ListWorkflowExecutionsRequest {
        namespace: "default".into(),
        page_size,
        next_page_token: token,
        query: query.to_owned(),
    };
    let answer = frontend.list_workflow_executions(Request::new(request)).await;
    let next = answer.as_ref().map(|answer| answer.get_ref().next_page_token.clone()).unwrap_or_default();
    (shown(answer, |answer| (answer.executions, !answer.next_page_token.is_empty())), next)
}

#[tokio::test]
async fn a_list_has_an_order_and_pages() {
    let frontend = frontend().await;
    let (page, next) = list(&frontend, "", 3, "".into()).await;
    assert_eq!(page, "run-5 run-3 run-1 ...");
    assert_eq!(list(&frontend, "", 3, next.clone()).await.0, "run-4 run-2");
    assert_eq!(list(&frontend, "Size > 2 ORDER BY Size", 0, "".into()).await.0, "run-3 run-4 run-5");
    assert_eq!(
        list(&frontend, "WorkflowType = 'A' ORDER BY StartTime DESC", -1, "".into()).await.0,
        "run-5 run-2 run-1"
    );
    for (query, token, refusal) in [
        ("WorkflowType = 'A'", next.clone(), "InvalidArgument: the page token was given out for another query"),
        ("", "junk".into(), "InvalidArgument: Invalid NextPageToken."),
        (
            "Nope = 1",
            "".into(),
            "InvalidArgument: invalid query: invalid expression: column name 'Nope' is not a valid search attribute",
        ),
        ("Size = ", "".into(), "InvalidArgument: invalid query: malformed SQL query: syntax error at position 8"),
        (
            "GROUP BY ExecutionStatus",
            "".into(),
            "InvalidArgument: invalid query: operation is not supported: 'GROUP BY' clause",
        ),
    ] {
        assert_eq!(list(&frontend, query, 3, token).await.0, refusal, "{query}");
    }
}

#[tokio::test]
async fn a_scan_is_a_list() {
    let frontend = frontend().await;
    let request = ScanWorkflowExecutionsRequest {
        namespace: "default".into(),
        page_size: 4,
        query: "Size < 5".into(),
        ..ScanWorkflowExecutionsRequest::default()
    };
    let answer = frontend.scan_workflow_executions(Request::new(request)).await;
    let shown = shown(answer, |answer| (answer.executions, !answer.next_page_token.is_empty()));
    assert_eq!(shown, "run-3 run-1 run-4 run-2");
}

fn between(earliest: i64, latest: i64) -> Option<StartTimeFilter> {
    let time = |seconds| Some(Timestamp { seconds, nanos: 0 });
    Some(StartTimeFilter { earliest_time: time(earliest), latest_time: time(latest) })
}

#[tokio::test]
async fn open_runs_are_filtered_as_before_there_were_queries() {
    let frontend = frontend().await;
    let execution = |id: &str| {
        let (workflow_id, run_id) = (id.to_owned(), "of no importance".to_owned());
        Some(Open::ExecutionFilter(WorkflowExecutionFilter { workflow_id, run_id }))
    };
    let kind = |name: &str| Some(Open::TypeFilter(WorkflowTypeFilter { name: name.to_owned() }));
    let only_earliest =
        StartTimeFilter { earliest_time: Some(Timestamp { seconds: 150, nanos: 0 }), latest_time: None };
    let reversed = "InvalidArgument: EarliestTime in StartTimeFilter should not be larger than LatestTime.";
    for (start_time_filter, filters, maximum_page_size, expected) in [
        (None, None, 0, "run-5 run-3 run-1"),
        (None, None, 2, "run-5 run-3 ..."),
        (between(200, 300), None, -1, "run-3"),
        (Some(only_earliest), None, 0, "run-5 run-3"),
        (between(10, 5), None, 0, reversed),
        (None, execution("run-1"), 0, "run-1"),
        (None, execution("run-2"), 0, ""),
        (None, execution(""), 0, ""),
        (between(0, 400), kind("A"), 0, "run-1"),
        (None, kind("It's \\B"), 0, "run-3"),
    ] {
        let request = ListOpenWorkflowExecutionsRequest {
            namespace: "default".into(),
            maximum_page_size,
            start_time_filter,
            filters,
            ..ListOpenWorkflowExecutionsRequest::default()
        };
        let answer = frontend.list_open_workflow_executions(Request::new(request.clone())).await;
        let shown = shown(answer, |answer| (answer.executions, !answer.next_page_token.is_empty()));
        assert_eq!(shown, expected, "{request:?}");
    }
}

#[tokio::test]
async fn closed_runs_are_filtered_as_before_there_were_queries() {
    let frontend = frontend().await;
    let status = |status: i32| Some(Closed::StatusFilter(StatusFilter { status }));
    let kind = |name: &str| Some(Closed::TypeFilter(WorkflowTypeFilter { name: name.to_owned() }));
    let execution =
        Closed::ExecutionFilter(WorkflowExecutionFilter { workflow_id: "run-4".into(), run_id: String::new() });
    let not_running = "InvalidArgument: StatusFilter must be specified and must be not Running.";
    for (start_time_filter, filters, expected) in [
        (None, None, "run-4 run-2"),
        (between(0, 200), None, "run-2"),
        (None, Some(execution), "run-4"),
        (None, kind("A"), "run-2"),
        (None, status(2), "run-2"),
        (None, status(3), ""),
        (None, status(0), not_running),
        (None, status(1), not_running),
    ] {
        let request = ListClosedWorkflowExecutionsRequest {
            namespace: "default".into(),
            start_time_filter,
            filters,
            ..ListClosedWorkflowExecutionsRequest::default()
        };
        let answer = frontend.list_closed_workflow_executions(Request::new(request.clone())).await;
        let shown = shown(answer, |answer| (answer.executions, !answer.next_page_token.is_empty()));
        assert_eq!(shown, expected, "{request:?}");
    }
}

#[tokio::test]
async fn there_is_no_archive() {
    let frontend = frontend().await;
    for (namespace, page_size, expected) in [
        ("default", 10, "InvalidArgument: Cluster is not configured for visibility archival."),
        ("default", 10_001, "InvalidArgument: PageSize is larger than allowed 10000."),
        ("", 10, "InvalidArgument: Namespace is empty."),
        ("nowhere", 10, "NotFound: Namespace nowhere is not found."),
    ] {
        let request = ListArchivedWorkflowExecutionsRequest {
            namespace: namespace.to_owned(),
            page_size,
            ..ListArchivedWorkflowExecutionsRequest::default()
        };
        let answer = frontend.list_archived_workflow_executions(Request::new(request)).await;
        assert_eq!(shown(answer, |answer| (answer.executions, false)), expected, "{namespace} {page_size}");
    }
}

#[tokio::test]
async fn counts_have_groups() {
    let frontend = frontend().await;
    for (query, expected) in [
        ("", "5"),
        ("WorkflowType = 'A'", "3"),
        ("GROUP BY ExecutionStatus", "5 \"Running\"=3 \"Completed\"=1 \"Terminated\"=1"),
        ("Size > 3 GROUP BY WorkflowType", "2 \"A\"=1 \"B\"=1"),
        ("ORDER BY Size", "InvalidArgument: invalid query: operation is not supported: 'ORDER BY' clause"),
    ] {
        let request = CountWorkflowExecutionsRequest { namespace: "default".into(), query: query.to_owned() };
        let shown = match frontend.count_workflow_executions(Request::new(request)).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                let groups = answer
                    .groups
                    .iter()
                    .map(|group| format!(" {}={}", String::from_utf8_lossy(&group.group_values[0].data), group.count));
                format!("{}{}", answer.count, groups.collect::<String>())
            }
            Err(status) => format!("{:?}: {}", status.code(), status.message()),
        };
        assert_eq!(shown, expected, "{query}");
    }
}
