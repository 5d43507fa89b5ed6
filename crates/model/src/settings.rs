//! What whoever runs a server may set, with the reference server's defaults. What changes while the server runs, and what
//! differs between namespaces, is the matter of [`crate::LiveSettings`]. Bounds that nobody would change are constants in [`crate::limits`]. Where the values come from, and under
//! which keys, is the server's part.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::limits;

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What bounds runs, and what they are sent.
    pub limits: Limits,
    /// How long calls wait.
    pub waits: Waits,
    /// What is served at all.
    pub features: Features,
    /// Where completion callbacks may go; nowhere when empty.
    pub callback_addresses: Vec<CallbackAddress>,
    /// How namespaces go.
    pub namespaces: Deletions,
    /// How much is served.
    pub rates: Rates,
    /// Batches of operations.
    pub batches: BatchLimits,
    /// The API as HTTP.
    pub http: Http,
}

/// The API as HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// The hosts that callers may name, in which `*` stands for any letters; all when empty.
    pub allowed_hosts: Vec<String>,
}

/// How much is served; zero is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Calls per second of one node, whatever their namespace.
    pub node_per_second: u32,
    /// Calls per second of one namespace.
    pub namespace_per_second: u32,
    /// Lists and counts per second of one namespace.
    pub lists_per_second: u32,
    /// How many seconds' worth of calls a namespace may spend at once: hundredths.
    pub burst_percent: u32,
    /// Waiting calls of one kind in one namespace.
    pub waiting_max: usize,
}

/// Batches of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Whether there are any.
    pub enabled: bool,
    /// Operations per second, unless the batch wants fewer.
    pub per_second: u32,
    /// Operations at the same time.
    pub concurrency: usize,
    /// Batches of one namespace that run at the same time.
    pub running_max: usize,
    /// Executions that one batch may name.
    pub executions_max: usize,
}

/// How namespaces go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletions {
    /// Names of those that do not.
    pub protected: Vec<String>,
    /// How long a deleted one is still shown once nothing is left inside, unless the request says so.
    pub delete_delay: Duration,
}

/// What bounds runs, and what they are sent. Decisions get it with every command, so it is cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Ids, types, names, identities: bytes.
    pub id_bytes_max: usize,
    /// One payload-carrying field of a request, command or event: bytes.
    pub blob_bytes_max: usize,
    /// Such a field is logged when it is larger: bytes.
    pub blob_bytes_warn: usize,
    /// The memo of a run: bytes.
    pub memo_bytes_max: usize,
    /// The commands and messages of one completed workflow task: bytes.
    pub transaction_bytes_max: usize,
    /// How soon a workflow that continues as new may do so again.
    pub continue_interval_min: Duration,
    /// How long a history may get.
    pub history: HistoryLimits,
    /// How much may be pending in one run.
    pub pending: PendingLimits,
    /// Signals that one run accepts.
    pub signals_max: i64,
    /// Updates of one run.
    pub updates: UpdateLimits,
    /// Completion callbacks.
    pub callbacks: CallbackLimits,
    /// Consistent queries that wait for one run's next workflow task.
    pub buffered_queries_max: usize,
    /// A workflow task's start-to-close timeout when the start names none.
    pub workflow_task_timeout_default: Duration,
    /// How long a chain of heartbeats of one workflow task may go on.
    pub workflow_task_heartbeat_max: Duration,
    /// The shortest retention of closed runs that a namespace may have.
    pub retention_min: Duration,
    /// Programs of workers that a namespace may call bad.
    pub bad_binaries_max: usize,
    /// What a run may take in memory, encoded; beyond it the run is terminated: bytes.
    pub run_bytes_max: usize,
    /// Events that wait behind a started workflow task.
    pub buffer: BufferLimits,
    /// Search attributes of a run.
    pub search_attributes: SearchAttributeLimits,
}

/// Events that wait behind a started workflow task; beyond it the task fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLimits {
    /// Their number.
    pub events_max: usize,
    /// Their size: bytes.
    pub bytes_max: usize,
}

/// Search attributes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchAttributeLimits {
    /// Their number.
    pub number_max: usize,
    /// One value: bytes.
    pub value_bytes_max: usize,
    /// All of them together: bytes.
    pub bytes_max: usize,
}

/// How long a history may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// Events; beyond it the run is terminated.
    pub events_max: i64,
    /// Bytes; beyond it the run is terminated.
    pub bytes_max: i64,
    /// Events from which a worker is advised to continue as new.
    pub events_suggest_continue: i64,
    /// Bytes from which a worker is advised to continue as new.
    pub bytes_suggest_continue: i64,
}

/// How much may be pending in one run; zero is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingLimits {
    /// Activities.
    pub activities_max: usize,
    /// Child workflows.
    pub children_max: usize,
    /// Signals to other workflows.
    pub signals_max: usize,
    /// Cancellations of other workflows.
    pub cancels_max: usize,
}

/// Updates of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateLimits {
    /// Admitted or accepted at the same time.
    pub in_flight_max: usize,
    /// In the life of the run.
    pub total_max: usize,
    /// Requests that have no outcome yet, together: bytes.
    pub in_flight_bytes_max: usize,
}

/// Completion callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackLimits {
    /// Of one run.
    pub per_run_max: usize,
    /// The address: bytes.
    pub url_bytes_max: usize,
    /// What is sent along, names and values: bytes.
    pub header_bytes_max: usize,
}

/// How long calls wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// For an event of a history, or for an update's next stage.
    pub history: Duration,
    /// For a task.
    pub poll: Duration,
    /// For a task of one of these queues.
    pub poll_of_queue: BTreeMap<String, Duration>,
}

