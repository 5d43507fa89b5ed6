//! What the official web UI asks first: what it may show and do. It switches nothing off.

use serde_json::{Value, json};

use super::Ui;

/// The newest version of that UI whose routes are known to be served.
pub(super) const UI_VERSION: &str = "2.53.1";

/// The names are those that the UI reads.
pub(super) fn settings(ui: &Ui) -> Value {
    json!({
        "Auth": { "Enabled": false, "Options": null, "RedirectToProvider": false },
        "DefaultNamespace": "",
        "ShowTemporalSystemNamespace": false,
        "NavCollapsedByDefault": false,
        "FeedbackURL": "",
        "DisableNewsFetch": ui.disable_news_fetch,
        "Codec": {
            "Endpoint": ui.codec_endpoint,
            "PassAccessToken": false,
            "IncludeCredentials": false,
            "DefaultErrorMessage": "",
            "DefaultErrorLink": "",
        },
        "Version": UI_VERSION,
        "DisableWriteActions": false,
        "WorkflowTerminateDisabled": false,
        "WorkflowCancelDisabled": false,
        "WorkflowSignalDisabled": false,
        "WorkflowUpdateDisabled": false,
        "WorkflowResetDisabled": false,
        "WorkflowPauseDisabled": false,
        "BatchActionsDisabled": false,
        "StartWorkflowDisabled": false,
        "HideWorkflowQueryErrors": false,
        "RefreshWorkflowCountsDisabled": false,
        "ActivityCommandsDisabled": false,
    })
}
