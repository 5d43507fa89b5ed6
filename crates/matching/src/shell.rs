//! Between the queues and the futures that wait for them. Every change of a queue is followed, under the same lock, by
//! taking out what can be handed over now; handing over itself, whatever it wakes or drops, happens after the lock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use abide_cluster::matching::{Lease, Place, Poll, PollEnd, Polled, QueueKey, QueuedTask, Reservation};
use abide_model::deliberate::{self, Bug};
use abide_model::{Clock, NamespaceId, Timestamp, limits};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::order::Turn;
use crate::query::Asked;
use crate::queue::{Delivery, Ear, Item, PollEnded, Queue, Waiter};
use crate::registry::{Registry, hold};
use crate::service::Refill;
use crate::workers::Workers;

type Sender = oneshot::Sender<Polled>;

impl Ear for Sender {
    fn is_gone(&self) -> bool {
        self.is_closed()
    }
}

/// What all futures of one service share.
pub(crate) struct Shell {
    pub registry: Registry<Sender>,
    pub asked: Asked,
    pub refill: OnceLock<Arc<dyn Refill>>,
    pub departed: Departed,
    pub workers: Workers,
    clock: Arc<dyn Clock>,
    arrivals: AtomicU64,
    closed: AtomicBool,
    /// Where sleepers run; known from the first poll, before which nobody needs one.
    runtime: OnceLock<Handle>,
    sleepers: Mutex<JoinSet<()>>,
}

/// What is to be done after the lock.
struct Aftermath {
    deliveries: Vec<Delivery<Sender>>,
    refill: Option<(Place, usize)>,
    sleep: Option<Duration>,
}

