//! What end-to-end tests share: a node in this process, a client of the raw protocol, and a worker that does as the test
//! says. Every wait is bounded by a deadline of the protocol itself; nothing sleeps.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::Path;
use std::time::Duration;

use abide_api::google::rpc::Status as RichStatus;
use abide_api::temporal::api::{
    command::v1::{Command, command::Attributes},
    common::v1::{ActivityType, Payload, Payloads, WorkflowExecution, WorkflowType},
    enums::v1::CommandType,
    history::v1::HistoryEvent,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{workflow_service_client::WorkflowServiceClient, *},
};
use abide_server::config::{Config, Data, Listen};
use abide_server::{Node, dev};
use prost::Message;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// The namespace of all tests.
pub const NAMESPACE: &str = "default";
/// How long a poll of a test waits before it counts as failed.
pub const POLL: Duration = Duration::from_secs(10);

/// A client of the raw protocol.
pub type Client = WorkflowServiceClient<Channel>;

/// A node in this process, with a client.
pub struct Server {
    node: Node,
    /// A connected client.
    pub client: Client,
}

impl Server {
    /// With its data in memory.
    pub async fn in_memory() -> Self {
        Self::start(config(Data::Memory)).await
    }

    /// With its data in a file.
    pub async fn on(file: &Path) -> Self {
        Self::start(config(Data::File(file.to_owned()))).await
    }

    /// As configured.
    pub async fn start(config: Config) -> Self {
        let node = Node::start(config).await.expect("the node starts");
        let client = connect(&node).await;
        Self { node, client }
    }

    /// Stops it, and waits until it has.
    pub async fn stop(self) {
        drop(self.client);
        self.node.stop().await;
    }

    /// The node itself.
    pub fn node(&self) -> &Node {
        &self.node
    }
}

/// The configuration of a test's node: any free port.
pub fn config(data: Data) -> Config {
    dev::config(data, Listen { host: "127.0.0.1".into(), port: 0 }, &[])
}

async fn connect(node: &Node) -> Client {
    let address = node.addresses()[0];
    Client::connect(format!("http://{address}")).await.expect("the node is connectable when it has started")
}

/// A request with a deadline.
pub fn within<T>(timeout: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}

/// A queue by name.
pub fn queue(name: &str) -> Option<TaskQueue> {
    Some(TaskQueue { name: name.into(), ..TaskQueue::default() })
}

/// The newest run of a workflow id, or the run.
pub fn execution(workflow_id: &str, run_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: workflow_id.into(), run_id: run_id.into() })
}

/// One JSON value.
pub fn json(text: &str) -> Option<Payloads> {
    let payload = Payload {
        metadata: [("encoding".into(), "json/plain".into())].into(),
        data: text.to_owned().into(),
        ..Payload::default()
    };
    Some(Payloads { payloads: vec![payload] })
}

/// The text of the only payload.
pub fn text(payloads: Option<&Payloads>) -> String {
    let payload = payloads.and_then(|payloads| payloads.payloads.first());
    payload.map(|payload| String::from_utf8_lossy(&payload.data).into_owned()).unwrap_or_default()
}

/// A request that starts a workflow on the queue of the same name.
pub fn start_request(workflow_id: &str) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: NAMESPACE.into(),
        workflow_id: workflow_id.into(),
        workflow_type: Some(WorkflowType { name: "Order".into() }),
        task_queue: queue(workflow_id),
        input: json("1"),
        identity: "test".into(),
        request_id: format!("start of {workflow_id}"),
        ..StartWorkflowExecutionRequest::default()
    }
}

/// Starts a workflow on the queue of the same name; its run id.
pub async fn start(client: &mut Client, workflow_id: &str) -> String {
    let answer = client.start_workflow_execution(start_request(workflow_id)).await.expect("a valid start");
    answer.into_inner().run_id
}

/// Sends a signal.
pub async fn signal(client: &mut Client, workflow_id: &str, name: &str) -> Result<(), Status> {
    let request = SignalWorkflowExecutionRequest {
        namespace: NAMESPACE.into(),
        workflow_execution: execution(workflow_id, ""),
        signal_name: name.into(),
        input: json("2"),
        identity: "test".into(),
        ..SignalWorkflowExecutionRequest::default()
    };
    client.signal_workflow_execution(request).await.map(drop)
}

/// Polls once for a workflow task.
pub async fn poll(client: &mut Client, queue_name: &str) -> PollWorkflowTaskQueueResponse {
    let request = PollWorkflowTaskQueueRequest {
        namespace: NAMESPACE.into(),
        task_queue: queue(queue_name),
        identity: "worker".into(),
        ..PollWorkflowTaskQueueRequest::default()
    };
    client.poll_workflow_task_queue(within(POLL, request)).await.expect("a valid poll").into_inner()
}

