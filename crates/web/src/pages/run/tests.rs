//! The pages of a run, made from a history that stands still.

use std::sync::{Arc, Mutex};

use abide_api::temporal::api::activity::v1::ActivityOptions;
use abide_api::temporal::api::common::v1::{ActivityType, Memo, Payloads, SearchAttributes, WorkflowExecution};
use abide_api::temporal::api::enums::v1::{PendingActivityState, WorkflowExecutionStatus as Status};
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{History, HistoryEvent};
use abide_api::temporal::api::workflow::v1::{
    PendingActivityInfo, WorkflowExecutionExtendedInfo, WorkflowExecutionPauseInfo,
};
use abide_api::temporal::api::workflowservice::v1::*;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};
use prost::Message;
use prost_types::Duration;

use super::testing::*;
use crate::port::{Port, port};
use crate::testing::{self, Asked, exchange, service};

const RUN: &str = "/namespaces/default/workflows/order%20%3Cscript%3E/run-1";

/// A service that knows one run.
#[derive(Clone)]
struct World {
    found: DescribeWorkflowExecutionResponse,
    events: Vec<HistoryEvent>,
    /// How many events were handed out.
    handed: Arc<Mutex<usize>>,
}

impl World {
    fn new(mut found: DescribeWorkflowExecutionResponse, events: Vec<HistoryEvent>) -> Self {
        if let Some(info) = &mut found.workflow_execution_info {
            info.history_length = events.iter().map(|event| event.event_id).max().unwrap_or_default();
        }
        Self { found, events, handed: Arc::default() }
    }

    /// With this many events.
    fn long(count: i64) -> Self {
        let middle = (2..=count)
            .map(|id| if id % 10 == 0 { activity_failed(id, "disk full") } else { timer_started(id, "t", 60) });
        Self::new(open(), [started()].into_iter().chain(middle).collect())
    }

    fn page(&self, reverse: bool, token: &[u8], size: i32) -> (History, Bytes) {
        let from: usize = std::str::from_utf8(token).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        let order: Vec<_> = if reverse { self.events.iter().rev().collect() } else { self.events.iter().collect() };
        let size = if size > 0 { size as usize } else { 256 };
        let page: Vec<HistoryEvent> = order.into_iter().skip(from).take(size.min(256)).cloned().collect();
        *self.handed.lock().expect("no test panics here") += page.len();
        let next = from + page.len();
        let token = if next < self.events.len() { next.to_string().into() } else { Bytes::new() };
        (page.into(), token)
    }

    fn answer(&self, asked: &Asked) -> Bytes {
        let method = asked.path.rsplit('/').next().unwrap_or_default();
        let message = asked.message.clone();
        match method {
            "DescribeWorkflowExecution" => self.found.encode_to_vec(),
            "GetWorkflowExecutionHistory" => {
                let request = GetWorkflowExecutionHistoryRequest::decode(message).expect("a request");
                let (history, token) = self.page(false, &request.next_page_token, request.maximum_page_size);
                let (history, next_page_token) = (Some(history), token);
                GetWorkflowExecutionHistoryResponse { history, next_page_token, ..Default::default() }.encode_to_vec()
            }
            "GetWorkflowExecutionHistoryReverse" => {
                let request = GetWorkflowExecutionHistoryReverseRequest::decode(message).expect("a request");
                let (history, token) = self.page(true, &request.next_page_token, request.maximum_page_size);
                let (history, next_page_token) = (Some(history), token);
                GetWorkflowExecutionHistoryReverseResponse { history, next_page_token }.encode_to_vec()
            }
            _ => Vec::new(),
        }
        .into()
    }

    fn port(&self) -> Router {
        let world = self.clone();
        let site = testing::site(service(move |asked| Ok(world.answer(&asked))));
        port(Port { site, files: None, disable_news_fetch: false })
    }

    async fn get(&self, rest: &str) -> (StatusCode, String) {
        let request = Request::get(format!("{RUN}{rest}")).body(Body::empty()).expect("a request");
        let (status, _, text) = exchange(&self.port(), request).await;
        (status, text)
    }

    /// What is inside of the page's frame.
    async fn main(&self, rest: &str) -> String {
        let (status, text) = self.get(rest).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        assert!(!text.contains("<script>alert"), "hostile text is escaped");
        text.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>")).expect("a main").0.to_owned()
    }

    /// What is below the tabs.
    async fn content(&self, rest: &str) -> String {
        let main = self.main(rest).await;
        let tabs = main.split_once("id=\"live-tabs\"").expect("tabs").1;
        readable(tabs.split_once("</nav></div>").expect("an end of the tabs").1)
    }

    /// A part of the page that lives.
    async fn region(&self, rest: &str, name: &str) -> String {
        let main = self.main(rest).await;
        let region = main.split_once(&format!("<div id=\"live-{name}\"")).expect("a region").1;
        readable(region.split_once("<div id=\"live-").map_or(region, |(region, _)| region))
    }

