//! What a shard owes to the outside, in the order of its batches: nothing leaves before the batch that makes it true is
//! durable. Batches end on the committer's thread, and what they owe is released right there, one hop sooner than
//! through the shard.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use abide_cluster::Error;
use abide_model::deliberate::{self, Bug};
use abide_store::CommitError;

/// Something owed: runs with `Ok` once what it depends on is durable, with an error when that never happens. Short,
/// and never blocks.
pub(crate) type Release = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// Stands for a batch that was never sent, because one before it had failed.
pub(crate) const NEVER: u64 = u64::MAX;

/// See the file's first lines.
#[derive(Default)]
pub(crate) struct Outbox(Mutex<State>);

#[derive(Default)]
struct State {
    /// Every batch up to this one is durable.
    durable: u64,
    /// What is owed for the batches behind it, one slot each.
    slots: VecDeque<Vec<Release>>,
    /// Why a batch failed. From then on nothing is sent and everything is refused, until [`Outbox::restart`].
    broken: Option<CommitError>,
    /// Batches at the committer.
    under_way: usize,
    /// What was owed for failed batches.
    refused: Vec<Release>,
}

/// What the end of a batch means for the shard.
pub(crate) enum Ended {
    /// Nothing to do.
    Fine,
    /// A batch has failed, and this was the last one under way. The shard must hear of it before those to whom
    /// something was owed: what they do then must find it reloaded.
    Broken(CommitError, Refused),
}

/// What was owed for failed batches.
pub(crate) struct Refused(Vec<Release>);

impl Refused {
    /// Tells everyone.
    pub(crate) fn release(self) {
        refuse(self.0);
    }
}

impl Outbox {
    /// The number of a new batch and what is owed for it; [`NEVER`] when nothing can be sent now.
    pub(crate) fn begin(&self, mut releases: Vec<Release>) -> u64 {
        if deliberate::is_on(Bug::EarlyAnswer) {
            releases.drain(..).for_each(|release| release(Ok(())));
        }
        let mut state = self.lock();
        if state.broken.is_some() {
            drop(state);
            refuse(releases);
            return NEVER;
        }
        state.slots.push_back(releases);
        state.under_way += 1;
        state.durable + state.slots.len() as u64
    }

    /// Releases as soon as everything up to `sequence` is durable, which may be now.
    pub(crate) fn attach(&self, sequence: u64, release: Release) {
        let mut state = self.lock();
        if sequence <= state.durable {
            drop(state);
            return release(Ok(()));
        }
        let index = (sequence - state.durable - 1) as usize;
        match state.slots.get_mut(index) {
            Some(slot) if sequence != NEVER => slot.push(release),
            Some(_) | None => {
                drop(state);
                release(Err(unavailable()));
            }
        }
    }

    /// The batch with this number has ended. Called in order.
    pub(crate) fn end(&self, sequence: u64, result: Result<(), CommitError>) -> Ended {
        let mut state = self.lock();
        state.under_way -= 1;
        match result {
            Ok(()) if state.broken.is_none() => {
                debug_assert!(sequence == state.durable + 1, "batches end in the order in which they were sent");
                state.durable = sequence;
                let slot = state.slots.pop_front().unwrap_or_default();
                drop(state);
                for release in slot {
                    release(Ok(()));
                }
                return Ended::Fine;
            }
            Ok(()) => {}
            Err(error) if state.broken.is_none() => {
                tracing::warn!(%error, sequence, "commit failed");
                state.broken = Some(error);
                let failed = std::mem::take(&mut state.slots);
                state.refused.extend(failed.into_iter().flatten());
            }
            Err(_) => {}
        }
        match &state.broken {
            Some(error) if state.under_way == 0 => {
                let error = error.clone();
                Ended::Broken(error, Refused(std::mem::take(&mut state.refused)))
            }
            Some(_) | None => Ended::Fine,
        }
    }

    /// Everything up to this batch is durable.
    pub(crate) fn durable(&self) -> u64 {
        self.lock().durable
    }

    /// The newest batch that was sent.
    pub(crate) fn newest(&self) -> u64 {
        let state = self.lock();
        state.durable + state.slots.len() as u64
    }

    /// Whether a batch has failed since the shard has begun or [`Outbox::restart`] was called.
    pub(crate) fn is_broken(&self) -> bool {
        self.lock().broken.is_some()
    }

    /// The shard has forgotten whatever was not durable: batches are sent again.
    pub(crate) fn restart(&self) {
        self.lock().broken = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuse(releases: Vec<Release>) {
    for release in releases {
        release(Err(unavailable()));
    }
}

/// What is told when nobody knows whether something happened.
pub(crate) fn unavailable() -> Error {
    Error::Unavailable("the change could not be stored, please retry".into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn note(log: &Arc<Mutex<Vec<String>>>, name: &'static str) -> Release {
        let log = Arc::clone(log);
        Box::new(move |durable| log.lock().unwrap().push(format!("{name} {}", durable.is_ok())))
    }

    fn failed() -> CommitError {
        CommitError::Closed("test".into())
    }

    #[test]
    fn what_is_owed_leaves_in_the_order_of_its_batches() {
        let (outbox, log) = (Outbox::default(), Arc::default());
        let one = outbox.begin(vec![note(&log, "one")]);
        let two = outbox.begin(vec![note(&log, "two")]);
        outbox.attach(one, note(&log, "seen by one"));
        outbox.attach(0, note(&log, "at once"));
        assert!(matches!(outbox.end(one, Ok(())), Ended::Fine));
        outbox.attach(one, note(&log, "late"));
        assert!(matches!(outbox.end(two, Ok(())), Ended::Fine));
        assert_eq!(*log.lock().unwrap(), ["at once true", "one true", "seen by one true", "late true", "two true"]);
    }

    #[test]
    fn a_failed_batch_takes_all_later_ones_with_it() {
        let (outbox, log) = (Outbox::default(), Arc::default());
        let one = outbox.begin(vec![note(&log, "one")]);
        let two = outbox.begin(vec![note(&log, "two")]);
        assert!(matches!(outbox.end(one, Err(failed())), Ended::Fine), "another batch is under way");
        assert_eq!(outbox.begin(vec![note(&log, "three")]), NEVER);
        outbox.attach(NEVER, note(&log, "four"));
        let Ended::Broken(_, refused) = outbox.end(two, Err(failed())) else { panic!("nothing is under way") };
        refused.release();
        assert_eq!(*log.lock().unwrap(), ["three false", "four false", "one false", "two false"]);
        outbox.restart();
        assert_eq!(outbox.begin(Vec::new()), one, "numbers of failed batches are used again");
    }
}
