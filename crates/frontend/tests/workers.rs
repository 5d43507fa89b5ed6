//! What workers poll and answer, over stand-ins for the other roles.
#![allow(clippy::unwrap_used)]

mod fakes;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use abide_api::temporal::api::{
    command::v1::{Command as WorkerCommand, UpsertWorkflowSearchAttributesCommandAttributes, command::Attributes},
    common::v1::{ActivityType, Payload, Payloads, SearchAttributes},
    deployment::v1::WorkerDeploymentOptions,
    enums::v1::{QueryResultType, TaskQueueKind, WorkerVersioningMode, WorkflowTaskFailedCause},
    failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo},
    history::v1::{ActivityTaskScheduledEventAttributes, HistoryEvent},
    protocol::v1::Message,
    query::v1::WorkflowQuery,
    taskqueue::v1::{StickyExecutionAttributes, TaskQueue},
    workflowservice::v1::{workflow_service_server::WorkflowService, *},
};
use abide_cluster::Error;
use abide_cluster::history::{ActivityTask, LostTask, QueryOutcome, StartedTask, WorkflowTask, WorkflowTaskCompleted};
use abide_cluster::matching::{Lease, Polled, QueryTask, QueueKey, QueueKind, QueuedTask};
use abide_engine::run::{
    ActivityReference, Command, HeartbeatReply, QueueName, RefusedCommand, Rejection, Reply, Resolution,
    StartedActivity, StartedWorkflowTask, Subject, TaskId, WorkflowTaskToken,
};
use abide_model::Timestamp;
use fakes::{Asked, World, default_namespace, run_key, shown, within};
use tonic::Request;
use uuid::Uuid;

/// Counts what was given back.
#[derive(Clone, Default)]
struct Returned(Arc<AtomicUsize>);

impl Returned {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn lease(&self, stamp: u64) -> Polled {
        let task = QueuedTask {
            run: run_key("w"),
            task: TaskId { subject: Subject::WorkflowTask, stamp },
            queue: QueueKey {
                namespace: default_namespace(),
                kind: QueueKind::Workflow,
                queue: QueueName::normal("q"),
            },
            scheduled_at: Timestamp::EPOCH,
            priority: 3,
            fairness_key: String::new(),
            fairness_weight: 0.0,
        };
        let count = self.0.clone();
        Polled::Task(Lease::new(task, 7, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        }))
    }

    fn lost(&self) -> LostTask {
        let count = self.0.clone();
        LostTask::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        })
    }
}

fn event(event_id: i64) -> HistoryEvent {
    HistoryEvent { event_id, ..HistoryEvent::default() }
}

fn workflow_task(lost: LostTask) -> WorkflowTask {
    WorkflowTask {
        run: run_key("w"),
        started: StartedWorkflowTask {
            token: WorkflowTaskToken { scheduled_event_id: 2, started_event_id: 3, attempt: 1, poll: 0 },
            task: TaskId { subject: Subject::WorkflowTask, stamp: 1 },
            workflow_type: "T".into(),
            previous_started_event_id: 0,
            task_queue: "q".into(),
            sticky: false,
            scheduled_at: Timestamp::from_millis(1000),
            started_at: Timestamp::from_millis(2000),
            first_event_id: 1,
            last_event_id: 2,
            virtual_events: vec![event(3)],
            messages: vec![Message { id: "u/request".into(), ..Message::default() }],
        },
        history: vec![event(1), event(2), event(3)].into(),
        next_event_id: None,
        queries: [("a".to_owned(), WorkflowQuery::default())].into(),
        lost,
    }
}

fn activity_task() -> ActivityTask {
    let scheduled = ActivityTaskScheduledEventAttributes {
        activity_id: "a".into(),
        activity_type: Some(ActivityType { name: "A".into() }),
        ..Default::default()
    };
    ActivityTask {
        run: run_key("w"),
        started: StartedActivity {
            task: TaskId { subject: Subject::Activity(5), stamp: 1 },
            scheduled_event_id: 5,
            attempt: 2,
            scheduled: Box::new(scheduled),
            workflow_type: "T".into(),
            heartbeat_details: None,
            scheduled_at: Timestamp::EPOCH,
            attempt_scheduled_at: Timestamp::EPOCH,
            started_at: Timestamp::EPOCH,
            priority: None,
        },
        lost: LostTask::default(),
    }
}

