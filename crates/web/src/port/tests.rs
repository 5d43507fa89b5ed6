//! The port for people: what it serves where, with a web UI and without.

use abide_api::temporal::api::history::v1::{History, HistoryEvent};
use abide_api::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use prost::Message;
use tonic::Status;
use tonic::service::Routes;

use super::Port;
use crate::site::Site;
use crate::testing::{self, exchange, service};

const INDEX: &str = r#"<meta http-equiv="content-security-policy" content="x"><link href="/_app/a.js"> base: """#;

fn port(routes: Routes, files: Option<&std::path::Path>, public_path: &str) -> Router {
    let site = Site { public_path: public_path.into(), ..testing::site(routes) };
    super::port(Port { site, files: files.map(Into::into), disable_news_fetch: false })
}

fn nothing() -> Routes {
    service(|_| Ok(Bytes::new()))
}

async fn get(port: &Router, path: &str) -> (u16, HeaderMap, String) {
    let (status, headers, text) = exchange(port, Request::get(path).body(Body::empty()).expect("a request")).await;
    (status.as_u16(), headers, text)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    std::fs::create_dir_all(folder.path().join("_app/immutable")).expect("a folder");
    write("index.html", INDEX);
    write("_app/a.js", "a");
    write("_app/immutable/b.css", "b");
    write("favicon.ico", "f");
    folder
}

