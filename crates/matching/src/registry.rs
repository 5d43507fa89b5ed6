//! All queues, behind locks that are each held for one short action. A queue comes to be when it is first spoken of, and
//! is forgotten, some time after it is of no use, when others come to be.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_cluster::matching::{QueueKey, QueueKind};
use abide_engine::queue_config::QueueConfig;
use abide_model::{NamespaceId, Timestamp};

use crate::queue::{Ear, Queue};

const SHARDS: usize = 16;
/// A shard with fewer queues is not searched for useless ones.
const SWEEP_QUEUES_MIN: usize = 64;

/// All queues.
#[derive(Debug)]
pub(crate) struct Registry<E> {
    shards: Box<[Mutex<Shard<E>>]>,
    tasks_max: usize,
}

/// The queues of one lock: by name within namespace and kind. What a sticky queue stands in for is not part of its key,
/// for not every request says so.
#[derive(Debug)]
struct Shard<E> {
    queues: BTreeMap<(NamespaceId, QueueKind), BTreeMap<String, Queue<E>>>,
    /// What was decided about queues, whether they are here or not. Those who store it bound it.
    configs: BTreeMap<(NamespaceId, QueueKind), BTreeMap<String, Arc<QueueConfig>>>,
    count: usize,
    sweep_at: usize,
}

impl<E: Ear> Registry<E> {
    /// With the most tasks that a queue keeps in memory.
    pub(crate) fn new(tasks_max: usize) -> Self {
        let (queues, configs) = (BTreeMap::new, BTreeMap::new);
        let shard = || Mutex::new(Shard { queues: queues(), configs: configs(), count: 0, sweep_at: SWEEP_QUEUES_MIN });
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), tasks_max }
    }

    /// Does something with a queue, which comes to be if need be.
    pub(crate) fn with<R>(&self, key: &QueueKey, now: Timestamp, act: impl FnOnce(&mut Queue<E>) -> R) -> R {
        let mut shard = self.lock(key);
        let known = shard.queue(key).is_some();
        if !known {
            let mut queue = Queue::new(key.clone(), self.tasks_max);
            if let Some(config) = shard.config(key) {
                queue.configure(config, now);
            }
            shard.add(queue, now);
        }
        let queue = shard.queue(key).expect("the queue was known or added");
        if key.queue.is_sticky() && !queue.key.queue.is_sticky() {
            queue.key = key.clone();
        }
        act(queue)
    }

    /// Remembers what was decided about a queue.
    pub(crate) fn keep_config(&self, key: &QueueKey, config: Arc<QueueConfig>) {
        let mut shard = self.lock(key);
        let configs = shard.configs.entry((key.namespace, key.kind)).or_default();
        configs.insert(key.queue.name.clone(), config);
    }

    /// What was decided about a queue.
    pub(crate) fn config(&self, key: &QueueKey) -> Option<Arc<QueueConfig>> {
        self.lock(key).config(key)
    }

    /// Does something with a queue, if there is one.
    pub(crate) fn find<R>(&self, key: &QueueKey, act: impl FnOnce(&mut Queue<E>) -> R) -> Option<R> {
        self.lock(key).queue(key).map(act)
    }

    /// Forgets a queue.
    pub(crate) fn remove(&self, key: &QueueKey) -> Option<Queue<E>> {
        self.lock(key).remove(key)
    }

    /// Does something with every queue of a namespace, or of all.
    pub(crate) fn each(&self, namespace: Option<NamespaceId>, mut act: impl FnMut(&mut Queue<E>)) {
        for shard in &self.shards {
            let mut shard = hold(shard);
            let queues = shard.queues.iter_mut().filter(|((of, _), _)| namespace.is_none_or(|wanted| wanted == *of));
            queues.flat_map(|(_, queues)| queues.values_mut()).for_each(&mut act);
        }
    }

    /// The queues of a namespace by name, with what waits in them: those that are here and no worker's own, and those that
    /// something was decided about. At most so many.
    pub(crate) fn names(&self, namespace: NamespaceId, names_max: usize) -> BTreeMap<String, i64> {
        let mut names = BTreeMap::new();
        let mut add = |name: &String, backlog: i64| {
            if let Some(known) = names.get_mut(name) {
                *known += backlog;
            } else if names.len() < names_max {
                names.insert(name.clone(), backlog);
            }
        };
        for shard in &self.shards {
            let shard = hold(shard);
            for kind in [QueueKind::Workflow, QueueKind::Activity, QueueKind::Nexus] {
                let queues = shard.queues.get(&(namespace, kind)).into_iter().flatten();
                let shown = queues.filter(|(_, queue)| !queue.key.queue.is_sticky());
                shown.for_each(|(name, queue)| add(name, queue.backlog()));
                let configs = shard.configs.get(&(namespace, kind)).into_iter().flatten();
                configs.for_each(|(name, _)| add(name, 0));
            }
        }
        names
    }

    fn lock(&self, key: &QueueKey) -> MutexGuard<'_, Shard<E>> {
        let mut hasher = DefaultHasher::new();
        (key.namespace, key.kind, &key.queue.name).hash(&mut hasher);
        hold(&self.shards[hasher.finish() as usize % SHARDS])
    }
}

