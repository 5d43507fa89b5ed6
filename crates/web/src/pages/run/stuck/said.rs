//! The reasons in words.

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::enums::v1::{PendingActivityState, PendingNexusOperationState, TimeoutType};
use abide_api::temporal::api::taskqueue::v1::PollerInfo;
use abide_api::temporal::api::workflow::v1::{PendingActivityInfo, PendingNexusOperationInfo};
use abide_http::url::path;
use maud::{Markup, html};
use prost_types::Timestamp;

use super::history::{Problem, Timer, Update};
use super::mismatch::Mismatch;
use super::{Kind, Reason};
use crate::pages::run::Described;
use crate::pages::run::event::{messages, shortened, spoken, task_failed_cause};
use crate::pages::run::frame::Tab;
use crate::pages::run::header::workflow;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::{since, span_text, time, until};

/// Of a longer message the beginning is enough here.
const MESSAGE_BYTES_MAX: usize = 2_000;
/// Further reasons are only counted.
const SHOWN_MAX: usize = 12;

/// The panel of an open run; nothing without a reason.
pub(crate) fn panel(visit: &Visit, run: &Described, reasons: &[Reason]) -> Markup {
    let said = Said { visit, run };
    html! {
        @if !reasons.is_empty() {
            section.stuck aria-labelledby="stuck" {
                h2 id="stuck" { "Why is it stuck?" }
                @if !reasons.iter().any(Reason::needs_somebody) { p.quiet { "Nothing is known to be wrong." } }
                ul.reasons {
                    @for reason in reasons.iter().take(SHOWN_MAX) {
                        li.act[reason.needs_somebody()] { (said.reason(reason)) }
                    }
                }
                @if reasons.len() > SHOWN_MAX { p.quiet { "and " (reasons.len() - SHOWN_MAX) " more." } }
            }
        }
    }
}

struct Said<'a> {
    visit: &'a Visit,
    run: &'a Described,
}

