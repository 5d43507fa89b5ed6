//! What people type and what servers answer, nearly right: read, shown or refused, without a panic.

use std::ffi::OsString;

use abide_api::temporal::api::history::v1::{HistoryEvent, history_event::Attributes};
use abide_api::temporal::api::{common::v1::*, history::v1::*};
use abide_mutation::{Random, cases, mutated, mutated_text, odd_text};
use proptest::prelude::*;
use prost::Message;

use crate::arguments::TimeFormat;
use crate::input::{self, Input};
use crate::json::{self, Payloads as Shown};
use crate::{duration, time};

const DURATIONS: [&str; 7] = ["1h30m", "1.5s", "100ms", "2d", "72h0m0s", "0", "+5.25\u{b5}s"];
const INPUTS: [&str; 6] = ["{\"a\": [1, 2.5e3, null]}", "\"text\"", "aGVsbG8=", "[[[]]]", "-1", "true"];
const LINES: [&str; 9] = [
    "schedule create -s s --interval 1h/5m --calendar {\"hour\":\"3\"} --type T -t q --overlap-policy Skip --end-time 2026-01-01T00:00:00Z",
    "worker deployment set-ramping-version --deployment-name d --build-id b --percentage 2.5 --yes",
    "activity start -a a --type T -t q --retry-maximum-attempts 3 --id-reuse-policy RejectDuplicate",
    "workflow start --type Order --task-queue orders --workflow-id w --input 1 --execution-timeout 1h30m",
    "workflow reset --workflow-id w --event-id 5 --reason r --reapply-exclude All --yes",
    "activity update-options --workflow-id w --activity-id a --retry-backoff-coefficient 1.5",
    "task-queue config set --task-queue q --task-queue-type activity --queue-rps-limit 2.5",
    "operator namespace update --namespace n --retention 5d --data k=v",
    "workflow show -w w --follow --output json --time-format iso",
];

/// Events as a server sends them.
fn events() -> Vec<Vec<u8>> {
    let payload = Payload {
        metadata: [("encoding".to_owned(), "json/plain".into())].into(),
        data: "{\"a\": 1}".into(),
        ..Payload::default()
    };
    let input = Some(Payloads { payloads: vec![payload.clone(), payload] });
    let started = WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType { name: "Order".into() }),
        input: input.clone(),
        workflow_run_timeout: Some(prost_types::Duration { seconds: 5, nanos: 500_000_000 }),
        attempt: 1,
        ..WorkflowExecutionStartedEventAttributes::default()
    };
    let signaled = WorkflowExecutionSignaledEventAttributes {
        signal_name: "go".into(),
        input,
        ..WorkflowExecutionSignaledEventAttributes::default()
    };
    let all = [
        Attributes::WorkflowExecutionStartedEventAttributes(started.into()),
        Attributes::WorkflowExecutionSignaledEventAttributes(signaled),
    ];
    let event = |attributes| HistoryEvent {
        event_id: 7,
        event_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 5 }),
        event_type: 1,
        attributes: Some(attributes),
        ..HistoryEvent::default()
    };
    all.into_iter().map(|attributes| event(attributes).encode_to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(1000)))]

    #[test]
    fn any_duration_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let sample = *random.one_of(&DURATIONS);
        let text = mutated_text(sample, &["ns", "us", "m", "h", "d", ".", "99999999999999999999"], random);
        if let Ok(read) = duration::parse(&text) {
            prop_assert_eq!(duration::parse(&duration::format(read)), Ok(read), "{:?} is written as it was read", text);
        }
    }

    #[test]
    fn any_time_is_shown(seconds: i64, nanos: i32, now: i64) {
        let (time, now) = (prost_types::Timestamp { seconds, nanos }, prost_types::Timestamp { seconds: now, nanos });
        for format in [TimeFormat::Relative, TimeFormat::Iso, TimeFormat::Raw] {
            let _ = time::format(&time, format, &now);
        }
        let _ = time::iso(&time);
    }

    #[test]
    fn any_input_is_a_payload_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let mut text = || {
            let sample = *random.one_of(&INPUTS);
            mutated_text(sample, &["{", "[", "\"", ",", ":", "1e999", "\\u0000", "\\ud800"], random)
        };
        let (inputs, pair) = (vec![text(), text()], format!("{}={}", text(), text()));
        for input_base64 in [false, true] {
            let given = Input {
                input: inputs.clone(),
                input_meta: vec!["encoding=json/plain".into(), pair.clone()],
                input_base64,
                ..Input::default()
            };
            let _ = given.payloads();
        }
        let _ = (input::json_pairs("memo", std::slice::from_ref(&pair)), input::pairs("memo", &[pair]));
    }

    #[test]
    fn any_event_is_shown_as_json(seed: u64) {
        let random = &mut Random::of(seed);
        let events = events();
        let bytes = mutated(random.one_of(&events).clone().as_slice(), &events, random);
        if let Ok(event) = HistoryEvent::decode(&*bytes) {
            for shown in [Shown::Shorthand, Shown::Raw] {
                let _ = json::message("temporal.api.history.v1.HistoryEvent", &event, shown).to_string();
            }
        }
    }
}

proptest! {
    // The grammar is built anew for each.
    #![proptest_config(ProptestConfig::with_cases(cases(100)))]

    #[test]
    fn any_command_line_is_read_or_refused(seed: u64) {
        let tree = crate::tree("abide");
        let random = &mut Random::of(seed);
        let mut words: Vec<String> = random.one_of(&LINES).split(' ').map(str::to_owned).collect();
        for _ in 0..=random.below(3) {
            let at = random.below(words.len());
            match random.below(3) {
                0 => words[at] = mutated_text(&words[at].clone(), &["--", "=", "-"], random),
                1 => words.insert(at, odd_text(random)),
                _ => drop(words.remove(at)),
            }
            words.push("--yes".into());
        }
        let given: Vec<OsString> = std::iter::once("abide".to_owned()).chain(words).map(OsString::from).collect();
        if let Err(error) = crate::parse(&given, &tree) {
            let _ = crate::refusal::sentence(&error, &given, &tree);
        }
    }
}
