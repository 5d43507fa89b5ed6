//! What a workflow says about other workflows, checked and completed: starts of children, signals, requests to cancel.
//! Changes nothing. Texts are the reference server's.
#![expect(deprecated, reason = "commands name namespaces and carry control fields for old workers")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{
        RequestCancelExternalWorkflowExecutionCommandAttributes, SignalExternalWorkflowExecutionCommandAttributes,
        StartChildWorkflowExecutionCommandAttributes,
    },
    common::v1::{Memo, Priority, SearchAttributes, WorkflowExecution},
    enums::v1::{ParentClosePolicy, WorkflowIdReusePolicy, WorkflowTaskFailedCause as Cause},
    history::v1::{
        RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
        SignalExternalWorkflowExecutionInitiatedEventAttributes, StartChildWorkflowExecutionInitiatedEventAttributes,
    },
};
use abide_model::cron::{Cron, CronError};
use abide_model::settings::Limits;
use abide_model::{NamespaceId, RunId, limits};
use prost::Message;

use super::activity_options::complete_policy;
use super::command::QueueName;
use super::command_size::{check_search_attributes_of_start, check_size};
use super::event::task_queue;
use super::properties::is_null;
use super::state::State;
use super::worker_command::{Checked, refuse};
use crate::convert::{from_proto_duration, is_negative, to_proto_duration};

/// What the commands before a command in the same list have asked of other workflows.
#[derive(Default)]
pub(super) struct Asked {
    children: BTreeSet<String>,
    started: usize,
    signals: usize,
    cancels: usize,
}

/// Which other namespaces the commands may name, by name.
pub(super) type Namespaces = BTreeMap<String, NamespaceId>;

const CHILD: &str = "StartChildWorkflowExecutionCommand";
const SIGNAL: &str = "SignalExternalWorkflowExecutionCommand";
const CANCEL: &str = "RequestCancelExternalWorkflowExecutionCommand";

impl State {
    pub(super) fn check_start_child(
        &self,
        mut command: StartChildWorkflowExecutionCommandAttributes,
        namespaces: &Namespaces,
        asked: &mut Asked,
        limits: &Limits,
    ) -> Checked<StartChildWorkflowExecutionInitiatedEventAttributes> {
        let cause = Cause::BadStartChildExecutionAttributes;
        let namespace_id = self.namespace_of(&command.namespace, namespaces, cause)?;
        if command.namespace.is_empty() {
            command.namespace.clone_from(&self.identity.namespace_name);
        }
        check_child_names(&command, limits.id_bytes_max).or_else(|text| refuse(cause, text))?;
        check_child_options(&command, limits.id_bytes_max).or_else(|text| refuse(cause, text))?;
        check_search_attributes_of_start(command.search_attributes.as_ref(), cause, limits.search_attributes)?;
        let size = command.input.as_ref().map_or(0, Message::encoded_len);
        check_size(size, limits.blob_bytes_max, cause, "StartChildWorkflowExecutionCommandAttributes. Input")?;
        let size = command.memo.as_ref().map_or(0, Message::encoded_len);
        check_size(size, limits.memo_bytes_max, cause, "StartChildWorkflowExecutionCommandAttributes.Memo")?;
        let pending = self.children.pending.len() + asked.started;
        let what = "pending child workflow executions";
        check_count(pending, limits.pending.children_max, Cause::PendingChildWorkflowsLimitExceeded, what)?;
        asked.started += 1;
        asked.children.insert(command.workflow_id.clone());
        match self.complete_child(command, namespace_id, limits) {
            Ok(initiated) => Ok(initiated),
            Err(text) => refuse(cause, text),
        }
    }

