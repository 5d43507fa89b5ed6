//! The connection to a server: the generated clients over one channel, with our headers on every call. No retries: a
//! command that failed says so, and can be repeated.

mod codec;
mod http_client;
mod stream;
mod tls;
mod wire;

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::WorkflowExecution, operatorservice::v1::operator_service_client::OperatorServiceClient,
    workflowservice::v1::workflow_service_client::WorkflowServiceClient,
};
use tonic::transport::Endpoint;
use tonic_health::pb::health_client::HealthClient;

use crate::arguments::Connection;
use crate::error::{Error, Result};

use stream::Connector;
use wire::Wire;

/// How long a call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take that waits for something to happen; servers end it earlier.
const WAIT_TIMEOUT: Duration = Duration::from_secs(65);
/// The largest answer that is read: a page of history can be large.
const ANSWER_BYTES_MAX: usize = 128 * 1024 * 1024;
/// What an address stands for the namespace with.
const NAMESPACE: &str = "${namespace}";

/// The connection to a server.
#[derive(Clone)]
pub struct Client {
    /// Namespaces, workflows, task queues.
    pub workflow: WorkflowServiceClient<Wire>,
    /// Search attributes, clusters.
    pub operator: OperatorServiceClient<Wire>,
    /// Whether the server serves.
    pub health: HealthClient<Wire>,
    /// The namespace that commands are about.
    pub namespace: String,
    /// Who is asking.
    pub identity: String,
}

impl Client {
    /// Connects; `bound` is the longest that it may take, zero for none.
    pub async fn connect(connection: &Connection, bound: Duration) -> Result<Self> {
        let address = connection.address.replace(NAMESPACE, &connection.namespace);
        let invalid = |what: &str, text: &str| Error::new(format!("invalid {what} {text:?}"));
        let encryption = tls::encryption(connection)?;
        let scheme = if encryption.is_some() { "https" } else { "http" };
        // How the stream is made is the connector's matter; what requests say of it is the origin's.
        let endpoint = Endpoint::from_shared(format!("http://{address}"));
        let mut endpoint = endpoint.map_err(|_| invalid("address", &address))?;
        let authority = connection.client_authority.as_ref().unwrap_or(&address);
        let origin = format!("{scheme}://{authority}").parse();
        endpoint = endpoint.origin(origin.map_err(|_| invalid("authority", authority))?);
        if !bound.is_zero() {
            endpoint = endpoint.connect_timeout(bound);
        }
        let connected = endpoint.connect_with_connector(Connector::new(encryption)).await;
        let channel = connected.map_err(|error| unreachable_server(&address, &error))?;
        let wire = Wire::new(channel, connection)?;
        Ok(Self {
            workflow: WorkflowServiceClient::new(wire.clone()).max_decoding_message_size(ANSWER_BYTES_MAX),
            operator: OperatorServiceClient::new(wire.clone()),
            health: HealthClient::new(wire),
            namespace: connection.namespace.clone(),
            identity: connection.identity.clone().filter(|name| !name.is_empty()).unwrap_or_else(default_identity),
        })
    }
}

/// A call that is answered at once.
pub fn call<T>(message: T) -> tonic::Request<T> {
    with_timeout(message, CALL_TIMEOUT)
}

/// A call that waits for something to happen.
pub fn wait<T>(message: T) -> tonic::Request<T> {
    with_timeout(message, WAIT_TIMEOUT)
}

/// Whether a call ended because it waited long enough, not because of anything that happened.
pub fn is_overdue(status: &tonic::Status) -> bool {
    matches!(status.code(), tonic::Code::DeadlineExceeded | tonic::Code::Cancelled)
}

/// How many to ask for at a time: never more than are wanted. Zero leaves it to the server.
pub fn page_size(page_size: i32, limit: usize) -> i32 {
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    if limit > 0 && limit < page_size { limit } else { page_size }
}

fn with_timeout<T>(message: T, timeout: Duration) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(timeout);
    request
}

/// A run as requests name it.
pub fn execution(workflow_id: &str, run_id: &str) -> WorkflowExecution {
    WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: run_id.to_owned() }
}

/// A new id for a request, so that a repetition below us is recognised.
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The reason that is given when the user gave none.
pub fn default_reason() -> String {
    format!("Requested from CLI by {}", user())
}

fn default_identity() -> String {
    format!("temporal-cli:{}@{}", user(), host())
}

/// Who runs the command: as the machine knows them, or as their environment says.
pub fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    account().or(named).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown-user".into())
}

#[cfg(unix)]
fn account() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    lines.find(|fields| fields.get(2) == Some(&uid.as_str())).map(|fields| fields[0].to_owned())
}

#[cfg(not(unix))]
fn account() -> Option<String> {
    None
}

fn host() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = kernel.or_else(|| ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok()));
    named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown-host".into())
}

// The innermost cause is the one that helps: `Connection refused`, not `transport error`.
fn unreachable_server(address: &str, error: &(dyn std::error::Error + 'static)) -> Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Error::new(format!("failed reaching server: {address}: {cause}"))
}
