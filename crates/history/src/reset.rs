//! Reset: reading what the new run is made of, on the side, and then one decision about two or three runs in one commit:
//! the new run begins, the newest one is terminated if it is open, the one that was copied remembers what was made of it.

use std::sync::Arc;

use abide_api::temporal::api::history::v1::{HistoryEvent, history_event::Attributes};
use abide_cluster::Error;
use abide_cluster::history::{ResetRequest, RunReference};
use abide_engine::run::{
    Change, Command, RESETTER_IDENTITY, Rejection, Requester, Reset, Terminate, ends_in_workflow_task, is_reapplied,
};
use abide_model::{Partition, RunId, RunKey, Timestamp};
use abide_store::{Store, Urgency};

use crate::cache::Entry;
use crate::read::Stretch;
use crate::shard::{Address, Answer, Ask, Desk, Draft, Message, Performed, Request, Undecided, answering};

/// What a reset needs to know of the runs behind it.
pub(crate) struct Material {
    pub(crate) request: Box<ResetRequest>,
    /// The run that is copied.
    pub(crate) base_run_id: RunId,
    /// Its history up to the cut.
    events: Vec<HistoryEvent>,
    /// What happened behind the cut, there and in the runs that it was continued as.
    later: Vec<HistoryEvent>,
    /// The last of those runs, how far it was read, and whether it was open then.
    last: Visited,
    /// While it lives, a run that was given a handle to it stays in memory.
    pub(crate) pin: Arc<()>,
}

#[derive(Clone, Copy)]
struct Visited {
    run_id: RunId,
    next_event_id: i64,
    open: bool,
}

impl Desk {
    /// First step: whether the run can be cut there at all, and then reading what is needed. That must be stored: what
    /// this reset builds on, a crash may not take back. So it waits for this run, and for what was decided up to `seen`.
    pub(crate) fn prepare_reset(&self, entry: &Entry, seen: u64, request: Box<ResetRequest>, answer: Answer<RunId>) {
        let started = entry.run.virtual_started_event();
        let next_event_id = entry.run.next_event_id();
        let end = next_event_id + i64::from(started.is_some());
        if request.finish_event_id <= 1 || request.finish_event_id >= end {
            return self.outbox.attach(entry.told, answering(answer, Err(Rejection::NoEventToReset.into())));
        }
        let visited = Visited { run_id: entry.key.run_id, next_event_id, open: entry.run.is_open() };
        let (key, partition, seams) = (entry.key.clone(), entry.partition, self.seams.clone());
        let started = started.filter(|_| request.finish_event_id > next_event_id);
        self.outbox.attach(
            entry.sequence.max(seen),
            Box::new(move |durable| {
                if let Err(error) = durable {
                    return drop(answer.send(Err(error)));
                }
                let errand = seams.clone();
                seams.background.spawn("reset", async move {
                    match read(&*errand.store, partition, request, visited, started).await {
                        Ok(material) => {
                            let newest = RunReference { workflow: key.workflow, run_id: None, first_run_id: None };
                            let ask = Ask::Reset(Box::new(material), answer);
                            let request = Request { to: Address::Reference(newest), ask, permit: None };
                            drop(errand.inbox.send(Message::Run(request)));
                        }
                        Err(error) => drop(answer.send(Err(error))),
                    }
                });
            }),
        );
    }

    /// Second step, with everything at hand. `base` is none when it is the newest run.
    pub(crate) fn reset(
        &mut self,
        current: &mut Entry,
        mut base: Option<&mut Entry>,
        mut material: Material,
        answer: Answer<RunId>,
        now: Timestamp,
    ) -> Performed {
        if current.run.reset_request_id() == material.request.request_id {
            self.outbox.attach(current.told, answering(answer, Ok(current.key.run_id)));
            return Ok(None);
        }
        if !ends_in_workflow_task(&material.events) {
            let rejection = Rejection::NoWorkflowTaskToReset(material.request.finish_event_id);
            self.outbox.attach(current.told, answering(answer, Err(rejection.into())));
            return Ok(None);
        }
        if !material.catch_up(current) {
            // The end of the run that was read last comes before the newest run in the order of commits.
            let seen = current.sequence;
            self.prepare_reset(base.unwrap_or(current), seen, material.request, answer);
            return Ok(None);
        }
        let mut draft = Draft::new(Urgency::Now);
        let new_run_id = material.request.new_run_id;
        let base_entry = base.as_deref_mut().unwrap_or(&mut *current);
        let (create_request_id, namespace_name) =
            (base_entry.run.create_request_id(), base_entry.run.namespace_name().to_owned());
        if let Err(undecided) = self.change(base_entry, Command::MarkReset(new_run_id), &mut draft, now) {
            return Err(undecided.tell(answer));
        }
        if current.run.is_open() {
            let terminate = Terminate {
                reason: material.request.reason.clone(),
                details: None,
                requester: Requester { identity: RESETTER_IDENTITY.into(), ..Requester::default() },
            };
            match self.change(current, Command::Terminate(terminate), &mut draft, now) {
                Ok(events) if material.last.run_id == current.key.run_id => material.add(events),
                Ok(_) => {}
                Err(undecided) => return Err(undecided.tell(answer)),
            }
        }
        let key = RunKey { run_id: new_run_id, ..current.key.clone() };
        let reset = material.into_reset(key.clone(), namespace_name, create_request_id);
        let mut begun = Entry::new(key);
        if let Err(undecided) = self.change(&mut begun, Command::BeginReset(Box::new(reset)), &mut draft, now) {
            drop(undecided.tell(answer));
            // The other runs are ahead of what will ever be stored.
            return Err(Undecided::Panicked);
        }
        draft.releases.push(answering(answer, Ok(new_run_id)));
        self.settle_waits(current, &mut draft);
        match base {
            Some(base) => self.commit(draft, &mut [current, base, &mut begun]),
            None => self.commit(draft, &mut [current, &mut begun]),
        }
        Ok(Some(begun))
    }

