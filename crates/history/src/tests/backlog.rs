//! Tasks that matching had no room for are read back from their rows, in the order in which they are handed out.

use abide_cluster::matching::{Place, QueueKey, QueueKind, QueuedTask};
use abide_engine::run::{QueueName, Subject};
use abide_model::{NamespaceId, Partition, RunId, RunKey, Timestamp, WorkflowKey};
use abide_store::key::{DispatchRecord, Key};
use abide_store::{Batch, MemoryStore, Store, Urgency};
use uuid::Uuid;

use crate::dispatch::{dispatch_key, queued_task};
use crate::refill::tasks_from;

fn queue(name: &str) -> QueueKey {
    QueueKey { namespace: NamespaceId(Uuid::nil()), kind: QueueKind::Activity, queue: QueueName::normal(name) }
}

fn place(priority: u8, at: i64, run: u128) -> Place {
    let run_id = RunId(Uuid::from_u128(run));
    Place { priority, scheduled_at: Timestamp::from_millis(at), run_id, subject: Subject::Activity(5) }
}

/// Rows of a queue, each in the partition of its run.
async fn stored(rows: &[(&str, Place)]) -> MemoryStore {
    let store = MemoryStore::open().unwrap();
    let fence = std::sync::Arc::new(store.acquire(0..=Partition::COUNT - 1).await.unwrap());
    let put = |(name, place): &(&str, Place)| {
        let workflow_id = format!("workflow-{}", place.run_id);
        let workflow = WorkflowKey { namespace: NamespaceId(Uuid::nil()), workflow_id };
        let mut record = DispatchRecord::of(&workflow);
        record.queue = (*name).to_owned();
        record.scheduled_at = place.scheduled_at;
        record.priority = place.priority.into();
        dispatch_key(&queue(name), *place).put(Partition::of(&workflow), &record)
    };
    let (done, committed) = tokio::sync::oneshot::channel();
    let writes = rows.iter().map(put).collect();
    store.commit(Batch { fence, writes }, Urgency::Now, Box::new(move |result| drop(done.send(result))));
    committed.await.unwrap().unwrap();
    store
}

fn places(tasks: &[QueuedTask]) -> Vec<Place> {
    tasks.iter().map(QueuedTask::place).collect()
}

#[tokio::test]
async fn parked_tasks_come_by_urgency_then_age_wherever_their_runs_are() {
    let mut wanted: Vec<Place> = (0..300).map(|run| place(1 + (run % 5) as u8, (run * 37 % 100) as i64, run)).collect();
    let others = (300..400).map(|run| ("other", place(1, 0, run)));
    let rows: Vec<_> = wanted.iter().map(|place| ("orders", *place)).chain(others).collect();
    let store = stored(&rows).await;
    wanted.sort();
    let (mut from, mut found, mut pages) = (wanted[10], Vec::new(), 0);
    loop {
        let (tasks, next) = tasks_from(&store, &queue("orders"), from, 64).await.unwrap();
        assert!(tasks.len() <= 64);
        found.extend(places(&tasks));
        pages += 1;
        match next {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(found, wanted[10..]);
    assert_eq!(pages, 5);
}

#[tokio::test]
async fn a_queue_without_rows_has_no_more_tasks() {
    let store = stored(&[("other", place(3, 0, 1))]).await;
    assert_eq!(tasks_from(&store, &queue("orders"), place(1, 0, 0), 10).await.unwrap(), (Vec::new(), None));
}

#[test]
fn a_row_says_the_place_that_its_key_has() {
    let workflow = WorkflowKey { namespace: NamespaceId(Uuid::nil()), workflow_id: "order-1".into() };
    let place = place(4, 12, 7);
    let mut record = DispatchRecord::of(&workflow);
    (record.scheduled_at, record.priority, record.queue) = (place.scheduled_at, 4, "orders".into());
    let task = queued_task(dispatch_key(&queue("orders"), place), record);
    assert_eq!((task.place(), task.queue), (place, queue("orders")));
    assert_eq!(task.run, RunKey { workflow, run_id: place.run_id });
}
