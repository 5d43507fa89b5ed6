//! What a workflow decided: one table from the worker's commands to our decisions, checked as a whole before the first
//! is carried out, so that a refused list leaves no trace. Texts are the reference server's.

use std::collections::BTreeSet;

use abide_api::temporal::api::{
    command::v1::{
        Command, ContinueAsNewWorkflowExecutionCommandAttributes, RecordMarkerCommandAttributes,
        StartTimerCommandAttributes, command::Attributes,
    },
    common::v1::{Memo, Payload, Payloads, SearchAttributes},
    enums::v1::{CommandType, WorkflowTaskFailedCause as Cause},
    failure::v1::Failure,
    history::v1::{
        ActivityTaskScheduledEventAttributes, MarkerRecordedEventAttributes,
        RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
        SignalExternalWorkflowExecutionInitiatedEventAttributes, StartChildWorkflowExecutionInitiatedEventAttributes,
        TimerCanceledEventAttributes, TimerStartedEventAttributes, history_event,
    },
    protocol,
};
use abide_model::settings::{Limits, SearchAttributeLimits};
use abide_model::{RunId, Timestamp, limits};
use prost::Message;

use super::command_size::{
    check_attribute_sizes, check_number, check_search_attributes_of_start, check_size, named_length_text,
};
use super::event::{Annotation, annotated};
use super::outbound_command::{Asked, Namespaces};
use super::rejection::Rejection;
use super::update::{Messages, UpdateDecision};
use super::{Out, Run};
use crate::convert::{from_proto_duration, is_negative, to_proto_duration, without_deep_causes};

/// Why a list of commands is refused.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    /// For machines.
    pub cause: Cause,
    /// For people, beginning with the cause.
    pub message: String,
    /// Whether the run is ended as well: what it wants to write can never be stored.
    pub terminates: bool,
}

/// One checked command.
pub(super) struct Decided {
    decision: Decision,
    annotation: Annotation,
    /// Whether the worker wants to have the activity at once.
    eager: bool,
}

impl Decided {
    /// The id of the activity that the worker wants to have at once.
    pub(super) fn eager_activity(&self) -> Option<String> {
        match &self.decision {
            Decision::ScheduleActivity(scheduled) if self.eager => Some(scheduled.activity_id.clone()),
            _ => None,
        }
    }
}

impl Decided {
    /// The update that is turned down, and why, if that is what was decided.
    pub(super) fn turned_down(self) -> Option<(String, Failure)> {
        match self.decision {
            Decision::Update(UpdateDecision::Reject { id, failure }) => Some((id, failure)),
            _ => None,
        }
    }
}

enum Decision {
    ScheduleActivity(Box<ActivityTaskScheduledEventAttributes>),
    CancelActivity(i64),
    StartTimer(TimerStartedEventAttributes),
    CancelTimer(TimerCanceledEventAttributes),
    RecordMarker(Box<MarkerRecordedEventAttributes>),
    UpsertSearchAttributes(Option<SearchAttributes>),
    ModifyProperties(Option<Memo>),
    Complete(Option<Payloads>),
    Fail(Option<Failure>),
    Cancel(Option<Payloads>),
    StartChild(Box<StartChildWorkflowExecutionInitiatedEventAttributes>),
    SignalExternal(Box<SignalExternalWorkflowExecutionInitiatedEventAttributes>),
    CancelExternal(Box<RequestCancelExternalWorkflowExecutionInitiatedEventAttributes>),
    Update(UpdateDecision),
    ContinueAsNew(Box<ContinueAsNewWorkflowExecutionCommandAttributes>),
}

/// What all decisions of one completed workflow task share.
pub(super) struct Turn {
    /// The event of the completed task.
    pub completed_event_id: i64,
    /// The worker.
    pub identity: String,
    /// The run that follows, should one follow.
    pub new_run_id: RunId,
    /// When.
    pub now: Timestamp,
}

pub(super) type Checked<T> = Result<T, Refusal>;

/// A command that closes the run must be the last, and every command must be of a known type. Otherwise the worker is
/// broken, and nothing at all is recorded.
pub(super) fn check_sequence(commands: &[Command]) -> Result<(), Rejection> {
    let names: Vec<&str> = commands.iter().map(|command| command.command_type().as_str_name()).collect();
    for (position, command) in commands.iter().enumerate() {
        let kind = command.command_type();
        if kind == CommandType::Unspecified {
            return Err(Rejection::InvalidCommandSequence(format!("unknown command type: {}", command.command_type)));
        }
        if closes(kind) && position + 1 < commands.len() {
            let names = names.iter().map(|name| camel(name)).collect::<Vec<_>>().join(", ");
            return Err(Rejection::InvalidCommandSequence(format!(
                "invalid command sequence: [{names}], command {} must be the last command.",
                camel(kind.as_str_name())
            )));
        }
    }
    Ok(())
}

