//! Which columns the list shows, and in which order: kept by the browser, for each namespace.

use abide_http::url::{self, path};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::attributes::{attributes, label};
use super::columns::{COLUMNS_MAX, LINK, all, remembered, wanted};
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::preferences;
use crate::problem::Problem;
use crate::visit::Visit;

/// What the name of a column's field begins with.
const FIELD: &str = "place-of-";

/// Asks which.
pub(super) async fn choice(visit: Visit, Path(namespace): Path<String>) -> Page {
    let shown = wanted(&visit.preferences.columns, &namespace);
    let mut names = all(&attributes(&visit, &namespace).await);
    names.retain(|name| !shown.contains(name));
    let all = shown.iter().enumerate().map(|(place, name)| (name, Some(place + 1)));
    let all = all.chain(names.iter().map(|name| (name, None)));
    let body = html! {
        h1 { "Columns" }
        p { "Number the columns in the order in which they are to stand. What has no number is not shown." }
        form method="post" action=(visit.here_with(&[])) {
            (form::token(&visit))
            table {
                thead { tr { th scope="col" { "Column" } th scope="col" { "Place" } } }
                tbody {
                    @for (name, place) in all {
                        tr {
                            td { label for={ (FIELD) (name) } { (label(name)) } }
                            td { input type="number" min="1" max="999" id={ (FIELD) (name) } name={ (FIELD) (name) } value=[place]
                                required[name == LINK]; }
                        }
                    }
                }
            }
            p.actions { button.primary { "Save" } button name="usual" value="yes" formnovalidate { "The usual columns" } }
        }
    };
    Page::new(Place::Workflows, "Columns", body).of(namespace)
}

/// Has the browser keep them.
pub(super) async fn choose(visit: Visit, Path(namespace): Path<String>, fields: Fields) -> Result<Response, Problem> {
    let mut chosen = Vec::new();
    for name in all(&attributes(&visit, &namespace).await) {
        let Some(place) = fields.text(&format!("{FIELD}{name}")) else { continue };
        let place: u16 =
            place.parse().map_err(|_| Problem::invalid(format!("the place of {} is no number", label(&name))))?;
        chosen.push((place, name));
    }
    chosen.sort_by_key(|(place, _)| *place);
    let mut chosen: Vec<_> = chosen.into_iter().map(|(_, name)| name).collect();
    if chosen.len() > COLUMNS_MAX {
        return Err(Problem::invalid(format!("a list has no more than {COLUMNS_MAX} columns")));
    }
    if fields.is_set("usual") {
        chosen = super::columns::DEFAULT.map(str::to_owned).to_vec();
    }
    let query = url::query(visit.value("query").map(|query| ("query", query)));
    let mark = if query.is_empty() { "" } else { "?" };
    let to = visit.href(&format!("{}{mark}{query}", path(&["namespaces", &namespace, "workflows"])));
    let mut response = Done { to, said: "The columns are kept in this browser.".to_owned() }.into_response();
    preferences::keep(
        &mut response,
        preferences::COLUMNS,
        &remembered(&visit.preferences.columns, &namespace, &chosen),
    );
    Ok(response)
}
