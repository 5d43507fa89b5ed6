//! A whole history as one list, however long it is: pages are asked for as the reader takes them.

use abide_json::Payloads;
use axum::body::Body;
use axum::response::Response;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode};
use prost::Message;
use serde_json::{Value, json};
use tonic::Status;
use tonic::service::Routes;

use abide_http::{Call, call, forwarded, url};

use super::{CLIENT, with_type};

const SERVICE: &str = "temporal.api.workflowservice.v1";

/// A run.
pub(super) struct Run {
    namespace: String,
    workflow_id: String,
    run_id: String,
}

/// The run whose history a path names: `/api/v1/namespaces/{}/workflows/{}/run/{}/history.json`.
pub(super) fn named(path: &str) -> Option<Run> {
    let segments: Vec<&str> = url::segments(path)?.collect();
    let text = |segment: &str| url::decoded(segment).ok().map(|text| text.into_owned());
    match segments.as_slice() {
        ["api", "v1", "namespaces", namespace, "workflows", workflow_id, "run", run_id, "history.json"] => {
            Some(Run { namespace: text(namespace)?, workflow_id: text(workflow_id)?, run_id: text(run_id)? })
        }
        _ => None,
    }
}

/// What is still to be sent.
struct Rest {
    routes: Routes,
    run: Run,
    headers: HeaderMap,
    /// The page to ask for next; the first one has no token.
    page: Option<String>,
    /// How many events, and in how many parts.
    sent: usize,
    parts: usize,
}

/// Its events, as a list.
pub(super) fn stream(routes: Routes, run: Run, headers: &HeaderMap) -> Response {
    let headers = forwarded(headers, CLIENT);
    let rest = Rest { routes, run, headers, page: Some(String::new()), sent: 0, parts: 0 };
    let parts = stream::unfold(rest, |mut rest| async {
        let token = rest.page.take()?;
        let text = match page(&rest, token).await {
            Ok((events, next)) => {
                rest.page = next;
                part(&mut rest, events)
            }
            // The answer has begun: what went wrong is its last element.
            Err(status) => {
                let error = json!({ "error": format!("{:?}: {}", status.code(), status.message()) });
                part(&mut rest, vec![error])
            }
        };
        Some((Ok::<_, std::convert::Infallible>(text), rest))
    });
    with_type(StatusCode::OK, HeaderValue::from_static("application/json"), Body::from_stream(parts))
}

fn part(rest: &mut Rest, events: Vec<Value>) -> String {
    let mut text = if rest.parts == 0 { "[".to_owned() } else { String::new() };
    for event in events {
        text.push_str(if rest.sent == 0 { "" } else { ",\n" });
        text.push_str(&event.to_string());
        rest.sent += 1;
    }
    rest.parts += 1;
    if rest.page.is_none() {
        text.push_str("]\n");
    }
    text
}

/// The events of a page, and the token of the next.
async fn page(rest: &Rest, token: String) -> Result<(Vec<Value>, Option<String>), Status> {
    let bug = |error: String| Status::internal(error);
    let request = json!({
        "namespace": rest.run.namespace,
        "execution": { "workflowId": rest.run.workflow_id, "runId": rest.run.run_id },
        "nextPageToken": token,
    });
    let kind = abide_json::descriptor(&format!("{SERVICE}.GetWorkflowExecutionHistoryRequest"));
    let request =
        abide_json::read(&kind, &request.to_string(), Payloads::Raw).map_err(|error| bug(error.to_string()))?;
    let asked = Call {
        path: format!("/{SERVICE}.WorkflowService/GetWorkflowExecutionHistory"),
        message: request.encode_to_vec().into(),
        headers: rest.headers.clone(),
        timeout: None,
    };
    let bytes = call(&rest.routes, asked).await?;
    let kind = abide_json::descriptor(&format!("{SERVICE}.GetWorkflowExecutionHistoryResponse"));
    let mut answer = abide_json::message_of(kind, &bytes, Payloads::Raw).map_err(|error| bug(error.to_string()))?;
    let events = match answer.pointer_mut("/history/events").map(Value::take) {
        Some(Value::Array(events)) => events,
        Some(_) | None => Vec::new(),
    };
    let next = answer.get("nextPageToken").and_then(Value::as_str).map(str::to_owned);
    Ok((events, next))
}
