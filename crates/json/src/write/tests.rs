use super::*;
use crate::Payloads;
use abide_api::temporal::api::{
    common::v1::{ActivityType, Memo, Payload, Payloads as PayloadList, RetryPolicy},
    enums::v1::TaskQueueKind,
    history::v1::{HistoryEvent, WorkflowExecutionSignaledEventAttributes, history_event::Attributes},
    taskqueue::v1::TaskQueue,
};

fn payload(encoding: &str, data: &str) -> Payload {
    Payload {
        metadata: [("encoding".to_owned(), encoding.to_owned().into())].into(),
        data: data.to_owned().into(),
        ..Payload::default()
    }
}

fn text(value: &Value) -> String {
    value.to_string()
}

#[test]
fn an_event_is_written_in_declared_order_with_shorthand_payloads() {
    let input =
        PayloadList { payloads: vec![payload("json/plain", "{\"b\":1,\"a\":[2]}"), payload("binary/null", "")] };
    let event = HistoryEvent {
        event_id: 7,
        event_time: Some(prost_types::Timestamp { seconds: 10, nanos: 500_000_000 }),
        event_type: 26,
        task_id: 99,
        attributes: Some(Attributes::WorkflowExecutionSignaledEventAttributes(
            WorkflowExecutionSignaledEventAttributes {
                signal_name: "go".into(),
                input: Some(input),
                ..WorkflowExecutionSignaledEventAttributes::default()
            },
        )),
        ..HistoryEvent::default()
    };
    insta::assert_snapshot!(text(&message("temporal.api.history.v1.HistoryEvent", &event, Payloads::Shorthand)));
    insta::assert_snapshot!(text(&message("temporal.api.history.v1.HistoryEvent", &event, Payloads::Raw)));
}

#[test]
fn a_payload_with_more_metadata_keeps_it() {
    let mut typed = payload("json/plain", "\"x\"");
    typed.metadata.insert("type".into(), "Keyword".into());
    let memo = Memo { fields: [("k".into(), payload("json/plain", "1")), ("t".into(), typed)].into() };
    assert_eq!(
        text(&message("temporal.api.common.v1.Memo", &memo, Payloads::Shorthand)),
        r#"{"fields":{"k":1,"t":{"metadata":{"encoding":"anNvbi9wbGFpbg==","type":"S2V5d29yZA=="},"data":"Ingi"}}}"#
    );
}

#[test]
fn numbers_durations_and_enums_have_their_canonical_form() {
    let policy = RetryPolicy {
        initial_interval: Some(prost_types::Duration { seconds: 1, nanos: 500_000_000 }),
        backoff_coefficient: 2.0,
        maximum_interval: Some(prost_types::Duration { seconds: 100, nanos: 0 }),
        ..RetryPolicy::default()
    };
    assert_eq!(
        text(&message("temporal.api.common.v1.RetryPolicy", &policy, Payloads::Raw)),
        r#"{"initialInterval":"1.500s","backoffCoefficient":2,"maximumInterval":"100s"}"#
    );
    let queue = TaskQueue { name: "q".into(), kind: TaskQueueKind::Sticky.into(), normal_name: "n".into() };
    assert_eq!(
        text(&message("temporal.api.taskqueue.v1.TaskQueue", &queue, Payloads::Raw)),
        r#"{"name":"q","kind":"TASK_QUEUE_KIND_STICKY","normalName":"n"}"#
    );
    assert_eq!(text(&message("temporal.api.common.v1.ActivityType", &ActivityType::default(), Payloads::Raw)), "{}");
}

#[test]
fn a_json_payload_that_is_no_json_stays_a_payload() {
    let broken = payload("json/plain", "{");
    assert_eq!(
        text(&super::payload(&broken, Payloads::Shorthand)),
        r#"{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"ew=="}"#
    );
}

#[test]
fn a_list_is_in_shorthand_if_all_of_it_can_be() {
    let list = |payloads: Vec<Payload>| PayloadList { payloads };
    let mixed = list(vec![payload("json/plain", "1"), payload("binary/plain", "x")]);
    assert_eq!(
        text(&message(PAYLOADS, &mixed, Payloads::Shorthand)),
        r#"{"payloads":[1,{"metadata":{"encoding":"YmluYXJ5L3BsYWlu"},"data":"eA=="}]}"#
    );
    assert_eq!(text(&message(PAYLOADS, &list(Vec::new()), Payloads::Shorthand)), "[]");
}

#[test]
fn a_protobuf_payload_says_which_message_it_is() {
    let mut typed = payload("json/protobuf", r#"{"name":"q"}"#);
    typed.metadata.insert("messageType".into(), "temporal.api.taskqueue.v1.TaskQueue".into());
    assert_eq!(
        text(&super::payload(&typed, Payloads::Shorthand)),
        r#"{"_protoMessageType":"temporal.api.taskqueue.v1.TaskQueue","name":"q"}"#
    );
}

#[test]
fn the_details_of_a_status_are_messages_of_any_type() {
    use abide_api::google::rpc::Status;
    use abide_api::temporal::api::errordetails::v1::NamespaceNotFoundFailure;
    use prost::Message as _;

    let failure = NamespaceNotFoundFailure { namespace: "n".into() };
    let name = "type.googleapis.com/temporal.api.errordetails.v1.NamespaceNotFoundFailure";
    let any = |url: &str, value: Vec<u8>| prost_types::Any { type_url: url.into(), value };
    let details = vec![
        any(name, failure.encode_to_vec()),
        any("type.googleapis.com/google.protobuf.Duration", vec![8, 1]),
        any("nobody/knows.It", vec![1]),
    ];
    let status = Status { code: 5, message: "no".into(), details };
    assert_eq!(
        text(&message("google.rpc.Status", &status, Payloads::Shorthand)),
        format!(
            r#"{{"code":5,"message":"no","details":[{{"@type":"{name}","namespace":"n"}},{{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}},{{"@type":"nobody/knows.It","value":"AQ=="}}]}}"#
        )
    );
}
