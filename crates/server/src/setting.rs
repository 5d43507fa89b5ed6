//! The catalogue of settings: for each its key, what its values are, and who changes it and why. Keys, and the defaults
//! that stand in [`Settings::default`], are the reference server's. `docs/settings.md` is made of it.

mod kind;
#[cfg(test)]
mod page;

use abide_model::Settings;
use serde_json::Value;

use kind::Kind;

/// One setting.
pub(crate) struct Setting {
    /// Its key; case does not matter.
    pub(crate) key: &'static str,
    /// What its values are, and where they go.
    kind: Kind,
    /// Who changes it, and why; or why nothing comes of it.
    pub(crate) why: &'static str,
}

const fn setting(key: &'static str, kind: Kind, why: &'static str) -> Setting {
    Setting { key, kind, why }
}

/// All of them.
pub(crate) const SETTINGS: [Setting; 104] = [
    setting("activity.enableCallbacks", Kind::Ignored, "standalone activities are not built yet"),
    setting("activity.enableStandalone", Kind::Ignored, "standalone activities are not built yet"),
    setting("activity.longPollTimeout", Kind::Ignored, "standalone activities are not built yet"),
    setting("activity.startDelayEnabled", Kind::Ignored, "standalone activities are not built yet"),
    setting(
        "callback.allowedAddresses",
        Kind::Addresses(|to| &mut to.callback_addresses),
        "operators: where completion callbacks may go; nowhere unless it is said",
    ),
    setting(
        "callback.maxPerExecution",
        Kind::Size(|to| &mut to.limits.callbacks.per_run_max),
        "operators: runs that very many wait for; tests: what happens when too many do",
    ),
    setting("component.nexusoperations.callback.endpoint.template", Kind::Ignored, "Nexus is not built yet"),
    setting("component.nexusoperations.recordCancelRequestCompletionEvents", Kind::Ignored, "Nexus is not built yet"),
    setting("component.nexusoperations.useSystemCallbackURL", Kind::Ignored, "Nexus is not built yet"),
    setting("frontend.activityAPIsEnabled", Kind::Ignored, "standalone activities are not built yet"),
    setting(
        "frontend.callbackHeaderMaxLength",
        Kind::Size(|to| &mut to.limits.callbacks.header_bytes_max),
        "operators: addresses that want much sent along",
    ),
    setting(
        "frontend.callbackURLMaxLength",
        Kind::Size(|to| &mut to.limits.callbacks.url_bytes_max),
        "operators: long addresses",
    ),
    setting(
        "frontend.deleteNamespaceNamespaceDeleteDelay",
        Kind::Duration(|to| &mut to.namespaces.delete_delay),
        "operators: a deleted namespace that people still ask for",
    ),
    setting("frontend.enableBatcher", Kind::Switch(|to| &mut to.batches.enabled), "operators: no batches"),
    setting(
        "frontend.enableBatchOperationsForStandaloneActivities",
        Kind::Ignored,
        "standalone activities are not built yet",
    ),
    setting(
        "frontend.enableCancelWorkerPollsOnShutdown",
        Kind::Switch(|to| &mut to.features.cancel_polls_on_shutdown),
        "tests of SDKs: how workers end against a server that lets their polls wait",
    ),
    setting(
        "frontend.enableExecuteMultiOperation",
        Kind::Switch(|to| &mut to.features.multi_operation),
        "operators: no update with start",
    ),
    setting("frontend.enableServerVersionCheck", Kind::Ignored, "the server asks nobody for its newest version"),
    setting(
        "frontend.enableUpdateWorkflowExecution",
        Kind::Switch(|to| &mut to.features.updates),
        "operators: no updates",
    ),
    setting(
        "frontend.enableUpdateWorkflowExecutionAsyncAccepted",
        Kind::Switch(|to| &mut to.features.updates_async_accepted),
        "operators: no updates whose caller does not wait for the end",
    ),
    setting(
        "frontend.httpAllowedHosts",
        Kind::Names(|to| &mut to.http.allowed_hosts),
        "operators: pages that lead browsers here under another name; any host unless it is said",
    ),
    setting(
        "frontend.ListWorkersEnabled",
        Kind::Switch(|to| &mut to.features.list_workers),
        "operators: workers are not listed",
    ),
    setting(
        "frontend.maxBadBinaries",
        Kind::Size(|to| &mut to.limits.bad_binaries_max),
        "operators: programs that very many versions are known of",
    ),
    setting(
        "frontend.MaxConcurrentBatchOperationPerNamespace",
        Kind::Size(|to| &mut to.batches.running_max),
        "operators: several batches at once; tests: the same",
    ),
    setting(
        "frontend.MaxExecutionCountBatchOperationPerNamespace",
        Kind::Size(|to| &mut to.batches.executions_max),
        "operators: batches over long lists",
    ),
    setting(
        "frontend.namespaceBurstRatio",
        Kind::Ratio(|to| &mut to.rates.burst_percent),
        "operators: callers that come in bursts",
    ),
    setting(
        "frontend.namespaceCount",
        Kind::Size(|to| &mut to.rates.waiting_max),
        "operators: more pollers, or callers that wait for a result, than most have",
    ),
    setting(
        "frontend.namespaceRPS",
        Kind::Rate(|to| &mut to.rates.namespace_per_second),
        "operators: no namespace takes all of the server; the reference has 2400",
    ),
    setting(
        "frontend.namespaceRPS.visibility",
        Kind::Rate(|to| &mut to.rates.lists_per_second),
        "operators: lists do not keep the rest waiting; the reference has 10",
    ),
    setting("frontend.persistenceMaxQPS", Kind::Ignored, "the store needs no sparing"),
    setting(
        "frontend.rps",
        Kind::Rate(|to| &mut to.rates.node_per_second),
        "operators: a machine that others need as well; the reference has 2400",
    ),
    setting(
        "frontend.searchAttributesNumberOfKeysLimit",
        Kind::Size(|to| &mut to.limits.search_attributes.number_max),
        "operators: runs that are found by very much",
    ),
    setting(
        "frontend.searchAttributesSizeOfValueLimit",
        Kind::Size(|to| &mut to.limits.search_attributes.value_bytes_max),
        "operators: runs that are found by long texts",
    ),
    setting(
        "frontend.searchAttributesTotalSizeLimit",
        Kind::Size(|to| &mut to.limits.search_attributes.bytes_max),
        "operators: runs that are found by very much",
    ),
    setting("frontend.workerCommandsEnabled", Kind::Ignored, "commands to workers are not built yet"),
    setting(
        "frontend.WorkerHeartbeatsEnabled",
        Kind::Switch(|to| &mut to.features.worker_heartbeats),
        "operators: what workers say about themselves is not kept",
    ),
    setting("frontend.workerVersioningDataAPIs", Kind::Ignored, "worker versioning is not built yet"),
    setting("frontend.workerVersioningRuleAPIs", Kind::Ignored, "worker versioning is not built yet"),
    setting("frontend.workerVersioningWorkflowAPIs", Kind::Ignored, "worker versioning is not built yet"),
    setting(
        "frontend.WorkflowPauseEnabled",
        Kind::Switch(|to| &mut to.features.workflow_pause),
        "operators and tests: workflows can be paused",
    ),
    setting("frontend.WorkflowTimeSkippingEnabled", Kind::Ignored, "time skipping is not built yet"),
    setting(
        "history.defaultWorkflowTaskTimeout",
        Kind::Duration(|to| &mut to.limits.workflow_task_timeout_default),
        "operators: workers that take long over a workflow task",
    ),
    setting(
        "history.enableChasm",
        Kind::Ignored,
        "it is always as this switch would have it, or says itself that it is not built yet",
    ),
    setting(
        "history.enableCHASMCallbacks",
        Kind::Ignored,
        "it is always as this switch would have it, or says itself that it is not built yet",
    ),
    setting(
        "history.enableCHASMSignalBacklinks",
        Kind::Ignored,
        "it is always as this switch would have it, or says itself that it is not built yet",
    ),
    setting(
        "history.enableRequestIdRefLinks",
        Kind::Ignored,
        "it is always as this switch would have it, or says itself that it is not built yet",
    ),
    setting(
        "history.enableSignalWithStartFromWorkflow",
        Kind::Ignored,
        "workflows that signal with start are not built yet",
    ),
    setting(
        "history.enableStandaloneActivityOperatorCommands",
        Kind::Ignored,
        "standalone activities are not built yet",
    ),
    setting(
        "history.enableTransitionHistory",
        Kind::Ignored,
        "it is always as this switch would have it, or says itself that it is not built yet",
    ),
    setting(
        "history.enableUpdateCallbacks",
        Kind::Ignored,
        "it is always as this switch would have it, or says itself that it is not built yet",
    ),
    setting("history.enableWorkflowTaskCompletionPagination", Kind::Ignored, "completions in pages are not built yet"),
    setting(
        "history.externalPayloadsEnabled",
        Kind::Ignored,
        "it is always as this switch would have it, or says itself that it is not built yet",
    ),
    setting("history.hostLevelCacheMaxSize", Kind::Ignored, "the cache is bounded by bytes"),
    setting(
        "history.longPollExpirationInterval",
        Kind::Duration(|to| &mut to.waits.history),
        "operators: proxies that cut waiting calls; tests that will not wait",
    ),
    setting(
        "history.MaxBufferedQueryCount",
        Kind::Size(|to| &mut to.limits.buffered_queries_max),
        "tests: what happens when too many queries wait",
    ),
    setting(
        "history.maximumBufferedEventsBatch",
        Kind::Size(|to| &mut to.limits.buffer.events_max),
        "operators: workflows that hear much while they work",
    ),
    setting(
        "history.maximumBufferedEventsSizeInBytes",
        Kind::Size(|to| &mut to.limits.buffer.bytes_max),
        "operators: workflows that hear much while they work",
    ),
    setting(
        "history.maximumSignalsPerExecution",
        Kind::Count(|to| &mut to.limits.signals_max),
        "operators: workflows that are fed by many signals",
    ),
    setting(
        "history.maxInFlightUpdatePayloads",
        Kind::Size(|to| &mut to.limits.updates.in_flight_bytes_max),
        "operators: workflows that are a service of their own",
    ),
    setting(
        "history.maxInFlightUpdates",
        Kind::Size(|to| &mut to.limits.updates.in_flight_max),
        "operators: workflows that are a service of their own",
    ),
    setting(
        "history.maxTotalUpdates",
        Kind::Size(|to| &mut to.limits.updates.total_max),
        "operators: workflows that are a service of their own",
    ),
    setting("history.persistenceMaxQPS", Kind::Ignored, "the store needs no sparing"),
    setting("history.rps", Kind::Ignored, "roles of one node do not hold each other up"),
    setting(
        "history.workflowIdReuseMinimalInterval",
        Kind::Duration(|to| &mut to.limits.continue_interval_min),
        "operators and tests: workflows that continue as new quickly",
    ),
    setting(
        "history.workflowTaskHeartbeatTimeout",
        Kind::Duration(|to| &mut to.limits.workflow_task_heartbeat_max),
        "operators: local activities that take long",
    ),
    setting(
        "limit.blobSize.error",
        Kind::Size(|to| &mut to.limits.blob_bytes_max),
        "operators: larger payloads; tests: what happens to large ones",
    ),
    setting(
        "limit.blobSize.warn",
        Kind::Size(|to| &mut to.limits.blob_bytes_warn),
        "operators: which payloads are worth a line in the log",
    ),
    setting(
        "limit.historyCount.error",
        Kind::Count(|to| &mut to.limits.history.events_max),
        "operators: longer histories",
    ),
    setting(
        "limit.historyCount.suggestContinueAsNew",
        Kind::Count(|to| &mut to.limits.history.events_suggest_continue),
        "tests: a workflow that continues as new when it is advised to",
    ),
    setting(
        "limit.historySize.error",
        Kind::Count(|to| &mut to.limits.history.bytes_max),
        "operators: longer histories",
    ),
    setting(
        "limit.historySize.suggestContinueAsNew",
        Kind::Count(|to| &mut to.limits.history.bytes_suggest_continue),
        "tests: a workflow that continues as new when it is advised to",
    ),
    setting(
        "limit.maxIDLength",
        Kind::Size(|to| &mut to.limits.id_bytes_max),
        "operators: ids that other systems can hold; tests: what happens to long ones",
    ),
    setting("limit.memoSize.error", Kind::Size(|to| &mut to.limits.memo_bytes_max), "operators: larger memos"),
    setting(
        "limit.mutableStateSize.error",
        Kind::Size(|to| &mut to.limits.run_bytes_max),
        "operators: workflows that have very much pending",
    ),
    setting(
        "limit.numPendingActivities.error",
        Kind::Size(|to| &mut to.limits.pending.activities_max),
        "operators: workflows that fan out widely",
    ),
    setting(
        "limit.numPendingCancelRequests.error",
        Kind::Size(|to| &mut to.limits.pending.cancels_max),
        "operators: workflows that fan out widely",
    ),
    setting(
        "limit.numPendingChildExecutions.error",
        Kind::Size(|to| &mut to.limits.pending.children_max),
        "operators: workflows that fan out widely",
    ),
    setting(
        "limit.numPendingSignals.error",
        Kind::Size(|to| &mut to.limits.pending.signals_max),
        "operators: workflows that fan out widely",
    ),
    setting(
        "matching.longPollExpirationInterval",
        Kind::Duration(|to| &mut to.waits.poll),
        "operators: proxies that cut waiting calls; tests that will not wait",
    ),
    setting("matching.numTaskqueueReadPartitions", Kind::Ignored, "a task queue is one"),
    setting("matching.numTaskqueueWritePartitions", Kind::Ignored, "a task queue is one"),
    setting("matching.persistenceMaxQPS", Kind::Ignored, "the store needs no sparing"),
    setting("matching.rps", Kind::Ignored, "roles of one node do not hold each other up"),
    setting("matching.wv.VersionDrainageStatusRefreshInterval", Kind::Ignored, "worker versioning is not built yet"),
    setting(
        "matching.wv.VersionDrainageStatusVisibilityGracePeriod",
        Kind::Ignored,
        "worker versioning is not built yet",
    ),
    setting("nexusoperation.enableStandalone", Kind::Ignored, "Nexus is not built yet"),
    setting(
        "system.enableActivityEagerExecution",
        Kind::Switch(|to| &mut to.features.eager_activities),
        "tests: that activities come by their queue",
    ),
    setting("system.enableCancelActivityWorkerCommand", Kind::Ignored, "standalone activities are not built yet"),
    setting(
        "system.enableCrossNamespaceCommands",
        Kind::Switch(|to| &mut to.features.cross_namespace_commands),
        "operators: workflows that start, signal and cancel workflows of other namespaces",
    ),
    setting("system.enableDeployments", Kind::Ignored, "worker versioning is not built yet"),
    setting("system.enableDeploymentVersions", Kind::Ignored, "worker versioning is not built yet"),
    setting(
        "system.enableEagerWorkflowStart",
        Kind::Switch(|to| &mut to.features.eager_start),
        "tests: that first workflow tasks come by their queue",
    ),
    setting("system.forceSearchAttributesCacheRefreshOnRead", Kind::Ignored, "search attributes are seen at once"),
    setting("system.namespaceCacheRefreshInterval", Kind::Ignored, "namespaces are seen at once"),
    setting(
        "system.namespaceMinRetentionLocal",
        Kind::Duration(|to| &mut to.limits.retention_min),
        "tests: runs that are gone soon",
    ),
    setting("system.refreshNexusEndpointsMinWait", Kind::Ignored, "Nexus is not built yet"),
    setting(
        "system.transactionSizeLimit",
        Kind::Size(|to| &mut to.limits.transaction_bytes_max),
        "operators: workflows that decide much at once; tests: what happens to those that decide too much",
    ),
    setting("system.visibilityDisableOrderByClause", Kind::Ignored, "lists are sorted by any column"),
    setting("system.visibilityPersistenceMaxReadQPS", Kind::Ignored, "the store needs no sparing"),
    setting("system.visibilityPersistenceMaxWriteQPS", Kind::Ignored, "the store needs no sparing"),
    setting("worker.batcherConcurrency", Kind::Size(|to| &mut to.batches.concurrency), "operators: faster batches"),
    setting(
        "worker.batcherRPS",
        Kind::Rate(|to| &mut to.batches.per_second),
        "operators: faster batches, or slower ones",
    ),
    setting("worker.persistenceMaxQPS", Kind::Ignored, "the store needs no sparing"),
    setting(
        "worker.protectedNamespaces",
        Kind::Names(|to| &mut to.namespaces.protected),
        "operators: namespaces that nobody deletes by a slip of the hand",
    ),
];
/// Keys that begin so are of the scavenger of build ids, which this server does not have.
const WITHOUT_EFFECT: [&str; 2] = ["worker.buildIdScavenger", "worker.removableBuildId"];

