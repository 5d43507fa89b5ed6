//! PollWorkflowTaskQueue, PollActivityTaskQueue and PollNexusTaskQueue. A poll takes tasks from its queue until one of
//! them can still be started. Dropped at any moment (the client hung up), it gives back what it holds.

use abide_api::temporal::api::{
    taskqueue::v1::{PollerScalingDecision, TaskQueue},
    workflowservice::v1::{
        PollActivityTaskQueueRequest, PollActivityTaskQueueResponse, PollNexusTaskQueueRequest,
        PollNexusTaskQueueResponse, PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
    },
};
use abide_cluster::history::{StartedTask, is_stale};
use abide_cluster::matching::{Poll, PollEnd, Polled, QueryTask, QueueKey, QueueKind, WorkerVersion};
use abide_engine::namespace::Namespace;
use abide_engine::run::Poller;
use abide_model::{NamespaceId, fresh, limits};
use tokio::time::Instant;

use crate::Frontend;
use crate::call::Call;
use crate::convert::activity_task::activity_task;
use crate::convert::workflow_task::{query_task, workflow_task};
use crate::parse;
use crate::status::Refusal;

/// Waits for a workflow task or a query. Without one in time, the response is empty, down to the last field: SDKs take
/// one that has so much as a hint for a task that they cannot read.
pub async fn workflow_task_queue(
    frontend: &Frontend,
    call: &Call,
    request: PollWorkflowTaskQueueRequest,
) -> Result<PollWorkflowTaskQueueResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    #[expect(deprecated, reason = "old workers name their program by a checksum")]
    check_binary(&namespace, &request.binary_checksum)?;
    let asked = Asked {
        identity: request.identity,
        task_queue: request.task_queue,
        #[allow(deprecated)]
        version: WorkerVersion {
            capabilities: request.worker_version_capabilities,
            deployment: request.deployment_options,
        },
        worker_instance_key: request.worker_instance_key,
    };
    let poll = asked.poll(frontend, call, namespace.id(), QueueKind::Workflow)?;
    let (next, more_pollers) = next(frontend, poll).await?;
    let response = match next {
        Next::Nothing => return Ok(PollWorkflowTaskQueueResponse::default()),
        Next::Task(StartedTask::Workflow(task), backlog) => workflow_task(*task, backlog),
        Next::Query(task) => query_task(*task),
        Next::Task(StartedTask::Activity(_), _) => {
            return Err(Refusal::bug("an activity came by a queue of workflow tasks"));
        }
    };
    Ok(PollWorkflowTaskQueueResponse { poller_scaling_decision: scaling(more_pollers), ..response })
}

/// Waits for an activity. Without one in time, the response is empty.
pub async fn activity_task_queue(
    frontend: &Frontend,
    call: &Call,
    request: PollActivityTaskQueueRequest,
) -> Result<PollActivityTaskQueueResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let asked = Asked {
        identity: request.identity,
        task_queue: request.task_queue,
        #[allow(deprecated)]
        version: WorkerVersion {
            capabilities: request.worker_version_capabilities,
            deployment: request.deployment_options,
        },
        worker_instance_key: request.worker_instance_key,
    };
    let poll = asked.poll(frontend, call, namespace.id(), QueueKind::Activity)?;
    let poll = Poll { rate: request.task_queue_metadata.and_then(|metadata| metadata.max_tasks_per_second), ..poll };
    let (next, more_pollers) = next(frontend, poll).await?;
    let response = match next {
        Next::Nothing => return Ok(PollActivityTaskQueueResponse::default()),
        Next::Task(StartedTask::Activity(task), _) => activity_task(&namespace, *task),
        Next::Task(StartedTask::Workflow(_), _) | Next::Query(_) => {
            return Err(Refusal::bug("a workflow task came by a queue of activities"));
        }
    };
    Ok(PollActivityTaskQueueResponse { poller_scaling_decision: scaling(more_pollers), ..response })
}

