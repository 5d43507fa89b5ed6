//! Deletes a run: a request is an obligation first, stored with the termination of a run that is still open; then
//! everything about the run goes in one commit. Who asks for the run meanwhile waits for that commit.

use abide_cluster::Error;
use abide_engine::run::{Command, Requester, Terminate};
use abide_model::deliberate::{self, Bug};
use abide_model::{Partition, RunKey, Timestamp, limits};
use abide_store::key::{CurrentKey, Key, NodeKey, RetentionKey, SnapshotKey};
use abide_store::{Space, Urgency, Write};
use tokio::sync::oneshot;

use super::Shard;
use super::desk::{Desk, Undecided, answering};
use super::draft::Draft;
use super::message::{Answer, Message, Purge};
use super::perform::Performed;
use super::route::{Newest, look_up, not_found, read};
use crate::cache::{Entry, Loading, Reason, Slot};

/// How an open run ends that is to be deleted.
fn ended_for_deletion() -> Command {
    Command::Terminate(Terminate {
        reason: "Delete workflow execution".into(),
        details: None,
        requester: Requester { identity: "history-service".into(), ..Requester::default() },
    })
}

impl Desk {
    /// A run is to be deleted: from now on that is owed.
    pub(super) fn delete(&mut self, entry: &mut Entry, answer: Answer<()>, now: Timestamp) -> Performed {
        let mut draft = Draft::new(Urgency::Now);
        if entry.run.is_open() {
            match self.decide(entry, ended_for_deletion(), now) {
                Ok(decided) => self.record(entry, decided, &mut draft, now),
                Err(undecided @ Undecided::Panicked) => return Err(undecided.tell(answer)),
                Err(undecided @ Undecided::Rejected(_)) => return self.refuse(entry, undecided, answer),
            }
        }
        let row = self.delete_later(&entry.key, now, &mut draft);
        let (run, inbox) = (entry.key.clone(), self.seams.inbox.clone());
        draft.releases.push(Box::new(move |durable| {
            if durable.is_ok() {
                // Nobody waits for it: the sweep would do it as well. It comes before whatever the asker does next.
                drop(inbox.send(Message::Purge(Purge { run, row, answer: oneshot::channel().0 })));
            }
        }));
        draft.releases.push(answering(answer, Ok(())));
        self.finish(entry, draft, now)
    }
}

impl Shard {
    /// Deletes a closed run, and the row that says so.
    pub(super) fn purge(&mut self, purge: Purge, newest: Option<Newest<'_>>) {
        if deliberate::is_on(Bug::ForgottenDeletion) {
            return self.forget_row(purge);
        }
        let (run_id, workflow) = (purge.run.run_id, purge.run.workflow.clone());
        match self.cache.slots.get_mut(&run_id) {
            Some(Slot::Loaded(_)) => {}
            Some(Slot::Loading(loading)) => return loading.parked.push(Message::Purge(purge)),
            None => {
                return self.load(Partition::of(&workflow), run_id, Reason::Wanted, vec![Message::Purge(purge)]);
            }
        }
        let current = match (self.desk.currents.get(&workflow), newest) {
            (Some(current), _) => Some(*current),
            (None, Some(Newest::Row(record))) => Some(record.run_id()),
            (None, Some(Newest::Absent)) => None,
            (None, None) => return self.look_up(workflow, Message::Purge(purge)),
        };
        let Some(entry) = self.cache.remove(run_id) else { return };
        if entry.run.is_open() {
            tracing::error!(%run_id, "an open run was to be deleted");
            self.cache.insert(entry);
            return self.forget_row(purge);
        }
        if !entry.owed.is_empty() {
            self.cache.insert(entry);
            return self.purge_later(purge);
        }
        let mut draft = Draft::new(Urgency::Lazy);
        draft.writes.push(purge.row.delete(Partition::SHARED));
        draft.writes.extend(self.desk.rows_of(&entry));
        if current == Some(run_id) {
            draft.writes.push(CurrentKey(workflow).delete(entry.partition));
            self.forget_pointer(&entry.key, &mut draft);
        }
        self.forget_run(entry, &mut draft);
        self.desk.finish_purge(draft, purge);
    }