impl<E: Ear> Shard<E> {
    fn queue(&mut self, key: &QueueKey) -> Option<&mut Queue<E>> {
        self.queues.get_mut(&(key.namespace, key.kind))?.get_mut(&key.queue.name)
    }

    fn config(&self, key: &QueueKey) -> Option<Arc<QueueConfig>> {
        self.configs.get(&(key.namespace, key.kind))?.get(&key.queue.name).cloned()
    }

    fn add(&mut self, queue: Queue<E>, now: Timestamp) {
        if self.count >= self.sweep_at {
            self.sweep(now);
        }
        let queues = self.queues.entry((queue.key.namespace, queue.key.kind)).or_default();
        queues.insert(queue.key.queue.name.clone(), queue);
        self.count += 1;
    }

    fn remove(&mut self, key: &QueueKey) -> Option<Queue<E>> {
        let queues = self.queues.get_mut(&(key.namespace, key.kind))?;
        let removed = queues.remove(&key.queue.name)?;
        self.count -= 1;
        Some(removed)
    }

    /// Forgets what is of no use. Done when their number has doubled, so it costs every queue the same.
    fn sweep(&mut self, now: Timestamp) {
        self.queues.retain(|_, queues| {
            queues.retain(|_, queue| !queue.is_forgettable(now));
            !queues.is_empty()
        });
        self.count = self.queues.values().map(BTreeMap::len).sum();
        self.sweep_at = (self.count * 2).max(SWEEP_QUEUES_MIN);
    }
}

/// Nothing that is done under these locks leaves a queue half changed, so a panic elsewhere does not spoil it.
pub(crate) fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::queue::tests::{FakeEar, key, poll_by, sticky_key, task};

    fn count(registry: &Registry<FakeEar>) -> usize {
        registry.shards.iter().map(|shard| hold(shard).count).sum()
    }

    #[test]
    fn useless_queues_are_forgotten_and_others_are_kept() {
        let registry = Registry::<FakeEar>::new(10);
        let start = Timestamp::EPOCH;
        registry.with(&key("busy"), start, |queue| queue.offer(task(1, 1, 3, 0), start));
        for n in 0..20_000 {
            let now = start.after(Duration::from_secs(n / 20));
            registry.with(&key(&format!("idle-{n}")), now, |queue| queue.poll_began(&poll_by("me", None), now));
        }
        // Some 6,000 were polled within the last five minutes, and at most twice as many are kept.
        assert!(count(&registry) < 14_000, "{} queues", count(&registry));
        assert_eq!(registry.find(&key("busy"), |queue| queue.backlog()), Some(1));
        assert!(registry.find(&key("idle-0"), |_| ()).is_none());
        assert!(registry.find(&key("idle-19999"), |_| ()).is_some());
    }

    #[test]
    fn the_queues_of_a_namespace_are_named_once_and_those_of_single_workers_are_not() {
        let registry = Registry::<FakeEar>::new(10);
        let now = Timestamp::EPOCH;
        let poll = |key: &QueueKey| registry.with(key, now, |queue| queue.poll_began(&poll_by("me", None), now));
        let activities = QueueKey { kind: QueueKind::Activity, ..key("b") };
        [&key("b"), &activities, &key("a"), &sticky_key("mine")].into_iter().for_each(poll);
        registry.with(&activities, now, |queue| queue.offer(task(1, 1, 3, 0), now));
        registry.keep_config(&key("c"), Arc::default());
        let namespace = key("a").namespace;
        let named = |names: &[(&str, i64)]| names.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        assert_eq!(registry.names(namespace, 10), named(&[("a", 0), ("b", 1), ("c", 0)]));
        assert_eq!(registry.names(namespace, 2).len(), 2);
        assert_eq!(registry.names(NamespaceId(uuid::Uuid::from_u128(99)), 10), named(&[]));
    }

    #[test]
    fn a_sticky_queue_is_known_by_its_name_alone() {
        let registry = Registry::<FakeEar>::new(10);
        let now = Timestamp::EPOCH;
        registry.with(&key("mine"), now, |queue| queue.poll_began(&poll_by("me", None), now));
        registry.with(&sticky_key("mine"), now, |queue| queue.offer(task(1, 1, 3, 0), now));
        assert_eq!(count(&registry), 1);
        registry.each(None, |queue| assert!(queue.key.queue.is_sticky()));
        let later = now.after(Duration::from_secs(300));
        registry.each(None, |queue| assert!(queue.is_forgettable(later), "its worker is gone"));
        assert!(registry.remove(&key("mine")).is_some());
        assert_eq!(count(&registry), 0);
    }
}
