//! Carries out what runs owe to others, in the background: asks the run what is to be done, does it by way of whoever
//! owns the other run or reaches the address outside, brings back what came of it, and goes on until nothing is owed. What fails for now is
//! tried again, ever less often. Doing something twice has no second effect; the row is there until the run says that
//! it is done.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use abide_api::temporal::api::enums::v1::WorkflowIdConflictPolicy;
use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;
use abide_cluster::history::{RunReference, StartRequest};
use abide_cluster::{Callbacks, Error, History, Namespaces};
use abide_engine::run::{Action, Command, Effect, Fault, Outbound, Outcome, Rejection, Step, Target};
use abide_model::{Partition, RunId, RunKey, fresh, limits};
use abide_store::Write;
use abide_store::key::{Key, OutboundKey, OutboundRecord, OutboundSubject};
use tokio::sync::{Semaphore, oneshot, watch};

use crate::shard::{Address, Ask, Message, Request, Seams, gone};

/// What all errands share.
pub(crate) struct Errands {
    /// The way to all runs, once there is one.
    peers: watch::Sender<Option<Weak<dyn History>>>,
    /// The way outside, once there is one.
    callbacks: watch::Sender<Option<Arc<dyn Callbacks>>>,
    /// Bounds how many are doing something at the same time.
    permits: Semaphore,
    /// The same for those that speak to the outside, which may be slow.
    outside_permits: Semaphore,
    /// Those under way, and whether one was begun again meanwhile. One subject has one errand, so that its steps are
    /// taken one after the other.
    live: Mutex<HashMap<(RunId, Outbound), bool>>,
    /// Told whenever one ends.
    ended: watch::Sender<()>,
}

impl Default for Errands {
    fn default() -> Self {
        Self {
            peers: watch::Sender::new(None),
            callbacks: watch::Sender::new(None),
            permits: Semaphore::new(limits::OUTBOUND_PARALLEL_MAX),
            outside_permits: Semaphore::new(limits::CALLBACKS_PARALLEL_MAX),
            live: Mutex::default(),
            ended: watch::Sender::new(()),
        }
    }
}

impl Errands {
    /// Says by whom other runs are reached. Until then errands wait.
    pub(crate) fn connect(&self, peers: Weak<dyn History>) {
        self.peers.send_replace(Some(peers));
    }

    /// Says by whom addresses outside are told. Until then their errands wait.
    pub(crate) fn connect_outside(&self, callbacks: Arc<dyn Callbacks>) {
        self.callbacks.send_replace(Some(callbacks));
    }

    /// Returns when there is room for errands that are taken up again.
    pub(crate) async fn room(&self) {
        let mut ended = self.ended.subscribe();
        while self.live().len() >= limits::OUTBOUND_RECOVERED_MAX {
            // The sender is ours, so the channel cannot close.
            drop(ended.changed().await);
        }
    }

    async fn peers(&self) -> Option<Arc<dyn History>> {
        let mut peers = self.peers.subscribe();
        let known = peers.wait_for(Option::is_some).await.ok()?;
        known.as_ref().and_then(Weak::upgrade)
    }

    async fn callbacks(&self) -> Option<Arc<dyn Callbacks>> {
        let mut callbacks = self.callbacks.subscribe();
        callbacks.wait_for(Option::is_some).await.ok()?.clone()
    }

    fn permits(&self, outbound: Outbound) -> &Semaphore {
        match outbound {
            Outbound::Child(_) | Outbound::Signal(_) | Outbound::Cancel(_) | Outbound::Parent => &self.permits,
            Outbound::Callback(_) => &self.outside_permits,
        }
    }

    fn live(&self) -> MutexGuard<'_, HashMap<(RunId, Outbound), bool>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the errand at hand is over; if it was begun again meanwhile it is not.
    fn end(&self, run_id: RunId, outbound: Outbound) -> bool {
        let mut live = self.live();
        if let Entry::Occupied(mut errand) = live.entry((run_id, outbound)) {
            if std::mem::take(errand.get_mut()) {
                return false;
            }
            errand.remove();
        }
        drop(live);
        self.ended.send_replace(());
        true
    }
}