/// Waits for a Nexus operation. There are none yet, so every response is empty, when the time is up or the worker leaves:
/// a worker that serves other tasks as well takes an error for a reason to stop.
pub async fn nexus_task_queue(
    frontend: &Frontend,
    call: &Call,
    request: PollNexusTaskQueueRequest,
) -> Result<PollNexusTaskQueueResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let asked = Asked {
        identity: request.identity,
        task_queue: request.task_queue,
        #[allow(deprecated)]
        version: WorkerVersion {
            capabilities: request.worker_version_capabilities,
            deployment: request.deployment_options,
        },
        worker_instance_key: request.worker_instance_key,
    };
    let poll = asked.poll(frontend, call, namespace.id(), QueueKind::Nexus)?;
    match next(frontend, poll).await? {
        (Next::Nothing, _) => Ok(PollNexusTaskQueueResponse::default()),
        (Next::Task(..) | Next::Query(_), _) => Err(Refusal::bug("a task came by a queue of Nexus operations")),
    }
}

/// A program that the namespace calls bad gets no work.
fn check_binary(namespace: &Namespace, checksum: &str) -> Result<(), Refusal> {
    if namespace.bad_binaries.contains_key(checksum) {
        return Err(Refusal::Invalid(format!("Binary {checksum} already marked as bad deployment.").into()));
    }
    Ok(())
}

/// What every poll says.
struct Asked {
    identity: String,
    task_queue: Option<TaskQueue>,
    version: WorkerVersion,
    worker_instance_key: String,
}

impl Asked {
    fn poll(self, frontend: &Frontend, call: &Call, namespace: NamespaceId, kind: QueueKind) -> Result<Poll, Refusal> {
        parse::identity(&self.identity, frontend.limits())?;
        let WorkerVersion { capabilities, deployment } = &self.version;
        let build_id = parse::worker::build_id(deployment.as_ref(), capabilities.as_ref())?;
        let queue = parse::queue::name(self.task_queue, frontend.limits())?;
        let wait = frontend.settings.waits.poll_of(&queue.name);
        Ok(Poll {
            version: self.version,
            queue: QueueKey { namespace, kind, queue },
            poller: Poller { identity: self.identity, request_id: fresh::uuid().to_string(), build_id },
            wait: call.wait(wait, limits::POLL_DEADLINE_MARGIN),
            rate: None,
            worker_instance_key: self.worker_instance_key,
        })
    }
}

/// What a poll ends with.
enum Next {
    Nothing,
    /// With about how many more wait.
    Task(StartedTask, i64),
    Query(Box<QueryTask>),
}

/// Whether the worker should have more pollers; nothing when it is well as it is.
fn scaling(more_pollers: i32) -> Option<PollerScalingDecision> {
    (more_pollers != 0).then_some(PollerScalingDecision { poll_request_delta_suggestion: more_pollers })
}

/// What the poll ends with, and how many more pollers the worker should have.
async fn next(frontend: &Frontend, mut poll: Poll) -> Result<(Next, i32), Refusal> {
    let until = Instant::now() + poll.wait;
    loop {
        poll.wait = until.saturating_duration_since(Instant::now());
        let PollEnd { polled, more_pollers } = frontend.matching.poll(poll.clone()).await?;
        let lease = match polled {
            Polled::Empty => return Ok((Next::Nothing, more_pollers)),
            Polled::Started(task) => return Ok((Next::Task(task, 0), more_pollers)),
            Polled::Query(task) => return Ok((Next::Query(task), more_pollers)),
            Polled::Task(lease) => lease,
        };
        let task = lease.task.clone();
        match frontend.history.start_task(task.run, task.task, poll.poller.clone()).await {
            Ok(started) => {
                let backlog = lease.backlog;
                lease.done();
                return Ok((Next::Task(started, backlog), more_pollers));
            }
            Err(error) if is_stale(&error) => lease.done(),
            // The lease is dropped, so that the task waits for the next poll.
            Err(error) => return Err(error.into()),
        }
    }
}