fn closes(kind: CommandType) -> bool {
    matches!(
        kind,
        CommandType::CompleteWorkflowExecution
            | CommandType::FailWorkflowExecution
            | CommandType::CancelWorkflowExecution
            | CommandType::ContinueAsNewWorkflowExecution
    )
}

/// `COMMAND_TYPE_START_TIMER` as the reference prints it: `StartTimer`.
pub(super) fn camel(name: &str) -> String {
    let words = name.trim_start_matches("COMMAND_TYPE_").trim_start_matches("WORKFLOW_TASK_FAILED_CAUSE_").split('_');
    words.map(|word| format!("{}{}", &word[..1], word[1..].to_lowercase())).collect()
}

pub(super) fn refuse<T>(cause: Cause, text: impl std::fmt::Display) -> Checked<T> {
    Err(Refusal { cause, message: format!("{}: {text}", camel(cause.as_str_name())), terminates: false })
}

/// A cause that says enough.
fn refuse_plainly<T>(cause: Cause) -> Checked<T> {
    Err(Refusal { cause, message: camel(cause.as_str_name()), terminates: false })
}

/// What the state makes impossible, in the words of the reference server.
fn refuse_action<T>(cause: Cause, action: &str, details: impl std::fmt::Display) -> Checked<T> {
    refuse(cause, format!("invalid history builder state for action: {action}, {details}"))
}

pub(super) fn too_large<T>(cause: Cause, text: impl std::fmt::Display) -> Checked<T> {
    Err(Refusal { cause, message: format!("{}: {text}", camel(cause.as_str_name())), terminates: true })
}

/// What the commands before a command in the same list have done to the ids that it may use.
#[derive(Default)]
struct Ids {
    activities: BTreeSet<String>,
    activities_canceled: BTreeSet<i64>,
    /// Activities that end with their cancellation, because no worker has them.
    activities_ended: BTreeSet<String>,
    /// Buffered firings of timers that are taken back.
    firings_withdrawn: usize,
    timers_started: BTreeSet<String>,
    timers_canceled: BTreeSet<String>,
    asked: Asked,
    messages: Messages,
}

