//! From a request to its run: by id, or by the newest run of a workflow id. What is not in memory is read on the side,
//! and the requests for it are parked meanwhile.

use std::sync::Arc;

use abide_cluster::Error;
use abide_cluster::history::RunReference;
use abide_model::{Partition, RunId, WorkflowKey, limits};
use abide_store::Urgency;
use abide_store::key::{CurrentKey, CurrentRecord, Key, get};

use super::Shard;
use super::desk::{Seams, Undecided, after_panic, panicked, store_failed};
use super::draft::Draft;
use super::message::{Address, Ask, Message, Request, StartAsked};
use super::perform::Performed;
use crate::cache::{Entry, Loading, Reason, Slot};
use crate::dispatch::offered_task;
use crate::load::{Loaded, load};
use crate::outbound::{self, delete_outbound};
use crate::start::{Decision, Existing, decide, with_signal};
use abide_store::key::TimerKey;

/// What the store says about the newest run of a workflow id.
#[derive(Clone, Copy)]
pub(crate) enum Newest<'a> {
    Absent,
    Row(&'a CurrentRecord),
}

impl Shard {
    /// Brings a request to its run.
    pub(super) fn route(&mut self, request: Request, newest: Option<Newest<'_>>) {
        let (partition, run_id) = match &request.to {
            Address::Id(partition, run_id) => (*partition, *run_id),
            Address::Reference(reference) => match (self.run_of(reference, newest), newest) {
                (Some(run_id), _) => (Partition::of(&reference.workflow), run_id),
                (None, Some(_)) => return request.ask.fail(not_found(reference)),
                (None, None) => {
                    let workflow = reference.workflow.clone();
                    return self.look_up(workflow, Message::Run(request));
                }
            },
        };
        match self.cache.slots.get_mut(&run_id) {
            Some(Slot::Loaded(_)) => self.perform(run_id, request),
            Some(Slot::Loading(loading)) => loading.parked.push(Message::Run(request)),
            None => self.load(partition, run_id, Reason::Wanted, vec![Message::Run(request)]),
        }
    }

    /// Which run is meant, if that is known. The first run of a chain stands for its newest one.
    fn run_of(&mut self, reference: &RunReference, newest: Option<Newest<'_>>) -> Option<RunId> {
        if let (None, Some(run_id)) = (reference.first_run_id, reference.run_id) {
            return Some(run_id);
        }
        if let Some(run_id) = self.desk.currents.get(&reference.workflow) {
            return Some(*run_id);
        }
        match newest? {
            Newest::Absent => None,
            Newest::Row(record) => {
                self.desk.currents.insert(reference.workflow.clone(), record.run_id());
                Some(record.run_id())
            }
        }
    }

    /// Starts a run, or finds the one that stands for it.
    pub(super) fn start(&mut self, start: StartAsked, newest: Option<Newest<'_>>) {
        let workflow = &start.request.start.key.workflow;
        if let Some(run_id) = self.desk.currents.get(workflow).copied() {
            return self.start_beside(run_id, start);
        }
        let record = match newest {
            None => {
                let workflow = workflow.clone();
                return self.look_up(workflow, Message::Start(start));
            }
            Some(Newest::Absent) => return self.begin(start),
            Some(Newest::Row(record)) => record,
        };
        let existing = Existing::of_record(record);
        if existing.is_open() {
            self.desk.currents.insert(workflow.clone(), existing.run_id);
            return self.start_beside(existing.run_id, start);
        }
        match decide(&start.request, &existing) {
            Decision::Found(started) => drop(start.answer.send(Ok(started))),
            Decision::Refuse(error) => drop(start.answer.send(Err(error))),
            Decision::Begin | Decision::Replace | Decision::Signal | Decision::Attach => self.begin(start),
        }
    }