fn poll() -> Request<PollWorkflowTaskQueueRequest> {
    let task_queue = TaskQueue { name: "q".into(), ..TaskQueue::default() };
    let namespace = "default".into();
    within(10, PollWorkflowTaskQueueRequest { namespace, task_queue: Some(task_queue), ..Default::default() })
}

fn too_large() -> Option<Payloads> {
    let data = "x".repeat(2 * 1024 * 1024 + 1).into();
    Some(Payloads { payloads: vec![Payload { data, ..Payload::default() }] })
}

impl World {
    fn lay_out(&self, polled: Polled) {
        self.matching.polled.lock().unwrap().push_back(polled);
    }

    fn lay_out_start(&self, outcome: Result<StartedTask, Error>) {
        self.history.started_tasks.lock().unwrap().push_back(outcome);
    }

    /// The token of a workflow task, as its worker got it.
    async fn workflow_token(&self) -> bytes::Bytes {
        self.lay_out(Polled::Started(StartedTask::Workflow(Box::new(workflow_task(LostTask::default())))));
        self.frontend.poll_workflow_task_queue(poll()).await.expect("a task").into_inner().task_token
    }

    /// The token of an activity, as its worker got it.
    async fn activity_token(&self) -> bytes::Bytes {
        self.lay_out(Polled::Started(StartedTask::Activity(Box::new(activity_task()))));
        let task_queue = Some(TaskQueue { name: "q".into(), ..TaskQueue::default() });
        let request = PollActivityTaskQueueRequest { namespace: "default".into(), task_queue, ..Default::default() };
        self.frontend.poll_activity_task_queue(within(10, request)).await.expect("a task").into_inner().task_token
    }

