//! The settings: for each its key, what its values are, and who changes it and why. Keys, and the defaults that stand in
//! [`Settings::default`], are the reference server's.

use std::time::Duration;

use abide_model::Settings;
use abide_model::settings::CallbackAddress;
use serde_json::Value;

/// One setting.
pub(crate) struct Setting {
    /// Its key; case does not matter.
    pub(crate) key: &'static str,
    /// What its values are, and where they go.
    kind: Kind,
    /// Who changes it, and why.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the table, and of its documentation"))]
    pub(crate) why: &'static str,
}

/// What the values of a setting are, and where they go.
enum Kind {
    Switch(fn(&mut Settings) -> &mut bool),
    Size(fn(&mut Settings) -> &mut usize),
    Count(fn(&mut Settings) -> &mut i64),
    /// Seconds as a number, or a text as Go writes durations.
    Duration(fn(&mut Settings) -> &mut Duration),
    /// Objects with `Pattern` and `AllowInsecure`.
    Addresses(fn(&mut Settings) -> &mut Vec<CallbackAddress>),
}

const fn setting(key: &'static str, kind: Kind, why: &'static str) -> Setting {
    Setting { key, kind, why }
}

/// All of them.
pub(crate) const SETTINGS: [Setting; 36] = [
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
        "frontend.enableCancelWorkerPollsOnShutdown",
        Kind::Switch(|to| &mut to.features.cancel_polls_on_shutdown),
        "tests of SDKs: how workers end against a server that lets their polls wait",
    ),
    setting(
        "frontend.enableExecuteMultiOperation",
        Kind::Switch(|to| &mut to.features.multi_operation),
        "operators: no update with start",
    ),
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
        "frontend.ListWorkersEnabled",
        Kind::Switch(|to| &mut to.features.list_workers),
        "operators: workers are not listed",
    ),
    setting(
        "frontend.WorkerHeartbeatsEnabled",
        Kind::Switch(|to| &mut to.features.worker_heartbeats),
        "operators: what workers say about themselves is not kept",
    ),
    setting(
        "frontend.WorkflowPauseEnabled",
        Kind::Switch(|to| &mut to.features.workflow_pause),
        "operators and tests: workflows can be paused",
    ),
    setting(
        "history.defaultWorkflowTaskTimeout",
        Kind::Duration(|to| &mut to.limits.workflow_task_timeout_default),
        "operators: workers that take long over a workflow task",
    ),
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
        "history.maximumSignalsPerExecution",
        Kind::Count(|to| &mut to.limits.signals_max),
        "operators: workflows that are fed by many signals",
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
    setting(
        "system.enableActivityEagerExecution",
        Kind::Switch(|to| &mut to.features.eager_activities),
        "tests: that activities come by their queue",
    ),
    setting(
        "system.enableCrossNamespaceCommands",
        Kind::Switch(|to| &mut to.features.cross_namespace_commands),
        "operators: workflows that start, signal and cancel workflows of other namespaces",
    ),
    setting(
        "system.enableEagerWorkflowStart",
        Kind::Switch(|to| &mut to.features.eager_start),
        "tests: that first workflow tasks come by their queue",
    ),
    setting(
        "system.transactionSizeLimit",
        Kind::Size(|to| &mut to.limits.transaction_bytes_max),
        "operators: workflows that decide much at once; tests: what happens to those that decide too much",
    ),
];

/// The setting with this key.
pub(crate) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key.eq_ignore_ascii_case(key))
}

impl Setting {
    /// Sets it; the text says what is wrong with the value.
    pub(crate) fn set(&self, settings: &mut Settings, json: &str) -> Result<(), &'static str> {
        let value: Value = serde_json::from_str(json).map_err(|_| "is no JSON")?;
        match self.kind {
            Kind::Switch(place) => *place(settings) = switch(&value).ok_or("is neither true nor false")?,
            Kind::Size(place) => {
                let number = number(&value).and_then(|number| usize::try_from(number).ok());
                *place(settings) = number.ok_or("is no number from zero on")?;
            }
            Kind::Count(place) => *place(settings) = number(&value).ok_or("is no whole number")?,
            Kind::Duration(place) => *place(settings) = duration(&value).ok_or("is no duration")?,
            Kind::Addresses(place) => *place(settings) = addresses(&value).ok_or("is no list of addresses")?,
        }
        Ok(())
    }
}

fn switch(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn duration(value: &Value) -> Option<Duration> {
    match (number(value), value.as_str()) {
        (Some(seconds), _) => u64::try_from(seconds).ok().map(Duration::from_secs),
        (None, Some(text)) => go_duration(text),
        (None, None) => None,
    }
}

/// `1h30m`, `1.5s`, `20ms`: numbers with units, one behind the other.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, unit_and_rest) = rest.split_at(digits);
        let unit_end = unit_and_rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(unit_and_rest.len());
        let (unit, behind) = unit_and_rest.split_at(unit_end);
        let number: f64 = number.parse().ok()?;
        seconds += number
            * match unit {
                "d" => 86_400.0,
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = behind;
    }
    (!text.is_empty()).then_some(seconds).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn addresses(value: &Value) -> Option<Vec<CallbackAddress>> {
    let one = |value: &Value| {
        let pattern = value.get("Pattern")?.as_str()?.to_owned();
        Some(CallbackAddress { pattern, allow_insecure: value.get("AllowInsecure").is_some_and(|it| it == true) })
    };
    value.as_array()?.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
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
        ] {
            find(key).expect(key).set(&mut settings, json).expect(json);
        }
        assert_eq!(settings.limits.blob_bytes_max, 10_240);
        assert_eq!(settings.limits.history.events_suggest_continue, 50);
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
            ("callback.allowedAddresses", "{"),
        ] {
            let mut settings = Settings::default();
            assert!(find(key).expect(key).set(&mut settings, json).is_err(), "{key} {json}");
            assert_eq!(settings, Settings::default());
        }
    }
}
