//! After a commit failed: nobody knows what is stored, so every run that was touched since is forgotten and read again
//! under a new fence. A lost fence, or a store that writes nothing any more, ends the shard.

use std::sync::Arc;
use std::time::Duration;

use abide_cluster::Error;
use abide_model::deliberate::{self, Bug};
use abide_model::{Partition, RunId, limits};
use abide_store::{CommitError, Error as StoreError, Fence};
use tracing::{error, info, warn};

use super::message::{Message, Request};
use super::outbox::unavailable;
use super::{Life, Shard};
use crate::cache::{Reason, Slot};

/// While nothing is taken.
pub(super) struct Broken {
    /// The runs that were forgotten.
    dropped: Vec<(Partition, RunId)>,
    /// What the shard itself must do, later.
    held: Vec<Message>,
}

impl Broken {
    /// Keeps or refuses a message; gives back one that must be handled now.
    pub(super) fn take(&mut self, message: Message) -> Option<Message> {
        match message {
            Message::Reacquired(_) | Message::Close(_) => return Some(message),
            Message::Start(_) | Message::InOrder(_) | Message::Run(Request { permit: Some(_), .. }) => {
                message.fail(unavailable());
            }
            Message::Run(Request { permit: None, .. })
            | Message::LookedUp { .. }
            | Message::Loaded { .. }
            | Message::Purge(_)
            | Message::Recovered(_)
            | Message::TimersPaged(_)
            | Message::OnceKnown(_) => self.held.push(message),
            // One failure is enough until the new fence is there.
            Message::CommitFailed(_) => {}
        }
        None
    }
}

impl Shard {
    /// A commit failed, and none is under way any more.
    pub(super) fn commit_failed(&mut self, error: CommitError) {
        match error {
            CommitError::FenceLost => {
                warn!("lost ownership");
                let why = "the owner of the workflow has changed, please retry";
                return self.end(Life::Closed(Error::Unavailable(why.into())));
            }
            CommitError::Closed(why) => {
                error!(%why, "the store writes nothing any more");
                let why = format!("the store writes nothing any more: {why}");
                return self.end(Life::Failed(Error::Unavailable(why)));
            }
            CommitError::Unknown(_) => {}
        }
        let durable = self.desk.outbox.durable();
        let lost = |slot: &Slot| {
            let is_ahead = matches!(slot, Slot::Loaded(entry) if entry.sequence > durable);
            is_ahead && !deliberate::is_on(Bug::NoReload)
        };
        let mut lost: Vec<RunId> =
            self.cache.slots.iter().filter(|(_, slot)| lost(slot)).map(|(run_id, _)| *run_id).collect();
        // Their order can be seen: what waits for them fails, and they are read again, in it.
        lost.sort_unstable();
        let mut dropped = Vec::with_capacity(lost.len());
        for run_id in lost {
            let Some(entry) = self.cache.remove(run_id) else { continue };
            if self.desk.currents.get(&entry.key.workflow) == Some(&run_id) {
                self.desk.currents.remove(&entry.key.workflow);
            }
            dropped.push((entry.partition, run_id));
            entry.fail(&unavailable());
        }
        warn!(runs = dropped.len(), "forgot what may not be stored");
        self.life = Life::Broken(Broken { dropped, held: Vec::new() });
        self.acquire(Duration::ZERO);
    }

    /// What must be handled while the shard is broken.
    pub(super) fn take_broken(&mut self, message: Message) {
        match message {
            Message::Reacquired(Ok(fence)) => self.mend(fence),
            Message::Reacquired(Err(error)) => {
                warn!(%error, "the fence cannot be acquired");
                self.acquire(limits::FENCE_RETRY);
            }
            Message::Close(done) => {
                self.end(Life::Closed(Error::Unavailable("the server is shutting down".into())));
                // Nobody may wait any more.
                let _ = done.send(());
            }
            other => other.fail(unavailable()),
        }
    }

    fn mend(&mut self, fence: Fence) {
        let Life::Broken(Broken { dropped, held }) = std::mem::replace(&mut self.life, Life::Open) else { return };
        info!(epoch = fence.epoch, "acquired a new fence");
        self.desk.fence = Arc::new(fence);
        self.desk.outbox.restart();
        for (partition, run_id) in dropped {
            self.load(partition, run_id, Reason::Dropped, Vec::new());
        }
        held.into_iter().for_each(|message| self.take(message));
    }

    fn acquire(&self, delay: Duration) {
        let (seams, partitions) = (self.desk.seams.clone(), self.desk.fence.partitions.clone());
        self.desk.seams.background.spawn("acquire", async move {
            tokio::time::sleep(delay).await;
            let fence: Result<Fence, StoreError> = seams.store.acquire(partitions).await;
            drop(seams.inbox.send(Message::Reacquired(fence)));
        });
    }
}