    /// The one resolution of an activity that was asked for.
    fn resolution(&self) -> Resolution {
        match self.history.take_asked().as_slice() {
            [Asked::Execute(_, Command::ResolveActivity(resolve))] => resolve.resolution.clone(),
            other => panic!("one resolution, not {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_without_a_task_is_answered_empty_before_its_deadline() {
    let world = World::new();
    let response = world.frontend.poll_workflow_task_queue(poll()).await.expect("nothing is no error").into_inner();
    assert_eq!(response, PollWorkflowTaskQueueResponse::default());
    let polls = world.matching.polls.lock().unwrap();
    assert_eq!(polls[0].wait, std::time::Duration::from_secs(9));
    assert!(Uuid::try_parse(&polls[0].poller.request_id).is_ok());
}

#[tokio::test]
async fn a_started_task_goes_to_its_worker_and_is_not_given_back() {
    let world = World::new();
    let returned = Returned::default();
    world.lay_out(Polled::Started(StartedTask::Workflow(Box::new(workflow_task(returned.lost())))));
    *world.matching.more_pollers.lock().unwrap() = 1;
    let task = world.frontend.poll_workflow_task_queue(poll()).await.expect("a task").into_inner();
    assert_eq!(task.poller_scaling_decision.expect("advice").poll_request_delta_suggestion, 1);
    assert_eq!((task.attempt, task.started_event_id, task.previous_started_event_id), (1, 3, 0));
    assert_eq!(task.history.expect("events").events.len(), 3);
    assert_eq!(task.queries.len(), 1);
    assert_eq!(task.messages.len(), 1);
    assert!(task.query.is_none() && task.next_page_token.is_empty() && !task.task_token.is_empty());
    let queue = task.workflow_execution_task_queue.expect("the normal queue");
    assert_eq!((queue.name.as_str(), queue.kind()), ("q", TaskQueueKind::Normal));
    assert_eq!(returned.count(), 0);
}

#[tokio::test]
async fn a_stale_task_is_dropped_and_the_next_is_taken() {
    let world = World::new();
    let returned = Returned::default();
    world.lay_out(returned.lease(1));
    world.lay_out(returned.lease(2));
    world.lay_out_start(Err(Error::Rejected(Rejection::StaleTask)));
    world.lay_out_start(Ok(StartedTask::Workflow(Box::new(workflow_task(returned.lost())))));
    let task = world.frontend.poll_workflow_task_queue(poll()).await.expect("the second").into_inner();
    assert_eq!((task.attempt, task.backlog_count_hint), (1, 7));
    assert_eq!(world.history.take_asked().len(), 2);
    assert_eq!(returned.count(), 0);
}

#[tokio::test]
async fn a_task_that_cannot_be_started_now_waits_for_the_next_poll() {
    let world = World::new();
    let returned = Returned::default();
    world.lay_out(returned.lease(1));
    world.lay_out_start(Err(Error::Unavailable("later".into())));
    assert_eq!(shown(world.frontend.poll_workflow_task_queue(poll()).await), "Unavailable: later");
    assert_eq!(returned.count(), 1);
}

#[tokio::test]
async fn a_worker_that_wants_only_its_version_is_not_given_all() {
    let world = World::new();
    let mut request = poll();
    request.get_mut().deployment_options = Some(WorkerDeploymentOptions {
        worker_versioning_mode: WorkerVersioningMode::Versioned as i32,
        ..WorkerDeploymentOptions::default()
    });
    let outcome = world.frontend.poll_workflow_task_queue(request).await;
    assert_eq!(shown(outcome), "Unimplemented: worker versioning is not supported yet");
}

#[tokio::test]
async fn a_completion_carries_everything_to_the_run() {
    let world = World::new();
    let sticky = StickyExecutionAttributes {
        worker_task_queue: Some(TaskQueue { name: "mine".into(), kind: 2, normal_name: "q".into() }),
        schedule_to_start_timeout: Some(prost_types::Duration { seconds: 5, nanos: 0 }),
    };
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: world.workflow_token().await,
        sticky_attributes: Some(sticky),
        return_new_workflow_task: true,
        query_results: [("a".to_owned(), Default::default())].into(),
        ..Default::default()
    };
    let next = Some(workflow_task(LostTask::default()));
    world.history.completions.lock().unwrap().push_back(Ok(WorkflowTaskCompleted { next, ..Default::default() }));
    let response = world.frontend.respond_workflow_task_completed(Request::new(request)).await;
    let next = response.expect("completed").into_inner().workflow_task.expect("the next task");
    assert_eq!(next.started_event_id, 3);
    let asked = world.history.take_asked();
    let [Asked::Complete(run, complete)] = asked.as_slice() else { panic!("one completion, not {asked:?}") };
    assert_eq!(*run, run_key("w"));
    assert_eq!(
        complete.completion.token,
        WorkflowTaskToken { scheduled_event_id: 2, started_event_id: 3, attempt: 1, poll: 0 }
    );
    assert!(complete.completion.return_new_task && !complete.completion.force_new_task);
    let (queue, wait) = complete.completion.sticky.clone().expect("sticky");
    assert_eq!((queue.name.as_str(), queue.normal_name.as_str(), wait.as_secs()), ("mine", "q", 5));
    assert_eq!(complete.query_results.len(), 1);
}

#[tokio::test]
async fn a_refused_completion_is_told_to_the_worker() {
    let world = World::new();
    let refused = RefusedCommand {
        cause: WorkflowTaskFailedCause::BadStartTimerAttributes,
        message: "BadStartTimerAttributes: TimerId is not set on StartTimerCommand.".into(),
    };
    let completed = WorkflowTaskCompleted { refused: Some(refused), ..Default::default() };
    world.history.completions.lock().unwrap().push_back(Ok(completed));
    let task_token = world.workflow_token().await;
    let request = RespondWorkflowTaskCompletedRequest { task_token, ..Default::default() };
    let outcome = world.frontend.respond_workflow_task_completed(Request::new(request)).await;
    let expected = "InvalidArgument: BadStartTimerAttributes: TimerId is not set on StartTimerCommand.";
    assert_eq!(shown(outcome), expected);
}

#[tokio::test]
async fn an_upsert_of_an_unknown_search_attribute_fails_the_task() {
    let world = World::new();
    let search_attributes = Some(SearchAttributes { indexed_fields: [("Nope".to_owned(), Payload::default())].into() });
    let upsert = UpsertWorkflowSearchAttributesCommandAttributes { search_attributes };
    let attributes = Some(Attributes::UpsertWorkflowSearchAttributesCommandAttributes(upsert));
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: world.workflow_token().await,
        commands: vec![WorkerCommand { attributes, ..Default::default() }],
        ..Default::default()
    };
    let outcome = world.frontend.respond_workflow_task_completed(Request::new(request)).await;
    let text = "BadSearchAttributes: Namespace default has no mapping defined for search attribute Nope";
    assert_eq!(shown(outcome), format!("InvalidArgument: {text}"));
    let asked = world.history.take_asked();
    let [Asked::Execute(_, Command::FailWorkflowTask(fail))] = asked.as_slice() else { panic!("not {asked:?}") };
    assert_eq!(fail.cause, WorkflowTaskFailedCause::BadSearchAttributes);
    assert_eq!(fail.failure.as_ref().expect("a failure").message, text);
}

#[tokio::test]
async fn a_token_of_another_namespace_is_refused() {
    let world = World::new();
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: world.workflow_token().await,
        namespace: "other".into(),
        ..Default::default()
    };
    let outcome = world.frontend.respond_workflow_task_completed(Request::new(request)).await;
    let expected = "InvalidArgument: Operation requested with a token from a different namespace.";
    assert_eq!(shown(outcome), expected);
    assert!(world.history.take_asked().is_empty());
}

