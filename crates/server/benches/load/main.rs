//! A load driver: plays the clients that start workflows and the workers that do them, over raw gRPC, so that what is
//! measured is the server. A closed loop keeps `--concurrency` workflows in flight for `--seconds` and prints one line of
//! JSON. With `--pid` it also says what the server cost: processor time per workflow, resident memory.
//!
//! `cargo bench -p abide-server --bench load -- --scenario activity --concurrency 64 --pid "$(pgrep -o abide)"`

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod worker;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use abide_api::temporal::api::{
    common::v1::{Payload, Payloads, WorkflowExecution, WorkflowType},
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{
        SignalWorkflowExecutionRequest, StartWorkflowExecutionRequest, workflow_service_client::WorkflowServiceClient,
    },
};
use clap::{Parser, ValueEnum};
use tokio::sync::Semaphore;
use tonic::transport::Channel;

pub(crate) type Client = WorkflowServiceClient<Channel>;

/// What a workflow does.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Scenario {
    /// One workflow task, then done.
    Noop,
    /// `--steps` activities, one after the other.
    Activity,
    /// Nothing: `--concurrency` callers signal `--count` open workflows.
    Signal,
    /// One workflow task: `--count` workflows are started before there is any worker, then they are done.
    Backlog,
}

#[derive(Clone, Debug, Parser)]
pub(crate) struct Arguments {
    #[arg(long, default_value = "http://127.0.0.1:7233")]
    pub(crate) address: String,
    #[arg(long, value_enum, default_value = "activity")]
    pub(crate) scenario: Scenario,
    #[arg(long, default_value_t = 64)]
    pub(crate) concurrency: usize,
    #[arg(long, default_value_t = 8)]
    pub(crate) seconds: u64,
    /// Activities per workflow.
    #[arg(long, default_value_t = 1)]
    pub(crate) steps: usize,
    /// Open workflows to signal, or workflows that wait.
    #[arg(long, default_value_t = 200)]
    pub(crate) count: usize,
    /// Pollers of each kind.
    #[arg(long, default_value_t = 16)]
    pub(crate) pollers: usize,
    /// Bytes of every payload.
    #[arg(long, default_value_t = 128)]
    pub(crate) payload: usize,
    /// The server's process, to say what it cost.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What the driver's tasks share.
pub(crate) struct Load {
    pub(crate) arguments: Arguments,
    /// The queue, and in what the sticky queue's name begins: unique to this run of the driver.
    pub(crate) queue: String,
    pub(crate) begun: Mutex<HashMap<String, Instant>>,
    pub(crate) took: Mutex<Vec<Duration>>,
    pub(crate) done: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) counting: AtomicBool,
    pub(crate) free: Semaphore,
}

impl Load {
    pub(crate) fn payloads(&self) -> Option<Payloads> {
        let payload = Payload {
            metadata: [("encoding".to_owned(), "binary/plain".into())].into(),
            data: vec![7; self.arguments.payload].into(),
            ..Payload::default()
        };
        Some(Payloads { payloads: vec![payload] })
    }

    pub(crate) fn finished(&self, since: Instant) {
        if self.counting.load(Relaxed) {
            self.done.fetch_add(1, Relaxed);
            self.took.lock().expect("no holder panics").push(since.elapsed());
        }
    }