impl Run {
    pub(super) fn check_commands(
        &self,
        commands: &[Command],
        messages: &[protocol::v1::Message],
        namespaces: &Namespaces,
        limits: &Limits,
    ) -> Checked<Vec<Decided>> {
        let mut ids = Ids { messages: Messages::of(messages, limits.updates), ..Ids::default() };
        let commands = commands.iter().map(|command| self.check_command(command, namespaces, limits, &mut ids));
        let commands = commands.collect::<Checked<Vec<_>>>()?;
        let others = self.check_other_messages(&mut ids.messages, limits)?;
        // What is turned down leaves no event, so it may come first: before the run closes.
        let (turned_down, late): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|other| matches!(other, UpdateDecision::Reject { .. }));
        let decided =
            |update| Decided { decision: Decision::Update(update), annotation: Annotation::default(), eager: false };
        Ok(turned_down.into_iter().map(decided).chain(commands).chain(late.into_iter().map(decided)).collect())
    }

    fn check_command(
        &self,
        command: &Command,
        namespaces: &Namespaces,
        limits: &Limits,
        ids: &mut Ids,
    ) -> Checked<Decided> {
        let kind = command.command_type();
        if closes(kind) && self.state.buffer.events.len() > ids.firings_withdrawn {
            return refuse_plainly(Cause::UnhandledCommand);
        }
        let Some(attributes) = &command.attributes else {
            let name = camel(kind.as_str_name());
            return refuse(cause_of(kind), format!("{name}CommandAttributes is not set on {name}Command."));
        };
        let blob = limits.blob_bytes_max;
        let decision = match attributes.clone() {
            Attributes::ScheduleActivityTaskCommandAttributes(command) => {
                let scheduled = self.check_schedule_activity(command, ids, limits)?;
                Decision::ScheduleActivity(Box::new(scheduled))
            }
            Attributes::RequestCancelActivityTaskCommandAttributes(command) => {
                Decision::CancelActivity(self.check_cancel_activity(command.scheduled_event_id, ids)?)
            }
            Attributes::StartTimerCommandAttributes(command) => {
                Decision::StartTimer(self.check_start_timer(command, ids, limits)?)
            }
            Attributes::CancelTimerCommandAttributes(command) => {
                Decision::CancelTimer(self.check_cancel_timer(command.timer_id, ids, limits)?)
            }
            Attributes::RecordMarkerCommandAttributes(command) => check_marker(command, limits)?,
            Attributes::UpsertWorkflowSearchAttributesCommandAttributes(command) => {
                self.check_search_attributes(command.search_attributes.as_ref(), limits.search_attributes)?;
                Decision::UpsertSearchAttributes(command.search_attributes)
            }
            Attributes::ModifyWorkflowPropertiesCommandAttributes(command) => {
                check_memo(command.upserted_memo.as_ref(), limits)?;
                Decision::ModifyProperties(command.upserted_memo)
            }
            Attributes::StartChildWorkflowExecutionCommandAttributes(command) => {
                let initiated = self.state.check_start_child(command, namespaces, &mut ids.asked, limits)?;
                Decision::StartChild(Box::new(initiated))
            }
            Attributes::SignalExternalWorkflowExecutionCommandAttributes(command) => {
                let initiated = self.state.check_signal_external(command, namespaces, &mut ids.asked, limits)?;
                Decision::SignalExternal(Box::new(initiated))
            }
            Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(command) => {
                let initiated = self.state.check_cancel_external(command, namespaces, &mut ids.asked, limits)?;
                Decision::CancelExternal(Box::new(initiated))
            }
            Attributes::ProtocolMessageCommandAttributes(command) => {
                Decision::Update(self.check_message_command(&command.message_id, &mut ids.messages, limits)?)
            }
            Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(command) => {
                self.check_continue_as_new(command, limits)?
            }
            attributes => check_close(attributes, kind, blob)?,
        };
        let annotation = check_annotation(command, kind)?;
        let eager = matches!(&command.attributes, Some(Attributes::ScheduleActivityTaskCommandAttributes(command))
            if command.request_eager_execution);
        Ok(Decided { decision, annotation, eager })
    }

    fn check_cancel_activity(&self, scheduled_event_id: i64, ids: &mut Ids) -> Checked<i64> {
        let cause = Cause::BadRequestCancelActivityAttributes;
        if scheduled_event_id <= 0 {
            return refuse(cause, "ScheduledEventId is not set on RequestCancelActivityTaskCommand.");
        }
        let pending = self.state.activities.pending.get(&scheduled_event_id);
        let may_be_asked = match pending {
            // No worker has it, so it ends at once; asking again finds an end that the workflow has not seen.
            Some(activity) if activity.started().is_none() => {
                ids.activities_ended.insert(activity.scheduled.activity_id.clone());
                true
            }
            Some(activity) => {
                activity.cancel_requested_event_id == 0 && ids.activities_canceled.insert(scheduled_event_id)
            }
            None => self.state.buffered_end(scheduled_event_id),
        };
        match may_be_asked {
            true => Ok(scheduled_event_id),
            false => {
                let details = format!("ScheduledEventID: {scheduled_event_id}");
                refuse_action(cause, "add-activitytask-cancel-requested-event", details)
            }
        }
    }

    fn check_start_timer(
        &self,
        command: StartTimerCommandAttributes,
        ids: &mut Ids,
        limits: &Limits,
    ) -> Checked<TimerStartedEventAttributes> {
        let cause = Cause::BadStartTimerAttributes;
        let StartTimerCommandAttributes { timer_id, start_to_fire_timeout: timeout } = command;
        if timer_id.is_empty() {
            return refuse(cause, "TimerId is not set on StartTimerCommand.");
        }
        if timer_id.len() > limits.id_bytes_max {
            return refuse(cause, named_length_text("TimerId", "StartTimerCommand", &timer_id, limits.id_bytes_max));
        }
        if is_negative(timeout.as_ref()) {
            return refuse(
                cause,
                format!(
                    "An invalid StartToFireTimeout is set on StartTimerCommand: negative duration. TimerId={timer_id}"
                ),
            );
        }
        let pending = self.state.timers.pending.contains_key(&timer_id) && !ids.timers_canceled.contains(&timer_id);
        if pending || !ids.timers_started.insert(timer_id.clone()) {
            let details = format!("TimerID: {timer_id}");
            return refuse_action(Cause::StartTimerDuplicateId, "add-timer-started-event", details);
        }
        Ok(TimerStartedEventAttributes {
            timer_id,
            start_to_fire_timeout: Some(to_proto_duration(from_proto_duration(timeout.as_ref()))),
            ..TimerStartedEventAttributes::default()
        })
    }

    fn check_cancel_timer(
        &self,
        timer_id: String,
        ids: &mut Ids,
        limits: &Limits,
    ) -> Checked<TimerCanceledEventAttributes> {
        let cause = Cause::BadCancelTimerAttributes;
        if timer_id.is_empty() {
            return refuse(cause, "TimerId is not set on CancelTimerCommand.");
        }
        if timer_id.len() > limits.id_bytes_max {
            return refuse(cause, named_length_text("TimerId", "CancelTimerCommand", &timer_id, limits.id_bytes_max));
        }
        let fired = self.state.buffered_firing(&timer_id).is_some();
        let pending = self.state.timers.pending.contains_key(&timer_id) || fired;
        let known = (pending && !ids.timers_canceled.contains(&timer_id)) || ids.timers_started.remove(&timer_id);
        if !known {
            return refuse_action(cause, "add-timer-canceled-event", format!("TimerID: {timer_id}"));
        }
        ids.firings_withdrawn += usize::from(fired && !ids.timers_canceled.contains(&timer_id));
        ids.timers_canceled.insert(timer_id.clone());
        Ok(TimerCanceledEventAttributes { timer_id, ..TimerCanceledEventAttributes::default() })
    }

    /// What would come of an upsert must be within the limits, too.
    fn check_search_attributes(
        &self,
        attributes: Option<&SearchAttributes>,
        bounds: SearchAttributeLimits,
    ) -> Checked<()> {
        let cause = Cause::BadSearchAttributes;
        let Some(attributes) = attributes else {
            return refuse(cause, "SearchAttributes is not set on UpsertWorkflowSearchAttributesCommand.");
        };
        if attributes.indexed_fields.is_empty() {
            return refuse(cause, "IndexedFields is not set on UpsertWorkflowSearchAttributesCommand.");
        }
        check_number(attributes, cause, bounds)?;
        let mut merged = self.state.properties.search_attributes.clone();
        merged.extend(attributes.indexed_fields.clone());
        check_attribute_sizes(&SearchAttributes { indexed_fields: merged }, cause, bounds)
    }

    fn check_schedule_activity(
        &self,
        command: abide_api::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes,
        ids: &mut Ids,
        limits: &Limits,
    ) -> Checked<ActivityTaskScheduledEventAttributes> {
        let cause = Cause::BadScheduleActivityAttributes;
        let size = command.input.as_ref().map_or(0, Message::encoded_len);
        let scheduled = match self.state.normalise_activity(command, limits.id_bytes_max) {
            Ok(scheduled) => scheduled,
            Err(text) => return refuse(cause, text),
        };
        check_size(size, limits.blob_bytes_max, cause, "ScheduleActivityTaskCommandAttributes.Input")?;
        let limit = limits.pending.activities_max;
        let pending = self.state.activities.pending.len() + ids.activities.len();
        if limit > 0 && pending.saturating_sub(ids.activities_ended.len()) >= limit {
            let text =
                format!("the number of pending activities, {limit}, has reached the per-workflow limit of {limit}");
            return refuse(Cause::PendingActivitiesLimitExceeded, text);
        }
        let id = &scheduled.activity_id;
        let pending = self.index.activity_ids.contains_key(id) && !ids.activities_ended.contains(id);
        if pending || !ids.activities.insert(id.clone()) {
            let details = format!("ActivityID: {id}");
            return refuse_action(Cause::ScheduleActivityDuplicateId, "add-activitytask-scheduled-event", details);
        }
        Ok(scheduled)
    }

    fn check_continue_as_new(
        &self,
        command: ContinueAsNewWorkflowExecutionCommandAttributes,
        limits: &Limits,
    ) -> Checked<Decision> {
        let cause = Cause::BadContinueAsNewAttributes;
        self.state.check_continued(&command, limits.id_bytes_max).or_else(|text| refuse(cause, text))?;
        let size = command.input.as_ref().map_or(0, Message::encoded_len);
        check_size(size, limits.blob_bytes_max, cause, "ContinueAsNewWorkflowExecutionCommandAttributes. Input")?;
        let size = command.memo.as_ref().map_or(0, Message::encoded_len);
        check_size(size, limits.memo_bytes_max, cause, "ContinueAsNewWorkflowExecutionCommandAttributes. Memo")?;
        check_search_attributes_of_start(command.search_attributes.as_ref(), cause, limits.search_attributes)?;
        Ok(Decision::ContinueAsNew(Box::new(command)))
    }

    /// Carries out a checked decision.
    pub(super) fn decide(&mut self, decided: Decided, turn: &Turn, out: &mut Out) {
        let Decided { decision, annotation, eager: _ } = decided;
        let (completed, now) = (turn.completed_event_id, turn.now);
        match decision {
            Decision::ScheduleActivity(scheduled) => {
                let scheduled =
                    ActivityTaskScheduledEventAttributes { workflow_task_completed_event_id: completed, ..*scheduled };
                self.schedule_activity(scheduled, annotation, now, out);
            }
            Decision::CancelActivity(scheduled_event_id) => {
                self.request_cancel_activity(scheduled_event_id, annotation, turn, out);
            }
            Decision::StartTimer(started) => {
                let started = TimerStartedEventAttributes { workflow_task_completed_event_id: completed, ..started };
                self.start_timer(started, annotation, now, out);
            }
            Decision::CancelTimer(canceled) => {
                let canceled = TimerCanceledEventAttributes {
                    workflow_task_completed_event_id: completed,
                    identity: turn.identity.clone(),
                    ..canceled
                };
                self.cancel_timer(canceled, annotation, now, out);
            }
            Decision::RecordMarker(marker) => {
                let marker = MarkerRecordedEventAttributes { workflow_task_completed_event_id: completed, ..*marker };
                let attributes = history_event::Attributes::MarkerRecordedEventAttributes(marker);
                self.emit_event(now, annotated(attributes, annotation), out);
            }
            Decision::UpsertSearchAttributes(attributes) => {
                self.upsert_search_attributes(attributes, completed, annotation, now, out);
            }
            Decision::ModifyProperties(memo) => self.modify_properties(memo, completed, annotation, now, out),
            Decision::StartChild(initiated) => self.initiate_child(*initiated, annotation, turn, out),
            Decision::SignalExternal(initiated) => self.initiate_signal(*initiated, annotation, turn, out),
            Decision::CancelExternal(initiated) => self.initiate_cancel(*initiated, annotation, turn, out),
            // The worker may have closed the run before it came to its messages.
            Decision::Update(update) if self.is_open() => self.decide_update(update, annotation, turn, out),
            Decision::Update(_) => {}
            Decision::Complete(result) => self.complete_run(result, annotation, turn, out),
            Decision::Fail(failure) => self.fail_run(failure, annotation, turn, out),
            Decision::Cancel(details) => self.cancel_run(details, annotation, turn, out),
            Decision::ContinueAsNew(command) => {
                self.continue_as_new(*command, annotation, turn, out);
            }
        }
    }
}

