//! What can be asked about task queues and workers, and what is refused.
#![allow(clippy::unwrap_used)]

mod fakes;

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::{RateLimitSource, TaskQueueType, WorkerStatus},
    taskqueue::v1::{RateLimit, TaskQueue},
    worker::v1::WorkerHeartbeat,
    workflowservice::v1::{
        update_task_queue_config_request::RateLimitUpdate, workflow_service_server::WorkflowService, *,
    },
};
use abide_cluster::matching::{EffectiveRate, LevelDescription, QueueDescription};
use abide_model::Timestamp;
use fakes::{World, shown, within};
use tonic::Request;

fn queue(name: &str) -> Option<TaskQueue> {
    Some(TaskQueue { name: name.into(), ..TaskQueue::default() })
}

fn update() -> UpdateTaskQueueConfigRequest {
    UpdateTaskQueueConfigRequest {
        namespace: "default".into(),
        task_queue: "orders".into(),
        task_queue_type: TaskQueueType::Activity.into(),
        ..UpdateTaskQueueConfigRequest::default()
    }
}

fn rate(requests_per_second: f32, reason: &str) -> Option<RateLimitUpdate> {
    Some(RateLimitUpdate { rate_limit: Some(RateLimit { requests_per_second }), reason: reason.into() })
}

fn weights(weights: &[(&str, f32)]) -> BTreeMap<String, f32> {
    weights.iter().map(|(key, weight)| ((*key).to_owned(), *weight)).collect()
}

#[tokio::test]
async fn a_configuration_that_cannot_be_is_refused() {
    let long = "x".repeat(1001);
    let many: BTreeMap<String, f32> = (0..1001).map(|n| (n.to_string(), 1.0)).collect();
    let half: BTreeMap<String, f32> = many.clone().into_iter().take(600).collect();
    let other_half: BTreeMap<String, f32> = (2000..2600).map(|n| (n.to_string(), 1.0)).collect();
    let workflow = i32::from(TaskQueueType::Workflow);
    let invalid = |text: &str| format!("InvalidArgument: {text}");
    let cases = [
        (
            UpdateTaskQueueConfigRequest { namespace: "none".into(), ..update() },
            "NotFound: Namespace none is not found. [NamespaceNotFoundFailure]".to_owned(),
        ),
        (
            UpdateTaskQueueConfigRequest {
                task_queue_type: workflow,
                update_queue_rate_limit: rate(1.0, ""),
                ..update()
            },
            invalid("Setting rate limit on workflow task queues is not allowed."),
        ),
        (
            UpdateTaskQueueConfigRequest {
                task_queue_type: workflow,
                update_fairness_key_rate_limit_default: rate(1.0, ""),
                ..update()
            },
            invalid("Setting fairness key rate limit on workflow task queues is not allowed."),
        ),
        (
            UpdateTaskQueueConfigRequest { update_queue_rate_limit: rate(-1.0, ""), ..update() },
            invalid("RequestsPerSecond for UpdateQueueRateLimit rate limit must be non-negative."),
        ),
        (
            UpdateTaskQueueConfigRequest { update_fairness_key_rate_limit_default: rate(f32::NAN, ""), ..update() },
            invalid("RequestsPerSecond for UpdateFairnessKeyRateLimitDefault rate limit must be non-negative."),
        ),
        (
            UpdateTaskQueueConfigRequest { update_queue_rate_limit: rate(1.0, &long), ..update() },
            invalid("UpdateQueueRateLimit.Reason field too long (max 1000 characters)."),
        ),
        (
            UpdateTaskQueueConfigRequest { identity: long.clone(), ..update() },
            invalid("Identity field too long (max 1000 characters)."),
        ),
        (
            UpdateTaskQueueConfigRequest { set_fairness_weight_overrides: many, ..update() },
            invalid("too many fairness weight overrides in request: got 1001, maximum 1000"),
        ),
        (
            UpdateTaskQueueConfigRequest { set_fairness_weight_overrides: weights(&[("", 1.0)]), ..update() },
            invalid("fairness weight override key must not be empty"),
        ),
        (
            UpdateTaskQueueConfigRequest { unset_fairness_weight_overrides: vec!["x".repeat(65)], ..update() },
            invalid("fairness key length exceeds limit"),
        ),
        (
            UpdateTaskQueueConfigRequest { set_fairness_weight_overrides: weights(&[("a", 0.0)]), ..update() },
            invalid("invalid fairness weight weight for key \"a\": must be greater than zero"),
        ),
        (
            UpdateTaskQueueConfigRequest {
                set_fairness_weight_overrides: weights(&[("a", 1.0)]),
                unset_fairness_weight_overrides: vec!["a".into()],
                ..update()
            },
            invalid("fairness weight override key \"a\" present in both set and unset lists"),
        ),
        (UpdateTaskQueueConfigRequest { task_queue: String::new(), ..update() }, invalid("missing task queue name")),
        (UpdateTaskQueueConfigRequest { task_queue_type: 0, ..update() }, invalid("Task queue type is not set.")),
        (UpdateTaskQueueConfigRequest { set_fairness_weight_overrides: half, ..update() }, "Ok".to_owned()),
        (
            UpdateTaskQueueConfigRequest { set_fairness_weight_overrides: other_half, ..update() },
            invalid("fairness weight overrides update rejected: exceeding maximum key size"),
        ),
    ];
    let world = World::new();
    for (request, expected) in cases {
        assert_eq!(shown(world.frontend.update_task_queue_config(Request::new(request)).await), expected);
    }
}

