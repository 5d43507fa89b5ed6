//! The workers' side of the driver: pollers that answer with the next step of the workflow.

use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{
        Command, CompleteWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes,
        StartTimerCommandAttributes, command::Attributes,
    },
    common::v1::ActivityType,
    enums::v1::{CommandType, EventType, TaskQueueKind},
    taskqueue::v1::{StickyExecutionAttributes, TaskQueue},
    workflowservice::v1::{
        PollActivityTaskQueueRequest, PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
        RespondActivityTaskCompletedRequest, RespondWorkflowTaskCompletedRequest,
    },
};

use super::{Client, Load, lock};
use crate::profile::Work;

/// How far a run has come, by the events that were seen of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Progress {
    activities_scheduled: usize,
    activities_completed: usize,
    timers_started: usize,
    timers_fired: usize,
}

impl Progress {
    fn see(&mut self, kind: EventType) {
        match kind {
            // The whole history from its begin: nothing of it has been counted.
            EventType::WorkflowExecutionStarted => *self = Progress::default(),
            EventType::ActivityTaskScheduled => self.activities_scheduled += 1,
            EventType::ActivityTaskCompleted => self.activities_completed += 1,
            EventType::TimerStarted => self.timers_started += 1,
            EventType::TimerFired => self.timers_fired += 1,
            _ => {}
        }
    }
}

/// One poller of each kind: workflow tasks of anyone, workflow tasks of runs that it knows, activities.
pub(super) fn spawn(load: &Arc<Load>, client: &Client) {
    tokio::spawn(poll_workflow_tasks(load.clone(), client.clone(), normal(load)));
    tokio::spawn(poll_workflow_tasks(load.clone(), client.clone(), sticky(load)));
    if matches!(load.sizes.work, Work::Activity | Work::Fanout) {
        tokio::spawn(poll_activities(load.clone(), client.clone()));
    }
}

fn normal(load: &Load) -> TaskQueue {
    TaskQueue { name: load.queue.clone(), kind: TaskQueueKind::Normal as i32, normal_name: String::new() }
}

fn sticky(load: &Load) -> TaskQueue {
    let name = format!("{}-sticky", load.queue);
    TaskQueue { name, kind: TaskQueueKind::Sticky as i32, normal_name: load.queue.clone() }
}

fn long_poll<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(Duration::from_secs(70));
    request
}

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

async fn poll_workflow_tasks(load: Arc<Load>, mut client: Client, queue: TaskQueue) {
    loop {
        let poll = PollWorkflowTaskQueueRequest {
            namespace: "default".into(),
            task_queue: Some(queue.clone()),
            identity: "load".into(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        match client.poll_workflow_task_queue(long_poll(poll)).await {
            Ok(task) if task.get_ref().task_token.is_empty() => {}
            Ok(task) => answer(&load, &mut client, task.into_inner()).await,
            Err(status) => return load.failed("poll workflow task", &status),
        }
    }
}

async fn answer(load: &Load, client: &mut Client, task: PollWorkflowTaskQueueResponse) {
    let execution = task.workflow_execution.unwrap_or_default();
    let events = task.history.map(|history| history.events).unwrap_or_default();
    let progress = {
        let mut all = lock(&load.progress);
        let progress = all.entry(execution.run_id.clone()).or_default();
        events.iter().for_each(|event| progress.see(event.event_type()));
        *progress
    };
    let commands = next_step(load, progress);
    let ends =
        commands.last().is_some_and(|command| command.command_type == CommandType::CompleteWorkflowExecution as i32);
    let request = RespondWorkflowTaskCompletedRequest {
        namespace: "default".into(),
        task_token: task.task_token,
        commands,
        identity: "load".into(),
        sticky_attributes: Some(StickyExecutionAttributes {
            worker_task_queue: Some(sticky(load)),
            schedule_to_start_timeout: seconds(10),
        }),
        ..RespondWorkflowTaskCompletedRequest::default()
    };
    if let Err(status) = client.respond_workflow_task_completed(request).await {
        return load.failed("complete workflow task", &status);
    }
    if ends {
        lock(&load.progress).remove(&execution.run_id);
        if let Some(since) = lock(&load.begun).remove(&execution.workflow_id) {
            load.finished(since);
            load.free.add_permits(1);
        }
    }
}

/// What the workflow does next: nothing while it waits.
fn next_step(load: &Load, progress: Progress) -> Vec<Command> {
    let steps = load.sizes.steps;
    let (scheduled, completed) = (progress.activities_scheduled, progress.activities_completed);
    match load.sizes.work {
        Work::Noop | Work::Signal | Work::Backlog => vec![complete(load)],
        Work::Activity if scheduled > completed => Vec::new(),
        Work::Activity if scheduled < steps => vec![schedule(load, scheduled)],
        Work::Fanout if scheduled == 0 => (0..steps).map(|number| schedule(load, number)).collect(),
        Work::Fanout if completed < steps => Vec::new(),
        Work::Timer if progress.timers_started == 0 => vec![timer(load)],
        Work::Timer if progress.timers_fired == 0 => Vec::new(),
        Work::Activity | Work::Fanout | Work::Timer => vec![complete(load)],
    }
}

fn schedule(load: &Load, number: usize) -> Command {
    let attributes = ScheduleActivityTaskCommandAttributes {
        activity_id: number.to_string(),
        activity_type: Some(ActivityType { name: "step".into() }),
        task_queue: Some(normal(load)),
        input: load.payloads(),
        start_to_close_timeout: seconds(60),
        schedule_to_close_timeout: seconds(300),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    command(CommandType::ScheduleActivityTask, Attributes::ScheduleActivityTaskCommandAttributes(attributes))
}

fn timer(load: &Load) -> Command {
    let millis = i64::try_from(load.sizes.timer).unwrap_or(i64::MAX);
    let time = prost_types::Duration { seconds: millis / 1000, nanos: (millis % 1000) as i32 * 1_000_000 };
    let attributes = StartTimerCommandAttributes { timer_id: "wait".into(), start_to_fire_timeout: Some(time) };
    command(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(attributes))
}

fn complete(load: &Load) -> Command {
    let attributes = CompleteWorkflowExecutionCommandAttributes { result: load.payloads() };
    command(CommandType::CompleteWorkflowExecution, Attributes::CompleteWorkflowExecutionCommandAttributes(attributes))
}

fn command(kind: CommandType, attributes: Attributes) -> Command {
    Command { command_type: kind as i32, attributes: Some(attributes), ..Command::default() }
}

async fn poll_activities(load: Arc<Load>, mut client: Client) {
    loop {
        let poll = PollActivityTaskQueueRequest {
            namespace: "default".into(),
            task_queue: Some(normal(&load)),
            identity: "load".into(),
            ..PollActivityTaskQueueRequest::default()
        };
        match client.poll_activity_task_queue(long_poll(poll)).await {
            Ok(task) if task.get_ref().task_token.is_empty() => {}
            Ok(task) => {
                let request = RespondActivityTaskCompletedRequest {
                    namespace: "default".into(),
                    task_token: task.into_inner().task_token,
                    result: load.payloads(),
                    identity: "load".into(),
                    ..RespondActivityTaskCompletedRequest::default()
                };
                if let Err(status) = client.respond_activity_task_completed(request).await {
                    load.failed("complete activity", &status);
                }
            }
            Err(status) => return load.failed("poll activity", &status),
        }
    }
}
