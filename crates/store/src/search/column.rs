//! Which columns a row has: those that every run has, and attributes by name and type.

/// The types of columns. The numbers are stored, for ever; they are those of the public API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A text that is found by its words.
    Text = 1,
    /// A text that is found as a whole.
    Keyword = 2,
    /// A whole number.
    Int = 3,
    /// A number.
    Double = 4,
    /// True or false.
    Bool = 5,
    /// A time: nanoseconds since 1970.
    Datetime = 6,
    /// Several keywords.
    KeywordList = 7,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 7] =
        [Kind::Text, Kind::Keyword, Kind::Int, Kind::Double, Kind::Bool, Kind::Datetime, Kind::KeywordList];

    /// The type with this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// Its name, as users read it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "Text",
            Kind::Keyword => "Keyword",
            Kind::Int => "Int",
            Kind::Double => "Double",
            Kind::Bool => "Bool",
            Kind::Datetime => "Datetime",
            Kind::KeywordList => "KeywordList",
        }
    }
}

/// The columns that every run has. The numbers are stored, for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Field {
    /// The workflow's id.
    WorkflowId = 1,
    /// The run's id; stands in the key.
    RunId = 2,
    /// The workflow's type.
    WorkflowType = 3,
    /// When the run began; stands in the key.
    StartTime = 4,
    /// When its first task was due.
    ExecutionTime = 5,
    /// When it ended. An open run ends later than every closed one.
    CloseTime = 6,
    /// How it stands: the number of the status.
    ExecutionStatus = 7,
    /// Its task queue.
    TaskQueue = 8,
    /// Events in its history, once it has ended.
    HistoryLength = 9,
    /// Bytes of its history, once it has ended.
    HistorySizeBytes = 10,
    /// Its transitions, once it has ended.
    StateTransitionCount = 11,
    /// The workflow id of its parent.
    ParentWorkflowId = 12,
    /// The run id of its parent.
    ParentRunId = 13,
    /// The workflow id of the first of its ancestors.
    RootWorkflowId = 14,
    /// The run id of the first of its ancestors.
    RootRunId = 15,
    /// What kind of thing it is when it is not a user's workflow.
    NamespaceDivision = 16,
    /// From its execution time to its end, in nanoseconds; not stored.
    ExecutionDuration = 17,
}

impl Field {
    /// All of them, in the order of their numbers.
    pub const ALL: [Field; 17] = [
        Field::WorkflowId,
        Field::RunId,
        Field::WorkflowType,
        Field::StartTime,
        Field::ExecutionTime,
        Field::CloseTime,
        Field::ExecutionStatus,
        Field::TaskQueue,
        Field::HistoryLength,
        Field::HistorySizeBytes,
        Field::StateTransitionCount,
        Field::ParentWorkflowId,
        Field::ParentRunId,
        Field::RootWorkflowId,
        Field::RootRunId,
        Field::NamespaceDivision,
        Field::ExecutionDuration,
    ];

    /// The field with this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// Its place among [`Field::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize - 1
    }

    /// How it is stored, and compared.
    pub fn kind(self) -> Kind {
        match self {
            Field::WorkflowId
            | Field::RunId
            | Field::WorkflowType
            | Field::TaskQueue
            | Field::ParentWorkflowId
            | Field::ParentRunId
            | Field::RootWorkflowId
            | Field::RootRunId
            | Field::NamespaceDivision => Kind::Keyword,
            Field::StartTime | Field::ExecutionTime | Field::CloseTime => Kind::Datetime,
            Field::ExecutionStatus
            | Field::HistoryLength
            | Field::HistorySizeBytes
            | Field::StateTransitionCount
            | Field::ExecutionDuration => Kind::Int,
        }
    }
}

/// A column.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Column {
    /// One that every run has.
    Field(Field),
    /// A search attribute. One of the same name and another type is another column.
    Attribute {
        /// Its name.
        name: String,
        /// Its type.
        kind: Kind,
    },
}

impl Column {
    /// How its values are compared.
    pub fn kind(&self) -> Kind {
        match self {
            Column::Field(field) => field.kind(),
            Column::Attribute { kind, .. } => *kind,
        }
    }
}

impl From<Field> for Column {
    fn from(field: Field) -> Self {
        Column::Field(field)
    }
}
