//! The way to a batch operation from a query that one has: leads to the page of that operation, which says how many are meant.

use abide_http::url::{path, query};
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::page::{Page, Place};
use crate::pages::workflows::deed::Deed;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;

/// Asks for the query and the operation; with both it goes on.
pub(super) async fn start(visit: Visit, Path(namespace): Path<String>) -> Result<Response, Problem> {
    visit.allow(Action::Batch)?;
    let deed = visit.value("operation").and_then(|name| Deed::ALL.into_iter().find(|deed| deed.name() == name));
    if let (Some(deed), Some(text)) = (deed, visit.value("query")) {
        let to = visit.href(&path(&["namespaces", &namespace, "workflows", "actions", deed.name()]));
        return Ok(Redirect::to(&format!("{to}?{}", query([("query", text)]))).into_response());
    }
    Ok(Page::new(Place::Batches, "Start a batch operation", asked(&visit, &namespace)).of(namespace).into_response())
}

fn asked(visit: &Visit, namespace: &str) -> Markup {
    let list = ["namespaces", namespace, "batch-operations"];
    html! {
        h1 { "Start a batch operation" }
        p { "One operation on all workflows that a query finds. The next page says how many these are, and asks why." }
        form.fields method="get" action=(visit.href(&path(&[&list[..], &["actions", "start"]].concat()))) {
            label { "Query" textarea name="query" required spellcheck="false" rows="3"
                placeholder="WorkflowType = 'Order' AND ExecutionStatus = 'Running'" {} }
            fieldset {
                legend { "Operation" }
                @for (place, deed) in Deed::ALL.into_iter().filter(|deed| deed.is_allowed(visit)).enumerate() {
                    label.tick { input type="radio" name="operation" value=(deed.name()) required checked[place == 0]; (deed.label()) }
                }
            }
            p.actions { button.primary { "Go on" } a.button href=(visit.href(&path(&list))) data-close="" { "Cancel" } }
        }
    }
}
