//! Completion callbacks: addresses that are told how a run ended, unless another run goes on in its place and has them
//! then. They stand by while the run is open; afterwards each is owed, and when it could not be told waits for its next
//! time. What is told, and when, is decided here; telling is the loop's part.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{
        Callback, Link, Payload, callback,
        link::{
            self,
            workflow_event::{EventReference, Reference, RequestIdReference},
        },
    },
    enums::v1::{CallbackState, EventType, RetryState},
    failure::v1::{
        ApplicationFailureInfo, CanceledFailureInfo, Failure, TerminatedFailureInfo, TimeoutFailureInfo,
        failure::FailureInfo,
    },
    history::v1::{HistoryEvent, history_event::Attributes},
    workflow::v1::{
        CallbackInfo,
        callback_info::{Trigger, WorkflowClosed, trigger},
    },
};
use abide_model::deliberate::{self, Bug};
use abide_model::{Timestamp, limits};

use super::index::{Due, Index};
use super::note::{CallbackAttempted, CallbackDue, NoteKind};
use super::outbound::{Action, Outbound, Outcome};
use super::parent::is_reset;
use super::rejection::Rejection;
use super::reply::Task;
use super::state::State;
use super::{Out, Run};
use crate::convert::{from_proto_time, to_proto_time};

/// The callbacks of a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Callbacks {
    /// In the order in which they were registered. Their place is their number.
    #[prost(message, repeated, tag = "1")]
    pub all: Vec<CompletionCallback>,
    /// How the run ended, while somebody is still to be told.
    #[prost(message, optional, tag = "2")]
    pub end: Option<HistoryEvent>,
}

/// One address, and how far telling it is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CompletionCallback {
    /// The address and what is sent along.
    #[prost(message, required, tag = "1")]
    pub callback: Callback,
    /// When it was registered.
    #[prost(message, required, tag = "2")]
    pub registered_at: Timestamp,
    /// The request that brought it; empty if it came with the run from the one before.
    #[prost(string, tag = "3")]
    pub request_id: String,
    /// `CallbackState`.
    #[prost(int32, tag = "4")]
    pub state: i32,
    /// Attempts that have ended.
    #[prost(int32, tag = "5")]
    pub attempts: i32,
    /// When the last one ended.
    #[prost(message, optional, tag = "6")]
    pub last_attempt_at: Option<Timestamp>,
    /// Why the last one failed, if it did.
    #[prost(message, optional, tag = "7")]
    pub last_failure: Option<Failure>,
    /// When the next one begins, while it waits for its time.
    #[prost(message, optional, tag = "8")]
    pub next_attempt_at: Option<Timestamp>,
}

/// What an address is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The address.
    pub url: String,
    /// What is sent along, as it was registered.
    pub header: BTreeMap<String, String>,
    /// How the run ended.
    pub completion: Completion,
    /// When the run began.
    pub started_at: Timestamp,
    /// When it ended.
    pub closed_at: Timestamp,
    /// The event that registered the address.
    pub link: link::WorkflowEvent,
}

/// How a run ended, as far as strangers are told.
#[derive(Clone, Debug, PartialEq)]
pub enum Completion {
    /// With the first of its results, if it has any.
    Succeeded(Option<Payload>),
    /// Without one.
    Failed(Box<Failure>),
    /// It was cancelled.
    Canceled(Box<Failure>),
}

/// Why an address was not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// For people.
    pub reason: String,
    /// Whether it may be otherwise next time.
    pub again: bool,
}

impl CompletionCallback {
    fn shown(&self) -> CallbackInfo {
        CallbackInfo {
            callback: Some(self.callback.clone()),
            trigger: Some(Trigger { variant: Some(trigger::Variant::WorkflowClosed(WorkflowClosed {})) }),
            registration_time: Some(to_proto_time(self.registered_at)),
            state: self.state,
            attempt: self.attempts,
            last_attempt_complete_time: self.last_attempt_at.map(to_proto_time),
            last_attempt_failure: self.last_failure.clone(),
            next_attempt_schedule_time: self.next_attempt_at.map(to_proto_time),
            ..CallbackInfo::default()
        }
    }
}

impl State {
    /// As Describe shows them.
    pub(super) fn shown_callbacks(&self) -> Vec<CallbackInfo> {
        self.callbacks.all.iter().map(CompletionCallback::shown).collect()
    }

    /// The callbacks as a run that goes on in this one's place has them.
    pub(super) fn inherited_callbacks(&self) -> Vec<Callback> {
        self.callbacks.all.iter().map(|callback| callback.callback.clone()).collect()
    }

    /// The callbacks that are to be told now.
    pub(super) fn owed_callbacks(&self) -> impl Iterator<Item = Outbound> {
        let all = (0..).zip(&self.callbacks.all);
        all.filter(|(_, callback)| callback.state() == CallbackState::Scheduled)
            .map(|(number, _)| Outbound::Callback(number))
    }

