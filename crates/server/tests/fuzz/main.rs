//! Ten thousand requests that are right, nearly right and wrong, of every RPC that is served, over real gRPC: none makes
//! the server panic, answer that it is broken, or not answer; ordinary workflows go on beside them; every run can be
//! read, ended, and read again by the next server. `ABIDE_FUZZ_SEED` and `ABIDE_FUZZ_REQUESTS` make other ones, and more.

#[path = "../common/mod.rs"]
mod common;
mod ordinary;
mod requests;
mod wire;
mod words;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use abide_api::temporal::api::{command::v1::Command, workflowservice::v1::*};
use abide_frontend::{METHODS, Method, Wait};
use abide_mutation::{Random, mutated, noise, odd_text};
use abide_server::config::{Config, Data};
use bytes::Bytes;
use common::*;
use http::{HeaderMap, HeaderName, HeaderValue};
use ordinary::{Ordinary, SIGNALS};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use requests::{Draw, Mood, VALUES_MAX};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use wire::Wire;
use words::{FUZZED, TARGETS, Words};

/// Callers at the same time.
const CALLERS: usize = 48;
/// Every answer is there by then, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// The least that a poll may wait.
const POLL_DEADLINE: &str = "2000m";
/// What has to be there is set up again after so many requests: somebody may have deleted it.
const SET_UP_EVERY: u64 = 100;

/// What panicked.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What callers share.
struct World {
    seed: u64,
    requests: u64,
    next: AtomicU64,
    methods: Vec<(&'static Method, MethodDescriptor)>,
    words: Words,
    codes: Mutex<BTreeMap<String, u64>>,
    /// What refusals said, for whoever makes the requests better.
    said: Mutex<BTreeMap<(&'static str, String), u64>>,
    /// How often each RPC did what it was asked.
    done: Mutex<BTreeMap<&'static str, u64>>,
    wrong: Mutex<Vec<String>>,
}

/// A request as it is sent, and what may come of it.
struct Attempt {
    number: u64,
    method: &'static Method,
    descriptor: MethodDescriptor,
    wire: Wire,
    /// Whether it is gRPC at all; what is not is answered with whatever the protocol says.
    is_grpc: bool,
}

fn numbers() -> (u64, u64) {
    let of = |name, default| std::env::var(name).map_or(default, |text| text.parse().expect("a number"));
    (of("ABIDE_FUZZ_SEED", 1), of("ABIDE_FUZZ_REQUESTS", 10_000))
}

fn methods() -> Vec<(&'static Method, MethodDescriptor)> {
    let pool = DescriptorPool::decode(abide_api::FILE_DESCRIPTOR_SET).expect("the descriptor set is complete");
    let found = |method: &'static Method| {
        let service = pool.get_service_by_name(method.service).expect("a served service is described");
        let descriptor = service.methods().find(|found| found.name() == method.name);
        (method, descriptor.expect("a served RPC is described"))
    };
    METHODS.iter().map(found).collect()
}

impl World {
    /// The request with this number. Who has got a task answers it more often than others do.
    fn attempt(&self, number: u64, has_task: bool) -> Attempt {
        let random = &mut Random::of(self.seed.wrapping_mul(0x1_0000_0001).wrapping_add(number));
        let (method, descriptor) = loop {
            let (method, descriptor) = random.one_of(&self.methods);
            if has_task && random.percent(90) && !method.name.starts_with("Respond") {
                continue;
            }
            // Those that wait would be most of the time.
            if method.wait == Wait::None || random.percent(40) {
                break (*method, descriptor.clone());
            }
        };
        let mood = Mood { wild: *random.one_of(&[0, 0, 20, 100, 400]), filled: *random.one_of(&[0, 15, 60, 100]) };
        let mut headers = HeaderMap::new();
        let timeout = match method.wait {
            Wait::None => "10S",
            Wait::Allowed => "300m",
            Wait::DeadlineRequired => POLL_DEADLINE,
        };
        headers.insert("grpc-timeout", HeaderValue::from_static(timeout));
        if random.percent(4) {
            headers.extend(odd_header(random));
        }
        let mut draw = Draw { random, words: &self.words, mood, values_left: VALUES_MAX };
        let message = draw.message(&descriptor.input(), 0).encode_to_vec();
        let (frame, is_grpc) = match random.below(100) {
            0..70 => (wire::frame(&message), true),
            70..93 => (wire::frame(&mutated(&message, std::slice::from_ref(&message), random)), true),
            93..96 => (wire::frame(&noise(random, 300)), true),
            _ => (mutated(&wire::frame(&message), &[], random), false),
        };
        let wire = Wire { path: format!("/{}/{}", method.service, method.name), headers, frame };
        Attempt { number, method, descriptor, wire, is_grpc }
    }