    /// The numbers of the events that are listed.
    async fn listed(&self, rest: &str) -> (Vec<i64>, Option<String>) {
        let main = self.main(rest).await;
        let keys = main.split("<li class=\"event\" data-row=\"\" data-key=\"").skip(1);
        let ids = keys.filter_map(|key| key.split_once('"')?.0.parse().ok()).collect();
        let next =
            main.split_once("data-more=").and_then(|(before, _)| before.rsplit_once("href=\"")).map(|(_, href)| href);
        let next = next.and_then(|href| href.split_once('"')).map(|(href, _)| href.replace("&amp;", "&"));
        (ids, next.map(|href| href.strip_prefix(RUN).unwrap_or_default().to_owned()))
    }
}

/// One element a line, so that a difference can be read, and nothing that changes with anything else.
fn readable(html: &str) -> String {
    let mut text = String::new();
    for (index, part) in html.split(" data-live=\"").enumerate() {
        text.push_str(if index == 0 { part } else { part.split_once('"').expect("an end of the hash").1 });
    }
    let id = text.split_once("id=\"events-").and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()));
    let text = id.map_or(text.clone(), |id| text.replace(&id, "HASH"));
    text.replace("><", ">\n<")
}

fn closed(status: Status) -> DescribeWorkflowExecutionResponse {
    let mut found = open();
    let info = found.workflow_execution_info.as_mut().expect("an info");
    info.status = status.into();
    info.close_time = at(9);
    info.execution_duration = Some(Duration { seconds: 9, nanos: 0 });
    found
}

fn some_events() -> Vec<HistoryEvent> {
    vec![started(), timer_started(2, HOSTILE, 60), activity_scheduled(3), activity_failed(5, HOSTILE)]
}

#[tokio::test]
async fn a_history_is_a_list_that_opens() {
    insta::assert_snapshot!(World::new(closed(Status::Completed), some_events()).content("/history").await);
}

#[tokio::test]
async fn a_failed_run_shows_the_chain_of_its_failure_before_its_history() {
    let events = [some_events(), vec![workflow_failed(6, HOSTILE)]].concat();
    let world = World::new(closed(Status::Failed), events);
    insta::assert_snapshot!("the_head_of_a_failed_run", world.region("/history", "head").await);
    insta::assert_snapshot!("why_a_run_failed", world.region("/history", "why").await);
}

#[tokio::test]
async fn what_one_should_know_first_stands_before_the_facts() {
    let mut found = closed(Status::Paused);
    let pause =
        WorkflowExecutionPauseInfo { identity: HOSTILE.into(), paused_time: at(8), reason: "<b>audit</b>".into() };
    found.workflow_extended_info = Some(WorkflowExecutionExtendedInfo {
        pause_info: Some(pause),
        cancel_requested: true,
        reset_run_id: "run-9".into(),
        last_reset_time: at(7),
        ..WorkflowExecutionExtendedInfo::default()
    });
    let info = found.workflow_execution_info.as_mut().expect("an info");
    info.execution_time = at(5);
    info.parent_execution = Some(WorkflowExecution { workflow_id: "parent".into(), run_id: "run-0".into() });
    info.root_execution = Some(WorkflowExecution { workflow_id: "root".into(), run_id: "run-00".into() });
    info.search_attributes =
        Some(SearchAttributes { indexed_fields: [("TemporalReportedProblems".to_owned(), json("[]"))].into() });
    let mut first = started();
    if let Some(Attributes::WorkflowExecutionStartedEventAttributes(it)) = &mut first.attributes {
        it.original_execution_run_id = "run-5".into();
        it.continued_execution_run_id = "run-4".into();
        it.parent_workflow_namespace = "elsewhere".into();
        it.cron_schedule = "@hourly".into();
        it.attempt = 3;
    }
    insta::assert_snapshot!(World::new(found, vec![first]).region("/history", "head").await);
}

#[tokio::test]
async fn an_event_has_a_page_of_its_own() {
    let main = World::new(closed(Status::Completed), some_events()).content("/history/events/5").await;
    insta::assert_snapshot!(main);
}

#[tokio::test]
async fn a_history_can_be_read_as_json() {
    let main = World::new(closed(Status::Completed), some_events()).content("/history?view=json&sort=ascending").await;
    let (_, content) = main.split_once("<div class=\"json\"").expect("JSON");
    insta::assert_snapshot!(content);
}

#[tokio::test]
async fn a_history_can_be_read_as_groups() {
    let main =
        World::new(closed(Status::Completed), some_events()).content("/history?view=compact&sort=ascending").await;
    let (_, content) = main.split_once("<ol").expect("a list");
    insta::assert_snapshot!(content);
}

#[tokio::test]
async fn pending_activities_tell_how_they_stand() {
    let activity = PendingActivityInfo {
        activity_id: HOSTILE.into(),
        activity_type: Some(ActivityType { name: "Pay".into() }),
        state: PendingActivityState::Scheduled.into(),
        attempt: 3,
        maximum_attempts: 5,
        scheduled_time: at(40),
        next_attempt_schedule_time: at(50),
        last_failure: Some(failure(HOSTILE)),
        last_worker_identity: "worker".into(),
        heartbeat_details: Some(Payloads { payloads: vec![json("\"half\"")] }),
        activity_options: Some(ActivityOptions {
            start_to_close_timeout: Some(Duration { seconds: 60, nanos: 0 }),
            ..ActivityOptions::default()
        }),
        ..PendingActivityInfo::default()
    };
    let found = DescribeWorkflowExecutionResponse { pending_activities: vec![activity], ..open() };
    let world = World::new(found, some_events());
    insta::assert_snapshot!(world.content("/pending-activities").await);
    insta::assert_snapshot!("why_an_open_run_is_stuck", world.region("/pending-activities", "why").await);
}

