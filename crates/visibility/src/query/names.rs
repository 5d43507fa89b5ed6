//! Names of columns: the server's own, those that SDKs and tools set in every namespace, and the namespace's.

use std::collections::BTreeMap;

use abide_api::temporal::api::enums::v1::IndexedValueType;
use abide_store::search::{Column, Field, Kind};

/// Filled in by the server; a user cannot set them.
const SYSTEM: [(&str, Field); 16] = [
    ("CloseTime", Field::CloseTime),
    ("ExecutionDuration", Field::ExecutionDuration),
    ("ExecutionStatus", Field::ExecutionStatus),
    ("ExecutionTime", Field::ExecutionTime),
    ("HistoryLength", Field::HistoryLength),
    ("HistorySizeBytes", Field::HistorySizeBytes),
    ("ParentRunId", Field::ParentRunId),
    ("ParentWorkflowId", Field::ParentWorkflowId),
    ("RootRunId", Field::RootRunId),
    ("RootWorkflowId", Field::RootWorkflowId),
    ("RunId", Field::RunId),
    ("StartTime", Field::StartTime),
    ("StateTransitionCount", Field::StateTransitionCount),
    ("TaskQueue", Field::TaskQueue),
    ("WorkflowId", Field::WorkflowId),
    ("WorkflowType", Field::WorkflowType),
];
/// What lists of schedules call the status.
const SYSTEM_STATUS: &str = "TemporalSystemExecutionStatus";

/// There in every namespace, set by SDKs and tools.
const PREDEFINED: [(&str, Kind); 17] = [
    ("BatcherNamespace", Kind::Keyword),
    ("BatcherUser", Kind::Keyword),
    ("BinaryChecksums", Kind::KeywordList),
    ("BuildIds", Kind::KeywordList),
    ("TemporalChangeVersion", Kind::KeywordList),
    ("TemporalExternalPayloadCount", Kind::Int),
    ("TemporalExternalPayloadSizeBytes", Kind::Int),
    (DIVISION, Kind::Keyword),
    ("TemporalPauseInfo", Kind::KeywordList),
    ("TemporalReportedProblems", Kind::KeywordList),
    ("TemporalScheduledById", Kind::Keyword),
    ("TemporalSchedulePaused", Kind::Bool),
    ("TemporalScheduledStartTime", Kind::Datetime),
    ("TemporalUsedWorkerDeploymentVersions", Kind::KeywordList),
    ("TemporalWorkerDeployment", Kind::Keyword),
    ("TemporalWorkerDeploymentVersion", Kind::Keyword),
    ("TemporalWorkflowVersioningBehavior", Kind::Keyword),
];
/// The predefined attribute that is a field of every row.
pub(crate) const DIVISION: &str = "TemporalNamespaceDivision";
/// What schedules are called where workflow ids are meant, and what their workflows' ids begin with.
pub(super) const SCHEDULE: (&str, &str) = ("ScheduleId", "temporal-sys-scheduler:");

/// The field that a name of the server's own stands for.
fn system(name: &str) -> Option<Field> {
    let name = if name == SYSTEM_STATUS { "ExecutionStatus" } else { name };
    SYSTEM.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

/// What the server fills in, and its types as users know them.
pub fn system_attributes() -> impl Iterator<Item = (&'static str, IndexedValueType)> {
    let as_users_know = |field: Field| if field == Field::ExecutionStatus { Kind::Keyword } else { field.kind() };
    SYSTEM.iter().map(move |(name, field)| (*name, public(as_users_know(*field))))
}

/// What is there in every namespace, and its types.
pub fn predefined_attributes() -> impl Iterator<Item = (&'static str, IndexedValueType)> {
    PREDEFINED.iter().map(|(name, kind)| (*name, public(*kind)))
}

/// The numbers of types are those of the public API.
fn public(kind: Kind) -> IndexedValueType {
    IndexedValueType::try_from(i32::from(kind as u8)).unwrap_or_default()
}

/// The type of a predefined search attribute.
pub(crate) fn predefined(name: &str) -> Option<Kind> {
    PREDEFINED.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// The column with this name, if there is one. Predefined names may lack their `Temporal`.
pub(super) fn column(name: &str, custom: &BTreeMap<String, i32>) -> Option<Column> {
    if let Some(field) = system(name) {
        return Some(field.into());
    }
    let own = custom.get(name).and_then(|kind| Kind::of(u8::try_from(*kind).ok()?));
    let attribute = |name: &str, kind| Column::Attribute { name: name.to_owned(), kind };
    if let Some(kind) = own {
        return Some(attribute(name, kind));
    }
    let names = [name.to_owned(), format!("Temporal{name}")];
    if names.iter().any(|name| name == DIVISION) {
        return Some(Field::NamespaceDivision.into());
    }
    names.iter().find_map(|name| predefined(name).map(|kind| attribute(name, kind)))
}
