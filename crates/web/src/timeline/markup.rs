//! What a page has for a timeline: the controls that the element in the browser takes, and the same as a table for who has no
//! scripts. Draws nothing that needs a style of its own.

use maud::{Markup, html};

use super::group::{Category, Group, Label, Status};
use super::groups::Groups;
use crate::assets;
use crate::visit::Visit;
use crate::widgets::span_text;

/// What a table without scripts shows; the rest is in the history.
const ROWS_MAX: usize = 200;
/// How wide the whole run is in that table.
const WIDTH: i64 = 240;

/// The inside of the element, which it copies.
pub(crate) fn controls(visit: &Visit) -> Markup {
    html! {
        template id="timeline" {
            link rel="stylesheet" href=(assets::href(visit, "app.css"));
            link rel="stylesheet" href=(assets::href(visit, "el/timeline.css"));
            form id="form" {
                input type="search" name="search" aria-label="Filter by name" placeholder="Filter by name";
                label { input type="checkbox" name="failed"; "Failed" }
                label { input type="checkbox" name="pending"; "Open" }
                details.menu {
                    summary { "Kinds" }
                    fieldset {
                        legend { "Kinds to show" }
                        @for category in Category::ALL {
                            label {
                                input type="checkbox" name="kind" checked[is_shown(category)];
                                i class={ "c" (category as u8) } {}
                                (category.title())
                            }
                        }
                    }
                }
                label { input type="checkbox" name="idle"; "Collapse idle time" }
                span role="group" aria-label="View" {
                    button.small type="button" name="out" aria-label="Zoom out" { "−" }
                    button.small type="button" name="in" aria-label="Zoom in" { "+" }
                    button.small type="button" name="fit" { "Fit" }
                    button.small type="button" name="range" value="Only this range" aria-pressed="false" { "Only this range" }
                }
                output id="output" {}
            }
            div id="scroll" role="region" aria-label="Timeline" {
                div id="layer" {
                    ol id="list" aria-label="Groups of events" {}
                    canvas id="canvas" aria-hidden="true" {}
                    pre id="tip" hidden {}
                }
                div id="size" {}
            }
            p.quiet { "Arrows: rows and time. " kbd { "+" } " " kbd { "−" } ": zoom. " kbd { "z" } ": zoom to the row. "
                kbd { "0" } ": all. Drag on the axis: choose a range." }
            span id="probes" hidden { i.line {} i.failed {} i.muted {} i.accent {} i.back {} }
            template id="line" { li { a { i {} span {} small {} b.hidden-visually {} } } }
        }
    }
}

/// What most people do not ask about is shown only when they do.
fn is_shown(category: Category) -> bool {
    match category {
        Category::WorkflowTask | Category::Marker | Category::Property => false,
        Category::Run
        | Category::Activity
        | Category::LocalActivity
        | Category::Timer
        | Category::ChildWorkflow
        | Category::Signal
        | Category::Update
        | Category::ExternalSignal
        | Category::ExternalCancel
        | Category::NexusOperation => true,
    }
}

/// The first groups as a table. `now` is in milliseconds since the start of the run, `event` is the address of an event.
pub(crate) fn fallback(groups: &Groups, now: i64, event: impl Fn(i64) -> String) -> Markup {
    let shown = groups.all().iter().filter(|group| is_shown(group.category) || group.status.is_failed());
    let end = groups.run().and_then(|run| run.end).unwrap_or(now).max(1);
    let count = shown.clone().count();
    html! {
        div.scroll {
            table {
                @if count > ROWS_MAX { caption { "The first " (ROWS_MAX) " of " (count) "; the rest is in the history." } }
                thead { tr { @for name in ["What", "Name", "Status", "After", "Took", "When"] { th scope="col" { (name) } } } }
                tbody { @for group in shown.take(ROWS_MAX) { (row(group, end, event(group.id))) } }
            }
        }
    }
}

fn row(group: &Group, end: i64, to: String) -> Markup {
    let until = group.end.unwrap_or(end);
    let at = |time: i64| time.clamp(0, end) * WIDTH / end;
    let (left, width) = (at(group.start), (at(until) - at(group.start)).max(2));
    html! {
        tr {
            td { (group.category.title()) }
            td { a href=(to) { (group.title()) }
                @if let Label::Text(text) = &group.label { " " (text) }
                @if !group.key.is_empty() { " " span.quiet { (group.key) } } }
            td class=[tone(group.status)] { (group.status.title()) @if group.attempt > 1 { ", attempt " (group.attempt) }
                @if !group.reason.is_empty() { ": " (group.reason) } }
            td.nowrap { (span(group.start)) }
            td.nowrap { (span(until - group.start)) }
            td { svg width=(WIDTH) height="14" aria-hidden="true" class=(tone(group.status).unwrap_or("quiet")) {
                rect x=(left) width=(width) height="14" fill="currentColor" {}
            } }
        }
    }
}

fn tone(status: Status) -> Option<&'static str> {
    if status.is_failed() { Some("failed") } else { status.is_open().then_some("running") }
}

fn span(millis: i64) -> String {
    let millis = millis.max(0);
    span_text(millis / 1000, i32::try_from(millis % 1000 * 1_000_000).unwrap_or(0))
}
