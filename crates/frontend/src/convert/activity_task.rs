//! Activities as workers get them.

use abide_api::temporal::api::{common::v1::WorkflowType, workflowservice::v1::PollActivityTaskQueueResponse};
use abide_cluster::history::ActivityTask;
use abide_engine::convert::to_proto_time;
use abide_engine::namespace::Namespace;

use super::execution;
use crate::token::{ActivityToken, TaskToken};

/// A started activity. From here on it is the worker's.
pub fn activity_task(namespace: &Namespace, mut task: ActivityTask) -> PollActivityTaskQueueResponse {
    task.lost.delivered();
    let started = task.started;
    let scheduled = *started.scheduled;
    let token = ActivityToken { scheduled_event_id: started.scheduled_event_id, attempt: started.attempt };
    PollActivityTaskQueueResponse {
        workflow_execution: Some(execution(&task.run)),
        task_token: TaskToken::Activity(task.run, token).seal(),
        workflow_namespace: namespace.name.clone(),
        workflow_type: Some(WorkflowType { name: started.workflow_type }),
        activity_type: scheduled.activity_type,
        activity_id: scheduled.activity_id,
        header: scheduled.header,
        input: scheduled.input,
        heartbeat_details: started.heartbeat_details,
        scheduled_time: Some(to_proto_time(started.scheduled_at)),
        current_attempt_scheduled_time: Some(to_proto_time(started.attempt_scheduled_at)),
        started_time: Some(to_proto_time(started.started_at)),
        attempt: started.attempt,
        schedule_to_close_timeout: scheduled.schedule_to_close_timeout,
        start_to_close_timeout: scheduled.start_to_close_timeout,
        heartbeat_timeout: scheduled.heartbeat_timeout,
        retry_policy: scheduled.retry_policy,
        priority: started.priority,
        ..PollActivityTaskQueueResponse::default()
    }
}
