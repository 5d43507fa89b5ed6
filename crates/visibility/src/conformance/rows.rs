//! Runs to find: each has a number, by which answers name it.

use abide_api::temporal::api::common::v1::{Memo, Payload, SearchAttributes, WorkflowExecution, WorkflowType};
use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_model::NamespaceId;
use abide_store::Write;
use abide_store::search::Kind;
use uuid::Uuid;

/// The namespace under test.
pub(super) const NAMESPACE: NamespaceId = NamespaceId(Uuid::from_u128(7));
/// Its search attributes, one of each type.
pub const CUSTOM: [(&str, Kind); 7] = [
    ("MyKeyword", Kind::Keyword),
    ("MyText", Kind::Text),
    ("MyInt", Kind::Int),
    ("MyDouble", Kind::Double),
    ("MyBool", Kind::Bool),
    ("MyDatetime", Kind::Datetime),
    ("MyKeywordList", Kind::KeywordList),
];
/// When the first run began: seconds.
const BEGIN: i64 = 1_700_000_000;

/// A run to find.
#[derive(Clone, Debug)]
pub struct Example {
    /// By which answers name it. The runs begin a second apart, in the order of their numbers.
    pub number: u32,
    /// Its workflow's id.
    pub workflow_id: String,
    /// Its workflow's type.
    pub workflow_type: String,
    /// How it stands. Open runs have no end.
    pub status: WorkflowExecutionStatus,
    /// How many seconds after the first run's begin it ended, if it did.
    pub closed: i64,
    /// Its search attributes: name, type and JSON.
    pub attributes: Vec<(&'static str, Kind, String)>,
    /// The workflow id of its parent, if it has one.
    pub parent: Option<String>,
}

impl Example {
    /// An open run.
    pub fn open(number: u32, workflow_type: &str) -> Self {
        Self {
            number,
            workflow_id: format!("order-{number}"),
            workflow_type: workflow_type.to_owned(),
            status: WorkflowExecutionStatus::Running,
            closed: 0,
            attributes: Vec::new(),
            parent: None,
        }
    }

    /// The same run, closed at a time.
    pub fn closed(mut self, status: WorkflowExecutionStatus, seconds: i64) -> Self {
        (self.status, self.closed) = (status, seconds);
        self
    }

    /// The same run with one of the attributes of [`CUSTOM`], or a predefined one.
    pub fn with(mut self, name: &'static str, json: &str) -> Self {
        let custom = CUSTOM.iter().find(|(custom, _)| *custom == name).map(|(_, kind)| *kind);
        let kind =
            custom.or_else(|| crate::query::predefined(name)).unwrap_or_else(|| panic!("{name} is no attribute"));
        self.attributes.push((name, kind, json.to_owned()));
        self
    }

    /// The same run in a division of the namespace.
    pub fn in_division(self, division: &str) -> Self {
        self.with("TemporalNamespaceDivision", &format!("\"{division}\""))
    }

    fn is_closed(&self) -> bool {
        !matches!(self.status, WorkflowExecutionStatus::Running | WorkflowExecutionStatus::Paused)
    }

    /// What is shown of it.
    pub fn info(&self) -> WorkflowExecutionInfo {
        let time = |seconds| Some(prost_types::Timestamp { seconds: BEGIN + seconds, nanos: 5 });
        let run_id = Uuid::from_u128(u128::from(self.number)).to_string();
        let execution = WorkflowExecution { workflow_id: self.workflow_id.clone(), run_id };
        let fields = self.attributes.iter().map(|(name, kind, json)| ((*name).to_owned(), payload(*kind, json)));
        let memo = [("note".to_owned(), payload(Kind::Keyword, "\"kept\""))];
        let parent = self.parent.clone().map(|workflow_id| WorkflowExecution { workflow_id, run_id: "parent".into() });
        WorkflowExecutionInfo {
            r#type: Some(WorkflowType { name: self.workflow_type.clone() }),
            start_time: time(i64::from(self.number)),
            execution_time: time(i64::from(self.number)),
            close_time: if self.is_closed() { time(self.closed) } else { None },
            status: self.status.into(),
            history_length: if self.is_closed() { i64::from(self.number) + 3 } else { 0 },
            task_queue: "orders".into(),
            memo: Some(Memo { fields: memo.into() }),
            search_attributes: Some(SearchAttributes { indexed_fields: fields.collect() }),
            root_execution: parent.clone().or_else(|| Some(execution.clone())),
            parent_execution: parent,
            execution: Some(execution),
            first_run_id: "first".into(),
            ..WorkflowExecutionInfo::default()
        }
    }

    /// The write that shows it.
    pub fn write(&self) -> Write {
        crate::write(NAMESPACE, self.info())
    }

    /// The write that shows it no more.
    pub fn delete(&self) -> Write {
        crate::delete(NAMESPACE, &self.info())
    }
}

fn payload(kind: Kind, json: &str) -> Payload {
    let metadata = [("encoding", "json/plain"), ("type", kind.name())];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec().into())).into();
    Payload { metadata, data: json.as_bytes().to_vec().into(), ..Payload::default() }
}

/// The number of a run that was listed.
pub(super) fn number(info: &WorkflowExecutionInfo) -> u32 {
    let seconds = info.start_time.map_or(0, |time| time.seconds - BEGIN);
    u32::try_from(seconds).expect("runs of the suite begin a second apart")
}
