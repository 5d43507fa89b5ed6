//! What is above a history: which view of it, in which order, and which events.

use maud::{Markup, html};

use super::window::Order;
use super::{Asked, View};
use crate::pages::run::Described;
use crate::pages::run::event::Category;
use crate::visit::Visit;

/// All of it.
pub(super) fn bar(visit: &Visit, run: &Described, asked: &Asked) -> Markup {
    let other = match asked.order {
        Order::NewestFirst => Order::OldestFirst,
        Order::OldestFirst => Order::NewestFirst,
    };
    let said = match asked.order {
        Order::NewestFirst => "Newest first ↓",
        Order::OldestFirst => "Oldest first ↑",
    };
    html! {
        div.head {
            nav.chips aria-label="How the history is shown" {
                @for view in View::ALL {
                    a.chip href=(visit.here_with(&[("view", Some(view.name())), ("after", None)]))
                        aria-current=[(view == asked.view).then_some("true")] { (view.label()) }
                }
                a.chip href=(visit.here_with(&[("sort", Some(other.name())), ("after", None)])) title="Turn around" { (said) }
            }
            (form(visit, run))
        }
        (categories(visit, asked))
    }
}

/// In the place of all of it, when the address is wrong.
pub(super) fn wrong(visit: &Visit, run: &Described) -> Markup {
    form(visit, run)
}

fn form(visit: &Visit, run: &Described) -> Markup {
    let kept = ["view", "sort", "type"].into_iter().flat_map(|name| visit.values(name).map(move |value| (name, value)));
    let is_filtered = ["q", "failed", "pending", "type"].into_iter().any(|name| visit.value(name).is_some());
    html! {
        form.bar method="get" action=(run.run.href(visit, &["history"])) {
            @for (name, value) in kept { input type="hidden" name=(name) value=(value); }
            input.wide type="search" name="q" value=(visit.value("q").unwrap_or_default()) data-search=""
                placeholder="Types, names, ids, failures" aria-label="Find events by a regular expression";
            label { input type="checkbox" name="failed" value="1" checked[visit.value("failed").is_some()]; " Failed" }
            label { input type="checkbox" name="pending" value="1" checked[visit.value("pending").is_some()]; " Pending" }
            button { "Find" }
            @if is_filtered {
                a.button href=(visit.here_with(&["q", "failed", "pending", "type", "after"].map(|name| (name, None)))) { "Show all" }
            }
        }
    }
}

/// Links that put a kind of events in or out.
fn categories(visit: &Visit, asked: &Asked) -> Markup {
    let chosen = &asked.filter.categories;
    let toggled = |category: Category| {
        let others = Category::ALL.into_iter().filter(|one| chosen.contains(one) != (*one == category));
        let changes: Vec<_> =
            others.map(|one| ("type", Some(one.name()))).chain([("type", None), ("after", None)]).collect();
        visit.here_with(&changes)
    };
    html! {
        nav.chips aria-label="Kinds of events" {
            @for category in Category::ALL {
                a.chip href=(toggled(category)) aria-current=[chosen.contains(&category).then_some("true")] { (category.label()) }
            }
        }
    }
}
