//! One task queue: what waits for pollers, and the pollers that wait. No clock, no async: time comes in, and whom to
//! give what comes out. Invariant: after [`Queue::deliveries`], no live poller waits for anything that may be handed out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use abide_cluster::matching::{PRIORITY_MAX, Place, Poll, QueryTask, QueueKey, QueuedTask};
use abide_engine::queue_config::QueueConfig;
use abide_engine::run::Poller;
use abide_model::{Timestamp, limits};
use uuid::Uuid;

use crate::order::Turn;
use crate::poller::Pollers;
use crate::rate::{Limiter, Meter};
use crate::share::Shares;
use crate::window::Window;

mod describe;
mod scale;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use scale::PollEnded;

/// Where a waiting poller listens.
pub(crate) trait Ear {
    /// Whether nobody listens any more.
    fn is_gone(&self) -> bool;
}

/// A poller that waits.
#[derive(Debug)]
pub(crate) struct Waiter<E> {
    /// Grows with every arrival, in all queues: the smallest has waited longest.
    pub arrival: u64,
    pub poller: Poller,
    /// Which process of the worker; may be empty.
    pub worker_instance_key: String,
    pub ear: E,
}

/// What a poller gets.
#[derive(Debug)]
pub(crate) enum Item {
    /// A task, what handing it out moved, and how many more wait.
    Task(Turn, QueuedTask, i64),
    /// A query.
    Query(Box<QueryTask>),
}

/// A poller and what it gets.
#[derive(Debug)]
pub(crate) struct Delivery<E> {
    pub waiter: Waiter<E>,
    pub item: Item,
}

/// One task queue.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    pub key: QueueKey,
    /// Whether somebody sleeps until [`Queue::blocked_until`], to ask for deliveries then. Kept here for the shell.
    pub has_sleeper: bool,
    tasks: Window,
    queries: VecDeque<Box<QueryTask>>,
    waiters: BTreeMap<u64, Waiter<E>>,
    pollers: Pollers,
    limiter: Limiter,
    shares: Shares,
    config: Arc<QueueConfig>,
    /// The bound that the last poll named.
    worker_rate: Option<f64>,
    flows: [Flow; PRIORITY_MAX as usize],
    /// How often a poller was kept from a task by a rate alone.
    held_back: Meter,
    advice: Limiter,
}

/// How tasks of one level come and go.
#[derive(Debug, Default)]
struct Flow {
    added: Meter,
    dispatched: Meter,
}

impl<E: Ear> Queue<E> {
    pub(crate) fn new(key: QueueKey, tasks_max: usize) -> Self {
        Self {
            key,
            has_sleeper: false,
            tasks: Window::new(tasks_max),
            queries: VecDeque::new(),
            waiters: BTreeMap::new(),
            pollers: Pollers::default(),
            limiter: Limiter::default(),
            shares: Shares::default(),
            config: Arc::default(),
            worker_rate: None,
            flows: Default::default(),
            held_back: Meter::default(),
            advice: Limiter::default(),
        }
    }

    /// What was decided about the queue; outdoes what its workers say.
    pub(crate) fn configure(&mut self, config: Arc<QueueConfig>, now: Timestamp) {
        self.shares.configure(config.weights(), config.key_rate());
        self.config = config;
        self.tasks.forget_waits();
        self.limit(now);
    }

    /// A task waits.
    pub(crate) fn offer(&mut self, task: QueuedTask, now: Timestamp) {
        let level = task.place().priority;
        if self.tasks.insert(task) {
            self.flow(level).added.add(now);
        }
    }

    /// A task that was handed out comes back to its place.
    pub(crate) fn give_back(&mut self, turn: Turn, task: QueuedTask, now: Timestamp) {
        self.limiter.refund();
        self.shares.refund(&task.fairness_key);
        self.flow(task.place().priority).dispatched.undo(now);
        self.tasks.give_back(task, turn);
    }

    /// A poll begins.
    pub(crate) fn poll_began(&mut self, poll: &Poll, now: Timestamp) {
        self.pollers.began(poll, now);
        self.worker_rate = poll.rate;
        self.limit(now);
    }

    fn limit(&mut self, now: Timestamp) {
        self.limiter.set(self.config.queue_rate().or(self.worker_rate), now);
    }

    fn flow(&mut self, level: u8) -> &mut Flow {
        &mut self.flows[usize::from(level) - 1]
    }

    /// A poll's time is up. Returns whether it still waited; otherwise something is on its way to it.
    pub(crate) fn poll_ended(&mut self, arrival: u64, now: Timestamp) -> bool {
        let Some(waiter) = self.waiters.remove(&arrival) else { return false };
        self.pollers.ended(&waiter.poller.identity, now);
        true
    }

    /// A poller hung up.
    pub(crate) fn poll_dropped(&mut self, arrival: u64) {
        self.waiters.remove(&arrival);
    }

    /// A poller waits, at its place by arrival: also one that was reserved and not used.
    pub(crate) fn wait(&mut self, waiter: Waiter<E>) {
        if !waiter.ear.is_gone() {
            self.waiters.insert(waiter.arrival, waiter);
        }
    }

