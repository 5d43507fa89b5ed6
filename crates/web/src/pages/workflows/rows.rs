//! The rows of the list, those behind them, and what can be done to the ones that are chosen.

use abide_api::temporal::api::workflowservice::v1::ListWorkflowExecutionsResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, html};

use super::columns::{cell, head, wanted};
use super::{Asked, SIZE, SIZES};
use crate::visit::{Visit, hash};
use crate::widgets::empty;

/// The form that rows are chosen for.
pub(super) const FORM: &str = "chosen";

/// See the file's first lines.
pub(super) fn rows(visit: &Visit, asked: &Asked, list: &ListWorkflowExecutionsResponse) -> Markup {
    let columns = wanted(&visit.preferences.columns, &asked.namespace);
    html! {
        (visit.live("rows", table(visit, asked, list, &columns)))
        @if !asked.token.is_empty() {
            p { a href=(visit.here_with(&[("token", None)])) { "To the first page" } }
        }
        (sizes(visit, asked))
    }
}

fn table(visit: &Visit, asked: &Asked, list: &ListWorkflowExecutionsResponse, columns: &[String]) -> Markup {
    let is_first = asked.token.is_empty();
    if list.executions.is_empty() && is_first && list.next_page_token.is_empty() {
        return empty("No workflow matches.");
    }
    // What comes behind the first page is put below it, and stays as the first page changes.
    let behind = format!("behind-{}", hash(&format!("{}\n{}\n{columns:?}", asked.text, asked.size)));
    let rows = html! {
        @for info in &list.executions {
            tr data-row="" data-key=[info.execution.as_ref().map(|execution| execution.run_id.as_str())] {
                @for name in columns { (cell(visit, &asked.namespace, name, info)) }
            }
        }
    };
    html! {
        div.scroll {
            table {
                thead { tr { @for name in columns { (head(visit, asked.query.as_ref(), name)) } } }
                @if is_first { tbody { (rows) } }
                tbody id=(behind) data-keep="" { @if !is_first { (rows) } }
            }
        }
        @if !list.next_page_token.is_empty() {
            // The query as it is now: that of a view may be another one in a minute, and the token is not good for it.
            @let token = URL_SAFE_NO_PAD.encode(&list.next_page_token);
            @let query = (!asked.text.is_empty()).then_some(asked.text.as_str());
            @let more = [("token", Some(token.as_str())), ("query", query), ("view", None)];
            p data-key="more" data-keep="" { a href=(visit.here_with(&more)) data-more=(behind) { "More workflows" } }
        }
    }
}

fn sizes(visit: &Visit, asked: &Asked) -> Markup {
    html! {
        p.quiet { "Rows on a page:"
            @for size in SIZES {
                @let value = size.to_string();
                @let is_chosen = size == asked.size;
                " " a href=(visit.here_with(&[("size", (size != SIZE).then_some(value.as_str())), ("token", None)]))
                    aria-current=[is_chosen.then_some("true")] { (value) }
            }
        }
    }
}