impl Shell {
    pub(crate) fn new(clock: Arc<dyn Clock>, tasks_max: usize) -> Self {
        Self {
            registry: Registry::new(tasks_max),
            asked: Asked::default(),
            refill: OnceLock::new(),
            departed: Departed::default(),
            workers: Workers::new(limits::WORKERS_MAX),
            clock,
            arrivals: AtomicU64::new(1),
            closed: AtomicBool::new(false),
            runtime: OnceLock::new(),
            sleepers: Mutex::new(JoinSet::new()),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Changes a queue, which comes to be if need be, and hands over what can be handed over then.
    pub(crate) fn touch<R>(
        self: &Arc<Self>,
        key: &QueueKey,
        act: impl FnOnce(&mut Queue<Sender>, Timestamp) -> R,
    ) -> R {
        let now = self.now();
        let (result, aftermath) = self.registry.with(key, now, |queue| {
            let result = act(queue, now);
            (result, self.settle(queue, now))
        });
        if let Some(sleep) = aftermath.sleep {
            self.spawn_sleeper(key.clone(), sleep);
        }
        self.carry_out(key, aftermath);
        result
    }

    /// Waits for a task or a query. May be dropped at any time.
    pub(crate) async fn poll(self: &Arc<Self>, poll: Poll) -> PollEnd {
        self.runtime.get_or_init(Handle::current);
        let (key, began) = (poll.queue.clone(), self.now());
        let polled = self.wait(poll).await;
        let now = self.now();
        let ended = match &polled {
            Polled::Task(lease) => PollEnded::WithTask(now.since(lease.task.scheduled_at)),
            Polled::Started(_) | Polled::Query(_) | Polled::Empty => PollEnded::Otherwise,
        };
        let more_pollers = self.registry.find(&key, |queue| queue.advise(now.since(began), ended, now));
        PollEnd { polled, more_pollers: more_pollers.unwrap_or_default() }
    }

    async fn wait(self: &Arc<Self>, poll: Poll) -> Polled {
        let (key, wait) = (poll.queue.clone(), poll.wait);
        let began = self.touch(&key, |queue, now| {
            if self.is_over(key.namespace, &poll.worker_instance_key) {
                return Began::Over;
            }
            queue.poll_began(&poll, now);
            if let Some(item) = queue.take(now) {
                return Began::Got(item);
            }
            let (ear, receiver) = oneshot::channel();
            let arrival = self.arrival();
            let Poll { poller, worker_instance_key, .. } = poll;
            queue.wait(Waiter { arrival, poller, worker_instance_key, ear });
            Began::Waits(arrival, receiver)
        });
        match began {
            Began::Over => Polled::Empty,
            Began::Got(item) => self.polled(item),
            Began::Waits(arrival, receiver) => {
                Waiting { shell: self, key, arrival, receiver, is_done: false }.listen(wait).await
            }
        }
    }

    pub(crate) fn offer(self: &Arc<Self>, task: QueuedTask) {
        let key = task.queue.clone();
        if deliberate::is_on(Bug::LostWake) {
            let now = self.now();
            return self.registry.with(&key, now, |queue| queue.offer(task, now));
        }
        self.touch(&key, |queue, now| queue.offer(task, now));
    }

    pub(crate) fn reserve(self: &Arc<Self>, key: &QueueKey, level: u8) -> Option<Reservation> {
        if deliberate::is_on(Bug::LostWake) {
            return None;
        }
        let now = self.now();
        let waiter = self.registry.find(key, |queue| queue.reserve(level, now))??;
        let Waiter { arrival, poller, worker_instance_key, ear } = waiter;
        let (shell, key, reserved) = (self.clone(), key.clone(), poller.clone());
        Some(Reservation::new(reserved, ear, move |ear| {
            shell.touch(&key, |queue, now| {
                if !shell.is_over(key.namespace, &worker_instance_key) {
                    queue.unreserve(Waiter { arrival, poller, worker_instance_key, ear }, level, now);
                }
            });
        }))
    }

    /// Ends all polls and all that waits for one.
    pub(crate) fn close(&self) {
        // Whoever sees the flag unset under a queue's lock is found by the walk over the queues.
        self.closed.store(true, Ordering::Release);
        let mut unanswered = Vec::new();
        self.registry.each(None, |queue| unanswered.append(&mut queue.close()));
        self.asked.forget(unanswered);
        hold(&self.sleepers).abort_all();
    }

    fn arrival(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::Relaxed)
    }

    fn is_over(&self, namespace: NamespaceId, worker_instance_key: &str) -> bool {
        self.is_closed() || self.departed.contains(namespace, worker_instance_key)
    }

    fn settle(&self, queue: &mut Queue<Sender>, now: Timestamp) -> Aftermath {
        let deliveries = queue.deliveries(now);
        let refill = if self.refill.get().is_some() { queue.ask_refill() } else { None };
        let blocked_until = if queue.has_sleeper { None } else { queue.blocked_until(now) };
        queue.has_sleeper |= blocked_until.is_some();
        Aftermath { deliveries, refill, sleep: blocked_until.map(|until| until.since(now)) }
    }

    fn carry_out(self: &Arc<Self>, key: &QueueKey, aftermath: Aftermath) {
        for Delivery { waiter, item } in aftermath.deliveries {
            if let Err(unheard) = waiter.ear.send(self.polled(item)) {
                self.take_back(key, unheard);
            }
        }
        if let (Some((from, tasks_max)), Some(refill)) = (aftermath.refill, self.refill.get()) {
            refill.refill(key, from, tasks_max);
        }
    }

    fn polled(self: &Arc<Self>, item: Item) -> Polled {
        match item {
            Item::Query(query) => Polled::Query(query),
            Item::Task(turn, task, backlog) => {
                let shell = self.clone();
                Polled::Task(Lease::new(task, backlog, move |task| shell.give_back(turn, task)))
            }
        }
    }

    fn give_back(self: &Arc<Self>, turn: Turn, task: QueuedTask) {
        let key = task.queue.clone();
        self.touch(&key, |queue, now| queue.give_back(turn, task, now));
    }

    /// Nobody heard this. Tasks go back by themselves when dropped.
    fn take_back(self: &Arc<Self>, key: &QueueKey, unheard: Polled) {
        match unheard {
            Polled::Query(query) => self.touch(key, |queue, _| {
                if self.is_closed() {
                    self.asked.forget(vec![query.id]);
                } else if self.asked.is_waited_for(query.id) {
                    queue.ask_again(query);
                }
            }),
            Polled::Empty | Polled::Started(_) | Polled::Task(_) => {}
        }
    }

    /// One task per queue whose tasks and pollers are kept apart by the rate alone, for as long as they are.
    fn spawn_sleeper(self: &Arc<Self>, key: QueueKey, first: Duration) {
        let runtime = self.runtime.get().expect("a poller waits, so somebody polled");
        let shell = Arc::downgrade(self);
        let mut sleepers = hold(&self.sleepers);
        while sleepers.try_join_next().is_some() {}
        let sleeper = async move {
            let mut sleep = Some(first);
            while let Some(duration) = sleep {
                tokio::time::sleep(duration).await;
                let Some(shell) = shell.upgrade() else { return };
                sleep = shell.wake(&key);
            }
        };
        sleepers.spawn_on(sleeper, runtime);
    }

    /// A sleeper woke. Returns for how long it sleeps again.
    fn wake(self: &Arc<Self>, key: &QueueKey) -> Option<Duration> {
        let now = self.now();
        let aftermath = self.registry.find(key, |queue| {
            queue.has_sleeper = false;
            self.settle(queue, now)
        })?;
        let sleep = aftermath.sleep;
        self.carry_out(key, aftermath);
        sleep
    }
}

/// How a poll began.
enum Began {
    Over,
    Got(Item),
    Waits(u64, oneshot::Receiver<Polled>),
}

/// A poll that waits. Dropped, its poller is gone, and what was on its way to it goes to the next.
struct Waiting<'a> {
    shell: &'a Arc<Shell>,
    key: QueueKey,
    arrival: u64,
    receiver: oneshot::Receiver<Polled>,
    is_done: bool,
}

