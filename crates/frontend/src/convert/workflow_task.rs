//! Workflow tasks and query tasks as workers get them.

use abide_api::temporal::api::{
    common::v1::WorkflowType, enums::v1::TaskQueueKind, taskqueue::v1::TaskQueue,
    workflowservice::v1::PollWorkflowTaskQueueResponse,
};
use abide_cluster::history::WorkflowTask;
use abide_cluster::matching::QueryTask;
use abide_engine::convert::to_proto_time;
use bytes::Bytes;

use super::execution;
use crate::token::{HistoryPage, TaskToken};

/// A started workflow task. From here on it is the worker's.
pub fn workflow_task(mut task: WorkflowTask, backlog: i64) -> PollWorkflowTaskQueueResponse {
    task.lost.delivered();
    let started = task.started;
    let next_page_token = task.next_event_id.map_or(Bytes::new(), |first_event_id| {
        let page = HistoryPage {
            last_event_id: Some(started.last_event_id),
            virtual_events: started.virtual_events,
            ..HistoryPage::new(task.run.run_id, first_event_id)
        };
        page.seal()
    });
    PollWorkflowTaskQueueResponse {
        workflow_execution: Some(execution(&task.run)),
        task_token: TaskToken::Workflow(task.run, started.token).seal(),
        workflow_type: Some(WorkflowType { name: started.workflow_type }),
        previous_started_event_id: started.previous_started_event_id,
        started_event_id: started.token.started_event_id,
        attempt: started.token.attempt,
        backlog_count_hint: backlog,
        history: Some(task.history),
        next_page_token,
        workflow_execution_task_queue: Some(normal_queue(started.task_queue)),
        scheduled_time: Some(to_proto_time(started.scheduled_at)),
        started_time: Some(to_proto_time(started.started_at)),
        queries: task.queries,
        messages: started.messages,
        ..PollWorkflowTaskQueueResponse::default()
    }
}

/// A query on its way to a worker.
pub fn query_task(task: QueryTask) -> PollWorkflowTaskQueueResponse {
    let next_page_token = task
        .next_event_id
        .map_or(Bytes::new(), |first_event_id| HistoryPage::new(task.run.run_id, first_event_id).seal());
    PollWorkflowTaskQueueResponse {
        workflow_execution: Some(execution(&task.run)),
        task_token: TaskToken::Query(task.run, task.id).seal(),
        workflow_type: Some(WorkflowType { name: task.workflow_type }),
        previous_started_event_id: task.previous_started_event_id,
        attempt: 1,
        history: Some(task.history),
        next_page_token,
        query: Some(task.query),
        workflow_execution_task_queue: Some(normal_queue(task.task_queue)),
        ..PollWorkflowTaskQueueResponse::default()
    }
}

fn normal_queue(name: String) -> TaskQueue {
    TaskQueue { name, kind: TaskQueueKind::Normal as i32, normal_name: String::new() }
}
