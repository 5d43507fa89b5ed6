//! Queries: questions that change nothing and are stored nowhere. Those that must see what is under way wait beside the
//! run for its next workflow task; the others go to a worker directly. Which it is, the run says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::enums::v1::{QueryRejectCondition, QueryResultType, WorkflowExecutionStatus};
use abide_api::temporal::api::query::v1::{WorkflowQuery, WorkflowQueryResult};
use abide_cluster::Error;
use abide_cluster::history::{Query, QueryAnswer, QueryOutcome};
use abide_cluster::matching::{QueryTask, QueueKey};
use abide_engine::run::{QueryRoute, QueueName, Subject};
use abide_model::{RunKey, fresh, limits};
use tokio::time::Instant;

use crate::cache::Entry;
use crate::dispatch::queue_key;
use crate::read::{Page, Stretch};
use crate::shard::{Address, Answer, Ask, Desk, Message, Release, Request, Seams, answering};

/// What is told when no worker answered in time.
pub(crate) const TIMED_OUT: &str = "query timed out before a worker could process it";

/// A query and who waits for its answer.
pub(crate) struct Waiting {
    query: WorkflowQuery,
    until: Instant,
    answer: Answer<QueryAnswer>,
}

/// The queries that wait beside a run.
#[derive(Default)]
pub(crate) struct Queries {
    /// For the next workflow task.
    waiting: Vec<Waiting>,
    /// With the started one, by the ids that its worker was given.
    attached: BTreeMap<String, Waiting>,
    ids: u64,
}

impl Queries {
    /// Whether anybody still waits.
    pub(crate) fn is_awaited(&mut self) -> bool {
        self.waiting.retain(|waiting| !waiting.answer.is_closed());
        self.attached.retain(|_, waiting| !waiting.answer.is_closed());
        !self.waiting.is_empty() || !self.attached.is_empty()
    }

    /// Tells everyone that there will be no answer.
    pub(crate) fn fail(self, error: &Error) {
        for waiting in self.waiting.into_iter().chain(self.attached.into_values()) {
            drop(waiting.answer.send(Err(error.clone())));
        }
    }
}

impl Entry {
    /// A workflow task starts: what it takes along.
    pub(crate) fn attach_queries(&mut self) -> BTreeMap<String, WorkflowQuery> {
        let Some(queries) = &mut self.queries else { return BTreeMap::new() };
        if !matches!(self.run.query_route(), QueryRoute::WithNextTask) {
            return BTreeMap::new();
        }
        for waiting in std::mem::take(&mut queries.waiting) {
            queries.ids += 1;
            queries.attached.insert(queries.ids.to_string(), waiting);
        }
        queries.attached.iter().map(|(id, waiting)| (id.clone(), waiting.query.clone())).collect()
    }

    /// The started workflow task has ended without answers: its queries wait again.
    pub(crate) fn detach_queries(&mut self) {
        if let Some(queries) = &mut self.queries {
            let attached = std::mem::take(&mut queries.attached).into_values();
            queries.waiting.splice(0..0, attached);
        }
    }

    /// A workflow task was completed: who gets an answer, once that is durable. The others wait again.
    pub(crate) fn answer_queries(
        &mut self,
        results: BTreeMap<String, WorkflowQueryResult>,
        releases: &mut Vec<Release>,
    ) {
        let Some(queries) = &mut self.queries else { return };
        for (id, result) in results {
            if let Some(waiting) = queries.attached.remove(&id) {
                releases.push(answering(waiting.answer, answer_of(result)));
            }
        }
        self.detach_queries();
    }
}

