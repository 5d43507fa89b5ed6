//! A history in groups: one row for each activity, timer, child and whatever else takes its time.

use maud::{Markup, html};

use super::filter::Filter;
use super::window::{Order, WINDOW_EVENTS_MAX};
use crate::pages::run::Described;
use crate::pages::run::event::Category;
use crate::problem::Problem;
use crate::timeline::{Category as Kind, Group, Groups, Label, Status};
use crate::visit::Visit;
use crate::widgets::{payload, span_text};

/// The events of a group that are linked to; most groups have three.
const EVENTS_MAX: usize = 30;

/// Some rows, and the group behind which the next ones are.
pub(super) struct Found {
    pub(super) rows: Markup,
    pub(super) is_empty: bool,
    pub(super) next: Option<i64>,
}

/// A window of groups, from behind one of them.
pub(super) fn list(
    (visit, run): (&Visit, &Described),
    (order, after): (Order, Option<&str>),
    (groups, filter): (&Groups, &Filter),
    id: &str,
) -> Result<Found, Problem> {
    let after = after.map(|after| after.parse::<i64>().map_err(|_| Problem::invalid("after is the number of a group")));
    let after = after.transpose()?;
    let is_behind = |group: &&Group| after.is_none_or(|after| order.is_behind(group.id, after));
    let passing = |group: &&Group| is_behind(group) && passes(filter, group);
    let all = groups.all();
    let mut shown: Vec<&Group> = match order {
        Order::OldestFirst => all.iter().filter(passing).take(WINDOW_EVENTS_MAX + 1).collect(),
        Order::NewestFirst => all.iter().rev().filter(passing).take(WINDOW_EVENTS_MAX + 1).collect(),
    };
    let has_more = shown.len() > WINDOW_EVENTS_MAX;
    shown.truncate(WINDOW_EVENTS_MAX);
    let next = shown.last().filter(|_| has_more).map(|group| group.id);
    let is_empty = shown.is_empty();
    let rows = html! { ol.events id=(id) data-grows="" { @for group in shown { (row(visit, run, group)) } } };
    Ok(Found { rows, is_empty, next })
}

fn passes(filter: &Filter, group: &Group) -> bool {
    let label = match &group.label {
        Label::Text(text) => text.as_str(),
        Label::None | Label::Encoded(_) => "",
    };
    (filter.categories.is_empty() || filter.categories.contains(&category(group.category)))
        && (!filter.only_failed || group.status.is_failed())
        && (!filter.only_pending() || group.status.is_open())
        && filter
            .matches(|| format!("{} {} {} {label} {}", group.category.title(), group.name, group.key, group.reason))
}

fn category(kind: Kind) -> Category {
    match kind {
        Kind::Run | Kind::Property | Kind::ExternalCancel => Category::Workflow,
        Kind::WorkflowTask => Category::WorkflowTask,
        Kind::Activity => Category::Activity,
        Kind::LocalActivity | Kind::Marker => Category::Marker,
        Kind::Timer => Category::Timer,
        Kind::ChildWorkflow => Category::Child,
        Kind::Signal | Kind::ExternalSignal => Category::Signal,
        Kind::Update => Category::Update,
        Kind::NexusOperation => Category::Nexus,
    }
}

fn row(visit: &Visit, run: &Described, group: &Group) -> Markup {
    let to = |id: i64| run.run.href(visit, &["history", "events", &id.to_string()]);
    html! {
        li.event data-row="" data-key=(group.id) {
            a.number href=(to(group.id)) data-row-link="" aria-label={ "Event " (group.id) } { (group.id) }
            details {
                summary {
                    strong.type data-category=(category(group.category).name()) { (group.category.title()) }
                    " " span.summary { @if group.name != group.category.title() { (group.name) } @if !group.key.is_empty() { " " span.quiet { (group.key) } } }
                    " " (status(group))
                    @if let Label::Text(text) = &group.label { " " span.label { (text) } }
                    " " span.when { "+" (span(group.start)) @if let Some(end) = group.end { span.quiet { ", took " (span(end - group.start)) } } }
                }
                @if let Label::Encoded(found) = &group.label { (payload(found)) }
                @if !group.reason.is_empty() { p.failure { (group.reason) } }
                p { "Events: "
                    @for (index, id) in group.events.iter().take(EVENTS_MAX).enumerate() { @if index > 0 { ", " } a href=(to(*id)) { (id) } }
                    @if group.events.len() > EVENTS_MAX { " and " (group.events.len() - EVENTS_MAX) " more" }
                }
            }
        }
    }
}

fn status(group: &Group) -> Markup {
    let class = match group.status {
        status if status.is_failed() => "badge failed",
        status if status.is_open() => "badge running",
        Status::Canceled => "badge canceled",
        _ => "badge completed",
    };
    html! { span class=(class) { (group.status.title()) @if group.attempt > 1 { ", attempt " (group.attempt) } } }
}

fn span(millis: i64) -> String {
    let millis = millis.max(0);
    span_text(millis / 1000, (millis % 1000 * 1_000_000) as i32)
}
