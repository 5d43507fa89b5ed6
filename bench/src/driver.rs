//! The driver: plays the clients that start workflows and the workers that do them, in a closed loop over raw gRPC, so
//! that what is measured is the server.

mod worker;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use abide_api::temporal::api::{
    common::v1::{Payload, Payloads, WorkflowExecution, WorkflowType},
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{
        SignalWorkflowExecutionRequest, StartWorkflowExecutionRequest, workflow_service_client::WorkflowServiceClient,
    },
};
use clap::Args;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonic::Status;
use tonic::transport::Channel;

use self::worker::Progress;
use crate::Error;
use crate::figures::{Figures, processor_time, resident_mib};
use crate::profile::{Profile, Sizes, Work};

/// How many pollers of each kind play the worker.
pub(crate) const POLLERS: usize = 16;
/// How many connections the driver has.
const CONNECTIONS: usize = 4;
/// How long the load runs before it is measured.
const WARM_UP: Duration = Duration::from_secs(2);
/// How long a load is measured.
const SECONDS: u64 = 8;
/// A day is as good as for ever.
const UNBOUNDED: u64 = 86_400;
/// The largest answer that the driver reads.
const ANSWER_BYTES_MAX: usize = 64 << 20;

type Client = WorkflowServiceClient<Channel>;

/// A load on a server that runs already: a profile, whose sizes may be changed.
#[derive(Args)]
pub(crate) struct Arguments {
    #[arg(long, default_value = "http://127.0.0.1:7233")]
    address: String,
    /// What the sizes are taken from.
    #[arg(long, value_enum, default_value = "activity")]
    profile: Profile,
    #[arg(long)]
    concurrency: Option<usize>,
    #[arg(long)]
    steps: Option<usize>,
    #[arg(long)]
    count: Option<usize>,
    /// In bytes.
    #[arg(long)]
    payload: Option<usize>,
    /// In milliseconds.
    #[arg(long)]
    timer: Option<u64>,
    /// How long; a backlog is filled and drained for as long as it takes, unless this is given.
    #[arg(long)]
    seconds: Option<u64>,
    /// Pollers of each kind.
    #[arg(long, default_value_t = POLLERS)]
    pollers: usize,
    /// The server's process, to say what it cost.
    #[arg(long)]
    pid: Option<u32>,
}

pub(crate) async fn run(arguments: Arguments) -> Result<Figures, Error> {
    let of = arguments.profile.sizes();
    let sizes = Sizes {
        work: of.work,
        concurrency: arguments.concurrency.unwrap_or(of.concurrency),
        steps: arguments.steps.unwrap_or(of.steps),
        count: arguments.count.unwrap_or(of.count),
        payload: arguments.payload.unwrap_or(of.payload),
        timer: arguments.timer.unwrap_or(of.timer),
    };
    let target = Target { address: arguments.address, pid: arguments.pid, pollers: arguments.pollers };
    let seconds = arguments.seconds.unwrap_or(if sizes.work == Work::Backlog { UNBOUNDED } else { SECONDS });
    drive(target, sizes, Duration::from_secs(seconds)).await
}

/// Where the load goes.
pub(crate) struct Target {
    pub(crate) address: String,
    /// The server's process, to say what it cost.
    pub(crate) pid: Option<u32>,
    /// Pollers of each kind.
    pub(crate) pollers: usize,
}

/// What the driver's tasks share.
struct Load {
    target: Target,
    sizes: Sizes,
    time: Duration,
    /// The queue, and in what the sticky queue's name begins: unique to this load.
    queue: String,
    /// When each workflow was started, by its id.
    begun: Mutex<HashMap<String, Instant>>,
    /// How far each run has come, by its run id.
    progress: Mutex<HashMap<String, Progress>>,
    took: Mutex<Vec<Duration>>,
    done: AtomicU64,
    errors: AtomicU64,
    is_counting: AtomicBool,
    free: Semaphore,
}

impl Load {
    fn payloads(&self) -> Option<Payloads> {
        let payload = Payload {
            metadata: [("encoding".to_owned(), "binary/plain".into())].into(),
            data: vec![7; self.sizes.payload].into(),
            ..Payload::default()
        };
        Some(Payloads { payloads: vec![payload] })
    }

    fn finished(&self, since: Instant) {
        if self.is_counting.load(Relaxed) {
            self.done.fetch_add(1, Relaxed);
            lock(&self.took).push(since.elapsed());
        }
    }

    fn failed(&self, what: &str, status: &Status) {
        if self.errors.fetch_add(1, Relaxed) == 0 {
            eprintln!("the first call that failed: {what}: {:?} {}", status.code(), status.message());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts the load on the server for so long, or until all is done. What it has started goes on until the runtime ends.
pub(crate) async fn drive(target: Target, sizes: Sizes, time: Duration) -> Result<Figures, Error> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client::connect(target.address.clone()).await?.max_decoding_message_size(ANSWER_BYTES_MAX));
    }
    let load = Arc::new(Load {
        queue: format!("load-{}", uuid::Uuid::new_v4().simple()),
        begun: Mutex::default(),
        progress: Mutex::default(),
        took: Mutex::default(),
        done: AtomicU64::default(),
        errors: AtomicU64::default(),
        is_counting: AtomicBool::default(),
        free: Semaphore::new(sizes.concurrency),
        target,
        sizes,
        time,
    });
    Ok(match sizes.work {
        Work::Signal => signal(&load, &clients).await?,
        Work::Noop | Work::Activity | Work::Fanout | Work::Timer => workflows(&load, &clients).await,
        Work::Backlog => backlog(&load, &clients).await,
    })
}

