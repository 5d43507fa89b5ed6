//! Somebody who starts workflows of its own and has their runs deleted, open or closed, newest or not.

use abide_api::temporal::api::{
    common::v1::WorkflowType,
    enums::v1::WorkflowIdConflictPolicy,
    workflowservice::v1::{DeleteWorkflowExecutionRequest, StartWorkflowExecutionRequest},
};
use tokio::time::sleep;

use super::insist;
use crate::calls::{CALL, Client, Fate, NAMESPACE, call, execution, queue, text};
use crate::dice::Dice;
use crate::ledger::Deletion;
use crate::script::Input;
use crate::worker::describe_request;
use crate::world::World;

const NAME: &str = "deleter";
/// How many workflow ids it has. Nobody else asks anything of them.
const WORKFLOWS: u64 = 3;

/// Goes on for as long as there are clients.
pub(super) async fn live(world: World) {
    let (mut dice, mut client) = (world.dice(NAME), world.connect(NAME));
    loop {
        let pause = dice.millis(20, 2500);
        sleep(pause).await;
        let workflow_id = format!("gone-{}", dice.below(WORKFLOWS));
        match dice.below(3) {
            0 => start(&world, &mut dice, &client, &workflow_id).await,
            _ => delete(&world, &mut dice, &mut client, &workflow_id).await,
        }
    }
}

async fn start(world: &World, dice: &mut Dice, client: &Client, workflow_id: &str) {
    let tag = format!("{NAME}.{}", world.next_number());
    let request = StartWorkflowExecutionRequest {
        namespace: NAMESPACE.into(),
        workflow_id: workflow_id.into(),
        workflow_type: Some(WorkflowType { name: "Scripted".into() }),
        task_queue: queue(),
        input: text(&Input { number: dice.number(), depth: 0 }.text(&tag)),
        identity: NAME.into(),
        request_id: tag,
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::UseExisting as i32,
        ..StartWorkflowExecutionRequest::default()
    };
    let attempts = dice.between(1, 4);
    let fate = insist(attempts, dice, || {
        let (mut client, request) = (client.clone(), request.clone());
        async move { call(client.start_workflow_execution(request), CALL).await }
    });
    drop(fate.await);
}

async fn delete(world: &World, dice: &mut Dice, client: &mut Client, workflow_id: &str) {
    let described = call(client.describe_workflow_execution(describe_request(workflow_id, "")), CALL).await;
    let Fate::Acked(described) = described else { return };
    let execution_of = described.workflow_execution_info.and_then(|info| info.execution);
    let Some(run_id) = execution_of.map(|execution| execution.run_id) else { return };
    // It may have ended, and others may have begun, before it is deleted.
    let pause = dice.millis(0, 5000);
    sleep(pause).await;
    let number = {
        let mut book = world.ledger.book();
        let (workflow_id, run_id) = (workflow_id.to_owned(), run_id.clone());
        book.deletions.push(Deletion { workflow_id, run_id, is_acked: false });
        book.deletions.len() - 1
    };
    let request = DeleteWorkflowExecutionRequest {
        namespace: NAMESPACE.into(),
        workflow_execution: execution(workflow_id, &run_id),
    };
    let attempts = dice.between(1, 4);
    let fate = insist(attempts, dice, || {
        let (mut client, request) = (client.clone(), request.clone());
        async move { call(client.delete_workflow_execution(request), CALL).await }
    });
    let is_acked = matches!(fate.await, Fate::Acked(_));
    world.ledger.book().deletions[number].is_acked = is_acked;
    world.trace.line(NAME, format_args!("Delete {workflow_id} {run_id}: {is_acked}"));
}