impl Desk {
    /// Somebody asks the workflow.
    pub(crate) fn query(&mut self, entry: &mut Entry, query: Query, answer: Answer<QueryAnswer>) {
        let status = entry.run.status();
        if is_refused(query.reject, status) {
            return self.outbox.attach(entry.told, answering(answer, Ok(QueryAnswer::Rejected(status))));
        }
        if entry.run.is_open() && entry.run.first_task_at().is_some_and(|at| at > self.now().after(query.timeout)) {
            let error = Error::QueryNotReady("Workflow task is not scheduled yet.".into());
            return self.outbox.attach(entry.told, answering(answer, Err(error)));
        }
        let waiting = Waiting { query: query.query, until: Instant::now() + query.timeout, answer };
        match entry.run.query_route() {
            QueryRoute::NotReady(why) => {
                self.outbox.attach(entry.told, answering(waiting.answer, Err(Error::QueryNotReady(why))));
            }
            QueryRoute::AfterFirstTask | QueryRoute::WithNextTask => self.wait_for_task(entry, waiting),
            QueryRoute::Direct { sticky, normal } => {
                let release = self.ask_worker(entry, waiting, sticky, normal);
                self.outbox.attach(entry.told, release);
            }
        }
    }

    /// After a transition: queries whose task will not come go another way.
    pub(crate) fn reroute_queries(&self, entry: &mut Entry, releases: &mut Vec<Release>) {
        let Some(queries) = &mut entry.queries else { return };
        let (sticky, normal) = match entry.run.query_route() {
            QueryRoute::AfterFirstTask | QueryRoute::WithNextTask => return,
            QueryRoute::NotReady(why) => {
                for waiting in std::mem::take(&mut queries.waiting) {
                    releases.push(answering(waiting.answer, Err(Error::QueryNotReady(why.clone()))));
                }
                return;
            }
            QueryRoute::Direct { sticky, normal } => (sticky, normal),
        };
        // No task is started, so nothing can be attached to one.
        let mut left = entry.queries.take().expect("just looked at");
        for waiting in left.waiting.drain(..).chain(std::mem::take(&mut left.attached).into_values()) {
            releases.push(self.ask_worker(entry, waiting, sticky.clone(), normal.clone()));
        }
    }

    fn wait_for_task(&mut self, entry: &mut Entry, waiting: Waiting) {
        let queries = entry.queries.get_or_insert_default();
        let buffered_max = self.seams.settings.limits_of(entry.run.namespace_name()).buffered_queries_max;
        let full = queries.waiting.len() + queries.attached.len() >= buffered_max;
        if full && queries.is_awaited() {
            return self.outbox.attach(entry.told, answering(waiting.answer, Err(Error::QueryBufferFull)));
        }
        queries.waiting.push(waiting);
    }

    /// Sends the query to a worker, once everything that the answer may depend on is durable.
    fn ask_worker(
        &self,
        entry: &Entry,
        waiting: Waiting,
        sticky: Option<(QueueName, Duration)>,
        normal: QueueName,
    ) -> Release {
        let last = entry.run.next_event_id() - 1;
        let limit = limits::HISTORY_PAGE_EVENTS_MAX;
        let direct = Direct {
            run: entry.key.clone(),
            workflow_type: entry.run.workflow_type().to_owned(),
            previous_started_event_id: entry.run.previous_started_event_id(),
            open: entry.run.is_open(),
            sticky: sticky.map(|(queue, wait)| (queue_key(&entry.key, Subject::WorkflowTask, queue), wait)),
            task_queue: normal.name.clone(),
            normal: queue_key(&entry.key, Subject::WorkflowTask, normal),
            stretch: Stretch { partition: entry.partition, run_id: entry.key.run_id, first: 1, last, limit },
        };
        let seams = self.seams.clone();
        Box::new(move |durable| match durable {
            Err(error) => drop(waiting.answer.send(Err(error))),
            Ok(()) => {
                let errand = seams.clone();
                seams.background.spawn("query", async move {
                    let answer = direct.ask(&errand, waiting.query, waiting.until).await;
                    drop(waiting.answer.send(answer));
                });
            }
        })
    }
}

