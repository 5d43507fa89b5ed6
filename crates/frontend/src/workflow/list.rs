//! ListWorkflowExecutions and its relatives, CountWorkflowExecutions. What a query means is the crate `visibility`'s.

use abide_api::temporal::api::{
    enums::v1::WorkflowExecutionStatus,
    filter::v1::StartTimeFilter,
    workflowservice::v1::{
        CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse, ListArchivedWorkflowExecutionsRequest,
        ListArchivedWorkflowExecutionsResponse, ListClosedWorkflowExecutionsRequest,
        ListClosedWorkflowExecutionsResponse, ListOpenWorkflowExecutionsRequest, ListOpenWorkflowExecutionsResponse,
        ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse, ScanWorkflowExecutionsRequest,
        ScanWorkflowExecutionsResponse, count_workflow_executions_response::AggregationGroup,
        list_closed_workflow_executions_request::Filters as ClosedFilters,
        list_open_workflow_executions_request::Filters as OpenFilters,
    },
};
use abide_cluster::Error;
use abide_model::limits;
use abide_visibility::{ListError, Page};
use bytes::Bytes;

use crate::Frontend;
use crate::convert::search_attributes::name_types;
use crate::status::Refusal;

/// A page of runs.
pub async fn list(
    frontend: &Frontend,
    request: ListWorkflowExecutionsRequest,
) -> Result<ListWorkflowExecutionsResponse, Refusal> {
    let asked = Asked { query: request.query, size: request.page_size, token: request.next_page_token };
    let page = page(frontend, &request.namespace, asked).await?;
    let next_page_token = page.next_page_token.into();
    Ok(ListWorkflowExecutionsResponse { executions: page.executions, next_page_token })
}

/// The same, as old clients call it.
pub async fn scan(
    frontend: &Frontend,
    request: ScanWorkflowExecutionsRequest,
) -> Result<ScanWorkflowExecutionsResponse, Refusal> {
    let asked = Asked { query: request.query, size: request.page_size, token: request.next_page_token };
    let page = page(frontend, &request.namespace, asked).await?;
    let next_page_token = page.next_page_token.into();
    Ok(ScanWorkflowExecutionsResponse { executions: page.executions, next_page_token })
}

/// A page of open runs, filtered as before there were queries.
pub async fn open(
    frontend: &Frontend,
    request: ListOpenWorkflowExecutionsRequest,
) -> Result<ListOpenWorkflowExecutionsResponse, Refusal> {
    let mut query = "CloseTime IS NULL".to_owned();
    and_started(&mut query, request.start_time_filter)?;
    match request.filters {
        Some(OpenFilters::ExecutionFilter(filter)) => and_equal(&mut query, "WorkflowId", &filter.workflow_id),
        Some(OpenFilters::TypeFilter(filter)) => and_equal(&mut query, "WorkflowType", &filter.name),
        None => {}
    }
    let asked = Asked { query, size: request.maximum_page_size, token: request.next_page_token };
    let page = page(frontend, &request.namespace, asked).await?;
    let next_page_token = page.next_page_token.into();
    Ok(ListOpenWorkflowExecutionsResponse { executions: page.executions, next_page_token })
}

/// A page of closed runs, filtered as before there were queries.
pub async fn closed(
    frontend: &Frontend,
    request: ListClosedWorkflowExecutionsRequest,
) -> Result<ListClosedWorkflowExecutionsResponse, Refusal> {
    let mut query = "CloseTime IS NOT NULL".to_owned();
    and_started(&mut query, request.start_time_filter)?;
    match request.filters {
        Some(ClosedFilters::ExecutionFilter(filter)) => and_equal(&mut query, "WorkflowId", &filter.workflow_id),
        Some(ClosedFilters::TypeFilter(filter)) => and_equal(&mut query, "WorkflowType", &filter.name),
        Some(ClosedFilters::StatusFilter(filter)) => {
            if matches!(filter.status(), WorkflowExecutionStatus::Unspecified | WorkflowExecutionStatus::Running) {
                return Err(Refusal::Invalid("StatusFilter must be specified and must be not Running.".into()));
            }
            query.push_str(&format!(" AND ExecutionStatus = {}", filter.status));
        }
        None => {}
    }
    let asked = Asked { query, size: request.maximum_page_size, token: request.next_page_token };
    let page = page(frontend, &request.namespace, asked).await?;
    let next_page_token = page.next_page_token.into();
    Ok(ListClosedWorkflowExecutionsResponse { executions: page.executions, next_page_token })
}

