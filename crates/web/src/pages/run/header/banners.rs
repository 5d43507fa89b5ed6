//! What one should know before anything else of a run: that it is paused, was reset, is asked to end; and how it ended, if not well.

use abide_api::temporal::api::history::v1::history_event::Attributes;
use maud::{Markup, html};

use crate::pages::run::event::retry_state;
use crate::pages::run::{Described, Glimpse};
use crate::visit::Visit;
use crate::widgets::{failure, payloads, time};

/// Of a run at any time.
pub(super) fn banners(visit: &Visit, run: &Described, glimpse: &Glimpse) -> Markup {
    let more = &run.more;
    let from = &glimpse.started.original_execution_run_id;
    let is_copy = more.last_reset_time.is_some() && !from.is_empty() && *from != run.run.run_id;
    html! {
        @if let Some(pause) = &more.pause_info {
            p.note { strong { "Paused" } @if !pause.identity.is_empty() { " by " (pause.identity) }
                " at " (time(pause.paused_time.as_ref())) @if !pause.reason.is_empty() { ": " (pause.reason) } }
        }
        @if !more.reset_run_id.is_empty() {
            p.note { strong { "Reset" } ": it was begun again as " (super::facts::run(visit, run, &more.reset_run_id)) }
        }
        @if is_copy {
            p.note { strong { "Reset" } " at " (time(more.last_reset_time.as_ref())) ": it goes on from events of "
                (super::facts::run(visit, run, from)) }
        }
        @if more.cancel_requested && run.is_open() {
            p.note { strong { "Cancellation requested" } ": the workflow has not ended yet" }
        }
    }
}

/// How a run ended that did not end well; nothing for any other.
pub(crate) fn outcome(run: &Described, glimpse: &Glimpse) -> Option<Markup> {
    if run.is_open() {
        return None;
    }
    Some(match glimpse.last()? {
        Attributes::WorkflowExecutionFailedEventAttributes(it) => html! {
            h2 { "Why it failed" }
            @if let Some(it) = &it.failure { (failure(it)) }
            @if let Some(state) = retry_state(it.retry_state()) { p.quiet { "No further attempt: " (state) } }
        },
        Attributes::WorkflowExecutionTimedOutEventAttributes(it) => html! {
            h2 { "Why it ended" }
            div.failure { p { strong { "Timed out" }
                @if let Some(state) = retry_state(it.retry_state()) { ", no further attempt: " (state) } } }
        },
        Attributes::WorkflowExecutionTerminatedEventAttributes(it) => html! {
            h2 { "Why it ended" }
            div.failure {
                p { strong { "Terminated" } @if !it.identity.is_empty() { " by " (it.identity) }
                    @if !it.reason.is_empty() { ": " (it.reason) } }
                @if let Some(details) = &it.details { (payloads(details)) }
            }
        },
        Attributes::WorkflowExecutionCanceledEventAttributes(it) => html! {
            h2 { "Why it ended" }
            div.failure { p { strong { "Canceled" } } @if let Some(details) = &it.details { (payloads(details)) } }
        },
        _ => return None,
    })
}
