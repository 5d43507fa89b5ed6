//! The pages of task queues, rendered from fixed answers with hostile texts in them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use abide_api::temporal::api::namespace::v1::NamespaceInfo;
use abide_api::temporal::api::taskqueue::v1::{
    ConfigMetadata, PollerInfo, RateLimit, RateLimitConfig, TaskQueueConfig, TaskQueueStats,
};
use abide_api::temporal::api::workflowservice::v1::{
    DescribeNamespaceResponse, DescribeTaskQueueRequest, DescribeTaskQueueResponse, UpdateTaskQueueConfigRequest,
};
use bytes::Bytes;
use prost::Message;
use prost_types::{Duration, Timestamp};
use tonic::Status;

use crate::Site;
use crate::switches::Switches;
use crate::testing::{Asked, service, shown, site};

const HOSTILE: &str = "<script>'\"&";

/// Workflow tasks wait for nobody; activities are polled, and limited.
fn described(request: &DescribeTaskQueueRequest) -> DescribeTaskQueueResponse {
    let is_workflow = request.task_queue_type == 1;
    let stats = TaskQueueStats {
        approximate_backlog_count: if is_workflow { 7 } else { 0 },
        approximate_backlog_age: Some(Duration { seconds: 61, nanos: 0 }),
        tasks_add_rate: 1.5,
        tasks_dispatch_rate: 0.01,
        rate_limiting_active: !is_workflow,
    };
    if is_workflow {
        let stats_by_priority_key = BTreeMap::from([(1, stats), (3, TaskQueueStats::default())]);
        return DescribeTaskQueueResponse { stats: Some(stats), stats_by_priority_key, ..Default::default() };
    }
    let at = Some(Timestamp { seconds: 1, nanos: 0 });
    let metadata = ConfigMetadata { reason: HOSTILE.into(), update_identity: HOSTILE.into(), update_time: at };
    let limit = RateLimitConfig { rate_limit: Some(RateLimit { requests_per_second: 2.5 }), metadata: Some(metadata) };
    let config = TaskQueueConfig {
        queue_rate_limit: Some(limit),
        fairness_weight_overrides: BTreeMap::from([(HOSTILE.into(), 2.0)]),
        ..Default::default()
    };
    let poller =
        PollerInfo { identity: HOSTILE.into(), last_access_time: at, rate_per_second: 100.0, ..Default::default() };
    DescribeTaskQueueResponse { pollers: vec![poller], stats: Some(stats), config: Some(config), ..Default::default() }
}

fn answer(asked: &Asked) -> Result<Bytes, Status> {
    let id = "00000000-0000-0000-0000-000000000001";
    let info = NamespaceInfo { name: "d".into(), id: id.into(), ..Default::default() };
    match asked.path.rsplit('/').next().unwrap_or_default() {
        "DescribeNamespace" => {
            let found = DescribeNamespaceResponse { namespace_info: Some(info), ..Default::default() };
            Ok(found.encode_to_vec().into())
        }
        "DescribeTaskQueue" => {
            let request = DescribeTaskQueueRequest::decode(asked.message.clone()).expect("a request");
            Ok(described(&request).encode_to_vec().into())
        }
        _ => Ok(Bytes::new()),
    }
}

fn with(names: Vec<(String, i64)>) -> (Site, Arc<Mutex<Vec<Asked>>>) {
    let all: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let kept = all.clone();
    let routes = service(move |asked| {
        let answered = answer(&asked);
        kept.lock().expect("no panic").push(asked);
        answered
    });
    let queues = Box::new(move |_| names.clone().into_iter().collect());
    (Site { queues, ..site(routes) }, all)
}

fn two() -> Site {
    with(vec![("orders".into(), 0), (HOSTILE.into(), 7)]).0
}