    pub(crate) fn failed(&self, what: &str, status: &tonic::Status) {
        if self.errors.fetch_add(1, Relaxed) == 0 {
            println!("{{\"first_error\": \"{what}: {:?} {}\"}}", status.code(), status.message());
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let channels = 4;
    let mut clients = Vec::new();
    for _ in 0..channels {
        clients.push(Client::connect(arguments.address.clone()).await?.max_decoding_message_size(64 << 20));
    }
    let load = Arc::new(Load {
        queue: format!("load-{nonce}"),
        begun: Mutex::default(),
        took: Mutex::default(),
        done: AtomicU64::default(),
        errors: AtomicU64::default(),
        counting: AtomicBool::default(),
        free: Semaphore::new(arguments.concurrency),
        arguments,
    });
    match load.arguments.scenario {
        Scenario::Signal => signal(&load, &clients).await?,
        Scenario::Noop | Scenario::Activity => workflows(&load, &clients).await,
        Scenario::Backlog => backlog(&load, &clients).await,
    }
    Ok(())
}

async fn start(load: &Load, client: &mut Client, id: String) -> Result<(), tonic::Status> {
    load.begun.lock().expect("no holder panics").insert(id.clone(), Instant::now());
    let request = StartWorkflowExecutionRequest {
        namespace: "default".into(),
        request_id: id.clone(),
        workflow_id: id,
        workflow_type: Some(WorkflowType { name: "load".into() }),
        task_queue: Some(TaskQueue { name: load.queue.clone(), ..TaskQueue::default() }),
        input: load.payloads(),
        identity: "load".into(),
        ..StartWorkflowExecutionRequest::default()
    };
    client.start_workflow_execution(request).await.map(drop)
}

async fn workflows(load: &Arc<Load>, clients: &[Client]) {
    for number in 0..load.arguments.pollers {
        worker::spawn(load, &clients[number % clients.len()]);
    }
    let warm_up = Duration::from_secs(2);
    let (begin, mut number) = (Instant::now(), 0);
    let mut measured = Measured::begin(load);
    while begin.elapsed() < warm_up + Duration::from_secs(load.arguments.seconds) {
        if !load.counting.load(Relaxed) && begin.elapsed() >= warm_up {
            measured = Measured::begin(load);
            load.counting.store(true, Relaxed);
        }
        let Ok(permit) = tokio::time::timeout(Duration::from_secs(5), load.free.acquire()).await else { continue };
        permit.expect("the semaphore is never closed").forget();
        number += 1;
        let (load, mut client) = (load.clone(), clients[number % clients.len()].clone());
        tokio::spawn(async move {
            let id = format!("{}-{number}", load.queue);
            if let Err(status) = start(&load, &mut client, id).await {
                load.failed("start", &status);
                load.free.add_permits(1);
            }
        });
    }
    measured.report(load);
}

/// Fills a queue that nobody polls, says how fast that went, and measures how fast it drains.
async fn backlog(load: &Arc<Load>, clients: &[Client]) {
    let (begin, count) = (Instant::now(), load.arguments.count);
    let mut starters = tokio::task::JoinSet::new();
    for starter in 0..load.arguments.concurrency {
        let (load, mut client) = (load.clone(), clients[starter % clients.len()].clone());
        starters.spawn(async move {
            for number in (starter..count).step_by(load.arguments.concurrency) {
                if let Err(status) = start(&load, &mut client, format!("{}-{number}", load.queue)).await {
                    load.failed("start", &status);
                }
            }
        });
    }
    while starters.join_next().await.is_some() {}
    println!(
        "{{\"scenario\": \"Backlog\", \"started\": {count}, \"per_second\": {:.1}, \"server_resident_mib\": {:?}}}",
        count as f64 / begin.elapsed().as_secs_f64(),
        load.arguments.pid.and_then(resident_mib),
    );
    let measured = Measured::begin(load);
    load.counting.store(true, Relaxed);
    for number in 0..load.arguments.pollers {
        worker::spawn(load, &clients[number % clients.len()]);
    }
    let mut largest = 0.0_f64;
    while load.done.load(Relaxed) + load.errors.load(Relaxed) < count as u64 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        largest = largest.max(load.arguments.pid.and_then(resident_mib).unwrap_or_default());
    }
    measured.report(load);
    println!("{{\"scenario\": \"Backlog\", \"largest_resident_mib\": {largest:.1}}}");
}

async fn signal(load: &Arc<Load>, clients: &[Client]) -> Result<(), tonic::Status> {
    for number in 0..load.arguments.count {
        start(load, &mut clients[number % clients.len()].clone(), format!("{}-{number}", load.queue)).await?;
    }
    let measured = Measured::begin(load);
    load.counting.store(true, Relaxed);
    let until = Instant::now() + Duration::from_secs(load.arguments.seconds);
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..load.arguments.concurrency {
        let (load, mut client) = (load.clone(), clients[caller % clients.len()].clone());
        callers.spawn(async move {
            let mut number = caller;
            while Instant::now() < until {
                number += load.arguments.concurrency;
                let since = Instant::now();
                let request = SignalWorkflowExecutionRequest {
                    namespace: "default".into(),
                    workflow_execution: Some(WorkflowExecution {
                        workflow_id: format!("{}-{}", load.queue, number % load.arguments.count),
                        run_id: String::new(),
                    }),
                    signal_name: "signal".into(),
                    input: load.payloads(),
                    request_id: format!("{caller}-{number}"),
                    ..SignalWorkflowExecutionRequest::default()
                };
                match client.signal_workflow_execution(request).await {
                    Ok(_) => load.finished(since),
                    Err(status) => load.failed("signal", &status),
                }
            }
        });
    }
    while callers.join_next().await.is_some() {}
    measured.report(load);
    Ok(())
}

/// When the counting began, and what the server had cost by then.
struct Measured {
    since: Instant,
    processor: Option<Duration>,
}

impl Measured {
    fn begin(load: &Load) -> Self {
        Self { since: Instant::now(), processor: load.arguments.pid.and_then(processor_time) }
    }

    fn report(&self, load: &Load) {
        let seconds = self.since.elapsed().as_secs_f64();
        let mut took = load.took.lock().expect("no holder panics").clone();
        took.sort_unstable();
        let quantile = |part: f64| {
            let index = ((took.len() as f64 - 1.0) * part).max(0.0) as usize;
            took.get(index).map_or(0.0, |took| took.as_secs_f64() * 1000.0)
        };
        let done = load.done.load(Relaxed);
        let pid = load.arguments.pid;
        let cost = pid
            .and_then(processor_time)
            .zip(self.processor)
            .map(|(now, then)| (now - then).as_secs_f64() * 1000.0 / done.max(1) as f64);
        let number = |value: Option<f64>| value.map_or("null".to_owned(), |value| format!("{value:.3}"));
        println!(
            "{{\"scenario\": \"{:?}\", \"steps\": {}, \"concurrency\": {}, \"per_second\": {:.1}, \"p50_ms\": {:.2}, \
             \"p99_ms\": {:.2}, \"server_cpu_ms\": {}, \"server_resident_mib\": {}, \"errors\": {}}}",
            load.arguments.scenario,
            load.arguments.steps,
            load.arguments.concurrency,
            done as f64 / seconds,
            quantile(0.5),
            quantile(0.99),
            number(cost),
            number(pid.and_then(resident_mib)),
            load.errors.load(Relaxed),
        );
    }
}

/// User and system time of a process. Linux counts it in hundredths of a second.
fn processor_time(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

fn resident_mib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
