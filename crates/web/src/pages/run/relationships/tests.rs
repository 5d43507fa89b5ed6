//! Families and chains, rendered from fixed answers.

use abide_api::temporal::api::common::v1::WorkflowType;
use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus as RunStatus;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{
    History, HistoryEvent, WorkflowExecutionContinuedAsNewEventAttributes, WorkflowExecutionStartedEventAttributes,
};
use abide_api::temporal::api::workflow::v1::WorkflowExecutionExtendedInfo;
use abide_api::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionResponse, GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
    ListWorkflowExecutionsResponse,
};
use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;
use tonic::Status;

use super::*;
use crate::testing::{Asked, service, shown, site};

const HOSTILE: &str = "'\"><script>";

fn execution(workflow_id: &str, run_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: workflow_id.into(), run_id: run_id.into() })
}

fn info(workflow_id: &str, run_id: &str, parent: Option<WorkflowExecution>) -> WorkflowExecutionInfo {
    WorkflowExecutionInfo {
        execution: execution(workflow_id, run_id),
        r#type: Some(WorkflowType { name: HOSTILE.into() }),
        status: RunStatus::ContinuedAsNew.into(),
        start_time: Some(Timestamp { seconds: 1, nanos: 0 }),
        close_time: Some(Timestamp { seconds: 2, nanos: 0 }),
        parent_execution: parent,
        root_execution: execution("root", "r0"),
        first_run_id: "r9".into(),
        ..Default::default()
    }
}

fn event(attributes: Attributes) -> History {
    let event = HistoryEvent { event_id: 1, attributes: Some(attributes), ..Default::default() };
    History::from(vec![event])
}

/// This run is in the middle of everything; `family_next` is where the family goes on.
fn answer(asked: Asked, family_next: &'static str) -> Result<Bytes, Status> {
    Ok(match asked.path.rsplit('/').next().unwrap_or_default() {
        "DescribeWorkflowExecution" => {
            let more = WorkflowExecutionExtendedInfo { reset_run_id: "r8".into(), ..Default::default() };
            DescribeWorkflowExecutionResponse {
                workflow_execution_info: Some(info(HOSTILE, "r1", execution("root", "r0"))),
                workflow_extended_info: Some(more),
                ..Default::default()
            }
            .encode_to_vec()
        }
        "GetWorkflowExecutionHistory" => {
            let request = GetWorkflowExecutionHistoryRequest::decode(asked.message).expect("a request");
            let started = WorkflowExecutionStartedEventAttributes {
                continued_execution_run_id: "r7".into(),
                initiator: 2,
                original_execution_run_id: "r1".into(),
                ..Default::default()
            };
            let new_execution_run_id = "r2".into();
            let ended = WorkflowExecutionContinuedAsNewEventAttributes { new_execution_run_id, ..Default::default() };
            let attributes = match request.history_event_filter_type {
                2 => Attributes::WorkflowExecutionContinuedAsNewEventAttributes(ended.into()),
                _ => Attributes::WorkflowExecutionStartedEventAttributes(started.into()),
            };
            GetWorkflowExecutionHistoryResponse { history: Some(event(attributes)), ..Default::default() }
                .encode_to_vec()
        }
        "ListWorkflowExecutions" => {
            let request = ListWorkflowExecutionsRequest::decode(asked.message).expect("a request");
            let child = || info("child", "r3", execution(HOSTILE, "r1"));
            let (executions, next_page_token) = match request.query.as_str() {
                "RootWorkflowId = 'root' AND RootRunId = 'r0'" => {
                    (vec![child(), info(HOSTILE, "r1", execution("root", "r0")), info("root", "r0", None)], family_next)
                }
                r#"ParentWorkflowId = '\'"><script>' AND ParentRunId = 'r1'"# => (vec![child()], "more"),
                r#"WorkflowId = '\'"><script>'"# => (vec![info(HOSTILE, "r1", None)], ""),
                other => return Err(Status::invalid_argument(other.to_owned())),
            };
            ListWorkflowExecutionsResponse { executions, next_page_token: next_page_token.into() }.encode_to_vec()
        }
        _ => Vec::new(),
    }
    .into())
}

/// The content below the tabs.
async fn page(family_next: &'static str) -> String {
    let routes = service(move |asked| answer(asked, family_next));
    let path = "/namespaces/default/workflows/'%22%3E%3Cscript%3E/r1/relationships";
    let (status, html) = shown(site(routes), path, None).await;
    assert_eq!(status, 200, "{html}");
    html[html.find("<h2>Parents").expect("a family")..].to_owned()
}

#[tokio::test]
async fn a_family_is_a_tree_and_a_chain_says_how_one_run_came_of_another() {
    insta::assert_snapshot!(page("").await);
}

#[tokio::test]
async fn of_a_large_family_there_are_the_ancestors_and_a_list_of_children() {
    let html = page("more").await;
    assert!(html.contains("This family has more than 200 members.") && html.contains("First ancestor: "), "{html}");
    assert!(
        html.contains("<tbody id=\"children\">") && html.contains("children=bW9yZQ\" data-more=\"children\""),
        "{html}"
    );
    assert!(!html.contains("<script>"), "{html}");
}

#[test]
fn a_text_in_a_query_stays_one() {
    assert_eq!(text(r"it's \ x"), r"'it\'s \\ x'");
}
