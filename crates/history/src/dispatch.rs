//! An open task of a run: as the row that keeps it, as the offer that matching gets. One row per subject and run, for
//! exactly as long as the run's offer is open.

use std::collections::BTreeSet;

use abide_cluster::matching::{QueueKey, QueueKind, QueuedTask};
use abide_engine::run::{Offer, QueueName, Run, Subject, TaskId};
use abide_model::{Partition, RunKey};
use abide_store::Write;
use abide_store::key::{DispatchKey, DispatchRecord, DispatchSubject, Key};

/// The row of an offer.
pub(crate) fn put_offer(run: &RunKey, partition: Partition, offer: &Offer) -> Write {
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
    dispatch_key(run, offer.task.subject).put(partition, &record)
}

/// Deletes the row of an offer.
pub(crate) fn delete_offer(run: &RunKey, partition: Partition, subject: Subject) -> Write {
    dispatch_key(run, subject).delete(partition)
}

fn dispatch_key(run: &RunKey, subject: Subject) -> DispatchKey {
    let subject = match subject {
        Subject::WorkflowTask => DispatchSubject::WorkflowTask,
        Subject::Activity(scheduled_event_id) => {
            DispatchSubject::Activity(u64::try_from(scheduled_event_id).unwrap_or(0))
        }
    };
    DispatchKey { run_id: run.run_id, subject }
}

/// An offer as matching gets it.
pub(crate) fn offered_task(run: &RunKey, offer: Offer) -> QueuedTask {
    QueuedTask {
        run: run.clone(),
        task: offer.task,
        queue: queue_key(run, offer.task.subject, offer.queue),
        scheduled_at: offer.scheduled_at,
        priority: priority(offer.priority.map_or(0, |priority| priority.priority_key)),
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
        priority: priority(record.priority),
    }
}

// Nobody said: the middle one of five.
fn priority(key: i32) -> i32 {
    if key <= 0 { 3 } else { key }
}

/// Which offers are open, for checks: the dispatch rows that must be stored.
pub(crate) fn open_subjects(run: &Run) -> BTreeSet<Subject> {
    run.open_offers().into_iter().map(|offer| offer.task.subject).collect()
}
