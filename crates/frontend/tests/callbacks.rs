//! Completion callbacks of a start: which are refused, and how the others reach the run.
#![allow(clippy::unwrap_used)]

mod fakes;

use abide_api::temporal::api::{
    common::v1::{Callback, Link, WorkflowType, callback, link},
    enums::v1::WorkflowIdConflictPolicy,
    taskqueue::v1::TaskQueue,
    workflow::v1::OnConflictOptions,
    workflowservice::v1::{StartWorkflowExecutionRequest, workflow_service_server::WorkflowService},
};
use abide_model::Settings;
use abide_model::settings::CallbackAddress;
use fakes::{Asked, World, shown};
use tonic::Request;

fn world(allowed: &[(&str, bool)]) -> World {
    let mut world = World::new();
    let address = |(pattern, allow_insecure): &(&str, bool)| CallbackAddress {
        pattern: (*pattern).to_owned(),
        allow_insecure: *allow_insecure,
    };
    let callback_addresses = allowed.iter().map(address).collect();
    let mut settings = Settings { callback_addresses, ..Settings::default() };
    settings.limits.callbacks.per_run_max = 3;
    world.frontend.settings = settings.into();
    world
}

fn to(url: &str) -> Callback {
    let nexus = callback::Nexus { url: url.into(), header: Default::default() };
    Callback { variant: Some(callback::Variant::Nexus(nexus)), links: Vec::new() }
}

fn linked(count: usize) -> Vec<Link> {
    let event = |number: usize| link::WorkflowEvent { workflow_id: number.to_string(), ..Default::default() };
    (0..count).map(|number| Link { variant: Some(link::Variant::WorkflowEvent(event(number))) }).collect()
}

fn a_start(completion_callbacks: Vec<Callback>) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: "w".into(),
        workflow_type: Some(WorkflowType { name: "T".into() }),
        task_queue: Some(TaskQueue { name: "q".into(), ..Default::default() }),
        request_id: "r".into(),
        completion_callbacks,
        ..Default::default()
    }
}

async fn refused(allowed: &[(&str, bool)], callbacks: Vec<Callback>) -> String {
    let world = world(allowed);
    let said = shown(world.frontend.start_workflow_execution(Request::new(a_start(callbacks))).await);
    assert_eq!(world.history.take_asked().is_empty(), said != "Ok", "{said}");
    said
}

// Every text is the reference server's.
#[tokio::test]
async fn callbacks_that_cannot_be_are_refused() {
    let anywhere = &[("*", true)][..];
    for (url, expected) in [
        ("no url", "invalid url: unknown scheme: no%20url"),
        ("", "invalid url: unknown scheme: "),
        ("ftp://a/b", "invalid url: unknown scheme: ftp://a/b"),
        ("temporal://system/x", "invalid url: unknown scheme: temporal://system/x"),
        ("http:///x", "invalid url: missing host"),
        ("http://a/%zz", r#"invalid callback url: parse "http://a/%zz": invalid URL escape "%zz""#),
        ("http://a:b/", r#"invalid callback url: parse "http://a:b/": invalid port ":b" after host"#),
        (":x", r#"invalid callback url: parse ":x": missing protocol scheme"#),
    ] {
        assert_eq!(refused(anywhere, vec![to(url)]).await, format!("InvalidArgument: {expected}"));
    }
    let long = to(&format!("http://a/{}", "x".repeat(1000)));
    let text = "InvalidArgument: invalid url: url length longer than max length allowed of 1000";
    assert_eq!(refused(anywhere, vec![long]).await, text);
    let mut heavy = to("http://a");
    if let Some(callback::Variant::Nexus(nexus)) = &mut heavy.variant {
        nexus.header.insert("a".into(), "x".repeat(8192));
    }
    let text = "InvalidArgument: invalid header: header size longer than max allowed size of 8192";
    assert_eq!(refused(anywhere, vec![heavy]).await, text);
    let text = "InvalidArgument: cannot attach more than 3 callbacks to an execution";
    assert_eq!(refused(anywhere, vec![to("http://a"); 4]).await, text);
    assert_eq!(refused(anywhere, vec![Callback::default()]).await, "Unimplemented: unknown callback variant: <nil>");
    let internal = callback::Variant::Internal(callback::Internal::default());
    let internal = Callback { variant: Some(internal), links: Vec::new() };
    let text = "InvalidArgument: unsupported callback variant: *common.Callback_Internal_";
    assert_eq!(refused(anywhere, vec![internal]).await, text);
    let linked = Callback { links: linked(11), ..to("http://a") };
    let text = "InvalidArgument: cannot attach more than 10 links per request, got 11";
    assert_eq!(refused(anywhere, vec![linked]).await, text);
}

#[tokio::test]
async fn callbacks_go_only_where_the_operator_lets_them() {
    let text = "InvalidArgument: invalid url: url does not match any configured callback address: http://a/";
    assert_eq!(refused(&[], vec![to("http://a/")]).await, text);
    assert_eq!(refused(&[("b*", true)], vec![to("http://a/")]).await, text);
    let text = "InvalidArgument: invalid url: callback address does not allow insecure connections: http://a/";
    assert_eq!(refused(&[("a", false)], vec![to("http://a/")]).await, text);
    assert_eq!(refused(&[("a", false)], vec![to("https://a/")]).await, "Ok");
    assert_eq!(refused(&[("127.0.0.1:*", true)], vec![to("http://127.0.0.1:80/x")]).await, "Ok");
    assert_eq!(refused(&[], vec![to("temporal://system"), to("temporal://internal")]).await, "Ok");
}

#[tokio::test]
async fn callbacks_reach_the_run_with_small_headers_and_their_own_links() {
    let world = world(&[("*", true)]);
    let mut callback = to("http://a");
    if let Some(callback::Variant::Nexus(nexus)) = &mut callback.variant {
        nexus.header.insert("Color".into(), "Blue".into());
    }
    callback.links = linked(1);
    let mut request = a_start(vec![callback]);
    request.links = linked(2);
    request.workflow_id_conflict_policy = WorkflowIdConflictPolicy::UseExisting as i32;
    request.on_conflict_options =
        Some(OnConflictOptions { attach_request_id: true, attach_completion_callbacks: true, attach_links: true });
    world.frontend.start_workflow_execution(Request::new(request)).await.unwrap();
    let asked = world.history.take_asked();
    let [Asked::Start(asked)] = asked.as_slice() else { panic!("{asked:?}") };
    let callbacks = &asked.start.attributes.completion_callbacks;
    let Some(callback::Variant::Nexus(nexus)) = &callbacks[0].variant else { panic!("{callbacks:?}") };
    assert_eq!(nexus.header.get("color").map(String::as_str), Some("Blue"));
    assert_eq!(asked.start.requester.links, linked(2)[1..], "the callback brings the other one");
    let attach = asked.attach.as_ref().unwrap();
    assert_eq!((&attach.completion_callbacks, &attach.links), (callbacks, &asked.start.requester.links));
}
