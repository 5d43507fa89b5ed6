//! Lists of facts, of tabs, of columns.

use maud::{Markup, html};

/// The head of a column: its name, and the address that sorts by it, if that can be.
pub(crate) struct Column<'a> {
    pub(crate) name: &'a str,
    pub(crate) sort: Option<String>,
    pub(crate) order: Option<&'static str>,
}

impl Column<'_> {
    /// As a cell of a table's head. `order` is `ascending` or `descending` if the list is sorted by it.
    pub(crate) fn head(&self) -> Markup {
        html! {
            th scope="col" aria-sort=[self.order] {
                @match &self.sort {
                    Some(to) => a href=(to) { (self.name)
                        @match self.order { Some("ascending") => " ↑", Some(_) => " ↓", None => "" } },
                    None => (self.name),
                }
            }
        }
    }
}

/// Names with what they stand for; what is none is left out.
pub(crate) fn facts(facts: &[(&str, Option<Markup>)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts {
                @if let Some(value) = value { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// Pages that belong together: name, count, address, whether it is this one.
pub(crate) fn tabs(label: &str, tabs: &[(&str, Option<i64>, String, bool)]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for (name, count, to, is_current) in tabs {
                a href=(to) aria-current=[is_current.then_some("page")] {
                    (name) @if let Some(count) = count { " " span.count { (count) } }
                }
            }
        }
    }
}

/// In the place of a list with nothing in it.
pub(crate) fn empty(said: &str) -> Markup {
    html! { p.empty { (said) } }
}