    fn complete_child(
        &self,
        command: StartChildWorkflowExecutionCommandAttributes,
        namespace_id: NamespaceId,
        limits: &Limits,
    ) -> Result<StartChildWorkflowExecutionInitiatedEventAttributes, String> {
        let which = child_name(&command);
        let execution = from_proto_duration(command.workflow_execution_timeout.as_ref());
        let mut run = from_proto_duration(command.workflow_run_timeout.as_ref());
        if execution > Duration::ZERO && (run == Duration::ZERO || run > execution) {
            run = execution;
        }
        let mut task = from_proto_duration(command.workflow_task_timeout.as_ref());
        if task == Duration::ZERO {
            task = limits.workflow_task_timeout_default;
        }
        task = task.min(limits::WORKFLOW_TASK_TIMEOUT_MAX);
        if run > Duration::ZERO {
            task = task.min(run);
        }
        let retry_policy = match command.retry_policy {
            Some(policy) if policy.maximum_attempts != 1 => {
                let completed = complete_policy(Some(policy));
                Some(completed.map_err(|text| format!("invalid WorkflowRetryPolicy on {CHILD}: {text}. {which}"))?)
            }
            as_it_is => as_it_is,
        };
        let queue = command.task_queue.filter(|queue| !queue.name.is_empty());
        let queue = queue.map_or_else(|| self.normal_queue(), |queue| QueueName::normal(queue.name));
        let policy = match ParentClosePolicy::try_from(command.parent_close_policy).unwrap_or_default() {
            ParentClosePolicy::Unspecified => ParentClosePolicy::Terminate,
            said => said,
        };
        let reuse = match WorkflowIdReusePolicy::try_from(command.workflow_id_reuse_policy).unwrap_or_default() {
            WorkflowIdReusePolicy::Unspecified => WorkflowIdReusePolicy::AllowDuplicate,
            said => said,
        };
        Ok(StartChildWorkflowExecutionInitiatedEventAttributes {
            namespace: command.namespace,
            namespace_id: namespace_id.0.to_string(),
            workflow_id: command.workflow_id,
            workflow_type: command.workflow_type,
            task_queue: Some(task_queue(&queue)),
            input: command.input,
            workflow_execution_timeout: command.workflow_execution_timeout.map(|_| to_proto_duration(execution)),
            workflow_run_timeout: Some(to_proto_duration(run)),
            workflow_task_timeout: Some(to_proto_duration(task)),
            parent_close_policy: policy as i32,
            control: command.control,
            workflow_id_reuse_policy: reuse as i32,
            retry_policy,
            cron_schedule: command.cron_schedule,
            header: command.header,
            memo: command.memo.map(without_nulls).filter(|memo| !memo.fields.is_empty()),
            search_attributes: command.search_attributes.map(without_null_attributes),
            inherit_build_id: command.inherit_build_id,
            versioning_override: command.versioning_override,
            priority: command.priority,
            ..StartChildWorkflowExecutionInitiatedEventAttributes::default()
        })
    }

    pub(super) fn check_signal_external(
        &self,
        command: SignalExternalWorkflowExecutionCommandAttributes,
        namespaces: &Namespaces,
        asked: &mut Asked,
        limits: &Limits,
    ) -> Checked<SignalExternalWorkflowExecutionInitiatedEventAttributes> {
        let cause = Cause::BadSignalWorkflowExecutionAttributes;
        let Some(execution) = command.execution else {
            return refuse(cause, format!("Execution is not set on {SIGNAL}."));
        };
        let namespace_id = self.namespace_of(&command.namespace, namespaces, cause)?;
        let (namespace, WorkflowExecution { workflow_id, run_id }) = (&command.namespace, &execution);
        let name = &command.signal_name;
        if workflow_id.is_empty() {
            let text = format!("WorkflowId is not set on {SIGNAL}. Namespace={namespace} RunId={run_id}");
            return refuse(cause, format!("{text} SignalName={name}"));
        }
        let rest = format!("Namespace={namespace} RunId={run_id} SignalName={name}");
        check_id("WorkflowId", SIGNAL, workflow_id, &rest, limits.id_bytes_max).or_else(|text| refuse(cause, text))?;
        if is_invalid_run(run_id) {
            let text = format!("Invalid RunId set on {SIGNAL}. WorkflowId={workflow_id} Namespace={namespace}");
            return refuse(cause, format!("{text} RunId={run_id} SignalName={name}"));
        }
        if name.is_empty() {
            let text = format!("SignalName is not set on {SIGNAL}. WorkflowId={workflow_id} Namespace={namespace}");
            return refuse(cause, format!("{text} RunId={run_id}"));
        }
        let pending = self.external.signals.len() + asked.signals;
        let what = "pending signals to external workflows";
        check_count(pending, limits.pending.signals_max, Cause::PendingSignalsLimitExceeded, what)?;
        let size = command.input.as_ref().map_or(0, Message::encoded_len);
        check_size(size, limits.blob_bytes_max, cause, "SignalExternalWorkflowExecutionCommandAttributes.Input")?;
        asked.signals += 1;
        Ok(SignalExternalWorkflowExecutionInitiatedEventAttributes {
            namespace: command.namespace,
            namespace_id: namespace_id.0.to_string(),
            workflow_execution: Some(execution),
            signal_name: command.signal_name,
            input: command.input,
            control: command.control,
            child_workflow_only: command.child_workflow_only,
            header: command.header,
            ..SignalExternalWorkflowExecutionInitiatedEventAttributes::default()
        })
    }

