//! An open task of a run: as the row that keeps it, as the offer that matching gets. One row per subject and run, for
//! exactly as long as the run's offer is open.

use std::collections::{BTreeMap, BTreeSet};

use abide_cluster::matching::{Place, QueueKey, QueueKind, QueuedTask, level};
use abide_engine::run::{Offer, QueueName, Run, Subject, TaskId};
use abide_model::{Partition, RunKey};
use abide_store::Write;
use abide_store::key::{DispatchKey, DispatchQueue, DispatchRecord, DispatchSubject, Key};

/// The offers of a run that have a row.
#[derive(Default)]
pub(crate) struct Offered(BTreeMap<Subject, OfferedRow>);

struct OfferedRow {
    key: DispatchKey,
    durable_start: bool,
}

impl Offered {
    /// Of a run that was read: every open offer has a row.
    pub(crate) fn of(run: &Run) -> Self {
        let key = run.key();
        Self(run.open_offers().into_iter().map(|offer| (offer.task.subject, OfferedRow::of(&key, &offer))).collect())
    }

    /// Whether starting this task must be durable before the worker is told.
    pub(crate) fn must_be_durable(&self, subject: Subject) -> bool {
        self.0.get(&subject).is_none_or(|row| row.durable_start)
    }

    /// Writes the row of an offer; one of an older offer about the subject goes.
    pub(crate) fn put(&mut self, run: &RunKey, partition: Partition, offer: &Offer, writes: &mut Vec<Write>) {
        let row = OfferedRow::of(run, offer);
        writes.push(row.key.put(partition, &record(run, offer)));
        let key = row.key;
        if let Some(old) = self.0.insert(offer.task.subject, row)
            && old.key != key
        {
            writes.push(old.key.delete(partition));
        }
    }

    /// Deletes the row of the offer about this subject, if there is one.
    pub(crate) fn settle(&mut self, partition: Partition, subject: Subject, writes: &mut Vec<Write>) {
        writes.extend(self.0.remove(&subject).map(|row| row.key.delete(partition)));
    }

    /// Deletes all rows: the run has ended.
    pub(crate) fn clear(&mut self, partition: Partition, writes: &mut Vec<Write>) {
        writes.extend(std::mem::take(&mut self.0).into_values().map(|row| row.key.delete(partition)));
    }

    /// Whether nothing is offered.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether exactly the open offers of the run have rows, and the rows that a run that is read again would have, for
    /// checks.
    pub(crate) fn fits(&self, run: &Run) -> bool {
        self.keys() == Self::of(run).keys()
    }

    /// The keys of the rows.
    pub(crate) fn keys(&self) -> BTreeSet<DispatchKey> {
        self.0.values().map(|row| row.key).collect()
    }
}

impl OfferedRow {
    fn of(run: &RunKey, offer: &Offer) -> Self {
        let queue = queue_key(run, offer.task.subject, offer.queue.clone());
        let place = Place {
            priority: level(offer.priority.as_ref().map_or(0, |priority| priority.priority_key)),
            scheduled_at: offer.scheduled_at,
            run_id: run.run_id,
            subject: offer.task.subject,
        };
        Self { key: dispatch_key(&queue, place), durable_start: offer.durable_start }
    }
}

fn record(run: &RunKey, offer: &Offer) -> DispatchRecord {
    let mut record = DispatchRecord::of(&run.workflow);
    record.stamp = offer.task.stamp;
    record.queue.clone_from(&offer.queue.name);
    record.normal_queue.clone_from(&offer.queue.normal_name);
    record.scheduled_at = offer.scheduled_at;
    record.durable_start = offer.durable_start;
    if let Some(priority) = &offer.priority {
        record.priority = priority.priority_key;
        record.fairness_key.clone_from(&priority.fairness_key);
        record.fairness_weight = priority.fairness_weight;
    }
    record
}

/// The key of the row of the task at this place of a queue.
pub(crate) fn dispatch_key(queue: &QueueKey, place: Place) -> DispatchKey {
    let subject = match place.subject {
        Subject::WorkflowTask => DispatchSubject::WorkflowTask,
        Subject::Activity(scheduled_event_id) => {
            DispatchSubject::Activity(u64::try_from(scheduled_event_id).unwrap_or(0))
        }
    };
    DispatchKey {
        queue: dispatch_queue(queue),
        priority: place.priority,
        scheduled_at: place.scheduled_at,
        run_id: place.run_id,
        subject,
    }
}

/// A queue as the keys of its rows have it.
pub(crate) fn dispatch_queue(queue: &QueueKey) -> DispatchQueue {
    let kind = match queue.kind {
        QueueKind::Workflow => 1,
        QueueKind::Activity => 2,
        QueueKind::Nexus => 3,
    };
    DispatchQueue::of(queue.namespace, kind, &queue.queue.name)
}

/// An offer as matching gets it.
pub(crate) fn offered_task(run: &RunKey, offer: Offer) -> QueuedTask {
    let priority = offer.priority.unwrap_or_default();
    QueuedTask {
        run: run.clone(),
        task: offer.task,
        queue: queue_key(run, offer.task.subject, offer.queue),
        scheduled_at: offer.scheduled_at,
        priority: priority.priority_key,
        fairness_key: priority.fairness_key,
        fairness_weight: priority.fairness_weight,
    }
}

/// The queue of an offer.
pub(crate) fn queue_key(run: &RunKey, subject: Subject, queue: QueueName) -> QueueKey {
    let kind = match subject {
        Subject::WorkflowTask => QueueKind::Workflow,
        Subject::Activity(_) => QueueKind::Activity,
    };
    QueueKey { namespace: run.workflow.namespace, kind, queue }
}

/// A row as matching gets it.
pub(crate) fn queued_task(key: DispatchKey, record: DispatchRecord) -> QueuedTask {
    let subject = match key.subject {
        DispatchSubject::WorkflowTask => Subject::WorkflowTask,
        DispatchSubject::Activity(scheduled_event_id) => {
            Subject::Activity(i64::try_from(scheduled_event_id).unwrap_or(i64::MAX))
        }
    };
    let run = record.run_key(key);
    let queue = queue_key(&run, subject, QueueName { name: record.queue, normal_name: record.normal_queue });
    QueuedTask {
        run,
        task: TaskId { subject, stamp: record.stamp },
        queue,
        scheduled_at: record.scheduled_at,
        priority: record.priority,
        fairness_key: record.fairness_key,
        fairness_weight: record.fairness_weight,
    }
}
