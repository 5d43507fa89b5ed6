//! Whatever a run ended with can be said as a request or is refused, and whatever is answered means something.

use std::collections::BTreeMap;

use abide_api::temporal::api::common::v1::link::WorkflowEvent;
use abide_api::temporal::api::common::v1::link::workflow_event::{EventReference, Reference};
use abide_api::temporal::api::common::v1::{Payload, Payloads};
use abide_api::temporal::api::failure::v1::{
    ApplicationFailureInfo, Failure, NexusHandlerFailureInfo, failure::FailureInfo,
};
use abide_engine::run::{Completion, Delivery};
use abide_model::{Timestamp, Url};
use abide_mutation::{Random, cases, mutated, mutated_text, noise, odd_text};
use bytes::Bytes;
use http::Response;
use proptest::prelude::*;
use prost::Message;

use crate::{answer, completion};

const BODIES: [&str; 3] = [
    r#"{"message":"later","metadata":{"type":"nexus.HandlerError"},"details":{"type":"NOT_FOUND","retryableOverride":true}}"#,
    r#"{"message":"no"}"#,
    "[[{}]]",
];
const ENCODINGS: [&str; 6] =
    ["json/plain", "binary/plain", "binary/null", "json/protobuf", "binary/protobuf", "unknown/nexus-content"];

fn payload(random: &mut Random) -> Payload {
    let encoding = (*random.one_of(&ENCODINGS)).to_owned();
    let mut metadata = BTreeMap::from([("encoding".to_owned(), Bytes::from(encoding))]);
    if random.percent(60) {
        let name = if random.percent(50) { "messageType".to_owned() } else { odd_text(random) };
        metadata.insert(name, odd_text(random).into());
    }
    Payload { metadata, data: noise(random, 50).into(), ..Payload::default() }
}

fn failure(random: &mut Random) -> Failure {
    let info = match random.below(3) {
        0 => None,
        1 => Some(FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo {
            r#type: odd_text(random),
            details: Some(Payloads { payloads: vec![payload(random)] }),
            ..ApplicationFailureInfo::default()
        })),
        _ => Some(FailureInfo::NexusHandlerFailureInfo(NexusHandlerFailureInfo {
            r#type: odd_text(random),
            retry_behavior: random.number() as i32,
        })),
    };
    let mut failure = Failure {
        message: odd_text(random),
        encoded_attributes: random.percent(30).then(|| payload(random)),
        failure_info: info,
        ..Failure::default()
    };
    for _ in 0..random.below(90) {
        failure = Failure { cause: Some(Box::new(failure)), ..Failure::default() };
    }
    let bytes = failure.encode_to_vec();
    // What is stored was decoded once.
    Failure::decode(&*mutated(&bytes, &[], random)).unwrap_or(failure)
}

fn delivery(random: &mut Random) -> Delivery {
    let completion = match random.below(3) {
        0 => Completion::Succeeded(random.percent(80).then(|| payload(random))),
        1 => Completion::Failed(Box::new(failure(random))),
        _ => Completion::Canceled(Box::new(failure(random))),
    };
    let reference = EventReference { event_id: random.number() as i64, event_type: random.below(70) as i32 };
    let header = (0..random.below(3)).map(|_| (odd_text(random), odd_text(random))).collect();
    Delivery {
        url: mutated_text("https://me:x@there:8443/a?b=c", &["%", "[", ":"], random),
        header,
        completion,
        started_at: Timestamp { nanos: random.number() as i64 },
        closed_at: Timestamp { nanos: random.number() as i64 },
        link: WorkflowEvent {
            namespace: odd_text(random),
            workflow_id: odd_text(random),
            run_id: odd_text(random),
            reference: Some(Reference::EventRef(reference)),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(100)))]

    #[test]
    fn any_end_of_a_run_is_a_request_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let delivery = delivery(random);
        if let Ok(url) = Url::parse(&delivery.url) {
            let _ = completion::request(&delivery, &url);
        }
    }

    #[test]
    fn any_answer_means_something(seed: u64) {
        let random = &mut Random::of(seed);
        let mut response = Response::builder().status(100 + random.below(900) as u16);
        let body = if random.percent(80) {
            response = response.header("content-type", *random.one_of(&["application/json", "application/json; x", "é"]));
            let sample = *random.one_of(&BODIES);
            mutated_text(sample, &["{", "[", "\"", "null", "1e999"], random).into_bytes()
        } else {
            noise(random, 200)
        };
        response = response.header("nexus-request-retryable", *random.one_of(&["true", "FALSE", "é", ""]));
        let _ = answer::read(&response.body(Bytes::from(body)).expect("a response"));
    }
}