    pub(super) fn check_cancel_external(
        &self,
        command: RequestCancelExternalWorkflowExecutionCommandAttributes,
        namespaces: &Namespaces,
        asked: &mut Asked,
        limits: &Limits,
    ) -> Checked<RequestCancelExternalWorkflowExecutionInitiatedEventAttributes> {
        let cause = Cause::BadRequestCancelExternalWorkflowExecutionAttributes;
        let namespace_id = self.namespace_of(&command.namespace, namespaces, cause)?;
        let (namespace, workflow_id, run_id) = (&command.namespace, &command.workflow_id, &command.run_id);
        if workflow_id.is_empty() {
            return refuse(cause, format!("WorkflowId is not set on {CANCEL}. Namespace={namespace} RunId={run_id}"));
        }
        let rest = format!("RunId={run_id} Namespace={namespace}");
        check_id("WorkflowId", CANCEL, workflow_id, &rest, limits.id_bytes_max).or_else(|text| refuse(cause, text))?;
        if is_invalid_run(run_id) {
            return refuse(cause, format!("Invalid RunId set on {CANCEL}. WorkflowId={workflow_id} {rest}"));
        }
        if asked.children.contains(workflow_id) {
            let text = "Start and RequestCancel for child workflow is not allowed in same workflow task.";
            return refuse(cause, format!("{text} WorkflowId={workflow_id} {rest}"));
        }
        let pending = self.external.cancels.len() + asked.cancels;
        let what = "pending requests to cancel external workflows";
        check_count(pending, limits.pending.cancels_max, Cause::PendingRequestCancelLimitExceeded, what)?;
        asked.cancels += 1;
        Ok(RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
            namespace: command.namespace,
            namespace_id: namespace_id.0.to_string(),
            workflow_execution: Some(WorkflowExecution { workflow_id: command.workflow_id, run_id: command.run_id }),
            control: command.control,
            child_workflow_only: command.child_workflow_only,
            reason: command.reason,
            ..RequestCancelExternalWorkflowExecutionInitiatedEventAttributes::default()
        })
    }

    /// The namespace that a command names: the run's own, or another one that it may speak to.
    fn namespace_of(&self, name: &str, others: &Namespaces, cause: Cause) -> Checked<NamespaceId> {
        if name.is_empty() || name == self.identity.namespace_name {
            return Ok(NamespaceId(uuid::Uuid::from_slice(&self.identity.namespace_id).unwrap_or_default()));
        }
        match others.get(name) {
            Some(id) => Ok(*id),
            None => refuse(cause, "cross namespace commands are not allowed"),
        }
    }
}

/// The child as texts name it.
fn child_name(command: &StartChildWorkflowExecutionCommandAttributes) -> String {
    let kind = command.workflow_type.as_ref().map_or("", |kind| &kind.name);
    format!("WorkflowId={} WorkflowType={kind} Namespace={}", command.workflow_id, command.namespace)
}

