//! The list, rendered from fixed answers.

use std::sync::{Arc, Mutex};

use abide_api::temporal::api::common::v1::{Payload, SearchAttributes, WorkflowExecution, WorkflowType};
use abide_api::temporal::api::enums::v1::{IndexedValueType, WorkflowExecutionStatus};
use abide_api::temporal::api::operatorservice::v1::ListSearchAttributesResponse;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_api::temporal::api::workflowservice::v1::count_workflow_executions_response::AggregationGroup;
use abide_api::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse, ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse, StartBatchOperationRequest, start_batch_operation_request::Operation,
};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};
use prost::Message;
use prost_types::Timestamp;
use tonic::Status;
use tonic::service::Routes;

use crate::port::{Port, port};
use crate::site::Site;
use crate::switches::{Action, Switches};
use crate::testing::{self, exchange, service, shown};

const HOSTILE: &str = r#"<script>alert("1")</script>'&"#;

fn keyword(text: &str) -> Payload {
    let data = serde_json::Value::from(text).to_string().into();
    Payload { metadata: [("type".into(), "Keyword".into())].into(), data, ..Payload::default() }
}

fn run(place: i64) -> WorkflowExecutionInfo {
    let at = |seconds| Some(Timestamp { seconds, nanos: 123_456_789 });
    WorkflowExecutionInfo {
        execution: Some(WorkflowExecution {
            workflow_id: format!("order-{place:08}"),
            run_id: format!("0199aaaa-bbbb-7ccc-8ddd-{place:012}"),
        }),
        r#type: Some(WorkflowType { name: "OrderWorkflow".into() }),
        start_time: at(1_800_000_000 + place),
        execution_time: at(1_800_000_000 + place),
        close_time: at(1_800_000_060 + place),
        status: WorkflowExecutionStatus::Completed.into(),
        task_queue: "orders".into(),
        ..WorkflowExecutionInfo::default()
    }
}