/// Begins to carry out what a run owes about a subject. May be called from any thread, and more often than needed.
pub(crate) fn begin(seams: &Arc<Seams>, partition: Partition, run_id: RunId, outbound: Outbound) {
    match seams.errands.live().entry((run_id, outbound)) {
        Entry::Occupied(mut errand) => {
            errand.insert(true);
            return;
        }
        Entry::Vacant(place) => place.insert(false),
    };
    let errand = Errand { seams: seams.clone(), partition, run_id, outbound };
    seams.background.spawn("outbound", errand.run());
}

/// What one run owes about one subject.
struct Errand {
    seams: Arc<Seams>,
    partition: Partition,
    run_id: RunId,
    outbound: Outbound,
}

impl Errand {
    async fn run(self) {
        let mut done = None;
        let mut failures = 0;
        loop {
            // First the way, then the question: what is to be done may change while the way is not open.
            let Ok(permit) = self.seams.errands.permits(self.outbound).acquire().await else { return };
            let Some(peers) = self.seams.errands.peers().await else { return };
            let effect = match self.ask(done.clone()).await {
                Ok(Some(effect)) => effect,
                Ok(None) if self.seams.errands.end(self.run_id, self.outbound) => return,
                Ok(None) => {
                    done = None;
                    continue;
                }
                Err(error) => {
                    drop(permit);
                    self.pause(&mut failures, &error).await;
                    continue;
                }
            };
            let Effect { step, action } = *effect;
            done = match self.carry_out(&*peers, action).await {
                Ok(outcome) => {
                    failures = 0;
                    Some((step, outcome))
                }
                Err(error) => {
                    drop(permit);
                    self.pause(&mut failures, &error).await;
                    None
                }
            };
        }
    }