#[tokio::test]
async fn a_token_of_another_kind_finds_no_task() {
    let world = World::new();
    let workflow = world.workflow_token().await;
    let activity = world.activity_token().await;
    let request = RespondActivityTaskCompletedRequest { task_token: workflow.clone(), ..Default::default() };
    let outcome = world.frontend.respond_activity_task_completed(Request::new(request)).await;
    let lost = "NotFound: invalid activityID or activity already timed out or invoking workflow is completed \
                [NotFoundFailure]";
    assert_eq!(shown(outcome), lost);
    let request = RespondQueryTaskCompletedRequest { task_token: workflow, ..Default::default() };
    let outcome = world.frontend.respond_query_task_completed(Request::new(request)).await;
    assert_eq!(shown(outcome), "NotFound: query task not found, or already expired [NotFoundFailure]");
    let request = RespondWorkflowTaskCompletedRequest { task_token: activity, ..Default::default() };
    let outcome = world.frontend.respond_workflow_task_completed(Request::new(request)).await;
    assert_eq!(shown(outcome), "NotFound: Workflow task not found. [NotFoundFailure]");
    assert!(world.history.take_asked().is_empty());
}

#[tokio::test]
async fn a_token_of_a_finished_task_finds_no_task() {
    let world = World::new();
    let lost = "NotFound: invalid activityID or activity already timed out or invoking workflow is completed \
                [NotFoundFailure]";
    let cases = [
        (Rejection::ActivityNotFound, lost),
        (Rejection::Closed, "NotFound: workflow execution already completed [NotFoundFailure]"),
    ];
    for (rejection, expected) in cases {
        world.history.executions.lock().unwrap().push_back(Err(Error::Rejected(rejection)));
        let task_token = world.activity_token().await;
        let request = RespondActivityTaskCompletedRequest { task_token, ..Default::default() };
        assert_eq!(shown(world.frontend.respond_activity_task_completed(Request::new(request)).await), expected);
    }
}