/// A query on its way to a worker, with all that a worker must know of the run.
struct Direct {
    run: RunKey,
    workflow_type: String,
    previous_started_event_id: i64,
    open: bool,
    sticky: Option<(QueueKey, Duration)>,
    task_queue: String,
    normal: QueueKey,
    stretch: Stretch,
}

impl Direct {
    async fn ask(mut self, seams: &Arc<Seams>, query: WorkflowQuery, until: Instant) -> Result<QueryAnswer, Error> {
        if let Some((queue, wait)) = self.sticky.take()
            && seams.matching.has_recent_poller(&queue)
        {
            let wait = wait.min(until.saturating_duration_since(Instant::now()));
            let task = self.task(query.clone(), Page::default());
            match seams.matching.query(queue, task, wait).await {
                Ok(outcome) => return answer_from(outcome),
                Err(Error::QueryTimedOut(_) | Error::NoPoller(_)) => self.unstick(seams),
                Err(error) => return Err(error),
            }
        }
        let page = self.stretch.read(&*seams.store).await?;
        let wait = until.saturating_duration_since(Instant::now());
        let task = self.task(query, page);
        answer_from(seams.matching.query(self.normal, task, wait).await?)
    }

    fn task(&self, query: WorkflowQuery, page: Page) -> QueryTask {
        QueryTask {
            id: fresh::uuid(),
            run: self.run.clone(),
            workflow_type: self.workflow_type.clone(),
            task_queue: self.task_queue.clone(),
            previous_started_event_id: self.previous_started_event_id,
            next_event_id: page.next_event_id,
            history: page.into_history(),
            query,
        }
    }

    /// The worker that has the run cached does not answer, so the next workflow task need not wait for it either.
    fn unstick(&self, seams: &Seams) {
        if self.open {
            let to = Address::Id(self.stretch.partition, self.run.run_id);
            drop(seams.inbox.send(Message::Run(Request { to, ask: Ask::Unstick, permit: None })));
        }
    }
}

fn is_refused(reject: QueryRejectCondition, status: WorkflowExecutionStatus) -> bool {
    match reject {
        // Nothing of a paused run is offered to workers, queries included.
        _ if status == WorkflowExecutionStatus::Paused => true,
        QueryRejectCondition::Unspecified | QueryRejectCondition::None => false,
        QueryRejectCondition::NotOpen => status != WorkflowExecutionStatus::Running,
        QueryRejectCondition::NotCompletedCleanly => {
            !matches!(status, WorkflowExecutionStatus::Running | WorkflowExecutionStatus::Completed)
        }
    }
}

fn answer_from(outcome: QueryOutcome) -> Result<QueryAnswer, Error> {
    match outcome {
        QueryOutcome::Answered(result) => Ok(QueryAnswer::Result(result)),
        QueryOutcome::Failed { message, failure } => Err(Error::QueryFailed { message, failure }),
    }
}

fn answer_of(result: WorkflowQueryResult) -> Result<QueryAnswer, Error> {
    match result.result_type() {
        QueryResultType::Answered => Ok(QueryAnswer::Result(result.answer)),
        QueryResultType::Failed | QueryResultType::Unspecified => {
            Err(Error::QueryFailed { message: result.error_message, failure: result.failure.map(Box::new) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_continued_as_new_did_not_complete_cleanly() {
        use WorkflowExecutionStatus::{Completed, ContinuedAsNew, Failed, Running};
        let refused =
            |reject, statuses: [WorkflowExecutionStatus; 4]| statuses.map(|status| is_refused(reject, status));
        let statuses = [Running, Completed, ContinuedAsNew, Failed];
        assert_eq!(refused(QueryRejectCondition::None, statuses), [false; 4]);
        assert_eq!(refused(QueryRejectCondition::NotOpen, statuses), [false, true, true, true]);
        assert_eq!(refused(QueryRejectCondition::NotCompletedCleanly, statuses), [false, false, true, true]);
    }
}
