//! The loaded runs of a shard, with a bound on their bytes: what was not used for the longest time goes first, about.
//! Reads and writes no rows.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use abide_cluster::Error;
use abide_cluster::history::{HistoryPage, ReadHistory};
use abide_engine::run::{Outbound, Run};
use abide_model::{Partition, RunId, RunKey, limits};
use abide_store::key::TimerKey;

use crate::dispatch::Offered;
use crate::load::Loaded;
use crate::query::Queries;
use crate::read::Tail;
use crate::shard::{Answer, Message};
use crate::update::Callers;

/// How full a cache is, for people: written by its shard once a turn, read by anyone at any time.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    /// Loaded runs.
    pub(crate) runs: AtomicUsize,
    /// Their bytes.
    pub(crate) bytes: AtomicUsize,
}

/// A loaded run, and what the loop knows beside it.
pub(crate) struct Entry {
    /// The run. It may be ahead of the disk.
    pub(crate) run: Run,
    /// Which.
    pub(crate) key: RunKey,
    /// Where its rows are.
    pub(crate) partition: Partition,
    /// The newest transition that has a node.
    pub(crate) transition: u64,
    /// What was written since the last snapshot.
    pub(crate) growth: Growth,
    /// The newest batch about this run.
    pub(crate) sequence: u64,
    /// The newest batch about this run that somebody waits for: what is told about the run waits for it, too.
    pub(crate) told: u64,
    /// The offers that have a row.
    pub(crate) offered: Offered,
    /// What the run owes to others: the subjects that have a row.
    pub(crate) owed: BTreeSet<Outbound>,
    /// The timer row.
    pub(crate) timer: Option<TimerKey>,
    /// The newest events.
    pub(crate) tail: Tail,
    /// Queries that wait for a workflow task.
    pub(crate) queries: Option<Box<Queries>>,
    /// Who waits for more history.
    pub(crate) watchers: Vec<Watcher>,
    /// Who waits for updates.
    pub(crate) callers: Option<Box<Callers>>,
    /// Alive while a request that needs this run waits for another one to be read.
    pub(crate) pin: Weak<()>,
    /// When the size was last measured: the run's bytes, and what was written since.
    measured: Growth,
    run_bytes: usize,
    used: bool,
}

/// Nodes written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Growth {
    /// How many.
    pub(crate) transitions: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
}

impl Growth {
    /// One node more.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.transitions += 1;
        self.bytes += bytes as u64;
    }

    /// Whether a snapshot of a run of this size is due. A large run has fewer of them, so that writing them costs each
    /// transition no more than it does a small run.
    pub(crate) fn wants_snapshot(self, run_bytes: usize) -> bool {
        let grown =
            self.transitions >= limits::SNAPSHOT_EVERY_TRANSITIONS || self.bytes >= limits::SNAPSHOT_EVERY_BYTES;
        grown && self.bytes >= run_bytes as u64 / 4
    }
}

/// Someone who waits for more history of a run.
pub(crate) struct Watcher {
    /// For what.
    pub(crate) read: ReadHistory,
    /// Who.
    pub(crate) answer: Answer<HistoryPage>,
}

impl Entry {
    /// A run that has not begun.
    pub(crate) fn new(key: RunKey) -> Box<Self> {
        let partition = Partition::of(&key.workflow);
        Self::with(Run::default(), key, partition)
    }

    /// A run that was read. Its offers have rows: every open offer has one.
    pub(crate) fn loaded(loaded: Loaded, partition: Partition, timer: Option<TimerKey>) -> Box<Self> {
        let Loaded { run, transition, tail, growth } = loaded;
        let key = run.key();
        let mut entry = Self::with(run, key, partition);
        entry.offered = Offered::of(&entry.run);
        entry.owed = entry.run.open_outbound();
        entry.transition = transition;
        entry.growth = growth;
        entry.tail = tail;
        entry.timer = timer;
        entry.run_bytes = entry.run.memory_bytes();
        entry
    }

    fn with(run: Run, key: RunKey, partition: Partition) -> Box<Self> {
        Box::new(Self {
            run,
            key,
            partition,
            transition: 0,
            growth: Growth::default(),
            sequence: 0,
            told: 0,
            offered: Offered::default(),
            owed: BTreeSet::new(),
            timer: None,
            tail: Tail::default(),
            queries: None,
            watchers: Vec::new(),
            callers: None,
            pin: Weak::new(),
            measured: Growth::default(),
            run_bytes: 0,
            used: true,
        })
    }

    /// Notes that a node was written. The run is measured only now and then, because that costs as much as encoding it.
    pub(crate) fn grown(&mut self, bytes: usize) {
        self.growth.add(bytes);
        self.measured.add(bytes);
        let transitions_max = 64 + self.run_bytes as u64 / 4096;
        if self.measured.transitions >= transitions_max || self.measured.bytes as usize > 4096 + self.run_bytes / 2 {
            self.measured = Growth::default();
            self.run_bytes = self.run.memory_bytes();
        }
    }

    /// Whether a snapshot is due.
    pub(crate) fn wants_snapshot(&self) -> bool {
        self.growth.wants_snapshot(self.run_bytes)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.run_bytes + self.measured.bytes as usize + self.tail.bytes()
    }

