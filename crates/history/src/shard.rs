//! One task that owns runs, as a partition owns its rows. It takes a message, finds the run (or has it loaded, and parks
//! what is meant for that run alone), lets the run decide, hands the batch over without waiting, and takes the next.
//! It never awaits the store: memory is ahead of the disk, and what that owes to the outside stands in the outbox.

mod desk;
mod draft;
mod failure;
mod fuse;
mod handle;
mod message;
mod outbox;
mod perform;
mod purge;
mod route;

pub(crate) use desk::{Desk, Seams, Undecided, answering, store_failed};
pub(crate) use draft::Draft;
pub(crate) use handle::{Handle, gone};
pub(crate) use message::{Address, Answer, Ask, Message, Request};
pub(crate) use outbox::Release;
pub(crate) use perform::Performed;

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;

use abide_cluster::Error;
use abide_model::{Timestamp, WorkflowKey, limits};
use abide_store::key::{Key, SnapshotKey, SnapshotRecord};
use abide_store::{Fence, Urgency};
use tokio::sync::mpsc;

use crate::cache::{Cache, Entry};
use crate::recover::page_timers;
use crate::timers::Span;

/// See the file's first lines.
pub(crate) struct Shard {
    cache: Cache,
    desk: Desk,
    /// Messages that wait for a current pointer to be read.
    lookups: HashMap<WorkflowKey, Vec<Message>>,
    life: Life,
}

/// Whether the shard works.
enum Life {
    Open,
    /// A commit failed, and others are under way. Nothing is decided on top of it: what comes waits until all have ended.
    Failing(Vec<Message>),
    /// A commit failed. Nothing is taken until the fence is acquired anew; what the shard itself must do is kept.
    Broken(failure::Broken),
    /// For good; why. Whoever asks is told so.
    Failed(Error),
    /// For good, and nobody asks any more.
    Closed(Error),
}

impl Shard {
    pub(crate) fn new(seams: Arc<Seams>, fence: Fence, cache: Cache) -> Self {
        let desk = Desk::new(seams, fence);
        Self { cache, desk, lookups: HashMap::new(), life: Life::Open }
    }

