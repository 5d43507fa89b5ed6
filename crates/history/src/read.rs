//! History as its readers get it: pages out of the newest events in memory, or out of the store, and waits for more.
//! Shows nothing that a crash could take back.

use std::collections::VecDeque;

use abide_api::temporal::api::history::v1::{History, HistoryEvent};
use abide_cluster::Error;
use abide_cluster::history::{HistoryPage, ReadHistory};
use abide_engine::run::encoded_events;
use abide_model::{Partition, RunId, limits};
use abide_store::key::{Key, NodeKey};
use abide_store::{Scan, Space, Store};
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::cache::{Entry, Watcher};
use crate::load::{Nodes, event_number};
use crate::shard::{Answer, Desk, Release, answering, store_failed};

/// What a reader is told first.
pub(crate) enum Reading {
    /// The page.
    Page(HistoryPage),
    /// There is nothing yet.
    Waiting {
        /// What to show when nothing comes.
        nothing: HistoryPage,
        /// Where the page will come.
        more: oneshot::Receiver<Result<HistoryPage, Error>>,
    },
}

/// The newest events of a run, so that most readers need no store. Kept as they are stored: decoded events would hold
/// on to the whole requests that their payloads came in.
pub(crate) struct Tail {
    nodes: VecDeque<Node>,
    next_event_id: i64,
    bytes: usize,
}

/// The events of one transition, with what else it stored.
struct Node {
    first_event_id: i64,
    changes: Bytes,
}

impl Default for Tail {
    fn default() -> Self {
        Self::beginning_at(1)
    }
}

impl Tail {
    /// Without events, before this one.
    pub(crate) fn beginning_at(next_event_id: i64) -> Self {
        Self { nodes: VecDeque::new(), next_event_id, bytes: 0 }
    }

    /// Takes the encoded changes of a transition, behind which the next event is numbered `next_event_id`.
    pub(crate) fn push(&mut self, changes: Bytes, next_event_id: i64) {
        if next_event_id == self.next_event_id {
            // Only notes, which no reader sees.
            return;
        }
        self.bytes += changes.len() + size_of::<Node>();
        self.nodes.push_back(Node { first_event_id: self.next_event_id, changes });
        self.next_event_id = next_event_id;
        while self.bytes > limits::RUN_TAIL_BYTES_MAX
            && let Some(node) = self.nodes.pop_front()
        {
            self.bytes -= node.changes.len() + size_of::<Node>();
        }
    }

    /// The events from `first` to `last`, if they are all here.
    pub(crate) fn page(&self, first: i64, last: i64, limit: usize) -> Option<Page> {
        let begin = self.nodes.front().map_or(self.next_event_id, |node| node.first_event_id);
        if first < begin || last >= self.next_event_id {
            return None;
        }
        let mut found = Vec::new();
        let skipped = self.nodes.partition_point(|node| node.first_event_id <= first).saturating_sub(1);
        for node in self.nodes.iter().skip(skipped).take_while(|node| node.first_event_id <= last) {
            // What was encoded here can be decoded; if not, the store is asked and says what is wrong.
            let events = encoded_events(node.changes.clone()).ok()?;
            for (event_id, event) in (node.first_event_id..).zip(events) {
                if !(first..=last).contains(&event_id) {
                    continue;
                }
                if found.len() == limit {
                    return Some(Page { events: found, next_event_id: Some(event_id) });
                }
                found.push(event);
            }
        }
        Some(Page { events: found, next_event_id: None })
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Some events in a row, as they are stored.
#[derive(Debug, Default)]
pub(crate) struct Page {
    events: Vec<Bytes>,
    /// Where the next page begins, if these are not all.
    pub(crate) next_event_id: Option<i64>,
}

impl Page {
    /// As readers get it.
    pub(crate) fn into_history(self) -> History {
        History { encoded: self.events, events: Vec::new() }
    }

    /// The events themselves.
    pub(crate) fn into_events(self) -> Result<Vec<HistoryEvent>, Error> {
        self.into_history().into_events().map_err(|error| Error::Internal(error.to_string()))
    }
}

/// Which events to read from the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) partition: Partition,
    pub(crate) run_id: RunId,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) limit: usize,
}

