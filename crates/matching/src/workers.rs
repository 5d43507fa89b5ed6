//! Workers as they describe themselves, in memory: each for some minutes after it was last heard of, and at most so many.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use abide_api::temporal::api::{enums::v1::WorkerStatus, worker::v1::WorkerHeartbeat};
use abide_model::{NamespaceId, Timestamp, limits};

use crate::registry::hold;

/// A worker, by its namespace and instance key.
type Name = (NamespaceId, String);

/// See the file's first line.
#[derive(Debug)]
pub(crate) struct Workers {
    known: Mutex<Known>,
    workers_max: usize,
}

#[derive(Debug, Default)]
struct Known {
    workers: BTreeMap<Name, (Timestamp, Arc<WorkerHeartbeat>)>,
    /// The one that was not heard of for longest first.
    seen: BTreeSet<(Timestamp, Name)>,
}

impl Workers {
    pub(crate) fn new(workers_max: usize) -> Self {
        Self { known: Mutex::default(), workers_max }
    }

    /// Workers say how they are.
    pub(crate) fn record(&self, namespace: NamespaceId, heartbeats: Vec<WorkerHeartbeat>, now: Timestamp) {
        let mut known = hold(&self.known);
        known.expire(now);
        for heartbeat in heartbeats {
            let name = (namespace, heartbeat.worker_instance_key.clone());
            known.remove(&name);
            if heartbeat.status() == WorkerStatus::Shutdown {
                continue;
            }
            known.seen.insert((now, name.clone()));
            known.workers.insert(name, (now, Arc::new(heartbeat)));
            if known.workers.len() > self.workers_max
                && let Some((_, oldest)) = known.seen.pop_first()
            {
                known.workers.remove(&oldest);
            }
        }
    }

    /// Those of a namespace, by instance key, from behind one of them on.
    pub(crate) fn list(
        &self,
        namespace: NamespaceId,
        behind: Option<&str>,
        now: Timestamp,
    ) -> Vec<Arc<WorkerHeartbeat>> {
        let mut known = hold(&self.known);
        known.expire(now);
        let from = match behind {
            Some(key) => Bound::Excluded((namespace, key.to_owned())),
            None => Bound::Included((namespace, String::new())),
        };
        let rest = known.workers.range((from, Bound::Unbounded));
        let same = rest.take_while(|((of, _), _)| *of == namespace);
        same.map(|(_, (_, heartbeat))| heartbeat.clone()).collect()
    }

    /// How many there are in all namespaces.
    pub(crate) fn count(&self, now: Timestamp) -> u64 {
        let mut known = hold(&self.known);
        known.expire(now);
        known.workers.len() as u64
    }

    /// One of them.
    pub(crate) fn get(&self, namespace: NamespaceId, key: &str, now: Timestamp) -> Option<Arc<WorkerHeartbeat>> {
        let mut known = hold(&self.known);
        known.expire(now);
        known.workers.get(&(namespace, key.to_owned())).map(|(_, heartbeat)| heartbeat.clone())
    }
}

impl Known {
    fn remove(&mut self, name: &Name) {
        if let Some((at, _)) = self.workers.remove(name) {
            self.seen.remove(&(at, name.clone()));
        }
    }

    fn expire(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.seen.first()
            && now.since(*at) >= limits::WORKER_REMEMBERED
            && let Some((_, name)) = self.seen.pop_first()
        {
            self.workers.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    fn namespace(id: u128) -> NamespaceId {
        NamespaceId(Uuid::from_u128(id))
    }

    fn worker(key: &str, status: WorkerStatus) -> WorkerHeartbeat {
        WorkerHeartbeat { worker_instance_key: key.into(), status: status.into(), ..WorkerHeartbeat::default() }
    }

    fn keys(workers: &Workers, of: u128, behind: Option<&str>, now: Timestamp) -> Vec<String> {
        workers.list(namespace(of), behind, now).iter().map(|worker| worker.worker_instance_key.clone()).collect()
    }

    #[test]
    fn workers_are_listed_by_key_until_they_end_or_are_silent_for_too_long() {
        let at = |seconds| Timestamp::EPOCH.after(Duration::from_secs(seconds));
        let workers = Workers::new(10);
        let running = |key| worker(key, WorkerStatus::Running);
        workers.record(namespace(1), vec![running("b"), running("a"), running("c")], at(0));
        workers.record(namespace(2), vec![running("x")], at(0));
        assert_eq!(keys(&workers, 1, None, at(0)), ["a", "b", "c"]);
        assert_eq!(keys(&workers, 1, Some("a"), at(0)), ["b", "c"]);
        workers.record(namespace(1), vec![worker("a", WorkerStatus::Shutdown), running("b")], at(200));
        assert_eq!(keys(&workers, 1, None, at(200)), ["b", "c"]);
        assert!(workers.get(namespace(2), "x", at(299)).is_some());
        assert_eq!(workers.count(at(299)), 3);
        assert_eq!(keys(&workers, 1, None, at(300)), ["b"]);
        assert!(workers.get(namespace(2), "x", at(300)).is_none());
    }

    #[test]
    fn at_most_so_many_workers_are_remembered() {
        let workers = Workers::new(3);
        for n in 0..5_u64 {
            let now = Timestamp { nanos: n as i64 };
            workers.record(namespace(1), vec![worker(&format!("{n}"), WorkerStatus::Running)], now);
        }
        assert_eq!(keys(&workers, 1, None, Timestamp { nanos: 9 }), ["2", "3", "4"]);
    }
}
