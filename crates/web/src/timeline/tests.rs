//! Groups of events that are made by hand.

use abide_api::temporal::api::common::v1::{ActivityType, Payload, Payloads, WorkflowExecution, WorkflowType};
use abide_api::temporal::api::enums::v1::{PendingActivityState, PendingWorkflowTaskState, WorkflowTaskFailedCause};
use abide_api::temporal::api::failure::v1::Failure;
use abide_api::temporal::api::history::v1::history_event::Attributes as A;
use abide_api::temporal::api::history::v1::*;
use abide_api::temporal::api::sdk::v1::UserMetadata;
use abide_api::temporal::api::update;
use abide_api::temporal::api::workflow::v1::{PendingActivityInfo, PendingWorkflowTaskInfo};
use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;
use prost_types::{Duration, Timestamp};
use serde_json::{Value, json};

use super::pending::State;
use super::*;

/// When the runs of these tests begin, in seconds since the epoch.
const BEGAN: i64 = 1_700_000_000;

/// A history in the making: an event every second.
struct Run {
    groups: Groups,
    next: i64,
}

impl Run {
    fn begin() -> Self {
        let mut run = Self { groups: Groups::default(), next: 1 };
        let started = WorkflowExecutionStartedEventAttributes {
            workflow_type: Some(WorkflowType { name: "Order".into() }),
            workflow_id: "order-1".into(),
            attempt: 1,
            ..Default::default()
        };
        run.add(A::WorkflowExecutionStartedEventAttributes(started.into()));
        run
    }

    fn add(&mut self, attributes: A) -> i64 {
        self.add_with(attributes, None)
    }

    fn add_with(&mut self, attributes: A, user_metadata: Option<UserMetadata>) -> i64 {
        let event_id = self.next;
        self.next += 1;
        self.groups.add(&HistoryEvent {
            event_id,
            event_time: Some(Timestamp { seconds: BEGAN + event_id - 1, nanos: 0 }),
            user_metadata,
            attributes: Some(attributes),
            ..Default::default()
        });
        event_id
    }

    fn activity(&mut self, name: &str) -> i64 {
        let activity_id = self.next.to_string();
        let activity_type = Some(ActivityType { name: name.to_owned() });
        let scheduled = ActivityTaskScheduledEventAttributes { activity_id, activity_type, ..Default::default() };
        self.add(A::ActivityTaskScheduledEventAttributes(scheduled))
    }

    fn lines(&self) -> Vec<String> {
        self.groups.all().iter().map(line).collect()
    }
}

/// A group as a line.
fn line(group: &Group) -> String {
    let Group { id, category, name, key, status, start, started, end, attempt, reason, events, .. } = group;
    let seconds = |at: &Option<i64>| at.map_or("-".to_owned(), |at| (at / 1000).to_string());
    let times = format!("{}/{}/{}", start / 1000, seconds(started), seconds(end));
    let title = category.title();
    format!("{id} {title} {name:?} {key:?} {status:?} {times} #{attempt} {events:?} {reason}").trim_end().to_owned()
}

fn failure(message: &str) -> Option<Failure> {
    Some(Failure { message: message.to_owned(), ..Failure::default() })
}

fn plain(json: Value) -> Payload {
    let metadata = [("encoding".to_owned(), (&b"json/plain"[..]).into())].into();
    Payload { metadata, data: json.to_string().into(), ..Payload::default() }
}

fn started(scheduled_event_id: i64, attempt: i32) -> A {
    let started = ActivityTaskStartedEventAttributes { scheduled_event_id, attempt, ..Default::default() };
    A::ActivityTaskStartedEventAttributes(started)
}

fn completed(scheduled_event_id: i64) -> A {
    let completed = ActivityTaskCompletedEventAttributes { scheduled_event_id, ..Default::default() };
    A::ActivityTaskCompletedEventAttributes(completed)
}

fn timer(timer_id: &str, seconds: i64) -> A {
    let start_to_fire_timeout = Some(Duration { seconds, nanos: 0 });
    A::TimerStartedEventAttributes(TimerStartedEventAttributes {
        timer_id: timer_id.to_owned(),
        start_to_fire_timeout,
        ..Default::default()
    })
}

fn marker(name: &str, details: &[(&str, Value)]) -> A {
    let payloads = |value: &Value| Payloads { payloads: vec![plain(value.clone())] };
    A::MarkerRecordedEventAttributes(MarkerRecordedEventAttributes {
        marker_name: name.to_owned(),
        details: details.iter().map(|(name, value)| ((*name).to_owned(), payloads(value))).collect(),
        ..Default::default()
    })
}