fn check_marker(command: RecordMarkerCommandAttributes, limits: &Limits) -> Checked<Decision> {
    if command.marker_name.is_empty() {
        return refuse(Cause::BadRecordMarkerAttributes, "MarkerName is not set on RecordMarkerCommand.");
    }
    if command.marker_name.len() > limits.id_bytes_max {
        let text = named_length_text("MarkerName", "RecordMarkerCommand", &command.marker_name, limits.id_bytes_max);
        return refuse(Cause::BadRecordMarkerAttributes, text);
    }
    let size = command.details.values().map(Message::encoded_len).sum::<usize>();
    let what = "RecordMarkerCommandAttributes.Details";
    check_size(size, limits.blob_bytes_max, Cause::BadRecordMarkerAttributes, what)?;
    Ok(Decision::RecordMarker(Box::new(MarkerRecordedEventAttributes {
        marker_name: command.marker_name,
        details: command.details,
        header: command.header,
        failure: without_deep_causes(command.failure),
        ..MarkerRecordedEventAttributes::default()
    })))
}

/// The commands that close the run, and those that are not supported yet.
fn check_close(attributes: Attributes, kind: CommandType, blob: usize) -> Checked<Decision> {
    let decision = match attributes {
        Attributes::CompleteWorkflowExecutionCommandAttributes(command) => {
            let size = command.result.as_ref().map_or(0, Message::encoded_len);
            let what = "CompleteWorkflowExecutionCommandAttributes.Result";
            // The reference server names this cause (observed).
            check_size(size, blob, Cause::BadScheduleActivityAttributes, what)?;
            Decision::Complete(command.result)
        }
        Attributes::FailWorkflowExecutionCommandAttributes(command) => {
            let cause = Cause::BadFailWorkflowExecutionAttributes;
            if command.failure.is_none() {
                return refuse(cause, "Failure is not set on FailWorkflowExecutionCommand.");
            }
            let size = command.failure.as_ref().map_or(0, Message::encoded_len);
            check_size(size, blob, cause, "FailWorkflowExecutionCommandAttributes.Failure")?;
            Decision::Fail(without_deep_causes(command.failure))
        }
        Attributes::CancelWorkflowExecutionCommandAttributes(command) => {
            // Bounded by what a transition may write alone (observed).
            Decision::Cancel(command.details)
        }
        // The rest was looked at before; what came here is not supported.
        _ => return refuse(Cause::FeatureDisabled, format!("{} is not supported yet", camel(kind.as_str_name()))),
    };
    Ok(decision)
}