#[tokio::test]
async fn a_configuration_is_shown_when_it_is_asked_for() {
    let world = World::new();
    let request = UpdateTaskQueueConfigRequest {
        update_queue_rate_limit: rate(0.0, "incident"),
        identity: "me".into(),
        set_fairness_weight_overrides: weights(&[("tenant", 2.5)]),
        ..update()
    };
    let updated = world.frontend.update_task_queue_config(Request::new(request)).await.unwrap().into_inner();
    let config = updated.config.unwrap();
    let limit = config.queue_rate_limit.clone().unwrap();
    assert_eq!(limit.rate_limit, Some(RateLimit { requests_per_second: 0.0 }));
    let metadata = limit.metadata.unwrap();
    assert_eq!((metadata.reason.as_str(), metadata.update_identity.as_str()), ("incident", "me"));
    assert!(metadata.update_time.is_some());
    let describe = |report_config| DescribeTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue("orders"),
        task_queue_type: TaskQueueType::Activity.into(),
        report_config,
        ..DescribeTaskQueueRequest::default()
    };
    let described = world.frontend.describe_task_queue(Request::new(describe(true))).await.unwrap().into_inner();
    assert_eq!(described.config, Some(config));
    let described = world.frontend.describe_task_queue(Request::new(describe(false))).await.unwrap().into_inner();
    assert_eq!(described.config, None);
}

#[tokio::test]
async fn a_description_tells_levels_apart_and_who_set_the_rate() {
    let world = World::new();
    let level = |backlog, add_rate| LevelDescription {
        backlog,
        oldest: Some(Timestamp::from_millis(1_800_000_000_000 - 1000 * backlog)),
        add_rate,
        dispatch_rate: 1.0,
    };
    *world.matching.description.lock().unwrap() = QueueDescription {
        levels: BTreeMap::from([(1, level(2, 0.5)), (3, level(5, 1.5))]),
        rate: EffectiveRate::Worker(2.5),
        rate_limited: true,
        ..QueueDescription::default()
    };
    let request = DescribeTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue("orders"),
        report_stats: true,
        ..DescribeTaskQueueRequest::default()
    };
    let described = world.frontend.describe_task_queue(Request::new(request)).await.unwrap().into_inner();
    let stats = described.stats.unwrap();
    assert_eq!((stats.approximate_backlog_count, stats.tasks_add_rate, stats.tasks_dispatch_rate), (7, 2.0, 2.0));
    assert_eq!(stats.approximate_backlog_age.unwrap().seconds, 5);
    assert!(stats.rate_limiting_active);
    let counts: Vec<_> =
        described.stats_by_priority_key.iter().map(|(key, stats)| (*key, stats.approximate_backlog_count)).collect();
    assert_eq!(counts, [(1, 2), (3, 5)]);
    let rate = described.effective_rate_limit.unwrap();
    assert_eq!((rate.requests_per_second, rate.rate_limit_source()), (2.5, RateLimitSource::Worker));
}

#[tokio::test]
async fn a_queue_has_one_partition_of_its_name() {
    let world = World::new();
    let request = |name: &str| ListTaskQueuePartitionsRequest { namespace: "default".into(), task_queue: queue(name) };
    let listed = world.frontend.list_task_queue_partitions(Request::new(request("orders"))).await.unwrap().into_inner();
    assert_eq!(listed.activity_task_queue_partitions, listed.workflow_task_queue_partitions);
    assert_eq!(listed.activity_task_queue_partitions[0].key, "orders");
    let refused = world.frontend.list_task_queue_partitions(Request::new(request(""))).await;
    assert_eq!(shown(refused), "InvalidArgument: missing task queue name");
}

#[tokio::test]
async fn polls_that_got_nothing_are_answered_without_advice() {
    let world = World::new();
    *world.matching.more_pollers.lock().unwrap() = -1;
    let workflow = PollWorkflowTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue("orders"),
        ..PollWorkflowTaskQueueRequest::default()
    };
    let polled = world.frontend.poll_workflow_task_queue(within(5, workflow)).await.unwrap().into_inner();
    assert_eq!(polled, PollWorkflowTaskQueueResponse::default());
    let activity = PollActivityTaskQueueRequest {
        namespace: "default".into(),
        task_queue: queue("orders"),
        ..PollActivityTaskQueueRequest::default()
    };
    let polled = world.frontend.poll_activity_task_queue(within(5, activity)).await.unwrap().into_inner();
    assert_eq!(polled, PollActivityTaskQueueResponse::default());
}

