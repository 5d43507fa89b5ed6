//! Pages: every run once, in order, whatever is written between two of them.

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus::Completed;

use super::{Case, Example, Subject};
use crate::ListError;

pub(super) const CASES: &[(&str, Case)] = &[
    ("pages are full, and the last has no token", |subject| Box::pin(full(subject))),
    ("runs of the same rank stand in one order", |subject| Box::pin(ties(subject))),
    ("writes between pages repeat and hide nothing else", |subject| Box::pin(writes_between(subject))),
    ("a token is good for its own list only", |subject| Box::pin(tokens(subject))),
];

const ORDERS: [&str; 8] = [
    "",
    "ORDER BY StartTime",
    "ORDER BY StartTime DESC",
    "ORDER BY CloseTime",
    "ORDER BY WorkflowType, WorkflowId DESC",
    "ORDER BY MyInt DESC",
    "ORDER BY MyKeyword, MyInt",
    "MyInt >= 0 ORDER BY MyInt, StartTime",
];

/// Forty runs, of which some have the same values, and every third has ended.
fn examples() -> Vec<Example> {
    (0..40)
        .map(|number| {
            let run = Example::open(number, ["A", "B"][number as usize % 2])
                .with("MyInt", &(number % 7).to_string())
                .with("MyKeyword", ["\"x\"", "\"y\"", "\"z\""][number as usize % 3]);
            if number % 3 == 0 { run.closed(Completed, 100 + i64::from(number % 4)) } else { run }
        })
        .collect()
}

async fn full(subject: Subject) {
    subject.show(&examples()).await;
    for query in ORDERS {
        let all = subject.list(query).await;
        assert_eq!(all.len(), 40, "{query}");
        for size in [1, 7, 20, 39, 40] {
            let pages = subject.pages(query, size).await;
            let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
            let mut expected = vec![size; 40 / size];
            expected.extend((40 % size > 0).then_some(40 % size));
            assert_eq!(sizes, expected, "{query}");
            assert_eq!(pages.concat(), all, "{query}");
        }
    }
    assert_eq!(subject.pages("", 0).await.len(), 1);
}

async fn ties(subject: Subject) {
    // All begin at the same moment: only their ids tell them apart, and both halves of the database are asked.
    let runs: Vec<Example> = (0..30).map(|number| Example::open(number, "Same").with("MyInt", "1")).collect();
    let infos: Vec<_> = runs
        .iter()
        .map(|run| {
            let mut info = run.info();
            info.start_time = Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 });
            info
        })
        .collect();
    let writes = infos.iter().map(|info| crate::write(super::rows::NAMESPACE, info.clone())).collect();
    (subject.write)(writes).await;
    for query in ["", "WorkflowType = 'Same'", "MyInt = 1", "ORDER BY StartTime DESC", "ORDER BY MyInt"] {
        let mut ids = Vec::new();
        let mut token = Vec::new();
        loop {
            let page = subject.page(query, 4, &token).await.unwrap();
            ids.extend(page.executions.into_iter().map(|info| info.execution.unwrap().run_id));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        let expected: Vec<String> = infos.iter().map(|info| info.execution.clone().unwrap().run_id).collect();
        assert_eq!(ids, expected, "{query}");
    }
}

async fn writes_between(subject: Subject) {
    let runs = examples();
    for query in ORDERS {
        subject.show(&runs).await;
        let expected: Vec<u32> = subject.list(query).await.into_iter().filter(|number| number % 5 != 4).collect();
        let (mut found, mut token) = (Vec::new(), Vec::new());
        let mut next = 100;
        loop {
            let page = subject.page(query, 6, &token).await.unwrap();
            found.extend(page.executions.iter().map(super::rows::number));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
            // A new run, one that goes, one that changes without moving.
            let gone = &runs[(next as usize * 5 + 4) % 40];
            let mut touched = runs[next as usize % 40].clone();
            touched.parent = Some("parent".into());
            (subject.write)(vec![Example::open(next, "New").write(), gone.delete()]).await;
            if touched.number % 5 != 4 {
                subject.show(&[touched]).await;
            }
            next += 1;
        }
        let kept: Vec<u32> = found.into_iter().filter(|number| *number < 100 && number % 5 != 4).collect();
        assert_eq!(kept, expected, "{query}");
        (subject.write)((100..next).map(|number| Example::open(number, "New").delete()).collect()).await;
    }
}

async fn tokens(subject: Subject) {
    subject.show(&examples()).await;
    let token = subject.page("WorkflowType = 'A'", 3, b"").await.unwrap().next_page_token;
    let other = subject.page("WorkflowType = 'B'", 3, &token).await;
    assert!(matches!(other, Err(ListError::OtherPageToken)), "{other:?}");
    let broken = subject.page("WorkflowType = 'A'", 3, &token[1..]).await;
    assert!(matches!(broken, Err(ListError::InvalidPageToken)), "{broken:?}");
    assert_eq!(subject.page("WorkflowType = 'A'", 3, &token).await.unwrap().executions.len(), 3);
}
