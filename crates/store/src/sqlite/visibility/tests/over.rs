//! Rows that are still in the log: a page reads little more than itself among them, too.

use super::*;

/// A store with so many runs, none of them in the database.
async fn unmoved(path: &Path, runs: i64) -> SqliteStore {
    let options = Options { log_bytes: usize::MAX, ..Options::default() };
    let store = SqliteStore::open(path, &options).unwrap();
    let fence = std::sync::Arc::new(store.acquire(0..=0).await.unwrap());
    commit(&store, &fence, (0..runs).map(|number| key(number).put(Partition::SHARED, &record(number))).collect()).await;
    store
}

fn by(field: Field, direction: Direction) -> Vec<Order> {
    vec![Order { column: field.into(), direction }]
}

fn equal(field: Field, value: Value) -> Filter {
    Filter::Compare(field.into(), Comparison::Equal, value).and(Filter::is_workflow())
}

#[tokio::test]
async fn a_page_out_of_the_log_reads_little_more_than_itself() {
    let folder = TempDir::new().unwrap();
    let store = unmoved(&folder.path().join("data.db"), 10_000).await;
    let text = |text: &str| Value::Text(text.into());
    let started = Filter::Compare(Field::StartTime.into(), Comparison::Less, Value::Number(50));
    for (filter, orders) in [
        (Filter::is_workflow(), Vec::new()),
        (Filter::is_workflow(), by(Field::StartTime, Direction::Descending)),
        (Filter::is_workflow(), by(Field::StartTime, Direction::Ascending)),
        (equal(Field::WorkflowType, text("Odd")), Vec::new()),
        (equal(Field::WorkflowId, text("order-77")), Vec::new()),
        (equal(Field::WorkflowId, text("order-77")), by(Field::TaskQueue, Direction::Descending)),
        (equal(Field::ExecutionStatus, Value::Number(3)), by(Field::TaskQueue, Direction::Descending)),
        (size(Comparison::Equal, 4), Vec::new()),
        (started, Vec::new()),
    ] {
        let plan = plan(&store, filter.clone(), orders).await;
        assert!(plan.rows_read <= 200, "{filter:?}: {plan:?}");
        assert!(!plan.is_wide, "{filter:?}");
    }
    let plan = plan(&store, Filter::is_workflow(), by(Field::HistoryLength, Direction::Ascending)).await;
    assert!(plan.is_wide && plan.rows_read == 10_000, "{plan:?}");
}

#[tokio::test]
async fn a_page_behind_another_reads_nothing_of_it() {
    let folder = TempDir::new().unwrap();
    let store = unmoved(&folder.path().join("data.db"), 10_000).await;
    let first = store.find(search(Filter::is_workflow(), Vec::new())).await.unwrap();
    let mut next = search(Filter::is_workflow(), Vec::new());
    next.after = first.next;
    for _ in 0..100 {
        let page = store.find(next.clone()).await.unwrap();
        assert!(page.rows.len() == 3 && page.plan.rows_read <= 8, "{:?}", page.plan);
        next.after = page.next;
    }
}

#[tokio::test]
async fn counts_look_up_only_what_may_have_been_there_before() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data.db");
    let store = filled(&path, 2000).await;
    let fence = std::sync::Arc::new(store.acquire(0..=0).await.unwrap());
    let new = (2000..12_000).map(|number| key(number).put(Partition::SHARED, &record(number)));
    commit(&store, &fence, new.collect()).await;
    commit(&store, &fence, vec![key(7).delete(Partition::SHARED)]).await;
    let all = Tally { namespace: NAMESPACE, filter: Filter::is_workflow(), groups: Vec::new() };
    let (groups, plan) = store.count(all).await.unwrap();
    assert_eq!(groups[0].count, 11_999);
    // Those in the log, and those of the database whose neighbours are in the log as well.
    assert!((10_000..10_200).contains(&plan.rows_read), "{plan:?}");
    assert!(plan.is_wide);
    let one = equal(Field::WorkflowId, Value::Text("order-11111".into()));
    let (groups, plan) = store.count(Tally { namespace: NAMESPACE, filter: one, groups: Vec::new() }).await.unwrap();
    assert_eq!(groups[0].count, 1);
    assert!(plan.rows_read < 500 && !plan.is_wide, "{plan:?}");
}
