//! What holds runs up.

use abide_api::temporal::api::activity::v1::ActivityOptions;
use abide_api::temporal::api::common::v1::ActivityType;
use abide_api::temporal::api::enums::v1::{
    EventType, PendingActivityState, TimeoutType, WorkflowTaskFailedCause as Cause,
};
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{
    TimerFiredEventAttributes, WorkflowExecutionUpdateAcceptedEventAttributes,
    WorkflowExecutionUpdateCompletedEventAttributes, WorkflowTaskCompletedEventAttributes,
    WorkflowTaskFailedEventAttributes, WorkflowTaskTimedOutEventAttributes,
};
use abide_api::temporal::api::taskqueue::v1::{PollerInfo, TaskQueue, TaskQueueStats};
use abide_api::temporal::api::workflow::v1::{
    PendingActivityInfo, PendingChildExecutionInfo, PendingNexusOperationInfo, PendingWorkflowTaskInfo,
    WorkflowExecutionExtendedInfo, WorkflowExecutionPauseInfo,
};
use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse as Found;
use prost_types::Duration;

use super::*;
use crate::pages::run::testing::{HOSTILE, at, described, event, failure, open, started, timer_started};

/// The moment of all looks.
const NOW: i64 = 1000;

/// What is found about a run with these events, the first one first, and these queues.
fn found(found: Found, events: Vec<HistoryEvent>, queues: &[Queue]) -> Vec<Reason> {
    let run = described(found);
    let glimpse = Glimpse::of(events[..1].to_vec(), events.into_iter().rev().collect());
    reasons(Seen { run: &run, glimpse: &glimpse, queues, now: at(NOW).expect("a time") })
}

/// The queue `work` with a worker that has asked a while ago.
fn polled(kind: Kind, seconds_ago: i64) -> Queue {
    let poller =
        PollerInfo { identity: "worker".into(), last_access_time: at(NOW - seconds_ago), ..PollerInfo::default() };
    Queue { name: "work".into(), kind, pollers: vec![poller], stats: TaskQueueStats::default() }
}

fn scheduled_task(attempt: i32) -> Option<PendingWorkflowTaskInfo> {
    let state = PendingWorkflowTaskState::Scheduled.into();
    Some(PendingWorkflowTaskInfo { state, scheduled_time: at(1), attempt, ..PendingWorkflowTaskInfo::default() })
}

fn activity(state: PendingActivityState) -> PendingActivityInfo {
    let queue = TaskQueue { name: "work".into(), ..TaskQueue::default() };
    PendingActivityInfo {
        activity_id: "7".into(),
        activity_type: Some(ActivityType { name: "Pay".into() }),
        state: state.into(),
        attempt: 3,
        maximum_attempts: 5,
        scheduled_time: at(5),
        last_failure: Some(failure(HOSTILE)),
        activity_options: Some(ActivityOptions { task_queue: Some(queue), ..ActivityOptions::default() }),
        ..PendingActivityInfo::default()
    }
}

fn task_failed(id: i64, cause: Cause, message: &str) -> HistoryEvent {
    let attributes = WorkflowTaskFailedEventAttributes {
        cause: cause.into(),
        failure: Some(failure(message)),
        identity: "worker".into(),
        ..WorkflowTaskFailedEventAttributes::default()
    };
    event(id, EventType::WorkflowTaskFailed, Attributes::WorkflowTaskFailedEventAttributes(Box::new(attributes)))
}

fn task_completed(id: i64) -> HistoryEvent {
    let attributes = WorkflowTaskCompletedEventAttributes::default();
    event(id, EventType::WorkflowTaskCompleted, Attributes::WorkflowTaskCompletedEventAttributes(attributes))
}

#[test]
fn a_workflow_task_that_nobody_polls_for_names_the_queue_and_who_polled_last() {
    let run = || Found { pending_workflow_task: scheduled_task(1), ..open() };
    let silent = polled(Kind::Workflow, 100);
    let last = Some(silent.pollers[0].clone());
    let expected = Reason::NobodyPolls { queue: "work".into(), kind: Kind::Workflow, since: at(1), last };
    assert_eq!(found(run(), vec![started()], &[silent]), [expected]);
    let unknown = Queue { pollers: Vec::new(), ..polled(Kind::Workflow, 0) };
    let expected = Reason::NobodyPolls { queue: "work".into(), kind: Kind::Workflow, since: at(1), last: None };
    assert_eq!(found(run(), vec![started()], &[unknown]), [expected]);
}

