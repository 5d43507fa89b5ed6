//! Questions, and the two pages that ask them, with a service that answers or does not.

use abide_api::temporal::api::common::v1::Payload;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_api::temporal::api::workflowservice::v1::{DescribeWorkflowExecutionResponse, QueryWorkflowResponse};
use bytes::Bytes;
use prost::Message;
use tonic::service::Routes;

use crate::site::Site;
use crate::switches::Switches;
use crate::testing::{service, shown, site};
use serde_json::json;

use super::*;

#[test]
fn a_workflow_says_what_it_listens_to_in_either_spelling() {
    let value = json!({
        "definition": { "queryDefinitions": [{ "name": "status", "description": "How far" }, {}],
            "signal_definitions": [{ "name": "go" }] },
        "currentDetails": "waits"
    });
    let found = defined(&value);
    let status = Named { name: "status".into(), description: "How far".into() };
    assert_eq!((found.current_details.as_str(), found.queries), ("waits", vec![status]));
    assert_eq!(found.signals[0].name, "go");
    assert_eq!(defined(&json!(5)), Definition::default());
}

#[test]
fn the_queries_are_found_in_what_an_sdk_says_of_another() {
    let names = |said: &str| known(said).map(|all| all.into_iter().map(|one| one.name).collect::<Vec<_>>());
    let expected = Some(vec!["status".to_owned()]);
    for said in [
        "Query handler for 'x' expected but not found, known queries: [__stack_trace status]",
        "unknown queryType x. KnownQueryTypes=[__stack_trace, status]",
        "Unknown query type: x, knownTypes=[__stack_trace,status]",
    ] {
        assert_eq!(names(said), expected, "{said}");
    }
    assert_eq!(names("no such query"), None);
}

/// A run that is open, whose worker answers like this.
fn routes(answer: impl Fn(&str, Option<Payloads>) -> Result<String, Status> + Clone + Send + Sync + 'static) -> Routes {
    service(move |asked| {
        if asked.path.ends_with("/DescribeWorkflowExecution") {
            let info = WorkflowExecutionInfo { status: 1, task_queue: "q".into(), ..Default::default() };
            let found = DescribeWorkflowExecutionResponse { workflow_execution_info: Some(info), ..Default::default() };
            return Ok(found.encode_to_vec().into());
        }
        if !asked.path.ends_with("/QueryWorkflow") {
            return Ok(Bytes::new());
        }
        assert!(asked.headers.contains_key("grpc-timeout"), "every question has an end");
        let query = QueryWorkflowRequest::decode(asked.message).expect("a request").query.expect("a query");
        let data = answer(&query.query_type, query.query_args)?.into();
        let metadata = [("encoding".to_owned(), Bytes::from_static(b"json/plain"))].into();
        let payload = Payload { metadata, data, ..Default::default() };
        let query_result = Some(Payloads { payloads: vec![payload] });
        Ok(QueryWorkflowResponse { query_result, ..Default::default() }.encode_to_vec().into())
    })
}

async fn page(site: Site, rest: &str) -> String {
    let (status, html) = shown(site, &format!("/namespaces/default/workflows/w/r{rest}"), None).await;
    assert_eq!(status, 200, "{html}");
    html
}

fn knowing(query: &str, args: Option<Payloads>) -> Result<String, Status> {
    match query {
        "__temporal_workflow_metadata" => {
            Ok(r#"{"definition":{"queryDefinitions":[{"name":"sta\"te","description":"<b>"}]}}"#.to_owned())
        }
        "__stack_trace" => Ok(r#""at <line>\nat two""#.to_owned()),
        "state" => Ok(format!("{{\"args\": {}}}", args.map_or(0, |args| args.payloads.len()))),
        _ => Err(Status::invalid_argument("no such <query>")),
    }
}

#[tokio::test]
async fn queries_are_offered_and_answered() {
    let html = page(site(routes(knowing)), "/query").await;
    assert!(html.contains("query?type=sta%22te\"") && html.contains("title=\"&lt;b&gt;\""), "{html}");
    let html = page(site(routes(knowing)), "/query?type=state&input=1&input=%22x%22&input=").await;
    assert!(html.contains("<pre>{&quot;args&quot;: 2}</pre>"), "{html}");
    assert!(html.contains("<h2>Answer to state</h2>") && html.contains("Ask again"), "{html}");
    let html = page(site(routes(knowing)), "/query?type=state&input=%7B").await;
    assert!(html.contains("Input 1 is not JSON"), "{html}");
}

#[tokio::test]
async fn what_a_query_says_when_it_fails_can_be_hidden() {
    let html = page(site(routes(knowing)), "/query?type=x").await;
    assert!(html.contains("role=\"alert\">no such &lt;query&gt;"), "{html}");
    let switches = Switches { hide_query_errors: true, ..Switches::default() };
    let html = page(Site { switches, ..site(routes(knowing)) }, "/query?type=x").await;
    assert!(html.contains("The query has failed.") && !html.contains("no such"), "{html}");
}

#[tokio::test]
async fn queries_can_be_asked_without_scripts_to_a_page_that_is_read_only() {
    let switches = Switches { read_only: true, ..Switches::default() };
    let html = page(Site { switches, ..site(routes(knowing)) }, "/query?type=state").await;
    assert!(html.contains("<pre>{&quot;args&quot;: 0}</pre>") && html.contains("method=\"get\""), "{html}");
}

#[tokio::test]
async fn a_call_stack_is_its_lines() {
    let html = page(site(routes(knowing)), "/call-stack").await;
    assert!(html.contains("<pre>at &lt;line&gt;\nat two</pre>"), "{html}");
    assert!(html.contains("abide workflow stack --namespace default --workflow-id w --run-id r"), "{html}");
}

#[tokio::test]
async fn without_a_worker_the_pages_say_so() {
    let nobody = |_: &str, _: Option<Payloads>| Err(Status::deadline_exceeded("timed out <b>"));
    for rest in ["/call-stack", "/query?type=state"] {
        let html = page(site(routes(nobody)), rest).await;
        assert!(html.contains("No worker has answered.") && html.contains("timed out &lt;b&gt;"), "{html}");
        assert!(html.contains("/namespaces/default/workflows/w/r/workers"), "{html}");
    }
}
