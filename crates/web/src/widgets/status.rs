//! The status of a run as a word with a colour.

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus as Status;
use maud::{Markup, html};

/// The status as people call it.
pub(crate) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Unspecified => "Unknown",
        Status::Running => "Running",
        Status::Completed => "Completed",
        Status::Failed => "Failed",
        Status::Canceled => "Canceled",
        Status::Terminated => "Terminated",
        Status::ContinuedAsNew => "Continued as new",
        Status::TimedOut => "Timed out",
        Status::Paused => "Paused",
    }
}

/// As a badge.
pub(crate) fn run_status(status: Status) -> Markup {
    let name = status_name(status);
    let class = name.to_lowercase().replace(' ', "-");
    html! { span class={ "badge " (class) } { (name) } }
}
