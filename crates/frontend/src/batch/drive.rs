//! Carries batches out, page by page: finds runs, does to each what is asked, and says how far it came. What a crash
//! interrupts goes on where the last page ended that is known to be done.

use std::collections::BTreeSet;
use std::time::Duration;

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::workflowservice::v1::StartBatchOperationRequest;
use abide_cluster::Error;
use abide_engine::batch::{Advance, Batch, Command, Then};
use abide_engine::namespace::{Namespace, State};
use abide_engine::run::Rejection;
use abide_model::{NamespaceId, limits};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::{Code, Status};

use super::operation::perform;
use super::query::{Runs, adjusted, failed};
use crate::Frontend;
use crate::status::Refusal;

/// A batch by its namespace and its id.
type Key = (NamespaceId, String);

/// Carries out all batches, those of before a restart as well, for as long as it is polled.
pub async fn drive(frontend: Frontend) {
    let mut under_way = BTreeSet::new();
    let mut batches: JoinSet<Key> = JoinSet::new();
    loop {
        for batch in frontend.batches.running() {
            let key = (batch.namespace(), batch.job_id().to_owned());
            if under_way.insert(key.clone()) {
                batches.spawn(carry_out(frontend.clone(), key));
            }
        }
        tokio::select! {
            biased;
            Some(ended) = batches.join_next() => match ended {
                Ok(key) => drop(under_way.remove(&key)),
                Err(error) => tracing::error!(%error, "a batch broke down; it goes on when the server is started anew"),
            },
            () = frontend.batches.begun() => {}
        }
    }
}

/// Carries out one batch until it has ended.
async fn carry_out(frontend: Frontend, key: Key) -> Key {
    let mut pace = Pace { next: Instant::now() };
    loop {
        match step(&frontend, &key, &mut pace).await {
            Ok(Then::More) => {}
            Ok(Then::End) => return key,
            Err(refusal) => {
                tracing::warn!(?refusal, job_id = key.1, "a batch cannot go on now");
                tokio::time::sleep(limits::BROKEN_RUN_PAUSE).await;
            }
        }
    }
}

/// Counts, or does one page.
async fn step(frontend: &Frontend, key: &Key, pace: &mut Pace) -> Result<Then, Refusal> {
    let batch = match frontend.batches.get(key.0, &key.1) {
        Ok(batch) if batch.is_running() => batch,
        Ok(_) | Err(Error::RunNotFound { .. }) => return Ok(Then::End),
        Err(error) => return Err(error.into()),
    };
    let namespace = match frontend.namespaces.by_id(key.0) {
        Ok(namespace) if namespace.state() != State::Deleted => namespace,
        Ok(_) | Err(Error::NamespaceNotFound(_)) => return stop(frontend, key, "its namespace is deleted").await,
        Err(error) => return Err(error.into()),
    };
    let settings = frontend.settings.own(&namespace.name).unwrap_or_else(|| frontend.settings.clone());
    let frontend = Frontend { settings, ..frontend.clone() };
    // By this name its namespace is known now.
    let request = batch.request.clone().unwrap_or_default();
    let request = StartBatchOperationRequest { namespace: namespace.name.clone(), ..request };
    let outcome = match batch.total {
        None => count(&frontend, &namespace, &request).await.map(Command::Count),
        Some(_) => page(&frontend, &namespace, &batch, &request, pace).await.map(Command::Advance),
    };
    match outcome {
        Ok(command) => ask(&frontend, key, command).await,
        // What cannot be found today cannot be found tomorrow: a search attribute is gone.
        Err(Refusal::Invalid(why)) => stop(&frontend, key, &why).await,
        Err(refusal) => Err(refusal),
    }
}

async fn ask(frontend: &Frontend, key: &Key, command: Command) -> Result<Then, Refusal> {
    match frontend.batches.ask(key.0, key.1.clone(), command).await {
        Ok(batch) if batch.is_running() => Ok(Then::More),
        Ok(_) | Err(Error::Rejected(Rejection::Closed) | Error::RunNotFound { .. }) => Ok(Then::End),
        Err(error) => Err(error.into()),
    }
}

async fn stop(frontend: &Frontend, key: &Key, why: &str) -> Result<Then, Refusal> {
    ask(frontend, key, Command::Stop { reason: why.to_owned(), identity: String::new() }).await
}

async fn count(
    frontend: &Frontend,
    namespace: &Namespace,
    request: &StartBatchOperationRequest,
) -> Result<i64, Refusal> {
    match adjusted(request) {
        Some(query) => Runs::count(&frontend.visibility, namespace, &query).await.map_err(failed),
        None => Ok(i64::try_from(named(request).len()).unwrap_or(i64::MAX)),
    }
}

/// The runs that a batch names.
#[expect(deprecated, reason = "clients still send lists of executions in the old field")]
fn named(request: &StartBatchOperationRequest) -> Vec<WorkflowExecution> {
    let targets = request
        .target_executions
        .iter()
        .map(|target| WorkflowExecution { workflow_id: target.business_id.clone(), run_id: target.run_id.clone() });
    request.executions.iter().cloned().chain(targets).collect()
}