impl Stretch {
    /// Reads it. All its events must be durable.
    pub(crate) async fn read(self, store: &dyn Store) -> Result<Page, Error> {
        let Stretch { partition, run_id, first, last, limit } = self;
        let from = self.node_of_first(store).await?;
        let mut nodes = Nodes::from(store, partition, run_id, from);
        let mut found = Vec::new();
        while let Some(rows) = nodes.page().await.map_err(store_failed)? {
            for row in rows {
                let (key, node) = NodeKey::decode_row(row).map_err(store_failed)?;
                if node.next_event_id <= event_number(first) {
                    continue;
                }
                let events = encoded_events(node.changes).map_err(|error| Error::Internal(error.to_string()))?;
                for (event_id, event) in (key.first_event_id.cast_signed()..).zip(events) {
                    if event_id < first {
                        continue;
                    }
                    if event_id > last {
                        return Ok(Page { events: found, next_event_id: None });
                    }
                    if found.len() >= limit {
                        return Ok(Page { events: found, next_event_id: Some(event_id) });
                    }
                    found.push(event);
                }
            }
        }
        if found.len() as i64 != last - first + 1 {
            if self.is_gone(store).await? {
                return Err(Error::RunNotFound { workflow_id: String::new(), run_id: run_id.to_string() });
            }
            return Err(Error::Internal(format!("run {run_id} has no events {first} to {last}")));
        }
        Ok(Page { events: found, next_event_id: None })
    }

    /// Whether the run was deleted while it was read.
    async fn is_gone(&self, store: &dyn Store) -> Result<bool, Error> {
        let (from, _) = NodeKey::range(self.run_id);
        let first = Nodes::from(store, self.partition, self.run_id, from).page().await.map_err(store_failed)?;
        Ok(first.is_none_or(|rows| rows.is_empty()))
    }

    /// The key of the node that holds the first event.
    async fn node_of_first(&self, store: &dyn Store) -> Result<bytes::Bytes, Error> {
        let (from, _) = NodeKey::range(self.run_id);
        let scan = Scan {
            space: Space::Node,
            partitions: self.partition.0..=self.partition.0,
            from: from.clone(),
            to: Some(NodeKey::behind_event(self.run_id, event_number(self.first))),
            after: None,
            limit: 1,
            reverse: true,
        };
        let rows = store.scan(scan).await.map_err(store_failed)?;
        Ok(rows.into_iter().next().map_or(from, |row| row.key))
    }
}

/// All stored events of a run; none when there is no such run.
pub(crate) async fn all_events(
    store: &dyn Store,
    partition: Partition,
    run_id: RunId,
) -> Result<Vec<HistoryEvent>, Error> {
    let mut nodes = Nodes::behind(store, partition, run_id, 1, 0);
    let mut found = Vec::new();
    while let Some(rows) = nodes.page().await.map_err(store_failed)? {
        for row in rows {
            let (_, node) = NodeKey::decode_row(row).map_err(store_failed)?;
            found.extend(encoded_events(node.changes).map_err(|error| Error::Internal(error.to_string()))?);
        }
    }
    Page { events: found, next_event_id: None }.into_events()
}

/// Which events a request means now; none when there are none yet.
enum Wanted {
    Events { first: i64, last: i64 },
    Nothing,
}

fn wanted(entry: &Entry, read: &ReadHistory) -> Wanted {
    let newest = entry.run.next_event_id() - 1;
    if read.only_close {
        return if entry.run.is_open() { Wanted::Nothing } else { Wanted::Events { first: newest, last: newest } };
    }
    let first = read.first_event_id.max(1);
    let last = read.last_event_id.unwrap_or(newest).min(newest);
    if first > last { Wanted::Nothing } else { Wanted::Events { first, last } }
}

