//! Events as rows that open.

use abide_api::temporal::api::enums::v1::EventType;
use abide_api::temporal::api::history::v1::HistoryEvent;
use maud::{Markup, html};
use prost_types::Timestamp;

use super::attributes::{Detail, attributes};
use crate::pages::run::Described;
use crate::pages::run::action::Deed;
use crate::pages::run::event::{Category, is_failed, label, shortened, summary, text, type_name};
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::{span_text, time};

/// What is longer is cut: the attributes have it all.
pub(super) const LINE_BYTES_MAX: usize = 300;

/// A list that further events can be put into.
pub(super) fn list(visit: &Visit, run: &Described, events: &[HistoryEvent], id: &str) -> Markup {
    html! {
        ol.events id=(id) data-grows="" { @for event in events { (row(visit, run, event, None)) } }
    }
}

/// A list of the events around one, which stands out.
pub(super) fn around(visit: &Visit, run: &Described, events: &[HistoryEvent], chosen: i64) -> Markup {
    html! {
        ol.events { @for event in events { (row(visit, run, event, Some(chosen))) } }
    }
}

fn row(visit: &Visit, run: &Described, event: &HistoryEvent, chosen: Option<i64>) -> Markup {
    let id = event.event_id;
    let to = run.run.href(visit, &["history", "events", &id.to_string()]);
    html! {
        li.event data-row="" data-key=(id) id=[to.strip_prefix('#')] aria-current=[(chosen == Some(id)).then_some("true")] {
            a.number href=(to) data-row-link="" aria-label={ "Event " (id) } { (id) }
            details {
                summary { (line(run, event)) }
                // The chosen one is there in full already.
                @if chosen != Some(id) { (attributes(visit, run, event, Detail::InList)) (reset(visit, run, event)) }
            }
        }
    }
}

/// Leads to going back to an event, if that can be.
pub(super) fn reset(visit: &Visit, run: &Described, event: &HistoryEvent) -> Markup {
    let ends_a_task =
        [EventType::WorkflowTaskCompleted, EventType::WorkflowTaskFailed, EventType::WorkflowTaskTimedOut];
    let is_offered = visit.may(Action::Reset) && ends_a_task.contains(&event.event_type());
    let to = run.run.href(visit, &["actions", Deed::Reset.name()]);
    html! {
        @if is_offered {
            p { a.button.small href={ (to) "?event-id=" (event.event_id) } data-dialog="" { "Reset to here" } }
        }
    }
}

/// An event in one line.
pub(super) fn line(run: &Described, event: &HistoryEvent) -> Markup {
    let category = Category::of(event).name();
    let class = if is_failed(event) { "type failed" } else { "type" };
    html! {
        strong class=(class) data-category=(category) { (type_name(event)) }
        " " span.summary { (shortened(summary(event), LINE_BYTES_MAX)) }
        // One that is encoded is among the attributes.
        @if let Some(label) = label(event).and_then(text) { " " span.label { (label) } }
        " " span.when { (time(event.event_time.as_ref())) " " span.quiet { (elapsed(run, event)) } }
    }
}

/// How long after the start of the run: `+1m 5s`.
pub(super) fn elapsed(run: &Described, event: &HistoryEvent) -> String {
    let (Some(start), Some(at)) = (&run.info.start_time, &event.event_time) else { return String::new() };
    let nanos = |at: &Timestamp| i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    // What was copied by a reset happened before.
    let Ok(passed) = u64::try_from(nanos(at) - nanos(start)) else { return String::new() };
    format!("+{}", span_text((passed / 1_000_000_000) as i64, (passed % 1_000_000_000) as i32))
}
