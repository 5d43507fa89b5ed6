//! The row of one run: what lists show becomes columns, by which rows are found, and the rest, which is only carried. The
//! owner of the run writes the row with the transition that changes it.

use abide_api::temporal::api::common::v1::{WorkflowExecution, WorkflowType};
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_model::{NamespaceId, Partition, RunId, Timestamp};
use abide_store::key::{Key, VisibilityKey, VisibilityRecord};
use abide_store::search::{Columns, Document, Field, Kind, Raw};
use abide_store::{Error, Record, Row, Write};
use prost::Message;

use crate::query::{DIVISION, predefined};

/// The write that shows the run as it is now: the same row from its start to its close. How long its history is, is
/// shown when it is closed.
///
/// Panics when the info has no run id or no start time.
pub fn write(namespace: NamespaceId, mut info: WorkflowExecutionInfo) -> Write {
    let key = key(namespace, &info);
    let columns = columns(&mut info);
    let record = VisibilityRecord { info: info.encode_to_vec().into(), columns };
    key.put(Partition::SHARED, &record)
}

/// The write that shows the run no more.
///
/// Panics when the info has no run id or no start time.
pub fn delete(namespace: NamespaceId, info: &WorkflowExecutionInfo) -> Write {
    key(namespace, info).delete(Partition::SHARED)
}

/// What a row shows.
pub fn info(row: &Row) -> Result<WorkflowExecutionInfo, Error> {
    let record = VisibilityRecord::from_value(row.value.clone())?;
    let mut info = WorkflowExecutionInfo::decode(record.info)
        .map_err(|cause| Error::Corrupt(format!("visibility record: {cause}")))?;
    let document = Document::of(&row.key, &record.columns)?;
    restore(&mut info, &document);
    Ok(info)
}

fn key(namespace: NamespaceId, info: &WorkflowExecutionInfo) -> VisibilityKey {
    let execution = info.execution.as_ref().expect("a run that is shown has an id");
    let run_id = RunId::parse(&execution.run_id).expect("a run that is shown has an id");
    let started_at = info.start_time.as_ref().expect("a run that is shown has begun");
    VisibilityKey { namespace, started_at: Timestamp { nanos: nanos(started_at) }, run_id }
}

/// Takes what becomes columns out of an info, search attributes excepted: their form is the client's.
fn columns(info: &mut WorkflowExecutionInfo) -> bytes::Bytes {
    let mut columns = Columns::new();
    let execution = info.execution.take().unwrap_or_default();
    columns.text(Field::WorkflowId, &execution.workflow_id);
    if let Some(kind) = info.r#type.take() {
        columns.text(Field::WorkflowType, &kind.name);
    }
    info.start_time = None;
    if let Some(time) = info.execution_time.take() {
        columns.number(Field::ExecutionTime, nanos(&time));
    }
    columns.number(Field::ExecutionStatus, i64::from(std::mem::take(&mut info.status)));
    columns.text(Field::TaskQueue, &std::mem::take(&mut info.task_queue));
    let (length, bytes) = (std::mem::take(&mut info.history_length), std::mem::take(&mut info.history_size_bytes));
    let transitions = std::mem::take(&mut info.state_transition_count);
    if let Some(time) = info.close_time.take() {
        columns.number(Field::CloseTime, nanos(&time));
        columns.number(Field::HistoryLength, length);
        columns.number(Field::HistorySizeBytes, bytes);
        columns.number(Field::StateTransitionCount, transitions);
    }
    if let Some(parent) = info.parent_execution.take() {
        columns.text(Field::ParentWorkflowId, &parent.workflow_id);
        columns.text(Field::ParentRunId, &parent.run_id);
    }
    if let Some(root) = info.root_execution.take().filter(|root| *root != execution) {
        columns.text(Field::RootWorkflowId, &root.workflow_id);
        columns.text(Field::RootRunId, &root.run_id);
    }
    let attributes = info.search_attributes.iter().flat_map(|attributes| &attributes.indexed_fields);
    if let Some((_, payload)) = attributes.clone().find(|(name, _)| *name == DIVISION)
        && let Ok(division) = serde_json::from_slice::<String>(&payload.data)
    {
        columns.text(Field::NamespaceDivision, &division);
    }
    for (name, payload) in attributes.filter(|(name, _)| *name != DIVISION) {
        let said = payload.metadata.get("type").and_then(|kind| std::str::from_utf8(kind).ok());
        let said = Kind::ALL.into_iter().find(|kind| Some(kind.name()) == said);
        if let Some(kind) = predefined(name).or(said) {
            columns.attribute(name, kind, &payload.data);
        }
    }
    columns.finish()
}

/// Puts the columns back. A row of an older form has never lost them.
fn restore(info: &mut WorkflowExecutionInfo, document: &Document<'_>) {
    let text = |field| match document.field(field) {
        Some(Raw::Text(text)) => Some(text.to_owned()),
        Some(_) | None => None,
    };
    let number = |field| match document.stored(field) {
        Some(Raw::Number(number)) => Some(number),
        Some(_) | None => None,
    };
    let execution = |workflow_id, run_id| {
        Some(WorkflowExecution { workflow_id: text(workflow_id)?, run_id: text(run_id).unwrap_or_default() })
    };
    info.execution = execution(Field::WorkflowId, Field::RunId);
    info.r#type = text(Field::WorkflowType).map(|name| WorkflowType { name });
    info.start_time = Some(time(document.started_at().nanos));
    info.execution_time = number(Field::ExecutionTime).map(time);
    info.close_time = number(Field::CloseTime).map(time);
    info.status = number(Field::ExecutionStatus).and_then(|status| i32::try_from(status).ok()).unwrap_or_default();
    info.task_queue = text(Field::TaskQueue).unwrap_or_default();
    info.history_length = number(Field::HistoryLength).unwrap_or_default();
    info.history_size_bytes = number(Field::HistorySizeBytes).unwrap_or_default();
    info.state_transition_count = number(Field::StateTransitionCount).unwrap_or_default();
    info.parent_execution = execution(Field::ParentWorkflowId, Field::ParentRunId);
    info.root_execution = execution(Field::RootWorkflowId, Field::RootRunId);
}

fn nanos(time: &prost_types::Timestamp) -> i64 {
    time.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(time.nanos))
}

fn time(nanos: i64) -> prost_types::Timestamp {
    let (seconds, rest) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    prost_types::Timestamp { seconds, nanos: i32::try_from(rest).unwrap_or_default() }
}
