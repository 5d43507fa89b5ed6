//! The API before a service that remembers what it was asked, and answers what the test says.

mod fuzz;

use std::sync::{Arc, Mutex, PoisonError};

use abide_api::temporal::api::errordetails::v1::NamespaceNotFoundFailure;
use abide_json::{Payloads, descriptor, message_of};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use prost::Message;
use tonic::{Code, Status};

use crate::binding::Verb;
use crate::route::{Segment, all};
use crate::testing::{Asked, exchange, service};
use crate::{Front, front};

/// A port of the API before a service of a test's own.
struct World {
    port: Router,
    asked: Arc<Mutex<Option<Asked>>>,
}

impl World {
    /// The service answers this.
    fn answering(answer: Result<Bytes, Status>) -> Self {
        Self::with(answer, abide_model::SettingsView::default())
    }

    fn with(answer: Result<Bytes, Status>, settings: abide_model::SettingsView) -> Self {
        let asked = Arc::new(Mutex::new(None));
        let remembered = asked.clone();
        let routes = service(move |question| {
            *remembered.lock().unwrap_or_else(PoisonError::into_inner) = Some(question);
            answer.clone()
        });
        let origins = vec!["https://good.example".to_owned()];
        Self { port: front(Front { routes, settings, origins, version: "9.9.9" }), asked }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        exchange(&self.port, request).await
    }

    async fn ask(&self, method: Method, path: &str, body: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).expect("a request");
        let (status, _, text) = self.send(request).await;
        (status.as_u16(), text)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.ask(Method::GET, path, "").await
    }

    /// What the service was asked since this was last asked: the RPC's name and the message.
    fn asked(&self) -> Option<(String, String)> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let route = all().find(|route| route.grpc_path() == asked.path).expect("a known RPC");
        let message = message_of(route.method.input(), &asked.message, Payloads::Raw).expect("its own message");
        Some((route.method.name().to_owned(), message.to_string()))
    }
}

fn nothing() -> World {
    World::answering(Ok(Bytes::new()))
}

#[tokio::test]
async fn every_route_reaches_its_own_rpc() {
    let world = nothing();
    let mut count = 0;
    for route in all() {
        let mut expected = serde_json::Map::new();
        let mut number = 0;
        let path = route.segments().iter().map(|segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Field(field) => {
                number += 1;
                let pointer = field.0.iter().map(|field| field.json_name()).collect::<Vec<_>>();
                insert(&mut expected, &pointer, &format!("a/{number} é"));
                format!("/a%2F{number}%20%C3%A9")
            }
        });
        let path: String = path.collect();
        let method = match route.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Delete => Method::DELETE,
        };
        let (status, text) = world.ask(method, &path, "").await;
        assert_eq!((status, text.as_str()), (200, "{}"), "{path}");
        let (rpc, message) = world.asked().expect("the service was asked");
        assert_eq!(rpc, route.method.name(), "{path}");
        let message: serde_json::Value = serde_json::from_str(&message).expect("JSON");
        assert_eq!(message, serde_json::Value::Object(expected), "{path}");
        count += 1;
    }
    assert!(count > 220, "{count}");
}

fn insert(object: &mut serde_json::Map<String, serde_json::Value>, path: &[&str], value: &str) {
    match path {
        [] => {}
        [last] => drop(object.insert((*last).to_owned(), value.into())),
        [first, rest @ ..] => {
            let inner = object.entry(*first).or_insert_with(|| serde_json::Value::Object(serde_json::Map::new()));
            insert(inner.as_object_mut().expect("a message"), rest, value);
        }
    }
}

