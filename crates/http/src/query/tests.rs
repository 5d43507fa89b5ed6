use abide_json::{Payloads, descriptor, message_of};
use prost::Message;
use prost_reflect::DynamicMessage;

use super::set_from_query;
use crate::url;

fn read(request: &str, query: &str) -> Result<String, String> {
    let kind = descriptor(&format!("temporal.api.workflowservice.v1.{request}"));
    let mut message = DynamicMessage::new(kind.clone());
    set_from_query(&mut message, url::pairs(query)?, &[])?;
    Ok(message_of(kind, &message.encode_to_vec(), Payloads::Raw).expect("its own descriptor").to_string())
}

#[test]
fn fields_are_found_by_either_name() {
    let cases = [
        ("ListWorkflowExecutionsRequest", "pageSize=3&query=a+b%3D1", r#"{"pageSize":3,"query":"a b=1"}"#),
        ("DescribeWorkflowExecutionRequest", "execution.run_id=r", r#"{"execution":{"runId":"r"}}"#),
        ("DescribeWorkflowExecutionRequest", "execution.runId=r&foo=1&execution.x=1", r#"{"execution":{"runId":"r"}}"#),
        ("GetWorkerTaskReachabilityRequest", "buildIds=a&buildIds=b", r#"{"buildIds":["a","b"]}"#),
        (
            "GetWorkflowExecutionHistoryRequest",
            "historyEventFilterType=2&waitNewEvent=T&nextPageToken=_-8",
            r#"{"nextPageToken":"/+8=","waitNewEvent":true,"historyEventFilterType":"HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT"}"#,
        ),
        (
            "ListScheduleMatchingTimesRequest",
            "startTime=2020-01-01T00:00:00Z",
            r#"{"startTime":"2020-01-01T00:00:00Z"}"#,
        ),
    ];
    for (request, query, expected) in cases {
        assert_eq!(read(request, query).as_deref(), Ok(expected), "{query}");
    }
}

#[test]
fn what_cannot_be_is_told_in_the_words_of_the_reference() {
    let cases = [
        (
            "ListWorkflowExecutionsRequest",
            "pageSize=x",
            r#"parsing field "page_size": strconv.ParseInt: parsing "x": invalid syntax"#,
        ),
        (
            "ListWorkflowExecutionsRequest",
            "pageSize=99999999999",
            r#"parsing field "page_size": strconv.ParseInt: parsing "99999999999": value out of range"#,
        ),
        ("ListWorkflowExecutionsRequest", "pageSize=1&pageSize=2", r#"too many values for field "page_size": 1, 2"#),
        (
            "DescribeWorkflowExecutionRequest",
            "execution=1",
            r#"parsing field "execution": unsupported message type: "temporal.api.common.v1.WorkflowExecution""#,
        ),
        ("DescribeWorkflowExecutionRequest", "execution.runId.x=1", r#"invalid path: "runId" is not a message"#),
        (
            "GetWorkflowExecutionHistoryRequest",
            "historyEventFilterType=CloseEvent",
            r#"parsing field "history_event_filter_type": "CloseEvent" is not a valid value"#,
        ),
        (
            "GetWorkflowExecutionHistoryRequest",
            "waitNewEvent=maybe",
            r#"parsing field "wait_new_event": strconv.ParseBool: parsing "maybe": invalid syntax"#,
        ),
        (
            "GetWorkflowExecutionHistoryRequest",
            "nextPageToken=***",
            r#"parsing field "next_page_token": illegal base64 data"#,
        ),
        (
            "ListScheduleMatchingTimesRequest",
            "startTime=2020",
            r#"parsing field "start_time": parsing time "2020": not as RFC 3339 has it"#,
        ),
        ("ListWorkflowExecutionsRequest", "pageSize[a]=1", r#""page_size" is not a map"#),
        ("ListWorkflowExecutionsRequest", "%zz=1", r#"invalid URL escape "%zz""#),
    ];
    for (request, query, expected) in cases {
        assert_eq!(read(request, query).err().as_deref(), Some(expected), "{query}");
    }
}

#[test]
fn maps_and_spans_of_time_have_a_form_in_a_query() {
    let start = |query: &str| read("StartWorkflowExecutionRequest", query);
    assert_eq!(start("workflowRunTimeout=1.5s").as_deref(), Ok(r#"{"workflowRunTimeout":"1.500s"}"#));
    assert_eq!(start("workflowRunTimeout=-1h30m20ms").as_deref(), Ok(r#"{"workflowRunTimeout":"-5400.020s"}"#));
    assert!(start("workflowRunTimeout=soon").is_err());
    let labels = read("UpdateNamespaceRequest", "updateInfo.data[a]=1&updateInfo.data[b]=2");
    assert_eq!(labels.as_deref(), Ok(r#"{"updateInfo":{"data":{"a":"1","b":"2"}}}"#));
    assert_eq!(
        read("UpdateNamespaceRequest", "updateInfo.data[a]=1&updateInfo.data[a]=2").err().as_deref(),
        Some(r#"more than one value provided for key "a" in map "data""#)
    );
}
