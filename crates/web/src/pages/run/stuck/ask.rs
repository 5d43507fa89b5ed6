//! Asks for the task queues that an open run needs.

use std::collections::BTreeSet;

use abide_api::temporal::api::enums::v1::TaskQueueType;
use abide_api::temporal::api::taskqueue::v1::TaskQueue;
use abide_api::temporal::api::workflowservice::v1::DescribeTaskQueueRequest;

use super::{Kind, Queue, queue_of};
use crate::pages::run::Described;
use crate::visit::Visit;

/// Further queues are not asked for: few runs need more than two.
const QUEUES_MAX: usize = 6;

/// The queues; those that cannot be had are left out.
pub(crate) async fn queues(visit: &Visit, run: &Described) -> Vec<Queue> {
    if !run.is_open() {
        return Vec::new();
    }
    let mut needed = BTreeSet::from([(Kind::Workflow, run.info.task_queue.as_str())]);
    needed
        .extend(run.found.pending_activities.iter().filter_map(|activity| Some((Kind::Activity, queue_of(activity)?))));
    let mut queues = Vec::new();
    for (kind, name) in needed.into_iter().filter(|(_, name)| !name.is_empty()).take(QUEUES_MAX) {
        let kind_asked = match kind {
            Kind::Workflow => TaskQueueType::Workflow,
            Kind::Activity => TaskQueueType::Activity,
        };
        let request = DescribeTaskQueueRequest {
            namespace: run.run.namespace.clone(),
            task_queue: Some(TaskQueue { name: name.to_owned(), ..TaskQueue::default() }),
            task_queue_type: kind_asked.into(),
            report_stats: true,
            ..Default::default()
        };
        if let Ok(answer) = visit.workflows().describe_task_queue(visit.request(request)).await {
            let answer = answer.into_inner();
            let (name, stats) = (name.to_owned(), answer.stats.unwrap_or_default());
            queues.push(Queue { name, kind, pollers: answer.pollers, stats });
        }
    }
    queues
}
