//! One request of the API: its route, its message, the call, its answer.

#[cfg(test)]
mod tests;

use abide_json::Payloads;
use abide_model::limits;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use prost::Message;
use prost_reflect::DynamicMessage;
use tonic::service::Routes;
use tonic::{Code, Status};

use crate::binding::Verb;
use crate::call::{Call, call};
use crate::format::Format;
use crate::header::{self, Client};
use crate::route::{FieldPath, Found, Route, find};
use crate::{answer, query, url};

/// A form, as browsers and `curl -d` send it unless they are told otherwise.
const FORM: &str = "application/x-www-form-urlencoded";

/// How a port speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// How JSON is read and written whatever callers say; as they say, if none is given.
    pub(crate) format: Option<Format>,
    /// Who asks, if the caller does not say.
    pub(crate) client: Client,
}

/// Answers a request of the API.
pub(crate) async fn answer(routes: &Routes, manner: Manner, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let wanted = manner.format.unwrap_or_else(|| Format::wanted(&parts.headers, query));
    match respond(routes, manner, &parts, body, wanted.payloads).await {
        Ok(value) => answer::json(StatusCode::OK, &value, wanted),
        Err(status) => answer::failed(&status, wanted),
    }
}

async fn respond(
    routes: &Routes,
    manner: Manner,
    parts: &Parts,
    body: Body,
    written: Payloads,
) -> Result<serde_json::Value, Status> {
    let verb = verb(&parts.method);
    let body = if verb.is_some() { read_all(body).await? } else { Bytes::new() };
    let (route, in_path, form) = match find(verb, parts.uri.path()) {
        Found::Route(route, in_path) => (route, in_path, None),
        Found::Nothing => return Err(Status::not_found("Not Found")),
        Found::Invalid(why) => return Err(invalid(why)),
        Found::OtherVerb => match find(Some(Verb::Get), parts.uri.path()) {
            Found::Route(route, in_path) if verb == Some(Verb::Post) && is_form(parts) => (route, in_path, Some(&body)),
            _ => return Err(Status::unimplemented("Method Not Allowed")),
        },
    };
    let sent = manner.format.unwrap_or_else(|| Format::sent(&parts.headers));
    let fields = in_path.iter().map(|(field, _)| field.clone()).collect::<Vec<_>>();
    let mut message = match route.verb {
        Verb::Post => from_body(route, &body, sent.payloads)?,
        Verb::Get | Verb::Delete => from_query(route, parts, form, &fields)?,
    };
    query::set_from_path(&mut message, in_path).map_err(invalid)?;
    let asked = Call {
        path: route.grpc_path(),
        message: message.encode_to_vec().into(),
        timeout: header::timeout(&parts.headers).map_err(invalid)?,
        headers: header::forwarded(&parts.headers, manner.client),
    };
    let bytes = call(routes, asked).await?;
    let shown = abide_json::message_of(route.method.output(), &bytes, written);
    shown.map_err(|error| Status::new(Code::Internal, format!("the answer cannot be written as JSON: {error}")))
}

/// A request that cannot be. What callers wrote is part of the text, so it is bounded.
fn invalid(mut why: String) -> Status {
    why.truncate(why.floor_char_boundary(limits::STATUS_MESSAGE_BYTES_MAX));
    Status::invalid_argument(why)
}

fn verb(method: &Method) -> Option<Verb> {
    match *method {
        Method::GET => Some(Verb::Get),
        Method::POST => Some(Verb::Post),
        Method::DELETE => Some(Verb::Delete),
        _ => None,
    }
}

fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
}

async fn read_all(body: Body) -> Result<Bytes, Status> {
    let read = to_bytes(body, limits::MESSAGE_BYTES_MAX).await;
    // A connection that breaks off is told the same, and does not hear it.
    read.map_err(|_| Status::invalid_argument("http: request body too large"))
}

fn from_body(route: &Route, body: &[u8], payloads: Payloads) -> Result<DynamicMessage, Status> {
    let text = std::str::from_utf8(body).map_err(|_| Status::invalid_argument("the body contains invalid UTF-8"))?;
    let message = abide_json::read(&route.method.input(), text, payloads);
    message.map_err(|error| invalid(error.to_string()))
}

fn from_query(
    route: &Route,
    parts: &Parts,
    form: Option<&Bytes>,
    in_path: &[FieldPath],
) -> Result<DynamicMessage, Status> {
    let form = form.map(|form| String::from_utf8_lossy(form).into_owned()).unwrap_or_default();
    let mut message = DynamicMessage::new(route.method.input());
    for part in [form.as_str(), parts.uri.query().unwrap_or_default()] {
        let pairs = url::pairs(part).map_err(invalid)?;
        query::set_from_query(&mut message, pairs, in_path).map_err(invalid)?;
    }
    Ok(message)
}
