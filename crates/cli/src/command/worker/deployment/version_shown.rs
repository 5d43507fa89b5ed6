//! A version of a Worker Deployment, for people and as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::Payload,
    deployment::v1::{VersionDrainageInfo, WorkerDeploymentVersionInfo},
    enums::v1::TaskQueueType,
    taskqueue::v1::TaskQueueStats,
    workflowservice::v1::{
        DescribeWorkerDeploymentVersionResponse, describe_worker_deployment_version_response::VersionTaskQueue,
    },
};
use serde_json::{Map, Value, json};

use super::{compute, shown};
use crate::json::Payloads;
use crate::output::table::Header;
use crate::output::{Card, Column, Output, Table};
use crate::{duration, json, time};

/// All of it.
pub fn print(output: Output, answer: &DescribeWorkerDeploymentVersionResponse, stats: bool) {
    let info = answer.worker_deployment_version_info.clone().unwrap_or_default();
    output.json(&whole(&info, &answer.version_task_queues, stats));
    output.heading("Worker Deployment Version:");
    output.card(&card(output, &info));
    if answer.version_task_queues.is_empty() {
        return;
    }
    let mut columns = vec![Column::text("Name"), Column::text("Type")];
    if stats {
        let numbers = ["ApproximateBacklogCount", "ApproximateBacklogAge", "BacklogIncreaseRate"];
        columns.extend(numbers.map(Column::number));
        columns.extend(["TasksAddRate", "TasksDispatchRate"].map(Column::number));
    }
    let mut table = Table::new(columns);
    for queue in &answer.version_task_queues {
        let mut row = vec![queue.name.clone(), kind(queue).to_owned()];
        if stats {
            row.extend(numbers(queue.stats.unwrap_or_default()));
        }
        table.row(row);
    }
    output.text("");
    output.heading("Task Queues:");
    output.table(&table, Header::Shown);
}

fn kind(queue: &VersionTaskQueue) -> &'static str {
    match queue.r#type() {
        TaskQueueType::Unspecified => "unspecified",
        TaskQueueType::Workflow => "workflow",
        TaskQueueType::Activity => "activity",
        TaskQueueType::Nexus => "nexus",
    }
}

fn age(stats: TaskQueueStats) -> Duration {
    Duration::try_from(stats.approximate_backlog_age.unwrap_or_default()).unwrap_or_default()
}

fn numbers(stats: TaskQueueStats) -> [String; 5] {
    [
        stats.approximate_backlog_count.to_string(),
        duration::format(Duration::from_millis(age(stats).as_millis() as u64)),
        (stats.tasks_add_rate - stats.tasks_dispatch_rate).to_string(),
        stats.tasks_add_rate.to_string(),
        stats.tasks_dispatch_rate.to_string(),
    ]
}

fn card(output: Output, info: &WorkerDeploymentVersionInfo) -> Card {
    let version = info.deployment_version.clone().unwrap_or_default();
    let drainage = info.drainage_info.unwrap_or_default();
    let status = info.drainage_info.map(|found| shown::drainage(found.status())).unwrap_or_default();
    let entries = info.metadata.clone().unwrap_or_default().entries;
    let metadata = if entries.is_empty() { String::new() } else { metadata(&entries).to_string() };
    Card::new()
        .field("DeploymentName", version.deployment_name)
        .field("BuildID", version.build_id)
        .field("CreateTime", output.time(info.create_time.as_ref()))
        .filled("RoutingChangedTime", output.time(info.routing_changed_time.as_ref()))
        .filled("CurrentSinceTime", output.time(info.current_since_time.as_ref()))
        .filled("RampingSinceTime", output.time(info.ramping_since_time.as_ref()))
        .field("RampPercentage", info.ramp_percentage)
        .filled("DrainageStatus", status)
        .filled("DrainageLastChangedTime", output.time(drainage.last_changed_time.as_ref()))
        .filled("DrainageLastCheckedTime", output.time(drainage.last_checked_time.as_ref()))
        .filled("Metadata", metadata)
        .filled("ComputeConfigSummary", compute::summary(info.compute_config.as_ref()))
}

fn metadata(entries: &BTreeMap<String, Payload>) -> Value {
    entries.iter().map(|(key, value)| (key.clone(), json::payload(value, Payloads::Raw))).collect()
}

// The reference reads an absent time as the beginning of 1970 here.
fn at(at: Option<&prost_types::Timestamp>) -> String {
    time::iso(&at.copied().unwrap_or_default())
}

fn whole(info: &WorkerDeploymentVersionInfo, queues: &[VersionTaskQueue], stats: bool) -> Value {
    let version = info.deployment_version.clone().unwrap_or_default();
    let queues: Vec<Value> = queues.iter().map(|queue| queue_json(queue, stats)).collect();
    let entries = info.metadata.clone().unwrap_or_default().entries;
    let mut whole = Map::new();
    let fields = [
        ("deploymentName", version.deployment_name.into()),
        ("BuildID", version.build_id.into()),
        ("createTime", at(info.create_time.as_ref()).into()),
        ("routingChangedTime", at(info.routing_changed_time.as_ref()).into()),
        ("currentSinceTime", at(info.current_since_time.as_ref()).into()),
        ("rampingSinceTime", at(info.ramping_since_time.as_ref()).into()),
        ("rampPercentage", json::float32(info.ramp_percentage)),
        ("drainageInfo", drainage(info.drainage_info)),
        ("taskQueuesInfos", if queues.is_empty() { Value::Null } else { queues.into() }),
        ("metadata", if entries.is_empty() { Value::Null } else { metadata(&entries) }),
    ];
    for (name, value) in fields {
        whole.insert(name.into(), value);
    }
    if let Some(compute) = compute::shown(info.compute_config.as_ref()) {
        whole.insert("computeConfig".into(), compute);
    }
    Value::Object(whole)
}

fn drainage(info: Option<VersionDrainageInfo>) -> Value {
    match info {
        None => json!({ "drainageStatus": "", "lastChangedTime": time::go(None), "lastCheckedTime": time::go(None) }),
        Some(info) => json!({
            "drainageStatus": shown::drainage(info.status()),
            "lastChangedTime": at(info.last_changed_time.as_ref()),
            "lastCheckedTime": at(info.last_checked_time.as_ref()),
        }),
    }
}

fn queue_json(queue: &VersionTaskQueue, stats: bool) -> Value {
    let mut shown = Map::new();
    shown.insert("name".into(), queue.name.as_str().into());
    shown.insert("type".into(), kind(queue).into());
    if stats {
        shown.insert("stats".into(), stats_json(queue.stats.unwrap_or_default()));
        if !queue.stats_by_priority_key.is_empty() {
            let by_priority = queue.stats_by_priority_key.iter();
            let by_priority = by_priority.map(|(key, stats)| (key.to_string(), stats_json(*stats)));
            shown.insert("statsByPriorityKey".into(), by_priority.collect());
        }
    }
    Value::Object(shown)
}

fn stats_json(stats: TaskQueueStats) -> Value {
    json!({
        "approximateBacklogCount": stats.approximate_backlog_count,
        "approximateBacklogAge": u64::try_from(age(stats).as_nanos()).unwrap_or(u64::MAX),
        "backlogIncreaseRate": json::float32(stats.tasks_add_rate - stats.tasks_dispatch_rate),
        "tasksAddRate": json::float32(stats.tasks_add_rate),
        "tasksDispatchRate": json::float32(stats.tasks_dispatch_rate),
    })
}
