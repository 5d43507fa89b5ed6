//! Which runs a query means.

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;

use super::{Case, Example, Subject};
use WorkflowExecutionStatus::{Completed, Failed, Paused, Terminated};

pub(super) const CASES: &[(&str, Case)] = &[
    ("every operator on every type", |subject| Box::pin(every_operator(subject))),
    ("what a list shows is what was written", |subject| Box::pin(shown_as_written(subject))),
    ("a run is shown once from start to close to deletion", |subject| Box::pin(once(subject))),
    ("what the server keeps for itself is hidden unless it is asked for", |subject| Box::pin(divisions(subject))),
    ("namespaces do not see each other", |subject| Box::pin(namespaces(subject))),
];

/// Runs 1 (everything), 2 (closed, other values), 3 (nothing).
fn examples() -> Vec<Example> {
    vec![
        Example::open(1, "TypeA")
            .with("MyKeyword", "\"apple\"")
            .with("MyText", "\"The quick Brown fox-trot 42\"")
            .with("MyInt", "5")
            .with("MyDouble", "1.5")
            .with("MyBool", "true")
            .with("MyDatetime", "\"2024-01-02T03:04:05Z\"")
            .with("MyKeywordList", "[\"x\",\"y\"]"),
        Example::open(2, "TypeB")
            .closed(Terminated, 60)
            .with("MyKeyword", "\"Banana\"")
            .with("MyText", "\"lazy dog\"")
            .with("MyInt", "-3")
            .with("MyDouble", "2")
            .with("MyBool", "false")
            .with("MyDatetime", "\"2025-01-02T04:04:05+01:00\"")
            .with("MyKeywordList", "[\"y\"]"),
        Example { parent: Some("order-1".into()), ..Example::open(3, "TypeC") },
    ]
}

