//! Where a shard works on one run: from a command to a decision, from a decision to rows, from rows to a batch on its
//! way. The runs themselves are in the cache; here is everything else that a transition needs.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use abide_cluster::{Changes, Error, Matching};
use abide_engine::run::{Change, Command, Outbound, Rejection, Reply, Run, Start, encode_changes};
use abide_engine::{Emit, Machine};
use abide_model::deliberate::{self, Bug};
use abide_model::{Clock, LiveSettings, RunId, Timestamp, WorkflowKey, limits};
use abide_store::key::{CurrentKey, CurrentRecord, Key, NodeKey, NodeRecord, TimerKey, TimerRecord};
use abide_store::{Batch, Fence, Store, Urgency};
use tracing::error;

use super::draft::Draft;
use super::fuse::{Dispatch, fuse};
use super::handle::Inbox;
use super::message::{Answer, Message};
use super::outbox::{Ended, NEVER, Outbox, Release};
use super::perform::Performed;
use crate::background::Background;
use crate::cache::Entry;
use crate::dispatch::offered_task;
use crate::load::event_number;
use crate::namespaces::NamespaceRegistry;
use crate::outbound::{self, Errands, delete_outbound, put_outbound};
use crate::retention::Retention;
use crate::timers::Timers;

/// What a shard is connected to.
pub(crate) struct Seams {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) matching: Arc<dyn Matching>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Arc<LiveSettings>,
    pub(crate) namespaces: Arc<NamespaceRegistry>,
    pub(crate) retention: Arc<Retention>,
    pub(crate) background: Arc<Background>,
    pub(crate) inbox: Inbox,
    pub(crate) errands: Arc<Errands>,
    pub(crate) changes: Arc<Changes>,
}

/// See the file's first lines.
pub(crate) struct Desk {
    pub(crate) seams: Arc<Seams>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) fence: Arc<Fence>,
    pub(crate) timers: Timers,
    /// The newest run of every workflow id whose newest run is in the cache.
    pub(crate) currents: HashMap<WorkflowKey, RunId>,
}

/// What a run decided. Its memory has changed; nothing is stored yet.
pub(crate) struct Decided {
    pub(crate) reply: Option<Reply>,
    changes: Vec<Change>,
    dispatch: Dispatch,
    before: Before,
}

impl Decided {
    /// What has changed.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether nothing has changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Why there is no decision.
pub(crate) enum Undecided {
    /// The run refused.
    Rejected(Rejection),
    /// The run is broken in memory and must be dropped.
    Panicked,
}

impl Undecided {
    /// Tells the asker; what remains to be done is the shard's.
    pub(crate) fn tell<T>(self, answer: Answer<T>) -> Self {
        let error = match &self {
            Undecided::Rejected(rejection) => Error::Rejected(rejection.clone()),
            Undecided::Panicked => panicked(),
        };
        drop(answer.send(Err(error)));
        self
    }
}

/// What a run was before a decision.
#[derive(Clone, Copy)]
struct Before {
    next_event_id: i64,
    is_open: bool,
    visibility_revision: u64,
}

impl Desk {
    pub(crate) fn new(seams: Arc<Seams>, fence: Fence) -> Self {
        let (outbox, timers) = (Arc::default(), Timers::default());
        Self { seams, outbox, fence: Arc::new(fence), timers, currents: HashMap::new() }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.seams.clock.now()
    }

