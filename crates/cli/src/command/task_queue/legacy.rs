//! `task-queue describe --legacy-mode`: the form of the answer before there were builds.

use abide_api::temporal::api::{
    enums::v1::{TaskQueueKind, TaskQueueType},
    taskqueue::v1::{PollerInfo, TaskQueue, TaskQueueConfig, TaskQueueVersioningInfo},
    workflowservice::v1::DescribeTaskQueueRequest,
};
use serde_json::{Map, Value};

use super::config;
use super::describe::{Arguments, LegacyKind};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, json};

const POLLER: &str = "temporal.api.taskqueue.v1.PollerInfo";
const STATUS: &str = "temporal.api.taskqueue.v1.TaskQueueStatus";
const CONFIG: &str = "temporal.api.taskqueue.v1.TaskQueueConfig";
const VERSIONING: &str = "temporal.api.taskqueue.v1.TaskQueueVersioningInfo";

/// What all partitions together say.
#[derive(Default)]
struct Answers {
    statuses: Vec<Value>,
    pollers: Vec<(i32, PollerInfo)>,
    config: Option<TaskQueueConfig>,
    versioning: Option<TaskQueueVersioningInfo>,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: &Arguments) -> Result<()> {
    let mut answers = Answers::default();
    for partition in 0..arguments.legacy.partitions_legacy {
        ask(session, arguments, partition, &mut answers).await?;
    }
    session.output.json(&whole(session, &answers));
    let mut table =
        Table::new([Column::text("Identity"), Column::text("LastAccessTime"), Column::number("RatePerSecond")]);
    for (_, poller) in &answers.pollers {
        let seen = session.output.time(poller.last_access_time.as_ref());
        table.row([poller.identity.clone(), seen, poller.rate_per_second.to_string()]);
    }
    session.output.heading("Pollers:");
    session.output.table(&table, Header::Shown);
    if let (Some(config), false) = (&answers.config, session.output.is_json()) {
        session.output.heading("\nTask Queue Configuration:");
        config::print(session, config);
    }
    Ok(())
}

async fn ask(session: &mut Session, arguments: &Arguments, partition: i32, answers: &mut Answers) -> Result<()> {
    let kind = match arguments.legacy.task_queue_type_legacy {
        LegacyKind::Workflow => TaskQueueType::Workflow,
        LegacyKind::Activity => TaskQueueType::Activity,
    };
    // The first partition has the queue's own name.
    let name = match partition {
        0 => arguments.task_queue.clone(),
        other => format!("/_sys/{}/{other}", arguments.task_queue),
    };
    #[expect(deprecated, reason = "this is what the old form is about")]
    let request = DescribeTaskQueueRequest {
        namespace: session.client.namespace.clone(),
        task_queue: Some(TaskQueue { name, kind: TaskQueueKind::Normal.into(), ..TaskQueue::default() }),
        task_queue_type: kind.into(),
        include_task_queue_status: true,
        report_config: arguments.report_config,
        ..DescribeTaskQueueRequest::default()
    };
    let answer = session.client.workflow.describe_task_queue(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("unable to describe task queue", &status))?.into_inner();
    #[expect(deprecated, reason = "this is what the old form is about")]
    let status = answer.task_queue_status.unwrap_or_default();
    answers.statuses.push(numbered(partition, json::message(STATUS, &status, session.output.payloads())));
    answers.pollers.extend(answer.pollers.into_iter().map(|poller| (partition, poller)));
    if partition == 0 {
        answers.config = answer.config;
        answers.versioning = answer.versioning_info;
    }
    Ok(())
}

fn whole(session: &Session, answers: &Answers) -> Value {
    let payloads = session.output.payloads();
    let poller =
        |(partition, poller): &(i32, PollerInfo)| numbered(*partition, json::message(POLLER, poller, payloads));
    let mut whole = Map::new();
    if let Some(config) = &answers.config {
        whole.insert("config".into(), json::message(CONFIG, config, payloads));
    }
    let pollers: Vec<Value> = answers.pollers.iter().map(poller).collect();
    whole.insert("pollers".into(), if pollers.is_empty() { Value::Null } else { pollers.into() });
    whole.insert("taskQueues".into(), answers.statuses.clone().into());
    if let Some(versioning) = &answers.versioning {
        whole.insert("versioning_info".into(), json::message(VERSIONING, versioning, payloads));
    }
    Value::Object(whole)
}

fn numbered(partition: i32, value: Value) -> Value {
    let mut numbered = Map::from_iter([("partition".to_owned(), Value::from(partition))]);
    if let Value::Object(fields) = value {
        numbered.extend(fields);
    }
    Value::Object(numbered)
}
