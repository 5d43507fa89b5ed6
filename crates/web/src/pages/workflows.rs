//! The runs of a namespace that a query finds: the query and its conditions, the counts, the rows and what can be done to them.

mod attributes;
mod bulk;
mod column_choice;
mod columns;
mod counts;
pub(crate) mod deed;
mod filter;
pub(crate) mod query;
mod rows;
#[cfg(test)]
mod tests;
mod views;

use abide_api::temporal::api::workflowservice::v1::{ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse};
use abide_http::url;
use abide_http::url::path;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::StatusCode;
use maud::{Markup, html};

use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use attributes::{Attribute, attributes};
use counts::{Counts, count};
use query::Query;

/// How many runs a page shows, unless its address says otherwise.
const SIZE: i32 = 100;
const SIZES: [i32; 4] = [25, 50, 100, 250];
/// How many runs the list as JSON has, with a token for the rest.
const EXPORT_SIZE: &str = "1000";

/// Which address is which page.
pub(crate) fn router() -> Router {
    const LIST: &str = "/namespaces/{namespace}/workflows";
    Router::new()
        .route(LIST, get(list))
        .route(&format!("{LIST}/actions/columns"), get(column_choice::choice).post(column_choice::choose))
        .route(&format!("{LIST}/actions/views"), post(views::keep))
        .merge(bulk::router(LIST))
}

/// What an address asks for.
struct Asked {
    namespace: String,
    /// The query as a text, with its order.
    text: String,
    /// The query in its parts, if it has any.
    query: Option<Query>,
    size: i32,
    /// Behind which page.
    token: Bytes,
}

impl Asked {
    fn of(visit: &Visit, namespace: String) -> Self {
        let viewed = visit.value("view").and_then(|view| views::query(view, jiff::Timestamp::now()));
        let text = viewed.unwrap_or_else(|| visit.value("query").unwrap_or_default().trim().to_owned());
        let size = visit.value("size").and_then(|size| size.parse().ok()).filter(|size| SIZES.contains(size));
        let token = visit.value("token").and_then(|token| URL_SAFE_NO_PAD.decode(token).ok());
        Self {
            namespace,
            query: Query::parse(&text),
            text,
            size: size.unwrap_or(SIZE),
            token: token.unwrap_or_default().into(),
        }
    }

    /// What must hold, without an order, as far as that is known.
    fn filter(&self) -> String {
        self.query.as_ref().map_or_else(|| self.text.clone(), Query::filter)
    }
}

/// What the service answers.
struct Found {
    list: Result<ListWorkflowExecutionsResponse, Problem>,
    counts: Option<Counts>,
    attributes: Vec<Attribute>,
}

/// See the file's first lines.
async fn list(visit: Visit, Path(namespace): Path<String>) -> Result<Response, Problem> {
    let attributes = attributes(&visit, &namespace).await;
    if let Some(to) = filter::added(&visit, &attributes) {
        return Ok(Redirect::to(&to).into_response());
    }
    let asked = Asked::of(&visit, namespace);
    let request = ListWorkflowExecutionsRequest {
        namespace: asked.namespace.clone(),
        page_size: asked.size,
        next_page_token: asked.token.clone(),
        query: asked.text.clone(),
    };
    let list = visit.workflows().list_workflow_executions(visit.request(request)).await;
    let list = match list.map_err(Problem::from) {
        // The query can be put right on the page itself.
        Err(problem) if problem.status != StatusCode::BAD_REQUEST => return Err(problem),
        list => list.map(tonic::Response::into_inner),
    };
    let counts = match (&asked.query, &list) {
        (Some(query), Ok(_)) => count(&visit, &asked.namespace, query).await,
        (None, _) | (_, Err(_)) => None,
    };
    let found = Found { list, counts, attributes };
    let status = found.list.as_ref().map_or_else(|problem| problem.status, |_| StatusCode::OK);
    let page = Page::new(Place::Workflows, "Workflows", body(&visit, &asked, &found)).of(&asked.namespace);
    Ok(Page { status, ..page }.watching(Watch::Namespace(asked.namespace)).into_response())
}

fn body(visit: &Visit, asked: &Asked, found: &Found) -> Markup {
    html! {
        div.head { h1 { "Workflows" } (links(visit, asked)) }
        (views::views(visit, &asked.namespace, &asked.text))
        (search(visit, asked))
        @match &asked.query {
            Some(query) => (filter::chips(visit, query, &found.attributes)),
            None => p.quiet { "This query cannot be taken apart here; it is asked as it stands." },
        }
        @match &found.list {
            Ok(list) => {
                @if let (Some(counts), Some(query)) = (&found.counts, &asked.query) {
                    (visit.live("counts", counts.chips(visit, query)))
                }
                (rows::rows(visit, asked, list))
            }
            Err(problem) => (problem.alert()),
        }
    }
}

fn links(visit: &Visit, asked: &Asked) -> Markup {
    let within = |rest: &[&str]| visit.href(&path(&[&["namespaces", &asked.namespace, "workflows"], rest].concat()));
    let query = url::query([("query", asked.text.as_str())].into_iter().filter(|(_, query)| !query.is_empty()));
    let export = format!("/api/v1{}", path(&["namespaces", &asked.namespace, "workflows"]));
    let export = visit.href(&format!("{export}?pageSize={EXPORT_SIZE}&{query}"));
    html! {
        div.actions {
            (views::menu(visit, &asked.namespace, &asked.text))
            a.button href={ (within(&["actions", "columns"])) "?" (query) } data-dialog="" { "Columns" }
            a.button href=(export.trim_end_matches('&')) download="workflows.json"
                title={ "The first " (EXPORT_SIZE) " of them" } { "JSON" }
            @if visit.may(Action::Start) {
                a.button.primary href=(within(&["start-workflow"])) data-key-create="" { "Start a workflow" }
            }
        }
    }
}

fn search(visit: &Visit, asked: &Asked) -> Markup {
    html! {
        form.bar role="search" method="get" action=(visit.here_with(&[]).split('?').next().unwrap_or_default()) {
            input.wide type="search" name="query" value=(asked.text) data-search="" aria-label="Query" spellcheck="false"
                autocomplete="off" placeholder="WorkflowType = 'Order' AND StartTime > '2026-01-01T00:00:00Z'";
            @if asked.size != SIZE { input type="hidden" name="size" value=(asked.size); }
            button { "Search" }
        }
    }
}