/// Polls once for an activity.
pub async fn poll_activity(client: &mut Client, queue_name: &str) -> PollActivityTaskQueueResponse {
    let request = PollActivityTaskQueueRequest {
        namespace: NAMESPACE.into(),
        task_queue: queue(queue_name),
        identity: "worker".into(),
        ..PollActivityTaskQueueRequest::default()
    };
    client.poll_activity_task_queue(within(POLL, request)).await.expect("a valid poll").into_inner()
}

/// Completes a workflow task with these commands.
pub async fn complete(client: &mut Client, token: &bytes::Bytes, commands: Vec<Command>) -> Result<(), Status> {
    let request = RespondWorkflowTaskCompletedRequest {
        namespace: NAMESPACE.into(),
        task_token: token.clone(),
        commands,
        identity: "worker".into(),
        ..RespondWorkflowTaskCompletedRequest::default()
    };
    client.respond_workflow_task_completed(request).await.map(drop)
}

/// Polls for the next workflow task and completes it with these commands; what was polled.
pub async fn work(client: &mut Client, queue: &str, commands: Vec<Command>) -> PollWorkflowTaskQueueResponse {
    let task = poll(client, queue).await;
    assert!(!task.task_token.is_empty(), "a workflow task came in time");
    complete(client, &task.task_token, commands).await.expect("a valid completion");
    task
}

/// Completes an activity.
pub async fn complete_activity(client: &mut Client, token: &bytes::Bytes, result: &str) -> Result<(), Status> {
    let request = RespondActivityTaskCompletedRequest {
        namespace: NAMESPACE.into(),
        task_token: token.clone(),
        result: json(result),
        identity: "worker".into(),
        ..RespondActivityTaskCompletedRequest::default()
    };
    client.respond_activity_task_completed(request).await.map(drop)
}

/// A command that schedules an activity.
pub fn schedule_activity(id: &str, queue_name: &str) -> Command {
    use abide_api::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes as Schedule;
    let attributes = Schedule {
        activity_id: id.into(),
        activity_type: Some(ActivityType { name: "charge".into() }),
        task_queue: queue(queue_name),
        input: json("3"),
        start_to_close_timeout: seconds(30),
        ..Schedule::default()
    };
    command(CommandType::ScheduleActivityTask, Attributes::ScheduleActivityTaskCommandAttributes(attributes))
}

/// A command that starts a timer.
pub fn start_timer(id: &str, after: Duration) -> Command {
    use abide_api::temporal::api::command::v1::StartTimerCommandAttributes as Timer;
    let after = prost_types::Duration { seconds: after.as_secs() as i64, nanos: after.subsec_nanos() as i32 };
    let attributes = Timer { timer_id: id.into(), start_to_fire_timeout: Some(after) };
    command(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(attributes))
}

/// A command that completes the workflow.
pub fn complete_workflow(result: &str) -> Command {
    use abide_api::temporal::api::command::v1::CompleteWorkflowExecutionCommandAttributes as Complete;
    let attributes = Complete { result: json(result) };
    command(CommandType::CompleteWorkflowExecution, Attributes::CompleteWorkflowExecutionCommandAttributes(attributes))
}

/// Any command.
pub fn command(kind: CommandType, attributes: Attributes) -> Command {
    Command { command_type: kind.into(), attributes: Some(attributes), ..Command::default() }
}

/// Whole seconds.
pub fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

/// All events of a workflow id's newest run.
pub async fn history(client: &mut Client, workflow_id: &str) -> Vec<HistoryEvent> {
    let mut events = Vec::new();
    let mut token = bytes::Bytes::new();
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.into(),
            execution: execution(workflow_id, ""),
            next_page_token: token,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let answer = client.get_workflow_execution_history(request).await.expect("a known run").into_inner();
        events.extend(answer.history.unwrap_or_default().events);
        token = answer.next_page_token;
        if token.is_empty() {
            return events;
        }
    }
}

/// The types of events, in short: `WORKFLOW_TASK_SCHEDULED`.
pub fn types(events: &[HistoryEvent]) -> Vec<String> {
    events.iter().map(|event| event.event_type().as_str_name().trim_start_matches("EVENT_TYPE_").to_owned()).collect()
}

/// Events are numbered 1, 2, 3 without a gap.
pub fn assert_gapless(events: &[HistoryEvent]) {
    let numbers: Vec<i64> = events.iter().map(|event| event.event_id).collect();
    assert_eq!(numbers, (1..=events.len() as i64).collect::<Vec<_>>());
}

/// What a refusal is made of: code, the name of its detail message, text.
pub fn refusal(status: &Status) -> (Code, String, String) {
    let rich = RichStatus::decode(status.details()).unwrap_or_default();
    let detail = rich.details.first().and_then(|detail| detail.type_url.rsplit('.').next()).unwrap_or_default();
    (status.code(), detail.to_owned(), status.message().to_owned())
}