fn hostile() -> WorkflowExecutionInfo {
    let problems = Payload { data: r#"["category=WorkflowTaskFailed","cause=<b>"]"#.into(), ..Payload::default() };
    let attributes = [("TemporalReportedProblems".to_owned(), problems), ("Customer".to_owned(), keyword(HOSTILE))];
    WorkflowExecutionInfo {
        execution: Some(WorkflowExecution { workflow_id: HOSTILE.into(), run_id: "0199aaaa-bbbb-7ccc-8ddd-0".into() }),
        r#type: Some(WorkflowType { name: HOSTILE.into() }),
        status: WorkflowExecutionStatus::Running.into(),
        close_time: None,
        parent_execution: Some(WorkflowExecution { workflow_id: HOSTILE.into(), run_id: String::new() }),
        search_attributes: Some(SearchAttributes { indexed_fields: attributes.into() }),
        ..run(0)
    }
}

/// A namespace with these runs; queries that speak of `Wrong` are refused.
fn pages(runs: Vec<WorkflowExecutionInfo>, next_page_token: &'static [u8]) -> Router {
    let site = testing::site(answers(runs, next_page_token, Batches::default()));
    port(Port { site, files: None, disable_news_fetch: false })
}

type Batches = Arc<Mutex<Vec<StartBatchOperationRequest>>>;

fn answers(runs: Vec<WorkflowExecutionInfo>, next_page_token: &'static [u8], asked_for: Batches) -> Routes {
    service(move |asked| {
        let method = asked.path.rsplit('/').next().unwrap_or_default();
        match method {
            "ListWorkflowExecutions" => {
                let request = ListWorkflowExecutionsRequest::decode(asked.message).expect("a request");
                if request.query.contains("Wrong") {
                    return Err(Status::invalid_argument(format!("invalid query: {HOSTILE} is no name")));
                }
                let answer = ListWorkflowExecutionsResponse {
                    executions: runs.clone(),
                    next_page_token: Bytes::from_static(next_page_token),
                };
                Ok(answer.encode_to_vec().into())
            }
            "CountWorkflowExecutions" => {
                let request = CountWorkflowExecutionsRequest::decode(asked.message).expect("a request");
                assert!(!request.query.contains("ORDER BY"));
                let group = |status, count| AggregationGroup { group_values: vec![keyword(status)], count };
                let groups = vec![group("Running", 1), group("ContinuedAsNew", 1234)];
                Ok(CountWorkflowExecutionsResponse { count: 1235, groups }.encode_to_vec().into())
            }
            "ListSearchAttributes" => {
                let custom_attributes = [("Customer".to_owned(), IndexedValueType::Keyword.into())].into();
                let system_attributes = [("BuildIds".to_owned(), IndexedValueType::KeywordList.into())].into();
                let answer =
                    ListSearchAttributesResponse { custom_attributes, system_attributes, ..Default::default() };
                Ok(answer.encode_to_vec().into())
            }
            "StartBatchOperation" => {
                let request = StartBatchOperationRequest::decode(asked.message).expect("a request");
                asked_for.lock().expect("whole").push(request);
                Ok(Bytes::new())
            }
            _ => Ok(Bytes::new()),
        }
    })
}

async fn get(pages: &Router, path: &str, cookies: &str) -> (StatusCode, String) {
    let request =
        Request::get(path).header("cookie", format!("_csrf=t; {cookies}")).body(Body::empty()).expect("a request");
    let (status, headers, text) = exchange(pages, request).await;
    match headers.get("location") {
        Some(to) => (status, to.to_str().expect("ascii").to_owned()),
        None => (status, text),
    }
}

/// What a page says inside its frame, an element on a line, without what differs from one build to the next.
fn content(html: &str) -> String {
    let begin = html.find("<main").expect("a page");
    let end = html.find("</main>").expect("a page");
    let text = testing::without_hashes(&html[begin..end].replace("><", ">\n<"));
    let id = text.split("<tbody id=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("rows");
    text.replace(id, "rows-ID")
}

const LIST: &str = "/namespaces/default/workflows";

#[tokio::test]
async fn the_list_shows_rows_counts_filters_and_views() {
    let pages = pages(vec![run(1), hostile()], b"more");
    let columns = "abide_columns=default%3DExecutionStatus~WorkflowId~WorkflowType~StartTime~ExecutionDuration~ParentWorkflowId~\
                   Customer~Children; abide_views=default%250A%253Cb%253E%3DA%2520%253D%25201";
    let query = "query=WorkflowType+%3D+%27%3Cb%3E%27+AND+ExecutionStatus+%3D+%27Running%27+ORDER+BY+StartTime+DESC";
    let (status, html) = get(&pages, &format!("{LIST}?{query}&size=25"), columns).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!html.contains("<script>alert") && !html.contains("<b>"));
    insta::assert_snapshot!(content(&html));
}

#[tokio::test]
async fn a_hundred_runs_are_less_than_a_hundred_kilobytes() {
    let pages = pages((0..100).map(run).collect(), b"more");
    let (_, html) = get(&pages, LIST, "").await;
    assert!(html.len() < 100_000, "{}", html.len());
}

#[tokio::test]
async fn a_query_that_is_refused_stays_in_its_field_beside_the_reason() {
    let pages = pages(Vec::new(), b"");
    let (status, html) = get(&pages, &format!("{LIST}?query=Wrong+%3D+%27%22%3E%27"), "").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(html.contains(r#"value="Wrong = '&quot;&gt;'""#), "{html}");
    assert!(html.contains("invalid query: &lt;script&gt;") && !html.contains("<script>alert"));
}

#[tokio::test]
async fn a_condition_is_put_to_the_query_that_there_is() {
    let pages = pages(Vec::new(), b"");
    let form = "query=A+%3D+1+OR+B+%3D+2+ORDER+BY+A&size=25&add=WorkflowType&operator=STARTS_WITH&value=it%27s";
    let (status, to) = get(&pages, &format!("{LIST}?{form}"), "").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let query =
        "%28A%20%3D%201%20OR%20B%20%3D%202%29%20AND%20WorkflowType%20STARTS_WITH%20%27it%27%27s%27%20ORDER%20BY%20A";
    assert_eq!(to, format!("{LIST}?size=25&query={query}"));
    let (status, html) = get(&pages, &format!("{LIST}?add=Customer"), "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("starts with") && html.contains(r#"name="add" value="Customer""#));
}

#[tokio::test]
async fn a_later_page_is_put_where_the_link_to_it_says() {
    let pages = pages(vec![run(1)], b"more");
    let (_, first) = get(&pages, LIST, "").await;
    let place = |html: &str| {
        let begin = html.find("data-more=\"").expect("a link to more") + 11;
        html[begin..begin + html[begin..].find('"').expect("its end")].to_owned()
    };
    let (_, second) = get(&pages, &format!("{LIST}?token=bW9yZQ"), "").await;
    assert_eq!(place(&first), place(&second));
    assert!(second.contains(&format!(r#"<tbody id="{}" data-grows=""><tr"#, place(&second))), "{second}");
    assert!(second.contains("To the first page"));
}

#[tokio::test]
async fn what_is_done_to_many_is_confirmed_first() {
    let site = || testing::site(answers(Vec::new(), b"", Batches::default()));
    let (status, html) = shown(site(), &format!("{LIST}/actions/terminate?query=A+%3D+%27%3Cb%3E%27"), None).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(html);
    let (status, html) = shown(site(), &format!("{LIST}/actions/reset"), Some("query=&run=r1/a%2Fb&run=r2/c")).await;
    assert_eq!(status, 200);
    assert!(html.contains("1,235 workflows") && html.contains("<li>a/b</li>"), "{html}");
    assert!(
        html.contains(r#"abide workflow reset --namespace default --query 'RunId IN ('\''r1'\'', '\''r2'\'')'"#),
        "{html}"
    );
    let (status, html) = shown(site(), &format!("{LIST}/actions/reset"), Some("query=A")).await;
    assert!(status == 400 && html.contains("no workflow is chosen"), "{html}");
}

#[tokio::test]
async fn a_confirmed_deed_is_a_batch_operation() {
    let batches = Batches::default();
    let act = |deed: &str, form: String| {
        let site = testing::site(answers(Vec::new(), b"", batches.clone()));
        let path = format!("{LIST}/actions/{deed}");
        async move { shown(site, &path, Some(&format!("confirmed=yes&reason=why&{form}"))).await }
    };
    let (status, to) = act("signal", "all=yes&query=A+%3D+1&name=approve&input=1&input=%22x%22&rps=2.5".into()).await;
    assert_eq!(status, 303, "{to}");
    let (status, _) = act("delete", "run=r1/a%2Fb&run=r2/c".into()).await;
    assert_eq!(status, 303);
    assert_eq!(act("cancel", "all=yes&query=".into()).await.0, 303);
    let (status, html) = act("signal", "all=yes&name=approve&input=no".into()).await;
    assert!(status == 400 && html.contains("Input 1 is not JSON"), "{html}");
    let asked = batches.lock().expect("whole").clone();
    assert_eq!(asked.len(), 3);
    assert_eq!((asked[0].visibility_query.as_str(), asked[0].reason.as_str()), ("A = 1", "why"));
    assert_eq!(asked[0].max_operations_per_second, 2.5);
    assert!(to.ends_with(&format!("/namespaces/default/batch-operations/{}", asked[0].job_id)), "{to}");
    let Some(Operation::SignalOperation(signal)) = &asked[0].operation else { panic!("{:?}", asked[0]) };
    assert_eq!((signal.signal.as_str(), signal.input.as_ref().map(|input| input.payloads.len())), ("approve", Some(2)));
    let named: Vec<_> =
        asked[1].target_executions.iter().map(|one| (one.business_id.as_str(), one.run_id.as_str())).collect();
    assert_eq!(named, [("a/b", "r1"), ("c", "r2")]);
    assert_eq!(asked[2].visibility_query, "StartTime IS NOT NULL");
}

#[tokio::test]
async fn what_is_switched_off_is_neither_offered_nor_done() {
    let site = |switches| Site { switches, ..testing::site(answers(vec![run(1)], b"", Batches::default())) };
    let off = || Switches { disabled: [Action::Terminate].into(), ..Switches::default() };
    let (_, html) = shown(site(off()), LIST, None).await;
    assert!(html.contains("/actions/cancel") && !html.contains("/actions/terminate"), "{html}");
    let form = Some("confirmed=yes&reason=x&all=yes");
    assert_eq!(shown(site(off()), &format!("{LIST}/actions/terminate"), form).await.0, 403);
    let read_only = || Switches { read_only: true, ..Switches::default() };
    let (_, html) = shown(site(read_only()), LIST, None).await;
    assert!(!html.contains("type=\"checkbox\"") && !html.contains("start-workflow"), "{html}");
    assert_eq!(shown(site(read_only()), &format!("{LIST}/actions/cancel"), form).await.0, 403);
}

#[tokio::test]
async fn columns_are_kept_and_shown() {
    let pages = pages(vec![run(1)], b"");
    let (_, html) = get(&pages, &format!("{LIST}/actions/columns"), "").await;
    let token = html.split("name=\"_csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
    assert!(html.contains("place-of-Customer") && html.contains("place-of-BuildIds"));
    let form = format!("_csrf={token}&place-of-Customer=2&place-of-WorkflowId=1&place-of-RunId=&place-of-TaskQueue=1");
    let request = Request::post(format!("{LIST}/actions/columns?query=A"))
        .header("cookie", format!("_csrf={token}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .expect("a request");
    let (status, headers, text) = exchange(&pages, request).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{text}");
    assert_eq!(headers["location"], format!("{LIST}?query=A"));
    let cookies: Vec<_> = headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()).collect();
    let columns = cookies.iter().find(|cookie| cookie.starts_with("abide_columns=")).expect("a cookie");
    assert!(columns.starts_with("abide_columns=default%3DWorkflowId~TaskQueue~Customer;"), "{columns}");
}
