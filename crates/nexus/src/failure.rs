//! A failure as Nexus writes it: JSON with a message, and the rest of it as details that only Temporal understands.

use abide_api::temporal::api::{
    enums::v1::NexusHandlerErrorRetryBehavior,
    failure::v1::{Failure, NexusHandlerFailureInfo, failure::FailureInfo},
};
use abide_json::Payloads;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use prost::Message;
use serde_json::{Map, Value};

const FAILURE: &str = "temporal.api.failure.v1.Failure";
const PAYLOAD: &str = "temporal.api.common.v1.Payload";

/// The body of a request that says so.
pub fn body(failure: &Failure) -> Bytes {
    json(failure).to_string().into()
}

fn json(failure: &Failure) -> Value {
    let mut object = Map::new();
    object.insert("message".into(), failure.message.clone().into());
    if !failure.stack_trace.is_empty() {
        object.insert("stackTrace".into(), failure.stack_trace.clone().into());
    }
    let (kind, details) = match &failure.failure_info {
        Some(FailureInfo::NexusHandlerFailureInfo(info)) => ("nexus.HandlerError", handler_error(failure, info)),
        _ => {
            let rest = Failure { message: String::new(), stack_trace: String::new(), ..failure.clone() };
            (FAILURE, by_reflection(FAILURE, &rest))
        }
    };
    object.insert("metadata".into(), Map::from_iter([("type".to_owned(), kind.into())]).into());
    object.insert("details".into(), details);
    if let Some(cause) = &failure.cause {
        object.insert("cause".into(), json(cause));
    }
    object.into()
}

fn handler_error(failure: &Failure, info: &NexusHandlerFailureInfo) -> Value {
    let mut details = Map::new();
    if !info.r#type.is_empty() {
        details.insert("type".into(), info.r#type.clone().into());
    }
    match info.retry_behavior() {
        NexusHandlerErrorRetryBehavior::Unspecified => {}
        NexusHandlerErrorRetryBehavior::Retryable => drop(details.insert("retryableOverride".into(), true.into())),
        NexusHandlerErrorRetryBehavior::NonRetryable => drop(details.insert("retryableOverride".into(), false.into())),
    }
    if let Some(attributes) = &failure.encoded_attributes {
        let text = URL_SAFE_NO_PAD.encode(by_reflection(PAYLOAD, attributes).to_string());
        details.insert("encodedAttributes".into(), text.into());
    }
    details.into()
}

fn by_reflection(name: &str, message: &impl Message) -> Value {
    abide_json::message(name, message, Payloads::Raw)
}

#[cfg(test)]
mod tests {
    use abide_api::temporal::api::common::v1::{Payload, Payloads};
    use abide_api::temporal::api::failure::v1::{ApplicationFailureInfo, TerminatedFailureInfo};

    use super::*;

    fn application(message: &str, info: ApplicationFailureInfo) -> Failure {
        Failure {
            message: message.into(),
            failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
            ..Failure::default()
        }
    }

    fn check(failure: &Failure, expected: &str) {
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(json(failure), expected);
    }

    // The bodies are those that the reference server sent.
    #[test]
    fn a_failure_is_a_message_and_details() {
        let payload = Payload {
            metadata: [("encoding".to_owned(), "json/plain".into())].into(),
            data: "1".into(),
            ..Payload::default()
        };
        let info = ApplicationFailureInfo {
            r#type: "T".into(),
            non_retryable: true,
            details: Some(Payloads { payloads: vec![payload] }),
            ..ApplicationFailureInfo::default()
        };
        let inner = ApplicationFailureInfo { r#type: "I".into(), ..ApplicationFailureInfo::default() };
        let failure = Failure {
            stack_trace: "st".into(),
            source: "py".into(),
            cause: Some(Box::new(application("inner", inner))),
            ..application("bad", info)
        };
        check(
            &failure,
            r#"{"message":"bad","stackTrace":"st","metadata":{"type":"temporal.api.failure.v1.Failure"},
                "details":{"source":"py","cause":{"message":"inner","applicationFailureInfo":{"type":"I"}},
                    "applicationFailureInfo":{"type":"T","nonRetryable":true,"details":{"payloads":[
                        {"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"MQ=="}]}}},
                "cause":{"message":"inner","metadata":{"type":"temporal.api.failure.v1.Failure"},
                    "details":{"applicationFailureInfo":{"type":"I"}}}}"#,
        );
        let terminated = Failure {
            message: "operation terminated".into(),
            failure_info: Some(FailureInfo::TerminatedFailureInfo(TerminatedFailureInfo::default())),
            ..Failure::default()
        };
        check(
            &terminated,
            r#"{"message":"operation terminated","metadata":{"type":"temporal.api.failure.v1.Failure"},
                "details":{"terminatedFailureInfo":{}}}"#,
        );
    }

    #[test]
    fn a_handlers_failure_says_whether_it_may_be_tried_again() {
        let info = NexusHandlerFailureInfo {
            r#type: "NOT_FOUND".into(),
            retry_behavior: NexusHandlerErrorRetryBehavior::Retryable as i32,
        };
        let failure = Failure {
            message: "no".into(),
            failure_info: Some(FailureInfo::NexusHandlerFailureInfo(info)),
            ..Failure::default()
        };
        check(
            &failure,
            r#"{"message":"no","metadata":{"type":"nexus.HandlerError"},
                "details":{"type":"NOT_FOUND","retryableOverride":true}}"#,
        );
    }
}
