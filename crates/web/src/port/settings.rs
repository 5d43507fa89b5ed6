//! What the official web UI asks first: what it may show and do.

use serde_json::{Value, json};

use super::Shared;
use crate::switches::Action;

/// The newest version of that UI whose routes are known to be served.
pub(super) const UI_VERSION: &str = "2.53.1";

/// The names are those that the UI reads.
pub(super) fn settings(shared: &Shared) -> Value {
    let site = shared.site();
    let is_off = |action: Action| !site.switches.allow(action);
    json!({
        "Auth": { "Enabled": false, "Options": null, "RedirectToProvider": false },
        "DefaultNamespace": "",
        "ShowTemporalSystemNamespace": false,
        "NavCollapsedByDefault": false,
        "FeedbackURL": "",
        "DisableNewsFetch": shared.disable_news_fetch,
        "Codec": {
            "Endpoint": site.codec_endpoint,
            "PassAccessToken": false,
            "IncludeCredentials": false,
            "DefaultErrorMessage": "",
            "DefaultErrorLink": "",
        },
        "Version": UI_VERSION,
        "DisableWriteActions": site.switches.read_only,
        "WorkflowTerminateDisabled": is_off(Action::Terminate),
        "WorkflowCancelDisabled": is_off(Action::Cancel),
        "WorkflowSignalDisabled": is_off(Action::Signal),
        "WorkflowUpdateDisabled": is_off(Action::Update),
        "WorkflowResetDisabled": is_off(Action::Reset),
        "WorkflowPauseDisabled": is_off(Action::Pause),
        "BatchActionsDisabled": is_off(Action::Batch),
        "StartWorkflowDisabled": is_off(Action::Start),
        "HideWorkflowQueryErrors": site.switches.hide_query_errors,
        "RefreshWorkflowCountsDisabled": false,
        "ActivityCommandsDisabled": is_off(Action::ActivityCommands),
    })
}
