//! Everything that is known when a simulation is over: what clients asked and were told, and every run as the public API
//! shows it.

use std::collections::{BTreeMap, BTreeSet};

use abide_api::temporal::api::{
    enums::v1::WorkflowExecutionStatus,
    history::v1::{HistoryEvent, WorkflowExecutionStartedEventAttributes, history_event::Attributes},
    workflow::v1::WorkflowExecutionInfo,
    workflowservice::v1::DescribeWorkflowExecutionResponse,
};
use abide_engine::run::RESETTER_IDENTITY;
use abide_model::Timestamp;
use tokio::time::Instant;

use crate::calls::{CALL, Client, Fate, call, read_text};
use crate::clients::{all_runs, history, url_of};
use crate::invariant::{is_end, time_of};
use crate::ledger::{Book, Told, Violation};
use crate::trace::Trace;
use crate::worker::describe_request;
use crate::world::World;

/// See the file's first lines.
pub struct Evidence {
    /// What clients asked and were told.
    pub book: Book,
    /// Every run, by its id.
    pub runs: BTreeMap<String, RunEvidence>,
    /// What the list shows, by run id.
    pub listed: BTreeMap<String, WorkflowExecutionInfo>,
    /// The server's time since when nothing went wrong any more: what is later happened later, even if somebody had set
    /// the clock.
    pub calm_since: Timestamp,
    /// Whether somebody set the server's clock.
    pub clock_was_set: bool,
    /// Whether somebody set it back.
    pub clock_was_set_back: bool,
    /// When the server may have lost what it had not told as stored.
    pub losses: Vec<Instant>,
}

/// One run.
pub struct RunEvidence {
    /// Its workflow id.
    pub workflow_id: String,
    /// Its whole history; not empty.
    pub events: Vec<HistoryEvent>,
    /// What Describe says.
    pub description: DescribeWorkflowExecutionResponse,
}

impl Evidence {
    /// For whoever reads the trace of a seed.
    pub fn print(&self, trace: &Trace) {
        for (run_id, run) in &self.runs {
            trace.aside(format_args!("run {run_id} of {}", run.workflow_id));
            for event in &run.events {
                let (id, millis) = (event.event_id, time_of(event).millis_ceil());
                trace.aside(format_args!("  {id} at {millis}: {:?}", event.attributes));
            }
        }
    }
}

