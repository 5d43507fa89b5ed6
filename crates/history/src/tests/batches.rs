//! The registry of batches: what it remembers over a restart, and what it forgets.

use abide_api::temporal::api::workflowservice::v1::StartBatchOperationRequest;
use abide_cluster::Error;
use abide_engine::batch::{Advance, Command, Start};
use abide_engine::run::Rejection;
use abide_model::{NamespaceId, limits};
use abide_store::Space;
use uuid::Uuid;

use super::world::*;

const SEVEN: NamespaceId = NamespaceId(Uuid::from_u128(7));

fn batch(job_id: &str) -> Start {
    let request = StartBatchOperationRequest { job_id: job_id.into(), ..StartBatchOperationRequest::default() };
    Start { namespace: SEVEN, request, identity: "me".into() }
}

fn stop() -> Command {
    Command::Stop { reason: "enough".into(), identity: "me".into() }
}

#[tokio::test]
async fn a_batch_is_as_far_after_a_restart_as_it_was_before() {
    let world = World::new().await;
    let batches = world.history.batches();
    soon(batches.start(batch("one"), 1)).await.unwrap();
    assert_eq!(soon(batches.start(batch("two"), 1)).await, Err(Error::TooManyBatches));
    assert!(matches!(soon(batches.start(batch("one"), 2)).await, Err(Error::AlreadyStarted { .. })));
    let advance = Advance { done: 3, failed: 1, page_token: "token".into(), ..Advance::default() };
    soon(batches.ask(SEVEN, "one".into(), Command::Advance(advance))).await.unwrap();
    let world = world.reopened().await;
    let batches = world.history.batches();
    let running = batches.running();
    assert_eq!((running.len(), running[0].done, running[0].failed), (1, 3, 1));
    assert_eq!(running[0].page_token, "token");
    soon(batches.ask(SEVEN, "one".into(), stop())).await.unwrap();
    let late = soon(batches.ask(SEVEN, "one".into(), stop())).await;
    assert_eq!(late, Err(Error::Rejected(Rejection::Closed)));
    assert!(batches.running().is_empty() && !batches.get(SEVEN, "one").unwrap().is_running());
}

#[tokio::test]
async fn of_ended_batches_only_so_many_are_remembered() {
    let world = World::new().await;
    let batches = world.history.batches();
    for n in 0..limits::BATCHES_ENDED_MAX + 5 {
        let job_id = format!("job{n}");
        soon(batches.start(batch(&job_id), 1)).await.unwrap();
        soon(batches.ask(SEVEN, job_id, stop())).await.unwrap();
        world.clock.advance(std::time::Duration::from_secs(1));
    }
    let listed = batches.list(SEVEN);
    assert!(listed.len() <= limits::BATCHES_ENDED_MAX + 1, "{}", listed.len());
    assert!(matches!(batches.get(SEVEN, "job0"), Err(Error::RunNotFound { .. })));
    let rows = world.rows(Space::Meta).await.into_iter().filter(|row| row.key[0] == b'b').count();
    assert_eq!(rows, listed.len(), "what is forgotten has no row");
}