#[test]
fn a_workflow_task_with_a_worker_is_waited_for() {
    let run = Found { pending_workflow_task: scheduled_task(1), ..open() };
    let expected = Reason::WorkflowTaskWaits { since: at(1) };
    assert_eq!(found(run, vec![started()], &[polled(Kind::Workflow, 60)]), [expected]);
}

#[test]
fn a_workflow_task_that_a_worker_has_runs() {
    let task = PendingWorkflowTaskInfo { started_time: at(2), ..scheduled_task(1).expect("a task") };
    let state = PendingWorkflowTaskState::Started.into();
    let run = Found { pending_workflow_task: Some(PendingWorkflowTaskInfo { state, ..task }), ..open() };
    let expected = Reason::WorkflowTaskRuns { since: at(2) };
    assert_eq!(found(run, vec![started()], &[polled(Kind::Workflow, 1)]), [expected]);
}

#[test]
fn a_workflow_task_that_fails_is_told_with_its_cause_and_what_the_code_wanted() {
    let message =
        "Nondeterminism error: Activity machine does not handle this event: HistoryEvent(id: 5, TimerStarted)";
    let run = Found { pending_workflow_task: scheduled_task(4), ..open() };
    let events = vec![started(), task_completed(4), task_failed(7, Cause::NonDeterministicError, message)];
    let reasons = found(run, events, &[polled(Kind::Workflow, 1)]);
    let [Reason::WorkflowTaskFails { attempt: 4, last: Some(Problem::Failed { event_id: 7, mismatch, .. }) }] =
        &reasons[..]
    else {
        panic!("{reasons:?}");
    };
    let mismatch = mismatch.as_ref().expect("a mismatch");
    assert_eq!((mismatch.event_id, mismatch.wanted.as_deref()), (Some(5), Some("Activity")));
}

#[test]
fn a_failure_that_a_later_workflow_task_has_got_over_is_none() {
    let run = Found { pending_workflow_task: scheduled_task(1), ..open() };
    let events = vec![started(), task_failed(4, Cause::WorkflowWorkerUnhandledFailure, "x"), task_completed(7)];
    let expected = Reason::WorkflowTaskWaits { since: at(1) };
    assert_eq!(found(run, events, &[polled(Kind::Workflow, 1)]), [expected]);
}

#[test]
fn a_workflow_task_that_times_out_again_is_told() {
    let attributes = WorkflowTaskTimedOutEventAttributes {
        timeout_type: TimeoutType::StartToClose.into(),
        ..WorkflowTaskTimedOutEventAttributes::default()
    };
    let attributes = Attributes::WorkflowTaskTimedOutEventAttributes(attributes);
    let events = vec![started(), event(4, EventType::WorkflowTaskTimedOut, attributes)];
    let run = Found { pending_workflow_task: scheduled_task(2), ..open() };
    let last = Some(Problem::TimedOut { event_id: 4, timeout: TimeoutType::StartToClose });
    let expected = Reason::WorkflowTaskFails { attempt: 2, last };
    assert_eq!(found(run, events, &[polled(Kind::Workflow, 1)]), [expected]);
}

#[test]
fn activities_are_retried_paused_waiting_or_running() {
    let retried =
        PendingActivityInfo { next_attempt_schedule_time: at(NOW + 9), ..activity(PendingActivityState::Scheduled) };
    let paused = PendingActivityInfo { paused: true, ..activity(PendingActivityState::Paused) };
    let waiting = activity(PendingActivityState::Scheduled);
    let running = activity(PendingActivityState::Started);
    let pending_activities = vec![running.clone(), waiting.clone(), retried.clone(), paused.clone()];
    let run = Found { pending_activities, ..open() };
    let queues = [polled(Kind::Workflow, 1), polled(Kind::Activity, 1)];
    let expected = [
        Reason::ActivityPaused(paused),
        Reason::ActivityRetries(retried),
        Reason::ActivityWaits(waiting),
        Reason::ActivityRuns(running),
    ];
    assert_eq!(found(run, vec![started()], &queues), expected);
}

#[test]
fn an_activity_queue_without_a_worker_comes_before_the_activities_that_wait_in_it() {
    let waiting = activity(PendingActivityState::Scheduled);
    let run = Found { pending_activities: vec![waiting.clone(), waiting.clone()], ..open() };
    let silent = Queue { pollers: Vec::new(), ..polled(Kind::Activity, 0) };
    let expected = [
        Reason::NobodyPolls { queue: "work".into(), kind: Kind::Activity, since: at(5), last: None },
        Reason::ActivityWaits(waiting.clone()),
        Reason::ActivityWaits(waiting),
    ];
    assert_eq!(found(run, vec![started()], &[polled(Kind::Workflow, 1), silent]), expected);
}

