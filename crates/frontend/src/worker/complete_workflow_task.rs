//! RespondWorkflowTaskCompleted.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{Command, command::Attributes},
    common::v1::SearchAttributes,
    enums::v1::WorkflowTaskFailedCause,
    taskqueue::v1::StickyExecutionAttributes,
    workflowservice::v1::{RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse},
};
use abide_cluster::history::CompleteWorkflowTask;
use abide_engine::convert::from_proto_duration;
use abide_engine::namespace::Namespace;
use abide_engine::run::{self, Poller, QueueName, Rejection, WorkflowTaskToken};
use abide_model::settings::SearchAttributeLimits;
use abide_model::{NamespaceId, RunKey};

use crate::Frontend;
use crate::convert::activity_task::activity_task;
use crate::convert::workflow_task::workflow_task;
use crate::parse::{
    self, execution,
    failure::{Retry, server_failure},
    search_attributes,
};
use crate::status::Refusal;
use crate::token::TaskToken;

/// The start of a task that a worker gets in the answer to its completion.
const INLINE_REQUEST: &str = "request-from-RespondWorkflowTaskCompleted";

/// Completes a workflow task, and may answer with the next.
pub async fn complete(
    frontend: &Frontend,
    mut request: RespondWorkflowTaskCompletedRequest,
) -> Result<RespondWorkflowTaskCompletedResponse, Refusal> {
    let (namespace, token) = frontend.task(&request.namespace, &request.task_token)?;
    let TaskToken::Workflow(run, token) = token else { return Err(Rejection::WorkflowTaskNotFound.into()) };
    parse::identity(&request.identity, frontend.limits())?;
    #[expect(deprecated, reason = "old workers name their program by a checksum")]
    let has_bad_binary = namespace.bad_binaries.contains_key(&request.binary_checksum);
    if !has_bad_binary
        && let Err(refusal) =
            check_search_attributes(&namespace, &mut request.commands, frontend.limits().search_attributes)
    {
        return Err(refuse(frontend, run, token, request.identity, refusal).await);
    }
    if !frontend.settings.features.eager_activities {
        forgo_eager_activities(&mut request.commands);
    }
    let namespaces = frontend.namespaces_of(&namespace, &request.commands)?;
    let completion = CompleteWorkflowTask {
        query_results: std::mem::take(&mut request.query_results),
        completion: Box::new(run::CompleteWorkflowTask {
            has_bad_binary,
            ..completion(frontend, token, namespaces, request)
        }),
    };
    let completed = frontend.history.complete_workflow_task(run, completion).await?;
    if let Some(refused) = completed.refused {
        return Err(Rejection::Refused(refused).into());
    }
    if completed.heartbeats_timed_out {
        return Err(Refusal::HeartbeatsTimedOut);
    }
    let activities = completed.activities.into_iter();
    Ok(RespondWorkflowTaskCompletedResponse {
        workflow_task: completed.next.map(|task| workflow_task(task, 0)),
        activity_tasks: activities.map(|task| activity_task(&namespace, task)).collect(),
        reset_history_event_id: completed.reset_history_event_id,
    })
}

/// The worker's wish to have activities at once is not granted; they go through their queue.
fn forgo_eager_activities(commands: &mut [Command]) {
    for command in commands {
        if let Some(Attributes::ScheduleActivityTaskCommandAttributes(schedule)) = &mut command.attributes {
            schedule.request_eager_execution = false;
        }
    }
}

#[allow(deprecated)]
fn completion(
    frontend: &Frontend,
    token: WorkflowTaskToken,
    namespaces: BTreeMap<String, NamespaceId>,
    request: RespondWorkflowTaskCompletedRequest,
) -> run::CompleteWorkflowTask {
    let stamp = request.worker_version_stamp;
    let build_id = stamp.as_ref().map(|stamp| stamp.build_id.clone());
    run::CompleteWorkflowTask {
        token,
        poller: Poller {
            identity: request.identity.clone(),
            request_id: INLINE_REQUEST.to_owned(),
            build_id: build_id.unwrap_or_default(),
        },
        identity: request.identity,
        binary_checksum: request.binary_checksum,
        has_bad_binary: false,
        worker_version: stamp,
        deployment_name: request.deployment_options.map(|deployment| deployment.deployment_name).unwrap_or_default(),
        commands: request.commands,
        messages: request.messages,
        discards_with_events: request
            .capabilities
            .is_some_and(|capabilities| capabilities.discard_speculative_workflow_task_with_events),
        sticky: request.sticky_attributes.and_then(|attributes| sticky(attributes, frontend.limits().id_bytes_max)),
        return_new_task: request.return_new_workflow_task,
        force_new_task: request.force_create_new_workflow_task,
        sdk_metadata: request.sdk_metadata,
        metering_metadata: request.metering_metadata,
        new_run_id: Some(frontend.new_run_id()),
        namespaces,
    }
}

