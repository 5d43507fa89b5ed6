//! Tokens survive the way out and back, and nothing else does.

use proptest::prelude::*;

use super::*;

fn run(namespace: u128, workflow_id: String, run_id: u128) -> RunKey {
    RunKey {
        workflow: WorkflowKey { namespace: NamespaceId(Uuid::from_u128(namespace)), workflow_id },
        run_id: RunId(Uuid::from_u128(run_id)),
    }
}

prop_compose! {
    fn runs()(namespace: u128, workflow_id in ".{0,40}", run_id: u128) -> RunKey {
        run(namespace, workflow_id, run_id)
    }
}

fn tokens() -> impl Strategy<Value = TaskToken> {
    let numbers = (any::<i64>(), any::<i64>(), any::<i32>(), any::<u64>());
    let workflow = (runs(), numbers).prop_map(|(run, (scheduled_event_id, started_event_id, attempt, poll))| {
        TaskToken::Workflow(run, WorkflowTaskToken { scheduled_event_id, started_event_id, attempt, poll })
    });
    let activity = (runs(), any::<i64>(), any::<i32>()).prop_map(|(run, scheduled, attempt)| {
        TaskToken::Activity(run, ActivityToken { scheduled_event_id: scheduled, attempt })
    });
    let query = (runs(), any::<u128>()).prop_map(|(run, id)| TaskToken::Query(run, Uuid::from_u128(id)));
    prop_oneof![workflow, activity, query]
}

proptest! {
    #[test]
    fn a_task_token_comes_back_as_it_went(token in tokens()) {
        prop_assert_eq!(TaskToken::parse(&token.seal()), Ok(token));
    }

    #[test]
    fn a_task_token_with_one_changed_byte_is_refused(token in tokens(), at: prop::sample::Index, flip in 1..=255_u8) {
        let mut bytes = token.seal().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert_eq!(TaskToken::parse(&bytes), Err(Refusal::invalid("Error deserializing task token.")));
    }

    #[test]
    fn a_shortened_task_token_is_refused(token in tokens(), at: prop::sample::Index) {
        let bytes = token.seal();
        let length = at.index(bytes.len());
        prop_assert!(TaskToken::parse(&bytes[..length]).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_never_a_token(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(TaskToken::parse(&bytes).is_err());
        prop_assert!(HistoryPage::parse(&bytes).is_err());
        prop_assert!(NamespacesPage::parse(&bytes).is_err());
    }

    #[test]
    fn a_history_page_token_comes_back_as_it_went(
        run: u128, first in 1..i64::MAX, last: Option<i64>, virtual_ids in prop::collection::vec(any::<i64>(), 0..3),
    ) {
        let virtual_events = virtual_ids.into_iter().map(|event_id| HistoryEvent { event_id, ..Default::default() });
        let page = HistoryPage {
            last_event_id: last,
            virtual_events: virtual_events.collect(),
            ..HistoryPage::new(RunId(Uuid::from_u128(run)), first)
        };
        prop_assert_eq!(HistoryPage::parse(&page.seal()), Ok(page));
    }

    #[test]
    fn a_history_page_token_with_one_changed_byte_is_refused(
        run: u128, first in 1..i64::MAX, at: prop::sample::Index, flip in 1..=255_u8,
    ) {
        let mut bytes = HistoryPage::new(RunId(Uuid::from_u128(run)), first).seal().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert_eq!(HistoryPage::parse(&bytes), Err(Refusal::Cluster(Error::InvalidPageToken)));
    }
}

#[test]
fn one_kind_of_token_is_never_taken_for_another() {
    let page = NamespacesPage { after: "default".into() }.seal();
    assert!(HistoryPage::parse(&page).is_err());
    assert!(TaskToken::parse(&page).is_err());
    assert_eq!(NamespacesPage::parse(&page), Ok(NamespacesPage { after: "default".into() }));
}

#[test]
fn a_missing_task_token_is_named_as_such() {
    assert_eq!(TaskToken::parse(&[]), Err(Refusal::invalid("Task token not set on request.")));
}

// Workers hold tokens across a restart into a newer version.
#[test]
fn the_form_of_a_task_token_is_frozen() {
    // Of before the time of the start was kept.
    let task = WorkflowTaskToken { scheduled_event_id: 2, started_event_id: 3, attempt: 1, poll: 0 };
    let token = TaskToken::Workflow(run(1, "w".into(), 2), task);
    let text: String = token.seal().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        text,
        "01017d3f08860a1000000000000000000000000000000001120177\
         1a1000000000000000000000000000000002220608021003180\
         1"
    );
}
