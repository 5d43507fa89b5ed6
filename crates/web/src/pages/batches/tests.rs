//! Batch operations, rendered from fixed answers.

use std::sync::{Arc, Mutex};

use abide_api::temporal::api::batch::v1::BatchOperationInfo;
use abide_api::temporal::api::enums::v1::{BatchOperationState, BatchOperationType};
use abide_api::temporal::api::workflowservice::v1::{
    DescribeBatchOperationRequest, DescribeBatchOperationResponse, ListBatchOperationsResponse,
    StopBatchOperationRequest,
};
use prost::Message;
use prost_types::Timestamp;
use tonic::Status;

use crate::site::Site;
use crate::switches::Switches;
use crate::testing::{self, service, shown};

const LIST: &str = "/namespaces/default/batch-operations";
const HOSTILE: &str = "<script>'\"&";

type Stops = Arc<Mutex<Vec<StopBatchOperationRequest>>>;

fn site(stops: &Stops) -> Site {
    let stops = stops.clone();
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let routes = service(move |asked| match asked.path.rsplit('/').next().unwrap_or_default() {
        "ListBatchOperations" => {
            let batch = |job_id: &str, state: BatchOperationState| BatchOperationInfo {
                job_id: job_id.into(),
                state: state.into(),
                start_time: at(1_800_000_000),
                close_time: (state == BatchOperationState::Completed).then(|| at(1_800_000_060)).flatten(),
                operation_type: BatchOperationType::TerminateWorkflow.into(),
            };
            let operation_info =
                vec![batch(HOSTILE, BatchOperationState::Running), batch("done", BatchOperationState::Completed)];
            let answer = ListBatchOperationsResponse { operation_info, next_page_token: "next".into() };
            Ok(answer.encode_to_vec().into())
        }
        "DescribeBatchOperation" => {
            let request = DescribeBatchOperationRequest::decode(asked.message).expect("a request");
            if request.job_id == "gone" {
                return Err(Status::not_found("there is no such batch"));
            }
            let is_running = request.job_id == HOSTILE;
            let state = if is_running { BatchOperationState::Running } else { BatchOperationState::Completed };
            let answer = DescribeBatchOperationResponse {
                operation_type: BatchOperationType::TerminateWorkflow.into(),
                job_id: request.job_id,
                state: state.into(),
                start_time: at(1_800_000_000),
                total_operation_count: 5000,
                complete_operation_count: 1234,
                failure_operation_count: 6,
                reason: HOSTILE.into(),
                query: format!("WorkflowType = '{HOSTILE}'"),
                ..Default::default()
            };
            Ok(answer.encode_to_vec().into())
        }
        "StopBatchOperation" => {
            stops.lock().expect("whole").push(StopBatchOperationRequest::decode(asked.message).expect("a request"));
            Ok(Default::default())
        }
        _ => Ok(Default::default()),
    });
    testing::site(routes)
}

#[tokio::test]
async fn the_list_shows_what_each_does_and_how_far_it_is() {
    let (status, html) = shown(site(&Stops::default()), LIST, None).await;
    assert_eq!(status, 200);
    assert!(!html.contains("<script>"));
    insta::assert_snapshot!(html);
}

#[tokio::test]
async fn one_that_runs_can_be_stopped_for_a_reason() {
    let stops = Stops::default();
    let job = format!("{LIST}/%3Cscript%3E%27%22%26");
    let (status, html) = shown(site(&stops), &job, None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
    let (status, html) = shown(site(&stops), &format!("{job}/actions/stop"), None).await;
    assert!(status == 200 && html.contains("abide batch terminate --namespace default --job-id"), "{html}");
    let (status, html) = shown(site(&stops), &format!("{job}/actions/stop"), Some("reason=")).await;
    assert!(status == 400 && html.contains("Reason must be filled in"), "{html}");
    assert_eq!(shown(site(&stops), &format!("{job}/actions/stop"), Some("reason=why")).await.0, 303);
    let asked = stops.lock().expect("whole").clone();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].job_id.as_str(), asked[0].reason.as_str()), (HOSTILE, "why"));
}

#[tokio::test]
async fn one_that_has_ended_cannot_be_stopped_and_one_that_is_gone_is_not_found() {
    let (_, html) = shown(site(&Stops::default()), &format!("{LIST}/done"), None).await;
    assert!(!html.contains("actions/stop"), "{html}");
    let (status, html) = shown(site(&Stops::default()), &format!("{LIST}/gone"), None).await;
    assert!(status == 404 && html.contains("there is no such batch"), "{html}");
}

#[tokio::test]
async fn a_query_and_an_operation_lead_to_the_page_that_asks() {
    let start = format!("{LIST}/actions/start");
    let (status, html) = shown(site(&Stops::default()), &start, None).await;
    assert!(status == 200 && html.contains("value=\"reset\""), "{html}");
    let (status, to) = shown(site(&Stops::default()), &format!("{start}?query=A+%3D+1&operation=reset"), None).await;
    assert_eq!((status, to.as_str()), (303, "to /namespaces/default/workflows/actions/reset?query=A%20%3D%201"));
    let read_only = Site { switches: Switches { read_only: true, ..Switches::default() }, ..site(&Stops::default()) };
    assert_eq!(shown(read_only, &start, None).await.0, 403);
}
