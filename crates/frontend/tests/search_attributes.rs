//! What runs are told of their search attributes.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::temporal::api::{
    common::v1::{Payload, SearchAttributes, WorkflowType},
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{StartWorkflowExecutionRequest, workflow_service_server::WorkflowService},
};
use fakes::{Asked, World};
use tonic::Request;

fn json(text: &str, kind: Option<&str>) -> Payload {
    let kind = kind.map(|kind| ("type".to_owned(), kind.to_owned().into()));
    let encoding = ("encoding".to_owned(), "json/plain".into());
    Payload {
        metadata: std::iter::once(encoding).chain(kind).collect(),
        data: text.to_owned().into(),
        ..Payload::default()
    }
}

/// What a run is told that was started with these.
async fn told(given: Vec<(&str, Payload)>) -> Vec<(String, Payload)> {
    let world = World::new();
    let fields = given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let request = StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType { name: "T".into() }),
        task_queue: Some(TaskQueue { name: "q".into(), ..TaskQueue::default() }),
        search_attributes: Some(SearchAttributes { indexed_fields: fields }),
        ..Default::default()
    };
    world.frontend.start_workflow_execution(Request::new(request)).await.expect("starts");
    let asked = world.history.take_asked();
    let [Asked::Start(asked)] = asked.as_slice() else { panic!("one start, not {asked:?}") };
    let attributes = asked.start.attributes.search_attributes.clone();
    attributes.unwrap_or_default().indexed_fields.into_iter().collect()
}

#[tokio::test]
async fn every_value_says_its_type_also_when_the_client_did_not() {
    let given = vec![("Color", json("\"red\"", Some("Keyword"))), ("Size", json("3", None))];
    let shown = [("Color", json("\"red\"", Some("Keyword"))), ("Size", json("3", Some("Int")))];
    assert_eq!(told(given).await, shown.map(|(name, value)| (name.to_owned(), value)));
}

#[tokio::test]
async fn a_list_of_nothing_is_no_value_of_any_type() {
    assert_eq!(told(vec![("Color", json("[]", None)), ("Size", json("null", None))]).await, []);
}
