//! A stream tells what has changed, and only that, and ends with the server.

use std::sync::atomic::{AtomicU32, Ordering};

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::namespace::v1::NamespaceInfo;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_api::temporal::api::workflowservice::v1::{DescribeNamespaceResponse, DescribeWorkflowExecutionResponse};
use axum::body::{Body, BodyDataStream};
use http::Request;
use prost::Message;
use tokio::sync::Notify;

use super::*;
use crate::site::Site;
use crate::testing::{self, service};

const PAGE: &str = "/live?page=%2Fnamespaces%2Fn%2Fworkflows%2Fw%2Fr%2Fhistory";

/// So many events are none: the service cannot answer, or has no such run.
const FAILING: u32 = u32::MAX;
const DELETED: u32 = u32::MAX - 1;

/// A site on which the one run has as many events as `events` says, and which stops when it is told to.
fn site(events: &Arc<AtomicU32>, stop: &Arc<Notify>) -> Site {
    let (events, stop) = (events.clone(), stop.clone());
    let routes = service(move |asked| {
        match events.load(Ordering::Relaxed) {
            FAILING => return Err(tonic::Status::unavailable("nobody is there")),
            DELETED => return Err(tonic::Status::not_found("no such run")),
            _ => {}
        }
        let info = WorkflowExecutionInfo {
            execution: Some(WorkflowExecution { workflow_id: "w".into(), run_id: "r".into() }),
            history_length: i64::from(events.load(Ordering::Relaxed)),
            ..Default::default()
        };
        let run = DescribeWorkflowExecutionResponse { workflow_execution_info: Some(info), ..Default::default() };
        let namespace = NamespaceInfo { id: Uuid::from_u128(1).to_string(), ..Default::default() };
        let namespace = DescribeNamespaceResponse { namespace_info: Some(namespace), ..Default::default() };
        Ok(match asked.path.rsplit('/').next() {
            Some("DescribeWorkflowExecution") => run.encode_to_vec(),
            Some("DescribeNamespace") => namespace.encode_to_vec(),
            _ => Vec::new(),
        }
        .into())
    });
    let stopping = Box::new(move || -> abide_cluster::BoxFuture<'static, ()> {
        let stop = stop.clone();
        Box::pin(async move { stop.notified().await })
    });
    Site { stopping, ..testing::site(routes) }
}

async fn open(pages: &Arc<Pages>, address: &str) -> BodyDataStream {
    let request = Request::get(address).body(Body::empty()).expect("a request");
    pages.answer("token".into(), request).await.into_body().into_data_stream()
}

async fn next(stream: &mut BodyDataStream) -> Option<String> {
    let part = stream.next().await?.expect("a stream does not break");
    Some(String::from_utf8_lossy(&part).into_owned())
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_once_and_a_stop_ends_the_stream() {
    let (events, stop) = (Arc::new(AtomicU32::new(77_001)), Arc::new(Notify::new()));
    let pages = Arc::new(Pages::new(site(&events, &stop)));
    let mut stream = open(&pages, PAGE).await;
    let first = next(&mut stream).await.expect("what the browser does not have");
    assert!(first.contains("event: regions") && first.contains("77001"), "{first}");

    events.store(77_002, Ordering::Relaxed);
    let workflow = WorkflowKey { namespace: NamespaceId(Uuid::from_u128(1)), workflow_id: "w".into() };
    pages.site.changes.tell(&workflow);
    let second = next(&mut stream).await.expect("what has changed");
    assert!(second.contains("77002"), "{second}");

    // Nothing is different, so nothing is told but that the stream is alive.
    pages.site.changes.tell(&workflow);
    assert_eq!(next(&mut stream).await.as_deref(), Some(":\n\n"));
    stop.notify_one();
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_late_and_told_to_nobody_is_seen_all_the_same() {
    let (events, stop) = (Arc::new(AtomicU32::new(77_001)), Arc::new(Notify::new()));
    let pages = Arc::new(Pages::new(site(&events, &stop)));
    let mut stream = open(&pages, PAGE).await;
    assert!(next(&mut stream).await.is_some_and(|first| first.contains("77001")));
    // The look behind the first one has found nothing new.
    assert!(tokio::time::timeout(LATE / 2, next(&mut stream)).await.is_err());
    events.store(77_002, Ordering::Relaxed);
    assert!(next(&mut stream).await.is_some_and(|second| second.contains("77002")));
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_comes_back_gets_only_what_it_does_not_have() {
    let (events, stop) = (Arc::new(AtomicU32::new(1)), Arc::new(Notify::new()));
    let pages = Arc::new(Pages::new(site(&events, &stop)));
    let visit = |address: &str| {
        let request = Request::get(address).body(()).expect("a request");
        Visit::new(pages.site.clone(), "token".into(), &request)
    };
    let (_, regions) = pages.page(visit("/namespaces/n/workflows/w/r/history")).await.expect("a page");
    assert!(!regions.is_empty());
    let seen: String = regions.iter().map(|(name, html)| format!("&seen={name}:{}", hash(html))).collect();
    let mut stream = open(&pages, &format!("{PAGE}{seen}")).await;
    assert_eq!(next(&mut stream).await.as_deref(), Some("event: regions\ndata: []\n\n"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_page_fails_once_ends_so_that_the_browser_asks_again() {
    let (events, stop) = (Arc::new(AtomicU32::new(1)), Arc::new(Notify::new()));
    let pages = Arc::new(Pages::new(site(&events, &stop)));
    let mut stream = open(&pages, PAGE).await;
    assert!(next(&mut stream).await.is_some_and(|first| first.contains("event: regions")));
    events.store(FAILING, Ordering::Relaxed);
    let workflow = WorkflowKey { namespace: NamespaceId(Uuid::from_u128(1)), workflow_id: "w".into() };
    pages.site.changes.tell(&workflow);
    assert_eq!(next(&mut stream).await, None);
    assert_eq!(next(&mut open(&pages, PAGE).await).await, None);
    events.store(77_003, Ordering::Relaxed);
    let again = next(&mut open(&pages, PAGE).await).await.expect("what is new");
    assert!(again.contains("77003"), "{again}");

    events.store(DELETED, Ordering::Relaxed);
    let gone = next(&mut open(&pages, PAGE).await).await.expect("word of it");
    assert!(gone.contains("event: gone"), "{gone}");
}

#[tokio::test]
async fn a_server_has_only_so_many_streams() {
    let pages = Arc::new(Pages::new(site(&Arc::default(), &Arc::default())));
    let mut open = Vec::new();
    let status = async |pages: &Arc<Pages>| {
        let request = Request::get(PAGE).body(Body::empty()).expect("a request");
        pages.answer("token".into(), request).await
    };
    for _ in 0..abide_model::limits::PAGE_STREAMS_MAX {
        open.push(status(&pages).await);
    }
    assert_eq!(status(&pages).await.status(), http::StatusCode::SERVICE_UNAVAILABLE);
    drop(open.pop());
    assert_eq!(status(&pages).await.status(), http::StatusCode::OK);
}
