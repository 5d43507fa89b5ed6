use prost_reflect::DynamicMessage;

use super::read;
use crate::{Payloads, descriptor, message_of};

const START: &str = "temporal.api.workflowservice.v1.StartWorkflowExecutionRequest";

fn start(text: &str, payloads: Payloads) -> Result<DynamicMessage, String> {
    read(&descriptor(START), text, payloads).map_err(|error| error.to_string())
}

fn shown(text: &str, read_as: Payloads, written_as: Payloads) -> String {
    let message = start(text, read_as).unwrap_or_else(|error| panic!("{text}: {error}"));
    let bytes = prost::Message::encode_to_vec(&message);
    message_of(descriptor(START), &bytes, written_as).expect("its own descriptor").to_string()
}

#[test]
fn what_does_not_match_is_told_with_its_place() {
    let cases = [
        ("null", "temporalproto: syntax error (line 1:1): unexpected token null"),
        ("[]", "temporalproto: syntax error (line 1:1): unexpected token ["),
        ("1", "temporalproto: syntax error (line 1:1): unexpected token 1"),
        (r#""x""#, r#"temporalproto: syntax error (line 1:1): unexpected token "x""#),
        (r#"{"foo":1}"#, r#"temporalproto: (line 1:2): unknown field "foo""#),
        (r#"{"workflowType":1}"#, "temporalproto: syntax error (line 1:17): unexpected token 1"),
        (r#"{"workflowType":{"name":5}}"#, "temporalproto: (line 1:25): invalid value for string type: 5"),
        (r#"{"workflowId":"z","workflow_id":"y"}"#, r#"temporalproto: (line 1:19): duplicate field "workflow_id""#),
        (r#"{"workflowRunTimeout":"5"}"#, r#"temporalproto: (line 1:23): invalid google.protobuf.Duration value "5""#),
        (r#"{"workflowRunTimeout":5}"#, "temporalproto: syntax error (line 1:23): unexpected token 5"),
        (r#"{"workflowIdReusePolicy":"X"}"#, r#"temporalproto: (line 1:26): invalid value for enum type: "X""#),
        (r#"{"workflowIdReusePolicy":2.5}"#, "temporalproto: (line 1:26): invalid value for enum type: 2.5"),
        (r#"{"requestEagerExecution":"true"}"#, r#"temporalproto: (line 1:26): invalid value for bool type: "true""#),
        (r#"{"input":5}"#, "temporalproto: syntax error (line 1:10): unexpected token 5"),
        ("{\n  \"header\": 1}", "temporalproto: syntax error (line 2:13): unexpected token 1"),
        (
            r#"{"retryPolicy":{"maximumAttempts":2147483648}}"#,
            "temporalproto: (line 1:35): invalid value for int32 type: 2147483648",
        ),
        (
            r#"{"retryPolicy":{"nonRetryableErrorTypes":"x"}}"#,
            r#"temporalproto: syntax error (line 1:42): unexpected token "x""#,
        ),
        (
            r#"{"retryPolicy":{"nonRetryableErrorTypes":[null]}}"#,
            "temporalproto: (line 1:43): invalid value for string type: null",
        ),
        (r#"{"memo":{"fields":{"a":1,"a":2}}}"#, r#"temporalproto: (line 1:26): duplicate map key "a""#),
        (
            r#"{"memo":{"fields":{"a":{"_protoMessageType":1}}}}"#,
            r#"temporalproto: (line 1:45): internal key "_protoMessageType" should have type string"#,
        ),
        ("{", "unexpected EOF"),
    ];
    for (text, expected) in cases {
        let error = start(text, Payloads::Shorthand).expect_err(text);
        assert_eq!(error, expected, "{text}");
    }
}

#[test]
fn without_shorthand_a_payload_is_written_out() {
    let error = start(r#"{"input":[1]}"#, Payloads::Raw).expect_err("no list");
    assert_eq!(error, "temporalproto: syntax error (line 1:10): unexpected token [");
    let written_out = r#"{"input":{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"MQ=="}]}}"#;
    assert_eq!(shown(written_out, Payloads::Raw, Payloads::Raw), written_out);
    assert_eq!(shown(written_out, Payloads::Shorthand, Payloads::Raw), written_out);
    assert_eq!(shown(written_out, Payloads::Raw, Payloads::Shorthand), r#"{"input":[1]}"#);
}

#[test]
fn shorthand_is_read_as_it_is_written() {
    let cases = [
        r#"{"input":[1,{"b":"<","a":[2]},{"metadata":{"encoding":"YmluYXJ5L251bGw="}},"x",1.5,true]}"#,
        r#"{"input":[{"_protoMessageType":"a.B","x":1}]}"#,
        r#"{"input":[{"metadata":1,"data":"MQ=="},{"metadata":{"a":"b"}},{"data":"MQ=="}]}"#,
        r#"{"input":{"payloads":[1,{"metadata":{"encoding":"YmluYXJ5L3BsYWlu"},"data":"eA=="}]}}"#,
        r#"{"memo":{"fields":{"a":"b","c":{"metadata":{"encoding":"anNvbi9wbGFpbg==","type":"eA=="},"data":"MQ=="}}}}"#,
        r#"{"input":[]}"#,
    ];
    for text in cases {
        assert_eq!(shown(text, Payloads::Shorthand, Payloads::Shorthand), text);
    }
    let null = r#"{"input":[null],"memo":{"fields":{"a":null}}}"#;
    let holds_nothing = r#"{"metadata":{"encoding":"YmluYXJ5L251bGw="}}"#;
    let expected = format!(r#"{{"input":[{holds_nothing}],"memo":{{"fields":{{"a":{holds_nothing}}}}}}}"#);
    assert_eq!(shown(null, Payloads::Shorthand, Payloads::Shorthand), expected);
}

#[test]
fn a_payload_in_shorthand_keeps_what_was_written() {
    let message = start("{\"input\":[ { \"z\" : 12345678901234567890123, \"a\": 1.0 } ]}", Payloads::Shorthand);
    let start = message
        .expect("a request")
        .transcode_to::<abide_api::temporal::api::workflowservice::v1::StartWorkflowExecutionRequest>();
    let payloads = start.expect("the same message").input.expect("an input").payloads;
    assert_eq!(payloads[0].data, r#"{"z":12345678901234567890123,"a":1.0}"#);
}

#[test]
fn values_may_be_written_in_several_ways() {
    let cases = [
        (r#"{"workflow_type":{"name":"T"}}"#, r#"{"workflowType":{"name":"T"}}"#),
        (r#"{"taskQueue":{"kind":"Sticky"}}"#, r#"{"taskQueue":{"kind":"TASK_QUEUE_KIND_STICKY"}}"#),
        (r#"{"taskQueue":{"kind":2}}"#, r#"{"taskQueue":{"kind":"TASK_QUEUE_KIND_STICKY"}}"#),
        (r#"{"taskQueue":{"kind":99}}"#, r#"{"taskQueue":{"kind":99}}"#),
        (
            r#"{"workflowIdReusePolicy":"AllowDuplicateFailedOnly"}"#,
            r#"{"workflowIdReusePolicy":"WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY"}"#,
        ),
        (r#"{"retryPolicy":{"maximumAttempts":"3"}}"#, r#"{"retryPolicy":{"maximumAttempts":3}}"#),
        (r#"{"retryPolicy":{"maximumAttempts":3.0}}"#, r#"{"retryPolicy":{"maximumAttempts":3}}"#),
        (
            r#"{"retryPolicy":{"backoffCoefficient":"Infinity"}}"#,
            r#"{"retryPolicy":{"backoffCoefficient":"Infinity"}}"#,
        ),
        (r#"{"identity":null,"workflowRunTimeout":"1.5s"}"#, r#"{"workflowRunTimeout":"1.500s"}"#),
        ("", "{}"),
        (r#"{"identity":"x"} behind it"#, r#"{"identity":"x"}"#),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text, Payloads::Shorthand, Payloads::Shorthand), expected, "{text}");
    }
}

#[test]
fn well_known_types_are_read_as_they_are_written() {
    let cases = [
        (
            "temporal.api.workflowservice.v1.UpdateWorkflowExecutionOptionsRequest",
            r#"{"updateMask":"versioningOverride.behavior,priority"}"#,
        ),
        (
            "google.rpc.Status",
            r#"{"code":5,"details":[{"@type":"x/temporal.api.errordetails.v1.NamespaceNotFoundFailure","namespace":"n"}]}"#,
        ),
        ("temporal.api.history.v1.HistoryEvent", r#"{"eventId":"7","eventTime":"2026-11-25T02:41:40.904560665Z"}"#),
    ];
    for (name, text) in cases {
        let message = read(&descriptor(name), text, Payloads::Raw).unwrap_or_else(|error| panic!("{text}: {error}"));
        let bytes = prost::Message::encode_to_vec(&message);
        let written = message_of(descriptor(name), &bytes, Payloads::Raw).expect("its own descriptor");
        assert_eq!(written.to_string(), text);
    }
    let batch = descriptor("temporal.api.workflowservice.v1.StartBatchOperationRequest");
    let error =
        read(&batch, r#"{"terminationOperation":{},"signalOperation":{}}"#, Payloads::Raw).expect_err("two operations");
    let oneof = "temporal.api.workflowservice.v1.StartBatchOperationRequest.operation";
    assert_eq!(
        error.to_string(),
        format!(r#"temporalproto: (line 1:28): error parsing "signalOperation", oneof {oneof} is already set"#)
    );
}

#[test]
fn what_is_nested_too_deeply_for_a_decoder_is_refused() {
    let nested = |depth: usize| format!("{}{{}}{}", r#"{"cause":"#.repeat(depth), "}".repeat(depth));
    let failure = descriptor("temporal.api.failure.v1.Failure");
    let deep = read(&failure, &nested(90), Payloads::Raw).expect("a decoder follows");
    let bytes = prost::Message::encode_to_vec(&deep);
    assert!(DynamicMessage::decode(failure.clone(), bytes.as_slice()).is_ok());
    let error = read(&failure, &nested(200), Payloads::Raw).expect_err("too deep");
    assert_eq!(error.to_string(), "temporalproto: exceeded max recursion depth");
}