#[tokio::test]
async fn metadata_shows_types_and_values() {
    let mut found = closed(Status::Completed);
    let info = found.workflow_execution_info.as_mut().expect("an info");
    let mut customer = json("\"acme\"");
    customer.metadata.insert("type".into(), "Keyword".into());
    info.search_attributes = Some(SearchAttributes { indexed_fields: [("CustomerId".to_owned(), customer)].into() });
    info.memo = Some(Memo { fields: [(HOSTILE.to_owned(), json(&format!("{HOSTILE:?}")))].into() });
    let main = World::new(found, some_events()).content("/metadata").await;
    insta::assert_snapshot!(main);
}

#[tokio::test]
async fn windows_follow_each_other_without_a_gap_in_both_orders() {
    let world = World::long(350);
    for order in ["ascending", "descending"] {
        let mut all = Vec::new();
        let mut next = Some(format!("/history?sort={order}"));
        while let Some(rest) = next {
            let (ids, following) = world.listed(&rest).await;
            assert!(ids.len() <= 100);
            all.extend(ids);
            next = following;
        }
        if order == "descending" {
            all.reverse();
        }
        assert_eq!(all, (1..=350).collect::<Vec<_>>(), "{order}");
    }
}

#[tokio::test]
async fn windows_of_what_passes_a_filter_follow_each_other_without_a_gap() {
    let world = World::long(3000);
    let mut all = Vec::new();
    let mut next = Some("/history?failed=1".to_owned());
    while let Some(rest) = next {
        let (ids, following) = world.listed(&rest).await;
        all.extend(ids);
        next = following;
    }
    assert_eq!(all, (1..=300).rev().map(|ten| ten * 10).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_long_history_is_not_read_to_show_its_first_window() {
    let world = World::long(20_000);
    let (ids, next) = world.listed("/history").await;
    assert_eq!((ids.len(), ids[0]), (100, 20_000));
    assert!(next.is_some());
    let handed = *world.handed.lock().expect("no test panics here");
    assert!(handed < 500, "{handed}");
}

#[tokio::test]
async fn what_is_large_is_not_put_into_lists() {
    let mut large = started();
    if let Some(Attributes::WorkflowExecutionStartedEventAttributes(it)) = &mut large.attributes {
        it.input = Some(Payloads { payloads: vec![json(&format!("\"{}\"", "x".repeat(60_000)))] });
    }
    let mut larger = activity_scheduled(2);
    if let Some(Attributes::ActivityTaskScheduledEventAttributes(it)) = &mut larger.attributes {
        it.input = Some(Payloads { payloads: vec![json(&format!("\"{}\"", "y".repeat(2_000_000)))] });
    }
    let world = World::new(closed(Status::Completed), vec![large, larger]);
    for rest in ["/history", "/history?view=json"] {
        let content = world.content(rest).await;
        assert!(content.len() < 20_000, "{rest}: {}", content.len());
    }
    let content = world.content("/history").await;
    assert!(content.contains("60002 bytes") && content.contains("This event is large"), "{content}");
    assert!(world.content("/history/events/1").await.contains("xxxx"), "the event's own page has it");
}

#[tokio::test]
async fn a_search_that_finds_nothing_stops_and_says_how_far_it_looked() {
    let world = World::long(20_000);
    let main = world.main("/history?q=nothing+like+it").await;
    assert!(main.contains("events were looked at") && main.contains("More events"));
    let handed = *world.handed.lock().expect("no test panics here");
    assert!(handed < 6000, "{handed}");
}

#[tokio::test]
async fn a_wrong_expression_is_said_to_be_wrong_and_can_be_put_right() {
    let main = World::new(open(), some_events()).main("/history?q=(").await;
    assert!(main.contains("This is not a regular expression") && main.contains("value=\"(\""));
}

#[tokio::test]
async fn an_event_deep_in_a_long_history_is_found_among_its_neighbours() {
    let world = World::long(2000);
    for id in [1, 700, 1990, 2000] {
        let (ids, _) = world.listed(&format!("/history/events/{id}")).await;
        assert_eq!(ids, (1.max(id - 50)..=2000.min(id + 50)).collect::<Vec<_>>());
    }
    let (status, text) = world.get("/history/events/2001").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{text}");
    assert_eq!(world.get("/history/events/x").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_address_of_a_run_leads_to_its_timeline_and_older_addresses_to_its_metadata() {
    let world = World::new(open(), some_events());
    for rest in ["", "/memo", "/user-metadata", "/search-attributes"] {
        assert_eq!(world.get(rest).await.0, StatusCode::TEMPORARY_REDIRECT, "{rest}");
    }
}