    /// Whether somebody waits for what only this entry knows, or needs it together with another run.
    pub(crate) fn is_awaited(&mut self) -> bool {
        self.watchers.retain(|watcher| !watcher.answer.is_closed());
        self.pin.strong_count() > 0
            || !self.watchers.is_empty()
            || self.queries.as_mut().is_some_and(|queries| queries.is_awaited())
            || self.callers.as_mut().is_some_and(|callers| callers.is_awaited())
    }

    /// Tells whoever waits that it will not be.
    pub(crate) fn fail(self, error: &Error) {
        for watcher in self.watchers {
            drop(watcher.answer.send(Err(error.clone())));
        }
        if let Some(queries) = self.queries {
            queries.fail(error);
        }
        if let Some(callers) = self.callers {
            callers.fail(error);
        }
    }
}

/// A run in the cache.
pub(crate) enum Slot {
    /// There.
    Loaded(Box<Entry>),
    /// Being read.
    Loading(Loading),
}

impl Slot {
    /// Tells whoever waits that it will not be.
    pub(crate) fn fail(self, error: &Error) {
        match self {
            Slot::Loaded(entry) => entry.fail(error),
            Slot::Loading(loading) => loading.parked.into_iter().for_each(|message| message.fail(error.clone())),
        }
    }
}

/// A run that is being read.
pub(crate) struct Loading {
    /// Where its rows are.
    pub(crate) partition: Partition,
    /// Who waits for it.
    pub(crate) parked: Vec<Message>,
    /// Why it is read.
    pub(crate) reason: Reason,
}

/// Why a run is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Somebody asks something of it.
    Wanted,
    /// It was dropped because a commit failed.
    Dropped,
    /// It was dropped because of a bug.
    Panicked,
}

/// The loaded runs.
pub(crate) struct Cache {
    pub(crate) slots: HashMap<RunId, Slot>,
    /// Candidates for leaving, the oldest first. One that was used since it was looked at last goes to the end.
    order: VecDeque<RunId>,
    bytes: usize,
    bytes_max: usize,
    gauge: Arc<Gauge>,
}

impl Cache {
    pub(crate) fn new(bytes_max: usize, gauge: Arc<Gauge>) -> Self {
        Self { slots: HashMap::new(), order: VecDeque::new(), bytes: 0, bytes_max, gauge }
    }

    /// Lets people read how full it is.
    pub(crate) fn show(&self) {
        self.gauge.runs.store(self.slots.len(), Ordering::Relaxed);
        self.gauge.bytes.store(self.bytes, Ordering::Relaxed);
    }

    /// Puts a run in.
    pub(crate) fn insert(&mut self, entry: Box<Entry>) {
        self.bytes += entry.bytes();
        self.order.push_back(entry.key.run_id);
        self.slots.insert(entry.key.run_id, Slot::Loaded(entry));
    }

    /// Lets `work` at a run, if it is loaded, and keeps account of its size.
    pub(crate) fn with<T>(&mut self, run_id: RunId, work: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let Some(Slot::Loaded(entry)) = self.slots.get_mut(&run_id) else { return None };
        let before = entry.bytes();
        entry.used = true;
        let result = work(entry);
        self.bytes = (self.bytes + entry.bytes()).saturating_sub(before);
        Some(result)
    }

    /// Works on two loaded runs.
    pub(crate) fn with_two<T>(
        &mut self,
        one: RunId,
        two: RunId,
        work: impl FnOnce(&mut Entry, &mut Entry) -> T,
    ) -> Option<T> {
        let [Some(Slot::Loaded(one)), Some(Slot::Loaded(two))] = self.slots.get_disjoint_mut([&one, &two]) else {
            return None;
        };
        let before = one.bytes() + two.bytes();
        (one.used, two.used) = (true, true);
        let result = work(one, two);
        self.bytes = (self.bytes + one.bytes() + two.bytes()).saturating_sub(before);
        Some(result)
    }

    /// Takes a run out.
    pub(crate) fn remove(&mut self, run_id: RunId) -> Option<Box<Entry>> {
        match self.slots.remove(&run_id) {
            Some(Slot::Loaded(entry)) => {
                self.bytes = self.bytes.saturating_sub(entry.bytes());
                Some(entry)
            }
            Some(loading @ Slot::Loading(_)) => {
                self.slots.insert(run_id, loading);
                None
            }
            None => None,
        }
    }

    /// Whether there are too many bytes.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes > self.bytes_max
    }

    /// The next run to leave, if there are too many bytes. Looks at each candidate at most twice.
    pub(crate) fn candidate(&mut self, mut may_leave: impl FnMut(&mut Entry) -> bool) -> Option<RunId> {
        if !self.is_full() {
            return None;
        }
        for _ in 0..(2 * self.order.len()).min(limits::CACHE_CANDIDATES_MAX) {
            let run_id = self.order.pop_front()?;
            // A run that is loading will be put in anew; one that is gone needs no place in the order.
            let Some(Slot::Loaded(entry)) = self.slots.get_mut(&run_id) else { continue };
            if std::mem::take(&mut entry.used) || !may_leave(entry) {
                self.order.push_back(run_id);
                continue;
            }
            return Some(run_id);
        }
        None
    }
}