impl Waiting<'_> {
    async fn listen(mut self, wait: Duration) -> Polled {
        if let Ok(heard) = timeout(wait, &mut self.receiver).await {
            return self.done(heard);
        }
        let now = self.shell.now();
        let waited = self.shell.registry.find(&self.key, |queue| queue.poll_ended(self.arrival, now));
        if waited == Some(true) {
            self.is_done = true;
            return Polled::Empty;
        }
        // Reserved: a task is being committed for this poller, and it would be a pity to leave just now.
        match timeout(limits::HANDOVER_GRACE, &mut self.receiver).await {
            Ok(heard) => self.done(heard),
            Err(_) => Polled::Empty,
        }
    }

    fn done(&mut self, heard: Result<Polled, oneshot::error::RecvError>) -> Polled {
        self.is_done = true;
        heard.unwrap_or(Polled::Empty)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        // In this order: after the ear is closed nobody puts it back into the queue, nor anything into it.
        self.receiver.close();
        let unheard = self.receiver.try_recv();
        self.shell.registry.find(&self.key, |queue| queue.poll_dropped(self.arrival));
        if let Ok(unheard) = unheard {
            self.shell.take_back(&self.key, unheard);
        }
    }
}

/// Workers that said they are leaving: a poll of theirs that arrives late is ended at once. The last so many.
#[derive(Debug, Default)]
pub(crate) struct Departed(Mutex<DepartedKeys>);

#[derive(Debug, Default)]
struct DepartedKeys {
    known: BTreeMap<NamespaceId, BTreeSet<String>>,
    order: VecDeque<(NamespaceId, String)>,
}

impl Departed {
    pub(crate) fn add(&self, namespace: NamespaceId, worker_instance_key: &str) {
        let mut keys = hold(&self.0);
        if !keys.known.entry(namespace).or_default().insert(worker_instance_key.to_owned()) {
            return;
        }
        keys.order.push_back((namespace, worker_instance_key.to_owned()));
        if keys.order.len() > limits::DEPARTED_WORKERS_MAX {
            let (namespace, key) = keys.order.pop_front().expect("a list over its bound is not empty");
            let left = keys.known.get_mut(&namespace).expect("a listed key is known");
            left.remove(&key);
            if left.is_empty() {
                keys.known.remove(&namespace);
            }
        }
    }

    fn contains(&self, namespace: NamespaceId, worker_instance_key: &str) -> bool {
        if worker_instance_key.is_empty() {
            return false;
        }
        hold(&self.0).known.get(&namespace).is_some_and(|keys| keys.contains(worker_instance_key))
    }
}