    /// What the next poller gets: queries first, somebody is waiting for them.
    pub(crate) fn take(&mut self, now: Timestamp) -> Option<Item> {
        if let Some(query) = self.queries.pop_front() {
            return Some(Item::Query(query));
        }
        if !self.has_task(now) {
            return None;
        }
        let (turn, task) = self.tasks.take(&mut self.shares, now)?;
        self.limiter.spend();
        self.flow(task.place().priority).dispatched.add(now);
        Some(Item::Task(turn, task, self.tasks.backlog()))
    }

    /// Takes everything that pollers wait for, and the pollers.
    pub(crate) fn deliveries(&mut self, now: Timestamp) -> Vec<Delivery<E>> {
        let mut deliveries = Vec::new();
        while !self.waiters.is_empty() && self.has_item(now) {
            let Some(waiter) = self.take_waiter() else { break };
            self.pollers.ended(&waiter.poller.identity, now);
            let item = self.take(now).expect("there was something to hand out");
            deliveries.push(Delivery { waiter, item });
        }
        deliveries
    }

    /// Takes the poller that has waited longest, for a task of this level that need not wait.
    pub(crate) fn reserve(&mut self, level: u8, now: Timestamp) -> Option<Waiter<E>> {
        let is_free = self.tasks.is_empty()
            && self.queries.is_empty()
            && !self.shares.are_limited()
            && self.limiter.is_ready(now);
        let waiter = if is_free { self.take_waiter()? } else { return None };
        self.limiter.spend();
        let flow = self.flow(level);
        flow.added.add(now);
        flow.dispatched.add(now);
        self.pollers.ended(&waiter.poller.identity, now);
        Some(waiter)
    }

    /// A poller that was reserved was not used: it waits on.
    pub(crate) fn unreserve(&mut self, waiter: Waiter<E>, level: u8, now: Timestamp) {
        self.limiter.refund();
        let flow = self.flow(level);
        flow.added.undo(now);
        flow.dispatched.undo(now);
        self.wait(waiter);
    }

    /// A query waits for a poller. Returns whether there is room for it.
    pub(crate) fn ask(&mut self, query: Box<QueryTask>) -> bool {
        let has_room = self.queries.len() < limits::QUEUE_QUERIES_MAX;
        if has_room {
            self.queries.push_back(query);
        }
        has_room
    }

    /// A query whose poller hung up is the next to be handed out.
    pub(crate) fn ask_again(&mut self, query: Box<QueryTask>) {
        self.queries.push_front(query);
    }

    /// Whether a query still waits for a poller.
    pub(crate) fn is_asked(&self, id: Uuid) -> bool {
        self.queries.iter().any(|query| query.id == id)
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn withdraw(&mut self, id: Uuid) {
        self.queries.retain(|query| query.id != id);
    }

    /// Ends the polls of one process of a worker.
    pub(crate) fn release(&mut self, worker_instance_key: &str) {
        self.waiters.retain(|_, waiter| waiter.worker_instance_key != worker_instance_key);
    }

    /// Ends all polls, and returns the queries that nobody will take.
    pub(crate) fn close(&mut self) -> Vec<Uuid> {
        self.waiters.clear();
        self.queries.drain(..).map(|query| query.id).collect()
    }

    /// How long ago somebody polled: no time at all while a poller waits, none when nobody ever did.
    pub(crate) fn poller_gone_for(&self, now: Timestamp) -> Option<Duration> {
        if self.waiters.values().any(|waiter| !waiter.ear.is_gone()) {
            return Some(Duration::ZERO);
        }
        self.pollers.gone_for(now)
    }

    /// When a task may be handed out to a poller that waits, if only a rate forbids it now.
    pub(crate) fn blocked_until(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.tasks.is_empty() || self.waiters.is_empty() {
            return None;
        }
        self.limiter.ready_at(now).or_else(|| self.tasks.ready_at())
    }

    /// See [`Window::ask_refill`].
    pub(crate) fn ask_refill(&mut self) -> Option<(Place, usize)> {
        self.tasks.ask_refill()
    }

    /// See [`Window::refill`].
    pub(crate) fn refill(&mut self, tasks: Vec<QueuedTask>, next: Option<Place>) {
        self.tasks.refill(tasks, next);
    }

    /// Whether nothing is lost by forgetting the queue. A sticky queue without a worker holds nothing of worth: the run
    /// offers the task again on its normal queue when it has waited for too long.
    pub(crate) fn is_forgettable(&self, now: Timestamp) -> bool {
        let is_quiet = self.waiters.is_empty()
            && self.queries.is_empty()
            && self.pollers.gone_for(now).is_none_or(|gone| gone >= limits::POLLER_REMEMBERED);
        is_quiet && (self.key.queue.is_sticky() || self.tasks.is_empty())
    }

    /// Tasks that wait, about.
    pub(crate) fn backlog(&self) -> i64 {
        self.tasks.backlog()
    }

    /// Pollers that wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiters.len() as u64
    }

    fn has_task(&mut self, now: Timestamp) -> bool {
        if self.tasks.is_empty() {
            return false;
        }
        let is_ready = self.limiter.is_ready(now) && self.tasks.is_ready(&mut self.shares, now);
        if !is_ready {
            self.held_back.add(now);
        }
        is_ready
    }

    fn has_item(&mut self, now: Timestamp) -> bool {
        !self.queries.is_empty() || self.has_task(now)
    }

    fn take_waiter(&mut self) -> Option<Waiter<E>> {
        loop {
            let (_, waiter) = self.waiters.pop_first()?;
            if !waiter.ear.is_gone() {
                return Some(waiter);
            }
        }
    }
}
