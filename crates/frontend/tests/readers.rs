//! Who is shown what of a history.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::temporal::api::{
    common::v1::WorkflowExecution,
    workflowservice::v1::{GetWorkflowExecutionHistoryRequest, workflow_service_server::WorkflowService},
};
use abide_cluster::history::HistoryPage;
use fakes::{Asked, World, run_key};
use tonic::Request;

#[tokio::test]
async fn only_programs_are_shown_events_that_are_not_written_yet() {
    let world = World::new();
    for (client, shown) in [("temporal-go", true), ("", true), ("temporal-cli", false), ("temporal-ui", false)] {
        let page = HistoryPage {
            run_id: run_key("w").run_id,
            history: Vec::new().into(),
            next_event_id: None,
            open: true,
            end_event_id: 1,
        };
        world.history.pages.lock().unwrap().push_back(Ok(page));
        let mut request = Request::new(GetWorkflowExecutionHistoryRequest {
            namespace: "default".into(),
            execution: Some(WorkflowExecution { workflow_id: "w".into(), run_id: String::new() }),
            ..Default::default()
        });
        request.metadata_mut().insert("client-name", client.parse().unwrap());
        world.frontend.get_workflow_execution_history(request).await.expect("a page");
        let asked = world.history.take_asked();
        let [Asked::Read(_, read)] = asked.as_slice() else { panic!("one read, not {asked:?}") };
        assert_eq!(read.unwritten_task, shown, "{client:?}");
    }
}