fn check_memo(memo: Option<&Memo>, limits: &Limits) -> Checked<()> {
    let cause = Cause::BadModifyWorkflowPropertiesAttributes;
    let Some(memo) = memo else {
        return refuse(cause, "UpsertedMemo is not set on ModifyWorkflowPropertiesCommand.");
    };
    if memo.fields.is_empty() {
        return refuse(cause, "UpsertedMemo.Fields is not set on ModifyWorkflowPropertiesCommand.");
    }
    let what = "ModifyWorkflowPropertiesCommandAttributes. Memo";
    check_size(memo.encoded_len(), limits.memo_bytes_max, cause, what)
}

fn check_annotation(command: &Command, kind: CommandType) -> Checked<Annotation> {
    let metadata = command.user_metadata.clone();
    let size = |payload: Option<&Payload>| payload.map_or(0, |payload| payload.data.len());
    if let Some(metadata) = &metadata {
        if size(metadata.summary.as_ref()) > limits::SUMMARY_BYTES_MAX {
            return refuse(cause_of(kind), "UserMetadata.Summary exceeds size limit.");
        }
        if size(metadata.details.as_ref()) > limits::DETAILS_BYTES_MAX {
            return refuse(cause_of(kind), "UserMetadata.Details exceeds size limit.");
        }
    }
    Ok(Annotation { user_metadata: metadata, markers: command.event_group_markers.clone() })
}

