//! `task-queue list-partition`.

use abide_api::temporal::api::{
    taskqueue::v1::{TaskQueue, TaskQueuePartitionMetadata},
    workflowservice::v1::ListTaskQueuePartitionsRequest,
};
use clap::Args;

use crate::command::Session;
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Table};
use crate::{client, json};

/// `task-queue list-partition`.
#[derive(Args, Debug)]
pub struct List {
    /// Task Queue.
    #[arg(long, short = 't')]
    task_queue: String,
}

/// Lists the partitions of a queue.
pub async fn list(session: &mut Session, arguments: List) -> Result<()> {
    let request = ListTaskQueuePartitionsRequest {
        namespace: session.client.namespace.clone(),
        task_queue: Some(TaskQueue { name: arguments.task_queue, ..TaskQueue::default() }),
    };
    let answer = session.client.workflow.list_task_queue_partitions(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("unable to list task queues", &status))?.into_inner();
    let name = "temporal.api.workflowservice.v1.ListTaskQueuePartitionsResponse";
    session.output.json(&json::message(name, &answer, session.output.payloads()));
    print(session, "Workflow Task Queue Partitions:", &answer.workflow_task_queue_partitions);
    print(session, "Activity Task Queue Partitions:", &answer.activity_task_queue_partitions);
    Ok(())
}

fn print(session: &Session, heading: &str, partitions: &[TaskQueuePartitionMetadata]) {
    let mut table = Table::new([Column::text("Key"), Column::text("OwnerHostName")]);
    for partition in partitions {
        table.row([partition.key.clone(), partition.owner_host_name.clone()]);
    }
    session.output.heading(heading);
    session.output.table(&table, Header::Shown);
}