#[test]
fn a_queue_at_its_limit_or_with_a_backlog_is_told() {
    let run = || Found { pending_activities: vec![activity(PendingActivityState::Scheduled)], ..open() };
    let queue = |stats| [polled(Kind::Workflow, 1), Queue { stats, ..polled(Kind::Activity, 1) }];
    let limited = TaskQueueStats { rate_limiting_active: true, ..TaskQueueStats::default() };
    let expected = Reason::RateLimited { queue: "work".into(), kind: Kind::Activity };
    assert_eq!(found(run(), vec![started()], &queue(limited))[0], expected);
    let behind = TaskQueueStats {
        approximate_backlog_count: 40,
        approximate_backlog_age: Some(Duration { seconds: 30, nanos: 0 }),
        ..TaskQueueStats::default()
    };
    let expected = Reason::Backlog { queue: "work".into(), kind: Kind::Activity, count: 40, since: at(NOW - 30) };
    assert_eq!(found(run(), vec![started()], &queue(behind))[0], expected);
}

#[test]
fn a_timer_is_waited_for_until_it_has_fired() {
    let fired = TimerFiredEventAttributes { timer_id: "a".into(), started_event_id: 5 };
    let fired = event(8, EventType::TimerFired, Attributes::TimerFiredEventAttributes(fired));
    let events =
        vec![started(), timer_started(5, "a", 1), timer_started(6, "b", 500), timer_started(7, "c", 60), fired];
    let timer =
        |id: &str, event_id, fires| Reason::Timer(Timer { id: id.into(), label: None, event_id, fires_at: at(fires) });
    let expected = [timer("c", 7, 66), timer("b", 6, 505)];
    assert_eq!(found(open(), events, &[polled(Kind::Workflow, 1)]), expected);
}

#[test]
fn a_child_a_nexus_operation_and_an_update_are_waited_for() {
    let child = PendingChildExecutionInfo { workflow_id: "child".into(), initiated_id: 5, ..Default::default() };
    let operation = PendingNexusOperationInfo { operation: "pay".into(), ..Default::default() };
    let run =
        Found { pending_children: vec![child.clone()], pending_nexus_operations: vec![operation.clone()], ..open() };
    let accepted = |id: i64, update: &str| {
        let attributes = WorkflowExecutionUpdateAcceptedEventAttributes {
            protocol_instance_id: update.into(),
            ..Default::default()
        };
        let attributes = Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(attributes);
        event(id, EventType::WorkflowExecutionUpdateAccepted, attributes)
    };
    let done = WorkflowExecutionUpdateCompletedEventAttributes { accepted_event_id: 5, ..Default::default() };
    let done = Attributes::WorkflowExecutionUpdateCompletedEventAttributes(done);
    let done = event(7, EventType::WorkflowExecutionUpdateCompleted, done);
    let events = vec![started(), accepted(5, "one"), accepted(6, "two"), done];
    let update = Update { id: "two".into(), name: String::new(), event_id: 6, since: at(5) };
    let expected = [Reason::Operation(operation), Reason::Child(child), Reason::Update(update)];
    assert_eq!(found(run, events, &[polled(Kind::Workflow, 1)]), expected);
}

#[test]
fn a_run_with_nothing_pending_waits_for_a_message() {
    let queues = [polled(Kind::Workflow, 1)];
    let expected = [Reason::Message { is_whole: true }];
    assert_eq!(found(open(), vec![started(), task_completed(4)], &queues), expected);
    let expected = [Reason::Message { is_whole: false }];
    assert_eq!(found(open(), vec![task_completed(400)], &queues), expected);
}

#[test]
fn a_run_that_begins_later_says_when() {
    let mut later = open();
    later.workflow_execution_info.as_mut().expect("an info").execution_time = at(3600);
    let expected = [Reason::Delayed { until: at(3600) }];
    assert_eq!(found(later, vec![started()], &[polled(Kind::Workflow, 1)]), expected);
}

#[test]
fn a_pause_comes_first_and_says_by_whom_and_why() {
    let pause = WorkflowExecutionPauseInfo { identity: "someone".into(), reason: HOSTILE.into(), paused_time: at(9) };
    let more = WorkflowExecutionExtendedInfo { pause_info: Some(pause.clone()), ..Default::default() };
    let run = Found { workflow_extended_info: Some(more), pending_workflow_task: scheduled_task(1), ..open() };
    let silent = Queue { pollers: Vec::new(), ..polled(Kind::Workflow, 0) };
    assert_eq!(found(run, vec![started()], &[silent])[0], Reason::Paused(pause));
}

