//! All namespaces, or those in whose name, description or owner something is found.

mod create;
mod delete;
pub(crate) mod detail;
mod edit;
mod fields;
#[cfg(test)]
mod tests;

use std::time::Duration;

use abide_api::temporal::api::enums::v1::NamespaceState;
use abide_api::temporal::api::namespace::v1::NamespaceFilter;
use abide_api::temporal::api::workflowservice::v1::{DescribeNamespaceResponse, ListNamespacesRequest};
use abide_http::url::path;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use maud::{Markup, html};

use crate::page::{Page, Place, Watch};
use crate::paging;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::{duration, empty};

/// How many are asked for at once, and shown when nothing is searched for.
const PAGE_SIZE: i32 = 200;
/// A search ends with so many, or after so many pages.
const FOUND_ENOUGH: usize = 100;
const PAGES_SEARCHED_MAX: usize = 50;
/// Namespaces change by a human's hand.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The pages of namespaces, by address.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/namespaces", get(list))
        .route("/namespaces/actions/create", get(create::ask).post(create::act))
        .route("/namespaces/{namespace}", get(detail::detail))
        .route("/namespaces/{namespace}/actions/edit", get(edit::ask).post(edit::act))
        .route("/namespaces/{namespace}/actions/delete", get(delete::ask).post(delete::act))
}

/// See the file's first line.
pub(crate) async fn list(visit: Visit) -> Result<Page, Problem> {
    let (namespaces, next) = find(&visit).await?;
    let body = html! {
        div.head {
            h1 { "Namespaces" }
            @if visit.may(Action::Administration) {
                div.actions {
                    a.button.primary data-dialog="" data-key-create="" href=(visit.href("/namespaces/actions/create")) {
                        "Create a namespace"
                    }
                }
            }
        }
        form.bar method="get" role="search" action=(visit.href("/namespaces")) {
            label.hidden-visually for="search" { "Name, description or owner" }
            input.wide id="search" type="search" name="search" data-search="" placeholder="Name, description or owner"
                value=(visit.value("search").unwrap_or_default());
            label { input type="checkbox" name="deleted" value="true" checked[is_deleted_too(&visit)]; " Deleted ones, too" }
            button { "Search" }
        }
        (visit.live("namespaces", rows(&visit, &namespaces, &next)))
    };
    Ok(Page::new(Place::Namespaces, "Namespaces", body).watching(Watch::Every(LOOK_AGAIN)))
}

fn is_deleted_too(visit: &Visit) -> bool {
    visit.value("deleted") == Some("true")
}

/// A page of them, and where the next one begins. The service knows no search: its pages are searched here.
async fn find(visit: &Visit) -> Result<(Vec<DescribeNamespaceResponse>, Bytes), Problem> {
    let wanted = visit.value("search").unwrap_or_default().to_lowercase();
    let include_deleted = is_deleted_too(visit);
    let (mut found, mut token) = (Vec::new(), paging::after(visit)?);
    for _ in 0..PAGES_SEARCHED_MAX {
        let request = ListNamespacesRequest {
            page_size: PAGE_SIZE,
            next_page_token: token,
            namespace_filter: Some(NamespaceFilter { include_deleted }),
        };
        let page = visit.workflows().list_namespaces(visit.request(request)).await?.into_inner();
        found.extend(page.namespaces.into_iter().filter(|namespace| has(namespace, &wanted)));
        token = page.next_page_token;
        if wanted.is_empty() || token.is_empty() || found.len() >= FOUND_ENOUGH {
            break;
        }
    }
    Ok((found, token))
}

fn has(namespace: &DescribeNamespaceResponse, wanted: &str) -> bool {
    let Some(info) = &namespace.namespace_info else { return false };
    [&info.name, &info.description, &info.owner_email].iter().any(|text| text.to_lowercase().contains(wanted))
}

fn rows(visit: &Visit, namespaces: &[DescribeNamespaceResponse], next: &[u8]) -> Markup {
    if namespaces.is_empty() && next.is_empty() {
        let is_search = visit.value("search").is_some();
        return empty(if is_search { "No namespace matches." } else { "There is no namespace yet." });
    }
    html! {
        div.scroll {
            table {
                caption.hidden-visually { "Namespaces" }
                thead { tr { @for name in ["Name", "State", "Retention", "Description", "Owner"] { th scope="col" { (name) } } } }
                tbody id="namespaces" { @for namespace in namespaces { (row(visit, namespace)) } }
            }
        }
        (paging::more(visit, "namespaces", next))
    }
}

fn row(visit: &Visit, namespace: &DescribeNamespaceResponse) -> Markup {
    let info = namespace.namespace_info.clone().unwrap_or_default();
    let retention = namespace.config.as_ref().and_then(|config| config.workflow_execution_retention_ttl);
    html! {
        tr data-row="" data-key=(info.id) {
            td { a href=(visit.href(&path(&["namespaces", &info.name]))) data-row-link="" { (info.name) } }
            td { (state(info.state())) }
            td { (duration(retention.as_ref())) }
            td { (info.description) }
            td { (info.owner_email) }
        }
    }
}

/// The state as a badge.
fn state(state: NamespaceState) -> Markup {
    let (class, name) = match state {
        NamespaceState::Registered => ("badge completed", "Registered"),
        NamespaceState::Deprecated => ("badge canceled", "Deprecated"),
        NamespaceState::Deleted => ("badge terminated", "Deleted"),
        NamespaceState::Unspecified => ("badge", "Unknown"),
    };
    html! { span class=(class) { (name) } }
}
