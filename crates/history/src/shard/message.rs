//! What a shard can be asked and what it hears from its own errands: one closed enum, one mailbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;
use abide_cluster::Error;
use abide_cluster::history::{
    CompleteWorkflowTask, Query, QueryAnswer, ReadHistory, ResetRequest, RunReference, StartRequest, Started,
    StartedTask, WorkflowTaskCompleted,
};
use abide_engine::run::{self, Command, Effect, Outbound, Outcome, Poller, Step, TaskId};
use abide_model::{Partition, RunId, RunKey, WorkflowKey};
use abide_store::key::{CurrentRecord, RetentionKey, TimerKey};
use abide_store::{CommitError, Fence};
use tokio::sync::oneshot;

use crate::load::Loaded;
use crate::read::Reading;
use crate::reset::Material;
use crate::update::Caller;

/// Where an answer goes. Dropped without one, the asker is told that the shard is gone.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, Error>>;

/// What a shard hears.
pub(crate) enum Message {
    /// Start a run, or find the one that stands for it.
    Start(StartAsked),
    /// Something about one run.
    Run(Request),
    /// Two messages with nothing between them: what the first begins, the second finds as it began.
    InOrder(Box<[Message; 2]>),
    /// Delete a closed run.
    Purge(Purge),
    /// A current pointer was read.
    LookedUp {
        /// Whose.
        workflow: WorkflowKey,
        /// What stands there.
        found: Result<Option<CurrentRecord>, abide_store::Error>,
    },
    /// A run was read.
    Loaded {
        /// Which.
        run_id: RunId,
        /// The run; none when there is no such run.
        loaded: Result<Option<Box<Loaded>>, abide_store::Error>,
    },
    /// Timer rows that were read.
    Recovered(Vec<(TimerKey, Partition)>),
    /// These were all; when the first one behind them is due: milliseconds.
    TimersPaged(Option<u64>),
    /// What had to wait until it is known what is stored.
    OnceKnown(Box<dyn FnOnce() + Send>),
    /// A commit failed, and every commit that was under way has ended.
    CommitFailed(CommitError),
    /// After that: the new fence.
    Reacquired(Result<Fence, abide_store::Error>),
    /// Stop.
    Close(oneshot::Sender<()>),
}

/// A closed run that is to be deleted.
pub(crate) struct Purge {
    pub(crate) run: RunKey,
    /// The row that says so.
    pub(crate) row: RetentionKey,
    pub(crate) answer: Answer<()>,
}

/// A start and who waits for it.
pub(crate) struct StartAsked {
    pub(crate) request: Box<StartRequest>,
    pub(crate) answer: Answer<Started>,
    pub(crate) permit: Permit,
}

/// Something about one run.
pub(crate) struct Request {
    pub(crate) to: Address,
    pub(crate) ask: Ask,
    /// The shard's own requests have none.
    pub(crate) permit: Option<Permit>,
}

/// Which run.
pub(crate) enum Address {
    /// As a caller names it.
    Reference(RunReference),
    /// By its id alone.
    Id(Partition, RunId),
}

/// What is asked of a run.
pub(crate) enum Ask {
    Execute(Command, Answer<(RunId, run::Reply)>),
    Complete(Box<CompleteWorkflowTask>, Answer<WorkflowTaskCompleted>),
    StartTask(TaskId, Poller, Answer<StartedTask>),
    /// Make a new run of this one.
    PrepareReset(Box<ResetRequest>, Answer<RunId>),
    /// What that takes was read; asked of the newest run.
    Reset(Box<Material>, Answer<RunId>),
    Query(Box<Query>, Answer<QueryAnswer>),
    Update(Box<abide_api::temporal::api::update::v1::Request>, Caller),
    PollUpdate(String, Caller),
    Describe(Answer<Box<DescribeWorkflowExecutionResponse>>),
    /// Delete the run, open or not.
    Delete(Answer<()>),
    Read(ReadHistory, Answer<Reading>),
    /// A started task did not reach its worker.
    Return(TaskId),
    /// This timer row is due.
    Fire(TimerKey),
    /// The sticky worker did not answer a query.
    Unstick,
    /// What is to be done next about something that is owed, perhaps with what came of the step before.
    Outbound(Outbound, Option<(Step, Outcome)>, Answer<Option<Box<Effect>>>),
}

impl Message {
    /// Tells whoever waits that it will not be.
    pub(crate) fn fail(self, error: Error) {
        match self {
            Message::Start(start) => drop(start.answer.send(Err(error))),
            Message::Run(request) => request.ask.fail(error),
            Message::InOrder(messages) => messages.into_iter().for_each(|message| message.fail(error.clone())),
            Message::Purge(purge) => drop(purge.answer.send(Err(error))),
            Message::Close(done) => {
                // Nobody may wait any more.
                let _ = done.send(());
            }
            Message::LookedUp { .. } | Message::Loaded { .. } | Message::Recovered(_) => {}
            Message::TimersPaged(_) | Message::OnceKnown(_) => {}
            Message::CommitFailed(_) | Message::Reacquired(_) => {}
        }
    }
}

impl Ask {
    /// Tells whoever waits that it will not be.
    pub(crate) fn fail(self, error: Error) {
        match self {
            Ask::Execute(_, answer) => drop(answer.send(Err(error))),
            Ask::Complete(_, answer) => drop(answer.send(Err(error))),
            Ask::StartTask(_, _, answer) => drop(answer.send(Err(error))),
            Ask::PrepareReset(_, answer) | Ask::Reset(_, answer) => drop(answer.send(Err(error))),
            Ask::Query(_, answer) => drop(answer.send(Err(error))),
            Ask::Update(_, caller) | Ask::PollUpdate(_, caller) => drop(caller.answer.send(Err(error))),
            Ask::Describe(answer) => drop(answer.send(Err(error))),
            Ask::Delete(answer) => drop(answer.send(Err(error))),
            Ask::Read(_, answer) => drop(answer.send(Err(error))),
            Ask::Outbound(_, _, answer) => drop(answer.send(Err(error))),
            Ask::Return(_) | Ask::Fire(_) | Ask::Unstick => {}
        }
    }
}

/// A place among the requests that wait for a shard, given back when the request was handled.
pub(crate) struct Permit(Arc<AtomicUsize>);

impl Permit {
    /// Takes a place, if fewer than `max` are taken.
    pub(crate) fn take(taken: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        if taken.fetch_add(1, Ordering::Relaxed) >= max {
            taken.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Self(Arc::clone(taken)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