/// Which cause a command without attributes is refused with.
fn cause_of(kind: CommandType) -> Cause {
    match kind {
        CommandType::Unspecified => Cause::Unspecified,
        CommandType::ScheduleActivityTask => Cause::BadScheduleActivityAttributes,
        CommandType::RequestCancelActivityTask => Cause::BadRequestCancelActivityAttributes,
        CommandType::StartTimer => Cause::BadStartTimerAttributes,
        CommandType::CancelTimer => Cause::BadCancelTimerAttributes,
        CommandType::CompleteWorkflowExecution => Cause::BadCompleteWorkflowExecutionAttributes,
        CommandType::FailWorkflowExecution => Cause::BadFailWorkflowExecutionAttributes,
        CommandType::CancelWorkflowExecution => Cause::BadCancelWorkflowExecutionAttributes,
        CommandType::ContinueAsNewWorkflowExecution => Cause::BadContinueAsNewAttributes,
        CommandType::RecordMarker => Cause::BadRecordMarkerAttributes,
        CommandType::StartChildWorkflowExecution => Cause::BadStartChildExecutionAttributes,
        CommandType::RequestCancelExternalWorkflowExecution => {
            Cause::BadRequestCancelExternalWorkflowExecutionAttributes
        }
        CommandType::SignalExternalWorkflowExecution => Cause::BadSignalWorkflowExecutionAttributes,
        CommandType::UpsertWorkflowSearchAttributes => Cause::BadSearchAttributes,
        CommandType::ModifyWorkflowProperties => Cause::BadModifyWorkflowPropertiesAttributes,
        CommandType::ProtocolMessage => Cause::BadUpdateWorkflowExecutionMessage,
        CommandType::ScheduleNexusOperation => Cause::BadScheduleNexusOperationAttributes,
        CommandType::RequestCancelNexusOperation => Cause::BadRequestCancelNexusOperationAttributes,
    }
}