    /// Whether a callback is to be told now.
    pub(super) fn owes_callback(&self, number: i64) -> bool {
        self.callback(number).is_some_and(|callback| callback.state() == CallbackState::Scheduled)
    }

    fn callback(&self, number: i64) -> Option<&CompletionCallback> {
        self.callbacks.all.get(usize::try_from(number).ok()?)
    }

    pub(super) fn callback_action(&self, number: i64) -> Option<Action> {
        let (callback, end) = (self.callback(number)?, self.callbacks.end.as_ref()?);
        let Some(callback::Variant::Nexus(nexus)) = &callback.callback.variant else { return None };
        Some(Action::Tell(Box::new(Delivery {
            url: nexus.url.clone(),
            header: nexus.header.clone(),
            completion: completion(end)?,
            started_at: self.execution.started_at,
            closed_at: from_proto_time(end.event_time.as_ref()),
            link: self.registration(callback),
        })))
    }

    /// The event that registered a callback. One that was attached later is named by its request, because it may have
    /// been buffered.
    fn registration(&self, callback: &CompletionCallback) -> link::WorkflowEvent {
        let attached = EventType::WorkflowExecutionOptionsUpdated as i32;
        let origin = self.execution.requests.get(&callback.request_id);
        let reference = match origin.filter(|origin| origin.event_type == attached) {
            Some(_) => Reference::RequestIdRef(RequestIdReference {
                request_id: callback.request_id.clone(),
                event_type: attached,
            }),
            None => Reference::EventRef(EventReference {
                event_id: 1,
                event_type: EventType::WorkflowExecutionStarted as i32,
            }),
        };
        let execution = self.execution_name();
        link::WorkflowEvent {
            namespace: self.identity.namespace_name.clone(),
            workflow_id: execution.workflow_id,
            run_id: execution.run_id,
            reference: Some(reference),
        }
    }

    /// When the callbacks of a closed run are told again.
    pub(super) fn index_callbacks(&self, index: &mut Index) {
        for (number, callback) in (0..).zip(&self.callbacks.all) {
            index.set(Due::Callback(number), callback.next_attempt_at);
        }
    }

    pub(super) fn apply_callbacks_registered(&mut self, callbacks: &[Callback], request_id: &str, at: Timestamp) {
        self.callbacks.all.extend(callbacks.iter().map(|callback| CompletionCallback {
            callback: callback.clone(),
            registered_at: at,
            request_id: request_id.to_owned(),
            state: CallbackState::Standby as i32,
            ..CompletionCallback::default()
        }));
    }

    /// What the end of the run means for those who wait for it.
    pub(super) fn apply_end_to_callbacks(&mut self, last: &HistoryEvent) {
        if self.callbacks.all.is_empty() || goes_on(last) {
            return;
        }
        self.callbacks.end = Some(last.clone());
        for callback in &mut self.callbacks.all {
            callback.state = CallbackState::Scheduled as i32;
        }
    }
}

impl Run {
    /// Refuses callbacks that would be too many.
    pub(super) fn check_callbacks(&self, more: usize, out: &Out) -> Result<(), Rejection> {
        let (max, attached) = (out.limits.callbacks.per_run_max, self.state.callbacks.all.len());
        if more > 0 && attached + more > max { Err(Rejection::TooManyCallbacks { max, attached }) } else { Ok(()) }
    }

