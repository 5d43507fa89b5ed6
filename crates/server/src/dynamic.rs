//! Dynamic configuration of the reference server, which SDKs and their tests pass on the command line: what is honoured
//! (see [`crate::setting`]), what needs no honouring, and what is not known. As in the reference, case does not matter,
//! and a value that cannot be leaves the default.

use std::collections::BTreeMap;

use abide_model::Settings;
use tracing::{debug, warn};

use crate::setting;

/// Settings that launchers are known to pass. What they switch on is on here, or is not built yet and says so itself.
const WITHOUT_EFFECT: [&str; 33] = [
    "activity.enableCallbacks",
    "activity.enableStandalone",
    "activity.longPollTimeout",
    "activity.startDelayEnabled",
    "component.nexusoperations.callback.endpoint.template",
    "component.nexusoperations.recordCancelRequestCompletionEvents",
    "component.nexusoperations.useSystemCallbackURL",
    "frontend.activityAPIsEnabled",
    "frontend.enableBatchOperationsForStandaloneActivities",
    "frontend.enableServerVersionCheck",
    "frontend.MaxConcurrentBatchOperationPerNamespace",
    "frontend.workerCommandsEnabled",
    "frontend.workerVersioningDataAPIs",
    "frontend.workerVersioningRuleAPIs",
    "frontend.workerVersioningWorkflowAPIs",
    "frontend.WorkflowTimeSkippingEnabled",
    "history.enableChasm",
    "history.enableCHASMCallbacks",
    "history.enableCHASMSignalBacklinks",
    "history.enableRequestIdRefLinks",
    "history.enableSignalWithStartFromWorkflow",
    "history.enableStandaloneActivityOperatorCommands",
    "history.enableTransitionHistory",
    "history.enableUpdateCallbacks",
    "history.enableWorkflowTaskCompletionPagination",
    "history.externalPayloadsEnabled",
    "matching.wv.VersionDrainageStatusRefreshInterval",
    "matching.wv.VersionDrainageStatusVisibilityGracePeriod",
    "nexusoperation.enableStandalone",
    "system.enableCancelActivityWorkerCommand",
    "system.enableDeployments",
    "system.enableDeploymentVersions",
    "system.refreshNexusEndpointsMinWait",
];
/// The same, of the scavenger of build ids, which this server does not have.
const PREFIXES: [&str; 2] = ["worker.buildIdScavenger", "worker.removableBuildId"];

/// The settings that these values make; says which were given in vain.
pub fn settings(values: &BTreeMap<String, String>) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in values {
        if let Some(setting) = setting::find(key) {
            match setting.set(&mut settings, value) {
                Ok(()) => debug!(key, value, "setting"),
                Err(why) => warn!(key, value, why, "a setting that cannot be is ignored"),
            }
        } else if is_without_effect(key) {
            debug!(key, value, "dynamic configuration without effect");
        } else {
            warn!(key, "unknown dynamic configuration is ignored");
        }
    }
    settings
}

fn is_without_effect(key: &str) -> bool {
    let named = WITHOUT_EFFECT.iter().any(|known| known.eq_ignore_ascii_case(key));
    named || PREFIXES.iter().any(|prefix| key.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_launchers_pass_is_without_effect_in_any_case() {
        assert!(is_without_effect("frontend.enableServerVersionCheck"));
        assert!(is_without_effect("Frontend.WorkerVersioningDataAPIs"));
        assert!(is_without_effect("worker.buildIdScavengerEnabled"));
        assert!(!is_without_effect("frontend.enableMagic"));
    }

    #[test]
    fn a_value_that_cannot_be_leaves_the_default() {
        let values = [("LIMIT.blobSize.error", "10240"), ("limit.memoSize.error", "\"big\""), ("no.such", "1")];
        let values = values.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let settings = settings(&values);
        assert_eq!(settings.limits.blob_bytes_max, 10_240);
        assert_eq!(settings.limits.memo_bytes_max, Settings::default().limits.memo_bytes_max);
    }
}
