//! Who polled a queue, and when last. Remembers each identity for [`limits::POLLER_REMEMBERED`], and at most so many.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::taskqueue::v1::PollerInfo;
use abide_cluster::matching::{Poll, WorkerVersion};
use abide_engine::convert::to_proto_time;
use abide_model::{Timestamp, limits};

/// The rate shown for a poller that named none: the reference server's.
const RATE_UNSAID: f64 = 100_000.0;

/// Who polled a queue.
#[derive(Debug, Default)]
pub(crate) struct Pollers {
    seen: BTreeMap<String, Seen>,
    last: Option<Timestamp>,
}

#[derive(Debug)]
struct Seen {
    last: Timestamp,
    rate: Option<f64>,
    version: WorkerVersion,
}

impl Pollers {
    /// A poll begins. One without an identity is not listed.
    pub(crate) fn began(&mut self, poll: &Poll, now: Timestamp) {
        self.last = Some(now);
        let identity = &poll.poller.identity;
        if identity.is_empty() {
            return;
        }
        let seen = Seen { last: now, rate: poll.rate, version: poll.version.clone() };
        if let Some(known) = self.seen.get_mut(identity) {
            *known = seen;
            return;
        }
        self.seen.retain(|_, seen| now.since(seen.last) < limits::POLLER_REMEMBERED);
        if self.seen.len() >= limits::QUEUE_POLLERS_MAX {
            let oldest = self.seen.iter().min_by_key(|(_, seen)| seen.last).map(|(identity, _)| identity.clone());
            self.seen.remove(&oldest.expect("a full history is not empty"));
        }
        self.seen.insert(identity.clone(), seen);
    }

    /// How many are remembered.
    pub(crate) fn count(&self) -> usize {
        self.seen.len()
    }

    /// A poll ended with something, or because its time was up: until now somebody was listening.
    pub(crate) fn ended(&mut self, identity: &str, now: Timestamp) {
        self.last = Some(now);
        if let Some(seen) = self.seen.get_mut(identity) {
            seen.last = now;
        }
    }

    /// How long ago somebody polled; none when nobody ever did.
    pub(crate) fn gone_for(&self, now: Timestamp) -> Option<Duration> {
        self.last.map(|last| now.since(last))
    }

    /// Who polled lately, newest first.
    #[allow(deprecated)] // Older workers say their version in the deprecated form, and older tools read it there.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<PollerInfo> {
        let mut seen: Vec<_> =
            self.seen.iter().filter(|(_, seen)| now.since(seen.last) < limits::POLLER_REMEMBERED).collect();
        seen.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.last));
        let infos = seen.into_iter().map(|(identity, seen)| PollerInfo {
            last_access_time: Some(to_proto_time(seen.last)),
            identity: identity.clone(),
            rate_per_second: seen.rate.unwrap_or(RATE_UNSAID),
            worker_version_capabilities: seen.version.capabilities.clone(),
            deployment_options: seen.version.deployment.clone(),
        });
        infos.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::tests::poll_by;

    fn names(pollers: &Pollers, now: Timestamp) -> Vec<String> {
        pollers.list(now).into_iter().map(|info| info.identity).collect()
    }

    #[test]
    fn pollers_are_listed_newest_first_and_forgotten_in_the_end() {
        let at = |seconds| Timestamp::EPOCH.after(Duration::from_secs(seconds));
        let mut pollers = Pollers::default();
        pollers.began(&poll_by("a", None), at(0));
        pollers.began(&poll_by("b", Some(2.5)), at(1));
        pollers.ended("a", at(2));
        assert_eq!(names(&pollers, at(2)), ["a", "b"]);
        assert_eq!(pollers.list(at(2))[1].rate_per_second, 2.5);
        assert_eq!(names(&pollers, at(301)), ["a"]);
        assert_eq!(names(&pollers, at(302)), [""; 0]);
        assert_eq!(pollers.gone_for(at(302)), Some(Duration::from_secs(300)));
    }

    #[test]
    fn at_most_so_many_pollers_are_remembered() {
        let mut pollers = Pollers::default();
        for n in 0..limits::QUEUE_POLLERS_MAX as u64 + 10 {
            pollers.began(&poll_by(&format!("{n}"), None), Timestamp { nanos: n as i64 });
        }
        let now = Timestamp::from_millis(1);
        assert_eq!(pollers.list(now).len(), limits::QUEUE_POLLERS_MAX);
        assert!(!names(&pollers, now).contains(&"9".to_owned()));
    }
}