// A worker without a queue of its own, or without patience for it, takes its tasks from the normal one.
fn sticky(attributes: StickyExecutionAttributes, id_bytes_max: usize) -> Option<(QueueName, Duration)> {
    let queue = attributes.worker_task_queue?;
    let wait = from_proto_duration(attributes.schedule_to_start_timeout.as_ref());
    if queue.name.is_empty() || queue.name.len() > id_bytes_max || wait.is_zero() {
        return None;
    }
    let normal_name = if queue.normal_name.is_empty() { queue.name.clone() } else { queue.normal_name };
    Some((QueueName { name: queue.name, normal_name }, wait))
}

impl Frontend {
    /// The other namespaces that commands name, as far as they may. A namespace that does not exist refuses the whole
    /// answer, as in the reference: perhaps it will exist when the worker tries again.
    fn namespaces_of(&self, own: &Namespace, commands: &[Command]) -> Result<BTreeMap<String, NamespaceId>, Refusal> {
        let mut namespaces = BTreeMap::new();
        let names = commands.iter().filter_map(|command| namespace_named(command.attributes.as_ref()?));
        for name in names.filter(|name| !name.is_empty() && *name != own.name) {
            let namespace = self.namespaces.by_name(name)?;
            if self.settings.features.cross_namespace_commands {
                namespaces.insert(name.to_owned(), namespace.id());
            }
        }
        Ok(namespaces)
    }
}

#[expect(deprecated, reason = "commands still name namespaces")]
fn namespace_named(attributes: &Attributes) -> Option<&str> {
    match attributes {
        Attributes::StartChildWorkflowExecutionCommandAttributes(child) => Some(&child.namespace),
        Attributes::SignalExternalWorkflowExecutionCommandAttributes(signal) => Some(&signal.namespace),
        Attributes::RequestCancelExternalWorkflowExecutionCommandAttributes(cancel) => Some(&cancel.namespace),
        _ => None,
    }
}

/// Search attributes are the namespace's, which the run does not know: its commands are checked here.
fn check_search_attributes(
    namespace: &Namespace,
    commands: &mut [Command],
    bounds: SearchAttributeLimits,
) -> Result<(), Refusal> {
    let commands = commands.iter_mut();
    for attributes in commands.filter_map(|command| changed_search_attributes(command.attributes.as_mut()?)) {
        search_attributes::check_change(namespace, attributes, bounds)?;
    }
    Ok(())
}

fn changed_search_attributes(attributes: &mut Attributes) -> Option<&mut SearchAttributes> {
    match attributes {
        Attributes::UpsertWorkflowSearchAttributesCommandAttributes(upsert) => upsert.search_attributes.as_mut(),
        Attributes::ContinueAsNewWorkflowExecutionCommandAttributes(next) => next.search_attributes.as_mut(),
        Attributes::StartChildWorkflowExecutionCommandAttributes(child) => child.search_attributes.as_mut(),
        _ => None,
    }
}

/// Fails the task as the run would have. A retried task is left to time out, which is what slows retries down.
async fn refuse(
    frontend: &Frontend,
    run: RunKey,
    token: WorkflowTaskToken,
    identity: String,
    refusal: Refusal,
) -> Refusal {
    let Refusal::Invalid(text) = refusal else { return refusal };
    let message = format!("BadSearchAttributes: {text}");
    if token.attempt <= 1 {
        let failure = server_failure(&message, Retry::Allowed);
        let command = run::Command::FailWorkflowTask(Box::new(run::FailWorkflowTask {
            token,
            cause: WorkflowTaskFailedCause::BadSearchAttributes,
            failure: Some(failure),
            identity,
            binary_checksum: String::new(),
        }));
        if let Err(error) = frontend.history.execute(execution::exactly(run), command).await {
            return error.into();
        }
    }
    Refusal::Invalid(message.into())
}
