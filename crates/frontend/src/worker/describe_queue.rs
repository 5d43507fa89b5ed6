//! DescribeTaskQueue: who polls a queue, and what waits there.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    enums::v1::{DescribeTaskQueueMode, TaskQueueType},
    taskqueue::v1::{TaskQueueStats, TaskQueueStatus, TaskQueueTypeInfo, TaskQueueVersionInfo},
    workflowservice::v1::{DescribeTaskQueueRequest, DescribeTaskQueueResponse},
};
use abide_cluster::matching::{QueueDescription, QueueKey, QueueKind};
use abide_engine::convert::to_proto_duration;
use abide_engine::run::QueueName;
use abide_model::{NamespaceId, Timestamp};

use crate::Frontend;
use crate::parse::queue;
use crate::status::Refusal;

/// Priority of tasks whose workflow names none.
const PRIORITY_DEFAULT: i32 = 3;

/// Describes a queue.
#[allow(deprecated)]
pub fn describe(
    frontend: &Frontend,
    mut request: DescribeTaskQueueRequest,
) -> Result<DescribeTaskQueueResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?.id();
    let queue = queue::name(request.task_queue.take())?;
    if request.api_mode() == DescribeTaskQueueMode::Enhanced {
        return Ok(enhanced(frontend, namespace, &queue, &request));
    }
    let kind = kind(request.task_queue_type());
    let described = describe_one(frontend, namespace, kind, &queue);
    let stats = request.report_stats.then(|| stats(frontend.clock.now(), &described));
    let status = TaskQueueStatus { backlog_count_hint: described.backlog, ..TaskQueueStatus::default() };
    Ok(DescribeTaskQueueResponse {
        stats_by_priority_key: stats.map(|stats| BTreeMap::from([(PRIORITY_DEFAULT, stats)])).unwrap_or_default(),
        stats,
        task_queue_status: request.include_task_queue_status.then_some(status),
        pollers: described.pollers,
        ..DescribeTaskQueueResponse::default()
    })
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
        let described = describe_one(frontend, namespace, kind(kind_asked), queue);
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

/// A queue of the kind; nothing is in a queue of a kind that there is not.
fn describe_one(
    frontend: &Frontend,
    namespace: NamespaceId,
    kind: Option<QueueKind>,
    queue: &QueueName,
) -> QueueDescription {
    let Some(kind) = kind else { return QueueDescription::default() };
    frontend.matching.describe(&QueueKey { namespace, kind, queue: queue.clone() })
}

fn kind(asked: TaskQueueType) -> Option<QueueKind> {
    match asked {
        TaskQueueType::Unspecified | TaskQueueType::Workflow => Some(QueueKind::Workflow),
        TaskQueueType::Activity => Some(QueueKind::Activity),
        TaskQueueType::Nexus => None,
    }
}

fn stats(now: Timestamp, described: &QueueDescription) -> TaskQueueStats {
    let age = described.oldest.map(|oldest| now.since(oldest)).unwrap_or_default();
    TaskQueueStats {
        approximate_backlog_count: described.backlog,
        approximate_backlog_age: Some(to_proto_duration(age)),
        tasks_add_rate: described.add_rate,
        tasks_dispatch_rate: described.dispatch_rate,
        ..TaskQueueStats::default()
    }
}
