//! One call of one RPC: enforces what the table says of it, knows how long it may wait, and turns its outcome into an
//! answer. Knows nothing of what the call asks.

use std::borrow::Cow;
use std::time::Duration;

use abide_model::limits;
use http::HeaderName;
use prost::Message;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

use crate::Frontend;
use crate::compression;
use crate::gate::Permit;
use crate::method::{Method, Rpc, Wait};
use crate::status::Refusal;

// Names that are parsed once: every request asks for them.
static TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
static CLIENT_NAME: HeaderName = HeaderName::from_static("client-name");
/// What the clients that only people use call themselves.
const FOR_PEOPLE: [&str; 3] = ["temporal-cli", "temporal-server-http", "temporal-ui"];

/// One call of one RPC.
pub struct Call {
    method: &'static Method,
    deadline: Option<Instant>,
    of_sdk: bool,
    is_compressed: bool,
    /// While the call lives, it counts.
    permit: Permit,
}

impl Frontend {
    /// A call that may go on, with this service as the namespace has it set, or the status that ends it here.
    pub fn open(&self, rpc: Rpc, metadata: &MetadataMap, namespace: &str) -> Result<(Call, Cow<'_, Frontend>), Status> {
        let frontend = match self.settings.own(namespace) {
            None => Cow::Borrowed(self),
            Some(settings) => Cow::Owned(Frontend { settings, ..self.clone() }),
        };
        let mut call = Call::open(rpc, metadata)?;
        let exists = || self.namespaces.by_name(namespace).is_ok();
        let permit = self.gates.admit(rpc.method(), namespace, &frontend.settings.rates, exists);
        call.permit = permit.map_err(Refusal::TooMuch)?;
        Ok((call, frontend))
    }
}

impl Call {
    /// A call that may go on, or the status that ends it here.
    fn open(rpc: Rpc, metadata: &MetadataMap) -> Result<Self, Status> {
        let method = rpc.method();
        let headers = metadata.as_ref();
        let timeout = headers.get(&TIMEOUT).and_then(|value| value.to_str().ok()).and_then(parse_timeout);
        match (method.wait, timeout) {
            (Wait::DeadlineRequired, None) => return Err(Refusal::invalid("Context timeout is not set.").into()),
            (Wait::DeadlineRequired, Some(timeout)) if timeout < limits::POLL_DEADLINE_MIN => {
                return Err(Refusal::DeadlineTooShort.into());
            }
            (Wait::DeadlineRequired | Wait::Allowed | Wait::None, _) => {}
        }
        // A deadline too far away to be a point in time is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let client = headers.get(&CLIENT_NAME).and_then(|name| name.to_str().ok()).unwrap_or_default();
        Ok(Self {
            method,
            deadline,
            of_sdk: !FOR_PEOPLE.contains(&client),
            is_compressed: compression::is_wanted(metadata),
            permit: Permit::default(),
        })
    }

    /// Whether the caller may be a worker: it is none of the clients that only people use.
    pub fn is_of_sdk(&self) -> bool {
        self.of_sdk
    }

    /// Whether the caller said how long it waits.
    pub fn has_deadline(&self) -> bool {
        self.deadline.is_some()
    }

    /// How long the call may wait: at most `longest`, and `margin` less than its caller does.
    pub fn wait(&self, longest: Duration, margin: Duration) -> Duration {
        let Some(deadline) = self.deadline else { return longest };
        deadline.saturating_duration_since(Instant::now()).saturating_sub(margin).min(longest)
    }

    /// The answer to the caller.
    pub fn answer<T: Message>(&self, outcome: Result<T, Refusal>) -> Result<Response<T>, Status> {
        match outcome {
            Ok(message) => {
                let is_small = self.is_compressed && message.encoded_len() < compression::ANSWER_BYTES_MIN;
                let mut response = Response::new(message);
                if is_small {
                    response.disable_compression();
                }
                Ok(response)
            }
            Err(refusal) => {
                if let Refusal::Cluster(abide_cluster::Error::Internal(cause)) = &refusal {
                    tracing::error!(rpc = self.method.name, cause, "internal error");
                }
                Err(refusal.into())
            }
        }
    }
}

// The header's form: one to eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(timeout: &str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert("grpc-timeout", timeout.parse().expect("ascii"));
        metadata
    }

    #[test]
    fn every_unit_of_a_deadline_is_understood_and_nothing_else() {
        let cases = [
            ("1H", Some(3_600_000)),
            ("2M", Some(120_000)),
            ("99999999S", Some(99_999_999_000)),
            ("70000m", Some(70_000)),
            ("3000u", Some(3)),
            ("1000000n", Some(1)),
            ("S", None),
            ("", None),
            ("10", None),
            ("123456789S", None),
            ("-1S", None),
            ("1x", None),
            ("1é", None),
        ];
        for (text, millis) in cases {
            assert_eq!(parse_timeout(text), millis.map(Duration::from_millis), "{text:?}");
        }
    }

    #[test]
    fn a_poll_without_time_to_wait_is_refused() {
        let refused = |metadata: &MetadataMap| Call::open(Rpc::PollWorkflowTaskQueue, metadata).err().expect("refused");
        let missing = refused(&MetadataMap::new());
        assert_eq!((missing.code(), missing.message()), (tonic::Code::InvalidArgument, "Context timeout is not set."));
        let short = refused(&metadata("1999m"));
        assert_eq!((short.code(), short.message()), (tonic::Code::FailedPrecondition, "Context timeout is too short."));
        assert!(Call::open(Rpc::PollActivityTaskQueue, &metadata("2S")).is_ok());
        assert!(Call::open(Rpc::StartWorkflowExecution, &MetadataMap::new()).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_ends_before_its_caller_gives_up() {
        let call = Call::open(Rpc::PollWorkflowTaskQueue, &metadata("10S")).expect("long enough");
        assert_eq!(call.wait(Duration::from_secs(60), Duration::from_secs(1)), Duration::from_secs(9));
        assert_eq!(call.wait(Duration::from_secs(5), Duration::from_secs(1)), Duration::from_secs(5));
        assert_eq!(call.wait(Duration::from_secs(60), Duration::from_secs(20)), Duration::ZERO);
        let patient = Call::open(Rpc::QueryWorkflow, &MetadataMap::new()).expect("needs no deadline");
        assert_eq!(patient.wait(Duration::from_secs(7), Duration::from_secs(1)), Duration::from_secs(7));
    }
}