    /// Lets a run decide, and starts what it offers for pollers that wait already.
    pub(crate) fn decide(&self, entry: &mut Entry, command: Command, now: Timestamp) -> Result<Decided, Undecided> {
        let run = &mut entry.run;
        let before = Before {
            next_event_id: run.next_event_id(),
            is_open: entry.transition > 0 && run.is_open(),
            visibility_revision: run.visibility_revision(),
        };
        let limits = *self.seams.settings.limits_of(namespace_of(&command, run));
        let (matching, key) = (&*self.seams.matching, &entry.key);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut out = Emit::within(limits);
            let reply = run.handle(command, now, &mut out)?;
            let dispatch = fuse(matching, key, run, now, &mut out);
            Ok(Decided { reply: Some(reply), changes: out.changes, dispatch, before })
        }));
        match outcome {
            Ok(Ok(decided)) => Ok(decided),
            Ok(Err(rejection)) => Err(Undecided::Rejected(rejection)),
            Err(_) => {
                error!(run_id = %entry.key.run_id, workflow_id = entry.key.workflow.workflow_id, "a run panicked");
                Err(Undecided::Panicked)
            }
        }
    }

    /// Writes down what a run decided.
    pub(crate) fn record(&mut self, entry: &mut Entry, mut decided: Decided, draft: &mut Draft, now: Timestamp) {
        let before = decided.before;
        entry.note_dropped_updates(&decided.changes);
        if !decided.changes.is_empty() && !is_forgotten(&decided.changes) {
            record_nodes(entry, before, &std::mem::take(&mut decided.changes), draft);
        }
        if before.next_event_id < entry.run.next_event_id() {
            draft.urgency = Urgency::Now;
        }
        draft.successor = decided.dispatch.successor.take().or(draft.successor.take());
        self.record_outbound(entry, std::mem::take(&mut decided.dispatch.outbound), draft);
        self.record_dispatch(entry, decided.dispatch, draft);
        self.keep_timer(entry, draft, now);
        record_place(entry, before, draft);
        if before.is_open && !entry.run.is_open() {
            let over = self.retention_over(entry);
            self.delete_later(&entry.key, over, draft);
        }
        self.reset_if_bad(entry, draft, now);
        if entry.wants_snapshot() {
            draft.writes.push(super::snapshot(entry));
        }
    }

    /// Dispatch rows, and what pollers get.
    fn record_dispatch(&mut self, entry: &mut Entry, dispatch: Dispatch, draft: &mut Draft) {
        if dispatch.workflow_task_offered {
            entry.detach_queries();
        }
        for (subject, offer) in dispatch.offers {
            match offer {
                Some(offer) => {
                    entry.offered.put(&entry.key, entry.partition, &offer, &mut draft.writes);
                    let (matching, task) = (self.seams.matching.clone(), offered_task(&entry.key, offer));
                    draft.answer(Box::new(move |durable| {
                        if durable.is_ok() {
                            matching.offer(task);
                        }
                    }));
                }
                None => entry.offered.settle(entry.partition, subject, &mut draft.writes),
            }
        }
        if !entry.run.is_open() {
            entry.offered.clear(entry.partition, &mut draft.writes);
        }
        debug_assert!(entry.offered.fits(&entry.run), "every open offer has a dispatch row, and nothing else has one");
        for (reservation, reply) in dispatch.fused {
            match self.prepare(entry, reply) {
                Ok(prepared) => draft.answer(self.hand_over(prepared, move |task| {
                    // Otherwise the poller goes back to its queue by itself.
                    if let Ok(task) = task {
                        reservation.deliver(task);
                    }
                })),
                Err(error) => error!(?error, run_id = %entry.key.run_id, "a started task cannot be handed over"),
            }
        }
    }

    /// Outbound rows, and the errands that they mean.
    fn record_outbound(&self, entry: &mut Entry, outbound: BTreeMap<Outbound, bool>, draft: &mut Draft) {
        for (outbound, owed) in outbound {
            if owed {
                if entry.owed.insert(outbound) {
                    draft.writes.push(put_outbound(&entry.key, entry.partition, outbound));
                }
                let (seams, partition, run_id) = (self.seams.clone(), entry.partition, entry.key.run_id);
                draft.releases.push(Box::new(move |durable| {
                    if durable.is_ok() {
                        outbound::begin(&seams, partition, run_id, outbound);
                    }
                }));
            } else if entry.owed.remove(&outbound) {
                draft.writes.push(delete_outbound(entry.key.run_id, entry.partition, outbound));
            }
        }
        debug_assert!(
            entry.owed == entry.run.open_outbound(),
            "everything that is owed has a row, and nothing else has"
        );
    }

    /// Sees to it that the run has a timer row no later than its earliest deadline. A row that is too early stays, if it is
    /// due soon: it will find nothing to do, and is put right then. One that is due later is put right at once: it is not
    /// kept in memory, so whoever loads the run must be able to tell it from the run's deadline.
    pub(crate) fn keep_timer(&mut self, entry: &mut Entry, draft: &mut Draft, now: Timestamp) {
        let run_id = entry.key.run_id;
        let wanted = entry.run.deadline().map(|deadline| TimerKey::at(deadline, run_id));
        let stays = entry.timer.filter(|stored| !self.timers.is_far(*stored));
        match (entry.timer, wanted) {
            (None, None) => return,
            (Some(_), Some(_)) if deliberate::is_on(Bug::LateTimerRow) => return,
            (Some(stored), Some(wanted)) if stored == wanted => return,
            (Some(_), Some(wanted)) if stays.is_some_and(|stored| stored < wanted) => return,
            (Some(_), None) if entry.run.is_open() && stays.is_some_and(|stored| stored.fire_at() > now) => return,
            (Some(_), _) | (None, Some(_)) => {}
        }
        if let Some(stored) = entry.timer {
            draft.writes.push(stored.delete(entry.partition));
        }
        if let Some(wanted) = wanted {
            draft.writes.push(wanted.put(entry.partition, &TimerRecord::of(&entry.key.workflow)));
        }
        entry.timer = wanted;
        self.timers.set(run_id, entry.partition, wanted);
    }

    /// What others wait for beside the run: readers, queries.
    pub(crate) fn settle_waits(&self, entry: &mut Entry, draft: &mut Draft) {
        if !entry.watchers.is_empty() {
            self.notify_watchers(entry, &mut draft.releases);
        }
        if entry.queries.is_some() {
            self.reroute_queries(entry, &mut draft.releases);
        }
        if entry.callers.is_some() {
            self.answer_callers(entry, &mut draft.releases);
        }
    }

    /// Settles what waits for one run, and sends its batch. If the run has ended and another follows, that one begins
    /// in the same commit, and is given back.
    pub(crate) fn finish(&mut self, entry: &mut Entry, mut draft: Draft, now: Timestamp) -> Performed {
        match draft.successor.take().filter(|_| !deliberate::is_on(Bug::NoSuccessor)) {
            None => {
                self.settle_waits(entry, &mut draft);
                self.commit(draft, &mut [entry]);
                Ok(None)
            }
            Some(start) => self.succeed(entry, start, draft, now),
        }
    }

    /// The end of one run and the beginning of the next are one commit.
    fn succeed(&mut self, entry: &mut Entry, mut start: Box<Start>, mut draft: Draft, now: Timestamp) -> Performed {
        if start.attributes.prev_auto_reset_points.is_some() {
            start.expire_reset_points(entry.key.run_id, now, self.retention_of(entry));
        }
        let mut successor = Entry::new(start.key.clone());
        let begun = match self.decide(&mut successor, Command::Start(start), now) {
            Ok(decided) => decided,
            Err(undecided) => {
                if let Undecided::Rejected(rejection) = undecided {
                    error!(?rejection, run_id = %entry.key.run_id, "a run cannot be followed");
                }
                for release in draft.releases.drain(..).chain(draft.early.drain(..)) {
                    release(Err(panicked()));
                }
                return Err(Undecided::Panicked);
            }
        };
        self.settle_waits(entry, &mut draft);
        self.record(&mut successor, begun, &mut draft, now);
        self.settle_waits(&mut successor, &mut draft);
        self.commit(draft, &mut [entry, &mut successor]);
        Ok(Some(successor))
    }

    /// Sends a batch about these runs, if there is anything to store; what it owes waits for it.
    pub(crate) fn commit(&mut self, draft: Draft, entries: &mut [&mut Entry]) {
        let told = entries.iter().map(|entry| entry.told).max().unwrap_or(0);
        let Draft { writes, mut releases, early, urgency, successor } = draft;
        debug_assert!(successor.is_none(), "a run that follows begins in the batch that ends its predecessor");
        if writes.is_empty() {
            for release in early.into_iter().chain(releases) {
                self.outbox.attach(told, release);
            }
            return;
        }
        if self.seams.changes.is_watched() {
            releases.extend(entries.iter().map(|entry| word(self.seams.changes.clone(), entry.key.workflow.clone())));
        }
        let sequence = self.send(writes, releases, urgency);
        for entry in entries {
            entry.sequence = sequence;
            if urgency == Urgency::Now || sequence == NEVER {
                entry.told = sequence;
            }
        }
        for release in early {
            self.outbox.attach(if sequence == NEVER { NEVER } else { told }, release);
        }
    }

    /// Sends a batch even if it is empty: its releases wait for everything before it.
    /// A release that does something as soon as it is known what is stored: after a failed commit that is under the next
    /// fence, since until then the commit may still arrive.
    pub(crate) fn once_known(&self, errand: impl FnOnce() + Send + 'static) -> Release {
        let inbox = self.seams.inbox.clone();
        Box::new(move |durable| match durable {
            Ok(()) => errand(),
            Err(_) => drop(inbox.send(Message::OnceKnown(Box::new(errand)))),
        })
    }

    pub(crate) fn flush(&self, draft: Draft) {
        self.send(draft.writes, draft.releases, draft.urgency);
    }

    fn send(&self, writes: Vec<abide_store::Write>, releases: Vec<Release>, urgency: Urgency) -> u64 {
        let sequence = self.outbox.begin(releases);
        if sequence == NEVER {
            return sequence;
        }
        let (outbox, inbox) = (self.outbox.clone(), self.seams.inbox.clone());
        let batch = Batch { fence: self.fence.clone(), writes };
        self.seams.store.commit(
            batch,
            urgency,
            Box::new(move |result| match outbox.end(sequence, result) {
                Ended::Fine => {}
                Ended::Broken(error, refused) => {
                    drop(inbox.send(Message::CommitFailed(error)));
                    refused.release();
                }
            }),
        );
        sequence
    }
}