    /// Works until it is closed.
    pub(crate) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Message>) {
        let mut messages = Vec::with_capacity(limits::SHARD_TURN_MESSAGES_MAX);
        while !matches!(self.life, Life::Closed(_)) {
            let sleep = match self.life {
                Life::Open => self.desk.timers.sleep(self.desk.now()),
                Life::Failing(_) | Life::Broken(_) | Life::Failed(_) | Life::Closed(_) => None,
            };
            let timer = async {
                match sleep {
                    Some(duration) => tokio::time::sleep(duration).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                count = inbox.recv_many(&mut messages, limits::SHARD_TURN_MESSAGES_MAX) => if count == 0 { break },
                () = timer => {}
            }
            for message in messages.drain(..) {
                self.take(message);
            }
            self.fire_due();
            self.evict();
            self.cache.show();
        }
        inbox.close();
        while let Some(message) = inbox.recv().await {
            self.take(message);
        }
    }

    fn take(&mut self, message: Message) {
        self.notice_failure();
        match &mut self.life {
            Life::Open => {}
            Life::Failing(waiting) => {
                let Message::CommitFailed(error) = message else { return waiting.push(message) };
                let waiting = std::mem::take(waiting);
                self.commit_failed(error);
                return waiting.into_iter().for_each(|message| self.take(message));
            }
            Life::Broken(broken) => match broken.take(message) {
                Some(message) => return self.take_broken(message),
                None => return,
            },
            Life::Failed(why) => {
                let why = why.clone();
                if matches!(message, Message::Close(_)) {
                    self.life = Life::Closed(why.clone());
                }
                return message.fail(why);
            }
            Life::Closed(why) => return message.fail(why.clone()),
        }
        match message {
            Message::Start(start) => self.start(start, None),
            Message::Run(request) => self.route(request, None),
            Message::InOrder(messages) => {
                let [first, second] = *messages;
                self.take(first);
                self.take(second);
            }
            Message::Purge(purge) => self.purge(purge, None),
            Message::LookedUp { workflow, found } => self.looked_up(&workflow, found),
            Message::Loaded { run_id, loaded } => self.loaded(run_id, loaded),
            Message::Recovered(rows) => {
                rows.into_iter().for_each(|(row, partition)| self.desk.timers.found(row, partition))
            }
            Message::TimersPaged(behind_millis) => self.desk.timers.paged(behind_millis),
            Message::OnceKnown(errand) => errand(),
            // A shard whose commit has failed is not open, see above; an open one waits for no fence.
            Message::CommitFailed(_) | Message::Reacquired(_) => {}
            Message::Close(done) => self.close(done),
        }
    }

    /// A failure is seen before it is told: the batches behind it must end first.
    fn notice_failure(&mut self) {
        if matches!(self.life, Life::Open) && self.desk.outbox.is_broken() {
            self.life = Life::Failing(Vec::new());
        }
    }

    /// Looks at every run whose time has come.
    fn fire_due(&mut self) {
        self.notice_failure();
        if !matches!(self.life, Life::Open) {
            return;
        }
        let now = self.desk.now();
        if let Some(span) = self.desk.timers.next_page(now) {
            self.page_timers(span);
        }
        for _ in 0..limits::SHARD_TURN_MESSAGES_MAX {
            let Some((row, partition)) = self.desk.timers.pop_due(now) else { return };
            let to = Address::Id(partition, row.run_id);
            self.route(Request { to, ask: Ask::Fire(row), permit: None }, None);
        }
    }

    /// Has timers read that will be due. All rows that were written before must be there to be found.
    fn page_timers(&self, span: Span) {
        let (seams, partitions) = (self.desk.seams.clone(), self.desk.fence.partitions.clone());
        // Were a commit to fail, its runs are read again, and set their timers anew.
        let read = Box::new(move |_| {
            let errand = page_timers(seams.clone(), partitions, span);
            seams.background.spawn("timers", errand);
        });
        self.desk.outbox.attach(self.desk.outbox.newest(), read);
    }

    /// Lets runs go until the rest fits.
    fn evict(&mut self) {
        if !matches!(self.life, Life::Open) || !self.cache.is_full() {
            return;
        }
        let durable = self.desk.outbox.durable();
        loop {
            let lookups = &self.lookups;
            let may_leave = |entry: &mut Entry| {
                entry.sequence <= durable && !entry.is_awaited() && !lookups.contains_key(&entry.key.workflow)
            };
            let Some(run_id) = self.cache.candidate(may_leave) else { return };
            let Some(mut entry) = self.cache.remove(run_id) else { return };
            if self.desk.currents.get(&entry.key.workflow) == Some(&run_id) {
                self.desk.currents.remove(&entry.key.workflow);
            }
            if entry.growth.transitions >= limits::SNAPSHOT_LEAVING_TRANSITIONS {
                let mut draft = Draft::new(Urgency::Lazy);
                draft.writes.push(snapshot(&mut entry));
                self.desk.commit(draft, &mut []);
            }
        }
    }

    /// Ends when everything up to now is stored.
    fn close(&mut self, done: tokio::sync::oneshot::Sender<()>) {
        let mut draft = Draft::new(Urgency::Now);
        draft.releases.push(Box::new(move |_| {
            // Nobody may wait any more.
            let _ = done.send(());
        }));
        self.desk.flush(draft);
        self.end(Life::Closed(Error::Unavailable("the server is shutting down".into())));
    }

    /// Takes nothing any more, and tells whoever waits.
    fn end(&mut self, life: Life) {
        if let Life::Failed(why) | Life::Closed(why) = &life {
            for (_, slot) in self.cache.slots.drain() {
                slot.fail(why);
            }
            for parked in self.lookups.drain().flat_map(|(_, parked)| parked) {
                parked.fail(why.clone());
            }
        }
        self.life = life;
    }

    fn now(&self) -> Timestamp {
        self.desk.now()
    }
}

/// The snapshot of a run as it is now.
fn snapshot(entry: &mut Entry) -> abide_store::Write {
    let mut record = SnapshotRecord::of(&entry.key.workflow);
    record.transition = entry.transition;
    record.next_event_id = crate::load::event_number(entry.run.next_event_id());
    record.state = entry.run.encode();
    entry.growth = crate::cache::Growth::default();
    SnapshotKey(entry.key.run_id).put(entry.partition, &record)
}
