//! Queries, by every way that they can go.

use std::time::Duration;

use abide_api::temporal::api::enums::v1::{QueryRejectCondition, QueryResultType};
use abide_api::temporal::api::query::v1::{WorkflowQuery, WorkflowQueryResult};
use abide_cluster::history::{Query, QueryAnswer, QueryOutcome};
use abide_cluster::{Error, History};
use abide_engine::run::QueueName;
use abide_model::RunKey;
use tokio::task::JoinHandle;

use super::world::*;

fn query(timeout: Duration) -> Query {
    let query = WorkflowQuery { query_type: "state".into(), ..WorkflowQuery::default() };
    Query { query, reject: QueryRejectCondition::None, timeout }
}

fn ask(world: &World, run: &RunKey) -> JoinHandle<Result<QueryAnswer, Error>> {
    let (history, run) = (world.history.clone(), reference(run));
    tokio::spawn(async move { history.query(run, query(Duration::from_secs(60))).await })
}

/// Lets the shard see everything that was asked before.
async fn settled(world: &World, run: &RunKey) {
    tokio::task::yield_now().await;
    let _ = soon(world.history.describe(reference(run))).await;
}

#[tokio::test]
async fn a_query_that_cannot_wait_for_the_first_task_is_refused_at_once() {
    let world = World::new().await;
    let mut request = start_request("a", "");
    let delay = abide_engine::convert::to_proto_duration(Duration::from_secs(30));
    request.start.attributes.first_workflow_task_backoff = Some(delay);
    let run = request.start.key.clone();
    assert!(started(soon(world.history.start(request)).await));
    let refused = soon(world.history.query(reference(&run), query(Duration::from_secs(10)))).await;
    assert_eq!(refused, Err(Error::QueryNotReady("Workflow task is not scheduled yet.".into())));
    let asked = ask(&world, &run);
    settled(&world, &run).await;
    assert!(!asked.is_finished(), "one that outlasts the delay waits");
}

#[tokio::test]
async fn a_query_rides_with_the_next_workflow_task() {
    let world = World::new().await;
    let run = world.start("a").await;
    let first = world.next_workflow_task().await;
    world.complete_with(&first, Vec::new()).await;
    world.signal(&run, "s").await.unwrap();
    let asked = ask(&world, &run);
    settled(&world, &run).await;
    let task = world.next_workflow_task().await;
    let (id, carried) = task.queries.iter().next().expect("the query is attached");
    assert_eq!(carried.query_type, "state");
    let result =
        WorkflowQueryResult { result_type: QueryResultType::Answered.into(), ..WorkflowQueryResult::default() };
    let completed = world.complete(&task, |completion| {
        completion.query_results.insert(id.clone(), result);
    });
    completed.await.unwrap();
    assert_eq!(soon(asked).await.unwrap().unwrap(), QueryAnswer::Result(None));
}

#[tokio::test]
async fn a_query_that_its_task_left_unanswered_goes_to_a_worker_directly() {
    let world = World::new().await;
    let run = world.start("a").await;
    let asked = ask(&world, &run);
    settled(&world, &run).await;
    let first = world.next_workflow_task().await;
    assert!(first.queries.is_empty(), "a query waits until a first task has completed");
    world.complete_with(&first, Vec::new()).await;
    let direct = world.matching.asked().await;
    assert_eq!(direct.task.workflow_type, "order");
    assert_eq!((direct.task.task_queue.as_str(), direct.queue.queue.name.as_str()), ("queue", "queue"));
    assert_eq!((direct.task.history.len(), direct.task.previous_started_event_id), (4, 3));
    direct.answer.send(Ok(QueryOutcome::Answered(None))).unwrap();
    assert_eq!(soon(asked).await.unwrap().unwrap(), QueryAnswer::Result(None));
}

#[tokio::test]
async fn a_query_survives_the_failure_of_the_task_that_carries_it() {
    let world = World::new().await;
    let run = world.start("a").await;
    let first = world.next_workflow_task().await;
    world.complete_with(&first, Vec::new()).await;
    world.signal(&run, "s").await.unwrap();
    let asked = ask(&world, &run);
    settled(&world, &run).await;
    assert_eq!(world.next_workflow_task().await.queries.len(), 1);
    world.clock.advance(Duration::from_secs(11));
    settled(&world, &run).await;
    let again = world.next_workflow_task().await;
    assert_eq!(again.queries.len(), 1);
    world.complete_with(&again, vec![complete_workflow()]).await;
    let direct = world.matching.asked().await;
    direct.answer.send(Ok(QueryOutcome::Failed { message: "no such query".into(), failure: None })).unwrap();
    let failed = soon(asked).await.unwrap();
    assert_eq!(failed, Err(Error::QueryFailed { message: "no such query".into(), failure: None }));
}

#[tokio::test]
async fn a_query_goes_to_the_sticky_worker_first_and_to_any_other_then() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.matching.seen_at("sticky");
    let sticky = QueueName { name: "sticky".into(), normal_name: "queue".into() };
    let completed = world.complete(&task, |completion| {
        completion.completion.sticky = Some((sticky, Duration::from_secs(5)));
    });
    completed.await.unwrap();
    let asked = ask(&world, &run);
    let direct = world.matching.asked().await;
    assert_eq!(direct.queue.queue.name, "sticky");
    assert!(direct.task.history.is_empty());
    direct.answer.send(Err(Error::QueryTimedOut("no answer".into()))).unwrap();
    let direct = world.matching.asked().await;
    assert_eq!((direct.queue.queue.name.as_str(), direct.task.history.len()), ("queue", 4));
    direct.answer.send(Ok(QueryOutcome::Answered(None))).unwrap();
    soon(asked).await.unwrap().unwrap();
    world.signal(&run, "s").await.unwrap();
    assert_eq!(world.matching.offered().await.queue.queue.name, "queue", "the silent worker is not waited for again");
}

#[tokio::test]
async fn queries_are_refused_by_condition_and_by_state() {
    let world = World::new().await;
    let run = world.start("a").await;
    let task = world.next_workflow_task().await;
    world.complete_with(&task, vec![complete_workflow()]).await;
    let mut refused = query(Duration::from_secs(60));
    refused.reject = QueryRejectCondition::NotOpen;
    let answer = soon(world.history.query(reference(&run), refused)).await.unwrap();
    assert!(matches!(answer, QueryAnswer::Rejected(_)), "{answer:?}");

    let run = world.start("b").await;
    let terminate = abide_engine::run::Terminate { reason: "r".into(), details: None, requester: requester("") };
    soon(world.history.execute(reference(&run), abide_engine::run::Command::Terminate(terminate))).await.unwrap();
    let answer = soon(world.history.query(reference(&run), query(Duration::from_secs(60)))).await;
    assert_eq!(answer, Err(Error::QueryNotReady("Workflow execution closed before WorkflowTaskStarted event".into())));
}

#[tokio::test]
async fn a_query_that_nobody_answers_times_out() {
    let world = World::new().await;
    let run = world.start("a").await;
    let answer = soon(world.history.query(reference(&run), query(Duration::from_millis(1)))).await;
    assert_eq!(answer, Err(Error::QueryTimedOut("query timed out before a worker could process it".into())));
}
