//! What is written today must be readable for ever: frozen samples of every row, and round trips of any.

use std::cmp::Reverse;
use std::fmt::{Debug, Write as _};

use abide_model::{NamespaceId, RunId, Timestamp, WorkflowKey};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::search::{Columns, Field, Kind};

const NAMESPACE: NamespaceId = NamespaceId(Uuid::from_u128(0x3205_5b8c_9d7e_4f6a_8b1c_2d3e_4f50_6172));
const RUN: RunId = RunId(Uuid::from_u128(0x0193_5b8c_9d7e_7f6a_8b1c_2d3e_4f50_6172));
const STARTED_AT: Timestamp = Timestamp { nanos: 1_732_000_000_123_456_789 };

fn workflow() -> WorkflowKey {
    WorkflowKey { namespace: NAMESPACE, workflow_id: "order-1".into() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Bytes {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The first sample is what is written now; all of them are read as the same row.
fn check<K: Key + PartialEq + Debug>(samples: &[&str], key: K, record: K::Record)
where
    K::Record: PartialEq + Debug,
{
    let written = format!("{}\n{}\n", hex(&key.encode()), hex(&record.to_value()));
    assert_eq!(written, samples[0], "what is written has changed: freeze a new version instead");
    for sample in samples {
        let (key_text, value_text) = sample.trim_end().split_once('\n').expect("a sample has two lines");
        assert_eq!(K::decode(&unhex(key_text)).unwrap(), key);
        assert_eq!(K::Record::from_value(unhex(value_text)).unwrap(), record);
    }
}

#[test]
fn the_current_row_is_frozen() {
    let record = CurrentRecord {
        status: 1,
        request_id: "request-1".into(),
        started_at: STARTED_AT,
        ..CurrentRecord::of(RUN, RunId(Uuid::from_u128(7)))
    };
    assert_eq!((record.run_id(), record.first_run_id()), (RUN, RunId(Uuid::from_u128(7))));
    check(&[include_str!("../../samples/current.v1")], CurrentKey(workflow()), record);
}

#[test]
fn the_node_row_is_frozen() {
    let key = NodeKey { run_id: RUN, first_event_id: 5, transition: 3 };
    let record = NodeRecord { next_event_id: 8, changes: Bytes::from_static(b"changes") };
    check(&[include_str!("../../samples/node.v1")], key, record);
}

#[test]
fn the_snapshot_row_is_frozen() {
    let record = SnapshotRecord {
        transition: 200,
        next_event_id: 601,
        state: Bytes::from_static(b"state"),
        ..SnapshotRecord::of(&workflow())
    };
    assert_eq!(record.run_key(SnapshotKey(RUN)).workflow, workflow());
    check(&[include_str!("../../samples/snapshot.v1")], SnapshotKey(RUN), record);
}

#[test]
fn the_dispatch_row_is_frozen() {
    let key = DispatchKey {
        queue: DispatchQueue::of(NAMESPACE, 2, "worker-1"),
        priority: 4,
        scheduled_at: STARTED_AT,
        run_id: RUN,
        subject: DispatchSubject::Activity(5),
    };
    let record = DispatchRecord {
        stamp: 2,
        queue: "worker-1".into(),
        normal_queue: "orders".into(),
        scheduled_at: STARTED_AT,
        durable_start: true,
        priority: 4,
        fairness_key: "tenant".into(),
        fairness_weight: 1.5,
        ..DispatchRecord::of(&workflow())
    };
    assert_eq!(record.run_key(key).workflow, workflow());
    check(&[include_str!("../../samples/dispatch.v1")], key, record);
}

#[test]
fn the_timer_row_is_frozen() {
    let key = TimerKey::at(STARTED_AT, RUN);
    let record = TimerRecord::of(&workflow());
    assert_eq!(record.run_key(key).workflow, workflow());
    check(&[include_str!("../../samples/timer.v1")], key, record);
}

#[test]
fn the_outbound_row_is_frozen() {
    let key = OutboundKey { run_id: RUN, subject: OutboundSubject::Child(5) };
    let record = OutboundRecord::of(&workflow());
    assert_eq!(record.run_key(key).workflow, workflow());
    check(&[include_str!("../../samples/outbound.v1")], key, record);
    let key = OutboundKey { run_id: RUN, subject: OutboundSubject::Callback(2) };
    check(&[include_str!("../../samples/outbound_callback.v1")], key, OutboundRecord::of(&workflow()));
}

#[test]
fn the_retention_row_is_frozen() {
    let key = RetentionKey::at(STARTED_AT, RUN);
    let record = RetentionRecord::of(&workflow());
    assert_eq!(record.run_key(key).workflow, workflow());
    assert_eq!(key.delete_at(), Timestamp::from_millis(1_732_000_000_124));
    check(&[include_str!("../../samples/retention.v1")], key, record);
}

#[test]
fn the_visibility_row_is_frozen() {
    let key = VisibilityKey { namespace: NAMESPACE, started_at: STARTED_AT, run_id: RUN };
    let columns = sample_columns();
    let record = VisibilityRecord { info: Bytes::from_static(b"info"), columns };
    check(&[include_str!("../../samples/visibility.v2")], key, record);
    // Of the first version, whose columns are read out of the info: this one cannot be, and has none.
    let (_, old) = include_str!("../../samples/visibility.v1").trim_end().split_once('\n').unwrap();
    let record = VisibilityRecord::from_value(unhex(old)).unwrap();
    assert_eq!(record, VisibilityRecord { info: Bytes::from_static(b"info"), columns: Bytes::new() });
}

/// One column of each form.
fn sample_columns() -> Bytes {
    let mut columns = Columns::new();
    columns.text(Field::WorkflowId, "order-1");
    columns.number(Field::CloseTime, STARTED_AT.nanos);
    columns.number(Field::ExecutionStatus, 2);
    columns.attribute("Text", Kind::Text, b"\"one two\"");
    columns.attribute("Keyword", Kind::Keyword, b"\"one\"");
    columns.attribute("Int", Kind::Int, b"-7");
    columns.attribute("Double", Kind::Double, b"1.5");
    columns.attribute("Bool", Kind::Bool, b"true");
    columns.attribute("Datetime", Kind::Datetime, b"\"2024-01-02T03:04:05Z\"");
    columns.attribute("KeywordList", Kind::KeywordList, b"[\"one\",\"two\"]");
    columns.finish()
}

#[test]
fn the_batch_row_is_frozen() {
    let key = BatchKey { namespace: NAMESPACE, job_id: "job-1".into() };
    let record = BatchRecord { state: Bytes::from_static(b"state") };
    check(&[include_str!("../../samples/batch.v1")], key, record);
}

#[test]
fn the_namespace_row_is_frozen() {
    let record = NamespaceRecord { state: Bytes::from_static(b"state") };
    check(&[include_str!("../../samples/namespace.v1")], NamespaceKey(NAMESPACE), record);
}

#[test]
fn the_queue_config_row_is_frozen() {
    let key = QueueConfigKey { namespace: NAMESPACE, kind: 2, name: "orders".into() };
    let record = QueueConfigRecord { state: Bytes::from_static(b"state") };
    let (from, to) = QueueConfigKey::range();
    assert!(from < key.encode() && key.encode() < to.unwrap());
    check(&[include_str!("../../samples/queue_config.v1")], key, record);
}

#[test]
fn the_fence_row_is_frozen() {
    check(&[include_str!("../../samples/fence.v1")], FenceKey, FenceRecord { epoch: 9 });
}

#[test]
fn the_keys_of_a_run_are_within_its_range_and_found_by_event() {
    let (from, to) = NodeKey::range(RUN);
    let key = |first_event_id, transition| NodeKey { run_id: RUN, first_event_id, transition }.encode();
    for key in [key(0, 0), key(u64::MAX, u64::MAX)] {
        assert!(from <= key && key < to.clone().unwrap());
    }
    assert!(key(5, u64::MAX) < NodeKey::behind_event(RUN, 5));
    assert!(NodeKey::behind_event(RUN, 5) <= key(6, 0));
    let namespace = NamespaceKey(NAMESPACE).encode();
    let (from, to) = NamespaceKey::range();
    assert!(from < namespace && namespace < to.unwrap());
    assert!(FenceKey.encode() < from);
}

fn uuids() -> impl Strategy<Value = Uuid> {
    // Few different ones, so that the later fields decide the order as well.
    prop_oneof![any::<u128>(), 0_u128..3].prop_map(Uuid::from_u128)
}

fn current() -> impl Strategy<Value = CurrentKey> {
    let key = |(namespace, workflow_id)| CurrentKey(WorkflowKey { namespace: NamespaceId(namespace), workflow_id });
    (uuids(), ".{0,20}").prop_map(key)
}

fn node() -> impl Strategy<Value = NodeKey> {
    let key = |(run_id, first_event_id, transition)| NodeKey { run_id: RunId(run_id), first_event_id, transition };
    (uuids(), any::<u64>(), any::<u64>()).prop_map(key)
}

fn dispatch() -> impl Strategy<Value = DispatchKey> {
    let subject = prop_oneof![Just(DispatchSubject::WorkflowTask), any::<u64>().prop_map(DispatchSubject::Activity)];
    let queue = prop_oneof![any::<u64>(), 0_u64..3];
    let nanos = prop_oneof![any::<i64>(), -2_i64..2];
    (queue, 1_u8..6, nanos, uuids(), subject).prop_map(|(queue, priority, nanos, run_id, subject)| DispatchKey {
        queue: DispatchQueue(queue),
        priority,
        scheduled_at: Timestamp { nanos },
        run_id: RunId(run_id),
        subject,
    })
}

fn timer() -> impl Strategy<Value = TimerKey> {
    (0_u64..5, uuids()).prop_map(|(fire_at_millis, run_id)| TimerKey { fire_at_millis, run_id: RunId(run_id) })
}

fn outbound() -> impl Strategy<Value = OutboundKey> {
    let subject = prop_oneof![
        any::<u64>().prop_map(OutboundSubject::Child),
        any::<u64>().prop_map(OutboundSubject::Signal),
        any::<u64>().prop_map(OutboundSubject::Cancel),
        Just(OutboundSubject::Parent),
        any::<u64>().prop_map(OutboundSubject::Callback),
    ];
    (uuids(), subject).prop_map(|(run_id, subject)| OutboundKey { run_id: RunId(run_id), subject })
}

fn retention() -> impl Strategy<Value = RetentionKey> {
    (0_u64..5, uuids()).prop_map(|(delete_at_millis, run_id)| RetentionKey { delete_at_millis, run_id: RunId(run_id) })
}

fn visibility() -> impl Strategy<Value = VisibilityKey> {
    let nanos = prop_oneof![any::<i64>(), -2_i64..2, Just(i64::MIN), Just(i64::MAX)];
    (uuids(), nanos, uuids()).prop_map(|(namespace, nanos, run_id)| VisibilityKey {
        namespace: NamespaceId(namespace),
        started_at: Timestamp { nanos },
        run_id: RunId(run_id),
    })
}

/// Two keys read back, and compare as bytes like their fields do.
fn compare<K: Key + PartialEq + Debug, F: Ord>(one: &K, other: &K, fields: impl Fn(&K) -> F) {
    assert_eq!(K::decode(&one.encode()).unwrap(), *one);
    assert_eq!(one.encode().cmp(&other.encode()), fields(one).cmp(&fields(other)), "{one:?} {other:?}");
}

proptest! {
    #[test]
    fn keys_read_back_and_compare_like_their_fields(
        current in (current(), current()),
        node in (node(), node()),
        dispatch in (dispatch(), dispatch()),
        timer in (timer(), timer()),
        outbound in (outbound(), outbound()),
        retention in (retention(), retention()),
        visibility in (visibility(), visibility()),
    ) {
        compare(&current.0, &current.1, Clone::clone);
        compare(&node.0, &node.1, |key| *key);
        compare(&dispatch.0, &dispatch.1, |key| *key);
        compare(&timer.0, &timer.1, |key| *key);
        compare(&outbound.0, &outbound.1, |key| *key);
        compare(&retention.0, &retention.1, |key| *key);
        compare(&visibility.0, &visibility.1, |key| (key.namespace, Reverse(key.started_at), key.run_id));
    }

    #[test]
    fn broken_keys_are_corrupt_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..45)) {
        let _ = (CurrentKey::decode(&bytes), NodeKey::decode(&bytes), SnapshotKey::decode(&bytes));
        let _ = (DispatchKey::decode(&bytes), TimerKey::decode(&bytes), VisibilityKey::decode(&bytes));
        let _ = (NamespaceKey::decode(&bytes), QueueConfigKey::decode(&bytes), FenceKey::decode(&bytes));
        let _ = (RetentionKey::decode(&bytes), OutboundKey::decode(&bytes));
    }

    #[test]
    fn records_read_back(
        run_id in uuids(), text in ".{0,20}", number in any::<u64>(), flag in any::<bool>(),
        nanos in any::<i64>(), blob in proptest::collection::vec(any::<u8>(), 0..50),
    ) {
        let blob = Bytes::from(blob);
        let workflow = WorkflowKey { namespace: NamespaceId(run_id), workflow_id: text.clone() };
        let time = Timestamp { nanos };
        let current = CurrentRecord {
            status: number as i32, request_id: text.clone(), started_at: time,
            ..CurrentRecord::of(RunId(run_id), RUN)
        };
        prop_assert_eq!(CurrentRecord::from_value(current.to_value()).unwrap(), current);
        let node = NodeRecord { next_event_id: number, changes: blob.clone() };
        prop_assert_eq!(NodeRecord::from_value(node.to_value()).unwrap(), node);
        let snapshot = SnapshotRecord {
            transition: number, next_event_id: number, state: blob.clone(), ..SnapshotRecord::of(&workflow)
        };
        prop_assert_eq!(SnapshotRecord::from_value(snapshot.to_value()).unwrap(), snapshot);
        let dispatch = DispatchRecord {
            stamp: number, queue: text.clone(), normal_queue: text.clone(), scheduled_at: time, durable_start: flag,
            priority: number as i32, ..DispatchRecord::of(&workflow)
        };
        prop_assert_eq!(DispatchRecord::from_value(dispatch.to_value()).unwrap(), dispatch);
        let timer = TimerRecord::of(&workflow);
        prop_assert_eq!(TimerRecord::from_value(timer.to_value()).unwrap(), timer);
        let outbound = OutboundRecord::of(&workflow);
        prop_assert_eq!(OutboundRecord::from_value(outbound.to_value()).unwrap(), outbound);
        let retention = RetentionRecord::of(&workflow);
        prop_assert_eq!(RetentionRecord::from_value(retention.to_value()).unwrap(), retention);
        let visibility = VisibilityRecord { info: blob.clone(), columns: blob.clone() };
        prop_assert_eq!(VisibilityRecord::from_value(visibility.to_value()).unwrap(), visibility);
        let namespace = NamespaceRecord { state: blob };
        prop_assert_eq!(NamespaceRecord::from_value(namespace.to_value()).unwrap(), namespace);
    }
}