/// There is no archive.
pub fn archived(
    frontend: &Frontend,
    request: ListArchivedWorkflowExecutionsRequest,
) -> Result<ListArchivedWorkflowExecutionsResponse, Refusal> {
    frontend.namespace(&request.namespace)?;
    let limit = limits::ARCHIVED_PAGE_MAX;
    if usize::try_from(request.page_size).is_ok_and(|size| size > limit) {
        return Err(Refusal::Invalid(format!("PageSize is larger than allowed {limit}.").into()));
    }
    Err(Refusal::Invalid("Cluster is not configured for visibility archival.".into()))
}

/// How many runs there are.
pub async fn count(
    frontend: &Frontend,
    request: CountWorkflowExecutionsRequest,
) -> Result<CountWorkflowExecutionsResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let custom = &namespace.search_attributes;
    let count = frontend.visibility.count(namespace.id(), custom, &request.query).await.map_err(refusal)?;
    let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
    let groups = count.groups.into_iter();
    let groups =
        groups.map(|group| AggregationGroup { group_values: vec![group.value], count: number(group.count) }).collect();
    Ok(CountWorkflowExecutionsResponse { count: number(count.total), groups })
}

/// What every form of a list asks for.
struct Asked {
    query: String,
    /// Zero, and what is less, asks for as many as there may be.
    size: i32,
    token: Bytes,
}

async fn page(frontend: &Frontend, namespace: &str, asked: Asked) -> Result<Page, Refusal> {
    let namespace = frontend.namespace(namespace)?;
    let Asked { query, size, token } = asked;
    let size = usize::try_from(size).unwrap_or(0);
    let custom = &namespace.search_attributes;
    let page = frontend.visibility.list(namespace.id(), custom, &query, size, &token).await;
    let mut page = page.map_err(refusal)?;
    for info in &mut page.executions {
        name_types(&namespace, info);
    }
    Ok(page)
}

fn and_started(query: &mut String, filter: Option<StartTimeFilter>) -> Result<(), Refusal> {
    let Some(StartTimeFilter { earliest_time, latest_time }) = filter else { return Ok(()) };
    let nanos =
        |time: prost_types::Timestamp| time.seconds.saturating_mul(1_000_000_000).saturating_add(time.nanos.into());
    let (earliest, latest) = (earliest_time.map(nanos), latest_time.map(nanos));
    if let (Some(earliest), Some(latest)) = (earliest, latest)
        && earliest > latest
    {
        let text = "EarliestTime in StartTimeFilter should not be larger than LatestTime.";
        return Err(Refusal::Invalid(text.into()));
    }
    for (operator, nanos) in [(">=", earliest), ("<=", latest)] {
        if let Some(nanos) = nanos {
            query.push_str(&format!(" AND StartTime {operator} {nanos}"));
        }
    }
    Ok(())
}

fn and_equal(query: &mut String, column: &str, value: &str) {
    let value = value.replace('\\', "\\\\").replace('\'', "''");
    query.push_str(&format!(" AND {column} = '{value}'"));
}

fn refusal(error: ListError) -> Refusal {
    match error {
        ListError::InvalidPageToken => Error::InvalidPageToken.into(),
        ListError::OtherPageToken | ListError::Query(_) => Refusal::Invalid(error.to_string().into()),
        ListError::Store(cause) => {
            tracing::warn!(%cause, "the list cannot be read");
            Error::Unavailable("the list cannot be read".to_owned()).into()
        }
    }
}