/// The setting with this key.
pub(crate) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key.eq_ignore_ascii_case(key))
}

/// Whether the key is known, and nothing comes of it; with the reason.
pub(crate) fn without_effect(key: &str) -> Option<&'static str> {
    let lower = key.to_ascii_lowercase();
    if WITHOUT_EFFECT.iter().any(|prefix| lower.starts_with(&prefix.to_ascii_lowercase())) {
        return Some("worker versioning is not built yet");
    }
    find(key).filter(|setting| matches!(setting.kind, Kind::Ignored)).map(|setting| setting.why)
}

impl Setting {
    /// Sets it; the text says what is wrong with the value.
    pub(crate) fn set(&self, settings: &mut Settings, value: &Value) -> Result<(), &'static str> {
        self.kind.set(settings, value)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use abide_model::settings::CallbackAddress;

    use super::*;

    #[test]
    fn keys_are_in_order_and_every_setting_says_why() {
        assert!(SETTINGS.is_sorted_by_key(|setting| setting.key.to_ascii_lowercase()));
        assert!(SETTINGS.iter().all(|setting| setting.why.len() > 10));
    }

    #[test]
    fn every_kind_of_value_is_understood() {
        let mut settings = Settings::default();
        for (key, json) in [
            ("limit.blobSize.error", "10240"),
            ("limit.historyCount.suggestContinueAsNew", "50"),
            ("frontend.workflowPauseEnabled", "true"),
            ("history.longPollExpirationInterval", "\"1m30s\""),
            ("matching.longPollExpirationInterval", "5"),
            ("callback.allowedAddresses", r#"[{"Pattern":"*","AllowInsecure":true}]"#),
            ("frontend.namespaceRPS", "0.5"),
            ("frontend.namespaceBurstRatio", "1.5"),
            ("worker.protectedNamespaces", r#"["a"]"#),
        ] {
            let value = serde_json::from_str(json).expect("JSON");
            find(key).expect(key).set(&mut settings, &value).expect(json);
        }
        assert_eq!(settings.limits.blob_bytes_max, 10_240);
        assert_eq!(settings.limits.history.events_suggest_continue, 50);
        assert_eq!((settings.rates.namespace_per_second, settings.rates.burst_percent), (1, 150));
        assert_eq!(settings.namespaces.protected, ["a"]);
        assert!(settings.features.workflow_pause);
        assert_eq!(settings.waits.history, Duration::from_secs(90));
        assert_eq!(settings.waits.poll, Duration::from_secs(5));
        let anywhere = CallbackAddress { pattern: "*".into(), allow_insecure: true };
        assert_eq!(settings.callback_addresses, [anywhere]);
    }

    #[test]
    fn what_is_no_value_changes_nothing() {
        for (key, json) in [
            ("limit.blobSize.error", "-1"),
            ("limit.blobSize.error", "\"big\""),
            ("frontend.WorkflowPauseEnabled", "1"),
            ("history.longPollExpirationInterval", "\"1 fortnight\""),
            ("history.longPollExpirationInterval", "\"\""),
            ("history.longPollExpirationInterval", "-5"),
            ("callback.allowedAddresses", r#"[{"AllowInsecure":true}]"#),
            ("frontend.namespaceRPS", "-1"),
            ("worker.protectedNamespaces", "[1]"),
        ] {
            let mut settings = Settings::default();
            let value = serde_json::from_str(json).expect("JSON");
            assert!(find(key).expect(key).set(&mut settings, &value).is_err(), "{key} {json}");
            assert_eq!(settings, Settings::default());
        }
    }

    #[test]
    fn what_launchers_pass_is_known_in_any_case() {
        assert!(without_effect("frontend.enableServerVersionCheck").is_some());
        assert!(without_effect("Frontend.WorkerVersioningDataAPIs").is_some());
        assert!(without_effect("worker.buildIdScavengerEnabled").is_some());
        assert!(without_effect("frontend.namespaceRPS").is_none());
        assert!(without_effect("frontend.enableMagic").is_none());
    }
}
