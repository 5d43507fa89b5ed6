//! The batch operations of a namespace, running ones first.

use std::time::Duration;

use abide_api::temporal::api::batch::v1::BatchOperationInfo;
use abide_api::temporal::api::enums::v1::BatchOperationState;
use abide_api::temporal::api::workflowservice::v1::{DescribeBatchOperationResponse, ListBatchOperationsRequest};
use abide_http::url::path;
use axum::extract::Path;
use futures_util::future::join_all;
use maud::{Markup, html};

use super::{describe, progress, state, words};
use crate::page::{Page, Place, Watch};
use crate::paging;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::{empty, time};

const PAGE_SIZE: i32 = 50;
/// How often the list is looked at while something runs, and while nothing does.
const LIVELY: Duration = Duration::from_secs(1);
const QUIET: Duration = Duration::from_secs(5);

/// See the file's first lines.
pub(super) async fn list(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    let request = ListBatchOperationsRequest {
        namespace: namespace.clone(),
        page_size: PAGE_SIZE,
        next_page_token: paging::after(&visit)?,
    };
    let found = visit.workflows().list_batch_operations(visit.request(request)).await?.into_inner();
    // The list does not say how far they are. One that is gone by now has no progress.
    let looks = found.operation_info.iter().map(|batch| describe(&visit, &namespace, &batch.job_id));
    let described: Vec<_> = join_all(looks).await.into_iter().map(Result::ok).collect();
    let is_lively = found.operation_info.iter().any(|batch| batch.state() == BatchOperationState::Running);
    let batches: Vec<_> = found.operation_info.into_iter().zip(described).collect();
    let body = html! {
        div.head {
            h1 { "Batch operations" }
            @if visit.may(Action::Batch) {
                div.actions {
                    a.button.primary data-dialog="" data-key-create=""
                        href=(visit.href(&path(&["namespaces", &namespace, "batch-operations", "actions", "start"]))) {
                        "Start a batch operation"
                    }
                }
            }
        }
        (visit.live("batches", table(&visit, &namespace, &batches)))
        (paging::more(&visit, "batches", &found.next_page_token))
    };
    let watch = Watch::Every(if is_lively { LIVELY } else { QUIET });
    Ok(Page::new(Place::Batches, "Batch operations", body).of(&namespace).watching(watch))
}

type Batch = (BatchOperationInfo, Option<DescribeBatchOperationResponse>);

fn table(visit: &Visit, namespace: &str, batches: &[Batch]) -> Markup {
    if batches.is_empty() {
        return empty("There are no batch operations.");
    }
    html! {
        div.scroll {
            table.runs {
                thead { tr {
                    @for name in ["State", "Operation", "Progress", "Job id", "Reason", "Start"] { th scope="col" { (name) } }
                } }
                tbody id="batches" data-grows="" { @for batch in batches { (row(visit, namespace, batch)) } }
            }
        }
    }
}

fn row(visit: &Visit, namespace: &str, (batch, described): &Batch) -> Markup {
    let to = visit.href(&path(&["namespaces", namespace, "batch-operations", &batch.job_id]));
    html! {
        tr data-row="" data-key=(batch.job_id) {
            td { (state(batch.state())) }
            td.nowrap { (words(batch.operation_type().as_str_name(), "BATCH_OPERATION_TYPE_")) }
            td.nowrap { @if let Some(found) = described { (progress(found)) } }
            td { a href=(to) data-row-link="" { (batch.job_id) } }
            td { @if let Some(found) = described { (found.reason) } }
            td { (time(batch.start_time.as_ref())) }
        }
    }
}
