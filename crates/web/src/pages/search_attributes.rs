//! The search attributes of a namespace: those that are built in, and those of its own, which can be added and removed.

mod add;
mod remove;
#[cfg(test)]
mod tests;

use std::time::Duration;

use abide_api::temporal::api::enums::v1::IndexedValueType;
use abide_api::temporal::api::operatorservice::v1::{ListSearchAttributesRequest, ListSearchAttributesResponse};
use abide_http::url::path;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use maud::{Markup, html};

use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::empty;

/// They change by a human's hand.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The pages of search attributes, by address.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/namespaces/{namespace}/search-attributes", get(list))
        .route("/namespaces/{namespace}/search-attributes/actions/add", get(add::ask).post(add::act))
        .route("/namespaces/{namespace}/search-attributes/{name}/actions/remove", get(remove::ask).post(remove::act))
}

/// See the file's first line.
pub(crate) async fn list(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    let request = ListSearchAttributesRequest { namespace: namespace.clone() };
    let found = visit.operator().list_search_attributes(visit.request(request)).await?.into_inner();
    let body = html! {
        div.head {
            h1 { "Search attributes" }
            @if visit.may(Action::Administration) {
                div.actions {
                    a.button.primary data-dialog="" data-key-create="" href=(address(&visit, &namespace, &["actions", "add"])) {
                        "Add a search attribute"
                    }
                }
            }
        }
        p.quiet { "Workflow executions are found by these: " code { "Name = value" } " in a query. A search attribute is known in its namespace alone." }
        (visit.live("attributes", tables(&visit, &namespace, &found)))
    };
    let page = Page::new(Place::SearchAttributes, format!("Search attributes of {namespace}"), body);
    Ok(page.of(namespace).watching(Watch::Every(LOOK_AGAIN)))
}

fn address(visit: &Visit, namespace: &str, rest: &[&str]) -> String {
    visit.href(&path(&[&["namespaces", namespace, "search-attributes"], rest].concat()))
}

fn tables(visit: &Visit, namespace: &str, found: &ListSearchAttributesResponse) -> Markup {
    let may_remove = visit.may(Action::Administration);
    html! {
        h2 id="custom" { "Custom" }
        @if found.custom_attributes.is_empty() { (empty("This namespace has no search attributes of its own.")) } @else {
            table aria-labelledby="custom" {
                thead { tr {
                    th scope="col" { "Name" } th scope="col" { "Type" }
                    @if may_remove { th scope="col" { span.hidden-visually { "Actions" } } }
                } }
                tbody {
                    @for (name, kind) in &found.custom_attributes {
                        tr data-key=(name) {
                            td { code { (name) } }
                            td { (type_name(*kind)) }
                            @if may_remove {
                                td { a.button.small data-dialog="" href=(address(visit, namespace, &[name, "actions", "remove"]))
                                    aria-label={ "Remove " (name) } { "Remove" } }
                            }
                        }
                    }
                }
            }
        }
        h2 id="built-in" { "Built in" }
        table aria-labelledby="built-in" {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Type" } } }
            tbody {
                @for (name, kind) in &found.system_attributes {
                    tr data-key=(name) { td { code { (name) } } td { (type_name(*kind)) } }
                }
            }
        }
    }
}

/// The types that one can choose, in the order in which people want them.
const TYPES: [IndexedValueType; 7] = [
    IndexedValueType::Keyword,
    IndexedValueType::KeywordList,
    IndexedValueType::Text,
    IndexedValueType::Int,
    IndexedValueType::Double,
    IndexedValueType::Bool,
    IndexedValueType::Datetime,
];

/// As the command line names it.
fn type_name(kind: i32) -> &'static str {
    match IndexedValueType::try_from(kind) {
        Ok(IndexedValueType::Keyword) => "Keyword",
        Ok(IndexedValueType::KeywordList) => "KeywordList",
        Ok(IndexedValueType::Text) => "Text",
        Ok(IndexedValueType::Int) => "Int",
        Ok(IndexedValueType::Double) => "Double",
        Ok(IndexedValueType::Bool) => "Bool",
        Ok(IndexedValueType::Datetime) => "Datetime",
        Ok(IndexedValueType::Unspecified) | Err(_) => "Unknown",
    }
}