impl Waits {
    /// How long a poll of this queue waits for a task.
    pub fn poll_of(&self, queue: &str) -> Duration {
        self.poll_of_queue.get(queue).copied().unwrap_or(self.poll)
    }
}

/// What is served at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// A first workflow task in the answer to a start.
    pub eager_start: bool,
    /// Activities in the answer to a completed workflow task.
    pub eager_activities: bool,
    /// Pausing of workflows.
    pub workflow_pause: bool,
    /// Updates.
    pub updates: bool,
    /// Updates whose caller waits for acceptance only.
    pub updates_async_accepted: bool,
    /// Update with start.
    pub multi_operation: bool,
    /// What workers say about themselves is kept.
    pub worker_heartbeats: bool,
    /// ... and listed.
    pub list_workers: bool,
    /// A worker that shuts down has its waiting polls ended.
    pub cancel_polls_on_shutdown: bool,
    /// Commands of a workflow that are about workflows of other namespaces.
    pub cross_namespace_commands: bool,
}

/// Where completion callbacks may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackAddress {
    /// Host and port; `*` stands for any letters.
    pub pattern: String,
    /// Whether plain HTTP will do.
    pub allow_insecure: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            id_bytes_max: limits::ID_BYTES_MAX,
            blob_bytes_max: limits::BLOB_BYTES_MAX,
            blob_bytes_warn: limits::BLOB_BYTES_WARN,
            memo_bytes_max: limits::MEMO_BYTES_MAX,
            transaction_bytes_max: limits::TRANSACTION_BYTES_MAX,
            continue_interval_min: limits::CONTINUE_INTERVAL_MIN,
            history: HistoryLimits::default(),
            pending: PendingLimits::default(),
            signals_max: limits::SIGNALS_MAX,
            updates: UpdateLimits::default(),
            callbacks: CallbackLimits::default(),
            buffered_queries_max: limits::BUFFERED_QUERIES_MAX,
            workflow_task_timeout_default: limits::WORKFLOW_TASK_TIMEOUT_DEFAULT,
            workflow_task_heartbeat_max: limits::WORKFLOW_TASK_HEARTBEAT_MAX,
            retention_min: limits::RETENTION_MIN,
            bad_binaries_max: limits::BAD_BINARIES_MAX,
            run_bytes_max: limits::RUN_BYTES_MAX,
            buffer: BufferLimits::default(),
            search_attributes: SearchAttributeLimits::default(),
        }
    }
}

impl Default for BufferLimits {
    fn default() -> Self {
        Self { events_max: limits::BUFFERED_EVENTS_MAX, bytes_max: limits::BUFFERED_EVENTS_BYTES_MAX }
    }
}

impl Default for SearchAttributeLimits {
    fn default() -> Self {
        Self {
            number_max: limits::SEARCH_ATTRIBUTES_MAX,
            value_bytes_max: limits::SEARCH_ATTRIBUTE_BYTES_MAX,
            bytes_max: limits::SEARCH_ATTRIBUTES_BYTES_MAX,
        }
    }
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self {
            events_max: limits::HISTORY_EVENTS_MAX,
            bytes_max: limits::HISTORY_BYTES_MAX,
            events_suggest_continue: limits::HISTORY_EVENTS_SUGGEST_CONTINUE,
            bytes_suggest_continue: limits::HISTORY_BYTES_SUGGEST_CONTINUE,
        }
    }
}

impl Default for PendingLimits {
    fn default() -> Self {
        let max = limits::PENDING_MAX;
        Self { activities_max: max, children_max: max, signals_max: max, cancels_max: max }
    }
}

impl Default for UpdateLimits {
    fn default() -> Self {
        Self {
            in_flight_max: limits::UPDATES_IN_FLIGHT_MAX,
            total_max: limits::UPDATES_TOTAL_MAX,
            in_flight_bytes_max: limits::UPDATES_IN_FLIGHT_BYTES_MAX,
        }
    }
}

impl Default for CallbackLimits {
    fn default() -> Self {
        Self {
            per_run_max: limits::CALLBACKS_MAX,
            url_bytes_max: limits::CALLBACK_URL_BYTES_MAX,
            header_bytes_max: limits::CALLBACK_HEADER_BYTES_MAX,
        }
    }
}

impl Default for Waits {
    fn default() -> Self {
        Self { history: limits::HISTORY_WAIT_MAX, poll: limits::POLL_WAIT_MAX, poll_of_queue: BTreeMap::new() }
    }
}

impl Default for Rates {
    /// Unlike the reference, which shares one database among many: how much one node can serve, it serves.
    fn default() -> Self {
        Self {
            node_per_second: 0,
            namespace_per_second: 0,
            lists_per_second: 0,
            burst_percent: limits::BURST_PERCENT,
            waiting_max: limits::WAITING_CALLS_MAX,
        }
    }
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self {
            enabled: true,
            per_second: limits::BATCH_OPERATIONS_PER_SECOND,
            concurrency: limits::BATCH_OPERATIONS_PARALLEL,
            running_max: limits::BATCHES_RUNNING_MAX,
            executions_max: limits::BATCH_EXECUTIONS_MAX,
        }
    }
}

impl Default for Features {
    /// As the reference server: all but pausing and commands across namespaces. That a worker's waiting polls are ended when it shuts down is an option
    /// there; here it is the rule, as the development server of the reference has it.
    fn default() -> Self {
        Self {
            eager_start: true,
            eager_activities: true,
            workflow_pause: false,
            updates: true,
            updates_async_accepted: true,
            multi_operation: true,
            worker_heartbeats: true,
            list_workers: true,
            cancel_polls_on_shutdown: true,
            cross_namespace_commands: false,
        }
    }
}