/// Queries and the runs that they mean, open ones first, then the newest start.
const ANSWERS: &[(&str, &[u32])] = &[
    ("", &[3, 1, 2]),
    ("MyKeyword = 'apple'", &[1]),
    ("MyKeyword = 'APPLE'", &[]),
    ("MyKeyword != 'apple'", &[2]),
    ("NOT MyKeyword = 'apple'", &[2]),
    ("MyKeyword <> 'apple'", &[2]),
    ("MyKeyword > 'a'", &[1]),
    ("MyKeyword >= 'Banana'", &[1, 2]),
    ("MyKeyword < 'b'", &[1, 2]),
    ("MyKeyword IN ('apple', 'zzz')", &[1]),
    ("MyKeyword NOT IN ('apple')", &[2]),
    ("MyKeyword BETWEEN 'a' AND 'b'", &[1]),
    ("MyKeyword NOT BETWEEN 'a' AND 'b'", &[2]),
    ("MyKeyword IS NULL", &[3]),
    ("MyKeyword IS NOT NULL", &[1, 2]),
    ("NOT MyKeyword IS NULL", &[1, 2]),
    ("MyKeyword STARTS_WITH 'app'", &[1]),
    ("MyKeyword NOT STARTS_WITH 'app'", &[2]),
    ("NOT MyKeyword STARTS_WITH 'app'", &[2]),
    ("MyKeyword STARTS_WITH ''", &[1, 2]),
    ("MyKeyword CONTAINS 'nan'", &[2]),
    ("MyKeyword NOT CONTAINS 'nan'", &[1]),
    ("MyKeyword = ''", &[]),
    ("MyText = 'quick'", &[1]),
    ("MyText = 'QUICK'", &[1]),
    ("MyText = 'quick dog'", &[1, 2]),
    ("MyText = 'fox'", &[1]),
    ("MyText = 'fox-trot'", &[1]),
    ("MyText = 'qui'", &[]),
    ("MyText = '-'", &[]),
    ("MyText != 'quick'", &[3, 2]),
    ("NOT MyText = 'quick'", &[3, 2]),
    ("MyText != 'quick dog'", &[3]),
    ("MyText IS NULL", &[3]),
    ("MyText CONTAINS 'ick Bro'", &[1]),
    ("MyInt = 5", &[1]),
    ("MyInt = '5'", &[1]),
    ("MyInt = 5.0", &[1]),
    ("MyInt = 5.5", &[]),
    ("MyInt > 4.5", &[1]),
    ("MyInt = +5", &[1]),
    ("MyInt = - 3", &[2]),
    ("MyInt != 5", &[2]),
    ("MyInt > -4", &[1, 2]),
    ("MyInt BETWEEN -3 AND 5", &[1, 2]),
    ("MyInt NOT BETWEEN 0 AND 9", &[2]),
    ("MyInt IN (5, '7')", &[1]),
    ("MyInt = 99999999999999999999", &[]),
    ("MyInt < 1e3", &[1, 2]),
    ("MyDouble = 1.5", &[1]),
    ("MyDouble = '1.5'", &[1]),
    ("MyDouble = 2", &[2]),
    ("MyDouble IN (.5, 1.5e0, 2)", &[1, 2]),
    ("MyDouble BETWEEN -1 AND 1.7", &[1]),
    ("MyBool = true", &[1]),
    ("MyBool = FALSE", &[2]),
    ("MyBool = 'true'", &[1]),
    ("MyBool = 1", &[1]),
    ("MyBool != true", &[2]),
    ("MyBool IN (true, false)", &[1, 2]),
    ("MyBool IS NULL", &[3]),
    ("MyDatetime = '2024-01-02T03:04:05Z'", &[1]),
    ("MyDatetime = '2024-01-02T04:04:05+01:00'", &[1]),
    ("MyDatetime > '2024-06-01T00:00:00.123456789Z'", &[2]),
    ("MyDatetime >= 1704164645000000000", &[1, 2]),
    ("MyDatetime BETWEEN '2024-01-01T00:00:00Z' AND '2024-12-01T00:00:00Z'", &[1]),
    ("MyDatetime IN ('2024-01-02T03:04:05Z')", &[1]),
    ("MyDatetime IS NULL", &[3]),
    ("MyKeywordList = 'x'", &[1]),
    ("MyKeywordList = 'y'", &[1, 2]),
    ("MyKeywordList != 'x'", &[3, 2]),
    ("NOT MyKeywordList = 'x'", &[3, 2]),
    ("MyKeywordList IN ('x', 'q')", &[1]),
    ("MyKeywordList NOT IN ('x')", &[3, 2]),
    ("MyKeywordList NOT IN ('q')", &[3, 1, 2]),
    ("MyKeywordList IS NULL", &[3]),
    ("MyKeywordList CONTAINS 'x'", &[1]),
    ("ExecutionStatus = 'Running'", &[3, 1]),
    ("ExecutionStatus = 5", &[2]),
    ("ExecutionStatus != 'Running'", &[2]),
    ("ExecutionStatus > 'Running'", &[2]),
    ("ExecutionStatus IN ('Running', 'Terminated')", &[3, 1, 2]),
    ("ExecutionStatus = 99", &[]),
    ("ExecutionDuration > 0", &[2]),
    ("ExecutionDuration = '58s'", &[2]),
    ("ExecutionDuration < '00:01:00'", &[2]),
    ("ExecutionDuration BETWEEN '57.5s' AND '1d'", &[2]),
    ("ExecutionDuration < '-1h'", &[]),
    ("ExecutionDuration IS NULL", &[3, 1]),
    ("CloseTime IS NULL", &[3, 1]),
    ("CloseTime > '2020-01-01T00:00:00Z'", &[3, 1, 2]),
    ("CloseTime < '2099-01-01T00:00:00Z'", &[2]),
    ("CloseTime != '2020-01-01T00:00:00Z'", &[3, 1, 2]),
    ("CloseTime BETWEEN '2020-01-01T00:00:00Z' AND '2099-01-01T00:00:00Z'", &[2]),
    ("NOT CloseTime > '2020-01-01T00:00:00Z'", &[]),
    ("StartTime > '2023-11-14T22:13:21.1Z'", &[3, 2]),
    ("StartTime = 1700000002000000005", &[2]),
    ("HistoryLength > 1", &[2]),
    ("HistoryLength IS NULL", &[3, 1]),
    ("WorkflowId = 'order-2'", &[2]),
    ("WorkflowId STARTS_WITH 'order-'", &[3, 1, 2]),
    ("WorkflowId IN ('order-1', 'order-3', 'order-9')", &[3, 1]),
    ("WorkflowId CONTAINS 'der-1'", &[1]),
    ("ScheduleId = 'order-1'", &[]),
    ("RunId = '00000000-0000-0000-0000-000000000003'", &[3]),
    ("TaskQueue = 'orders'", &[3, 1, 2]),
    ("ParentWorkflowId = 'order-1'", &[3]),
    ("ParentWorkflowId IS NULL", &[1, 2]),
    ("RootWorkflowId = 'order-1'", &[3, 1]),
    ("RootRunId = '00000000-0000-0000-0000-000000000002'", &[2]),
    ("WorkflowType = 'TypeA' OR WorkflowType = 'TypeB' AND ExecutionStatus = 'Running'", &[1]),
    ("(WorkflowType = 'TypeA' OR WorkflowType = 'TypeB') AND ExecutionStatus = 'Running'", &[1]),
    ("NOT WorkflowType = 'TypeA' AND ExecutionStatus = 'Running'", &[3]),
    ("NOT (WorkflowType = 'TypeA' AND ExecutionStatus = 'Running')", &[3, 2]),
    ("NOT NOT WorkflowType = 'TypeA'", &[1]),
    ("MyInt = 5 OR WorkflowType = 'TypeC'", &[3, 1]),
    ("NOT (MyInt = 5 OR WorkflowType = 'TypeC')", &[2]),
    ("WorkflowType = 'TypeA' && ExecutionStatus = 'Running' || `MyInt` = -3", &[1, 2]),
    ("WorkflowType = \"Type\\A\" -- comment", &[1]),
    ("WorkflowType IN ('TypeA', 'TypeC') AND ExecutionStatus IN ('Running', 'Failed')", &[3, 1]),
    ("ChangeVersion = 'x'", &[]),
    ("SchedulePaused = true", &[]),
    ("TemporalNamespaceDivision IS NULL", &[3, 1, 2]),
    ("TemporalNamespaceDivision IS NOT NULL", &[]),
    ("TemporalNamespaceDivision = 'x' OR WorkflowType = 'TypeA'", &[1]),
    ("ORDER BY StartTime", &[1, 2, 3]),
    ("ORDER BY StartTime DESC", &[3, 2, 1]),
    ("ORDER BY CloseTime", &[2, 3, 1]),
    ("ORDER BY WorkflowType ASC", &[1, 2, 3]),
    ("ORDER BY MyKeyword", &[2, 1, 3]),
    ("ORDER BY MyKeyword DESC", &[1, 2, 3]),
    ("ORDER BY MyBool DESC, StartTime", &[1, 2, 3]),
    ("ORDER BY MyInt, StartTime", &[2, 1, 3]),
    ("ORDER BY MyKeywordList DESC", &[2, 1, 3]),
    ("MyInt IS NOT NULL ORDER BY MyDatetime DESC", &[2, 1]),
];