fn close() -> A {
    A::WorkflowExecutionCompletedEventAttributes(WorkflowExecutionCompletedEventAttributes::default())
}

#[test]
fn an_activity_is_one_group_from_its_schedule_to_its_end() {
    let mut run = Run::begin();
    let charge = run.activity("Charge");
    let ship = run.activity("Ship");
    run.add(started(ship, 3));
    run.add(A::ActivityTaskFailedEventAttributes(ActivityTaskFailedEventAttributes {
        scheduled_event_id: ship,
        failure: Some(Failure { cause: failure("no\nboat").map(Box::new), ..failure("activity failed").unwrap() }),
        ..Default::default()
    }));
    run.add(started(charge, 1));
    run.add(completed(charge));
    assert_eq!(
        run.lines(),
        [
            r#"1 Run "Order" "order-1" Running 0/-/- #1 [1]"#,
            r#"2 Activity "Charge" "2" Completed 1/5/6 #1 [2, 6, 7]"#,
            r#"3 Activity "Ship" "3" Failed 2/3/4 #3 [3, 4, 5] no"#,
        ]
    );
    assert_eq!(run.groups.activity("2"), None, "what ended is not open");
}

#[test]
fn timers_know_when_they_are_due() {
    let mut run = Run::begin();
    let (one, two) = (run.add(timer("one", 60)), run.add(timer("two", 3600)));
    let fired = TimerFiredEventAttributes { started_event_id: one, timer_id: "one".into() };
    run.add(A::TimerFiredEventAttributes(fired));
    let canceled = TimerCanceledEventAttributes { started_event_id: two, ..Default::default() };
    run.add(A::TimerCanceledEventAttributes(canceled));
    run.add(timer("three", 5));
    assert_eq!(
        run.lines()[1..],
        [
            r#"2 Timer "one" "" Fired 1/-/3 #1 [2, 4]"#,
            r#"3 Timer "two" "" Canceled 2/-/4 #1 [3, 5]"#,
            r#"6 Timer "three" "" Started 5/-/- #1 [6]"#,
        ]
    );
    assert_eq!(run.groups.all()[3].due, Some(10_000));
}

#[test]
fn children_signals_and_cancellations_end_with_what_came_of_them() {
    let mut run = Run::begin();
    let execution = Some(WorkflowExecution { workflow_id: "child-1".into(), run_id: String::new() });
    let child = StartChildWorkflowExecutionInitiatedEventAttributes {
        workflow_id: "child-1".into(),
        workflow_type: Some(WorkflowType { name: "Pack".into() }),
        ..Default::default()
    };
    let initiated_event_id = run.add(A::StartChildWorkflowExecutionInitiatedEventAttributes(child.into()));
    run.add(A::ChildWorkflowExecutionStartedEventAttributes(ChildWorkflowExecutionStartedEventAttributes {
        initiated_event_id,
        ..Default::default()
    }));
    run.add(A::ChildWorkflowExecutionTerminatedEventAttributes(ChildWorkflowExecutionTerminatedEventAttributes {
        initiated_event_id,
        ..Default::default()
    }));
    let signal = SignalExternalWorkflowExecutionInitiatedEventAttributes {
        signal_name: "go".into(),
        workflow_execution: execution.clone(),
        ..Default::default()
    };
    let initiated_event_id = run.add(A::SignalExternalWorkflowExecutionInitiatedEventAttributes(signal));
    run.add(A::SignalExternalWorkflowExecutionFailedEventAttributes(
        SignalExternalWorkflowExecutionFailedEventAttributes { cause: 1, initiated_event_id, ..Default::default() },
    ));
    let cancel = RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
        workflow_execution: execution,
        ..Default::default()
    };
    let initiated_event_id = run.add(A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(cancel));
    run.add(A::ExternalWorkflowExecutionCancelRequestedEventAttributes(
        ExternalWorkflowExecutionCancelRequestedEventAttributes { initiated_event_id, ..Default::default() },
    ));
    run.add(A::WorkflowExecutionSignaledEventAttributes(WorkflowExecutionSignaledEventAttributes {
        signal_name: "paid".into(),
        ..Default::default()
    }));
    assert_eq!(
        run.lines()[1..],
        [
            r#"2 Child workflow "Pack" "child-1" Terminated 1/2/3 #1 [2, 3, 4]"#,
            r#"5 External signal "go" "child-1" Failed 4/-/5 #1 [5, 6] external workflow execution not found"#,
            r#"7 External cancel "child-1" "" CancelRequested 6/-/7 #1 [7, 8]"#,
            r#"9 Signal "paid" "" Signaled 8/-/8 #1 [9]"#,
        ]
    );
}

