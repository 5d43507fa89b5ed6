//! Tokens are no secret: whoever wants to can seal anything. What is in a sealed token is read or refused.

use abide_mutation::{Random, cases, mutated, noise};
use proptest::prelude::*;

use super::*;

/// Sealed as if it were ours.
fn sealed(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[VERSION, kind][..], &check_sum(body).to_be_bytes(), body].concat()
}

fn bodies() -> Vec<Vec<u8>> {
    let workflow = WorkflowKey { namespace: NamespaceId(Uuid::from_u128(1)), workflow_id: "order-1".into() };
    let run = RunKey { workflow, run_id: RunId(Uuid::from_u128(2)) };
    let task = WorkflowTaskToken { scheduled_event_id: 2, started_event_id: 3, attempt: 1, poll: 7 };
    let page = HistoryPage {
        last_event_id: Some(7),
        virtual_events: vec![HistoryEvent { event_id: 8, ..HistoryEvent::default() }],
        ..HistoryPage::new(RunId(Uuid::from_u128(2)), 5)
    };
    let tokens = [
        TaskToken::Workflow(run.clone(), task).seal(),
        TaskToken::Activity(run.clone(), ActivityToken { scheduled_event_id: 5, attempt: 1 }).seal(),
        TaskToken::Query(run, Uuid::from_u128(3)).seal(),
        page.seal(),
        NamespacesPage { after: "default".into() }.seal(),
    ];
    tokens.iter().map(|token| token[6..].to_vec()).collect()
}

fn parse_as_all(bytes: &[u8]) {
    if let Ok(token) = TaskToken::parse(bytes) {
        let _ = token.namespace();
        assert_eq!(TaskToken::parse(&token.seal()), Ok(token), "what was read can be sealed");
    }
    for page in [HistoryPage::parse(bytes), ReversePage::parse(bytes).map(|page| page.0)].into_iter().flatten() {
        assert!(page.run().is_some() && page.first_event_id > 0);
    }
    let _ = NamespacesPage::parse(bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(3000)))]

    #[test]
    fn a_token_that_somebody_has_sealed_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let bodies = bodies();
        let body = mutated(random.one_of(&bodies).clone().as_slice(), &bodies, random);
        for kind in 0..6 {
            parse_as_all(&sealed(kind, &body));
            parse_as_all(&sealed(kind, &noise(random, 80)));
        }
    }

    #[test]
    fn a_damaged_token_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let tokens: Vec<Vec<u8>> = bodies().iter().zip([1, 1, 1, 2, 3]).map(|(body, kind)| sealed(kind, body)).collect();
        parse_as_all(&mutated(random.one_of(&tokens).clone().as_slice(), &tokens, random));
    }
}
