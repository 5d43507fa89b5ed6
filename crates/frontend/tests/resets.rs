//! ResetWorkflowExecution: what is refused, and what the owner of runs is asked.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::temporal::api::{
    common::v1::{Priority, WorkflowExecution},
    enums::v1::{ResetReapplyExcludeType, ResetReapplyType},
    workflow::v1::{
        PostResetOperation, WorkflowExecutionOptions,
        post_reset_operation::{UpdateWorkflowOptions, Variant},
    },
    workflowservice::v1::{ResetWorkflowExecutionRequest, workflow_service_server::WorkflowService},
};
use abide_engine::run::Reapply;
use fakes::{Asked, World, shown};
use prost_types::FieldMask;
use tonic::Request;

fn a_reset() -> ResetWorkflowExecutionRequest {
    ResetWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_execution: Some(WorkflowExecution { workflow_id: "order".into(), run_id: String::new() }),
        workflow_task_finish_event_id: 4,
        request_id: "again".into(),
        reason: "a bug".into(),
        ..ResetWorkflowExecutionRequest::default()
    }
}

#[tokio::test]
async fn a_reset_that_cannot_be_is_refused() {
    type Change = fn(&mut ResetWorkflowExecutionRequest);
    let cases: [(Change, &str); 5] = [
        (|reset| reset.request_id.clear(), "InvalidArgument: RequestId is not set on request."),
        (|reset| reset.request_id = "x".repeat(1001), "InvalidArgument: RequestId length exceeds limit."),
        (|reset| reset.workflow_execution = None, "InvalidArgument: Execution is not set on request."),
        (|reset| reset.workflow_execution.as_mut().unwrap().run_id = "zz".into(), "InvalidArgument: Invalid RunId."),
        (
            |reset| reset.post_reset_operations = vec![PostResetOperation::default()],
            "InvalidArgument: unsupported post reset operation: <nil>",
        ),
    ];
    for (change, expected) in cases {
        let world = World::new();
        let mut reset = a_reset();
        change(&mut reset);
        let outcome = world.frontend.reset_workflow_execution(Request::new(reset)).await;
        assert_eq!(shown(outcome), expected);
        assert!(world.history.take_asked().is_empty(), "nobody hears of it");
    }
}

fn changing(options: WorkflowExecutionOptions, path: &str) -> PostResetOperation {
    let update_mask = Some(FieldMask { paths: vec![path.into()] });
    let update = UpdateWorkflowOptions { workflow_execution_options: Some(options), update_mask };
    PostResetOperation { variant: Some(Variant::UpdateWorkflowOptions(update)) }
}

#[tokio::test]
async fn a_reset_may_change_the_options_of_the_new_run() {
    let world = World::new();
    let priority = Some(Priority { priority_key: 2, ..Priority::default() });
    let options = || WorkflowExecutionOptions { priority: priority.clone(), ..WorkflowExecutionOptions::default() };
    let asks = |operation| ResetWorkflowExecutionRequest { post_reset_operations: vec![operation], ..a_reset() };
    world.frontend.reset_workflow_execution(Request::new(asks(changing(options(), "priority")))).await.unwrap();
    let asked = world.history.take_asked();
    let [Asked::Reset(_, asked)] = asked.as_slice() else { panic!("one reset, not {asked:?}") };
    assert_eq!(asked.options.len(), 1);
    assert_eq!((&asked.options[0].priority, asked.options[0].identity.as_str()), (&priority, ""));
    let refused = world.frontend.reset_workflow_execution(Request::new(asks(changing(options(), "nope")))).await;
    let text = "InvalidArgument: error applying update_options: proto: invalid path \"nope\" for message \
                \"temporal.api.workflow.v1.WorkflowExecutionOptions\"";
    assert_eq!(shown(refused), text);
}

#[tokio::test]
#[expect(deprecated, reason = "old clients still say what to bring along instead of what not")]
async fn old_and_new_words_for_what_is_brought_along_mean_the_same() {
    let (signal, update) = (ResetReapplyExcludeType::Signal, ResetReapplyExcludeType::Update);
    let cases = [
        (ResetReapplyType::Unspecified, vec![], (true, true)),
        (ResetReapplyType::AllEligible, vec![update], (true, false)),
        (ResetReapplyType::AllEligible, vec![signal], (false, true)),
        (ResetReapplyType::Signal, vec![], (true, false)),
        (ResetReapplyType::Signal, vec![signal], (false, false)),
        (ResetReapplyType::None, vec![], (false, false)),
    ];
    for (kind, exclude, (signals, updates)) in cases {
        let world = World::new();
        let mut reset = a_reset();
        reset.reset_reapply_type = kind as i32;
        reset.reset_reapply_exclude_types = exclude.iter().map(|kind| *kind as i32).collect();
        let run_id = world.frontend.reset_workflow_execution(Request::new(reset)).await.unwrap().into_inner().run_id;
        let asked = world.history.take_asked();
        let [Asked::Reset(run, asked)] = asked.as_slice() else { panic!("one reset, not {asked:?}") };
        assert_eq!(run.workflow.workflow_id, "order");
        assert_eq!(asked.reapply, Reapply { signals, updates }, "{kind:?} {exclude:?}");
        assert_eq!((asked.finish_event_id, asked.new_run_id.to_string()), (4, run_id));
        assert_eq!((asked.reason.as_str(), asked.request_id.as_str()), ("a bug", "again"));
    }
}
