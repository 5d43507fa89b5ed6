//! The timeline of a run whose service is the test.

use std::sync::{Mutex, PoisonError};

use abide_api::temporal::api::enums::v1::EventType;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{HistoryEvent, WorkflowTaskScheduledEventAttributes};
use abide_api::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
};
use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use prost::Message;
use serde_json::{Value, json};
use tonic::Status;

use super::*;
use crate::pages::run::testing::{HOSTILE, activity_failed, event, open, started, timer_started};
use crate::port::{Port, port};
use crate::testing::{self, exchange, service};

const RUN: &str = "/namespaces/default/workflows/order/run-1";
const PAGE_EVENTS: usize = 10;

/// The events that there are, and how many of them were handed out.
#[derive(Default)]
struct World {
    events: Vec<HistoryEvent>,
    handed: usize,
    /// How many of the last ones are not stored.
    unwritten: usize,
}

impl World {
    fn of(events: Vec<HistoryEvent>) -> Self {
        Self { events, ..Self::default() }
    }

    fn described(&self) -> Vec<u8> {
        let mut found = open();
        let info = found.workflow_execution_info.as_mut().expect("a run");
        info.history_length = (self.events.len() - self.unwritten) as i64;
        found.encode_to_vec()
    }
}

/// Only who says who they are is answered.
fn site(world: &Arc<Mutex<World>>) -> Router {
    let world = world.clone();
    let routes = service(move |asked| {
        if asked.headers.get("authorization").is_none() {
            return Err(Status::permission_denied("not for you"));
        }
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match asked.path.rsplit('/').next() {
            Some("DescribeWorkflowExecution") => world.described(),
            Some("GetWorkflowExecutionHistory") => {
                let request = GetWorkflowExecutionHistoryRequest::decode(asked.message).expect("a request");
                let from: usize = String::from_utf8_lossy(&request.next_page_token).parse().unwrap_or(0);
                let page: Vec<_> = world.events.iter().skip(from).take(PAGE_EVENTS).cloned().collect();
                world.handed += page.len();
                let next = from + page.len();
                let next_page_token = if next < world.events.len() { next.to_string() } else { String::new() }.into();
                GetWorkflowExecutionHistoryResponse {
                    history: Some(page.into()),
                    next_page_token,
                    ..GetWorkflowExecutionHistoryResponse::default()
                }
                .encode_to_vec()
            }
            _ => Vec::new(),
        }
        .into())
    });
    port(Port { site: testing::site(routes), files: None, disable_news_fetch: false })
}

async fn get(site: &Router, rest: &str) -> (StatusCode, String) {
    let request = Request::get(format!("{RUN}/{rest}")).header("authorization", "Bearer me");
    let (status, _, text) = exchange(site, request.body(Body::empty()).expect("a request")).await;
    (status, text)
}

async fn groups(site: &Router, rest: &str) -> Value {
    let (status, text) = get(site, rest).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

fn events(count: i64) -> Vec<HistoryEvent> {
    [started()].into_iter().chain((2..=count).map(|id| timer_started(id, "t", 60))).collect()
}

#[tokio::test]
async fn another_look_reads_only_the_last_page_and_what_came_since() {
    let world = Arc::new(Mutex::new(World::of(events(25))));
    let site = site(&world);
    let handed = || std::mem::take(&mut world.lock().expect("no test panics here").handed);
    let first = groups(&site, "timeline.json").await;
    assert_eq!((first["groups"].as_array().map(Vec::len), handed()), (Some(25), 25));
    assert_eq!((groups(&site, "timeline.json?after=25").await["groups"].clone(), handed()), (json!([]), 5));
    world.lock().expect("no test panics here").events = events(33);
    let news = groups(&site, "timeline.json?after=25").await;
    assert_eq!((news["groups"].as_array().map(Vec::len), &news["last"], handed()), (Some(8), &json!(33), 13));
    assert_eq!((groups(&site, "timeline.json").await["groups"].as_array().map(Vec::len), handed()), (Some(33), 3));
}

#[tokio::test]
async fn what_is_not_stored_leaves_nothing_behind_when_others_come_under_its_numbers() {
    let attempt = WorkflowTaskScheduledEventAttributes { attempt: 2, ..Default::default() };
    let attempt = Attributes::WorkflowTaskScheduledEventAttributes(attempt);
    let attempt = event(4, EventType::WorkflowTaskScheduled, attempt);
    let world = World { unwritten: 1, ..World::of([events(3), vec![attempt]].concat()) };
    let world = Arc::new(Mutex::new(world));
    let site = site(&world);
    assert_eq!(groups(&site, "timeline.json").await["last"], json!(3));
    *world.lock().expect("no test panics here") = World::of(events(4));
    let news = groups(&site, "timeline.json?after=3").await;
    assert_eq!((&news["last"], &news["names"], &news["groups"][0][0]), (&json!(4), &json!(["t"]), &json!(4)));
}

#[tokio::test]
async fn who_may_not_read_a_run_is_shown_nothing_that_is_kept_of_it() {
    let site = site(&Arc::new(Mutex::new(World::of(events(3)))));
    groups(&site, "timeline.json").await;
    for page in ["timeline", "timeline.json", "timeline.json?after=1"] {
        let request = Request::get(format!("{RUN}/{page}")).body(Body::empty()).expect("a request");
        let (status, _, text) = exchange(&site, request).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(text.contains("not for you") && !text.contains("Timer"), "{text}");
    }
}

#[tokio::test]
async fn without_scripts_it_is_a_table_in_which_no_text_becomes_html() {
    let timer = timer_started(2, HOSTILE, 60);
    let world = World::of(vec![started(), timer, activity_failed(3, HOSTILE)]);
    let (status, text) = get(&site(&Arc::new(Mutex::new(world))), "timeline").await;
    assert_eq!(status, StatusCode::OK);
    let (_, table) = text.split_once("<noscript>").expect("a table");
    assert!(table.contains("&lt;script&gt;alert"), "{table}");
    assert!(table.contains("/history/events/2\""), "{table}");
    assert!(!text.contains("<script>alert"), "{text}");
    assert!(
        text.contains(r#"<abide-timeline src="/namespaces/default/workflows/order/run-1/timeline.json""#),
        "{text}"
    );
}

#[tokio::test]
async fn after_is_the_number_of_an_event() {
    let site = site(&Arc::new(Mutex::new(World::of(events(3)))));
    assert_eq!(get(&site, "timeline.json?after=x").await.0, StatusCode::BAD_REQUEST);
}