    fn start_beside(&mut self, run_id: RunId, start: StartAsked) {
        match self.cache.slots.get_mut(&run_id) {
            Some(Slot::Loaded(_)) => {}
            Some(Slot::Loading(loading)) => return loading.parked.push(Message::Start(start)),
            None => {
                let partition = Partition::of(&start.request.start.key.workflow);
                return self.load(partition, run_id, Reason::Wanted, vec![Message::Start(start)]);
            }
        }
        let (now, desk) = (self.now(), &mut self.desk);
        let StartAsked { request, answer, permit: _permit } = start;
        let outcome = self.cache.with(run_id, |entry| desk.start_beside(entry, request, answer, now));
        self.performed(run_id, outcome);
    }

    fn begin(&mut self, start: StartAsked) {
        let StartAsked { request, answer, permit: _permit } = start;
        if self.cache.slots.contains_key(&request.start.key.run_id) {
            return drop(answer.send(Err(Error::Internal("the id of a new run is in use".into()))));
        }
        // An error was told already, and nothing was kept.
        if let Ok(entry) = self.desk.begin(with_signal(*request), answer, self.desk.now()) {
            self.admit(entry);
        }
    }

    fn perform(&mut self, run_id: RunId, request: Request) {
        if let Ask::Reset(material, _) = &request.ask
            && material.base_run_id != run_id
        {
            return self.reset(run_id, material.base_run_id, request);
        }
        let (now, desk) = (self.now(), &mut self.desk);
        let Request { to, ask, permit: _permit } = request;
        let outcome = self.cache.with(run_id, |entry| match &to {
            Address::Reference(reference) if !is_meant(entry, reference) => {
                ask.fail(not_found(reference));
                Ok(None)
            }
            Address::Reference(_) | Address::Id(..) => desk.perform(entry, ask, now),
        });
        self.performed(run_id, outcome);
    }

    /// A reset to a run that is not the newest: both must be at hand, so that one stays while the other is read, however
    /// little fits into memory.
    fn reset(&mut self, current: RunId, base: RunId, request: Request) {
        if let Ask::Reset(material, _) = &request.ask {
            self.cache.with(current, |entry| entry.pin = Arc::downgrade(&material.pin));
        }
        match self.cache.slots.get_mut(&base) {
            Some(Slot::Loading(loading)) => return loading.parked.push(Message::Run(request)),
            Some(Slot::Loaded(_)) => {}
            None => {
                let partition = match &request.to {
                    Address::Reference(reference) => Partition::of(&reference.workflow),
                    Address::Id(partition, _) => *partition,
                };
                return self.load(partition, base, Reason::Wanted, vec![Message::Run(request)]);
            }
        }
        let Request { ask: Ask::Reset(material, answer), .. } = request else { return };
        let (now, desk) = (self.now(), &mut self.desk);
        let outcome =
            self.cache.with_two(current, base, |current, base| desk.reset(current, Some(base), *material, answer, now));
        self.performed(current, outcome);
    }

    fn performed(&mut self, run_id: RunId, outcome: Option<Performed>) {
        match outcome {
            Some(Ok(Some(begun))) => self.admit(begun),
            Some(Err(Undecided::Panicked)) => self.drop_panicked(run_id),
            Some(Ok(None) | Err(Undecided::Rejected(_))) | None => {}
        }
    }

    /// A new run, or one that was read, is the newest of its workflow id.
    fn admit(&mut self, entry: Box<Entry>) {
        self.desk.currents.insert(entry.key.workflow.clone(), entry.key.run_id);
        self.cache.insert(entry);
    }

    /// Has the current pointer of a workflow id read.
    pub(super) fn look_up(&mut self, workflow: WorkflowKey, parked: Message) {
        if let Some(others) = self.lookups.get_mut(&workflow) {
            return others.push(parked);
        }
        self.lookups.insert(workflow.clone(), vec![parked]);
        look_up(&self.desk.seams, workflow);
    }

