//! Prints how many batches per second the SQLite store makes durable, with one batch and with many in flight. The rows
//! are those of a workflow with one activity: four batches per run.
//!
//! `cargo run --release -p abide-store --example commit_rate -- [FOLDER] [SECONDS] [IN FLIGHT]...`
//! With the environment variable `UNLISTED` set, lists do not show the runs: what showing them costs is the difference.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use abide_model::{NamespaceId, Partition, RunId, Timestamp, WorkflowKey};
use abide_store::key::{
    CurrentKey, CurrentRecord, DispatchKey, DispatchQueue, DispatchRecord, DispatchSubject, Key, NodeKey, NodeRecord,
    TimerKey, TimerRecord, VisibilityKey, VisibilityRecord,
};
use abide_store::search::{Columns, Field};
use abide_store::sqlite::Options;
use abide_store::{Batch, CommitError, Fence, SqliteStore, Store, Urgency, Write};
use bytes::Bytes;
use uuid::Uuid;

const NAMESPACE: NamespaceId = NamespaceId(Uuid::from_u128(0x3205_5b8c_9d7e_4f6a_8b1c_2d3e_4f50_6172));

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let mut in_flight = arguments.map(|text| text.parse()).collect::<Result<Vec<usize>, _>>()?;
    if in_flight.is_empty() {
        in_flight = vec![1, 64];
    }
    println!("in flight  batches/s  p50 ms  p99 ms  max ms  cpu us/batch  disk bytes/batch  resident MiB");
    for in_flight in in_flight {
        let path = folder.join(format!("commit-rate-{}.db", std::process::id()));
        measure(&path, in_flight, Duration::from_secs(seconds))?;
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
    }
    Ok(())
}

fn measure(path: &Path, in_flight: usize, duration: Duration) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path, &Options::default())?);
    let fence = Arc::new(runtime.block_on(store.acquire(0..=Partition::COUNT - 1))?);
    let (tell, told) = channel();
    let cpu = cpu_micros();
    let written = disk_bytes();
    let begin = Instant::now();
    let mut latencies = Vec::new();
    let mut number = 0;
    let mut runs: Vec<Run> = Vec::new();
    for slot in 0..in_flight {
        runs.push(Run::new(number));
        number += 1;
        runs[slot].commit(&*store, &fence, slot, &tell);
    }
    while begin.elapsed() < duration {
        let (slot, queued_at, outcome): Told = told.recv()?;
        outcome?;
        latencies.push(queued_at.elapsed());
        if runs[slot].step == 4 {
            runs[slot] = Run::new(number);
            number += 1;
        }
        runs[slot].commit(&*store, &fence, slot, &tell);
    }
    let elapsed = begin.elapsed();
    let cpu = cpu_micros() - cpu;
    let written = disk_bytes() - written;
    let count = latencies.len();
    latencies.sort();
    let millis = |at: usize| latencies[at.min(count - 1)].as_secs_f64() * 1e3;
    println!(
        "{in_flight:9}  {:9.0}  {:6.2}  {:6.2}  {:6.1}  {:12.1}  {:16}  {:12}",
        count as f64 / elapsed.as_secs_f64(),
        millis(count / 2),
        millis(count * 99 / 100),
        millis(count),
        cpu as f64 / count as f64,
        written / count as u64,
        resident_mib(),
    );
    runtime.block_on(store.close())?;
    Ok(())
}

type Told = (usize, Instant, Result<(), CommitError>);

/// One workflow with one activity on its way.
struct Run {
    workflow: WorkflowKey,
    run_id: RunId,
    started_at: Timestamp,
    step: u64,
}

impl Run {
    fn new(number: u64) -> Self {
        let started_at = Timestamp { nanos: 1_700_000_000_000_000_000 + i64::try_from(number).unwrap_or(0) * 1000 };
        Self {
            workflow: WorkflowKey { namespace: NAMESPACE, workflow_id: format!("workflow-{number}") },
            run_id: RunId(Uuid::now_v7()),
            started_at,
            step: 0,
        }
    }

    fn commit(&mut self, store: &dyn Store, fence: &Arc<Fence>, slot: usize, tell: &Sender<Told>) {
        let writes = self.writes();
        self.step += 1;
        let queued_at = Instant::now();
        let tell = tell.clone();
        // When the measurement is over, nobody listens any more.
        let done = Box::new(move |outcome| drop(tell.send((slot, queued_at, outcome))));
        store.commit(Batch { fence: fence.clone(), writes }, Urgency::Now, done);
    }

    fn writes(&self) -> Vec<Write> {
        let partition = Partition::of(&self.workflow);
        let node = NodeKey { run_id: self.run_id, first_event_id: 1 + 3 * self.step, transition: 1 + self.step };
        let changes = Bytes::from(vec![7; 500]);
        let mut writes = vec![node.put(partition, &NodeRecord { next_event_id: 4 + 3 * self.step, changes })];
        let dispatch = DispatchKey {
            queue: DispatchQueue::of(self.workflow.namespace, 2, "orders"),
            priority: 3,
            scheduled_at: Timestamp::EPOCH,
            run_id: self.run_id,
            subject: DispatchSubject::Activity(5),
        };
        let timer = TimerKey::at(self.started_at, self.run_id);
        match self.step {
            0 => {
                writes.push(timer.put(partition, &TimerRecord::of(&self.workflow)));
                self.pointers(partition, &mut writes);
            }
            1 => {
                let record = DispatchRecord { queue: "orders".into(), ..DispatchRecord::of(&self.workflow) };
                writes.push(dispatch.put(partition, &record));
            }
            2 => writes.push(dispatch.delete(partition)),
            _ => {
                writes.push(timer.delete(partition));
                self.pointers(partition, &mut writes);
            }
        }
        writes
    }

    fn pointers(&self, partition: Partition, writes: &mut Vec<Write>) {
        let current = CurrentRecord {
            request_id: "0193c0de-0000-7000-8000-000000000000".into(),
            started_at: self.started_at,
            ..CurrentRecord::of(self.run_id, self.run_id)
        };
        writes.push(CurrentKey(self.workflow.clone()).put(partition, &current));
        if std::env::var_os("UNLISTED").is_none() {
            let shown = VisibilityKey { namespace: NAMESPACE, started_at: self.started_at, run_id: self.run_id };
            let record = VisibilityRecord { info: vec![7; 200].into(), columns: self.columns() };
            writes.push(shown.put(Partition::SHARED, &record));
        }
    }

    fn columns(&self) -> Bytes {
        let mut columns = Columns::new();
        columns.text(Field::WorkflowId, &self.workflow.workflow_id);
        columns.text(Field::WorkflowType, "Order");
        columns.number(Field::ExecutionTime, self.started_at.nanos);
        columns.number(Field::ExecutionStatus, if self.step == 0 { 1 } else { 2 });
        columns.text(Field::TaskQueue, "orders");
        if self.step > 0 {
            columns.number(Field::CloseTime, self.started_at.nanos + 1_000_000);
            columns.number(Field::HistoryLength, 11);
        }
        columns.finish()
    }
}

/// Processor time of this process, where the system tells it.
fn cpu_micros() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks * 10_000
}

/// Bytes that this process has sent to the disk, where the system tells it.
fn disk_bytes() -> u64 {
    proc_number("/proc/self/io", "write_bytes:")
}

fn resident_mib() -> u64 {
    proc_number("/proc/self/status", "VmRSS:") / 1024
}

fn proc_number(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