async fn start(load: &Load, client: &mut Client, id: String) -> Result<(), Status> {
    lock(&load.begun).insert(id.clone(), Instant::now());
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

/// Keeps so many workflows in flight.
async fn workflows(load: &Arc<Load>, clients: &[Client]) -> Figures {
    spawn_workers(load, clients);
    let (begin, mut number) = (Instant::now(), 0);
    let mut measured = Measured::begin(load);
    while begin.elapsed() < WARM_UP + load.time {
        if !load.is_counting.load(Relaxed) && begin.elapsed() >= WARM_UP {
            measured = Measured::begin(load);
            load.is_counting.store(true, Relaxed);
        }
        let Ok(permit) = tokio::time::timeout(Duration::from_secs(1), load.free.acquire()).await else { continue };
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
    measured.end(load)
}

fn spawn_workers(load: &Arc<Load>, clients: &[Client]) {
    for number in 0..load.target.pollers {
        worker::spawn(load, &clients[number % clients.len()]);
    }
}

/// Fills a queue that nobody polls, for at most so long, and measures how fast it drains, for at most four times that.
async fn backlog(load: &Arc<Load>, clients: &[Client]) -> Figures {
    let begin = Instant::now();
    let mut starters = JoinSet::new();
    for starter in 0..load.sizes.concurrency {
        let (load, mut client) = (load.clone(), clients[starter % clients.len()].clone());
        starters.spawn(async move {
            let mut started = 0;
            for number in (starter..load.sizes.count).step_by(load.sizes.concurrency) {
                if begin.elapsed() > load.time {
                    break;
                }
                match start(&load, &mut client, format!("{}-{number}", load.queue)).await {
                    Ok(()) => started += 1,
                    Err(status) => load.failed("start", &status),
                }
            }
            started
        });
    }
    let mut count = 0;
    while let Some(started) = starters.join_next().await {
        count += started.unwrap_or(0);
    }
    let filled = count as f64 / begin.elapsed().as_secs_f64();
    let measured = Measured::begin(load);
    load.is_counting.store(true, Relaxed);
    spawn_workers(load, clients);
    let mut largest = 0.0_f64;
    while load.done.load(Relaxed) < count && measured.since.elapsed() < 4 * load.time {
        tokio::time::sleep(Duration::from_millis(100)).await;
        largest = largest.max(load.target.pid.and_then(resident_mib).unwrap_or_default());
    }
    let mut figures = measured.end(load);
    figures.more = vec![("filled", count as f64), ("filled_per_second", filled), ("largest_resident_mib", largest)];
    figures
}

async fn signal(load: &Arc<Load>, clients: &[Client]) -> Result<Figures, Status> {
    for number in 0..load.sizes.count {
        start(load, &mut clients[number % clients.len()].clone(), format!("{}-{number}", load.queue)).await?;
    }
    let measured = Measured::begin(load);
    load.is_counting.store(true, Relaxed);
    let until = Instant::now() + load.time;
    let mut callers = JoinSet::new();
    for caller in 0..load.sizes.concurrency {
        callers.spawn(call(load.clone(), clients[caller % clients.len()].clone(), caller, until));
    }
    while callers.join_next().await.is_some() {}
    Ok(measured.end(load))
}

/// One caller, who signals one workflow after the other.
async fn call(load: Arc<Load>, mut client: Client, caller: usize, until: Instant) {
    let mut number = caller;
    while Instant::now() < until {
        number += load.sizes.concurrency;
        let since = Instant::now();
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: Some(WorkflowExecution {
                workflow_id: format!("{}-{}", load.queue, number % load.sizes.count),
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
}

/// When the counting began, and what the server had cost by then.
struct Measured {
    since: Instant,
    processor: Option<Duration>,
}

impl Measured {
    fn begin(load: &Load) -> Self {
        Self { since: Instant::now(), processor: load.target.pid.and_then(processor_time) }
    }

    fn end(&self, load: &Load) -> Figures {
        let elapsed = self.since.elapsed();
        let now = load.target.pid.and_then(processor_time);
        let took = std::mem::take(&mut *lock(&load.took));
        let each = took.len().max(1) as f64;
        let cpu_ms = now.zip(self.processor).map(|(now, then)| (now - then).as_secs_f64() * 1000.0 / each);
        Figures {
            cpu_ms,
            resident_mib: load.target.pid.and_then(resident_mib),
            errors: load.errors.load(Relaxed),
            ..Figures::of(took, elapsed)
        }
    }
}
