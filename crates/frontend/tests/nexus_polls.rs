//! Polls for Nexus operations, of which there are none yet.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::temporal::api::{
    taskqueue::v1::TaskQueue,
    workflowservice::v1::{
        PollNexusTaskQueueRequest, PollNexusTaskQueueResponse, workflow_service_server::WorkflowService,
    },
};
use abide_cluster::matching::QueueKind;
use fakes::{World, shown, within};
use tonic::Request;

fn poll() -> PollNexusTaskQueueRequest {
    PollNexusTaskQueueRequest {
        namespace: "default".into(),
        task_queue: Some(TaskQueue { name: "q".into(), ..TaskQueue::default() }),
        worker_instance_key: "process".into(),
        ..Default::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_for_nexus_operations_waits_like_any_other_and_is_answered_empty() {
    let world = World::new();
    let response = world.frontend.poll_nexus_task_queue(within(10, poll())).await.expect("nothing is no error");
    assert_eq!(response.into_inner(), PollNexusTaskQueueResponse::default());
    let polls = world.matching.polls.lock().unwrap();
    assert_eq!(polls[0].queue.kind, QueueKind::Nexus);
    assert_eq!(polls[0].wait, std::time::Duration::from_secs(9));
    assert_eq!(polls[0].worker_instance_key, "process", "a worker that leaves gets it back");
}

#[tokio::test]
async fn a_poll_for_nexus_operations_that_cannot_be_is_refused() {
    let world = World::new();
    let outcome = world.frontend.poll_nexus_task_queue(Request::new(poll())).await;
    assert_eq!(shown(outcome), "InvalidArgument: Context timeout is not set.");
    let nowhere = PollNexusTaskQueueRequest { task_queue: None, ..poll() };
    let outcome = world.frontend.poll_nexus_task_queue(within(10, nowhere)).await;
    assert_eq!(shown(outcome), "InvalidArgument: taskQueue is not set");
    let unknown = PollNexusTaskQueueRequest { namespace: "nope".into(), ..poll() };
    let outcome = world.frontend.poll_nexus_task_queue(within(10, unknown)).await;
    assert_eq!(shown(outcome), "NotFound: Namespace nope is not found. [NamespaceNotFoundFailure]");
}