    /// Tells the run what came of a step, and asks for the next.
    async fn ask(&self, done: Option<(Step, Outcome)>) -> Result<Option<Box<Effect>>, Error> {
        let (answer, answered) = oneshot::channel();
        let to = Address::Id(self.partition, self.run_id);
        let ask = Ask::Outbound(self.outbound, done, answer);
        self.seams.inbox.send(Message::Run(Request { to, ask, permit: None })).map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    async fn carry_out(&self, history: &dyn History, action: Action) -> Result<Outcome, Error> {
        match action {
            Action::Nothing(fault) => Ok(Outcome::Failed(fault)),
            Action::Start { mut start, reuse } => {
                if self.seams.namespaces.by_id(start.key.workflow.namespace).is_err() {
                    return Ok(Outcome::Failed(Fault::NamespaceNotFound));
                }
                start.key.run_id = fresh::run_id(self.seams.clock.now());
                let conflict = WorkflowIdConflictPolicy::Fail;
                let started = history.start(StartRequest { start, reuse, conflict, attach: None, signal: None }).await;
                started.map(|started| Outcome::Started(started.first_run_id)).or_else(outcome_of)
            }
            Action::Ask { target, command } => {
                if self.seams.namespaces.by_id(target.workflow.namespace).is_err() {
                    return Ok(Outcome::Failed(Fault::NamespaceNotFound));
                }
                ask_run(history, target, *command).await
            }
            Action::Tell(delivery) => {
                let callbacks = self.seams.errands.callbacks().await.ok_or_else(gone)?;
                Ok(callbacks.tell(*delivery).await.map_or_else(Outcome::Undelivered, |()| Outcome::Done))
            }
        }
    }

    /// Waits before the next attempt: twice as long each time, less something that differs from run to run.
    async fn pause(&self, failures: &mut u32, error: &Error) {
        if *failures > 3 {
            tracing::warn!(?error, run_id = %self.run_id, outbound = ?self.outbound, failures, "still owed");
        }
        tokio::time::sleep(pause(*failures, self.run_id)).await;
        *failures = failures.saturating_add(1);
    }
}

async fn ask_run(history: &dyn History, target: Target, command: Command) -> Result<Outcome, Error> {
    let Target { workflow, run_id, first_run_id } = target;
    let mut run = RunReference { workflow, run_id, first_run_id };
    let Command::ChildEnded(ended) = command else {
        return history.execute(run, command).await.map(|_| Outcome::Done).or_else(outcome_of);
    };
    // A parent that was reset goes on as another run, which has its children.
    for _ in 0..limits::RESETS_FOLLOWED_MAX {
        match history.execute(run.clone(), Command::ChildEnded(ended.clone())).await {
            Ok(_) => return Ok(Outcome::Done),
            Err(Error::Rejected(Rejection::Closed)) => {}
            Err(error) => return outcome_of(error),
        }
        let description = history.describe(run.clone()).await.or_else(|error| match error {
            Error::RunNotFound { .. } => Ok(DescribeWorkflowExecutionResponse::default()),
            other => Err(other),
        })?;
        let next = description.workflow_extended_info.and_then(|info| RunId::parse(&info.reset_run_id));
        let Some(next) = next else { return Ok(Outcome::Failed(Fault::NotFound)) };
        run.run_id = Some(next);
    }
    Ok(Outcome::Failed(Fault::NotFound))
}

/// What an error means for good; an error again when it may be another one next time.
fn outcome_of(error: Error) -> Result<Outcome, Error> {
    let fault = match error {
        Error::AlreadyStarted { .. } => Fault::AlreadyExists,
        Error::NamespaceNotFound(_) => Fault::NamespaceNotFound,
        Error::RunNotFound { .. } => Fault::NotFound,
        Error::Rejected(Rejection::TooManySignals) => Fault::TooManySignals,
        Error::Rejected(Rejection::Closing) => return Err(error),
        // Closed, or not whom it should be: for the one that asks it is not there.
        Error::Rejected(_) => Fault::NotFound,
        other => return Err(other),
    };
    Ok(Outcome::Failed(fault))
}

fn pause(failures: u32, run_id: RunId) -> Duration {
    let longest = limits::OUTBOUND_RETRY_MIN.saturating_mul(1 << failures.min(16)).min(limits::OUTBOUND_RETRY_MAX);
    // The low bits of a run id are random.
    let share = u32::from(run_id.0.as_bytes()[15].wrapping_add(failures as u8));
    longest / 2 + longest * share / 512
}

/// The row of a debt.
pub(crate) fn put_outbound(run: &RunKey, partition: Partition, outbound: Outbound) -> Write {
    outbound_key(run.run_id, outbound).put(partition, &OutboundRecord::of(&run.workflow))
}

/// Deletes the row of a debt.
pub(crate) fn delete_outbound(run_id: RunId, partition: Partition, outbound: Outbound) -> Write {
    outbound_key(run_id, outbound).delete(partition)
}

fn outbound_key(run_id: RunId, outbound: Outbound) -> OutboundKey {
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    let subject = match outbound {
        Outbound::Child(event_id) => OutboundSubject::Child(number(event_id)),
        Outbound::Signal(event_id) => OutboundSubject::Signal(number(event_id)),
        Outbound::Cancel(event_id) => OutboundSubject::Cancel(number(event_id)),
        Outbound::Parent => OutboundSubject::Parent,
        Outbound::Callback(callback) => OutboundSubject::Callback(number(callback)),
    };
    OutboundKey { run_id, subject }
}

/// The subject of a row.
pub(crate) fn subject(subject: OutboundSubject) -> Outbound {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    match subject {
        OutboundSubject::Child(number) => Outbound::Child(signed(number)),
        OutboundSubject::Signal(number) => Outbound::Signal(signed(number)),
        OutboundSubject::Cancel(number) => Outbound::Cancel(signed(number)),
        OutboundSubject::Parent => Outbound::Parent,
        OutboundSubject::Callback(number) => Outbound::Callback(signed(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        let run_id = RunId(uuid::Uuid::from_u128(0x7f));
        let pauses: Vec<Duration> = (0..20).map(|failures| pause(failures, run_id)).collect();
        assert!(pauses[0] >= limits::OUTBOUND_RETRY_MIN / 2 && pauses[8] > pauses[0] * 50, "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= limits::OUTBOUND_RETRY_MAX), "{pauses:?}");
    }
}
