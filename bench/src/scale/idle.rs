//! Many open runs that wait for a timer: written as the server would have left them, then served.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_api::temporal::api::{
    command::v1::{Command as WorkerCommand, StartTimerCommandAttributes, command::Attributes},
    enums::v1::CommandType,
};
use abide_cluster::History;
use abide_cluster::history::RunReference;
use abide_engine::run::{self, Command, Poller, Reply, Run, StartWorkflowTask, Task};
use abide_engine::{Emit, Machine};
use abide_model::{Clock, Partition, RunId, SystemClock, Timestamp, WorkflowKey};
use abide_store::key::{CurrentKey, CurrentRecord, Key, NodeKey, NodeRecord, TimerKey, TimerRecord};
use abide_store::{Batch, SqliteStore, Store, Urgency, Write, sqlite};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::world::{self, World};

/// Runs whose rows go in one batch.
const BATCH: usize = 2000;

/// Writes so many runs.
pub(super) async fn generate(file: &Path, count: usize) {
    let store = SqliteStore::open(file, &sqlite::Options::default()).expect("the file can be opened");
    let fence = Arc::new(store.acquire(0..=Partition::COUNT - 1).await.expect("a fence"));
    let now = SystemClock.now();
    let mut number = 0;
    while number < count {
        let mut writes = Vec::new();
        for _ in 0..BATCH.min(count - number) {
            writes.extend(rows(number, now));
            number += 1;
        }
        let (done, stored) = oneshot::channel();
        let batch = Batch { fence: fence.clone(), writes };
        store.commit(batch, Urgency::Now, Box::new(move |result| drop(done.send(result))));
        stored.await.expect("an end").expect("stored");
    }
    store.close().await.expect("a clean end");
    let bytes = std::fs::metadata(file).map_or(0, |data| data.len());
    println!("{{\"scenario\": \"generate\", \"runs\": {count}, \"file_mib\": {}}}", bytes >> 20);
}

fn name(number: usize) -> String {
    format!("idle-{number}")
}

/// The rows of a run that has begun and waits for a timer of some hours to a month.
fn rows(number: usize, now: Timestamp) -> Vec<Write> {
    let start = world::start(&name(number));
    let key = start.key.clone();
    let partition = Partition::of(&key.workflow);
    let mut run = Run::default();
    let mut writes = Vec::new();
    let mut transition = 0;
    let mut step = |run: &mut Run, command: Command| {
        let before = run.next_event_id() as u64;
        let mut out = Emit::default();
        let reply = run.handle(command, now, &mut out).expect("a step of the run");
        transition += 1;
        let node = NodeRecord {
            next_event_id: run.next_event_id() as u64,
            changes: abide_engine::run::encode_changes(&out.changes),
        };
        let node_key = NodeKey { run_id: key.run_id, first_event_id: before, transition };
        writes.push(node_key.put(partition, &node));
        (reply, out.tasks)
    };
    let (_, tasks) = step(&mut run, Command::Start(Box::new(start)));
    let Some(Task::Offer(offer)) = tasks.first() else { panic!("a first workflow task") };
    let poller = Poller { identity: "worker".into(), request_id: "poll".into(), ..Poller::default() };
    let (reply, _) = step(&mut run, Command::StartWorkflowTask(StartWorkflowTask { task: offer.task, poller }));
    let Reply::WorkflowTask(started) = reply else { panic!("a started workflow task") };
    let completion = run::CompleteWorkflowTask {
        token: started.token,
        identity: "worker".into(),
        commands: vec![timer(number)],
        new_run_id: Some(RunId(Uuid::now_v7())),
        ..run::CompleteWorkflowTask::default()
    };
    step(&mut run, Command::CompleteWorkflowTask(Box::new(completion)));
    let current = CurrentRecord {
        status: run.status().into(),
        request_id: run.create_request_id(),
        started_at: run.started_at(),
        ..CurrentRecord::of(key.run_id, run.first_run_id())
    };
    writes.push(CurrentKey(key.workflow.clone()).put(partition, &current));
    writes.push(abide_visibility::write(key.workflow.namespace, run.info()));
    let deadline = run.deadline().expect("a timer");
    writes.push(TimerKey::at(deadline, key.run_id).put(partition, &TimerRecord::of(&key.workflow)));
    writes
}

fn timer(number: usize) -> WorkerCommand {
    // Spread over a month, none of them within the hour.
    let seconds = 3600 + (number as i64 * 7919) % (30 * 86_400);
    let attributes = StartTimerCommandAttributes {
        timer_id: "wait".into(),
        start_to_fire_timeout: Some(prost_types::Duration { seconds, nanos: 0 }),
    };
    WorkerCommand {
        command_type: CommandType::StartTimer as i32,
        attributes: Some(Attributes::StartTimerCommandAttributes(attributes)),
        ..WorkerCommand::default()
    }
}

/// How soon the runs of a file answer, and what they take in memory.
pub(super) async fn serve(file: &Path) {
    let before = resident_mib();
    let since = Instant::now();
    let world = World::open(file).await;
    let newest = |number| RunReference {
        workflow: WorkflowKey { namespace: world::namespace(), workflow_id: name(number) },
        run_id: None,
        first_run_id: None,
    };
    world.history.describe(newest(0)).await.expect("a description");
    let answered = since.elapsed();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let idle = resident_mib();
    let since = Instant::now();
    let mut touched = 0;
    while touched < 200_000 && world.history.describe(newest(touched)).await.is_ok() {
        touched += 1;
    }
    let each = since.elapsed().as_micros() / touched.max(1) as u128;
    println!(
        "{{\"scenario\": \"serve\", \"first_answer_ms\": {}, \"before_mib\": {before}, \"idle_mib\": {idle}, \
         \"touched\": {touched}, \"load_us\": {each}, \"touched_mib\": {}}}",
        answered.as_millis(),
        resident_mib(),
    );
    world.history.close().await;
    world.store.close().await.expect("a clean end");
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