#[tokio::test]
async fn a_query_task_carries_its_query_and_is_answered() {
    let world = World::new();
    let id = Uuid::from_u128(77);
    world.matching.queries.lock().unwrap().push(id);
    let answer = async |change: fn(&mut RespondQueryTaskCompletedRequest)| {
        world.lay_out(Polled::Query(Box::new(QueryTask {
            id,
            run: run_key("w"),
            workflow_type: "T".into(),
            task_queue: "q".into(),
            previous_started_event_id: 3,
            history: Vec::new().into(),
            next_event_id: None,
            query: WorkflowQuery { query_type: "state".into(), ..WorkflowQuery::default() },
        })));
        let task = world.frontend.poll_workflow_task_queue(poll()).await.expect("a query").into_inner();
        assert_eq!(task.query.expect("the query").query_type, "state");
        assert_eq!((task.started_event_id, task.previous_started_event_id, task.attempt), (0, 3, 1));
        let mut request = RespondQueryTaskCompletedRequest { task_token: task.task_token, ..Default::default() };
        change(&mut request);
        let outcome = world.frontend.respond_query_task_completed(Request::new(request)).await;
        assert_eq!(shown(outcome), "Ok");
        world.matching.outcomes.lock().unwrap().pop().expect("an outcome").1
    };
    let outcome = answer(|request| request.completed_type = QueryResultType::Answered as i32).await;
    assert_eq!(outcome, QueryOutcome::Answered(None));
    let outcome = answer(|request| {
        request.completed_type = QueryResultType::Failed as i32;
        request.error_message = "boom".into();
    });
    assert_eq!(outcome.await, QueryOutcome::Failed { message: "boom".into(), failure: None });
    let outcome = answer(|request| {
        request.completed_type = QueryResultType::Answered as i32;
        request.query_result = too_large();
    });
    let message = "Blob data size exceeds limit.".into();
    assert_eq!(outcome.await, QueryOutcome::Failed { message, failure: None });
}

fn message_of(resolution: Resolution) -> String {
    match resolution {
        Resolution::Failed { failure: Some(failure), .. } => {
            let retried =
                !matches!(failure.failure_info, Some(FailureInfo::ServerFailureInfo(info)) if info.non_retryable);
            assert!(!retried, "what is too large once is too large the next time");
            failure.message
        }
        other => panic!("a failure, not {other:?}"),
    }
}

#[tokio::test]
async fn what_an_activity_sends_too_large_fails_it_for_good() {
    let world = World::new();
    let task_token = world.activity_token().await;
    let request = RespondActivityTaskCompletedRequest {
        task_token: task_token.clone(),
        result: too_large(),
        ..Default::default()
    };
    assert_eq!(shown(world.frontend.respond_activity_task_completed(Request::new(request)).await), "Ok");
    assert_eq!(message_of(world.resolution()), "Complete result exceeds size limit.");

    let request = RespondActivityTaskCanceledRequest {
        task_token: task_token.clone(),
        details: too_large(),
        ..Default::default()
    };
    assert_eq!(shown(world.frontend.respond_activity_task_canceled(Request::new(request)).await), "Ok");
    assert_eq!(message_of(world.resolution()), "Cancel details exceed size limit.");

    let request = RecordActivityTaskHeartbeatRequest {
        task_token: task_token.clone(),
        details: too_large(),
        ..Default::default()
    };
    let response = world.frontend.record_activity_task_heartbeat(Request::new(request)).await;
    assert!(response.expect("the worker is told to stop").into_inner().cancel_requested);
    assert_eq!(message_of(world.resolution()), "Heartbeat details exceed size limit.");

    let info = FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo::default());
    let failure = Failure { message: "é".repeat(2_000_000), failure_info: Some(info), ..Failure::default() };
    let request = RespondActivityTaskFailedRequest { task_token, failure: Some(failure), ..Default::default() };
    let response = world.frontend.respond_activity_task_failed(Request::new(request)).await.expect("recorded");
    let told = response.into_inner().failures;
    assert_eq!(told.len(), 1);
    let cause = told[0].cause.as_ref().expect("what is kept");
    assert_eq!(cause.message.len(), 512 * 1024);
    assert_eq!(message_of(world.resolution()), "Failure exceeds size limit.");
}