    pub(super) fn looked_up(
        &mut self,
        workflow: &WorkflowKey,
        found: Result<Option<CurrentRecord>, abide_store::Error>,
    ) {
        let parked = self.lookups.remove(workflow).unwrap_or_default();
        let record = match found {
            Ok(record) => record,
            Err(error) => {
                let error = store_failed(error);
                return parked.into_iter().for_each(|message| message.fail(error.clone()));
            }
        };
        let newest = Some(record.as_ref().map_or(Newest::Absent, Newest::Row));
        for message in parked {
            match message {
                Message::Start(start) => self.start(start, newest),
                Message::Run(request) => self.route(request, newest),
                Message::Purge(purge) => self.purge(purge, newest),
                other => self.take(other),
            }
        }
    }

    /// Has a run read.
    pub(super) fn load(&mut self, partition: Partition, run_id: RunId, reason: Reason, parked: Vec<Message>) {
        self.cache.slots.insert(run_id, Slot::Loading(Loading { partition, parked, reason }));
        read(&self.desk.seams, partition, run_id);
    }

    pub(super) fn loaded(&mut self, run_id: RunId, loaded: Result<Option<Box<Loaded>>, abide_store::Error>) {
        let Some(Slot::Loading(loading)) = self.cache.slots.remove(&run_id) else { return };
        match loaded {
            Ok(Some(loaded)) => {
                self.settle_in(*loaded, loading.partition, loading.reason);
                loading.parked.into_iter().for_each(|message| self.take(message));
            }
            Ok(None) => self.absent(run_id, loading),
            Err(error) => self.unreadable(run_id, loading, store_failed(error)),
        }
    }

    /// A run was read: its timer is put right, and after a failure its tasks are offered again.
    fn settle_in(&mut self, loaded: Loaded, partition: Partition, reason: Reason) {
        let run_id = loaded.run.run_id();
        if reason == Reason::Dropped {
            // Nobody knows which row is stored; one more than needed does no harm.
            self.desk.timers.set(run_id, partition, None);
            for outbound in loaded.run.open_outbound() {
                outbound::begin(&self.desk.seams, partition, run_id, outbound);
            }
            for offer in loaded.run.open_offers() {
                self.desk.seams.matching.offer(offered_task(&loaded.run.key(), offer));
            }
        }
        let mut timer = self.desk.timers.row(run_id);
        if timer.is_none() && reason == Reason::Wanted {
            // Its row is due later and not in memory. It is no later than the deadline; should it be earlier, its firing
            // puts that right.
            timer = loaded.run.deadline().map(|deadline| TimerKey::at(deadline, run_id));
        }
        let mut entry = Entry::loaded(loaded, partition, timer);
        if reason != Reason::Panicked {
            let mut draft = Draft::new(Urgency::Lazy);
            self.desk.keep_timer(&mut entry, &mut draft, self.desk.now());
            self.desk.commit(draft, &mut [&mut entry]);
        }
        if entry.run.is_open() {
            self.desk.currents.insert(entry.key.workflow.clone(), run_id);
        }
        self.cache.insert(entry);
    }

    /// There is no such run.
    fn absent(&mut self, run_id: RunId, loading: Loading) {
        self.desk.currents.retain(|_, current| *current != run_id);
        self.desk.timers.set(run_id, loading.partition, None);
        for message in loading.parked {
            match message {
                Message::Run(Request { ask: Ask::Fire(row), .. }) => {
                    let mut draft = Draft::new(Urgency::Lazy);
                    draft.writes.push(row.delete(loading.partition));
                    self.desk.commit(draft, &mut []);
                }
                Message::Run(Request { ask: Ask::Outbound(outbound, _, answer), .. }) => {
                    let mut draft = Draft::new(Urgency::Lazy);
                    draft.writes.push(delete_outbound(run_id, loading.partition, outbound));
                    self.desk.commit(draft, &mut []);
                    drop(answer.send(Ok(None)));
                }
                Message::Run(Request { to: Address::Reference(reference), ask, .. }) => ask.fail(not_found(&reference)),
                Message::Purge(purge) => self.forget_row(purge),
                // After a failed commit the start may never have been stored: then it begins anew.
                Message::Start(start) if loading.reason == Reason::Dropped => self.start(start, None),
                other => other.fail(Error::Internal(format!("run {run_id} is not stored"))),
            }
        }
    }

