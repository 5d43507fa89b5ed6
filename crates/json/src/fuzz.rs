//! Texts that are nearly requests: whatever they are, they are read or refused, and what was read can be written, decoded, and
//! read again as the same.

use abide_mutation::{Random, cases, mutated_text, odd_text};
use prost::Message;
use prost_reflect::MessageDescriptor;

use crate::{Payloads, descriptor, message_of, read};

const REQUESTS: [(&str, &str); 5] = [
    (
        "temporal.api.workflowservice.v1.StartWorkflowExecutionRequest",
        r#"{"workflowType":{"name":"T"},"taskQueue":{"name":"q","kind":"Normal"},"input":[1,{"a":[null,"\u00e9"]},null],
            "workflowRunTimeout":"1.5s","memo":{"fields":{"k":{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"MQ=="}}},
            "retryPolicy":{"backoffCoefficient":2.5,"maximumAttempts":"3","nonRetryableErrorTypes":["a","b"]}}"#,
    ),
    (
        "temporal.api.workflowservice.v1.UpdateWorkflowExecutionOptionsRequest",
        r#"{"updateMask":"versioningOverride,priority.fairnessKey"}"#,
    ),
    (
        "temporal.api.workflowservice.v1.RespondActivityTaskFailedByIdRequest",
        r#"{"failure":{"message":"m","cause":{"cause":{"applicationFailureInfo":{"type":"x","nonRetryable":true}}}}}"#,
    ),
    (
        "google.rpc.Status",
        r#"{"code":5,"details":[{"@type":"x/temporal.api.errordetails.v1.NamespaceNotFoundFailure","namespace":"n"},
            {"@type":"x/google.protobuf.Timestamp","value":"2020-01-01T00:00:00Z"}]}"#,
    ),
    ("temporal.api.common.v1.Payloads", r#"[{"_protoMessageType":"a.B","x":1e5},-0.0,"",[[]],{"metadata":{}}]"#),
];
const WORDS: [&str; 16] = [
    "null",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\"metadata\":",
    "\"encoding\":",
    "1e400",
    "-1",
    "\"@type\"",
    "\\ud83d",
    "true",
    "[\"x\"]",
];

#[test]
fn any_text_is_read_or_refused() {
    for seed in 0..u64::from(cases(2000)) {
        let random = &mut Random::of(seed);
        let (name, text) = *random.one_of(&REQUESTS);
        let text = if random.percent(95) { mutated_text(text, &WORDS, random) } else { odd_text(random) };
        for payloads in [Payloads::Shorthand, Payloads::Raw] {
            check(&descriptor(name), &text, payloads, seed);
        }
    }
}

fn check(descriptor: &MessageDescriptor, text: &str, payloads: Payloads, seed: u64) {
    let Ok(message) = read(descriptor, text, payloads) else { return };
    let bytes = message.encode_to_vec();
    let written = message_of(descriptor.clone(), &bytes, Payloads::Raw)
        .unwrap_or_else(|error| panic!("seed {seed}: what was read from {text:?} cannot be decoded: {error}"));
    let again = read(descriptor, &written.to_string(), Payloads::Raw)
        .unwrap_or_else(|error| panic!("seed {seed}: what was written, {written}, cannot be read: {error}"));
    let rewritten =
        message_of(descriptor.clone(), &again.encode_to_vec(), Payloads::Raw).expect("it was decoded before");
    assert_eq!(rewritten, written, "seed {seed}");
}