fn worker(key: &str, task_queue: &str) -> WorkerHeartbeat {
    WorkerHeartbeat {
        worker_instance_key: key.into(),
        task_queue: task_queue.into(),
        status: WorkerStatus::Running.into(),
        ..WorkerHeartbeat::default()
    }
}

async fn with_workers() -> World {
    let world = World::new();
    let record = RecordWorkerHeartbeatRequest {
        namespace: "default".into(),
        worker_heartbeat: vec![
            worker("a", "orders"),
            worker("b", "orders"),
            worker("c", "bills"),
            worker("s", "temporal-sys-per-ns-tq"),
        ],
        ..RecordWorkerHeartbeatRequest::default()
    };
    world.frontend.record_worker_heartbeat(Request::new(record)).await.unwrap();
    world
}

fn list(query: &str) -> ListWorkersRequest {
    ListWorkersRequest { namespace: "default".into(), query: query.into(), ..ListWorkersRequest::default() }
}

fn keys(response: &ListWorkersResponse) -> Vec<&str> {
    response.workers.iter().map(|worker| worker.worker_instance_key.as_str()).collect()
}

#[tokio::test]
async fn workers_are_listed_page_by_page_and_counted() {
    let world = with_workers().await;
    let all = world.frontend.list_workers(Request::new(list(""))).await.unwrap().into_inner();
    assert_eq!(keys(&all), ["a", "b", "c"]);
    assert!(all.next_page_token.is_empty());
    let system = ListWorkersRequest { include_system_workers: true, ..list("") };
    let with_system = world.frontend.list_workers(Request::new(system)).await.unwrap().into_inner();
    assert_eq!(keys(&with_system), ["a", "b", "c", "s"]);
    let page = ListWorkersRequest { page_size: 2, ..list("") };
    let first = world.frontend.list_workers(Request::new(page.clone())).await.unwrap().into_inner();
    assert_eq!(keys(&first), ["a", "b"]);
    let next = ListWorkersRequest { next_page_token: first.next_page_token, ..page };
    let second = world.frontend.list_workers(Request::new(next)).await.unwrap().into_inner();
    assert_eq!(keys(&second), ["c"]);
    assert!(second.next_page_token.is_empty());
    let count = CountWorkersRequest {
        namespace: "default".into(),
        query: "TaskQueue = 'orders'".into(),
        ..CountWorkersRequest::default()
    };
    assert_eq!(world.frontend.count_workers(Request::new(count)).await.unwrap().into_inner().count, 2);
}

#[tokio::test]
async fn queries_and_tokens_that_cannot_be_are_refused() {
    let world = with_workers().await;
    let cases = [
        (list("TaskQueue = 'x' LIMIT 5"), "InvalidArgument: operation is not supported: 'limit' clause"),
        (list("TaskQueue ="), "InvalidArgument: malformed query: syntax error at position 11"),
        (
            ListWorkersRequest { next_page_token: vec![9, 9].into(), ..list("") },
            "InvalidArgument: invalid next_page_token",
        ),
        (
            ListWorkersRequest { namespace: "none".into(), ..list("") },
            "NotFound: Namespace none is not found. [NamespaceNotFoundFailure]",
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(shown(world.frontend.list_workers(Request::new(request)).await), expected);
    }
}

#[tokio::test]
async fn a_worker_is_described_by_its_key() {
    let world = with_workers().await;
    let describe = |key: &str| DescribeWorkerRequest { namespace: "default".into(), worker_instance_key: key.into() };
    let described = world.frontend.describe_worker(Request::new(describe("c"))).await.unwrap().into_inner();
    assert_eq!(described.worker_info.unwrap().worker_heartbeat, Some(worker("c", "bills")));
    let unknown = world.frontend.describe_worker(Request::new(describe("z"))).await;
    assert_eq!(shown(unknown), "NotFound: Worker z not found [NotFoundFailure]");
}

#[tokio::test]
async fn a_leaving_worker_says_its_last_word() {
    let world = with_workers().await;
    let last = WorkerHeartbeat { status: WorkerStatus::Shutdown.into(), ..worker("a", "orders") };
    let request = ShutdownWorkerRequest {
        namespace: "default".into(),
        sticky_task_queue: "mine".into(),
        worker_instance_key: "a".into(),
        worker_heartbeat: Some(last.clone()),
        ..ShutdownWorkerRequest::default()
    };
    world.frontend.shutdown_worker(Request::new(request)).await.unwrap();
    assert_eq!(*world.matching.heartbeats.lock().unwrap()["a"], last);
    assert_eq!(world.matching.leaving.lock().unwrap()[0], ("mine".to_owned(), "a".to_owned()));
}