/// Tells who looks at a workflow that it has changed.
fn word(changes: Arc<Changes>, workflow: WorkflowKey) -> Release {
    Box::new(move |durable| {
        if durable.is_ok() {
            changes.tell(&workflow);
        }
    })
}

/// The name of the namespace that a command is about: a run that begins does not know it yet.
fn namespace_of<'a>(command: &'a Command, run: &'a Run) -> &'a str {
    if let Command::Start(start) = command {
        return &start.namespace_name;
    }
    if let Command::BeginReset(reset) = command {
        return &reset.namespace_name;
    }
    run.namespace_name()
}

/// Only when that is what a test wants to be found.
fn is_forgotten(changes: &[Change]) -> bool {
    let is_note = |change: &Change| matches!(change, Change::Note(_));
    deliberate::is_on(Bug::ForgottenNotes) && changes.iter().all(is_note)
}

/// One node for a transition; several for one that is so long that its readers would choke on it (a copied history).
fn record_nodes(entry: &mut Entry, before: Before, changes: &[Change], draft: &mut Draft) {
    let mut first_event_id = before.next_event_id;
    for part in changes.chunks(limits::NODE_CHANGES_MAX) {
        let newest = part.iter().rev().find_map(|change| match change {
            Change::Event(event) => Some(event.event_id + 1),
            Change::Note(_) => None,
        });
        let next_event_id = newest.unwrap_or(first_event_id);
        entry.transition += 1;
        let key = NodeKey {
            run_id: entry.key.run_id,
            first_event_id: event_number(first_event_id),
            transition: entry.transition,
        };
        let encoded = encode_changes(part);
        let bytes = encoded.len();
        entry.tail.push(encoded.clone(), next_event_id);
        let node = NodeRecord { next_event_id: event_number(next_event_id), changes: encoded };
        draft.writes.push(key.put(entry.partition, &node));
        entry.grown(bytes);
        first_event_id = next_event_id;
    }
    debug_assert_eq!(first_event_id, entry.run.next_event_id(), "every event is in a node");
}

