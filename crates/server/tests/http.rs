//! The API as HTTP and JSON over a real socket: a workflow is started, looked at, listed, signalled and read, with a worker that
//! speaks gRPC in between.

mod common;

use abide_mutation::{Random, cases, mutated_text};
use abide_server::config::{Data, Http, Listen, Switches, Ui};
use common::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One exchange on a connection of its own; the status and the body.
async fn exchange(address: std::net::SocketAddr, request: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    let text = format!("{request}Host: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer of text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}

/// A client of the API.
struct Caller(std::net::SocketAddr);

impl Caller {
    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, "").await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.ask("POST", path, &body.to_string()).await
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let head = format!("{method} /api/v1/namespaces/default{path} HTTP/1.1\r\nContent-Type: application/json\r\n");
        let (status, text) = exchange(self.0, &head, body).await;
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {text}: {error}"));
        assert!(status == 200 || value["code"] != Value::Null, "{path}: {text}");
        value
    }
}

async fn server() -> (Server, Caller, std::net::SocketAddr) {
    let listen = || Listen { host: "127.0.0.1".into(), port: 0 };
    let mut config = config(Data::Memory);
    config.http = Some(Http { listen: listen(), origins: Vec::new() });
    config.ui = Some(Ui {
        listen: listen(),
        public_path: String::new(),
        assets: None,
        codec_endpoint: "https://codec.example".into(),
        disable_news_fetch: true,
        switches: Switches::default(),
    });
    let server = Server::start(config).await;
    let addresses = server.node().all_addresses().clone();
    (server, Caller(addresses.http[0]), addresses.ui[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_lives_its_whole_life_over_http() {
    let (server, caller, _) = server().await;
    let start =
        json!({ "workflowType": { "name": "Order" }, "taskQueue": { "name": "q" }, "input": [{ "n": 1 }, null] });
    let path = "/workflows/order%2F1%20%C3%A9";
    let started = caller.post(path, start.clone()).await;
    let run_id = started["runId"].as_str().expect("a run").to_owned();
    let again = caller.post(path, start).await;
    assert_eq!((&again["code"], &again["details"][0]["runId"]), (&json!(6), &json!(run_id)));

    let described = caller.get(path).await;
    assert_eq!(described["workflowExecutionInfo"]["execution"], json!({ "workflowId": "order/1 é", "runId": run_id }));
    let listed = caller.get("/workflows?query=WorkflowType%3D%27Order%27&pageSize=5").await;
    assert_eq!(listed["executions"][0]["execution"]["runId"], json!(run_id));
    assert_eq!(caller.get("/workflow-count").await, json!({ "count": "1" }));

    let signalled = caller.post(&format!("{path}/signal/paid"), json!({ "input": ["now"] })).await;
    assert_eq!(signalled["link"]["workflowEvent"]["runId"], json!(run_id));
    let mut client = server.client.clone();
    let task = work(&mut client, "q", vec![complete_workflow("{\"total\":3}")]).await;
    assert_eq!(task.workflow_execution.as_ref().map(|run| run.workflow_id.as_str()), Some("order/1 é"));

    let history = caller.get(&format!("{path}/history")).await;
    let events = history["history"]["events"].as_array().expect("events");
    let started = &events[0]["workflowExecutionStartedEventAttributes"];
    assert_eq!(started["input"], json!([{ "n": 1 }, { "metadata": { "encoding": "YmluYXJ5L251bGw=" } }]));
    let signal = events.iter().find(|event| event["eventType"] == "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED");
    assert_eq!(signal.expect("a signal")["workflowExecutionSignaledEventAttributes"]["input"], json!(["now"]));
    let last = caller.get(&format!("{path}/history?historyEventFilterType=2&noPayloadShorthand")).await;
    let result = &last["history"]["events"][0]["workflowExecutionCompletedEventAttributes"]["result"];
    assert_eq!(result["payloads"][0]["metadata"]["encoding"], json!("anNvbi9wbGFpbg=="));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_answered_by_the_server() {
    let (server, caller, _) = server().await;
    let (status, document) = exchange(caller.0, "GET /swagger.json HTTP/1.1\r\n", "").await;
    assert_eq!(status, 200);
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let mut answered = 0;
    for (path, verbs) in document["paths"].as_object().expect("paths") {
        for verb in verbs.as_object().expect("verbs").keys() {
            let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
            let head = format!("{} {} HTTP/1.1\r\nGrpc-Timeout: 2S\r\n", verb.to_uppercase(), path.join("/"));
            let (status, text) = exchange(caller.0, &head, "").await;
            let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{head}{text}: {error}"));
            let is_nowhere = value["message"] == "Not Found" || value["message"] == "Method Not Allowed";
            assert!(!is_nowhere && status != 500, "{head}{status} {text}");
            answered += 1;
        }
    }
    assert!(answered > 220, "{answered}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_for_people_says_what_it_is_and_lets_no_foreign_page_act() {
    let (server, _, address) = server().await;
    let (status, page) = exchange(address, "GET /namespaces/default/workflows HTTP/1.1\r\n", "").await;
    assert!(status == 200 && page.contains("<h1>Workflows"), "{status} {page}");
    assert_eq!(exchange(address, "GET /nothing HTTP/1.1\r\n", "").await.0, 404);
    let (_, settings) = exchange(address, "GET /api/v1/settings HTTP/1.1\r\n", "").await;
    let settings: Value = serde_json::from_str(&settings).expect("JSON");
    assert_eq!(
        (&settings["Codec"]["Endpoint"], &settings["DisableNewsFetch"]),
        (&json!("https://codec.example"), &json!(true))
    );
    assert_eq!(exchange(address, "GET /healthz HTTP/1.1\r\n", "").await, (200, r#"{"status":"OK"}"#.to_owned()));

    let payload = json!({ "metadata": { "encoding": "anNvbi9wbGFpbg==" }, "data": "MQ==" });
    let start =
        json!({ "workflowType": { "name": "T" }, "taskQueue": { "name": "q" }, "input": { "payloads": [payload] } });
    let path = "/api/v1/namespaces/default/workflows/w";
    let head = format!("POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n");
    let refused = exchange(address, &head, &start.to_string()).await;
    assert_eq!(refused, (400, r#"{"message":"missing csrf token in request header"}"#.to_owned()));
    let head = format!("{head}Cookie: _csrf=t\r\nX-CSRF-Token: t\r\n");
    let (status, started) = exchange(address, &head, &start.to_string()).await;
    assert!(status == 200 && started.contains("\n  \"runId\""), "{status} {started}");

    let (_, described) = exchange(address, &format!("GET {path} HTTP/1.1\r\n"), "").await;
    let described: Value = serde_json::from_str(&described).expect("JSON");
    let run_id = described["workflowExecutionInfo"]["execution"]["runId"].as_str().expect("a run");
    let head = format!("GET {path}/run/{run_id}/history.json HTTP/1.0\r\n");
    let (_, history) = exchange(address, &head, "").await;
    let history: Value = serde_json::from_str(&history).unwrap_or_else(|error| panic!("{history}: {error}"));
    assert_eq!(history[0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"], json!([payload]));
    let (_, nobody) = exchange(address, &head.replace(run_id, "nobody"), "").await;
    assert!(nobody.starts_with(r#"[{"error":"#), "{nobody}");
    server.stop().await;
}

/// Requests that are right, or nearly.
const ORDINARY: [(&str, &str); 18] = [
    (
        "/workflows/w",
        r#"{"workflowType":{"name":"T"},"taskQueue":{"name":"q"},"input":[1],"memo":{"fields":{"a":1}},
        "searchAttributes":{"indexedFields":{"CustomKeywordField":"x"}},"workflowRunTimeout":"5s","cronSchedule":"* * * * *"}"#,
    ),
    ("/workflows/w/signal/s", r#"{"input":[{"a":[1,2]}],"requestId":"r","header":{"fields":{"h":"v"}}}"#),
    (
        "/workflows/w/signal-with-start/s",
        r#"{"workflowType":{"name":"T"},"taskQueue":{"name":"q"},"signalInput":[null]}"#,
    ),
    (
        "/workflows/w/update/u",
        r#"{"waitPolicy":{"lifecycleStage":"Accepted"},"request":{"meta":{"updateId":"i"},"input":{"args":[1]}}}"#,
    ),
    ("/workflows/w/query/q", r#"{"query":{"queryArgs":[1]},"queryRejectCondition":"NotOpen"}"#),
    ("/workflows/w/reset", r#"{"workflowTaskFinishEventId":"3","reason":"r","resetReapplyType":"Signal"}"#),
    ("/workflows/w/cancel", r#"{"reason":"r","requestId":"x"}"#),
    ("/workflows/w/terminate", r#"{"reason":"r","details":["x"],"firstExecutionRunId":""}"#),
    ("/workflows/w/pause", r#"{"reason":"r"}"#),
    (
        "/workflows/w/update-options",
        r#"{"workflowExecutionOptions":{"priority":{"priorityKey":3}},"updateMask":"priority"}"#,
    ),
    ("/activities-deprecated/pause", r#"{"execution":{"workflowId":"w"},"id":"1"}"#),
    (
        "/activities-deprecated/update-options",
        r#"{"execution":{"workflowId":"w"},"id":"1","activityOptions":{"startToCloseTimeout":"1s"},"updateMask":"startToCloseTimeout"}"#,
    ),
    ("/workflows/w/activities/a/complete", r#"{"result":[1]}"#),
    ("/activity-fail", r#"{"taskToken":"AAAA","failure":{"message":"m","applicationFailureInfo":{"type":"t"}}}"#),
    (
        "/batch-operations/b",
        r#"{"visibilityQuery":"WorkflowId = 'w'","reason":"r","signalOperation":{"signal":"s","input":[1]}}"#,
    ),
    (
        "/task-queues/q/update-config",
        r#"{"taskQueueType":"Activity","updateQueueRateLimit":{"rateLimit":{"requestsPerSecond":5},"reason":"r"}}"#,
    ),
    ("/workers/heartbeat", r#"{"workerHeartbeat":[{"workerInstanceKey":"k","taskQueue":"q"}]}"#),
    (
        "/update",
        r#"{"updateInfo":{"description":"d","data":{"a":"b"}},"config":{"workflowExecutionRetentionTtl":"86400s"}}"#,
    ),
];
/// What means something in JSON and in these messages.
const WORDS: [&str; 16] = [
    "null",
    "-1",
    "1e300",
    "\"\"",
    "[]",
    "{}",
    "[null]",
    ",",
    "true",
    "\"x\"",
    "\"-5s\"",
    "\"9999999999s\"",
    "99999999999",
    "\"metadata\":{\"encoding\":\"anNvbi9wbGFpbg==\"}",
    "\\u0000",
    "\"runId\":\"x\"",
];

#[tokio::test(flavor = "multi_thread")]
async fn pages_know_what_only_the_server_knows() {
    let (server, caller, address) = server().await;
    caller
        .post("/workflows/w", json!({ "workflowType": { "name": "Order" }, "taskQueue": { "name": "un<known" } }))
        .await;
    // Whoever is answered by the run finds it counted.
    caller.get("/workflows/w").await;
    let page = async |path: &str| exchange(address, &format!("GET {path} HTTP/1.1\r\n"), "").await;
    let (status, queues) = page("/namespaces/default/task-queues").await;
    assert!(status == 200 && queues.contains(">un&lt;known</a>") && queues.contains("No pollers"), "{queues}");
    let (status, gone) = page("/namespaces/nowhere/task-queues").await;
    assert!(status == 404 && gone.contains("nowhere") && !gone.contains("un&lt;known"), "{gone}");
    let (status, system) = page("/system").await;
    assert!(status == 200 && system.contains("<dt>Queues in memory</dt><dd>1</dd>"), "{system}");
    assert!(system.contains("<dt>Workflow executions in memory</dt><dd>1</dd>"), "{system}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nearly_right_requests_are_done_or_refused_and_never_end_in_a_fault() {
    let (server, caller, _) = server().await;
    let mut done = 0;
    for seed in 0..u64::from(cases(400)) {
        let random = &mut Random::of(seed);
        let (path, body) = *random.one_of(&ORDINARY);
        let body = if random.percent(25) { body.to_owned() } else { mutated_text(body, &WORDS, random) };
        let head = format!("POST /api/v1/namespaces/default{path} HTTP/1.1\r\nGrpc-Timeout: 20m\r\n");
        let (status, text) = exchange(caller.0, &head, &body).await;
        let is_json = serde_json::from_str::<Value>(&text).is_ok();
        assert!(is_json && status != 500, "seed {seed}: {path} {body}: {status} {text}");
        done += u32::from(status == 200);
    }
    assert!(done > 30, "{done} requests were done");
    server.stop().await;
}
