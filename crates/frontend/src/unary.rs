//! The RPCs that nearly every call is for, without the layers of a general one: a message that came as a whole is read where it
//! lies, and the answer is one piece. What is not that plain (a compressed message, one that came in parts, one that cannot be
//! read) goes the general way, which says what there is to say.

use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use abide_api::temporal::api::workflowservice::v1::workflow_service_server::{SERVICE_NAME, WorkflowService};
use abide_http2::{Answer, Block, Incoming, Whole};
use abide_model::limits;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use prost::Message;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Response, Status};

use crate::Frontend;

/// What stands before a message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;
static ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// What a call does until it has an answer.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Answer<Body>> + Send>>;
/// Begins a call, unless its message cannot be read.
type Begin = fn(Arc<Frontend>, Plain) -> Option<Answering>;

/// The RPCs that are answered here, the most frequent ones first.
const RPCS: [(&str, Begin); 14] = [
    ("RespondWorkflowTaskCompleted", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.respond_workflow_task_completed(request).await) }))
    }),
    ("PollWorkflowTaskQueue", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.poll_workflow_task_queue(request).await) }))
    }),
    ("PollActivityTaskQueue", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.poll_activity_task_queue(request).await) }))
    }),
    ("RespondActivityTaskCompleted", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.respond_activity_task_completed(request).await) }))
    }),
    ("StartWorkflowExecution", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.start_workflow_execution(request).await) }))
    }),
    ("SignalWorkflowExecution", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.signal_workflow_execution(request).await) }))
    }),
    ("GetWorkflowExecutionHistory", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.get_workflow_execution_history(request).await) }))
    }),
    ("RecordActivityTaskHeartbeat", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.record_activity_task_heartbeat(request).await) }))
    }),
    ("SignalWithStartWorkflowExecution", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.signal_with_start_workflow_execution(request).await) }))
    }),
    ("UpdateWorkflowExecution", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.update_workflow_execution(request).await) }))
    }),
    ("QueryWorkflow", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.query_workflow(request).await) }))
    }),
    ("RespondQueryTaskCompleted", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.respond_query_task_completed(request).await) }))
    }),
    ("RespondActivityTaskFailed", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.respond_activity_task_failed(request).await) }))
    }),
    ("DescribeWorkflowExecution", |frontend, call| {
        let request = call.read()?;
        Some(Box::pin(async move { answer(frontend.describe_workflow_execution(request).await) }))
    }),
];

/// A call whose message lies there as a whole.
struct Plain<'a> {
    headers: &'a mut HeaderMap,
    message: Bytes,
}

impl Plain<'_> {
    // The headers are taken only once the message could be read.
    fn read<M: Message + Default>(self) -> Option<tonic::Request<M>> {
        let message = M::decode(self.message).ok()?;
        let metadata = MetadataMap::from_headers(std::mem::take(self.headers));
        Some(tonic::Request::from_parts(metadata, Extensions::default(), message))
    }
}

/// Begins the call, if it is one for this place; nothing has happened to the request otherwise.
pub(crate) fn begin(frontend: &Arc<Frontend>, request: &mut Request<Incoming>) -> Option<Answering> {
    let name = request.uri().path().strip_prefix('/')?.strip_prefix(SERVICE_NAME)?.strip_prefix('/')?;
    let (_, begin) = RPCS.iter().find(|(known, _)| *known == name)?;
    if request.method() != Method::POST || is_encoded(request.headers()) {
        return None;
    }
    let message = plain(request.body().as_whole()?)?;
    begin(frontend.clone(), Plain { headers: request.headers_mut(), message })
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(&ENCODING).is_some_and(|encoding| encoding != "identity")
}

/// The one message of a body, if it is not compressed and not larger than is read.
fn plain(body: &Bytes) -> Option<Bytes> {
    let [0, length @ ..] = body.first_chunk::<PREFIX_BYTES>()? else { return None };
    let length = u32::from_be_bytes(*length) as usize;
    let is_all = body.len() - PREFIX_BYTES == length && length <= limits::MESSAGE_BYTES_MAX;
    is_all.then(|| body.slice(PREFIX_BYTES..))
}

fn answer<M: Message>(outcome: Result<Response<M>, Status>) -> Answer<Body> {
    static HEAD: LazyLock<Block> = LazyLock::new(|| {
        let fields = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/grpc"))]);
        Block::head(StatusCode::OK, &fields)
    });
    static FINE: LazyLock<Block> = LazyLock::new(|| {
        let fields = [(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))];
        Block::trailers(&HeaderMap::from_iter(fields))
    });
    match outcome {
        Err(status) => Answer::Parts(status.into_http()),
        Ok(response) => {
            debug_assert!(response.metadata().is_empty(), "no RPC says more than its message");
            let message = response.into_inner();
            let length = message.encoded_len();
            let mut body = BytesMut::with_capacity(PREFIX_BYTES + length);
            body.put_u8(0);
            body.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
            message.encode_raw(&mut body);
            Answer::Whole(Whole { head: HEAD.clone(), body: body.freeze(), trailers: FINE.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_whole_message_that_is_not_compressed_is_plain() {
        let body = |bytes: &'static [u8]| plain(&Bytes::from_static(bytes));
        assert_eq!(body(b"\0\0\0\0\x02ab").as_deref(), Some(&b"ab"[..]));
        assert_eq!(body(b"\0\0\0\0\0").as_deref(), Some(&b""[..]));
        for other in
            [&b""[..], b"\0\0\0\0", b"\x01\0\0\0\x02ab", b"\0\0\0\0\x03ab", b"\0\0\0\0\x01ab", b"\0\xff\xff\xff\xffab"]
        {
            assert_eq!(plain(&Bytes::copy_from_slice(other)), None, "{other:?}");
        }
    }

    #[test]
    fn every_name_is_one_of_the_services() {
        for (name, _) in RPCS {
            assert!(crate::METHODS.iter().any(|method| method.name == name), "{name}");
        }
    }
}
