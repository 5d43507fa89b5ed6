//! A failure and its causes, the last thing that happened first.

use abide_api::temporal::api::failure::v1::Failure;
use abide_api::temporal::api::failure::v1::failure::FailureInfo;
use maud::{Markup, html};

use super::payload::{payload, payloads};

/// Causes beyond this are not shown: nobody reads them, and pages stay bounded.
const CAUSES_MAX: usize = 20;

/// A failure with its causes below it.
pub(crate) fn failure(failure: &Failure) -> Markup {
    chain(failure, CAUSES_MAX)
}

fn chain(failure: &Failure, left: usize) -> Markup {
    html! {
        div.failure {
            p { strong { (kind(failure)) } @if !failure.message.is_empty() { ": " (failure.message) } }
            @if !failure.source.is_empty() { p.quiet { "from " (failure.source) } }
            @if let Some(details) = details(failure) { (payloads(details)) }
            @if let Some(encoded) = &failure.encoded_attributes { (payload(encoded)) }
            @if !failure.stack_trace.is_empty() {
                details { summary { "Stack trace" } pre { (failure.stack_trace) } }
            }
            @if let Some(cause) = failure.cause.as_deref() {
                @if left > 0 { p.quiet { "caused by" } (chain(cause, left - 1)) } @else { p.quiet { "and further causes" } }
            }
        }
    }
}

/// What kind of failure it is, in a word.
fn kind(failure: &Failure) -> String {
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            let kind = if info.r#type.is_empty() { "Application failure" } else { info.r#type.as_str() };
            if info.non_retryable { format!("{kind} (not to be retried)") } else { kind.to_owned() }
        }
        Some(FailureInfo::TimeoutFailureInfo(info)) => {
            let kind = info.timeout_type().as_str_name().trim_start_matches("TIMEOUT_TYPE_").replace('_', " ");
            format!("Timeout ({})", kind.to_lowercase())
        }
        Some(FailureInfo::CanceledFailureInfo(_)) => "Canceled".into(),
        Some(FailureInfo::TerminatedFailureInfo(_)) => "Terminated".into(),
        Some(FailureInfo::ServerFailureInfo(_)) => "Server failure".into(),
        Some(FailureInfo::ResetWorkflowFailureInfo(_)) => "Reset".into(),
        Some(FailureInfo::ActivityFailureInfo(info)) => {
            let name = info.activity_type.as_ref().map(|kind| kind.name.as_str()).unwrap_or_default();
            format!("Activity {name} ({})", info.activity_id)
        }
        Some(FailureInfo::ChildWorkflowExecutionFailureInfo(info)) => {
            let id = info.workflow_execution.as_ref().map(|run| run.workflow_id.as_str()).unwrap_or_default();
            format!("Child workflow {id}")
        }
        Some(FailureInfo::NexusOperationExecutionFailureInfo(info)) => format!("Nexus operation {}", info.operation),
        Some(FailureInfo::NexusHandlerFailureInfo(info)) => format!("Nexus handler ({})", info.r#type),
        None => "Failure".into(),
    }
}

fn details(failure: &Failure) -> Option<&abide_api::temporal::api::common::v1::Payloads> {
    match failure.failure_info.as_ref()? {
        FailureInfo::ApplicationFailureInfo(info) => info.details.as_ref(),
        FailureInfo::CanceledFailureInfo(info) => info.details.as_ref(),
        FailureInfo::TimeoutFailureInfo(info) => info.last_heartbeat_details.as_ref(),
        FailureInfo::ResetWorkflowFailureInfo(info) => info.last_heartbeat_details.as_ref(),
        _ => None,
    }
}
