//! Dynamic configuration of the reference server, which SDKs and their tests pass on the command line. Nothing here
//! changes what this server does; it only tells settings that need no honouring from those that are not known.

use std::collections::BTreeMap;

use tracing::{debug, warn};

/// Settings that launchers are known to pass. What they switch on is on here, or is not built yet and says so itself.
const KNOWN: [&str; 48] = [
    "activity.enableCallbacks",
    "activity.enableStandalone",
    "activity.longPollTimeout",
    "activity.startDelayEnabled",
    "callback.allowedAddresses",
    "component.nexusoperations.callback.endpoint.template",
    "component.nexusoperations.recordCancelRequestCompletionEvents",
    "component.nexusoperations.useSystemCallbackURL",
    "frontend.activityAPIsEnabled",
    "frontend.enableBatchOperationsForStandaloneActivities",
    "frontend.enableCancelWorkerPollsOnShutdown",
    "frontend.enableExecuteMultiOperation",
    "frontend.enableServerVersionCheck",
    "frontend.enableUpdateWorkflowExecution",
    "frontend.enableUpdateWorkflowExecutionAsyncAccepted",
    "frontend.ListWorkersEnabled",
    "frontend.MaxConcurrentBatchOperationPerNamespace",
    "frontend.WorkerHeartbeatsEnabled",
    "frontend.workerCommandsEnabled",
    "frontend.workerVersioningDataAPIs",
    "frontend.workerVersioningRuleAPIs",
    "frontend.workerVersioningWorkflowAPIs",
    "frontend.WorkflowPauseEnabled",
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
    "history.MaxBufferedQueryCount",
    "limit.blobSize.error",
    "limit.blobSize.warn",
    "limit.historyCount.suggestContinueAsNew",
    "matching.wv.VersionDrainageStatusRefreshInterval",
    "matching.wv.VersionDrainageStatusVisibilityGracePeriod",
    "nexusoperation.enableStandalone",
    "system.enableActivityEagerExecution",
    "system.enableCancelActivityWorkerCommand",
    "system.enableDeployments",
    "system.enableDeploymentVersions",
    "system.enableEagerWorkflowStart",
    "system.refreshNexusEndpointsMinWait",
    "system.transactionSizeLimit",
];
/// The same, of the scavenger of build ids, which this server does not have.
const KNOWN_PREFIXES: [&str; 2] = ["worker.buildIdScavenger", "worker.removableBuildId"];

/// Says which settings were given in vain.
pub fn note(settings: &BTreeMap<String, String>) {
    for (key, value) in settings {
        if is_known(key) {
            debug!(key, value, "dynamic configuration without effect");
        } else {
            warn!(key, "unknown dynamic configuration is ignored");
        }
    }
}

// As in the reference, case does not matter.
fn is_known(key: &str) -> bool {
    let named = KNOWN.iter().any(|known| known.eq_ignore_ascii_case(key));
    named || KNOWN_PREFIXES.iter().any(|prefix| key.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_launchers_pass_is_known_in_any_case() {
        assert!(is_known("frontend.enableServerVersionCheck"));
        assert!(is_known("Frontend.WorkerVersioningDataAPIs"));
        assert!(is_known("worker.buildIdScavengerEnabled"));
        assert!(!is_known("frontend.enableMagic"));
    }
}
