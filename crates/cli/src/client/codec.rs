//! The codec server: payloads are encoded there before they are sent, and decoded before they are shown. Works on messages
//! as they are on the wire, so that no command knows of it. Search attributes stay as they are: the server reads them.

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage, Value};
use serde_json::json;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::Service;

use super::stream::Encryption;
use super::{http_client, tls};
use crate::arguments::Connection;
use crate::error::{Error, Result};
use crate::{input, json};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

const PAYLOAD: &str = "temporal.api.common.v1.Payload";
const PAYLOADS: &str = "temporal.api.common.v1.Payloads";
const LEFT_ALONE: &str = "temporal.api.common.v1.SearchAttributes";
/// What an endpoint stands for the namespace with.
const NAMESPACE: &str = "{namespace}";
/// A message on the wire begins with whether it is compressed, and its length.
const FRAME_HEAD_BYTES: usize = 5;

/// A codec server.
pub struct Codec {
    endpoint: Uri,
    headers: HeaderMap,
    encryption: Option<Encryption>,
}

#[derive(Clone, Copy)]
enum Direction {
    Encode,
    Decode,
}

impl Codec {
    /// The one that the flags name, if they do.
    pub fn new(connection: &Connection) -> Result<Option<Self>> {
        let flags = &connection.codec;
        let Some(endpoint) = flags.codec_endpoint.as_ref().filter(|endpoint| !endpoint.is_empty()) else {
            return Ok(None);
        };
        let text = endpoint.replace(NAMESPACE, &connection.namespace);
        let invalid = || Error::new(format!("invalid codec endpoint {text:?}"));
        let endpoint: Uri = text.trim_end_matches('/').parse().map_err(|_| invalid())?;
        let encryption = match endpoint.scheme_str() {
            Some("https") => Some(tls::usual()?),
            Some("http") => None,
            Some(_) | None => return Err(invalid()),
        };
        let mut headers = HeaderMap::new();
        let mut add = |name: &str, value: &str| {
            let refused = || Error::new(format!("invalid codec headers: {name:?}"));
            let value: HeaderValue = value.parse().map_err(|_| refused())?;
            headers.insert(name.parse::<HeaderName>().map_err(|_| refused())?, value);
            Ok(())
        };
        add("content-type", "application/json")?;
        add("host", endpoint.authority().map(|authority| authority.as_str()).unwrap_or_default())?;
        add("x-namespace", &connection.namespace)?;
        for (name, value) in input::pairs("codec headers", &flags.codec_header)? {
            add(&name, &value)?;
        }
        if let Some(auth) = flags.codec_auth.as_ref().filter(|auth| !auth.is_empty()) {
            add("authorization", auth)?;
        }
        Ok(Some(Self { endpoint, headers, encryption }))
    }

    /// A call with what is sent encoded, and what comes back decoded.
    pub async fn exchange(
        &self,
        mut channel: Channel,
        request: Request<Body>,
    ) -> std::result::Result<Response<Body>, BoxError> {
        let Some((asked, answered)) = messages(request.uri().path()) else { return Ok(channel.call(request).await?) };
        let (head, body) = request.into_parts();
        let sent = body.collect().await?.to_bytes();
        let sent = match self.frames(Direction::Encode, &asked, sent).await {
            Ok(sent) => sent,
            Err(why) => return Ok(refused(&why)),
        };
        let response = channel.call(Request::from_parts(head, Body::new(Full::new(sent)))).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?;
        let trailers = body.trailers().cloned();
        match self.frames(Direction::Decode, &answered, body.to_bytes()).await {
            Ok(read) => {
                let body = Full::new(read).with_trailers(async { trailers.map(Ok) });
                Ok(Response::from_parts(head, Body::new(body)))
            }
            Err(why) => Ok(refused(&why)),
        }
    }

    async fn frames(
        &self,
        direction: Direction,
        descriptor: &MessageDescriptor,
        mut bytes: Bytes,
    ) -> std::result::Result<Bytes, String> {
        let mut frames = BytesMut::with_capacity(bytes.len());
        while bytes.len() >= FRAME_HEAD_BYTES {
            let head = bytes.split_to(FRAME_HEAD_BYTES);
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            if head[0] != 0 || bytes.len() < length {
                return Err("a message that cannot be read".into());
            }
            let message = self.message(direction, descriptor, bytes.split_to(length)).await?;
            frames.put_u8(0);
            frames.put_u32(u32::try_from(message.len()).map_err(|_| "a message that is too long")?);
            frames.put_slice(&message);
        }
        Ok(frames.freeze())
    }