impl RunEvidence {
    /// How it began.
    pub fn started(&self) -> WorkflowExecutionStartedEventAttributes {
        match self.events.first().and_then(|event| event.attributes.clone()) {
            Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) => *started,
            Some(_) | None => WorkflowExecutionStartedEventAttributes::default(),
        }
    }

    /// Who started it: the tag of a request, or the run that it follows or belongs to.
    pub fn starter(&self) -> String {
        read_text(self.started().input.as_ref()).split(' ').nth(2).unwrap_or_default().to_owned()
    }

    /// When it began.
    pub fn started_at(&self) -> Timestamp {
        self.events.first().map_or(Timestamp::EPOCH, time_of)
    }

    /// When a run began of its own. One that a reset made has the first events of another one, and begins where the copy
    /// ends.
    pub fn began_at(&self, run_id: &str) -> Timestamp {
        let cut = self.events.iter().find(|event| match event.attributes.as_ref() {
            Some(Attributes::WorkflowTaskFailedEventAttributes(e)) => e.new_run_id == run_id,
            Some(_) | None => false,
        });
        cut.map_or(self.started_at(), time_of)
    }

    /// Whether it was made from another run by a reset: then its first event is the other one's.
    pub fn is_copy(&self, run_id: &str) -> bool {
        let original = self.started().original_execution_run_id;
        !original.is_empty() && original != run_id
    }

    /// Whether a reset made it from that run.
    pub fn is_made_of(&self, run_id: &str, base_run_id: &str) -> bool {
        self.events.iter().any(|event| match event.attributes.as_ref() {
            Some(Attributes::WorkflowTaskFailedEventAttributes(e)) => {
                e.new_run_id == run_id && e.base_run_id == base_run_id
            }
            Some(_) | None => false,
        })
    }

    /// How it ended, if it has.
    pub fn end(&self) -> Option<&HistoryEvent> {
        self.events.last().filter(|event| is_end(event))
    }

    /// The addresses that it was to tell how it ended: those that it began with, and those that came later. A start that
    /// arrives again after the run that it attached them to has continued as this one attaches them once more.
    pub fn addresses(&self) -> BTreeSet<String> {
        let attached = self.events.iter().filter_map(|event| match event.attributes.as_ref() {
            Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(e)) => {
                Some(e.attached_completion_callbacks.clone())
            }
            Some(_) | None => None,
        });
        let callbacks = std::iter::once(self.started().completion_callbacks).chain(attached).flatten();
        callbacks.filter_map(|callback| url_of(&callback)).collect()
    }

    /// Whether a reset has ended it, to take its place.
    pub fn is_replaced(&self) -> bool {
        match self.end().and_then(|event| event.attributes.as_ref()) {
            Some(Attributes::WorkflowExecutionTerminatedEventAttributes(e)) => e.identity == RESETTER_IDENTITY,
            Some(_) | None => false,
        }
    }

    /// The run that its last event says follows it; empty when none does.
    pub fn successor(&self) -> &str {
        match self.end().and_then(|event| event.attributes.as_ref()) {
            Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(e)) => &e.new_execution_run_id,
            Some(Attributes::WorkflowExecutionCompletedEventAttributes(e)) => &e.new_execution_run_id,
            Some(Attributes::WorkflowExecutionFailedEventAttributes(e)) => &e.new_execution_run_id,
            Some(Attributes::WorkflowExecutionTimedOutEventAttributes(e)) => &e.new_execution_run_id,
            Some(_) | None => "",
        }
    }

    /// The status that its last event means.
    pub fn status(&self) -> WorkflowExecutionStatus {
        match self.end().and_then(|event| event.attributes.as_ref()) {
            Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_)) => {
                WorkflowExecutionStatus::ContinuedAsNew
            }
            Some(Attributes::WorkflowExecutionCompletedEventAttributes(_)) => WorkflowExecutionStatus::Completed,
            Some(Attributes::WorkflowExecutionFailedEventAttributes(_)) => WorkflowExecutionStatus::Failed,
            Some(Attributes::WorkflowExecutionTimedOutEventAttributes(_)) => WorkflowExecutionStatus::TimedOut,
            Some(Attributes::WorkflowExecutionCanceledEventAttributes(_)) => WorkflowExecutionStatus::Canceled,
            Some(Attributes::WorkflowExecutionTerminatedEventAttributes(_)) => WorkflowExecutionStatus::Terminated,
            Some(_) | None => WorkflowExecutionStatus::Running,
        }
    }
}

/// Reads everything back.
pub async fn gather(world: &World, calm_since: Timestamp) -> Evidence {
    let mut client = world.connect("reader");
    let listed = all_runs(&mut client).await.unwrap_or_default();
    let by_id = |info: WorkflowExecutionInfo| (info.execution.clone().unwrap_or_default().run_id, info);
    let listed: BTreeMap<String, WorkflowExecutionInfo> = listed.into_iter().map(by_id).collect();
    let mut book = std::mem::take(&mut *world.ledger.book());
    // The disk is looked at once more.
    world.ledger.book().deletions = book.deletions.clone();
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    for (run_id, info) in &listed {
        wanted.insert(run_id.clone(), info.execution.clone().unwrap_or_default().workflow_id);
    }
    for asked in &book.requests {
        if let Told::Acked(run_id) = &asked.told
            && !run_id.is_empty()
        {
            wanted.insert(run_id.clone(), asked.workflow_id.clone());
        }
    }
    for deletion in &book.deletions {
        wanted.insert(deletion.run_id.clone(), deletion.workflow_id.clone());
    }
    let mut runs = BTreeMap::new();
    for (run_id, workflow_id) in wanted {
        match read(&mut client, &workflow_id, &run_id).await {
            Some(run) => drop(runs.insert(run_id, run)),
            None if book.may_be_gone(&run_id) => {}
            None => book.violations.push(Violation {
                invariant: "R3",
                what: format!("run {run_id} of {workflow_id} was told or listed, and cannot be read"),
            }),
        }
    }
    let (clock_was_set, clock_was_set_back) = (world.clock.was_set(), world.clock.was_set_back());
    Evidence { book, runs, listed, calm_since, clock_was_set, clock_was_set_back, losses: world.host.disk.losses() }
}

async fn read(client: &mut Client, workflow_id: &str, run_id: &str) -> Option<RunEvidence> {
    let events = history(client, workflow_id, run_id).await?.events;
    let description = call(client.describe_workflow_execution(describe_request(workflow_id, run_id)), CALL).await;
    let Fate::Acked(description) = description else { return None };
    (!events.is_empty()).then(|| RunEvidence { workflow_id: workflow_id.to_owned(), events, description })
}
