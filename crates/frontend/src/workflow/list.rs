//! ListWorkflowExecutions and CountWorkflowExecutions. What a query means is the index's.

use abide_api::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse, ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse,
};
use abide_cluster::Error;
use abide_visibility::ListError;

use crate::Frontend;
use crate::convert::search_attributes::name_types;
use crate::status::Refusal;

/// A page of runs, the newest first.
pub async fn list(
    frontend: &Frontend,
    request: ListWorkflowExecutionsRequest,
) -> Result<ListWorkflowExecutionsResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    // Zero, and what is less, asks for as many as there may be.
    let size = usize::try_from(request.page_size).unwrap_or(0);
    let page = frontend.index.list(namespace.id(), &request.query, size, &request.next_page_token).await;
    let mut page = page.map_err(refusal)?;
    for info in &mut page.executions {
        name_types(&namespace, info);
    }
    Ok(ListWorkflowExecutionsResponse { executions: page.executions, next_page_token: page.next_page_token.into() })
}

/// How many runs there are.
pub async fn count(
    frontend: &Frontend,
    request: CountWorkflowExecutionsRequest,
) -> Result<CountWorkflowExecutionsResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let count = frontend.index.count(namespace.id(), &request.query).await.map_err(refusal)?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(CountWorkflowExecutionsResponse { count, ..CountWorkflowExecutionsResponse::default() })
}

fn refusal(error: ListError) -> Refusal {
    match error {
        ListError::InvalidPageToken => Error::InvalidPageToken.into(),
        ListError::Unsupported(text) => Refusal::Invalid(text.into()),
        ListError::Store(cause) => {
            tracing::warn!(%cause, "the list cannot be read");
            Error::Unavailable("the list cannot be read".to_owned()).into()
        }
    }
}