    async fn message(
        &self,
        direction: Direction,
        descriptor: &MessageDescriptor,
        bytes: Bytes,
    ) -> std::result::Result<Bytes, String> {
        let decoded = DynamicMessage::decode(descriptor.clone(), bytes.clone());
        let mut message = decoded.map_err(|error| error.to_string())?;
        let mut payloads = Vec::new();
        visit(&mut message, &mut |payload| payloads.push(payload.clone()));
        if payloads.is_empty() {
            return Ok(bytes);
        }
        let changed = self.ask(direction, &payloads).await?;
        if changed.len() != payloads.len() {
            return Err(format!("expected {} payloads, got {}", payloads.len(), changed.len()));
        }
        let mut changed = changed.into_iter();
        visit(&mut message, &mut |payload| {
            if let Some(new) = changed.next() {
                *payload = new;
            }
        });
        Ok(message.encode_to_vec().into())
    }

    async fn ask(
        &self,
        direction: Direction,
        payloads: &[DynamicMessage],
    ) -> std::result::Result<Vec<DynamicMessage>, String> {
        let (way, failed) = match direction {
            Direction::Encode => ("encode", "encoding payloads failed"),
            Direction::Decode => ("decode", "decoding payloads failed"),
        };
        let payloads: Vec<serde_json::Value> = payloads.iter().map(json::whole).collect();
        let body = json!({ "payloads": payloads }).to_string();
        let path = format!("{}/{way}", self.endpoint.path().trim_end_matches('/'));
        let mut request = Request::post(path).body(Full::new(body.into())).map_err(|error| error.to_string())?;
        request.headers_mut().extend(self.headers.clone());
        let sent = http_client::send(&self.endpoint, request, self.encryption.as_ref()).await;
        let (status, answer) = sent.map_err(|why| format!("{failed}: codec server: {why}"))?;
        if !status.is_success() {
            let text = String::from_utf8_lossy(&answer);
            return Err(format!("{failed}: codec server: {status}: {}", text.trim()));
        }
        read(&answer).ok_or_else(|| format!("{failed}: codec server: an answer that is no list of payloads"))
    }
}

/// The messages that a call carries.
fn messages(path: &str) -> Option<(MessageDescriptor, MessageDescriptor)> {
    let (service, method) = path.trim_start_matches('/').split_once('/')?;
    let service = json::pool().get_service_by_name(service)?;
    let method = service.methods().find(|known| known.name() == method)?;
    Some((method.input(), method.output()))
}

/// All payloads in a message, in an order that is the same each time.
fn visit(message: &mut DynamicMessage, each: &mut impl FnMut(&mut DynamicMessage)) {
    if message.descriptor().full_name() == PAYLOAD {
        return each(message);
    }
    if message.descriptor().full_name() == LEFT_ALONE {
        return;
    }
    let fields: Vec<_> = message.fields().map(|(field, _)| field).collect();
    for field in fields {
        match message.get_field_mut(&field) {
            Value::Message(inner) => visit(inner, each),
            Value::List(items) => items.iter_mut().for_each(|item| inside(item, each)),
            Value::Map(entries) => {
                let mut entries: Vec<_> = entries.iter_mut().collect();
                entries.sort_by(|a, b| format!("{:?}", a.0).cmp(&format!("{:?}", b.0)));
                entries.into_iter().for_each(|(_, value)| inside(value, each));
            }
            _ => {}
        }
    }
}

fn inside(value: &mut Value, each: &mut impl FnMut(&mut DynamicMessage)) {
    if let Value::Message(message) = value {
        visit(message, each);
    }
}

fn read(answer: &[u8]) -> Option<Vec<DynamicMessage>> {
    let descriptor = json::pool().get_message_by_name(PAYLOADS)?;
    let list = json::read(&descriptor, std::str::from_utf8(answer).ok()?, json::Payloads::Raw).ok()?;
    let payloads = list.get_field_by_name("payloads")?;
    payloads.as_list()?.iter().map(|payload| payload.as_message().cloned()).collect()
}

fn refused(why: &str) -> Response<Body> {
    Status::unknown(why).into_http()
}
