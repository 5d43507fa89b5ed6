//! The import of a history, sent as a browser sends a form with a file.

use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};

use super::upload::HISTORY_BYTES_MAX;
use crate::port::{Port, port};
use crate::switches::Switches;
use crate::testing::{exchange, service, site};

const HISTORY: &str = r#"{"events":[
    {"eventId":"1","eventTime":"2026-01-01T00:00:00Z","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
     "workflowExecutionStartedEventAttributes":{"workflowId":"<script>'\"","workflowType":{"name":"Type"},"taskQueue":{"name":"q"}}},
    {"eventId":"2","eventTime":"2026-01-01T00:00:01Z","eventType":"EVENT_TYPE_TIMER_STARTED",
     "timerStartedEventAttributes":{"timerId":"t1","startToFireTimeout":"5s"}},
    {"eventId":"3","eventTime":"2026-01-01T00:00:06Z","eventType":"EVENT_TYPE_TIMER_FIRED",
     "timerFiredEventAttributes":{"timerId":"t1","startedEventId":"2"}},
    {"eventId":"4","eventTime":"2026-01-01T00:00:07Z","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED",
     "workflowExecutionCompletedEventAttributes":{}}]}"#;

/// A form with these fields, in this order.
fn form(fields: &[(&str, &str)]) -> String {
    let parts = fields.iter().map(|(name, value)| match *name {
        "file" => {
            format!("--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"h.json\"\r\n\r\n{value}\r\n")
        }
        name => format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"),
    });
    parts.collect::<String>() + "--x--\r\n"
}

async fn send(kind: &str, body: String) -> (StatusCode, String) {
    // What is only looked at can be looked at by everyone, and asks the service for nothing but the frame.
    let routes = service(|asked| match asked.path.ends_with("/ListNamespaces") {
        true => Ok(Bytes::new()),
        false => Err(tonic::Status::internal(asked.path)),
    });
    let site = crate::Site { switches: Switches { read_only: true, ..Switches::default() }, ..site(routes) };
    let port = port(Port { site, files: None, disable_news_fetch: false });
    let request = Request::post("/namespaces/default/import/events").header("cookie", "_csrf=t");
    let request = request.header("content-type", kind).body(Body::from(body)).expect("a request");
    let (status, _, html) = exchange(&port, request).await;
    (status, html)
}

async fn upload(fields: &[(&str, &str)]) -> (StatusCode, String) {
    send("multipart/form-data; boundary=x", form(fields)).await
}

#[tokio::test]
async fn a_file_is_shown_as_a_history() {
    let (status, html) =
        upload(&[("_csrf", "t"), ("file", HISTORY), ("pasted", ""), ("view", "feed"), ("from", "1")]).await;
    assert_eq!(status, StatusCode::OK, "{html}");
    let main = &html[html.find("<main").expect("content")..];
    assert!(main.contains("<h1>&lt;script&gt;'&quot;</h1>") && !main.contains("<script>"), "{main}");
    for part in [
        "Completed</span> Type",
        "4 (1 to 4)",
        "id=\"event-3\"",
        "href=\"#event-3\"",
        "TimerFired",
        "src=\"#timeline-data\"",
    ] {
        assert!(main.contains(part), "{part}: {main}");
    }
}

#[tokio::test]
async fn a_page_carries_the_history_so_that_another_view_of_it_can_be_asked_for() {
    let (_, html) = upload(&[("_csrf", "t"), ("pasted", HISTORY), ("part", "compact:2")]).await;
    assert!(html.contains("name=\"pasted\" hidden") && html.contains("value=\"json:1\""), "{html}");
    let list = &html[html.find("<ol class=\"events\"").expect("a list")..];
    assert!(list.contains("data-key=\"2\"") && !list.contains("data-key=\"1\""), "{list}");
    let (_, html) = upload(&[("_csrf", "t"), ("pasted", HISTORY), ("part", "json:4")]).await;
    assert!(html.contains("EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED"), "{html}");
}

#[tokio::test]
async fn a_long_history_is_shown_part_by_part() {
    let event = |id: usize| format!("{{\"eventId\":\"{id}\",\"eventType\":\"EVENT_TYPE_TIMER_FIRED\"}}");
    let all = (1..=250).map(event).collect::<Vec<_>>().join(",");
    let (_, html) = upload(&[("_csrf", "t"), ("pasted", &format!("[{all}]")), ("from", "101")]).await;
    assert!(html.contains("data-key=\"101\"") && html.contains("data-key=\"200\""), "{html}");
    assert!(
        !html.contains("data-key=\"100\"") && !html.contains("data-key=\"201\"") && html.contains("value=\"feed:201\"")
    );
}

#[tokio::test]
async fn nothing_is_read_without_the_token_of_this_origin() {
    for fields in
        [&[("file", HISTORY)][..], &[("_csrf", "u"), ("file", HISTORY)], &[("file", HISTORY), ("_csrf", "t")], &[]]
    {
        assert_eq!(upload(fields).await.0, StatusCode::FORBIDDEN);
    }
    for kind in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"] {
        assert_eq!(send(kind, "_csrf=t&pasted=[]".into()).await.0, StatusCode::FORBIDDEN, "{kind}");
    }
}

#[tokio::test]
async fn what_cannot_be_shown_is_told() {
    let (status, html) = upload(&[("_csrf", "t"), ("file", ""), ("pasted", " ")]).await;
    assert!(status == StatusCode::BAD_REQUEST && html.contains("A file must be chosen"), "{html}");
    let (status, html) = upload(&[("_csrf", "t"), ("pasted", "{<script>")]).await;
    assert!(status == StatusCode::BAD_REQUEST && html.contains("The history is not JSON"), "{html}");
    let (status, _) = upload(&[("_csrf", "t"), ("pasted", HISTORY), ("part", "tree:1")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let large = " ".repeat(HISTORY_BYTES_MAX + (1 << 20));
    let (status, html) = upload(&[("_csrf", "t"), ("file", &large)]).await;
    assert!(status == StatusCode::PAYLOAD_TOO_LARGE && html.contains("larger than 32 MiB"), "{status} {html}");
}