    /// Sends one, and says what is wrong with the answer.
    /// Whether the answer is a task.
    async fn try_one(&self, channel: Channel, attempt: Attempt) -> bool {
        let Attempt { number, method, descriptor, wire, is_grpc } = attempt;
        let sent = wire.frame.clone();
        let answer = wire::send(channel, wire, PATIENCE).await;
        let is_task = method.wait == Wait::DeadlineRequired && matches!(&answer, Ok(Ok(bytes)) if bytes.len() > 50);
        let (code, wrong) = match answer {
            Ok(Ok(bytes)) => {
                *self.done.lock().expect("no holder panics").entry(method.name).or_default() += 1;
                if bytes.len() < 100_000
                    && let Ok(answer) = DynamicMessage::decode(descriptor.output(), bytes)
                {
                    requests::learn(&answer, &self.words);
                }
                (format!("{:?}", Code::Ok), None)
            }
            Ok(Err(status)) => {
                let text: String = status.message().chars().take(60).collect();
                *self.said.lock().expect("no holder panics").entry((method.name, text)).or_default() += 1;
                (format!("{:?}", status.code()), wrong(&status, is_grpc))
            }
            Err(error) => ("nothing".into(), Some(error)),
        };
        *self.codes.lock().expect("no holder panics").entry(code).or_default() += 1;
        if let Some(wrong) = wrong {
            let hex: String = sent.iter().take(1500).map(|byte| format!("{byte:02x}")).collect();
            let text = format!("request {number} of seed {}, {}: {wrong}\n  {hex}", self.seed, method.name);
            self.wrong.lock().expect("no holder panics").push(text);
        }
        is_task
    }
}

/// What a status must not say.
fn wrong(status: &Status, is_grpc: bool) -> Option<String> {
    let broken = match status.code() {
        Code::Unknown | Code::DataLoss | Code::Unavailable => true,
        Code::Internal => is_grpc,
        _ => false,
    };
    broken.then(|| format!("{:?}: {}", status.code(), status.message()))
}

/// A header field that means something, and says something else.
fn odd_header(random: &mut Random) -> Option<(HeaderName, HeaderValue)> {
    let names = ["grpc-timeout", "client-name", "client-version", "grpc-accept-encoding", "user-agent", "caller-type"];
    let values = ["1n", "0S", "99999999H", "-1S", "temporal-cli", "1.2.3.4", "gzip,identity", "snappy", "", "\t"];
    let name = *random.one_of(&names);
    let name = HeaderName::from_static(name);
    let value = if random.percent(50) { (*random.one_of(&values)).to_owned() } else { odd_text(random) };
    HeaderValue::from_str(&value).ok().map(|value| (name, value))
}

async fn caller(world: Arc<World>, mut client: Client, channel: Channel) {
    let mut has_task = false;
    loop {
        let number = world.next.fetch_add(1, Ordering::Relaxed);
        if number >= world.requests {
            return;
        }
        if number.is_multiple_of(SET_UP_EVERY) {
            set_up(&mut client).await;
        }
        has_task = world.try_one(channel.clone(), world.attempt(number, has_task)).await;
    }
}

/// A worker that helps requests to something to be about: it has activities and timers scheduled, and tells the tokens of
/// what it got instead of answering everything itself.
async fn assistant(world: Arc<World>, mut client: Client) {
    let random = &mut Random::of(world.seed);
    loop {
        let request = PollWorkflowTaskQueueRequest {
            namespace: FUZZED.into(),
            task_queue: queue("targets"),
            ..PollWorkflowTaskQueueRequest::default()
        };
        if let Ok(task) = client.poll_workflow_task_queue(within(Duration::from_secs(3), request)).await {
            let token = task.into_inner().task_token;
            let activity = schedule_activity(&format!("activity-{}", random.below(4)), "targets");
            let timer = start_timer(&format!("timer-{}", random.below(4)), Duration::from_secs(60));
            world.words.learn_token(token.clone());
            if random.percent(70) {
                complete_in_fuzzed(&mut client, token, vec![activity, timer]).await;
            }
        }
        let request = PollActivityTaskQueueRequest {
            namespace: FUZZED.into(),
            task_queue: queue("targets"),
            ..PollActivityTaskQueueRequest::default()
        };
        if let Ok(task) = client.poll_activity_task_queue(within(Duration::from_secs(3), request)).await {
            world.words.learn_token(task.into_inner().task_token);
        }
    }
}

async fn complete_in_fuzzed(client: &mut Client, task_token: Bytes, commands: Vec<Command>) {
    let request = RespondWorkflowTaskCompletedRequest {
        namespace: FUZZED.into(),
        task_token,
        commands,
        ..RespondWorkflowTaskCompletedRequest::default()
    };
    // The run may have ended meanwhile, or have such an activity already.
    client.respond_workflow_task_completed(request).await.ok();
}

/// The namespace, and the runs that most requests are about.
async fn set_up(client: &mut Client) {
    let register = RegisterNamespaceRequest {
        namespace: FUZZED.into(),
        workflow_execution_retention_period: seconds(86_400),
        ..RegisterNamespaceRequest::default()
    };
    // It may be there, or be on its way out.
    client.register_namespace(register).await.ok();
    for number in 0..TARGETS {
        let mut start = start_request(&format!("target-{number}"));
        start.namespace = FUZZED.into();
        start.task_queue = queue("targets");
        start.request_id = String::new();
        client.start_workflow_execution(start).await.ok();
    }
}

fn on(folder: &std::path::Path) -> Config {
    let mut config = config(Data::File(folder.join("abide.db")));
    // Runs leave the cache and are read again, all the time.
    config.cache_bytes = Some(100_000);
    config.sqlite.log_bytes = 200_000;
    config.dynamic_config.insert("frontend.WorkflowPauseEnabled".into(), "true".into());
    config
}

/// Every run of the namespace in which everything was tried: its history is whole, and it can be ended.
async fn end_everything(client: &mut Client) -> usize {
    let mut runs = Vec::new();
    let mut token = Bytes::new();
    loop {
        let request = ListWorkflowExecutionsRequest {
            namespace: FUZZED.into(),
            next_page_token: token,
            ..ListWorkflowExecutionsRequest::default()
        };
        let page = client.list_workflow_executions(request).await.expect("a valid list").into_inner();
        runs.extend(page.executions);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    for info in &runs {
        let run = info.execution.clone().expect("a listed run has an id");
        let describe = DescribeWorkflowExecutionRequest { namespace: FUZZED.into(), execution: Some(run.clone()) };
        client.describe_workflow_execution(describe).await.unwrap_or_else(|error| panic!("{run:?}: {error}"));
        assert_whole(client, &run).await;
        let terminate = TerminateWorkflowExecutionRequest {
            namespace: FUZZED.into(),
            workflow_execution: Some(run.clone()),
            ..TerminateWorkflowExecutionRequest::default()
        };
        match client.terminate_workflow_execution(terminate).await {
            Ok(_) => {}
            Err(status) => assert_eq!(status.code(), Code::NotFound, "{run:?}: {status}"),
        }
    }
    runs.len()
}

async fn assert_whole(client: &mut Client, run: &abide_api::temporal::api::common::v1::WorkflowExecution) {
    let (mut events, mut token) = (Vec::new(), Bytes::new());
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: FUZZED.into(),
            execution: Some(run.clone()),
            next_page_token: token,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let page = client.get_workflow_execution_history(request).await;
        let page = page.unwrap_or_else(|error| panic!("{run:?}: {error}")).into_inner();
        events.extend(page.history.unwrap_or_default().events);
        token = page.next_page_token;
        if token.is_empty() {
            return assert_gapless(&events);
        }
    }
}

async fn assert_serving(server: &Server) {
    let address = format!("http://{}", server.node().addresses()[0]);
    let channel = Endpoint::from_shared(address).expect("an address").connect().await.expect("it still listens");
    let request = HealthCheckRequest { service: "temporal.api.workflowservice.v1.WorkflowService".into() };
    let answer = HealthClient::new(channel).check(request).await.expect("health is served").into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
}

fn note_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.lock().expect("no holder panics").push(panic.to_string());
        before(panic);
    }));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_of_any_kind_break_nothing() {
    note_panics();
    let (seed, requests) = numbers();
    println!("seed {seed}, {requests} requests");
    let began = std::time::Instant::now();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(on(folder.path())).await;
    let mut ordinary = Ordinary::start(server.node()).await;
    let world = Arc::new(World {
        seed,
        requests,
        next: AtomicU64::new(0),
        methods: methods(),
        words: Words::default(),
        codes: Mutex::default(),
        said: Mutex::default(),
        done: Mutex::default(),
        wrong: Mutex::default(),
    });
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let address = format!("http://{}", server.node().addresses()[0]);
        let channel = Endpoint::from_shared(address).expect("an address").connect().await.expect("it listens");
        callers.spawn(caller(world.clone(), server.client.clone(), channel));
    }
    let mut assistants = tokio::task::JoinSet::new();
    for _ in 0..2 {
        assistants.spawn(assistant(world.clone(), server.client.clone()));
    }
    for part in 0..SIGNALS as u64 {
        while world.next.load(Ordering::Relaxed) < part * requests / SIGNALS as u64 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        ordinary.signal().await;
    }
    while let Some(ended) = callers.join_next().await {
        ended.expect("a caller does not fail");
    }
    assistants.shutdown().await;
    println!("answers after {:?}: {:?}", began.elapsed(), world.codes.lock().expect("no holder panics"));
    println!("done: {:?}", world.done.lock().expect("no holder panics"));
    if std::env::var_os("ABIDE_FUZZ_TELL").is_some() {
        for ((name, text), times) in &*world.said.lock().expect("no holder panics") {
            println!("{times:5} {name}: {text:?}");
        }
    }
    let wrong = std::mem::take(&mut *world.wrong.lock().expect("no holder panics"));
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert_serving(&server).await;
    let histories = ordinary.ended().await;
    let mut client = server.client.clone();
    set_up(&mut client).await;
    println!("{} runs", end_everything(&mut client).await);
    drop(client);
    server.stop().await;
    println!("the first server has stopped after {:?}", began.elapsed());

    // The next server finds the same.
    let server = Server::start(on(folder.path())).await;
    let mut client = server.client.clone();
    for (id, events) in ordinary::ids().zip(histories) {
        assert_eq!(history(&mut client, &id).await, events, "{id}");
    }
    end_everything(&mut client).await;
    assert_serving(&server).await;
    drop(client);
    server.stop().await;
    assert_eq!(*PANICS.lock().expect("no holder panics"), Vec::<String>::new());
}
