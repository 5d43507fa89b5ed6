//! The run as others see it: what lists show, and everything that Describe shows.

use abide_api::temporal::api::{
    activity::v1::ActivityOptions,
    common::v1::{Memo, SearchAttributes, WorkflowExecution},
    enums::v1::{PendingActivityState, PendingWorkflowTaskState},
    workflow::v1::{
        PendingActivityInfo, PendingWorkflowTaskInfo, WorkflowExecutionConfig, WorkflowExecutionExtendedInfo,
        WorkflowExecutionInfo, WorkflowExecutionPauseInfo,
        pending_activity_info::{
            PauseInfo,
            pause_info::{Manual, PausedBy},
        },
    },
    workflowservice::v1::DescribeWorkflowExecutionResponse,
};
use uuid::Uuid;

use super::state::{Activity, ActivityPhase, OpenWorkflowTask, Pause, State};
use crate::convert::{to_proto_duration, to_proto_time};

impl State {
    /// The workflow's type.
    pub fn workflow_type(&self) -> String {
        self.execution.started.workflow_type.as_ref().map(|kind| kind.name.clone()).unwrap_or_default()
    }

    /// What lists show, but for the number of transitions, which the loop counts.
    pub fn info(&self) -> WorkflowExecutionInfo {
        let started = &self.execution.started;
        let started_at = self.execution.started_at;
        let closed_at = self.execution.closed_at;
        let execution = WorkflowExecution {
            workflow_id: self.identity.workflow_id.clone(),
            run_id: Uuid::from_slice(&self.identity.run_id).unwrap_or_default().to_string(),
        };
        let delay = self.first_task_delay();
        #[expect(deprecated, reason = "the stamp of a worker without a deployment")]
        let info = WorkflowExecutionInfo {
            root_execution: Some(started.root_workflow_execution.clone().unwrap_or_else(|| execution.clone())),
            execution: Some(execution),
            r#type: started.workflow_type.clone(),
            start_time: Some(to_proto_time(started_at)),
            close_time: closed_at.map(to_proto_time),
            status: self.execution.status,
            history_length: self.position.next_event_id - 1,
            parent_namespace_id: started.parent_workflow_namespace_id.clone(),
            parent_execution: started.parent_workflow_execution.clone(),
            execution_time: Some(to_proto_time(started_at.after(delay))),
            memo: Some(Memo { fields: self.properties.memo.clone() }),
            search_attributes: Some(self.shown_search_attributes()),
            auto_reset_points: self.reset_points(),
            task_queue: self.normal_queue().name,
            history_size_bytes: self.position.history_bytes,
            execution_duration: closed_at.map(|closed_at| to_proto_duration(closed_at.since(started_at.after(delay)))),
            first_run_id: self.identity.first_run_id.clone(),
            most_recent_worker_version_stamp: self.workflow_tasks.worker_version.clone(),
            priority: started.priority.clone(),
            ..WorkflowExecutionInfo::default()
        };
        info
    }

    fn shown_search_attributes(&self) -> SearchAttributes {
        let own = self.properties.search_attributes.clone();
        SearchAttributes { indexed_fields: own.into_iter().chain(self.server_search_attributes()).collect() }
    }

    /// Everything that Describe shows.
    pub fn describe(&self) -> DescribeWorkflowExecutionResponse {
        let started = &self.execution.started;
        let activities = self.activities.pending.values();
        DescribeWorkflowExecutionResponse {
            execution_config: Some(WorkflowExecutionConfig {
                task_queue: started.task_queue.clone(),
                workflow_execution_timeout: started.workflow_execution_timeout,
                workflow_run_timeout: started.workflow_run_timeout,
                default_workflow_task_timeout: started.workflow_task_timeout,
                user_metadata: self.execution.user_metadata.clone(),
            }),
            workflow_execution_info: Some(self.info()),
            pending_activities: activities.map(pending_activity).collect(),
            pending_children: self.children.pending.iter().map(|(id, child)| child.shown(*id)).collect(),
            callbacks: self.shown_callbacks(),
            pending_workflow_task: self.workflow_tasks.open.as_ref().map(pending_task),
            workflow_extended_info: Some(WorkflowExecutionExtendedInfo {
                execution_expiration_time: self.execution_expires_at().map(to_proto_time),
                run_expiration_time: self.run_expires_at().map(to_proto_time),
                cancel_requested: self.execution.cancel_requested,
                pause_info: self.pause.as_ref().map(|pause| WorkflowExecutionPauseInfo {
                    identity: pause.identity.clone(),
                    paused_time: Some(to_proto_time(pause.at)),
                    reason: pause.reason.clone(),
                }),
                request_id_infos: self.request_id_infos(),
                original_start_time: Some(to_proto_time(match &self.execution.reset {
                    Some(reset) => reset.original_started_at,
                    None => self.execution.started_at,
                })),
                last_reset_time: self.execution.reset.as_ref().map(|reset| to_proto_time(reset.at)),
                reset_run_id: self.execution.replaced_by.clone(),
                ..WorkflowExecutionExtendedInfo::default()
            }),
            ..DescribeWorkflowExecutionResponse::default()
        }
    }
}

