//! The catalogue of the protocol, as histories: one for each type of event, one for each command of a workflow with
//! every way in which it is refused. Each is a file of text beside this one: what was asked, the events that came of it,
//! and all that the event in question says. What is not there is listed here, with the reason.

mod activity;
mod child;
mod closing;
mod golden;
mod nexus;
mod other_workflow;
mod properties;
mod request;
mod timer;
mod update;
mod workflow_task;

use std::collections::BTreeSet;

use abide_api::temporal::api::enums::v1::{CommandType, EventType, WorkflowTaskFailedCause as Cause};

use golden::{Golden, Row};

const EVENTS: [&[Golden]; 9] = [
    closing::EVENTS,
    workflow_task::EVENTS,
    activity::EVENTS,
    timer::EVENTS,
    properties::EVENTS,
    request::EVENTS,
    child::EVENTS,
    other_workflow::EVENTS,
    update::EVENTS,
];

const COMMANDS: [&[Row]; 8] = [
    closing::COMMANDS,
    activity::COMMANDS,
    timer::COMMANDS,
    properties::COMMANDS,
    child::COMMANDS,
    other_workflow::COMMANDS,
    update::COMMANDS,
    nexus::COMMANDS,
];

const NEVER_WRITTEN: &str = "the reference server never writes it either";
const NEXUS: &str = "Nexus is absent";
const TIME_SKIPPING: &str = "time skipping is absent";

/// Event types without a history, and why.
const EVENTS_ABSENT: [(EventType, &str); 14] = [
    (EventType::Unspecified, "it is no event"),
    (EventType::WorkflowExecutionUpdateRejected, NEVER_WRITTEN),
    (EventType::WorkflowPropertiesModifiedExternally, NEVER_WRITTEN),
    (EventType::ActivityPropertiesModifiedExternally, NEVER_WRITTEN),
    (EventType::NexusOperationScheduled, NEXUS),
    (EventType::NexusOperationStarted, NEXUS),
    (EventType::NexusOperationCompleted, NEXUS),
    (EventType::NexusOperationFailed, NEXUS),
    (EventType::NexusOperationCanceled, NEXUS),
    (EventType::NexusOperationTimedOut, NEXUS),
    (EventType::NexusOperationCancelRequested, NEXUS),
    (EventType::NexusOperationCancelRequestCompleted, NEXUS),
    (EventType::NexusOperationCancelRequestFailed, NEXUS),
    (EventType::WorkflowExecutionTimeSkippingTransitioned, TIME_SKIPPING),
];

const WORKER: &str = "a worker fails its task with it";
const ELSEWHERE: &str = "the server fails a task with it, but for no command";
const UNUSED: &str = "nothing leads to it where there is one cluster";

/// Causes of failed workflow tasks that no command is refused with, and why.
const CAUSES_ABSENT: [(Cause, &str); 16] = [
    (Cause::Unspecified, "it is no cause"),
    (Cause::WorkflowWorkerUnhandledFailure, WORKER),
    (Cause::NonDeterministicError, WORKER),
    (Cause::GrpcMessageTooLarge, WORKER),
    (Cause::PayloadsTooLarge, WORKER),
    (Cause::RequestTooLarge, WORKER),
    (Cause::ExternalStorageFailure, WORKER),
    (Cause::ForceCloseCommand, ELSEWHERE),
    (Cause::ResetWorkflow, ELSEWHERE),
    (Cause::WorkflowPauseRequestedBeforeTaskStarted, ELSEWHERE),
    (Cause::BadBinary, "namespaces do not list bad binaries yet"),
    (Cause::ResetStickyTaskQueue, UNUSED),
    (Cause::FailoverCloseCommand, UNUSED),
    (Cause::BadSignalInputSize, UNUSED),
    (Cause::UnhandledUpdate, UNUSED),
    (Cause::PendingNexusOperationsLimitExceeded, NEXUS),
];

fn goldens() -> impl Iterator<Item = &'static Golden> {
    EVENTS.into_iter().flatten()
}

fn rows() -> impl Iterator<Item = &'static Row> {
    COMMANDS.into_iter().flatten()
}

#[test]
fn every_event_is_written_as_it_stands_in_the_catalogue() {
    goldens().for_each(Golden::check);
}

#[test]
fn every_command_leads_to_what_stands_in_the_catalogue() {
    rows().for_each(|row| drop(row.check()));
}

#[test]
fn every_type_of_event_is_in_the_catalogue_or_has_a_reason_not_to_be() {
    let shown: BTreeSet<EventType> = goldens().map(|golden| golden.event).collect();
    let absent: BTreeSet<EventType> = EVENTS_ABSENT.into_iter().map(|(event, _)| event).collect();
    assert_eq!(shown.intersection(&absent).count(), 0, "what is shown is not absent");
    let all: BTreeSet<EventType> = (0..1000).filter_map(|number| EventType::try_from(number).ok()).collect();
    assert_eq!(shown.union(&absent).copied().collect::<BTreeSet<_>>(), all);
    assert_eq!(goldens().count(), shown.len(), "one history for each type");
}

#[test]
fn every_command_is_in_the_catalogue() {
    let shown: Vec<CommandType> = rows().map(|row| row.command).collect();
    let all = (1..1000).filter_map(|number| CommandType::try_from(number).ok());
    assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>(), all.collect());
    assert_eq!(shown.len(), shown.iter().collect::<BTreeSet<_>>().len(), "one row for each command");
}

#[test]
fn every_cause_that_a_command_can_be_refused_with_is_in_the_catalogue() {
    let shown: BTreeSet<Cause> = rows().flat_map(Row::check).collect();
    let absent: BTreeSet<Cause> = CAUSES_ABSENT.into_iter().map(|(cause, _)| cause).collect();
    assert_eq!(shown.intersection(&absent).count(), 0, "what is shown is not absent");
    let all: BTreeSet<Cause> = (0..1000).filter_map(|number| Cause::try_from(number).ok()).collect();
    assert_eq!(shown.union(&absent).copied().collect::<BTreeSet<_>>(), all);
}