    /// Decides and writes down; gives back the events.
    fn change(
        &mut self,
        entry: &mut Entry,
        command: Command,
        draft: &mut Draft,
        now: Timestamp,
    ) -> Result<Vec<HistoryEvent>, Undecided> {
        let decided = self.decide(entry, command, now)?;
        let events = decided.changes().iter().filter_map(|change| match change {
            Change::Event(event) => Some((**event).clone()),
            Change::Note(_) => None,
        });
        let events = events.collect();
        self.record(entry, decided, draft, now);
        Ok(events)
    }
}

impl Material {
    fn add(&mut self, events: Vec<HistoryEvent>) {
        let keep = self.request.reapply;
        self.later.extend(events.into_iter().filter(|event| is_reapplied(event, keep)));
    }

    /// Adds what came to the newest run while the store was read. False when that is not at hand, so that everything
    /// must be read again.
    fn catch_up(&mut self, current: &Entry) -> bool {
        let Visited { run_id, next_event_id, open } = self.last;
        if run_id != current.key.run_id {
            // An open run that is not the newest any more may have been continued.
            return !open;
        }
        let last = current.run.next_event_id() - 1;
        if last < next_event_id {
            return true;
        }
        match current.tail.page(next_event_id, last, usize::MAX) {
            // What is in memory was encoded here; if it is none the less no event, the store is asked and says so.
            Some(page) => page.into_events().map(|events| self.add(events)).is_ok(),
            None => false,
        }
    }

    fn into_reset(self, key: RunKey, namespace_name: String, create_request_id: String) -> Reset {
        Reset {
            key,
            namespace_name,
            base_run_id: self.base_run_id,
            create_request_id,
            request_id: self.request.request_id,
            reason: self.request.reason,
            events: self.events,
            later: self.later,
            options: self.request.options,
        }
    }
}

/// Reads the history up to the cut, and what is wanted of all that came later.
async fn read(
    store: &dyn Store,
    partition: Partition,
    request: Box<ResetRequest>,
    base: Visited,
    started: Option<HistoryEvent>,
) -> Result<Material, Error> {
    let cut = request.finish_event_id;
    let stretch = |run_id, first, last| Stretch { partition, run_id, first, last, limit: usize::MAX };
    let mut events = stretch(base.run_id, 1, (cut - 1).min(base.next_event_id - 1)).read(store).await?.into_events()?;
    events.extend(started);
    let (later, pin) = (Vec::new(), Arc::default());
    let mut material = Material { base_run_id: base.run_id, events, later, last: base, request, pin };
    let mut rest = match cut < base.next_event_id {
        true => stretch(base.run_id, cut, base.next_event_id - 1).read(store).await?.into_events()?,
        false => Vec::new(),
    };
    loop {
        let next = rest.last().and_then(continued_as);
        material.add(rest);
        let Some(run_id) = next else { return Ok(material) };
        // A run that is gone ends the chain.
        rest = crate::read::all_events(store, partition, run_id).await?;
        let Some(last) = rest.last() else { return Ok(material) };
        material.last = Visited { run_id, next_event_id: last.event_id + 1, open: !ends(last) };
    }
}

/// The run that the workflow continued as, if this is how the run ended.
fn continued_as(last: &HistoryEvent) -> Option<RunId> {
    match &last.attributes {
        Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(continued)) => {
            RunId::parse(&continued.new_execution_run_id)
        }
        _ => None,
    }
}

fn ends(last: &HistoryEvent) -> bool {
    matches!(
        last.attributes,
        Some(
            Attributes::WorkflowExecutionCompletedEventAttributes(_)
                | Attributes::WorkflowExecutionFailedEventAttributes(_)
                | Attributes::WorkflowExecutionTimedOutEventAttributes(_)
                | Attributes::WorkflowExecutionCanceledEventAttributes(_)
                | Attributes::WorkflowExecutionTerminatedEventAttributes(_)
                | Attributes::WorkflowExecutionContinuedAsNewEventAttributes(_)
        )
    )
}