fn pending_task(open: &OpenWorkflowTask) -> PendingWorkflowTaskInfo {
    let state = match open.started {
        Some(_) => PendingWorkflowTaskState::Started,
        None => PendingWorkflowTaskState::Scheduled,
    };
    PendingWorkflowTaskInfo {
        state: state as i32,
        scheduled_time: Some(to_proto_time(open.scheduled_at)),
        original_scheduled_time: Some(to_proto_time(open.original_scheduled_at)),
        started_time: open.started.as_ref().map(|started| to_proto_time(started.at)),
        attempt: open.attempt,
    }
}

fn pending_activity(activity: &Activity) -> PendingActivityInfo {
    let scheduled = &activity.scheduled;
    let paused = activity.pause.is_some();
    let state = match &activity.phase {
        _ if activity.cancel_requested_event_id > 0 => PendingActivityState::CancelRequested,
        Some(ActivityPhase::Started(_)) if paused => PendingActivityState::PauseRequested,
        Some(ActivityPhase::Started(_)) => PendingActivityState::Started,
        _ if paused => PendingActivityState::Paused,
        Some(ActivityPhase::Offered(_) | ActivityPhase::Backoff(_) | ActivityPhase::Held(_)) | None => {
            PendingActivityState::Scheduled
        }
    };
    let waits = matches!(activity.phase, Some(ActivityPhase::Backoff(_)));
    let interval = activity.last_attempt_ended_at.filter(|_| waits);
    let policy = scheduled.retry_policy.as_ref();
    PendingActivityInfo {
        activity_id: scheduled.activity_id.clone(),
        activity_type: scheduled.activity_type.clone(),
        state: state as i32,
        heartbeat_details: activity.heartbeat_details.clone(),
        last_heartbeat_time: activity.heartbeat_at.map(to_proto_time),
        last_started_time: activity.started().map(|started| to_proto_time(started.at)),
        attempt: activity.attempt,
        maximum_attempts: policy.map_or(0, |policy| policy.maximum_attempts),
        scheduled_time: Some(to_proto_time(activity.attempt_scheduled_at)),
        expiration_time: activity.expires_at().map(to_proto_time),
        last_failure: activity.last_failure.clone(),
        last_worker_identity: activity.last_worker_identity.clone(),
        current_retry_interval: interval
            .map(|ended_at| to_proto_duration(activity.attempt_scheduled_at.since(ended_at))),
        last_attempt_complete_time: activity.last_attempt_ended_at.map(to_proto_time),
        next_attempt_schedule_time: waits.then(|| to_proto_time(activity.attempt_scheduled_at)),
        priority: scheduled.priority.clone(),
        paused,
        pause_info: activity.pause.as_ref().map(pause_info),
        activity_options: Some(shown_options(activity)),
        ..PendingActivityInfo::default()
    }
}

fn pause_info(pause: &Pause) -> PauseInfo {
    PauseInfo {
        pause_time: Some(to_proto_time(pause.at)),
        paused_by: Some(PausedBy::Manual(Manual { identity: pause.identity.clone(), reason: pause.reason.clone() })),
    }
}

/// The options of an activity as Describe shows them.
fn shown_options(activity: &Activity) -> ActivityOptions {
    let mut options = activity.options();
    if let Some(queue) = &mut options.task_queue {
        queue.normal_name = queue.name.clone();
    }
    options
}
