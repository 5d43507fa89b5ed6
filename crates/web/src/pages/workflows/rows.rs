//! The rows of the list, those behind them, and what can be done to the ones that are chosen.

use abide_api::temporal::api::workflowservice::v1::ListWorkflowExecutionsResponse;
use abide_http::url::path;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, html};

use super::bulk::choice;
use super::columns::{cell, head, wanted};
use super::deed::Deed;
use super::{Asked, SIZE, SIZES};
use crate::form;
use crate::visit::{Visit, hash};
use crate::widgets::empty;

/// The form that rows are chosen for.
const FORM: &str = "chosen";

/// See the file's first lines.
pub(super) fn rows(visit: &Visit, asked: &Asked, list: &ListWorkflowExecutionsResponse) -> Markup {
    let columns = wanted(&visit.preferences.columns, &asked.namespace);
    html! {
        (deeds(visit, asked))
        (visit.live("rows", table(visit, asked, list, &columns)))
        @if !asked.token.is_empty() {
            p { a href=(visit.here_with(&[("token", None)])) { "To the first page" } }
        }
        (sizes(visit, asked))
    }
}

fn table(visit: &Visit, asked: &Asked, list: &ListWorkflowExecutionsResponse, columns: &[String]) -> Markup {
    if list.executions.is_empty() && asked.token.is_empty() && list.next_page_token.is_empty() {
        return empty("No workflow matches.");
    }
    let can_choose = Deed::ALL.into_iter().any(|deed| deed.is_allowed(visit));
    // Rows of another query or with other columns are not put behind these.
    let id = format!("rows-{}", hash(&format!("{}\n{}\n{columns:?}", asked.text, asked.size)));
    html! {
        div.scroll {
            table.runs {
                thead { tr {
                    @if can_choose { th scope="col" { input type="checkbox" data-check-all="run" aria-label="Choose all rows"; } }
                    @for name in columns { (head(visit, asked.query.as_ref(), name)) }
                } }
                tbody id=(id) data-grows="" {
                    @for info in &list.executions {
                        @let execution = info.execution.clone().unwrap_or_default();
                        tr data-row="" data-key=(execution.run_id) {
                            @if can_choose {
                                td { input type="checkbox" name="run" form=(FORM) aria-label={ "Choose " (execution.workflow_id) }
                                    value=(choice(&execution.run_id, &execution.workflow_id)); }
                            }
                            @for name in columns { (cell(visit, &asked.namespace, name, info)) }
                        }
                    }
                }
                @if !list.next_page_token.is_empty() {
                    tfoot data-key="more" { tr { td colspan=(columns.len() + usize::from(can_choose)) {
                        (more(visit, asked, &id, &list.next_page_token))
                    } } }
                }
            }
        }
    }
}

fn more(visit: &Visit, asked: &Asked, id: &str, token: &[u8]) -> Markup {
    // The query as it is now: that of a view may be another one in a minute, and the token is not good for it.
    let token = URL_SAFE_NO_PAD.encode(token);
    let query = (!asked.text.is_empty()).then_some(asked.text.as_str());
    let to = visit.here_with(&[("token", Some(&token)), ("query", query), ("view", None)]);
    html! { a href=(to) data-more=(id) { "More workflows" } }
}

/// What can be done to the rows that are chosen, or to all that match.
fn deeds(visit: &Visit, asked: &Asked) -> Markup {
    let deeds: Vec<_> = Deed::ALL.into_iter().filter(|deed| deed.is_allowed(visit)).collect();
    let to = |deed: Deed| visit.href(&path(&["namespaces", &asked.namespace, "workflows", "actions", deed.name()]));
    html! {
        @if let Some(first) = deeds.first() {
            form.bar id=(FORM) method="post" action=(to(*first)) {
                (form::token(visit))
                input type="hidden" name="query" value=(asked.filter());
                span.quiet { "With those chosen" }
                label.tick { "or " input type="checkbox" name="all" value="yes"; " all that match" }
                @for deed in deeds { button formaction=(to(deed)) { (deed.label()) } }
            }
        }
    }
}

fn sizes(visit: &Visit, asked: &Asked) -> Markup {
    html! {
        p.quiet { "Rows on a page:"
            @for size in SIZES {
                @let value = size.to_string();
                " "
                @if size == asked.size {
                    strong { (value) }
                } @else {
                    a href=(visit.here_with(&[("size", (size != SIZE).then_some(value.as_str())), ("token", None)])) { (value) }
                }
            }
        }
    }
}
