//! Queries that wait for an answer, and what a caller of a query waits for. A query is never stored: whoever asked asks
//! again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use abide_cluster::Error;
use abide_cluster::history::QueryOutcome;
use abide_cluster::matching::{QueryTask, QueueKey};
use abide_model::{Timestamp, fresh, limits};
use tokio::sync::oneshot;
use tokio::time::timeout;
use uuid::Uuid;

use crate::queue::{Ear, Queue};
use crate::registry::hold;
use crate::shell::Shell;

const NO_POLLER: &str = "no poller seen for task queue recently, worker may be down";
const TIMED_OUT: &str = "query timed out before a worker could process it";

/// Who waits for the answer to which query.
#[derive(Debug, Default)]
pub(crate) struct Asked(Mutex<HashMap<Uuid, oneshot::Sender<QueryOutcome>>>);

impl Asked {
    fn register(&self, id: Uuid) -> oneshot::Receiver<QueryOutcome> {
        let (sender, receiver) = oneshot::channel();
        hold(&self.0).insert(id, sender);
        receiver
    }

    pub(crate) fn is_waited_for(&self, id: Uuid) -> bool {
        hold(&self.0).contains_key(&id)
    }

    /// A worker answered.
    pub(crate) fn answer(&self, id: Uuid, outcome: QueryOutcome) -> Result<(), Error> {
        let sender = hold(&self.0).remove(&id).ok_or(Error::QueryTaskNotFound)?;
        sender.send(outcome).map_err(|_| Error::QueryTaskNotFound)
    }

    /// These will not be answered: their callers are told at once.
    pub(crate) fn forget(&self, ids: Vec<Uuid>) {
        let mut senders = hold(&self.0);
        for id in ids {
            senders.remove(&id);
        }
    }
}

/// One caller that waits. Dropped, the query is withdrawn.
struct Asking<'a> {
    shell: &'a Arc<Shell>,
    key: &'a QueueKey,
    id: Uuid,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        // In this order: a query that comes back from a poller in between is seen to be unwanted, or is withdrawn.
        self.shell.asked.forget(vec![self.id]);
        self.shell.registry.find(self.key, |queue| queue.withdraw(self.id));
    }
}

/// Gives a query to a poller and waits for the answer, at most for `wait`.
///
/// A sticky queue that nobody polled lately fails at once, so that the caller turns to the normal queue. So does a normal
/// queue whose pollers are long gone. One that nobody polled since this process started gets the whole wait, because
/// its workers may be starting as well; only shortly before the end is the caller told that there are none, as the
/// reference server does.
pub(crate) async fn ask(
    shell: &Arc<Shell>,
    key: QueueKey,
    mut task: QueryTask,
    wait: Duration,
) -> Result<QueryOutcome, Error> {
    let id = fresh::uuid();
    task.id = id;
    let mut answer = shell.asked.register(id);
    let _asking = Asking { shell, key: &key, id };
    shell.touch(&key, |queue, now| {
        if shell.is_closed() {
            return Err(closed());
        }
        if is_hopeless(queue, now) {
            return Err(no_poller());
        }
        if queue.ask(Box::new(task)) { Ok(()) } else { Err(Error::Busy) }
    })?;

    let patience = wait.saturating_sub(limits::POLL_DEADLINE_MARGIN).max(wait / 2);
    if let Ok(heard) = timeout(patience, &mut answer).await {
        return heard.map_err(|_| dropped(shell));
    }
    let now = shell.now();
    let is_alone = shell.registry.find(&key, |queue| {
        queue.is_asked(id) && queue.poller_gone_for(now).is_none_or(|gone| gone >= limits::QUERY_POLLER_GONE)
    });
    if is_alone == Some(true) {
        return Err(no_poller());
    }
    match timeout(wait - patience, &mut answer).await {
        Ok(heard) => heard.map_err(|_| dropped(shell)),
        Err(_) => Err(Error::QueryTimedOut(TIMED_OUT.into())),
    }
}

/// Whether waiting for a poller is no use.
fn is_hopeless<E: Ear>(queue: &Queue<E>, now: Timestamp) -> bool {
    let gone_for = queue.poller_gone_for(now);
    if queue.key.queue.is_sticky() {
        gone_for.is_none_or(|gone| gone >= limits::STICKY_POLLER_GONE)
    } else {
        gone_for.is_some_and(|gone| gone >= limits::QUERY_POLLER_GONE)
    }
}

/// Why a query was forgotten before it was answered: the server stops, or the worker of a sticky queue left.
fn dropped(shell: &Shell) -> Error {
    if shell.is_closed() { closed() } else { no_poller() }
}

fn closed() -> Error {
    Error::Unavailable("task queues are shutting down".into())
}

fn no_poller() -> Error {
    Error::NoPoller(NO_POLLER.into())
}