#[tokio::test]
async fn too_large_last_heartbeat_details_do_not_hide_the_failure() {
    let world = World::new();
    let request = RespondActivityTaskFailedRequest {
        task_token: world.activity_token().await,
        last_heartbeat_details: too_large(),
        ..Default::default()
    };
    let response = world.frontend.respond_activity_task_failed(Request::new(request)).await.expect("recorded");
    assert_eq!(response.into_inner().failures[0].message, "Heartbeat details exceed size limit.");
    match world.resolution() {
        Resolution::Failed { failure: None, last_heartbeat_details: None } => {}
        other => panic!("the failure alone, not {other:?}"),
    }
}

#[tokio::test]
async fn an_activity_fails_by_the_application_or_without_a_word() {
    let world = World::new();
    let task_token = world.activity_token().await;
    let request = RespondActivityTaskFailedRequest {
        task_token: task_token.clone(),
        failure: Some(Failure { message: "x".into(), ..Failure::default() }),
        ..Default::default()
    };
    let outcome = world.frontend.respond_activity_task_failed(Request::new(request)).await;
    assert_eq!(shown(outcome), "InvalidArgument: Failure must have ApplicationFailureInfo.");
    assert!(world.history.take_asked().is_empty());
    let request = RespondActivityTaskFailedRequest { task_token, ..Default::default() };
    assert_eq!(shown(world.frontend.respond_activity_task_failed(Request::new(request)).await), "Ok");
}

#[tokio::test]
async fn an_activity_is_named_by_the_attempt_or_by_its_id() {
    let world = World::new();
    let request =
        RespondActivityTaskCompletedRequest { task_token: world.activity_token().await, ..Default::default() };
    world.frontend.respond_activity_task_completed(Request::new(request)).await.expect("completed");
    let request = RespondActivityTaskCompletedByIdRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        activity_id: "a".into(),
        ..Default::default()
    };
    world.frontend.respond_activity_task_completed_by_id(Request::new(request.clone())).await.expect("completed");
    let named: Vec<_> = world.history.take_asked().into_iter().map(reference).collect();
    let attempt = ActivityReference::Attempt { scheduled_event_id: 5, attempt: 2 };
    assert_eq!(named, [attempt, ActivityReference::Id("a".into())]);

    world.history.executions.lock().unwrap().push_back(Err(Error::Rejected(Rejection::ActivityIdNotFound)));
    let outcome = world.frontend.respond_activity_task_completed_by_id(Request::new(request)).await;
    let expected = "NotFound: cannot find pending activity with ActivityID a, check workflow execution history for \
                    more details [NotFoundFailure]";
    assert_eq!(shown(outcome), expected);
}

fn reference(asked: Asked) -> ActivityReference {
    match asked {
        Asked::Execute(_, Command::ResolveActivity(resolve)) => resolve.activity,
        other => panic!("a resolution, not {other:?}"),
    }
}

#[tokio::test]
async fn a_heartbeat_hears_of_a_cancel_request() {
    let world = World::new();
    let reply = Reply::Heartbeat(HeartbeatReply { cancel_requested: true, ..HeartbeatReply::default() });
    world.history.executions.lock().unwrap().push_back(Ok(reply));
    let task_token = world.activity_token().await;
    let request = RecordActivityTaskHeartbeatRequest { task_token, ..Default::default() };
    let response = world.frontend.record_activity_task_heartbeat(Request::new(request)).await.expect("recorded");
    assert!(response.into_inner().cancel_requested);
}

#[tokio::test]
async fn a_leaving_worker_is_told_to_matching() {
    let world = World::new();
    let request = ShutdownWorkerRequest {
        namespace: "default".into(),
        sticky_task_queue: "mine".into(),
        worker_instance_key: "key".into(),
        ..Default::default()
    };
    assert_eq!(shown(world.frontend.shutdown_worker(Request::new(request)).await), "Ok");
    assert_eq!(*world.matching.leaving.lock().unwrap(), [("mine".to_owned(), "key".to_owned())]);
}
