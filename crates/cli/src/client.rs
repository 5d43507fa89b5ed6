//! The connection to a server: the generated clients with our headers on every call. No retries: a command that failed
//! says so, and can be repeated.

use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::WorkflowExecution, operatorservice::v1::operator_service_client::OperatorServiceClient,
    workflowservice::v1::workflow_service_client::WorkflowServiceClient,
};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::service::{Interceptor, interceptor::InterceptedService};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::health_client::HealthClient;

use crate::arguments::Connection;
use crate::error::{Error, Result};
use crate::input;

/// How long a call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take that waits for something to happen; servers end it earlier.
const WAIT_TIMEOUT: Duration = Duration::from_secs(65);
/// The largest answer that is read: a page of history can be large.
const ANSWER_BYTES_MAX: usize = 128 * 1024 * 1024;

/// A channel that adds our headers.
pub type Headed = InterceptedService<Channel, Headers>;

/// The connection to a server.
#[derive(Clone)]
pub struct Client {
    /// Namespaces, workflows, task queues.
    pub workflow: WorkflowServiceClient<Headed>,
    /// Search attributes, clusters.
    pub operator: OperatorServiceClient<Headed>,
    /// Whether the server serves.
    pub health: HealthClient<Headed>,
    /// The namespace that commands are about.
    pub namespace: String,
    /// Who is asking.
    pub identity: String,
}

impl Client {
    /// Connects; `bound` is the longest that it may take, zero for none.
    pub async fn connect(connection: &Connection, bound: Duration) -> Result<Self> {
        if let Some(refusal) = connection.secure.refusal() {
            return Err(Error::new(refusal));
        }
        let address = connection.address.replace("${namespace}", &connection.namespace);
        let mut endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| Error::new(format!("invalid address {address:?}: {error}")))?
            .tcp_nodelay(true);
        if !bound.is_zero() {
            endpoint = endpoint.connect_timeout(bound);
        }
        if let Some(authority) = &connection.client_authority {
            let origin = format!("http://{authority}").parse();
            endpoint = endpoint.origin(origin.map_err(|_| Error::new(format!("invalid authority {authority:?}")))?);
        }
        let channel = endpoint.connect().await.map_err(|error| unreachable_server(&address, &error))?;
        let headed = InterceptedService::new(channel, Headers::new(connection)?);
        Ok(Self {
            workflow: WorkflowServiceClient::new(headed.clone()).max_decoding_message_size(ANSWER_BYTES_MAX),
            operator: OperatorServiceClient::new(headed.clone()),
            health: HealthClient::new(headed),
            namespace: connection.namespace.clone(),
            identity: connection.identity.clone().unwrap_or_else(default_identity),
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

/// Who runs the command.
pub fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown-user".into())
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

/// The headers of every call.
#[derive(Clone)]
pub struct Headers(MetadataMap);

impl Headers {
    fn new(connection: &Connection) -> Result<Self> {
        let mut headers = MetadataMap::new();
        let own = [
            ("client-name", "temporal-cli"),
            ("client-version", env!("CARGO_PKG_VERSION")),
            ("supported-server-versions", ">=1.0.0 <2.0.0"),
            ("caller-type", "operator"),
        ];
        for (key, value) in own {
            headers.insert(key, AsciiMetadataValue::from_static(value));
        }
        for (key, value) in input::pairs("gRPC meta", &connection.grpc_meta)? {
            let refused = || Error::new(format!("invalid gRPC meta {key:?}"));
            let name = AsciiMetadataKey::from_bytes(key.to_lowercase().as_bytes()).map_err(|_| refused())?;
            headers.insert(name, AsciiMetadataValue::try_from(value).map_err(|_| refused())?);
        }
        Ok(Self(headers))
    }
}

impl Interceptor for Headers {
    fn call(&mut self, mut request: tonic::Request<()>) -> std::result::Result<tonic::Request<()>, tonic::Status> {
        for entry in self.0.iter() {
            if let tonic::metadata::KeyAndValueRef::Ascii(key, value) = entry {
                request.metadata_mut().insert(key.clone(), value.clone());
            }
        }
        Ok(request)
    }
}