#[test]
fn an_update_is_one_group_with_and_without_an_event_that_admits_it() {
    let request = |name: &str, update_id: &str| update::v1::Request {
        meta: Some(update::v1::Meta { update_id: update_id.to_owned(), ..Default::default() }),
        input: Some(update::v1::Input { name: name.to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let mut run = Run::begin();
    run.add(A::WorkflowExecutionUpdateAdmittedEventAttributes(WorkflowExecutionUpdateAdmittedEventAttributes {
        request: Some(request("set", "a")),
        ..Default::default()
    }));
    run.add(A::WorkflowExecutionUpdateAcceptedEventAttributes(WorkflowExecutionUpdateAcceptedEventAttributes {
        protocol_instance_id: "a".into(),
        ..Default::default()
    }));
    let accepted = WorkflowExecutionUpdateAcceptedEventAttributes {
        protocol_instance_id: "b".into(),
        accepted_request: Some(request("add", "b")),
        ..Default::default()
    };
    let accepted_event_id = run.add(A::WorkflowExecutionUpdateAcceptedEventAttributes(accepted));
    let value = failure("too many").map(update::v1::outcome::Value::Failure);
    run.add(A::WorkflowExecutionUpdateCompletedEventAttributes(WorkflowExecutionUpdateCompletedEventAttributes {
        accepted_event_id,
        outcome: Some(update::v1::Outcome { value }),
        ..Default::default()
    }));
    assert_eq!(
        run.lines()[1..],
        [r#"2 Update "set" "a" Accepted 1/2/- #1 [2, 3]"#, r#"4 Update "add" "b" Failed 3/3/4 #1 [4, 5] too many"#,]
    );
}

#[test]
fn a_nexus_operation_holds_the_request_to_cancel_it() {
    let mut run = Run::begin();
    let scheduled = NexusOperationScheduledEventAttributes {
        endpoint: "bank".into(),
        service: "Accounts".into(),
        operation: "open".into(),
        ..Default::default()
    };
    let scheduled_event_id = run.add(A::NexusOperationScheduledEventAttributes(scheduled));
    let requested = NexusOperationCancelRequestedEventAttributes { scheduled_event_id, ..Default::default() };
    let requested_event_id = run.add(A::NexusOperationCancelRequestedEventAttributes(requested));
    run.add(A::NexusOperationCancelRequestCompletedEventAttributes(
        NexusOperationCancelRequestCompletedEventAttributes { requested_event_id, ..Default::default() },
    ));
    run.add(A::NexusOperationCanceledEventAttributes(NexusOperationCanceledEventAttributes {
        scheduled_event_id,
        failure: failure("as asked"),
        ..Default::default()
    }));
    let expected = r#"2 Nexus operation "Accounts.open" "bank" Canceled 1/-/4 #1 [2, 3, 4, 5] as asked"#;
    assert_eq!(run.lines()[1], expected);
}

#[test]
fn local_activities_are_read_from_the_markers_of_all_sdks() {
    let mut run = Run::begin();
    let core = json!({
        "seq": 1, "attempt": 2, "activity_id": "7", "activity_type": "Price",
        "complete_time": "2023-11-14T22:13:25Z", "original_schedule_time": "2023-11-14T22:13:22Z",
    });
    run.add(marker("core_local_activity", &[("data", core)]));
    let go = json!({ "ActivityID": "1", "ActivityType": "Tax", "ReplayTime": "2023-11-14T22:13:25Z", "Attempt": 3 });
    run.add(marker("LocalActivity", &[("data", go)]));
    run.add(marker("LocalActivity", &[("type", json!("Stock")), ("activityId", json!("x"))]));
    run.add(marker("LocalActivity", &[]));
    assert_eq!(
        run.lines()[1..],
        [
            r#"2 Local activity "Price" "7" Completed 2/-/5 #2 [2]"#,
            r#"3 Local activity "Tax" "1" Completed 2/-/2 #3 [3]"#,
            r#"4 Local activity "Stock" "x" Completed 3/-/3 #1 [4]"#,
            r#"5 Local activity "Local activity" "" Completed 4/-/4 #1 [5]"#,
        ]
    );
}

#[test]
fn other_markers_and_changes_of_properties_are_points() {
    let mut run = Run::begin();
    run.add(marker("Version", &[("change-id", json!("faster")), ("version", json!(1))]));
    run.add(marker("core_patch", &[("patch-data", json!({ "id": "cheaper", "deprecated": false }))]));
    run.add(marker("SideEffect", &[("side-effect-id", json!(4))]));
    run.add(A::UpsertWorkflowSearchAttributesEventAttributes(Default::default()));
    assert_eq!(
        run.lines()[1..],
        [
            r#"2 Marker "Version" "faster" Recorded 1/-/1 #1 [2]"#,
            r#"3 Marker "core_patch" "cheaper" Recorded 2/-/2 #1 [3]"#,
            r#"4 Marker "SideEffect" "4" Recorded 3/-/3 #1 [4]"#,
            r#"5 Property "Search attributes" "" Recorded 4/-/4 #1 [5]"#,
        ]
    );
}

#[test]
fn the_end_of_a_run_leaves_what_is_open_unfinished() {
    let mut run = Run::begin();
    run.add(A::WorkflowExecutionPausedEventAttributes(WorkflowExecutionPausedEventAttributes {
        reason: "lunch".into(),
        ..Default::default()
    }));
    run.add(A::WorkflowExecutionUnpausedEventAttributes(Default::default()));
    run.activity("Charge");
    run.add(close());
    assert_eq!(
        run.lines(),
        [
            r#"1 Run "Order" "order-1" Completed 0/-/4 #1 [1, 5]"#,
            r#"2 Run "Pause" "" Resumed 1/-/2 #1 [2, 3] lunch"#,
            r#"4 Activity "Charge" "4" Unfinished 3/-/4 #1 [4]"#,
        ]
    );
    let changed: Vec<_> = run.groups.changed_after(4).map(|group| group.id).collect();
    assert_eq!(changed, [1, 4], "the end of the run is news of both");
}

#[test]
fn what_follows_events_that_are_missing_is_a_group_as_well() {
    let mut groups = Groups::default();
    let event = |event_id, attributes| HistoryEvent { event_id, attributes: Some(attributes), ..Default::default() };
    groups.add(&event(1_000_000_000_000, completed(5)));
    groups.add(&event(1_000_000_000_001, close()));
    groups.add(&HistoryEvent { event_id: 1_000_000_000_002, event_type: 99, ..Default::default() });
    groups.add(&event(7, completed(5)));
    let names: Vec<_> = groups.all().iter().map(|group| (group.name.as_str(), group.status)).collect();
    let expected = [("Of event 5", Status::Completed), ("", Status::Completed), ("Event of type 99", Status::Recorded)];
    assert_eq!(names, expected);
    assert_eq!(groups.last_event(), 1_000_000_000_002, "what comes out of order is left out");
}

#[test]
fn every_event_is_in_exactly_one_group_wherever_adding_stopped() {
    let mut run = Run::begin();
    for number in 0..200 {
        let activity = run.activity("Charge");
        let timer = run.add(timer("wait", number));
        run.add(started(activity, 1));
        run.add(completed(activity));
        run.add(A::TimerFiredEventAttributes(TimerFiredEventAttributes {
            started_event_id: timer,
            ..Default::default()
        }));
    }
    let mut events: Vec<_> = run.groups.all().iter().flat_map(|group| group.events.clone()).collect();
    events.sort_unstable();
    assert_eq!(events, (1..=1001).collect::<Vec<_>>());
    for event_id in 1..=1001 {
        let group = run.groups.of_event(event_id).expect("every event has a group");
        assert!(group.events.contains(&event_id));
    }
}

#[test]
fn labels_are_read_if_they_are_plain_text() {
    let metadata = |summary| Some(UserMetadata { summary: Some(summary), ..UserMetadata::default() });
    let sealed = Payload { data: (&b"?"[..]).into(), ..plain(Value::Null) };
    let sealed = Payload { metadata: [("encoding".to_owned(), (&b"binary/encrypted"[..]).into())].into(), ..sealed };
    let mut run = Run::begin();
    run.add_with(timer("one", 1), metadata(plain(json!("wait for the bank"))));
    run.add_with(timer("two", 1), metadata(sealed.clone()));
    let labels: Vec<_> = run.groups.all().iter().map(|group| group.label.clone()).collect();
    assert_eq!(labels, [Label::None, Label::Text("wait for the bank".into()), Label::Encoded(sealed)]);
    let answer: Value = serde_json::from_str(&answer(&run.groups, 0, &[], BEGAN * 1000)).unwrap();
    assert_eq!(answer["groups"][1][10], "wait for the bank");
    let encoded = json!({ "metadata": { "encoding": "YmluYXJ5L2VuY3J5cHRlZA==" }, "data": "Pw==" });
    assert_eq!(answer["groups"][2][10], encoded);
}

fn described(run: &Run) -> DescribeWorkflowExecutionResponse {
    let at = |seconds| Some(Timestamp { seconds: BEGAN + seconds, nanos: 500_000_000 });
    let activity_id = run.groups.all()[1].key.clone();
    DescribeWorkflowExecutionResponse {
        pending_activities: vec![
            PendingActivityInfo {
                activity_id,
                state: PendingActivityState::Scheduled.into(),
                attempt: 4,
                maximum_attempts: 10,
                scheduled_time: at(1),
                last_attempt_complete_time: at(5),
                next_attempt_schedule_time: at(9),
                last_failure: failure("no money"),
                ..Default::default()
            },
            PendingActivityInfo { activity_id: "not read yet".into(), ..Default::default() },
        ],
        pending_workflow_task: Some(PendingWorkflowTaskInfo {
            state: PendingWorkflowTaskState::Started.into(),
            started_time: at(7),
            attempt: 12,
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[test]
fn pending_attempts_are_of_the_groups_that_they_continue() {
    let mut run = Run::begin();
    run.activity("Charge");
    let scheduled = run.add(A::WorkflowTaskScheduledEventAttributes(Default::default()));
    let failed = WorkflowTaskFailedEventAttributes {
        scheduled_event_id: scheduled,
        cause: WorkflowTaskFailedCause::NonDeterministicError.into(),
        failure: failure("the code wanted a timer"),
        ..Default::default()
    };
    run.add(A::WorkflowTaskFailedEventAttributes(failed.into()));
    let because = "non deterministic error: the code wanted a timer";
    assert_eq!(run.lines()[2], format!(r#"3 Workflow task "Workflow task" "" Failed 2/-/3 #1 [3, 4] {because}"#));
    let activity = Pending {
        group: 2,
        state: State::BackingOff,
        attempt: 4,
        attempts_max: Some(10),
        since: Some(5_500),
        next: Some(9_500),
        reason: "no money".into(),
    };
    let task = Pending {
        group: scheduled,
        state: State::Started,
        attempt: 12,
        attempts_max: None,
        since: Some(7_500),
        next: None,
        reason: because.into(),
    };
    assert_eq!(Pending::all(&run.groups, &described(&run)), [activity, task]);
}

#[test]
fn the_json_form_has_what_changed_and_all_that_is_pending() {
    let mut run = Run::begin();
    let charge = run.activity("Charge");
    run.activity("Charge");
    run.add(started(charge, 2));
    let pending = Pending::all(&run.groups, &described(&run));
    let read = |after| -> Value {
        serde_json::from_str(&answer(&run.groups, after, &pending, BEGAN * 1000 + 20_250)).unwrap()
    };
    let (all, delta, behind) = (read(0), read(3), read(99));
    assert_eq!(all["names"], json!(["Order", "Charge"]));
    assert_eq!(
        all["groups"],
        json!([
            [1, 0, 0, 0, 0, null, [], null, 1, "order-1"],
            [2, 2, 1, 2, 1000, null, [4], 3000, 2, "2"],
            [3, 2, 1, 1, 2000, null, [], null, 1, "3"],
        ])
    );
    assert_eq!(all["pending"], json!([[2, 2, 4, 10, 5500, 9500, "no money"]]));
    assert_eq!((&all["last"], &all["began"], &all["now"]), (&json!(4), &json!(BEGAN * 1000), &json!(20_250)));
    assert_eq!(delta["groups"], json!([[2, 2, 0, 2, 1000, null, [4], 3000, 2, "2"]]));
    assert_eq!((&delta["after"], &delta["pending"]), (&json!(3), &all["pending"]));
    assert_eq!(behind, all, "events that a crash took back are asked for again");
}

#[test]
fn the_numbers_of_words_are_their_places() {
    for (number, category) in Category::ALL.into_iter().enumerate() {
        assert_eq!(category as usize, number);
    }
    for (number, status) in Status::ALL.into_iter().enumerate() {
        assert_eq!(status as usize, number);
    }
    for (number, state) in State::ALL.into_iter().enumerate() {
        assert_eq!(state as usize, number);
    }
}
