//! Requests that are nearly right: whatever they are, they are answered.

use abide_mutation::{Random, cases, mutated_text, odd_text};
use axum::body::Body;
use http::{Method, Request, Uri};

use super::nothing;
use crate::route::all;

const WORDS: [&str; 14] =
    ["/", "//", "%2F", "%", "?", "&", "=", "[", "]", ".", "api/v1", "namespaces", "{", "execution.runId=1"];
const QUERIES: [&str; 5] = [
    "pageSize=1&nextPageToken=AAAA&query=a%3Db",
    "execution.runId=x&historyEventFilterType=2&waitNewEvent=true",
    "updateInfo.data[a]=b&startTime=2020-01-01T00:00:00Z&versions.buildIds=x",
    "pretty&noPayloadShorthand&a.b.c=1&execution=1",
    "workflowExecution.workflowId=%ff&taskQueue.kind=TASK_QUEUE_KIND_NORMAL&reportPollers=1",
];
const BODY: &str = r#"{"workflowType":{"name":"T"},"input":[1,null],"query":{"queryArgs":[{"a":1}]},"identity":"é"}"#;

#[tokio::test]
async fn any_request_is_answered() {
    let world = nothing();
    let templates: Vec<String> = all().map(|route| route.template.clone()).collect();
    let methods = [Method::GET, Method::POST, Method::DELETE, Method::PUT, Method::HEAD];
    let mut reached = 0;
    for seed in 0..u64::from(cases(3000)) {
        let random = &mut Random::of(seed);
        let path = random.one_of(&templates).clone();
        let path = if random.percent(40) { path } else { mutated_text(&path, &WORDS, random) };
        let query = random.one_of(&QUERIES);
        let query = if random.percent(40) { (*query).to_owned() } else { mutated_text(query, &WORDS, random) };
        let body = if random.percent(70) { mutated_text(BODY, &WORDS, random) } else { odd_text(random) };
        let Ok(uri) = format!("{path}?{query}").parse::<Uri>() else { continue };
        let method = random.one_of(&methods).clone();
        let request = Request::builder().method(method).uri(uri).body(Body::from(body)).expect("a request");
        let (status, _, text) = world.send(request).await;
        assert!(status.as_u16() < 500 || status.as_u16() == 501, "seed {seed}: {status} {text}");
        reached += u32::from(world.asked().is_some());
    }
    assert!(reached > 100, "{reached} requests reached the service");
}
