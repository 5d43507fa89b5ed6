//! DescribeTaskQueue: who polls a queue, and what waits there.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::{DescribeTaskQueueMode, RateLimitSource, TaskQueueType},
    taskqueue::v1::{TaskQueueStats, TaskQueueStatus, TaskQueueTypeInfo, TaskQueueVersionInfo},
    workflowservice::v1::{
        DescribeTaskQueueRequest, DescribeTaskQueueResponse, describe_task_queue_response::EffectiveRateLimit,
    },
};
use abide_cluster::matching::{EffectiveRate, LevelDescription, QueueDescription, QueueKey, QueueKind};
use abide_engine::convert::to_proto_duration;
use abide_engine::run::QueueName;
use abide_model::{NamespaceId, Timestamp};

use crate::Frontend;
use crate::parse::queue;
use crate::status::Refusal;

/// The rate shown for a queue that has no limit.
const RATE_UNLIMITED: f64 = 100_000.0;

/// Describes a queue.
#[allow(deprecated)]
pub fn describe(
    frontend: &Frontend,
    mut request: DescribeTaskQueueRequest,
) -> Result<DescribeTaskQueueResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?.id();
    let queue = queue::name(request.task_queue.take(), frontend.limits())?;
    if request.api_mode() == DescribeTaskQueueMode::Enhanced {
        if queue.is_sticky() {
            return Err(Refusal::invalid(
                "Enhanced DescribeTaskQueue is not valid for a sticky queue, use api_mode=UNSPECIFIED or a normal queue.",
            ));
        }
        return Ok(enhanced(frontend, namespace, &queue, &request));
    }
    let key = QueueKey { namespace, kind: kind(request.task_queue_type()), queue };
    let described = frontend.matching.describe(&key);
    let now = frontend.clock.now();
    let rate = effective(described.rate);
    let status = TaskQueueStatus {
        backlog_count_hint: described.backlog(),
        rate_per_second: rate.requests_per_second.into(),
        ..TaskQueueStatus::default()
    };
    let by_level =
        described.levels.iter().map(|(level, known)| (i32::from(*level), level_stats(now, known, &described)));
    Ok(DescribeTaskQueueResponse {
        stats_by_priority_key: if request.report_stats { by_level.collect() } else { BTreeMap::new() },
        stats: request.report_stats.then(|| stats(now, &described)),
        config: request.report_config.then(|| frontend.queue_configs.get(&key).shown.clone()),
        effective_rate_limit: Some(rate),
        task_queue_status: request.include_task_queue_status.then_some(status),
        pollers: described.pollers,
        ..DescribeTaskQueueResponse::default()
    })
}

fn effective(rate: EffectiveRate) -> EffectiveRateLimit {
    let (rate, source) = match rate {
        EffectiveRate::Configured(rate) => (rate, RateLimitSource::Api),
        EffectiveRate::Worker(rate) => (rate, RateLimitSource::Worker),
        EffectiveRate::Unlimited => (RATE_UNLIMITED, RateLimitSource::System),
    };
    EffectiveRateLimit { requests_per_second: rate as f32, rate_limit_source: source.into() }
}

/// The older form that the command line asks for: several types at once, under the one version there is.
#[allow(deprecated)]
fn enhanced(
    frontend: &Frontend,
    namespace: NamespaceId,
    queue: &QueueName,
    request: &DescribeTaskQueueRequest,
) -> DescribeTaskQueueResponse {
    let asked: Vec<TaskQueueType> = request.task_queue_types().collect();
    let types = if asked.is_empty() { vec![TaskQueueType::Workflow, TaskQueueType::Activity] } else { asked };
    let info = |kind_asked: TaskQueueType| {
        let key = QueueKey { namespace, kind: kind(kind_asked), queue: queue.clone() };
        let described = frontend.matching.describe(&key);
        let stats = request.report_stats.then(|| stats(frontend.clock.now(), &described));
        let pollers = if request.report_pollers { described.pollers } else { Vec::new() };
        (kind_asked as i32, TaskQueueTypeInfo { pollers, stats })
    };
    let version =
        TaskQueueVersionInfo { types_info: types.into_iter().map(info).collect(), ..TaskQueueVersionInfo::default() };
    DescribeTaskQueueResponse {
        versions_info: BTreeMap::from([(String::new(), version)]),
        ..DescribeTaskQueueResponse::default()
    }
}

fn kind(asked: TaskQueueType) -> QueueKind {
    match asked {
        TaskQueueType::Unspecified | TaskQueueType::Workflow => QueueKind::Workflow,
        TaskQueueType::Activity => QueueKind::Activity,
        TaskQueueType::Nexus => QueueKind::Nexus,
    }
}

fn stats(now: Timestamp, described: &QueueDescription) -> TaskQueueStats {
    let all = LevelDescription {
        backlog: described.backlog(),
        oldest: described.oldest(),
        add_rate: described.add_rate(),
        dispatch_rate: described.dispatch_rate(),
    };
    level_stats(now, &all, described)
}

fn level_stats(now: Timestamp, level: &LevelDescription, described: &QueueDescription) -> TaskQueueStats {
    let age = level.oldest.map(|oldest| now.since(oldest)).unwrap_or_default();
    TaskQueueStats {
        approximate_backlog_count: level.backlog,
        approximate_backlog_age: Some(to_proto_duration(age)),
        tasks_add_rate: level.add_rate,
        tasks_dispatch_rate: level.dispatch_rate,
        rate_limiting_active: described.rate_limited,
    }
}
