//! How many runs there are, and of each group.

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus::{Completed, Failed};

use super::{Case, Example, Subject};

pub(super) const CASES: &[(&str, Case)] = &[
    ("counts are exact, also over rows that have changed", |subject| Box::pin(exact(subject))),
    ("groups by status, keyword and bool", |subject| Box::pin(groups(subject))),
];

async fn exact(subject: Subject) {
    assert_eq!(subject.count("").await.unwrap().total, 0);
    let runs: Vec<Example> = (0..50)
        .map(|number| Example::open(number, if number % 5 == 0 { "Fifth" } else { "Other" }).with("MyInt", "1"))
        .collect();
    subject.show(&runs).await;
    let closed: Vec<Example> =
        runs.iter().filter(|run| run.number % 10 == 0).cloned().map(|run| run.closed(Completed, 100)).collect();
    subject.show(&closed).await;
    (subject.write)(vec![runs[49].delete()]).await;
    for (query, expected) in [
        ("", 49),
        ("ExecutionStatus = 'Running'", 44),
        ("ExecutionStatus = 'Completed'", 5),
        ("WorkflowType = 'Fifth'", 10),
        ("WorkflowType = 'Fifth' AND ExecutionStatus = 'Completed'", 5),
        ("WorkflowType = 'Fifth' AND ExecutionStatus != 'Completed'", 5),
        ("WorkflowType IN ('Fifth', 'Other') AND ExecutionStatus = 'Running'", 44),
        ("MyInt = 1", 49),
        ("MyInt > 1", 0),
        ("CloseTime IS NOT NULL", 5),
        ("WorkflowId = 'order-7'", 1),
    ] {
        assert_eq!(subject.count(query).await.unwrap().total, expected, "{query}");
    }
}

async fn groups(subject: Subject) {
    let runs = [
        Example::open(1, "A").with("MyBool", "true").with("MyKeyword", "\"x\""),
        Example::open(2, "A").closed(Completed, 9).with("MyBool", "false").with("MyKeyword", "\"y\""),
        Example::open(3, "B").closed(Failed, 9).with("MyBool", "true").with("MyKeyword", "\"x\""),
        Example::open(4, "B"),
        Example::open(5, "Hidden").in_division("server"),
    ];
    subject.show(&runs).await;
    for (query, expected) in [
        (
            "GROUP BY ExecutionStatus",
            &["\"Running\" Keyword: 2", "\"Completed\" Keyword: 1", "\"Failed\" Keyword: 1"][..],
        ),
        ("WorkflowType = 'A' GROUP BY ExecutionStatus", &["\"Running\" Keyword: 1", "\"Completed\" Keyword: 1"]),
        ("WorkflowType = 'C' GROUP BY ExecutionStatus", &[]),
        ("GROUP BY WorkflowType", &["\"A\" Keyword: 2", "\"B\" Keyword: 2"]),
        ("GROUP BY MyBool", &[" Bool: 1", "false Bool: 1", "true Bool: 2"]),
        ("MyBool IS NOT NULL GROUP BY MyKeyword", &["\"x\" Keyword: 2", "\"y\" Keyword: 1"]),
        ("GROUP BY TemporalNamespaceDivision", &[" Keyword: 4", "\"server\" Keyword: 1"]),
    ] {
        let count = subject.count(query).await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let shown: Vec<String> = count
            .groups
            .iter()
            .map(|group| {
                format!("{} {}: {}", text(&group.value.data), text(&group.value.metadata["type"]), group.count)
            })
            .collect();
        assert_eq!(shown, expected, "{query}");
        assert_eq!(count.total, count.groups.iter().map(|group| group.count).sum::<u64>(), "{query}");
    }
}