    /// What came of telling an address.
    pub(super) fn callback_outcome(&mut self, number: i64, outcome: Outcome, now: Timestamp, out: &mut Out) {
        let failed = match outcome {
            Outcome::Undelivered(failed) if failed.again && deliberate::is_on(Bug::ForgottenCallback) => None,
            Outcome::Undelivered(failed) => Some(failed),
            // A fault is about another run, and here is none.
            Outcome::Done | Outcome::Started(_) | Outcome::Failed(_) => None,
        };
        let Some(callback) = self.state.callback(number) else { return };
        let again = failed.as_ref().is_some_and(|failed| failed.again);
        let next_at = again.then(|| now.after(self.callback_pause(callback.attempts)));
        let attempted = CallbackAttempted {
            number,
            at: now,
            failure: failed.map(|failed| Failure {
                message: failed.reason,
                failure_info: Some(FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo {
                    non_retryable: !failed.again,
                    ..ApplicationFailureInfo::default()
                })),
                ..Failure::default()
            }),
            next_at,
        };
        self.emit_note(NoteKind::CallbackAttempted(Box::new(attempted)), out);
    }

    /// Twice as long each time, less up to a fifth that differs from run to run: those that failed together do not all
    /// come back together.
    fn callback_pause(&self, attempts: i32) -> Duration {
        let doublings = u32::try_from(attempts).unwrap_or(0).min(16);
        let longest = limits::CALLBACK_RETRY_MIN.saturating_mul(1 << doublings).min(limits::CALLBACK_RETRY_MAX);
        // The low bits of a run id are random.
        let share = self.run_id().0.as_bytes()[15].wrapping_add(doublings as u8);
        longest - longest * u32::from(share) / (5 * 256)
    }

    /// The time for the next attempt has come.
    pub(super) fn callback_is_due(&mut self, number: i64, out: &mut Out) {
        self.emit_note(NoteKind::CallbackDue(CallbackDue { number }), out);
        out.task(Task::Owe(Outbound::Callback(number)));
    }

    pub(super) fn apply_callback_attempted(&mut self, attempted: &CallbackAttempted) {
        let state = match (&attempted.failure, attempted.next_at) {
            (None, _) => CallbackState::Succeeded,
            (Some(_), None) => CallbackState::Failed,
            (Some(_), Some(_)) => CallbackState::BackingOff,
        };
        self.change_callback(attempted.number, |callback| {
            callback.state = state as i32;
            callback.attempts = callback.attempts.saturating_add(1);
            callback.last_attempt_at = Some(attempted.at);
            callback.last_failure.clone_from(&attempted.failure);
            callback.next_attempt_at = attempted.next_at;
        });
        let is_over = |callback: &CompletionCallback| {
            matches!(callback.state(), CallbackState::Succeeded | CallbackState::Failed)
        };
        if self.state.callbacks.all.iter().all(is_over) {
            self.state.callbacks.end = None;
        }
    }

    pub(super) fn apply_callback_due(&mut self, due: CallbackDue) {
        self.change_callback(due.number, |callback| {
            callback.state = CallbackState::Scheduled as i32;
            callback.next_attempt_at = None;
        });
    }

    fn change_callback(&mut self, number: i64, change: impl FnOnce(&mut CompletionCallback)) {
        let place = usize::try_from(number).ok();
        let Some(callback) = place.and_then(|place| self.state.callbacks.all.get_mut(place)) else { return };
        change(callback);
        self.index.set(Due::Callback(number), callback.next_attempt_at);
    }
}

impl CompletionCallback {
    fn state(&self) -> CallbackState {
        CallbackState::try_from(self.state).unwrap_or_default()
    }
}

/// Whether another run goes on in the place of the one that ends so, and has its callbacks. The next run of a cron
/// schedule has none: the first one that ends tells how it ended (observed).
fn goes_on(last: &HistoryEvent) -> bool {
    let retried = RetryState::InProgress as i32;
    match &last.attributes {
        Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_)) => true,
        Some(Attributes::WorkflowExecutionFailedEventAttributes(failed)) => failed.retry_state == retried,
        Some(Attributes::WorkflowExecutionTimedOutEventAttributes(timed_out)) => timed_out.retry_state == retried,
        _ => is_reset(last),
    }
}

/// What strangers are told of an end: no reasons of people, and of results only the first.
fn completion(last: &HistoryEvent) -> Option<Completion> {
    let failed = |message: &str, info: FailureInfo| {
        Box::new(Failure { message: message.into(), failure_info: Some(info), ..Failure::default() })
    };
    Some(match last.attributes.as_ref()? {
        Attributes::WorkflowExecutionCompletedEventAttributes(completed) => {
            let results = completed.result.as_ref();
            Completion::Succeeded(results.and_then(|results| results.payloads.first()).cloned())
        }
        Attributes::WorkflowExecutionFailedEventAttributes(failed) => {
            Completion::Failed(Box::new(failed.failure.clone().unwrap_or_default()))
        }
        Attributes::WorkflowExecutionCanceledEventAttributes(canceled) => {
            let info = CanceledFailureInfo { details: canceled.details.clone(), ..CanceledFailureInfo::default() };
            Completion::Canceled(failed("operation canceled", FailureInfo::CanceledFailureInfo(info)))
        }
        Attributes::WorkflowExecutionTerminatedEventAttributes(_) => {
            let info = FailureInfo::TerminatedFailureInfo(TerminatedFailureInfo::default());
            Completion::Failed(failed("operation terminated", info))
        }
        Attributes::WorkflowExecutionTimedOutEventAttributes(_) => {
            let info = FailureInfo::TimeoutFailureInfo(TimeoutFailureInfo::default());
            Completion::Failed(failed("operation exceeded internal timeout", info))
        }
        _ => return None,
    })
}

/// The links that callbacks bring with them.
pub fn callback_links(callbacks: &[Callback]) -> impl Iterator<Item = &Link> {
    callbacks.iter().flat_map(|callback| &callback.links)
}
