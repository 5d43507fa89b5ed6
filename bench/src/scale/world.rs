//! The owner of runs and the task queues over one file, and a worker that speaks to them directly.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{Command as WorkerCommand, ScheduleActivityTaskCommandAttributes, command::Attributes},
    common::v1::{ActivityType, Payload, Payloads, WorkflowType},
    enums::v1::{CommandType, WorkflowIdConflictPolicy, WorkflowIdReusePolicy},
    history::v1::WorkflowExecutionStartedEventAttributes,
    taskqueue::v1::TaskQueue,
};
use abide_cluster::history::{
    ActivityTask, CompleteWorkflowTask, RunReference, StartRequest, StartedTask, WorkflowTask,
};
use abide_cluster::matching::{Poll, Polled, QueueKey, QueueKind, WorkerVersion};
use abide_cluster::{History, Matching};
use abide_engine::run::{
    self, ActivityReference, Command, Poller, QueueName, Requester, Resolution, ResolveActivity, Signal, Start,
    Terminate,
};
use abide_history::{HistoryService, Options};
use abide_matching::TaskQueues;
use abide_model::settings::Limits;
use abide_model::{Clock, LiveSettings, NamespaceId, RunId, RunKey, Settings, SystemClock, WorkflowKey};
use abide_store::{SqliteStore, Store, sqlite};
use uuid::Uuid;

pub(super) struct World {
    pub(super) store: Arc<dyn Store>,
    matching: Arc<TaskQueues>,
    pub(super) history: HistoryService,
}

