//! Actions: who may not act is refused, whatever the action is; and what is sent is what was typed.

use std::sync::{Arc, Mutex};

use abide_api::temporal::api::common::v1::{Payload, Payloads};
use abide_api::temporal::api::enums::v1::{
    UpdateWorkflowExecutionLifecycleStage as Stage, WorkflowExecutionStatus as RunStatus,
};
use abide_api::temporal::api::failure::v1::Failure;
use abide_api::temporal::api::update::v1::{Outcome, outcome};
use abide_api::temporal::api::workflowservice::v1::*;
use abide_http::url::query;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use prost::Message;
use tonic::{Code, Status};

use super::*;
use crate::port::{Port, port};
use crate::site::Site;
use crate::switches::Switches;
use crate::testing::{self, Asked, exchange, service};

/// A workflow id that would break out of whatever does not escape it.
const RUN: &str = "/namespaces/default/workflows/a%2F%22%3E%3Cscript%3E/r1";

/// A site whose service records what it is asked.
struct World {
    port: Router,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl World {
    fn new(
        switches: Switches,
        answer: impl Fn(&Asked) -> Result<Bytes, Status> + Clone + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = asked.clone();
        let routes = service(move |asked| {
            let answer = answer(&asked);
            record.lock().expect("no test panics here").push(asked);
            answer
        });
        let site = Site { switches, ..testing::site(routes) };
        Self { port: port(Port { site, files: None, disable_news_fetch: false }), asked }
    }

    fn answering() -> Self {
        Self::new(Switches::default(), |_| Ok(Bytes::new()))
    }

    async fn get(&self, rest: &str) -> (StatusCode, String) {
        let request = Request::get(format!("{RUN}{rest}")).body(Body::empty()).expect("a request");
        let (status, _, text) = exchange(&self.port, request).await;
        (status, text)
    }

    async fn post(&self, deed: Deed, token: &str, fields: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
        let form = query([("_csrf", token)].into_iter().chain(fields.iter().copied()));
        let request = Request::post(format!("{RUN}/actions/{}", deed.name())).header("cookie", "_csrf=t");
        exchange(&self.port, request.body(Body::from(form)).expect("a request")).await
    }

    /// What was sent by a form that was taken.
    async fn sent<M: Message + Default>(&self, deed: Deed, fields: &[(&str, &str)], method: &str) -> M {
        let (status, _, text) = self.post(deed, "t", fields).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{deed:?}: {text}");
        let asked = self.asked.lock().expect("no test panics here");
        let asked = asked.iter().rfind(|asked| asked.path.ends_with(&format!("/{method}"))).expect("it was asked");
        M::decode(asked.message.clone()).expect("a request")
    }

    /// The RPCs that a page's frame does not need.
    fn changes(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no test panics here");
        let paths = asked.iter().map(|asked| asked.path.clone());
        paths.filter(|path| !path.ends_with("/ListNamespaces")).collect()
    }
}

fn json(data: &'static str) -> Option<Payloads> {
    let metadata = [("encoding".to_owned(), Bytes::from_static(b"json/plain"))].into();
    Some(Payloads { payloads: vec![Payload { metadata, data: data.into(), ..Default::default() }] })
}

#[tokio::test]
async fn every_action_is_refused_without_the_token_of_this_origin() {
    let world = World::answering();
    for deed in Deed::ALL {
        for token in ["", "another"] {
            let (status, _, text) = world.post(deed, token, &[("name", "n"), ("activity-id", "1")]).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{deed:?} {text}");
        }
    }
    assert_eq!(world.changes(), [""; 0]);
}

#[tokio::test]
async fn a_page_that_is_read_only_neither_asks_nor_acts() {
    let world = World::new(Switches { read_only: true, ..Switches::default() }, |_| Ok(Bytes::new()));
    for deed in Deed::ALL {
        let (status, _, text) = world.post(deed, "t", &[("name", "n"), ("activity-id", "1"), ("reason", "r")]).await;
        assert!(status == StatusCode::FORBIDDEN && text.contains("switched off"), "{deed:?} {text}");
        assert_eq!(world.get(&format!("/actions/{}", deed.name())).await.0, StatusCode::FORBIDDEN, "{deed:?}");
    }
    assert_eq!(world.changes(), [""; 0]);
}

#[tokio::test]
async fn every_switch_holds_back_its_own_actions_alone() {
    for off in Action::ALL {
        let world = World::new(Switches { disabled: [off].into(), ..Switches::default() }, |_| Ok(Bytes::new()));
        for deed in Deed::ALL {
            let (status, _) = world.get(&format!("/actions/{}", deed.name())).await;
            let expected = if deed.action() == off { StatusCode::FORBIDDEN } else { StatusCode::OK };
            assert_eq!(status, expected, "{deed:?} without {off:?}");
        }
    }
}

#[tokio::test]
async fn every_action_explains_itself_and_shows_nothing_unescaped() {
    let world = World::answering();
    for deed in Deed::ALL {
        let (status, text) = world.get(&format!("/actions/{}?activity-id=%22%3E%3Cscript%3E", deed.name())).await;
        assert_eq!(status, StatusCode::OK, "{deed:?}");
        assert!(!text.contains("><script>"), "{deed:?} {text}");
        assert!(text.contains("name=\"_csrf\" value=\""), "{deed:?}");
        let shows_command = text.contains("abide workflow") || text.contains("abide activity");
        assert_eq!(shows_command, deed != Deed::Options, "{deed:?}");
    }
    assert_eq!(world.get("/actions/nothing").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_error_is_told_in_the_words_of_the_service() {
    let world = World::new(Switches::default(), |asked| match asked.path.ends_with("/ListNamespaces") {
        true => Ok(Bytes::new()),
        false => Err(Status::new(Code::NotFound, "workflow <execution> already completed")),
    });
    for deed in Deed::ALL {
        let fields = [("name", "n"), ("activity-id", "1"), ("reason", "r"), ("event-id", "4"), ("task-queue", "q")];
        let (status, _, text) = world.post(deed, "t", &fields).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{deed:?}");
        assert!(text.contains("role=\"alert\">workflow &lt;execution&gt; already completed"), "{deed:?} {text}");
    }
}

#[tokio::test]
async fn a_signal_is_sent_as_it_was_typed() {
    let world = World::answering();
    let fields = [("name", " approve "), ("input", "{\"by\": \"<me>\"}"), ("input", ""), ("input-meta", "")];
    let sent: SignalWorkflowExecutionRequest = world.sent(Deed::Signal, &fields, "SignalWorkflowExecution").await;
    let execution = sent.workflow_execution.expect("a run");
    assert_eq!((execution.workflow_id.as_str(), execution.run_id.as_str()), ("a/\"><script>", "r1"));
    assert_eq!((sent.signal_name.as_str(), sent.identity.as_str()), ("approve", "abide-web"));
    assert_eq!(sent.input, json("{\"by\": \"<me>\"}"));
    assert!(!sent.request_id.is_empty());
}

#[tokio::test]
async fn what_is_no_json_is_not_sent() {
    let world = World::answering();
    for deed in [Deed::Signal, Deed::Update, Deed::Terminate] {
        let (status, _, text) = world.post(deed, "t", &[("name", "n"), ("input", "1"), ("input", "{]")]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text.contains("Input 2 is not JSON: key must be a string at line 1 column 2"), "{text}");
    }
    assert_eq!(world.changes(), [""; 0]);
    let (status, _, text) = world.post(Deed::Signal, "t", &[("name", " ")]).await;
    assert!(status == StatusCode::BAD_REQUEST && text.contains("Signal name must be filled in"), "{text}");
}

#[tokio::test]
async fn cancel_terminate_and_delete_name_the_run_and_the_reason() {
    let world = World::answering();
    let reason = [("reason", "it's late"), ("input", "[1]")];
    let sent: RequestCancelWorkflowExecutionRequest =
        world.sent(Deed::Cancel, &reason, "RequestCancelWorkflowExecution").await;
    assert_eq!((sent.reason.as_str(), sent.identity.as_str()), ("it's late", "abide-web"));
    let sent: TerminateWorkflowExecutionRequest =
        world.sent(Deed::Terminate, &reason, "TerminateWorkflowExecution").await;
    assert_eq!((sent.reason.as_str(), sent.details), ("it's late", json("[1]")));
    let sent: DeleteWorkflowExecutionRequest = world.sent(Deed::Delete, &[], "DeleteWorkflowExecution").await;
    assert_eq!(sent.workflow_execution.map(|run| run.run_id), Some("r1".to_owned()));
}

#[tokio::test]
async fn pause_and_unpause_send_the_reason() {
    let world = World::answering();
    let sent: PauseWorkflowExecutionRequest =
        world.sent(Deed::Pause, &[("reason", "r")], "PauseWorkflowExecution").await;
    assert_eq!((sent.reason.as_str(), sent.run_id.as_str(), sent.identity.as_str()), ("r", "r1", "abide-web"));
    let sent: UnpauseWorkflowExecutionRequest = world.sent(Deed::Unpause, &[], "UnpauseWorkflowExecution").await;
    assert_eq!((sent.reason.as_str(), sent.workflow_id.as_str()), ("", "a/\"><script>"));
}

#[tokio::test]
async fn a_reset_goes_to_the_new_run() {
    let answer = ResetWorkflowExecutionResponse { run_id: "r2".into() }.encode_to_vec();
    let world = World::new(Switches::default(), move |_| Ok(answer.clone().into()));
    let fields = [("event-id", "7"), ("reason", "fixed"), ("reapply-exclude", "Update"), ("reapply-exclude", "x")];
    let sent: ResetWorkflowExecutionRequest = world.sent(Deed::Reset, &fields, "ResetWorkflowExecution").await;
    assert_eq!((sent.workflow_task_finish_event_id, sent.reason.as_str()), (7, "fixed"));
    assert_eq!(sent.reset_reapply_exclude_types, [2]);
    let (_, headers, _) = world.post(Deed::Reset, "t", &fields).await;
    assert_eq!(headers["location"], "/namespaces/default/workflows/a%2F%22%3E%3Cscript%3E/r2");
    let (status, _, text) = world.post(Deed::Reset, "t", &[("reason", "r"), ("event-id", "x")]).await;
    assert!(status == StatusCode::BAD_REQUEST && text.contains("Event is no number"), "{text}");
}

#[tokio::test]
async fn an_update_leads_to_what_came_of_it() {
    let world = World::new(Switches::default(), |asked| match asked.path.ends_with("/UpdateWorkflowExecution") {
        true => Err(Status::deadline_exceeded("too late")),
        false => Ok(Bytes::new()),
    });
    let fields = [("name", "add"), ("input", "1"), ("new-update-id", "u 1"), ("wait", "accepted")];
    let sent: UpdateWorkflowExecutionRequest = world.sent(Deed::Update, &fields, "UpdateWorkflowExecution").await;
    let request = sent.request.expect("an update");
    let input = request.input.expect("its input");
    assert_eq!((input.name.as_str(), input.args), ("add", json("1")));
    assert_eq!(request.meta.map(|meta| meta.update_id), Some("u 1".to_owned()));
    assert_eq!(sent.wait_policy.map(|policy| policy.lifecycle_stage()), Some(Stage::Accepted));
    let (_, headers, _) = world.post(Deed::Update, "t", &fields).await;
    let location = headers["location"].to_str().expect("ascii");
    assert!(location.ends_with("/actions/update?update-id=u%201"), "{location}");
    assert!(world.get("/actions/update?update-id=u").await.1.contains("No worker has said yet"));
}

#[tokio::test]
async fn what_came_of_an_update_is_its_result_or_its_failure() {
    let shown = async |value: outcome::Value| {
        let outcome = Some(Outcome { value: Some(value) });
        let answer =
            PollWorkflowExecutionUpdateResponse { outcome, stage: Stage::Completed.into(), ..Default::default() };
        let answer = answer.encode_to_vec();
        let world = World::new(Switches::default(), move |asked| match asked.path.ends_with("Update") {
            true => Ok(answer.clone().into()),
            false => Ok(Bytes::new()),
        });
        world.get("/actions/update?update-id=u").await.1
    };
    let text = shown(outcome::Value::Success(json("{\"sum\":\"<b>\"}").unwrap_or_default())).await;
    assert!(text.contains("{&quot;sum&quot;:&quot;&lt;b&gt;&quot;}"), "{text}");
    let failed = Failure { message: "no <b>".into(), ..Default::default() };
    let text = shown(outcome::Value::Failure(failed)).await;
    assert!(text.contains("turned down") && text.contains("no &lt;b&gt;"), "{text}");
}

#[tokio::test]
async fn a_priority_is_replaced_as_a_whole() {
    let world = World::answering();
    let method = "UpdateWorkflowExecutionOptions";
    let fields = [("priority-key", "2"), ("fairness-key", "k"), ("fairness-weight", "1.5")];
    let sent: UpdateWorkflowExecutionOptionsRequest = world.sent(Deed::Options, &fields, method).await;
    let priority = sent.workflow_execution_options.and_then(|options| options.priority).expect("a priority");
    assert_eq!((priority.priority_key, priority.fairness_key.as_str(), priority.fairness_weight), (2, "k", 1.5));
    let sent: UpdateWorkflowExecutionOptionsRequest = world.sent(Deed::Options, &[], method).await;
    assert_eq!(sent.workflow_execution_options.and_then(|options| options.priority), None);
    assert_eq!(sent.update_mask.map(|mask| mask.paths), Some(vec!["priority".to_owned()]));
}

#[tokio::test]
async fn actions_on_an_activity_name_it_and_say_what_is_to_change() {
    let world = World::answering();
    let activity = ("activity-id", "5");
    let sent: PauseActivityExecutionRequest =
        world.sent(Deed::PauseActivity, &[activity, ("reason", "r")], "PauseActivityExecution").await;
    assert_eq!((sent.activity_id.as_str(), sent.run_id.as_str(), sent.reason.as_str()), ("5", "r1", "r"));
    let sent: UnpauseActivityExecutionRequest =
        world.sent(Deed::UnpauseActivity, &[activity, ("jitter", "1m")], "UnpauseActivityExecution").await;
    assert_eq!(sent.jitter.map(|jitter| jitter.seconds), Some(60));
    let fields = [activity, ("keep-paused", "true")];
    let sent: ResetActivityExecutionRequest = world.sent(Deed::ResetActivity, &fields, "ResetActivityExecution").await;
    assert!(sent.keep_paused && !sent.restore_original_options);
    let fields = [activity, ("retry-maximum-attempts", "0"), ("start-to-close-timeout", "1.5s"), ("task-queue", "")];
    let sent: UpdateActivityExecutionOptionsRequest =
        world.sent(Deed::ActivityOptions, &fields, "UpdateActivityExecutionOptions").await;
    let paths = sent.update_mask.expect("a mask").paths;
    assert_eq!(paths, ["start_to_close_timeout", "retry_policy.maximum_attempts"]);
    let timeout = sent.activity_options.and_then(|options| options.start_to_close_timeout).expect("a timeout");
    assert_eq!((timeout.seconds, timeout.nanos), (1, 500_000_000));
}

#[tokio::test]
async fn a_change_of_an_activity_that_changes_nothing_is_not_sent() {
    let world = World::answering();
    for fields in [&[("activity-id", "5")][..], &[("activity-id", "5"), ("heartbeat-timeout", "soon")]] {
        assert_eq!(world.post(Deed::ActivityOptions, "t", fields).await.0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn what_is_offered_depends_on_the_status() {
    assert!(offered(RunStatus::Running, true).contains(&Deed::Pause));
    assert!(!offered(RunStatus::Running, false).contains(&Deed::Pause));
    assert!(offered(RunStatus::Paused, false).contains(&Deed::Unpause));
    assert_eq!(offered(RunStatus::Completed, true), [Deed::Reset, Deed::Delete]);
}

#[tokio::test]
async fn a_signal_whose_form_is_sent_twice_is_one_request() {
    let world = World::answering();
    let (_, page) = world.get("/actions/signal").await;
    let once = page.split("name=\"once\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("its id");
    let sent = async |once: &str, name: &str| {
        let fields = [("once", once), ("name", name)];
        let sent: SignalWorkflowExecutionRequest = world.sent(Deed::Signal, &fields, "SignalWorkflowExecution").await;
        sent.request_id
    };
    let first = sent(once, "pay").await;
    assert_eq!(sent(once, "pay").await, first);
    assert_ne!(sent(once, "refund").await, first);
    assert_ne!(sent("", "pay").await, first);
}