    /// The run still owes something to another one, which its deletion must not take back: its row is written for a
    /// later time, and the sweep goes on.
    fn purge_later(&mut self, purge: Purge) {
        let mut draft = Draft::new(Urgency::Lazy);
        draft.writes.push(purge.row.delete(Partition::SHARED));
        let later = self.now().after(limits::OWING_RUN_PAUSE);
        self.desk.delete_later(&purge.run, later, &mut draft);
        self.desk.finish_purge(draft, purge);
    }

    /// There is no such run (any more): only the row is left.
    pub(super) fn forget_row(&mut self, purge: Purge) {
        let mut draft = Draft::new(Urgency::Lazy);
        draft.writes.push(purge.row.delete(Partition::SHARED));
        self.desk.finish_purge(draft, purge);
    }

    /// Until the rows are gone, nobody may read them: whoever asks for the run waits, and then reads that it is not
    /// there.
    fn forget_run(&mut self, entry: Box<Entry>, draft: &mut Draft) {
        let (partition, run_id) = (entry.partition, entry.key.run_id);
        let gone = not_found_by_id(&entry.key);
        entry.fail(&gone);
        let loading = Loading { partition, parked: Vec::new(), reason: Reason::Dropped };
        self.cache.slots.insert(run_id, Slot::Loading(loading));
        let seams = self.desk.seams.clone();
        draft.releases.push(self.desk.once_known(move || read(&seams, partition, run_id)));
    }

    /// The same for the pointer to the newest run.
    fn forget_pointer(&mut self, run: &RunKey, draft: &mut Draft) {
        let workflow = run.workflow.clone();
        self.desk.currents.remove(&workflow);
        if self.lookups.contains_key(&workflow) {
            return;
        }
        self.lookups.insert(workflow.clone(), Vec::new());
        let seams = self.desk.seams.clone();
        draft.releases.push(self.desk.once_known(move || look_up(&seams, workflow)));
    }
}

impl Desk {
    /// Sends the batch. When it fails, the row that says what is to be deleted is there still, and is looked at again.
    fn finish_purge(&self, mut draft: Draft, purge: Purge) {
        let (retention, row) = (self.seams.retention.clone(), purge.row);
        draft.releases.push(Box::new(move |durable| {
            if durable.is_err() {
                retention.stored(row);
            }
        }));
        self.flush(draft);
        // Nobody may wait any more.
        let _ = purge.answer.send(Ok(()));
    }

    /// Deletes every row of a closed run but the pointer, which may be another run's.
    fn rows_of(&mut self, entry: &Entry) -> Vec<Write> {
        debug_assert!(entry.offered.is_empty(), "a closed run offers nothing");
        let (partition, run_id) = (entry.partition, entry.key.run_id);
        let (from, to) = NodeKey::range(run_id);
        let to = to.expect("no run has the last of all ids");
        let expiry = RetentionKey::at(self.retention_over(entry), run_id);
        let mut writes = vec![
            Write::DeleteRange { space: Space::Node, partition, from, to },
            SnapshotKey(run_id).delete(partition),
            abide_visibility::delete(entry.key.workflow.namespace, &entry.run.info()),
            // Under another retention than now its row has another time, and goes when that comes.
            expiry.delete(Partition::SHARED),
        ];
        writes.extend(entry.timer.map(|timer| timer.delete(partition)));
        self.timers.set(run_id, partition, None);
        writes
    }
}

fn not_found_by_id(run: &RunKey) -> Error {
    let RunKey { workflow, run_id } = run.clone();
    not_found(&abide_cluster::history::RunReference { workflow, run_id: Some(run_id), first_run_id: None })
}