impl World {
    pub(super) async fn open(file: &Path) -> Self {
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(file, &sqlite::Options::default()).expect("the file can be opened"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let matching = Arc::new(TaskQueues::new(clock.clone()));
        let mut limits = Limits::default();
        limits.pending.activities_max = 0;
        let settings = Arc::new(LiveSettings::new(Settings { limits, ..Settings::default() }));
        let options = Options { shards: 2, settings, ..Options::default() };
        let history = HistoryService::open(store.clone(), clock, matching.clone(), options).await;
        Self { store, matching, history: history.expect("the store can be read") }
    }

    pub(super) async fn start(&self, workflow_id: &str) -> RunKey {
        let start = start(workflow_id);
        let key = start.key.clone();
        let request = StartRequest {
            start: Box::new(start),
            reuse: WorkflowIdReusePolicy::AllowDuplicate,
            conflict: WorkflowIdConflictPolicy::Fail,
            attach: None,
            signal: None,
        };
        self.history.start(request).await.expect("a start");
        key
    }

    pub(super) async fn signal(&self, run: &RunKey) {
        let signal = Signal {
            name: "more".into(),
            input: None,
            header: None,
            requester: Requester { request_id: Uuid::new_v4().to_string(), ..Requester::default() },
            ends_start_delay: false,
        };
        self.history.execute(reference(run), Command::Signal(Box::new(signal))).await.expect("a signal");
    }

    pub(super) async fn terminate(&self, run: &RunKey) {
        let terminate = Terminate { reason: String::new(), details: None, requester: Requester::default() };
        self.history.execute(reference(run), Command::Terminate(terminate)).await.expect("a termination");
    }

    pub(super) async fn workflow_task(&self) -> WorkflowTask {
        match self.poll(QueueKind::Workflow).await {
            StartedTask::Workflow(mut task) => {
                task.lost.delivered();
                *task
            }
            StartedTask::Activity(_) => panic!("an activity in a queue of workflow tasks"),
        }
    }

    pub(super) async fn activity(&self) -> ActivityTask {
        match self.poll(QueueKind::Activity).await {
            StartedTask::Activity(mut task) => {
                task.lost.delivered();
                *task
            }
            StartedTask::Workflow(_) => panic!("a workflow task in a queue of activities"),
        }
    }

    async fn poll(&self, kind: QueueKind) -> StartedTask {
        let queue = QueueKey { namespace: namespace(), kind, queue: QueueName::normal("queue") };
        let poller = Poller { identity: "worker".into(), request_id: Uuid::new_v4().to_string(), ..Poller::default() };
        loop {
            let poll = Poll {
                queue: queue.clone(),
                poller: poller.clone(),
                wait: Duration::from_secs(60),
                rate: None,
                worker_instance_key: String::new(),
                version: WorkerVersion::default(),
            };
            let lease = match self.matching.poll(poll).await.expect("a poll").polled {
                Polled::Started(task) => return task,
                Polled::Task(lease) => lease,
                Polled::Empty | Polled::Query(_) => panic!("no task came"),
            };
            let task = lease.task.clone();
            let started = self.history.start_task(task.run, task.task, poller.clone()).await;
            lease.done();
            match started {
                Ok(started) => return started,
                // Of a run that has ended meanwhile.
                Err(abide_cluster::Error::Rejected(_)) => {}
                Err(error) => panic!("a start: {error:?}"),
            }
        }
    }

    pub(super) async fn complete(&self, task: WorkflowTask, commands: Vec<WorkerCommand>) {
        let completion = run::CompleteWorkflowTask {
            token: task.started.token,
            identity: "worker".into(),
            commands,
            ..run::CompleteWorkflowTask::default()
        };
        let completion = CompleteWorkflowTask { completion: Box::new(completion), query_results: BTreeMap::new() };
        let completed = self.history.complete_workflow_task(task.run, completion).await.expect("a completion");
        assert!(completed.refused.is_none(), "{:?}", completed.refused);
    }

    pub(super) async fn resolve(&self, task: ActivityTask) {
        let resolve = ResolveActivity {
            activity: ActivityReference::Attempt {
                scheduled_event_id: task.started.scheduled_event_id,
                attempt: task.started.attempt,
            },
            resolution: Resolution::Completed(payloads()),
            identity: "worker".into(),
        };
        let command = Command::ResolveActivity(Box::new(resolve));
        self.history.execute(reference(&task.run), command).await.expect("a completion");
    }
}

pub(super) fn reference(run: &RunKey) -> RunReference {
    RunReference { workflow: run.workflow.clone(), run_id: Some(run.run_id), first_run_id: None }
}

pub(super) fn namespace() -> NamespaceId {
    NamespaceId(Uuid::from_u128(7))
}

pub(super) fn start(workflow_id: &str) -> Start {
    let workflow = WorkflowKey { namespace: namespace(), workflow_id: workflow_id.into() };
    let key = RunKey { workflow, run_id: RunId(Uuid::now_v7()) };
    Start {
        namespace_name: "default".into(),
        attributes: Box::new(WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType { name: "scale".into() }),
            task_queue: Some(TaskQueue { name: "queue".into(), ..TaskQueue::default() }),
            input: payloads(),
            first_execution_run_id: key.run_id.to_string(),
            attempt: 1,
            ..WorkflowExecutionStartedEventAttributes::default()
        }),
        requester: Requester { request_id: key.run_id.to_string(), ..Requester::default() },
        user_metadata: None,
        signal: None,
        eager: None,
        update: None,
        key,
    }
}

/// Commands that schedule so many activities more.
pub(super) fn schedule(number: &mut usize, count: usize) -> Vec<WorkerCommand> {
    let mut one = || {
        *number += 1;
        let attributes = ScheduleActivityTaskCommandAttributes {
            activity_id: number.to_string(),
            activity_type: Some(ActivityType { name: "step".into() }),
            task_queue: Some(TaskQueue { name: "queue".into(), ..TaskQueue::default() }),
            input: payloads(),
            start_to_close_timeout: Some(prost_types::Duration { seconds: 3600, nanos: 0 }),
            ..ScheduleActivityTaskCommandAttributes::default()
        };
        WorkerCommand {
            command_type: CommandType::ScheduleActivityTask as i32,
            attributes: Some(Attributes::ScheduleActivityTaskCommandAttributes(attributes)),
            ..WorkerCommand::default()
        }
    };
    (0..count).map(|_| one()).collect()
}

pub(super) fn payloads() -> Option<Payloads> {
    let payload = Payload {
        metadata: [("encoding".to_owned(), "binary/plain".into())].into(),
        data: vec![7; 128].into(),
        ..Payload::default()
    };
    Some(Payloads { payloads: vec![payload] })
}