impl Said<'_> {
    fn reason(&self, reason: &Reason) -> Markup {
        match reason {
            Reason::Paused(pause) => html! {
                strong { "The workflow is paused" } @if !pause.identity.is_empty() { " by " (pause.identity) }
                " since " (time(pause.paused_time.as_ref())) @if !pause.reason.is_empty() { ": " (pause.reason) } "."
                @if self.visit.may(Action::Pause) { " " (self.action("unpause", "Unpause")) }
            },
            Reason::WorkflowTaskFails { attempt, last } => self.task_fails(*attempt, last.as_ref()),
            Reason::NobodyPolls { queue, kind, since: at, last } => html! {
                strong { "No worker polls task queue " (self.queue(queue)) " for " (tasks(*kind)) }
                @if at.is_some() { ", and a task waits there " (passed(at.as_ref())) } "." (asked(last.as_ref()))
            },
            Reason::RateLimited { queue, kind } => html! {
                strong { "Task queue " (self.queue(queue)) " is at its rate limit" } " for " (tasks(*kind)) "."
            },
            Reason::Backlog { queue, kind, count, since: at } => html! {
                strong { "Task queue " (self.queue(queue)) " has a backlog" } ": " (count) " " (tasks(*kind)) " wait, the oldest " (passed(at.as_ref())) "."
            },
            Reason::NobodyWillPoll { queue, last } => html! {
                strong { "No worker polls task queue " (self.queue(queue)) " for workflow tasks" }
                ": whatever comes next will wait for one." (asked(last.as_ref()))
            },
            Reason::CancelRequested => {
                html! { strong { "It was asked to cancel" } ", and goes on until it ends by itself." }
            }
            Reason::WorkflowTaskWaits { since: at } => html! {
                strong { "A workflow task waits for a worker" } " " (passed(at.as_ref())) "."
            },
            Reason::WorkflowTaskRuns { since: at } => html! {
                strong { "A worker is on its workflow task" } " " (passed(at.as_ref())) "."
            },
            Reason::ActivityPaused(_)
            | Reason::ActivityRetries(_)
            | Reason::ActivityWaits(_)
            | Reason::ActivityRuns(_) => self.activity(reason),
            Reason::Operation(it) => operation(it),
            Reason::Child(child) => {
                let execution =
                    WorkflowExecution { workflow_id: child.workflow_id.clone(), run_id: child.run_id.clone() };
                let started = !child.run_id.is_empty();
                html! {
                    strong { "It waits for child workflow " (workflow(self.visit, &self.run.run.namespace, &execution)) }
                    " (" (child.workflow_type_name) ")" @if !started { ", which has not started yet" } "."
                }
            }
            Reason::Update(it) => self.update(it),
            Reason::Timer(it) => self.timer(it),
            Reason::Delayed { until: at } => html! {
                strong { "It begins later" } ": its first workflow task comes at " (ahead(at.as_ref())) "."
            },
            Reason::Message { is_whole } => html! {
                strong { "It waits for a signal, an update or a query" } ": nothing is pending that would wake it."
                @if !is_whole { " Its history is long; a timer that was started long ago is not looked for." }
            },
        }
    }

    fn task_fails(&self, attempt: i32, last: Option<&Problem>) -> Markup {
        match last {
            Some(Problem::Failed { event_id, cause, message, mismatch, identity }) => html! {
                strong { "Its workflow task fails" @if mismatch.is_some() { ": the code does not fit the history" } }
                " (" (task_failed_cause(*cause)) ", " (attempts(attempt)) @if !identity.is_empty() { ", on " (identity) } "; event "
                (self.event(*event_id)) ")."
                @if let Some(mismatch) = mismatch { (self.mismatch(mismatch)) }
                @if !message.is_empty() { pre { (shortened(message.clone(), MESSAGE_BYTES_MAX)) } }
            },
            Some(Problem::TimedOut { event_id, timeout }) => html! {
                strong { "Its workflow task times out" } " (" (timeout_words(*timeout)) ", " (attempts(attempt)) "; event "
                (self.event(*event_id)) "): a worker took it and did not answer in time."
            },
            None => html! { strong { "Its workflow task does not succeed" } " (" (attempts(attempt)) ")." },
        }
    }

    fn mismatch(&self, mismatch: &Mismatch) -> Markup {
        html! {
            @if mismatch.event_id.is_some() || mismatch.event.is_some() || mismatch.wanted.is_some() {
                p {
                    "The history has "
                    @match (mismatch.event_id, &mismatch.event) {
                        (Some(id), Some(name)) => { "event " (self.event(id)) ", " strong { (name) } },
                        (Some(id), None) => { "event " (self.event(id)) },
                        (None, Some(name)) => strong { (name) },
                        (None, None) => { "something else" },
                    }
                    @match mismatch.wanted.as_deref() {
                        Some("nothing") => { ", and the code no longer wants anything there." },
                        Some(wanted) => { "; the code wanted " strong { (wanted) } "." },
                        None => { "." },
                    }
                }
            }
        }
    }

    fn activity(&self, reason: &Reason) -> Markup {
        let (Reason::ActivityPaused(it)
        | Reason::ActivityRetries(it)
        | Reason::ActivityWaits(it)
        | Reason::ActivityRuns(it)) = reason
        else {
            return html! {};
        };
        let name = it.activity_type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default();
        let to = self.run.run.href(self.visit, Tab::PendingActivities.segments());
        let named = html! { a href=(to) { (name) } " (id " (it.activity_id) ")" };
        let failure = it.last_failure.as_ref().map(messages).filter(|text| !text.is_empty());
        let failure = failure.map(|text| shortened(text, MESSAGE_BYTES_MAX));
        html! {
            @match reason {
                Reason::ActivityPaused(_) => { strong { "Activity " (named) " is paused" } (paused_by(it)) "." },
                Reason::ActivityRetries(_) => {
                    strong { "Activity " (named) " fails and is tried again" } ": " (attempt_of(it)) " comes at "
                    (ahead(it.next_attempt_schedule_time.as_ref())) "." (last_chance(it))
                },
                Reason::ActivityWaits(_) => {
                    strong { "Activity " (named) " waits for a worker" } " " (passed(it.scheduled_time.as_ref())) ", " (attempt_of(it)) "."
                },
                _ => {
                    strong { "Activity " (named) @if it.state() == PendingActivityState::CancelRequested { " is asked to cancel" }
                        @else { " runs" } }
                    " " (passed(it.last_started_time.as_ref())) ", " (attempt_of(it))
                    @if !it.last_worker_identity.is_empty() { ", on " (it.last_worker_identity) } "." (heartbeat(it))
                },
            }
            @if let Some(text) = failure { pre { (text) } }
        }
    }

    fn timer(&self, it: &Timer) -> Markup {
        html! {
            strong { "It waits for timer " (it.id) } @if let Some(label) = &it.label { " (" (label) ")" } ": it fires at " (ahead(it.fires_at.as_ref()))
            ", event " (self.event(it.event_id)) "."
        }
    }

    fn update(&self, it: &Update) -> Markup {
        html! {
            strong { "Update " (it.name) " is not done" } " (id " (it.id) "), accepted " (time(it.since.as_ref())) " (event "
            (self.event(it.event_id)) ")."
        }
    }

    fn event(&self, id: i64) -> Markup {
        html! { a href=(self.run.run.href(self.visit, &["history", "events", &id.to_string()])) { (id) } }
    }

    fn queue(&self, name: &str) -> Markup {
        let to = self.visit.href(&path(&["namespaces", &self.run.run.namespace, "task-queues", name]));
        html! { a href=(to) { (name) } }
    }

    fn action(&self, action: &str, label: &str) -> Markup {
        html! { a.button.small href=(self.run.run.href(self.visit, &["actions", action])) data-dialog="" { (label) } }
    }
}