#[tokio::test]
async fn files_are_served_and_every_page_is_the_same() {
    let folder = folder();
    let port = port(nothing(), Some(folder.path()), "");
    let cases = [
        ("/_app/a.js", 200, "text/javascript; charset=utf-8", "a"),
        ("/_app/immutable/b.css", 200, "text/css; charset=utf-8", "b"),
        ("/favicon.ico", 200, "image/vnd.microsoft.icon", "f"),
        ("/_app/none.js", 404, "text/plain; charset=utf-8", "404 page not found\n"),
        ("/", 200, "text/html; charset=utf-8", INDEX),
        ("/namespaces/default/workflows/a%2Fb?x=1", 200, "text/html; charset=utf-8", INDEX),
        ("/%2e%2e/secret", 200, "text/html; charset=utf-8", INDEX),
        ("/api/v1/nothing", 404, "application/json", "{\n  \"code\": 5,\n  \"message\": \"Not Found\"\n}"),
        ("/api/v1/system-info", 200, "application/json", "{}"),
        ("/healthz", 200, "application/json", r#"{"status":"OK"}"#),
    ];
    for (path, status, kind, expected) in cases {
        let (found, headers, text) = get(&port, path).await;
        assert_eq!((found, text.as_str()), (status, expected), "{path}");
        assert_eq!(headers["content-type"], kind, "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
    let (_, headers, _) = get(&port, "/_app/immutable/b.css").await;
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
}

#[tokio::test]
async fn under_a_public_path_everything_is_found_and_pages_lead_there() {
    let folder = folder();
    for public_path in ["/temporal", "temporal/"] {
        let port = port(nothing(), Some(folder.path()), public_path);
        let page = r#"<link href="/temporal/_app/a.js"> base: "/temporal""#;
        for path in ["/temporal", "/temporal/", "/temporal?x", "/temporal/namespaces"] {
            let (status, _, text) = get(&port, path).await;
            assert_eq!((status, text.as_str()), (200, page), "{path}");
        }
        assert_eq!(get(&port, "/temporal/_app/a.js").await.2, "a");
        assert_eq!(get(&port, "/temporal/api/v1/system-info").await.2, "{}");
        assert_eq!(get(&port, "/api/v1/system-info").await.2, "{}");
        let (status, headers, _) = get(&port, "/temporally?x=1").await;
        assert_eq!((status, &headers["location"]), (308, &"/temporal/temporally?x=1".parse().expect("ascii")));
    }
}

#[tokio::test]
async fn a_folder_that_is_no_web_ui_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (status, _, text) = get(&port(nothing(), Some(folder.path()), ""), "/").await;
    assert!(status == 404 && text.contains("has no index.html"), "{status} {text}");
}

#[tokio::test]
async fn without_files_there_are_pages_and_texts_are_shown_in_a_frame() {
    let port = port(nothing(), None, "/p");
    let (status, headers, text) = get(&port, "/p/namespaces/default/workflows").await;
    assert_eq!((status, &headers["x-frame-options"]), (200, &"SAMEORIGIN".parse().expect("ascii")));
    assert!(text.contains("href=\"/p/namespaces\""), "{text}");
    assert_eq!(get(&port, "/p/nothing").await.0, 404);
    let (_, headers, text) = get(&port, "/p/render?content=%3Cscript%3E&theme=dark%22").await;
    assert!(text.contains("<body data-theme=\"dark&quot;\">&lt;script&gt;</body>"), "{text}");
    assert!(headers["content-security-policy"].to_str().expect("ascii").contains("sandbox"));
}

#[tokio::test]
async fn who_changes_something_shows_the_cookie_of_this_origin() {
    let port = port(nothing(), None, "");
    let post = |pairs: &[(&str, &str)]| {
        let request = Request::post("/api/v1/namespaces/d/workflows/w/terminate");
        let request = pairs.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(Body::from("{}")).expect("a request")
    };
    let (status, headers, text) = exchange(&port, post(&[])).await;
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::BAD_REQUEST, r#"{"message":"missing csrf token in request header"}"#)
    );
    assert!(!headers.contains_key("set-cookie"));
    let (status, _, text) = exchange(&port, post(&[("cookie", "_csrf=a"), ("x-csrf-token", "b")])).await;
    assert_eq!((status, text.as_str()), (StatusCode::FORBIDDEN, r#"{"message":"invalid csrf token"}"#));
    let (status, headers, _) = exchange(&port, post(&[("cookie", "_csrf=a"), ("x-csrf-token", "a")])).await;
    assert_eq!(
        (status, &headers["set-cookie"]),
        (StatusCode::OK, &"_csrf=a; Path=/; Max-Age=86400; SameSite=Strict".parse().expect("ascii"))
    );
    assert_eq!(exchange(&port, post(&[("authorization", "Bearer x")])).await.0, StatusCode::OK);
    let question = Request::options("/api/v1/settings").body(Body::empty()).expect("a request");
    assert_eq!(exchange(&port, question).await.0, StatusCode::NO_CONTENT);
    let other = Request::delete("/").header("authorization", "x").body(Body::empty()).expect("a request");
    assert_eq!(exchange(&port, other).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_form_works_behind_what_adds_a_token_and_not_from_another_origin() {
    let port = port(nothing(), None, "");
    let get = Request::get("/system").header("authorization", "Bearer x").body(Body::empty()).expect("a request");
    let (_, headers, html) = exchange(&port, get).await;
    let cookie = headers.get("set-cookie").expect("the token is kept").to_str().expect("ascii");
    let cookie = cookie.split(';').next().expect("a first part").to_owned();
    assert!(html.contains(&format!("value=\"{}\"", cookie.trim_start_matches("_csrf="))), "{html}");
    let send = |sender: &str| {
        let request = Request::post("/preferences").header("authorization", "Bearer x").header("cookie", &cookie);
        request.header("sec-fetch-site", sender).body(Body::from(cookie.clone())).expect("a request")
    };
    assert_eq!(exchange(&port, send("same-origin")).await.0, StatusCode::SEE_OTHER);
    // It may know the cookie: another port of this host has the same ones.
    assert_eq!(exchange(&port, send("same-site")).await.0, StatusCode::FORBIDDEN);
}

fn page(events: std::ops::Range<i64>, next: &'static str) -> Bytes {
    let events = events.map(|event_id| HistoryEvent { event_id, ..HistoryEvent::default() }).collect();
    let history = Some(History { events, ..History::default() });
    GetWorkflowExecutionHistoryResponse { history, next_page_token: next.into(), ..Default::default() }
        .encode_to_vec()
        .into()
}

#[tokio::test]
async fn a_whole_history_is_one_list_of_all_its_pages() {
    let routes = service(|asked| {
        let request = GetWorkflowExecutionHistoryRequest::decode(asked.message).expect("a request");
        let run = request.execution.expect("a run");
        assert_eq!((request.namespace.as_str(), run.workflow_id.as_str(), run.run_id.as_str()), ("d", "a/b", "r"));
        match request.next_page_token.as_ref() {
            b"" => Ok(page(0..0, "two")),
            b"two" => Ok(page(1..3, "three")),
            b"three" => Ok(page(3..4, "")),
            _ => Err(Status::internal("no such page")),
        }
    });
    let path = "/api/v1/namespaces/d/workflows/a%2Fb/run/r/history.json";
    let (status, _, text) = get(&port(routes, None, ""), path).await;
    assert_eq!((status, text.as_str()), (200, "[{\"eventId\":\"1\"},\n{\"eventId\":\"2\"},\n{\"eventId\":\"3\"}]\n"));
    let failing = service(|asked| {
        let request = GetWorkflowExecutionHistoryRequest::decode(asked.message).expect("a request");
        if request.next_page_token.is_empty() { Ok(page(1..2, "two")) } else { Err(Status::not_found("gone")) }
    });
    let (_, _, text) = get(&port(failing, None, ""), path).await;
    assert_eq!(text, "[{\"eventId\":\"1\"},\n{\"error\":\"NotFound: gone\"}]\n");
}
