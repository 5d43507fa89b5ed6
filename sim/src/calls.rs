//! Calls as clients make them: with a deadline, and with an outcome that is one of three things.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::{Payload, Payloads, WorkflowExecution},
    enums::v1::TaskQueueKind,
    taskqueue::v1::TaskQueue,
    workflowservice::v1::workflow_service_client::WorkflowServiceClient,
};
use abide_model::Timestamp;
use tokio::time::timeout;
use tonic::{Code, Request, Response, Status};

use crate::wire::Wire;

/// The namespace of everything.
pub const NAMESPACE: &str = "default";
/// The queue of all workflows and activities.
pub const QUEUE: &str = "work";
/// How long an ordinary call may take.
pub const CALL: Duration = Duration::from_secs(10);

/// A client of the raw protocol.
pub type Client = WorkflowServiceClient<Wire>;

/// A client on somebody's connection.
pub fn client(wire: Wire) -> Client {
    WorkflowServiceClient::new(wire)
}

/// What came of a call.
#[derive(Clone, Debug)]
pub enum Fate<T> {
    /// It was done.
    Acked(T),
    /// It was not done, and will not be.
    Refused(Status),
    /// Nobody knows.
    Unknown(Status),
}

/// Makes a call with a deadline and says what came of it.
pub async fn call<T>(call: impl Future<Output = Result<Response<T>, Status>>, patience: Duration) -> Fate<T> {
    match timeout(patience, call).await {
        Ok(Ok(response)) => Fate::Acked(response.into_inner()),
        Ok(Err(status)) if is_unknown(&status) => Fate::Unknown(status),
        Ok(Err(status)) => Fate::Refused(status),
        Err(_) => Fate::Unknown(Status::deadline_exceeded("simulated: the client gave up")),
    }
}

fn is_unknown(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown)
}

/// A request that says how long its caller waits.
pub fn within<T>(patience: Duration, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(patience);
    request
}

/// One text as a payload.
pub fn text(text: &str) -> Option<Payloads> {
    let payload = Payload {
        metadata: [("encoding".into(), "json/plain".into())].into(),
        data: text.to_owned().into(),
        ..Payload::default()
    };
    Some(Payloads { payloads: vec![payload] })
}

/// The text of the only payload.
pub fn read_text(payloads: Option<&Payloads>) -> String {
    let payload = payloads.and_then(|payloads| payloads.payloads.first());
    payload.map(|payload| String::from_utf8_lossy(&payload.data).into_owned()).unwrap_or_default()
}

/// The queue of everything.
pub fn queue() -> Option<TaskQueue> {
    Some(TaskQueue { name: QUEUE.into(), kind: TaskQueueKind::Normal as i32, normal_name: String::new() })
}

/// A run, or the newest one when `run_id` is empty.
pub fn execution(workflow_id: &str, run_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: workflow_id.into(), run_id: run_id.into() })
}

/// A time by the server's clock.
pub fn time(time: Option<prost_types::Timestamp>) -> Timestamp {
    let time = time.unwrap_or_default();
    Timestamp { nanos: time.seconds * 1_000_000_000 + i64::from(time.nanos) }
}

/// Whole seconds.
pub fn seconds(seconds: u64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds: i64::try_from(seconds).unwrap_or(i64::MAX), nanos: 0 })
}
