//! Records of version 1: the public `WorkflowExecutionInfo`, of which this reads what became columns. The tags are those
//! of the public API at the time, for ever.

use std::collections::HashMap;

use bytes::Bytes;
use prost::Message;

use crate::search::{Columns, Field, Kind};

#[derive(Clone, PartialEq, Message)]
struct Info {
    #[prost(message, optional, tag = "1")]
    execution: Option<Execution>,
    #[prost(message, optional, tag = "2")]
    kind: Option<Named>,
    #[prost(message, optional, tag = "4")]
    close_time: Option<prost_types::Timestamp>,
    #[prost(int32, tag = "5")]
    status: i32,
    #[prost(int64, tag = "6")]
    history_length: i64,
    #[prost(message, optional, tag = "8")]
    parent: Option<Execution>,
    #[prost(message, optional, tag = "9")]
    execution_time: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "11")]
    attributes: Option<Attributes>,
    #[prost(string, tag = "13")]
    task_queue: String,
    #[prost(int64, tag = "14")]
    transitions: i64,
    #[prost(int64, tag = "15")]
    history_bytes: i64,
    #[prost(message, optional, tag = "18")]
    root: Option<Execution>,
}

#[derive(Clone, PartialEq, Message)]
struct Execution {
    #[prost(string, tag = "1")]
    workflow_id: String,
    #[prost(string, tag = "2")]
    run_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Attributes {
    #[prost(map = "string, message", tag = "1")]
    fields: HashMap<String, Payload>,
}

#[derive(Clone, PartialEq, Message)]
struct Payload {
    #[prost(map = "string, bytes", tag = "1")]
    metadata: HashMap<String, Bytes>,
    #[prost(bytes = "bytes", tag = "2")]
    data: Bytes,
}

/// The columns of a row, from its info; none of what cannot be read.
pub(super) fn columns(info: &Bytes) -> Bytes {
    let Ok(info) = Info::decode(info.clone()) else { return Bytes::new() };
    let mut columns = Columns::new();
    let execution = info.execution.unwrap_or_default();
    columns.text(Field::WorkflowId, &execution.workflow_id);
    columns.text(Field::WorkflowType, &info.kind.unwrap_or_default().name);
    if let Some(time) = info.execution_time {
        columns.number(Field::ExecutionTime, nanos(time));
    }
    if let Some(time) = info.close_time {
        columns.number(Field::CloseTime, nanos(time));
    }
    columns.number(Field::ExecutionStatus, i64::from(info.status));
    columns.text(Field::TaskQueue, &info.task_queue);
    if info.close_time.is_some() {
        columns.number(Field::HistoryLength, info.history_length);
        columns.number(Field::HistorySizeBytes, info.history_bytes);
        columns.number(Field::StateTransitionCount, info.transitions);
    }
    if let Some(parent) = info.parent {
        columns.text(Field::ParentWorkflowId, &parent.workflow_id);
        columns.text(Field::ParentRunId, &parent.run_id);
    }
    if let Some(root) = info.root.filter(|root| *root != execution) {
        columns.text(Field::RootWorkflowId, &root.workflow_id);
        columns.text(Field::RootRunId, &root.run_id);
    }
    for (name, payload) in info.attributes.unwrap_or_default().fields {
        let kind = payload.metadata.get("type").and_then(|kind| std::str::from_utf8(kind).ok());
        if let Some(kind) = Kind::ALL.into_iter().find(|known| Some(known.name()) == kind) {
            columns.attribute(&name, kind, &payload.data);
        }
    }
    columns.finish()
}

fn nanos(time: prost_types::Timestamp) -> i64 {
    time.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(time.nanos))
}
