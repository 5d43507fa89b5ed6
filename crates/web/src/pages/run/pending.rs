//! The activities of a run that are not done.

use abide_api::temporal::api::enums::v1::PendingActivityState as State;
use abide_api::temporal::api::workflow::v1::PendingActivityInfo;
use maud::{Markup, html};
use prost_types::Duration;

use super::action::activity_links;
use super::event::spoken;
use super::frame::{Tab, frame};
use super::{Described, Names, Run};
use crate::page::Page;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{duration, empty, facts, failure, payloads, since, time, until};

/// Further ones are only counted.
const SHOWN_MAX: usize = 200;

/// See the file's first lines.
pub(crate) async fn page(visit: Visit, names: Names) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run::at(names)).await?;
    let content = visit.live("pending-activities", list(&visit, &run));
    frame(&visit, &run, Tab::PendingActivities, content).await
}

fn list(visit: &Visit, run: &Described) -> Markup {
    let all = &run.found.pending_activities;
    html! {
        h2 { "Pending activities" }
        @if all.is_empty() { (empty("No activity is pending.")) }
        @for activity in all.iter().take(SHOWN_MAX) { (card(visit, run, activity)) }
        @if all.len() > SHOWN_MAX { p.quiet { "and " (all.len() - SHOWN_MAX) " more." } }
    }
}

fn card(visit: &Visit, run: &Described, it: &PendingActivityInfo) -> Markup {
    let name = it.activity_type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default();
    html! {
        section.card data-key=(it.activity_id) data-row="" {
            div.head {
                h3 { (name) " " span.quiet { "id " (it.activity_id) } }
                (state(it))
                @if run.is_open() { (activity_links(visit, &run.run, &it.activity_id, it.paused)) }
            }
            div.columns { (progress(it)) (limits(it)) }
            @if let Some(it) = &it.last_failure { h4 { "Last failure" } (failure(it)) }
            @if let Some(details) = &it.heartbeat_details { h4 { "Heartbeat details" } (payloads(details)) }
        }
    }
}

fn state(it: &PendingActivityInfo) -> Markup {
    let waits = it.next_attempt_schedule_time.is_some();
    let (class, said) = match it.state() {
        State::Started => ("running", "Running".to_owned()),
        State::Scheduled if waits => ("failed", "Waiting for its next attempt".to_owned()),
        State::Scheduled => ("waiting", "Waiting for a worker".to_owned()),
        State::Paused => ("paused", "Paused".to_owned()),
        other => ("canceled", spoken(other.as_str_name(), "PENDING_ACTIVITY_STATE_")),
    };
    html! { span class={ "badge " (class) } { (said) } }
}

fn progress(it: &PendingActivityInfo) -> Markup {
    let most = if it.maximum_attempts > 0 { format!(" of {}", it.maximum_attempts) } else { String::new() };
    facts(&[
        ("Attempt", Some(html! { (it.attempt) (most) })),
        ("Next attempt in", it.next_attempt_schedule_time.as_ref().map(|at| until(Some(at)))),
        ("Runs for", it.last_started_time.as_ref().filter(|_| it.state() == State::Started).map(|at| since(Some(at)))),
        ("Scheduled", it.scheduled_time.as_ref().map(|at| time(Some(at)))),
        ("Last started", it.last_started_time.as_ref().map(|at| time(Some(at)))),
        ("Last attempt ended", it.last_attempt_complete_time.as_ref().map(|at| time(Some(at)))),
        ("Last heartbeat", it.last_heartbeat_time.as_ref().map(|at| time(Some(at)))),
        ("Last worker", (!it.last_worker_identity.is_empty()).then(|| html! { (it.last_worker_identity) })),
        ("Ends at the latest", it.expiration_time.as_ref().map(|at| time(Some(at)))),
    ])
}

fn limits(it: &PendingActivityInfo) -> Markup {
    let options = it.activity_options.clone().unwrap_or_default();
    let span =
        |of: &Option<Duration>| of.as_ref().filter(|of| of.seconds > 0 || of.nanos > 0).map(|of| duration(Some(of)));
    let retry = options.retry_policy.clone().unwrap_or_default();
    facts(&[
        ("Task queue", options.task_queue.as_ref().map(|queue| html! { (queue.name) })),
        ("Schedule to close", span(&options.schedule_to_close_timeout)),
        ("Schedule to start", span(&options.schedule_to_start_timeout)),
        ("Start to close", span(&options.start_to_close_timeout)),
        ("Heartbeat timeout", span(&options.heartbeat_timeout)),
        ("Retry interval", span(&it.current_retry_interval)),
        ("First retry interval", span(&retry.initial_interval)),
        ("Longest retry interval", span(&retry.maximum_interval)),
        ("Backoff", (retry.backoff_coefficient > 0.0).then(|| html! { (retry.backoff_coefficient) })),
        (
            "Not retried",
            (!retry.non_retryable_error_types.is_empty())
                .then(|| html! { (retry.non_retryable_error_types.join(", ")) }),
        ),
    ])
}