#[tokio::test]
async fn no_two_routes_lead_from_one_path() {
    let routes: Vec<_> = all().collect();
    for (index, one) in routes.iter().enumerate() {
        for other in &routes[index + 1..] {
            let overlap = one.verb == other.verb
                && one.segments().len() == other.segments().len()
                && one.segments().iter().zip(other.segments()).all(|pair| match pair {
                    (Segment::Literal(one), Segment::Literal(other)) => one == other,
                    (Segment::Field(_), _) | (_, Segment::Field(_)) => true,
                });
            assert!(!overlap, "{} and {}", one.template, other.template);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_or_not_done_is_said_as_the_reference_says_it() {
    let world = nothing();
    let not_found = (404, r#"{"code":5,"message":"Not Found"}"#.to_owned());
    let not_allowed = (501, r#"{"code":12,"message":"Method Not Allowed"}"#.to_owned());
    for path in ["/", "/nothing", "/api/v1", "/api/v1/namespaces/d/workflows/w/", "/api/v2/namespaces", "*"] {
        assert_eq!(world.get(path).await, not_found, "{path}");
    }
    for (method, path) in [
        (Method::POST, "/api/v1/namespaces/default"),
        (Method::DELETE, "/api/v1/system-info"),
        (Method::PUT, "/api/v1/namespaces/d/workflows"),
        (Method::OPTIONS, "/api/v1/namespaces/d/workflows"),
        (Method::HEAD, "/namespaces/d/workflows"),
    ] {
        assert_eq!(world.ask(method.clone(), path, "{}").await.0, not_allowed.0, "{method} {path}");
    }
    assert_eq!(world.ask(Method::POST, "/api/v1/namespaces/d", "").await, not_allowed);
    assert_eq!(
        world.get("/api/v1/namespaces/%zz").await,
        (400, r#"{"code":3,"message":"invalid URL escape \"%zz\""}"#.to_owned())
    );
    assert_eq!(world.get("/api/v1/namespaces/%ff").await.0, 400);
    assert!(world.asked().is_none(), "nothing of it reached the service");
}

#[tokio::test]
async fn a_path_wins_over_the_body_and_the_query() {
    let world = nothing();
    let path = "/api/v1/namespaces/default/workflows/w";
    world.ask(Method::POST, path, r#"{"workflowId":"x","namespace":"y","identity":"me"}"#).await;
    let expected = r#"{"namespace":"default","workflowId":"w","identity":"me"}"#;
    assert_eq!(world.asked(), Some(("StartWorkflowExecution".into(), expected.into())));
    world.get(&format!("{path}?execution.workflowId=x&namespace=y&execution.runId=r")).await;
    let expected = r#"{"namespace":"default","execution":{"workflowId":"w","runId":"r"}}"#;
    assert_eq!(world.asked(), Some(("DescribeWorkflowExecution".into(), expected.into())));
}

#[tokio::test]
async fn a_form_sent_to_what_can_only_be_asked_is_a_query() {
    let world = nothing();
    let form = |path: &str, kind: &str| {
        let request = Request::builder().method(Method::POST).uri(path).header("content-type", kind);
        request.body(Body::from("pageSize=7&foo=%7B")).expect("a request")
    };
    let path = "/api/v1/namespaces/d/workflows";
    let (status, ..) = world.send(form(path, "application/x-www-form-urlencoded; charset=utf-8")).await;
    assert_eq!(status, StatusCode::OK);
    let expected = r#"{"namespace":"d","pageSize":7}"#;
    assert_eq!(world.asked(), Some(("ListWorkflowExecutions".into(), expected.into())));
    assert_eq!(world.send(form(path, "application/json")).await.0, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn a_body_that_does_not_match_is_refused() {
    let world = nothing();
    let path = "/api/v1/namespaces/d/workflows/w";
    let large = format!("{{\"identity\":\"{}\"}}", "x".repeat(4 * 1024 * 1024));
    let cases = [
        (r#"{"foo":1}"#, r#"temporalproto: (line 1:2): unknown field "foo""#),
        ("{", "unexpected EOF"),
        ("[]", "temporalproto: syntax error (line 1:1): unexpected token ["),
        (large.as_str(), "http: request body too large"),
    ];
    for (body, expected) in cases {
        let (status, text) = world.ask(Method::POST, path, body).await;
        let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((status, &answer["code"], answer["message"].as_str()), (400, &3.into(), Some(expected)));
    }
    let bytes = Request::post(path).body(Body::from(vec![b'"', 0xff, b'"'])).expect("a request");
    assert_eq!(world.send(bytes).await.0, StatusCode::BAD_REQUEST);
    let (status, text) = world.get("/api/v1/namespaces/d/workflows?pageSize=x").await;
    let why = r#"{"code":3,"message":"parsing field \"page_size\": strconv.ParseInt: parsing \"x\": invalid syntax"}"#;
    assert_eq!((status, text.as_str()), (400, why));
    let many = "&pageSize=12345".repeat(2_000);
    let (status, text) = world.get(&format!("/api/v1/namespaces/d/workflows?{many}")).await;
    assert!(status == 400 && text.len() < 4_100, "{status} {}", text.len());
    assert!(world.asked().is_none());
}

#[tokio::test]
async fn callers_choose_how_json_is_written_and_read() {
    let payload = r#"{"queryResult":[{"a":1}]}"#;
    let answer = abide_json::read(
        &descriptor("temporal.api.workflowservice.v1.QueryWorkflowResponse"),
        payload,
        Payloads::Shorthand,
    );
    let world = World::answering(Ok(answer.expect("an answer").encode_to_vec().into()));
    let path = "/api/v1/namespaces/d/workflows/w/query/q";
    let raw = r#"{"queryResult":{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"eyJhIjoxfQ=="}]}}"#;
    let pretty = "{\n  \"queryResult\": [\n    {\n      \"a\": 1\n    }\n  ]\n}";
    let cases = [
        ("", "", "application/json", payload),
        ("", "text/html", "application/json", payload),
        ("?pretty", "", "application/json+pretty", pretty),
        ("", "application/json+pretty", "application/json+pretty", pretty),
        ("?noPayloadShorthand", "", "application/json+no-payload-shorthand", raw),
        ("", "application/json+no-payload-shorthand", "application/json+no-payload-shorthand", raw),
    ];
    for (query, accept, kind, expected) in cases {
        let request = Request::post(format!("{path}{query}")).header("accept", accept);
        let body = Body::from(r#"{"query":{"queryArgs":[1]}}"#);
        let (status, headers, text) = world.send(request.body(body).expect("a request")).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, expected), "{query} {accept}");
        assert_eq!(headers["content-type"], kind);
        let (_, message) = world.asked().expect("the service was asked");
        assert!(message.contains(r#""data":"MQ==""#), "{message}");
    }
    let written_out = Request::post(path).header("content-type", "application/json+no-payload-shorthand");
    let shorthand = written_out.body(Body::from(r#"{"query":{"queryArgs":[1]}}"#)).expect("a request");
    assert_eq!(world.send(shorthand).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_error_has_its_code_its_text_and_its_details() {
    let failure = NamespaceNotFoundFailure { namespace: "n".into() };
    let name = "type.googleapis.com/temporal.api.errordetails.v1.NamespaceNotFoundFailure";
    let rich = abide_api::google::rpc::Status {
        code: 5,
        message: "no such".into(),
        details: vec![prost_types_any(name, failure.encode_to_vec())],
    };
    let status = Status::with_details(Code::NotFound, "no such", rich.encode_to_vec().into());
    let (code, text) = World::answering(Err(status)).get("/api/v1/namespaces/n").await;
    let expected = format!(r#"{{"code":5,"message":"no such","details":[{{"@type":"{name}","namespace":"n"}}]}}"#);
    assert_eq!((code, text), (404, expected));
    let codes = [
        (Code::Cancelled, 499),
        (Code::Unknown, 500),
        (Code::InvalidArgument, 400),
        (Code::DeadlineExceeded, 504),
        (Code::AlreadyExists, 409),
        (Code::PermissionDenied, 403),
        (Code::ResourceExhausted, 429),
        (Code::FailedPrecondition, 400),
        (Code::Aborted, 409),
        (Code::OutOfRange, 400),
        (Code::Unimplemented, 501),
        (Code::Internal, 500),
        (Code::Unavailable, 503),
        (Code::DataLoss, 500),
        (Code::Unauthenticated, 401),
    ];
    for (code, expected) in codes {
        let world = World::answering(Err(Status::new(code, "why")));
        let (status, text) = world.get("/api/v1/system-info").await;
        assert_eq!((status, text), (expected, format!(r#"{{"code":{},"message":"why"}}"#, code as i32)));
    }
}

fn prost_types_any(type_url: &str, value: Vec<u8>) -> prost_types::Any {
    prost_types::Any { type_url: type_url.into(), value }
}

#[tokio::test]
async fn the_service_sees_who_asks() {
    let world = nothing();
    let request = Request::get("/api/v1/system-info").header("authorization", "token").header("cookie", "c");
    world.send(request.header("grpc-timeout", "5S").body(Body::empty()).expect("a request")).await;
    let headers = world.asked.lock().expect("no panic").take().expect("asked").headers;
    assert_eq!(
        (&headers["authorization"], &headers["grpc-timeout"]),
        (&"token".parse().expect("ascii"), &"5S".parse().expect("ascii"))
    );
    assert_eq!(
        (&headers["client-name"], &headers["client-version"]),
        (&"temporal-server-http".parse().expect("ascii"), &"9.9.9".parse().expect("ascii"))
    );
    assert!(!headers.contains_key("cookie"));
    let wrong =
        Request::get("/api/v1/system-info").header("grpc-timeout", "zz").body(Body::empty()).expect("a request");
    let (status, _, text) = world.send(wrong).await;
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::BAD_REQUEST, r#"{"code":3,"message":"invalid grpc-timeout: zz"}"#)
    );
}

#[tokio::test]
async fn only_hosts_that_may_be_named_are_answered() {
    let mut settings = abide_model::Settings::default();
    settings.http.allowed_hosts = vec!["allowed".into(), "*.example:80".into()];
    let live = Arc::new(abide_model::LiveSettings::new(settings));
    let world = World::with(Ok(Bytes::new()), abide_model::SettingsView::everywhere(live));
    for (host, expected) in [("allowed", 200), ("a.example:80", 200), ("not-allowed", 403), ("a.example", 403)] {
        let request = Request::get("/system-info").header("host", host).body(Body::empty()).expect("a request");
        let (status, _, text) = world.send(request).await;
        assert_eq!(status.as_u16(), expected, "{host}");
        assert!(expected == 200 || text == r#"{"code": 7, "message": "Host not allowed"}"#, "{text}");
    }
}

#[tokio::test]
async fn pages_of_known_origins_may_call_and_speak_grpc_web() {
    let world = nothing();
    let ask = |method: Method, origin: &str| {
        let path = "/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo";
        Request::builder().method(method).uri(path).header("origin", origin)
    };
    let question = |origin: &str| {
        let request = ask(Method::OPTIONS, origin).header("access-control-request-method", "POST");
        request.body(Body::empty()).expect("a request")
    };
    let (status, headers, _) = world.send(question("https://good.example")).await;
    assert_eq!(
        (status, &headers["access-control-allow-origin"]),
        (StatusCode::NO_CONTENT, &"https://good.example".parse().expect("ascii"))
    );
    let (status, headers, _) = world.send(question("https://bad.example")).await;
    assert!(status != StatusCode::NO_CONTENT && !headers.contains_key("access-control-allow-origin"));
    let call = ask(Method::POST, "https://good.example").header("content-type", "application/grpc-web+proto");
    let (status, headers, text) = world.send(call.body(Body::from(&[0, 0, 0, 0, 0][..])).expect("a request")).await;
    assert_eq!(
        (status, &headers["access-control-allow-origin"]),
        (StatusCode::OK, &"https://good.example".parse().expect("ascii"))
    );
    assert_eq!(headers["content-type"], "application/grpc-web+proto");
    assert!(text.starts_with("\0\0\0\0\0"), "{text:?}");
    assert!(world.asked().is_some());
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_unless_it_is_known() {
    let world = nothing();
    let terminate = |site: &str, origin: &str| {
        let request = Request::post("/api/v1/namespaces/d/workflows/w/terminate").header("sec-fetch-site", site);
        request.header("origin", origin).header("content-type", "text/plain").body(Body::from("{}")).expect("a request")
    };
    for (site, origin, expected) in [
        ("cross-site", "https://bad.example", 403),
        ("cross-site", "null", 403),
        ("cross-site", "https://good.example", 200),
        ("same-origin", "https://bad.example", 200),
    ] {
        let (status, _, text) = world.send(terminate(site, origin)).await;
        assert_eq!(status.as_u16(), expected, "{site} {origin} {text}");
        assert_eq!(world.asked().is_some(), expected == 200, "{site} {origin}");
    }
}

#[tokio::test]
async fn what_describes_the_api_is_served_under_both_paths() {
    let world = nothing();
    for path in ["/swagger.json", "/api/v1/swagger.json", "/openapi.yaml", "/api/v1/openapi.yaml"] {
        let (status, text) = world.get(path).await;
        assert_eq!(status, 200, "{path}");
        assert!(text.contains("/api/v1/namespaces/{namespace}/workflows/{workflowId}"), "{path}");
    }
    assert_eq!(world.ask(Method::POST, "/swagger.json", "").await.0, 404);
}