/// Does one page.
async fn page(
    frontend: &Frontend,
    namespace: &Namespace,
    batch: &Batch,
    request: &StartBatchOperationRequest,
    pace: &mut Pace,
) -> Result<Advance, Refusal> {
    let size = page_size(interval(frontend.settings.batches.per_second, request.max_operations_per_second));
    let (runs, mut advance) = match adjusted(request) {
        Some(query) => {
            let found = Runs::page(&frontend.visibility, namespace, &query, size, &batch.page_token).await;
            let (runs, page_token) = found.map_err(failed)?;
            let then = if page_token.is_empty() { Then::End } else { Then::More };
            (runs, Advance { page_token, then, ..Advance::default() })
        }
        None => {
            let all = named(request);
            let begin = usize::try_from(batch.listed).unwrap_or(usize::MAX).min(all.len());
            let end = (begin + size).min(all.len());
            let then = if end == all.len() { Then::End } else { Then::More };
            (all[begin..end].to_vec(), Advance { listed: end as u64, then, ..Advance::default() })
        }
    };
    (advance.done, advance.failed) = turn(frontend, batch, request, runs, pace).await;
    Ok(advance)
}

/// Does to each of these runs what is asked, some at the same time: how many are done, and how many could not be.
async fn turn(
    frontend: &Frontend,
    batch: &Batch,
    request: &StartBatchOperationRequest,
    runs: Vec<WorkflowExecution>,
    pace: &mut Pace,
) -> (i64, i64) {
    let bounds = frontend.settings.batches;
    let interval = interval(bounds.per_second, request.max_operations_per_second);
    let (mut done, mut not_done) = (0, 0);
    let mut tally = |is_done: bool| if is_done { done += 1 } else { not_done += 1 };
    let mut under_way = JoinSet::new();
    for run in runs {
        while under_way.len() >= bounds.concurrency.max(1) {
            tally(under_way.join_next().await.is_some_and(|ended| ended.unwrap_or(false)));
        }
        pace.keep(interval).await;
        let goes_on = frontend.batches.get(batch.namespace(), batch.job_id()).is_ok_and(|batch| batch.is_running());
        if !goes_on {
            break;
        }
        under_way.spawn(do_to(frontend.clone(), request.clone(), run));
    }
    while let Some(ended) = under_way.join_next().await {
        tally(ended.unwrap_or(false));
    }
    (done, not_done)
}

/// Whether it could be done. A run that is gone needs nothing.
async fn do_to(frontend: Frontend, request: StartBatchOperationRequest, run: WorkflowExecution) -> bool {
    let mut pause = limits::OUTBOUND_RETRY_MIN;
    for attempt in 1..=limits::BATCH_ATTEMPTS_MAX {
        let Err(refusal) = perform(&frontend, &request, run.clone()).await else { return true };
        let status = Status::from(refusal);
        let passes = matches!(
            status.code(),
            Code::Unavailable | Code::ResourceExhausted | Code::Internal | Code::DeadlineExceeded
        );
        if status.code() == Code::NotFound {
            return true;
        }
        if !passes || attempt == limits::BATCH_ATTEMPTS_MAX {
            let (job_id, workflow_id) = (&request.job_id, &run.workflow_id);
            tracing::debug!(job_id, workflow_id, why = status.message(), "an operation of a batch failed");
            break;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(limits::OUTBOUND_RETRY_MAX);
    }
    false
}

/// The time between two operations.
fn interval(per_second: u32, asked: f32) -> Duration {
    let rate = match (f64::from(per_second), f64::from(asked)) {
        (set, asked) if asked > 0.0 && (set == 0.0 || asked < set) => asked,
        (set, _) => set,
    };
    if rate > 0.0 { Duration::try_from_secs_f64(1.0 / rate).unwrap_or(limits::DURATION_MAX) } else { Duration::ZERO }
}

/// So many that a slow batch says now and then how far it is.
fn page_size(interval: Duration) -> usize {
    let in_time = limits::BATCH_PAGE_TIME.as_nanos() / interval.as_nanos().max(1);
    usize::try_from(in_time).unwrap_or(usize::MAX).clamp(1, limits::BATCH_PAGE_RUNS)
}

/// When the next operation may be.
struct Pace {
    next: Instant,
}

impl Pace {
    async fn keep(&mut self, interval: Duration) {
        tokio::time::sleep_until(self.next).await;
        self.next = Instant::now().checked_add(interval).unwrap_or(self.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_as_fast_as_it_may_be_and_never_faster() {
        let millis = |per_second, asked| interval(per_second, asked).as_millis();
        assert_eq!((millis(50, 0.0), millis(50, 10.0), millis(50, 100.0)), (20, 100, 20));
        assert_eq!((millis(0, 0.0), millis(0, 10.0), millis(50, -1.0)), (0, 100, 20));
    }

    #[test]
    fn a_slow_batch_has_short_pages() {
        let size = |per_second| page_size(interval(per_second, 0.0));
        assert_eq!((size(0), size(50), size(5), size(1)), (limits::BATCH_PAGE_RUNS, 100, 10, 2));
        assert_eq!(page_size(Duration::from_secs(60)), 1);
    }
}
