use abide_api::temporal::api::{
    deployment::v1::WorkerDeploymentVersion, enums::v1::WorkerStatus, worker::v1::WorkerHostInfo,
};

use super::*;

fn worker() -> WorkerHeartbeat {
    WorkerHeartbeat {
        worker_instance_key: "key-1".into(),
        worker_identity: "me@host".into(),
        host_info: Some(WorkerHostInfo { host_name: "host".into(), ..WorkerHostInfo::default() }),
        task_queue: "orders".into(),
        deployment_version: Some(WorkerDeploymentVersion { build_id: "7".into(), deployment_name: "shop".into() }),
        sdk_name: "temporal-go".into(),
        sdk_version: "1.2.3".into(),
        status: WorkerStatus::ShuttingDown.into(),
        start_time: "2026-01-02T03:04:05Z".parse().ok(),
        ..WorkerHeartbeat::default()
    }
}

#[test]
fn workers_pass_by_what_they_said() {
    let cases = [
        ("", true),
        ("WorkerInstanceKey = 'key-1'", true),
        ("WorkerIdentity='me@host' AND HostName = \"host\"", true),
        ("TaskQueue = 'other' or TaskQueue = 'orders'", true),
        ("TaskQueue = 'other' OR TaskQueue = 'orders' AND BuildId = '8'", false),
        ("(TaskQueue = 'other' OR TaskQueue = 'orders') AND BuildId = '7'", true),
        ("DeploymentName != 'shop'", false),
        ("SdkName starts_with 'temporal-'", true),
        ("SdkName NOT STARTS_WITH 'temporal-'", false),
        ("SdkVersion IS NOT NULL AND HeartbeatTime IS NULL", true),
        ("WorkerStatus = 'ShuttingDown'", true),
        ("Status = 'ShuttingDown' AND `status` != 'Running'", true),
        ("StartTime > '2026-01-02T03:04:04Z' AND StartTime <= '2026-01-02T03:04:05Z'", true),
        ("StartTime BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-02T00:00:00Z'", false),
        ("StartTime NOT BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-02T00:00:00Z'", true),
        ("HeartbeatTime BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-02T00:00:00Z'", false),
    ];
    for (query, passes) in cases {
        assert_eq!(WorkerFilter::parse(query).unwrap().passes(&worker()), passes, "{query}");
    }
}

#[test]
fn what_cannot_be_answered_holds_of_nobody() {
    let cases = [
        "Unknown = 'x'",
        "taskqueue = 'orders'",
        "NOT TaskQueue = 'other'",
        "lower(TaskQueue) = 'orders'",
        "TaskQueue",
        "TaskQueue = ''",
        "TaskQueue > 'a'",
        "TaskQueue = 5",
        "StartTime > 'yesterday'",
        "TaskQueue BETWEEN 'a' AND 'z'",
    ];
    for query in cases {
        assert!(!WorkerFilter::parse(query).unwrap().passes(&worker()), "{query}");
    }
    let either = WorkerFilter::parse("TaskQueue = 'orders' OR Unknown = 'x'").unwrap();
    assert!(either.passes(&worker()), "what is known to hold is enough");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let cases = [
        ("TaskQueue = ", "malformed query: syntax error at position 11"),
        ("TaskQueue = 'x", "malformed query: syntax error at position 13"),
        ("TaskQueue = 'x' SdkName = 'y'", "malformed query: syntax error at position 17"),
        ("(TaskQueue = 'x'", "malformed query: syntax error at position 14"),
        ("TaskQueue IS 'x'", "malformed query: syntax error at position 14"),
        ("TaskQueue = ;", "malformed query: syntax error at position 13"),
        ("TaskQueue = 'x' LIMIT 5", "operation is not supported: 'limit' clause"),
        ("where TaskQueue = 'x'", "invalid filter: where TaskQueue = 'x'"),
        ("SELECT * from x", "invalid filter: SELECT * from x"),
    ];
    for (query, text) in cases {
        assert_eq!(WorkerFilter::parse(query), Err(Refusal::Invalid(text.to_owned().into())), "{query}");
    }
    assert!(WorkerFilter::parse(&"(".repeat(100_000)).is_err(), "and not by the stack's end");
}