/// How long it is since then: `(5s)`.
fn passed(at: Option<&Timestamp>) -> Markup {
    html! { @if at.is_some() { "(" (since(at)) ")" } }
}

/// A moment to come, and how long it is until then.
fn ahead(at: Option<&Timestamp>) -> Markup {
    html! { (time(at)) @if at.is_some() { " (" (until(at)) ")" } }
}

fn tasks(kind: Kind) -> &'static str {
    match kind {
        Kind::Workflow => "workflow tasks",
        Kind::Activity => "activities",
    }
}

fn asked(last: Option<&PollerInfo>) -> Markup {
    html! {
        @if let Some(last) = last { " The last one that did is " (last.identity) ", at " (time(last.last_access_time.as_ref())) "." }
    }
}

fn attempts(attempt: i32) -> String {
    if attempt > 1 { format!("attempt {attempt}") } else { "once so far".into() }
}

fn attempt_of(it: &PendingActivityInfo) -> String {
    match it.maximum_attempts {
        0 => format!("attempt {}", it.attempt),
        most => format!("attempt {} of {most}", it.attempt),
    }
}

fn last_chance(it: &PendingActivityInfo) -> Markup {
    let ends: Option<&Timestamp> = it.expiration_time.as_ref();
    html! {
        @if it.maximum_attempts > 0 && it.attempt >= it.maximum_attempts { " It is the last one." }
        @else if ends.is_some() { " No attempt is made after " (time(ends)) "." }
    }
}

fn paused_by(it: &PendingActivityInfo) -> Markup {
    use abide_api::temporal::api::workflow::v1::pending_activity_info::pause_info::PausedBy;
    let pause = it.pause_info.clone().unwrap_or_default();
    let (identity, reason) = match pause.paused_by {
        Some(PausedBy::Manual(it)) => (it.identity, it.reason),
        Some(PausedBy::Rule(it)) => (format!("rule {}", it.rule_id), it.reason),
        None => Default::default(),
    };
    html! {
        @if !identity.is_empty() { " by " (identity) }
        @if pause.pause_time.is_some() { " since " (time(pause.pause_time.as_ref())) }
        @if !reason.is_empty() { ": " (reason) }
    }
}

fn heartbeat(it: &PendingActivityInfo) -> Markup {
    let options = it.activity_options.clone().unwrap_or_default();
    let is_set = |span: &&prost_types::Duration| span.seconds > 0 || span.nanos > 0;
    let timeout = options.heartbeat_timeout.as_ref().filter(is_set);
    let noticed = options.start_to_close_timeout.as_ref().filter(is_set);
    html! {
        @match (timeout, &it.last_heartbeat_time) {
            (Some(_), Some(at)) => { " Its last heartbeat came at " (time(Some(at))) " " (passed(Some(at))) "." },
            (Some(timeout), None) => { " It has not sent a heartbeat; one is due every " (span_text(timeout.seconds, timeout.nanos)) "." },
            (None, _) => {
                @if let Some(noticed) = noticed {
                    " Without a heartbeat timeout a lost worker is noticed after " (span_text(noticed.seconds, noticed.nanos)) "."
                }
            },
        }
    }
}

fn operation(it: &PendingNexusOperationInfo) -> Markup {
    let failure = it.last_attempt_failure.as_ref().map(messages).filter(|text| !text.is_empty());
    let state = match it.state() {
        PendingNexusOperationState::Unspecified => String::new(),
        known => format!(", {}", spoken(known.as_str_name(), "PENDING_NEXUS_OPERATION_STATE_")),
    };
    html! {
        strong { "It waits for Nexus operation " (it.service) "/" (it.operation) } (state) ", attempt " (it.attempt)
        @if it.next_attempt_schedule_time.is_some() { ", the next one at " (ahead(it.next_attempt_schedule_time.as_ref())) }
        @if !it.blocked_reason.is_empty() { ", blocked: " (it.blocked_reason) } "."
        @if let Some(text) = failure { pre { (text) } }
    }
}

fn timeout_words(timeout: TimeoutType) -> String {
    spoken(timeout.as_str_name(), "TIMEOUT_TYPE_")
}