fn check_child_names(command: &StartChildWorkflowExecutionCommandAttributes, limit: usize) -> Result<(), String> {
    let kind = command.workflow_type.as_ref().map_or("", |kind| &kind.name);
    let (id, namespace) = (&command.workflow_id, &command.namespace);
    if id.is_empty() {
        return Err(format!(
            "Required field WorkflowId is not set on {CHILD}. WorkflowType={kind} Namespace={namespace}"
        ));
    }
    if kind.is_empty() {
        return Err(format!(
            "Required field WorkflowType is not set on {CHILD}. WorkflowId={id} Namespace={namespace}"
        ));
    }
    check_id("WorkflowId", CHILD, id, &format!("WorkflowType={kind} Namespace={namespace}"), limit)?;
    if kind.len() > limit {
        let length = kind.len();
        return Err(format!(
            "WorkflowType on {CHILD} exceeds length limit. WorkflowId={id} WorkflowType={kind} Length={length} \
             Limit={limit} Namespace={namespace}"
        ));
    }
    Ok(())
}

fn check_child_options(command: &StartChildWorkflowExecutionCommandAttributes, limit: usize) -> Result<(), String> {
    let which = child_name(command);
    let timeouts = [
        ("WorkflowExecutionTimeout", &command.workflow_execution_timeout),
        ("WorkflowRunTimeout", &command.workflow_run_timeout),
        ("WorkflowTaskTimeout", &command.workflow_task_timeout),
    ];
    if let Some((name, _)) = timeouts.iter().find(|(_, timeout)| is_negative(timeout.as_ref())) {
        return Err(format!("Invalid {name} on {CHILD}: negative duration. {which}"));
    }
    if !command.cron_schedule.is_empty()
        && let Err(error) = Cron::parse(&command.cron_schedule)
    {
        let cause = match error {
            CronError::Malformed => "invalid CronSchedule.",
            CronError::NeverDue => "invalid CronSchedule, no time can be found to satisfy the schedule",
        };
        return Err(format!("invalid CronSchedule on {CHILD}: {cause}. {which}"));
    }
    check_priority(command.priority.as_ref())?;
    // Without a queue of its own the child has its parent's.
    let queue = command.task_queue.as_ref().map(|queue| queue.name.as_str()).filter(|queue| !queue.is_empty());
    let Some(queue) = queue else { return Ok(()) };
    QueueName::check(queue, limit)
        .map_err(|fault| format!("invalid TaskQueue on {CHILD}: {fault}. {which} TaskQueue=name:\"{queue}\""))
}

fn check_priority(priority: Option<&Priority>) -> Result<(), String> {
    let Some(priority) = priority else { return Ok(()) };
    if priority.priority_key < 0 {
        return Err("priority key can't be negative".into());
    }
    if priority.fairness_key.len() > limits::FAIRNESS_KEY_BYTES_MAX {
        return Err("fairness key length exceeds limit".into());
    }
    if priority.fairness_weight < 0.0 {
        return Err("must be greater than zero".into());
    }
    Ok(())
}

fn check_id(what: &str, on: &str, id: &str, rest: &str, limit: usize) -> Result<(), String> {
    if id.len() <= limit {
        return Ok(());
    }
    let length = id.len();
    Err(format!("{what} on {on} exceeds length limit. {what}={id} Length={length} Limit={limit} {rest}"))
}

fn check_count(pending: usize, max: usize, cause: Cause, what: &str) -> Checked<()> {
    if max == 0 || pending < max {
        return Ok(());
    }
    refuse(cause, format!("the number of {what}, {pending}, has reached the per-workflow limit of {max}"))
}

fn is_invalid_run(run_id: &str) -> bool {
    !run_id.is_empty() && RunId::parse(run_id).is_none()
}

fn without_nulls(mut memo: Memo) -> Memo {
    memo.fields.retain(|_, value| !is_null(value));
    memo
}

fn without_null_attributes(mut attributes: SearchAttributes) -> SearchAttributes {
    attributes.indexed_fields.retain(|_, value| !is_null(value));
    attributes
}