/// Where others find the run: the current pointer when it begins or ends, the list when what it shows has changed.
fn record_place(entry: &mut Entry, before: Before, draft: &mut Draft) {
    let run = &entry.run;
    if before.is_open != run.is_open() {
        let record = CurrentRecord {
            status: run.status().into(),
            request_id: run.create_request_id(),
            started_at: run.started_at(),
            attached_request_ids: run.attached_request_ids(),
            ..CurrentRecord::of(entry.key.run_id, run.first_run_id())
        };
        draft.writes.push(CurrentKey(entry.key.workflow.clone()).put(entry.partition, &record));
    }
    let is_stale = deliberate::is_on(Bug::StaleList) && !run.is_open();
    if before.visibility_revision != run.visibility_revision() && !is_stale {
        let mut info = run.info();
        info.state_transition_count = i64::try_from(entry.transition).unwrap_or(i64::MAX);
        draft.writes.push(abide_visibility::write(entry.key.workflow.namespace, info));
    }
}

/// Gives an answer once what it says is durable.
pub(crate) fn answering<T: Send + 'static>(answer: Answer<T>, value: Result<T, Error>) -> Release {
    Box::new(move |durable| drop(answer.send(durable.and(value))))
}

/// What a failed read means for the asker.
pub(crate) fn store_failed(cause: abide_store::Error) -> Error {
    match cause {
        abide_store::Error::Io(cause) => Error::Unavailable(format!("the store cannot be read: {cause}")),
        // A record that cannot be right, or a store that should never have been opened.
        other => {
            error!(error = %other, "the store holds what cannot be");
            Error::Internal(other.to_string())
        }
    }
}

/// What is told when a run broke down over a command.
pub(crate) fn panicked() -> Error {
    Error::Internal("a run panicked".into())
}

/// How long a run whose deadline made it break down is left alone.
pub(crate) fn after_panic(now: Timestamp) -> Timestamp {
    now.after(limits::BROKEN_RUN_PAUSE)
}