#[test]
fn a_run_that_waits_well_and_has_no_worker_any_more_is_told_so() {
    let silent = Queue { pollers: Vec::new(), ..polled(Kind::Workflow, 0) };
    let reasons = found(open(), vec![started(), timer_started(5, "a", 60)], &[silent]);
    assert_eq!(reasons[0], Reason::NobodyWillPoll { queue: "work".into(), last: None });
    assert!(matches!(reasons[1], Reason::Timer(_)));
}

#[test]
fn a_closed_run_is_not_stuck() {
    let mut closed = open();
    let status = abide_api::temporal::api::enums::v1::WorkflowExecutionStatus::Completed;
    closed.workflow_execution_info.as_mut().expect("an info").status = status.into();
    assert_eq!(found(closed, vec![started()], &[]), []);
}

#[test]
fn every_reason_is_said_in_words_and_hostile_text_stays_text() {
    let pause = WorkflowExecutionPauseInfo { identity: HOSTILE.into(), reason: HOSTILE.into(), paused_time: at(9) };
    let poller = PollerInfo { identity: HOSTILE.into(), last_access_time: at(3), ..PollerInfo::default() };
    let mismatch =
        mismatch::Mismatch { event_id: Some(5), event: Some("TimerStarted".into()), wanted: Some("Activity".into()) };
    let failed = Problem::Failed {
        event_id: 7,
        cause: Cause::NonDeterministicError,
        message: HOSTILE.into(),
        mismatch: Some(mismatch),
        identity: HOSTILE.into(),
    };
    let timed_out = Problem::TimedOut { event_id: 7, timeout: TimeoutType::StartToClose };
    let retried =
        PendingActivityInfo { next_attempt_schedule_time: at(9), ..activity(PendingActivityState::Scheduled) };
    let child = PendingChildExecutionInfo {
        workflow_id: HOSTILE.into(),
        workflow_type_name: "Child".into(),
        ..Default::default()
    };
    let operation =
        PendingNexusOperationInfo { service: "s".into(), operation: HOSTILE.into(), attempt: 2, ..Default::default() };
    let queue = || HOSTILE.to_owned();
    let all = [
        Reason::Paused(pause),
        Reason::WorkflowTaskFails { attempt: 4, last: Some(failed) },
        Reason::WorkflowTaskFails { attempt: 2, last: Some(timed_out) },
        Reason::WorkflowTaskFails { attempt: 3, last: None },
        Reason::NobodyPolls { queue: queue(), kind: Kind::Activity, since: at(1), last: Some(poller.clone()) },
        Reason::ActivityPaused(activity(PendingActivityState::Paused)),
        Reason::ActivityRetries(retried),
        Reason::RateLimited { queue: queue(), kind: Kind::Activity },
        Reason::Backlog { queue: queue(), kind: Kind::Workflow, count: 40, since: at(4) },
        Reason::NobodyWillPoll { queue: queue(), last: Some(poller) },
        Reason::CancelRequested,
        Reason::WorkflowTaskWaits { since: at(1) },
        Reason::WorkflowTaskRuns { since: at(1) },
        Reason::ActivityWaits(activity(PendingActivityState::Scheduled)),
        Reason::ActivityRuns(activity(PendingActivityState::Started)),
        Reason::Operation(operation),
        Reason::Child(child),
        Reason::Update(Update { id: HOSTILE.into(), name: "add".into(), event_id: 6, since: at(5) }),
        Reason::Timer(Timer { id: HOSTILE.into(), label: Some(HOSTILE.into()), event_id: 5, fires_at: at(60) }),
        Reason::Delayed { until: at(60) },
        Reason::Message { is_whole: false },
    ];
    let site = std::sync::Arc::new(crate::testing::site(crate::testing::service(|_| Ok(bytes::Bytes::new()))));
    let visit = crate::visit::Visit::new(site, "t".into(), &http::Request::get("/").body(()).expect("a request"));
    let run = described(open());
    let mut said = String::new();
    for reason in all {
        let html = panel(&visit, &run, std::slice::from_ref(&reason)).into_string();
        assert!(!html.contains("<script>"), "{html}");
        let item = html.split_once("<li").and_then(|(_, rest)| rest.split_once("</li>")).expect("an item").0;
        said.push_str(&format!("<li{item}\n"));
    }
    insta::assert_snapshot!(said);
}
