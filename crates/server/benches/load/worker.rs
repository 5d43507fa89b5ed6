//! The workers' side of the load driver: pollers that answer with the next step of the scenario.

use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{
        Command, CompleteWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes, command::Attributes,
    },
    common::v1::ActivityType,
    enums::v1::{CommandType, EventType, TaskQueueKind},
    history::v1::history_event::Attributes as Event,
    taskqueue::v1::{StickyExecutionAttributes, TaskQueue},
    workflowservice::v1::{
        PollActivityTaskQueueRequest, PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
        RespondActivityTaskCompletedRequest, RespondWorkflowTaskCompletedRequest,
    },
};

use crate::{Client, Load, Scenario};

/// One poller of each kind: workflow tasks of anyone, workflow tasks of runs that it knows, activities.
pub(crate) fn spawn(load: &Arc<Load>, client: &Client) {
    tokio::spawn(poll_workflow_tasks(load.clone(), client.clone(), normal(load)));
    tokio::spawn(poll_workflow_tasks(load.clone(), client.clone(), sticky(load)));
    tokio::spawn(poll_activities(load.clone(), client.clone()));
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
            // The connection is gone, or the driver is ending.
            Err(status) => return load.failed("poll workflow task", &status),
        }
    }
}

async fn answer(load: &Load, client: &mut Client, task: PollWorkflowTaskQueueResponse) {
    let command = next_step(load, &task);
    let ends =
        command.as_ref().is_some_and(|command| command.command_type == CommandType::CompleteWorkflowExecution as i32);
    let request = RespondWorkflowTaskCompletedRequest {
        namespace: "default".into(),
        task_token: task.task_token,
        commands: command.into_iter().collect(),
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
    let id = task.workflow_execution.map(|execution| execution.workflow_id).unwrap_or_default();
    if ends && let Some(since) = load.begun.lock().expect("no holder panics").remove(&id) {
        load.finished(since);
        load.free.add_permits(1);
    }
}

/// The n-th activity's id is its number: the newest one in sight tells how far the workflow is.
fn next_step(load: &Load, task: &PollWorkflowTaskQueueResponse) -> Option<Command> {
    let events = task.history.as_ref().map(|history| history.events.as_slice()).unwrap_or_default();
    let scheduled = events.iter().filter_map(|event| match &event.attributes {
        Some(Event::ActivityTaskScheduledEventAttributes(scheduled)) => scheduled.activity_id.parse::<usize>().ok(),
        _ => None,
    });
    let step = scheduled.max().map_or(0, |number| number + 1);
    let ended = events.iter().any(|event| event.event_type() == EventType::ActivityTaskCompleted);
    let steps = match load.arguments.scenario {
        Scenario::Activity => load.arguments.steps,
        Scenario::Noop | Scenario::Signal | Scenario::Backlog => 0,
    };
    if step < steps {
        return Some(schedule(load, step));
    }
    (steps == 0 || ended).then(|| complete(load))
}

fn schedule(load: &Load, number: usize) -> Command {
    let attributes = ScheduleActivityTaskCommandAttributes {
        activity_id: number.to_string(),
        activity_type: Some(ActivityType { name: "step".into() }),
        input: load.payloads(),
        start_to_close_timeout: seconds(60),
        schedule_to_close_timeout: seconds(300),
        ..ScheduleActivityTaskCommandAttributes::default()
    };
    Command {
        command_type: CommandType::ScheduleActivityTask as i32,
        attributes: Some(Attributes::ScheduleActivityTaskCommandAttributes(attributes)),
        ..Command::default()
    }
}

fn complete(load: &Load) -> Command {
    let attributes = CompleteWorkflowExecutionCommandAttributes { result: load.payloads() };
    Command {
        command_type: CommandType::CompleteWorkflowExecution as i32,
        attributes: Some(Attributes::CompleteWorkflowExecutionCommandAttributes(attributes)),
        ..Command::default()
    }
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