impl Desk {
    /// A reader asks.
    pub(crate) fn read(&mut self, entry: &mut Entry, read: ReadHistory, answer: Answer<Reading>) {
        let next_event_id = entry.run.next_event_id();
        if read.first_event_id > next_event_id && read.wait.is_none() && !read.only_close {
            return self.outbox.attach(entry.told, answering(answer, Err(Error::InvalidPageToken)));
        }
        match wanted(entry, &read) {
            Wanted::Nothing if read.wait.is_some() && entry.run.is_open() => {
                let (told, more) = oneshot::channel();
                let nothing = empty(entry);
                entry.watchers.retain(|watcher| !watcher.answer.is_closed());
                entry.watchers.push(Watcher { read, answer: told });
                self.outbox.attach(entry.told, answering(answer, Ok(Reading::Waiting { nothing, more })));
            }
            Wanted::Nothing => {
                let page = with_virtual_event(entry, &read, empty(entry));
                self.outbox.attach(entry.sequence, answering(answer, Ok(Reading::Page(page))));
            }
            Wanted::Events { first, last } => {
                let then = move |page: Result<HistoryPage, Error>| drop(answer.send(page.map(Reading::Page)));
                let release = self.page(entry, &read, (first, last), then);
                self.outbox.attach(entry.sequence, release);
            }
        }
    }

    /// The run has changed: whoever waited for that gets a page, once it is durable.
    pub(crate) fn notify_watchers(&self, entry: &mut Entry, releases: &mut Vec<Release>) {
        let waiting = std::mem::take(&mut entry.watchers);
        for watcher in waiting {
            match wanted(entry, &watcher.read) {
                Wanted::Nothing if entry.run.is_open() => entry.watchers.push(watcher),
                Wanted::Nothing => releases.push(answering(watcher.answer, Ok(empty(entry)))),
                Wanted::Events { first, last } => {
                    let Watcher { read, answer } = watcher;
                    releases.push(self.page(entry, &read, (first, last), move |page| drop(answer.send(page))));
                }
            }
        }
    }

    /// Hands a page over, from memory or from the store.
    fn page(
        &self,
        entry: &Entry,
        read: &ReadHistory,
        (first, last): (i64, i64),
        then: impl FnOnce(Result<HistoryPage, Error>) + Send + 'static,
    ) -> Release {
        let limit = read.limit.clamp(1, limits::HISTORY_PAGE_EVENTS_MAX);
        let whole = empty(entry);
        let ended = with_virtual_event(entry, read, whole.clone());
        let assemble = move |page: Page| {
            let mut whole = if page.next_event_id.is_none() { ended } else { whole };
            whole.next_event_id = page.next_event_id;
            // What is not stored yet stands behind.
            whole.history.encoded = page.into_history().encoded;
            whole
        };
        if let Some(page) = entry.tail.page(first, last, limit) {
            let page = assemble(page);
            return Box::new(move |durable| then(durable.map(|()| page)));
        }
        let stretch = Stretch { partition: entry.partition, run_id: entry.key.run_id, first, last, limit };
        let seams = self.seams.clone();
        Box::new(move |durable| match durable {
            Err(error) => then(Err(error)),
            Ok(()) => {
                let store = seams.store.clone();
                seams.background.spawn("history page", async move {
                    then(stretch.read(&*store).await.map(assemble));
                });
            }
        })
    }
}

fn empty(entry: &Entry) -> HistoryPage {
    HistoryPage {
        run_id: entry.key.run_id,
        history: History::default(),
        next_event_id: None,
        open: entry.run.is_open(),
        end_event_id: entry.run.next_event_id(),
    }
}

/// With the started event of the open workflow task. Readers that wait for more get it when it is stored: should the
/// task go back to its queue, its number belongs to another event.
fn with_virtual_event(entry: &Entry, read: &ReadHistory, mut page: HistoryPage) -> HistoryPage {
    if page.open && read.wait.is_none() && read.last_event_id.is_none() && !read.only_close {
        match read.unwritten_task {
            true => page.history.events.extend(entry.run.unwritten_task_events()),
            false => page.history.events.extend(entry.run.virtual_started_event()),
        }
    }
    page
}