async fn every_operator(subject: Subject) {
    subject.show(&examples()).await;
    for (query, expected) in ANSWERS {
        assert_eq!(subject.list(query).await, *expected, "{query}");
        assert_eq!(subject.pages(query, 1).await.concat(), *expected, "{query}, page by page");
        if !query.contains("ORDER BY") {
            assert_eq!(subject.count(query).await.unwrap().total, expected.len() as u64, "count: {query}");
        }
    }
}

async fn shown_as_written(subject: Subject) {
    subject.show(&examples()).await;
    for example in examples() {
        let query = format!("WorkflowId = '{}'", example.workflow_id);
        let page = subject.page(&query, 10, b"").await.unwrap();
        assert_eq!(page.executions, [example.info()]);
    }
}

async fn once(subject: Subject) {
    let open = Example::open(1, "TypeA").with("MyInt", "1");
    subject.show(std::slice::from_ref(&open)).await;
    assert_eq!(subject.list("ExecutionStatus = 'Running' AND MyInt = 1").await, [1]);
    let paused = Example { status: Paused, ..open.clone() };
    subject.show(std::slice::from_ref(&paused)).await;
    assert_eq!(subject.list("CloseTime IS NULL").await, [1]);
    let closed = Example::open(1, "TypeA").closed(Completed, 5).with("MyInt", "2").with("MyKeyword", "\"new\"");
    subject.show(std::slice::from_ref(&closed)).await;
    assert_eq!(subject.list("").await, [1]);
    assert_eq!(subject.list("ExecutionStatus IN ('Running', 'Paused') OR MyInt = 1").await, [0; 0]);
    assert_eq!(subject.list("ExecutionStatus = 'Completed' AND MyInt = 2 AND MyKeyword = 'new'").await, [1]);
    (subject.write)(vec![closed.delete()]).await;
    assert_eq!(subject.list("").await, [0; 0]);
    assert_eq!(subject.count("MyInt = 2").await.unwrap().total, 0);
    subject.show(&[open]).await;
    assert_eq!(subject.list("MyInt = 1").await, [1]);
}

async fn divisions(subject: Subject) {
    let schedule = Example {
        workflow_id: "temporal-sys-scheduler:daily".into(),
        ..Example::open(2, "Scheduler").in_division("TemporalScheduler")
    };
    let batch = Example::open(3, "Batch").closed(Failed, 9).in_division("TemporalBatcher");
    subject.show(&[Example::open(1, "Scheduler"), schedule, batch]).await;
    for (query, expected) in [
        ("", &[1][..]),
        ("WorkflowType = 'Scheduler'", &[1]),
        ("ScheduleId = 'daily'", &[]),
        ("TemporalNamespaceDivision = 'TemporalScheduler'", &[2]),
        ("NamespaceDivision = 'TemporalScheduler' AND ScheduleId = 'daily'", &[2]),
        ("ScheduleId STARTS_WITH 'd' AND TemporalNamespaceDivision IS NOT NULL", &[2]),
        ("TemporalNamespaceDivision IS NOT NULL", &[2, 3]),
        ("TemporalNamespaceDivision = 'TemporalBatcher' OR WorkflowType = 'Scheduler'", &[2, 1, 3]),
        ("TemporalNamespaceDivision IS NULL", &[1]),
        ("TemporalNamespaceDivision IS NOT NULL ORDER BY TemporalNamespaceDivision", &[3, 2]),
    ] {
        assert_eq!(subject.list(query).await, expected, "{query}");
        assert_eq!(subject.pages(query, 1).await.concat(), expected, "{query}");
        if !query.contains("ORDER BY") {
            assert_eq!(subject.count(query).await.unwrap().total, expected.len() as u64, "count: {query}");
        }
    }
}

async fn namespaces(subject: Subject) {
    subject.show(&examples()).await;
    assert_eq!(subject.count_elsewhere().await, 0);
}
