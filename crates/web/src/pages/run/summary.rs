//! What a run was given, and what came of it.

use abide_api::temporal::api::common::v1::Payloads;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use maud::{Markup, html};

use super::{Described, Glimpse};
use crate::widgets::payloads;

/// Two cards; how a run ended that did not end well is said elsewhere.
pub(crate) fn summary(run: &Described, glimpse: &Glimpse) -> Markup {
    let result = match glimpse.last().filter(|_| !run.is_open()) {
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) => Some(("Result", it.result.as_ref())),
        Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it)) => {
            Some(("Input of the next run", it.input.as_ref()))
        }
        _ => None,
    };
    html! {
        div.columns {
            (card("Input", glimpse.started.input.as_ref()))
            @if let Some((name, result)) = result { (card(name, result)) }
        }
    }
}

fn card(name: &str, found: Option<&Payloads>) -> Markup {
    html! {
        section.card {
            h2 { (name) }
            @match found.filter(|found| !found.payloads.is_empty()) {
                Some(found) => (payloads(found)),
                None => p.quiet { "Nothing" },
            }
        }
    }
}
