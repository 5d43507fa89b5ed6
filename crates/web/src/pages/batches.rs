//! Operations on many runs: those that run and those that have ended, how far each of them is, and the way to start one or to end
//! one early.

mod detail;
mod list;
mod start;
mod stop;
#[cfg(test)]
mod tests;

use abide_api::temporal::api::enums::v1::BatchOperationState;
use abide_api::temporal::api::workflowservice::v1::{DescribeBatchOperationRequest, DescribeBatchOperationResponse};
use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use tonic::Status;

use crate::visit::Visit;
use crate::widgets::number;

const LIST: &str = "/namespaces/{namespace}/batch-operations";

/// Which address is which page.
pub(crate) fn router() -> Router {
    Router::new()
        .route(LIST, get(list::list))
        .route(&format!("{LIST}/actions/start"), get(start::start))
        .route(&format!("{LIST}/{{job}}"), get(detail::detail))
        .route(&format!("{LIST}/{{job}}/actions/stop"), get(stop::ask).post(stop::act))
}

async fn describe(visit: &Visit, namespace: &str, job_id: &str) -> Result<DescribeBatchOperationResponse, Status> {
    let request = DescribeBatchOperationRequest { namespace: namespace.to_owned(), job_id: job_id.to_owned() };
    Ok(visit.workflows().describe_batch_operation(visit.request(request)).await?.into_inner())
}

/// `BATCH_OPERATION_TYPE_CANCEL_WORKFLOW` as people read it: `Cancel workflow`.
fn words(name: &str, prefix: &str) -> String {
    let name = name.strip_prefix(prefix).unwrap_or(name).replace('_', " ").to_lowercase();
    let first = name.chars().next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(name.chars().skip(1)).collect()
}

fn state(state: BatchOperationState) -> Markup {
    let class = match state {
        BatchOperationState::Running => "running",
        BatchOperationState::Completed => "completed",
        BatchOperationState::Failed => "failed",
        BatchOperationState::Unspecified => "",
    };
    html! { span.badge.(class) { (words(state.as_str_name(), "BATCH_OPERATION_STATE_")) } }
}

/// How far it is.
fn progress(found: &DescribeBatchOperationResponse) -> Markup {
    let done = found.complete_operation_count.saturating_add(found.failure_operation_count);
    let total = found.total_operation_count;
    html! {
        progress max=(total.max(1)) value=(if total == 0 { 0 } else { done }) aria-label="Progress" {}
        " " (number(done)) " of " (number(total))
        @if found.failure_operation_count > 0 { ", " span.failed { (number(found.failure_operation_count)) " failed" } }
    }
}
