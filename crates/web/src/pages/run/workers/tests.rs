//! Who could work on a run, from fixed answers.

use abide_api::temporal::api::activity::v1::ActivityOptions;
use abide_api::temporal::api::workflow::v1::{PendingActivityInfo, WorkflowExecutionInfo};
use abide_api::temporal::api::workflowservice::v1::{
    DescribeTaskQueueResponse, DescribeWorkflowExecutionResponse, ListWorkersResponse,
};
use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;
use tonic::Status;

use super::*;
use crate::testing::{Asked, service, shown, site};

const HOSTILE: &str = "q'<script>";

fn poller(identity: &str, seconds: i64) -> PollerInfo {
    let last_access_time = Some(Timestamp { seconds, nanos: 0 });
    PollerInfo { identity: identity.into(), last_access_time, rate_per_second: 100_000.0, ..Default::default() }
}

/// One worker polls the run's queue for both kinds of tasks; nobody the queue of its activity.
fn answer(asked: Asked) -> Result<Bytes, Status> {
    let queue = |name: &str| Some(TaskQueue { name: name.into(), ..Default::default() });
    Ok(match asked.path.rsplit('/').next().unwrap_or_default() {
        "DescribeWorkflowExecution" => {
            let options = ActivityOptions { task_queue: queue("other"), ..Default::default() };
            let activity = PendingActivityInfo { activity_options: Some(options), ..Default::default() };
            let info = WorkflowExecutionInfo { task_queue: HOSTILE.into(), status: 1, ..Default::default() };
            let workflow_execution_info = Some(info);
            let pending_activities = vec![activity.clone(), activity];
            DescribeWorkflowExecutionResponse { workflow_execution_info, pending_activities, ..Default::default() }
                .encode_to_vec()
        }
        "DescribeTaskQueue" => {
            let request = DescribeTaskQueueRequest::decode(asked.message).expect("a request");
            let is_own = request.task_queue == queue(HOSTILE);
            let at = i64::from(request.task_queue_type);
            let pollers = if is_own { vec![poller("1@<b>", at)] } else { Vec::new() };
            DescribeTaskQueueResponse { pollers, ..Default::default() }.encode_to_vec()
        }
        "ListWorkers" => {
            let request = ListWorkersRequest::decode(asked.message).expect("a request");
            let known = [r"TaskQueue = 'q\'<script>'", "TaskQueue = 'other'"];
            assert!(known.contains(&request.query.as_str()), "{}", request.query);
            let worker = WorkerListInfo {
                worker_identity: "1@<b>".into(),
                host_name: "h".into(),
                status: 2,
                ..Default::default()
            };
            let workers = if request.query == known[0] { vec![worker] } else { Vec::new() };
            ListWorkersResponse { workers, ..Default::default() }.encode_to_vec()
        }
        _ => Vec::new(),
    }
    .into())
}

#[tokio::test]
async fn the_workers_of_a_run_are_those_of_its_queue_and_of_its_activities() {
    let (status, html) = shown(site(service(answer)), "/namespaces/default/workflows/w/r/workers", None).await;
    assert_eq!(status, 200, "{html}");
    let html = &html[html.find("live-workers").expect("workers")..];
    assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
    assert_eq!(html.matches("Task queue <a href=").count(), 2, "each queue once: {html}");
    assert!(html.contains("<td>Workflow tasks, Activities</td>") && html.contains("no limit"), "{html}");
    // What was seen last counts.
    assert!(html.contains("data-since=\"1970-01-01T00:00:02Z\""), "{html}");
    assert!(html.contains("Shutting down") && html.contains("No worker has asked this queue for tasks"), "{html}");
}
