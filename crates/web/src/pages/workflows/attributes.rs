//! What runs can be found by, sorted by and shown with: the names and types of a namespace's search attributes.

use abide_api::temporal::api::enums::v1::IndexedValueType;
use abide_api::temporal::api::operatorservice::v1::ListSearchAttributesRequest;

use crate::visit::Visit;

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The namespace has added it.
    pub(crate) is_custom: bool,
}

/// What may be asked of an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Status,
    Keyword,
    Text,
    KeywordList,
    Number,
    Duration,
    Moment,
    Bool,
}

/// Of every run, as people call them.
const BUILT_IN: [(&str, &str, Kind); 16] = [
    ("ExecutionStatus", "Status", Kind::Status),
    ("WorkflowId", "Workflow id", Kind::Keyword),
    ("RunId", "Run id", Kind::Keyword),
    ("WorkflowType", "Type", Kind::Keyword),
    ("StartTime", "Start", Kind::Moment),
    ("CloseTime", "End", Kind::Moment),
    ("ExecutionTime", "Execution time", Kind::Moment),
    ("ExecutionDuration", "Duration", Kind::Duration),
    ("TaskQueue", "Task queue", Kind::Keyword),
    ("HistoryLength", "Events", Kind::Number),
    ("HistorySizeBytes", "History size", Kind::Number),
    ("StateTransitionCount", "State transitions", Kind::Number),
    ("ParentWorkflowId", "Parent", Kind::Keyword),
    ("ParentRunId", "Parent run", Kind::Keyword),
    ("RootWorkflowId", "Root", Kind::Keyword),
    ("RootRunId", "Root run", Kind::Keyword),
];

/// What is kept for the server itself.
const HIDDEN: [&str; 1] = ["TemporalNamespaceDivision"];

/// An attribute as people call it.
pub(crate) fn label(name: &str) -> &str {
    BUILT_IN.iter().find(|(known, ..)| *known == name).map_or(name, |(_, label, _)| label)
}

/// Those of every run first, then the namespace's own, then what SDKs and tools set. Without the right to ask for them, those
/// of every run.
pub(crate) async fn attributes(visit: &Visit, namespace: &str) -> Vec<Attribute> {
    let request = visit.request(ListSearchAttributesRequest { namespace: namespace.to_owned() });
    let answer = visit.operator().list_search_attributes(request).await.map(tonic::Response::into_inner);
    let answer = answer.unwrap_or_default();
    let of = |attributes: std::collections::BTreeMap<String, i32>, is_custom| {
        let others = attributes
            .into_iter()
            .filter(|(name, _)| !HIDDEN.contains(&name.as_str()) && BUILT_IN.iter().all(|(known, ..)| known != name));
        others.map(move |(name, kind)| Attribute { name, kind: Kind::of(kind), is_custom })
    };
    let built_in =
        BUILT_IN.iter().map(|(name, _, kind)| Attribute { name: (*name).to_owned(), kind: *kind, is_custom: false });
    built_in.chain(of(answer.custom_attributes, true)).chain(of(answer.system_attributes, false)).collect()
}

impl Kind {
    fn of(kind: i32) -> Self {
        match IndexedValueType::try_from(kind).unwrap_or_default() {
            IndexedValueType::Text => Self::Text,
            IndexedValueType::KeywordList => Self::KeywordList,
            IndexedValueType::Int | IndexedValueType::Double => Self::Number,
            IndexedValueType::Datetime => Self::Moment,
            IndexedValueType::Bool => Self::Bool,
            IndexedValueType::Keyword | IndexedValueType::Unspecified => Self::Keyword,
        }
    }
}
