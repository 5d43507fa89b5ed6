//! One group of events, and the words for what it is and how it stands. Does not know which events make it.

use std::borrow::Cow;

use abide_api::temporal::api::common::v1::Payload;

/// What a group is about. The order is that of filters, and the numbers are those of the JSON form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Category {
    /// The run itself, and what is done to it as a whole: a request to cancel it, a pause.
    Run,
    /// A workflow task.
    WorkflowTask,
    /// An activity.
    Activity,
    /// An activity that the worker ran within a workflow task.
    LocalActivity,
    /// A timer.
    Timer,
    /// A child workflow.
    ChildWorkflow,
    /// A signal to this run.
    Signal,
    /// An update of this run.
    Update,
    /// A signal to another workflow.
    ExternalSignal,
    /// A request to cancel another workflow.
    ExternalCancel,
    /// A Nexus operation.
    NexusOperation,
    /// What a worker noted: a side effect, a version of the code.
    Marker,
    /// A change of search attributes, memo or options.
    Property,
}

impl Category {
    /// All of them, in their order.
    pub(crate) const ALL: [Category; 13] = [
        Category::Run,
        Category::WorkflowTask,
        Category::Activity,
        Category::LocalActivity,
        Category::Timer,
        Category::ChildWorkflow,
        Category::Signal,
        Category::Update,
        Category::ExternalSignal,
        Category::ExternalCancel,
        Category::NexusOperation,
        Category::Marker,
        Category::Property,
    ];

    /// For people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Category::Run => "Run",
            Category::WorkflowTask => "Workflow task",
            Category::Activity => "Activity",
            Category::LocalActivity => "Local activity",
            Category::Timer => "Timer",
            Category::ChildWorkflow => "Child workflow",
            Category::Signal => "Signal",
            Category::Update => "Update",
            Category::ExternalSignal => "External signal",
            Category::ExternalCancel => "External cancel",
            Category::NexusOperation => "Nexus operation",
            Category::Marker => "Marker",
            Category::Property => "Property",
        }
    }
}

/// How a group stands. The numbers are those of the JSON form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Status {
    /// The run is open.
    Running,
    /// Asked for; nobody has begun with it.
    Scheduled,
    /// Somebody works on it, or it keeps time.
    Started,
    /// An update that was kept by a reset, and has not been accepted again.
    Admitted,
    /// An update that the workflow took on.
    Accepted,
    /// The run is paused.
    Paused,
    /// It ended well.
    Completed,
    /// A timer that fired.
    Fired,
    /// A signal that arrived, here or at another workflow.
    Signaled,
    /// A request to cancel that arrived.
    CancelRequested,
    /// It is a note, and was written down.
    Recorded,
    /// The pause is over.
    Resumed,
    /// The run goes on in another one.
    ContinuedAsNew,
    /// It was canceled.
    Canceled,
    /// It failed.
    Failed,
    /// Its time was over.
    TimedOut,
    /// Somebody ended it from outside.
    Terminated,
    /// An update that the workflow turned down.
    Rejected,
    /// The run ended before it did.
    Unfinished,
}

impl Status {
    /// All of them, in their order.
    pub(crate) const ALL: [Status; 19] = [
        Status::Running,
        Status::Scheduled,
        Status::Started,
        Status::Admitted,
        Status::Accepted,
        Status::Paused,
        Status::Completed,
        Status::Fired,
        Status::Signaled,
        Status::CancelRequested,
        Status::Recorded,
        Status::Resumed,
        Status::ContinuedAsNew,
        Status::Canceled,
        Status::Failed,
        Status::TimedOut,
        Status::Terminated,
        Status::Rejected,
        Status::Unfinished,
    ];

    /// For people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Status::Running => "Running",
            Status::Scheduled => "Scheduled",
            Status::Started => "Started",
            Status::Admitted => "Admitted",
            Status::Accepted => "Accepted",
            Status::Paused => "Paused",
            Status::Completed => "Completed",
            Status::Fired => "Fired",
            Status::Signaled => "Signaled",
            Status::CancelRequested => "Cancel requested",
            Status::Recorded => "Recorded",
            Status::Resumed => "Resumed",
            Status::ContinuedAsNew => "Continued as new",
            Status::Canceled => "Canceled",
            Status::Failed => "Failed",
            Status::TimedOut => "Timed out",
            Status::Terminated => "Terminated",
            Status::Rejected => "Rejected",
            Status::Unfinished => "Unfinished",
        }
    }

    /// Whether more is to come.
    pub(crate) const fn is_open(self) -> bool {
        matches!(
            self,
            Status::Running
                | Status::Scheduled
                | Status::Started
                | Status::Admitted
                | Status::Accepted
                | Status::Paused
        )
    }

    /// Whether it ended badly. What was canceled did not.
    pub(crate) const fn is_failed(self) -> bool {
        matches!(self, Status::Failed | Status::TimedOut | Status::Terminated | Status::Rejected)
    }
}

/// What a workflow says of a group, in its user metadata.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Label {
    /// Nothing.
    #[default]
    None,
    /// A text that anyone can read.
    Text(String),
    /// What only a codec can read; it is decoded in the browser.
    Encoded(Payload),
}

/// Events that belong together. Times are milliseconds since the start of the run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// The event that begins it.
    pub(crate) id: i64,
    /// What it is about.
    pub(crate) category: Category,
    /// The activity's type, the timer's id, the signal's name: what it is called.
    pub(crate) name: String,
    /// Which one of those with its name: an activity's id, a child's workflow id, an update's id. Empty if there is none.
    pub(crate) key: String,
    /// What the workflow says of it.
    pub(crate) label: Label,
    /// How it stands.
    pub(crate) status: Status,
    /// When it was asked for.
    pub(crate) start: i64,
    /// When somebody began to work on it, as far as the history says.
    pub(crate) started: Option<i64>,
    /// When it ended.
    pub(crate) end: Option<i64>,
    /// When it is to end by itself: a timer's time.
    pub(crate) due: Option<i64>,
    /// The number of the last attempt that the history knows; from 1.
    pub(crate) attempt: u32,
    /// Why it ended as it did: the first line of a failure, the cause of a timeout. Empty if there is nothing to say.
    pub(crate) reason: String,
    /// All of its events, in their order; the first is its id.
    pub(crate) events: Vec<i64>,
    /// The last event that changed it, which is another group's when the run ended before it.
    pub(crate) changed: i64,
}

impl Group {
    /// What it is called, for people: SDKs number timers, and a number alone says nothing.
    pub(crate) fn title(&self) -> Cow<'_, str> {
        match self.category {
            Category::Timer if self.name.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("Timer {}", self.name).into()
            }
            Category::Timer
            | Category::Run
            | Category::WorkflowTask
            | Category::Activity
            | Category::LocalActivity
            | Category::ChildWorkflow
            | Category::Signal
            | Category::Update
            | Category::ExternalSignal
            | Category::ExternalCancel
            | Category::NexusOperation
            | Category::Marker
            | Category::Property => Cow::Borrowed(&self.name),
        }
    }
}