#[tokio::test]
async fn the_list_shows_what_waits_and_who_polls() {
    let (status, html) = shown(two(), "/namespaces/d/task-queues", None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
}

#[tokio::test]
async fn the_list_is_searched_sorted_and_shown_in_pages() {
    let many = || with((0..120).map(|n| (format!("queue-{n:03}"), n)).collect());
    let (site, asked) = many();
    let (_, html) = shown(site, "/namespaces/d/task-queues", None).await;
    assert!(html.contains(">queue-049<") && !html.contains(">queue-050<") && html.contains("Page 1 of 3"), "{html}");
    let described = asked.lock().expect("no panic").iter().filter(|asked| asked.path.ends_with("TaskQueue")).count();
    assert_eq!(described, 100, "only what is shown is asked about");
    let (_, html) = shown(many().0, "/namespaces/d/task-queues?sort=backlog&page=9", None).await;
    assert!(html.contains("Page 3 of 3") && html.contains(">queue-000<"), "{html}");
    let (_, html) = shown(many().0, "/namespaces/d/task-queues?search=QUEUE-11", None).await;
    assert!(html.contains(">queue-110<") && !html.contains(">queue-010<") && !html.contains("Page 1"), "{html}");
    let (_, html) = shown(many().0, "/namespaces/d/task-queues?search=none", None).await;
    assert!(html.contains("No task queue matches."), "{html}");
}

#[tokio::test]
async fn who_may_not_see_the_namespace_sees_no_queue() {
    let site = Site {
        queues: Box::new(|_| panic!("nobody may ask")),
        ..site(service(|_| Err::<Bytes, _>(Status::not_found("Namespace x is not found."))))
    };
    let (status, html) = shown(site, "/namespaces/x/task-queues", None).await;
    assert!(status == 404 && html.contains("Namespace x is not found."), "{status} {html}");
}

#[tokio::test]
async fn a_queue_shows_everything_about_both_kinds_of_tasks() {
    let (status, html) = shown(two(), "/namespaces/d/task-queues/a%2F%3Cscript%3E'%5C", None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
}

#[tokio::test]
async fn the_form_shows_what_was_decided_and_the_command_that_decides_it() {
    for kind in ["workflow", "activity"] {
        let path = format!("/namespaces/d/task-queues/a%20b/actions/configure?type={kind}");
        let (status, html) = shown(two(), &path, None).await;
        assert_eq!(status, 200);
        insta::assert_snapshot!(format!("configure_{kind}"), html);
    }
    let (status, _) = shown(two(), "/namespaces/d/task-queues/a/actions/configure?type=x", None).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_is_typed_in_is_decided() {
    let fields =
        "type=activity&queue-rate=2.5&queue-reason=slow&key-rate=default&weight=a%3Db%3D3&weight=c%3Ddefault&weight=";
    let (site, asked) = with(Vec::new());
    let to = shown(site, "/namespaces/d/task-queues/q/actions/configure", Some(fields)).await;
    assert_eq!(to, (303, "to /namespaces/d/task-queues/q".to_owned()));
    let message = asked.lock().expect("no panic")[0].message.clone();
    let request = UpdateTaskQueueConfigRequest::decode(message).expect("a request");
    let (queue, keys) = (request.update_queue_rate_limit, request.update_fairness_key_rate_limit_default);
    let queue = queue.expect("a limit");
    let rate = queue.rate_limit.expect("a rate").requests_per_second;
    assert_eq!(
        (request.task_queue.as_str(), request.task_queue_type, rate, queue.reason.as_str()),
        ("q", 2, 2.5, "slow")
    );
    assert_eq!(keys.expect("a limit").rate_limit, None);
    assert_eq!(request.set_fairness_weight_overrides, BTreeMap::from([("a=b".to_owned(), 3.0)]));
    assert_eq!(request.unset_fairness_weight_overrides, ["c"]);
}

#[tokio::test]
async fn what_is_no_number_is_refused_by_name() {
    for (fields, said) in [
        ("type=activity&queue-rate=fast", "fast is no number of tasks per second"),
        ("type=activity&key-rate=NaN", "NaN is no number of tasks per second"),
        ("type=activity&weight=a", "a is no key and weight"),
        ("type=activity&weight=a%3Dx", "a=x is no key and weight"),
        ("queue-rate=1", "the type of tasks must be"),
    ] {
        let (status, html) = shown(two(), "/namespaces/d/task-queues/q/actions/configure", Some(fields)).await;
        assert!(status == 400 && html.contains(said), "{fields}: {status} {html}");
    }
}

#[tokio::test]
async fn on_a_page_that_is_read_only_nothing_is_offered_and_nothing_is_done() {
    let read_only = || Site { switches: Switches { read_only: true, ..Switches::default() }, ..two() };
    let (_, html) = shown(read_only(), "/namespaces/d/task-queues/q", None).await;
    assert!(!html.contains("actions/"), "{html}");
    let path = "/namespaces/d/task-queues/q/actions/configure";
    assert_eq!(shown(read_only(), &format!("{path}?type=activity"), None).await.0, 403);
    assert_eq!(shown(read_only(), path, Some("type=activity&queue-rate=1")).await.0, 403);
}