    /// A run cannot be read now. What time brings is tried again later.
    fn unreadable(&mut self, run_id: RunId, loading: Loading, error: Error) {
        self.desk.currents.retain(|_, current| *current != run_id);
        if loading.reason == Reason::Dropped {
            return self.read_again(run_id, loading, &error);
        }
        let fires = |message: &Message| matches!(message, Message::Run(Request { ask: Ask::Fire(_), .. }));
        if loading.reason != Reason::Wanted || loading.parked.iter().any(fires) {
            let stored = self.desk.timers.row(run_id);
            self.desk.timers.postpone(run_id, loading.partition, stored, after_panic(self.now()));
        }
        loading.parked.into_iter().for_each(|message| message.fail(error.clone()));
    }

    /// What the run offers and owes may be known to nobody since a commit failed: it is read until that succeeds.
    fn read_again(&mut self, run_id: RunId, loading: Loading, error: &Error) {
        let Loading { partition, parked, reason } = loading;
        parked.into_iter().for_each(|message| message.fail(error.clone()));
        self.cache.slots.insert(run_id, Slot::Loading(Loading { partition, parked: Vec::new(), reason }));
        let seams = self.desk.seams.clone();
        self.desk.seams.background.spawn("load again", async move {
            tokio::time::sleep(limits::FENCE_RETRY).await;
            read(&seams, partition, run_id);
        });
    }

    /// A run broke down: it is dropped, and read again when what is on its way is stored. What time brings waits, so
    /// that a run that always breaks down does not keep everyone busy.
    fn drop_panicked(&mut self, run_id: RunId) {
        let Some(entry) = self.cache.remove(run_id) else { return };
        let (partition, sequence) = (entry.partition, entry.sequence);
        self.desk.timers.postpone(run_id, partition, entry.timer, after_panic(self.now()));
        entry.fail(&panicked());
        let loading = Loading { partition, parked: Vec::new(), reason: Reason::Panicked };
        self.cache.slots.insert(run_id, Slot::Loading(loading));
        let seams = self.desk.seams.clone();
        let reload = self.desk.once_known(move || read(&seams, partition, run_id));
        self.desk.outbox.attach(sequence, reload);
    }
}

/// Reads a run on the side.
pub(super) fn read(seams: &Arc<Seams>, partition: Partition, run_id: RunId) {
    let errand = seams.clone();
    seams.background.spawn("load", async move {
        let loaded = load(errand.store.clone(), partition, run_id).await;
        drop(errand.inbox.send(Message::Loaded { run_id, loaded }));
    });
}

/// Reads a current pointer on the side.
pub(super) fn look_up(seams: &Arc<Seams>, workflow: WorkflowKey) {
    let errand = seams.clone();
    seams.background.spawn("look up", async move {
        let key = CurrentKey(workflow);
        let found = get(&*errand.store, key.partition(), &key).await;
        drop(errand.inbox.send(Message::LookedUp { workflow: key.0, found }));
    });
}

fn is_meant(entry: &Entry, reference: &RunReference) -> bool {
    entry.key.workflow == reference.workflow
        && reference.first_run_id.is_none_or(|first| entry.run.first_run_id() == first)
}

pub(super) fn not_found(reference: &RunReference) -> Error {
    Error::RunNotFound {
        workflow_id: reference.workflow.workflow_id.clone(),
        run_id: reference.run_id.map(|run_id| run_id.to_string()).unwrap_or_default(),
    }
}
