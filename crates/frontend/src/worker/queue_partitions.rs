//! ListTaskQueuePartitions: a queue has one partition here, which has the queue's name.

use abide_api::temporal::api::{
    taskqueue::v1::TaskQueuePartitionMetadata,
    workflowservice::v1::{ListTaskQueuePartitionsRequest, ListTaskQueuePartitionsResponse},
};

use crate::Frontend;
use crate::parse::queue;
use crate::status::Refusal;

/// The only node there is.
const OWNER: &str = "localhost";

/// Lists them.
pub fn list(
    frontend: &Frontend,
    request: ListTaskQueuePartitionsRequest,
) -> Result<ListTaskQueuePartitionsResponse, Refusal> {
    let key = queue::normal(request.task_queue, frontend.limits())?;
    frontend.namespace(&request.namespace)?;
    let partitions = vec![TaskQueuePartitionMetadata { key, owner_host_name: OWNER.to_owned() }];
    Ok(ListTaskQueuePartitionsResponse {
        activity_task_queue_partitions: partitions.clone(),
        workflow_task_queue_partitions: partitions,
    })
}
