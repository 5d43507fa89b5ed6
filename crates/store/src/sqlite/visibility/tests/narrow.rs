//! Ranges that are not in the order of the list, and bounds in time: a page reads little more than itself.

use super::*;

#[tokio::test]
async fn a_page_out_of_a_range_or_an_interval_reads_little_more_than_itself() {
    let folder = TempDir::new().unwrap();
    let store = filled(&folder.path().join("data.db"), 10_000).await;
    let started = |comparison, nanos| {
        Filter::Compare(Field::StartTime.into(), comparison, Value::Number(nanos)).and(Filter::is_workflow())
    };
    let odd = Filter::Compare(Field::WorkflowType.into(), Comparison::Equal, Value::Text("Odd".into()));
    let closed = Filter::Not(Box::new(Filter::IsNull(Field::CloseTime.into()))).and(Filter::is_workflow());
    for (filter, expected) in [
        (size(Comparison::Greater, 2), 3),
        (size(Comparison::AtMost, 5), 3),
        (started(Comparison::Less, 5000), 3),
        (started(Comparison::Less, 5000).and(odd.clone()), 3),
        (started(Comparison::Greater, 5000).and(started(Comparison::Less, 6000)).and(odd), 3),
        (size(Comparison::Equal, 4).and(started(Comparison::Less, 4000)), 3),
        (closed.and(size(Comparison::Equal, 4)), 0),
    ] {
        let found = store.find(search(filter.clone(), Vec::new())).await.unwrap();
        assert_eq!(found.rows.len(), expected, "{filter:?}");
        assert!(found.plan.rows_read <= 8 && !found.plan.is_wide, "{filter:?}: {:?}", found.plan);
    }
}
