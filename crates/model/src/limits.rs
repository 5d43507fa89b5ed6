//! Every bound has its name here. Values are those of the reference server's defaults unless a comment says otherwise.
//! Some are only defaults: code reads them from [`crate::Settings`].

use std::time::Duration;

/// Ids, types, names, identities: bytes.
pub const ID_BYTES_MAX: usize = 1000;
/// One payload-carrying field of a request, command or event: bytes.
pub const BLOB_BYTES_MAX: usize = 2 * 1024 * 1024;
/// One payload-carrying field is logged when it is larger: bytes.
pub const BLOB_BYTES_WARN: usize = 512 * 1024;
/// The memo of a run: bytes.
pub const MEMO_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Search attributes of a run: keys.
pub const SEARCH_ATTRIBUTES_MAX: usize = 100;
/// One search attribute's value: bytes.
pub const SEARCH_ATTRIBUTE_BYTES_MAX: usize = 2 * 1024;
/// All search attributes of a run: bytes.
pub const SEARCH_ATTRIBUTES_BYTES_MAX: usize = 40 * 1024;
/// The commands and messages of one completed workflow task, which are stored together: bytes.
pub const TRANSACTION_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How soon a workflow that continues as new may do so again.
pub const CONTINUE_INTERVAL_MIN: Duration = Duration::from_secs(1);
/// A gRPC message that is read: bytes. SDKs know that a server reads no more.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Pages that are kept as things are while somebody looks at them, on one server.
pub const PAGE_STREAMS_MAX: usize = 1000;
/// User metadata of a command or a start: bytes of the summary.
pub const SUMMARY_BYTES_MAX: usize = 400;
/// User metadata of a command or a start: bytes of the details.
pub const DETAILS_BYTES_MAX: usize = 20_000;
/// The failure of an activity attempt that is kept between attempts: bytes.
pub const ATTEMPT_FAILURE_BYTES_MAX: usize = 4 * 1024;

/// Signals that one run accepts.
pub const SIGNALS_MAX: i64 = 10_000;
/// Events that wait behind one started workflow task.
pub const BUFFERED_EVENTS_MAX: usize = 100;
/// Bytes of events that wait behind one started workflow task.
pub const BUFFERED_EVENTS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Activities pending in one run; as many children, signals to and cancellations of other workflows.
pub const PENDING_MAX: usize = 2000;
/// Updates of one run that are admitted or accepted at the same time.
pub const UPDATES_IN_FLIGHT_MAX: usize = 10;
/// Updates in the life of one run.
pub const UPDATES_TOTAL_MAX: usize = 2000;
/// Events of one run; beyond it the run is terminated.
pub const HISTORY_EVENTS_MAX: i64 = 51_200;
/// Bytes of one run's history; beyond it the run is terminated.
pub const HISTORY_BYTES_MAX: i64 = 50 * 1024 * 1024;
/// Events from which a worker is advised to continue as new.
pub const HISTORY_EVENTS_SUGGEST_CONTINUE: i64 = 4096;
/// Bytes of history from which a worker is advised to continue as new.
pub const HISTORY_BYTES_SUGGEST_CONTINUE: i64 = 4 * 1024 * 1024;
/// Consistent queries that wait for one run's next workflow task. The reference allows one; more harms nobody.
pub const BUFFERED_QUERIES_MAX: usize = 64;

/// Requests of updates of one run that have no outcome yet: bytes.
pub const UPDATES_IN_FLIGHT_BYTES_MAX: usize = 20 * 1024 * 1024;
/// The part of all updates that a run may have from which a worker is advised to continue as new: percent.
pub const UPDATES_SUGGEST_CONTINUE_PERCENT: usize = 90;
/// Workflow task attempts from which updates are refused.
pub const UPDATE_ATTEMPT_GATE: i32 = 3;
/// How long a workflow task for updates alone waits for a worker before it is an ordinary one.
pub const SPECULATIVE_TASK_WAIT_MAX: Duration = Duration::from_secs(5);
/// Events that a worker which can is shown again after a workflow task that never was.
pub const SPECULATIVE_UNSEEN_EVENTS_MAX: i64 = 10;

/// A workflow task's start-to-close timeout when the start names none.
pub const WORKFLOW_TASK_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
/// How long a chain of heartbeats of one workflow task may go on.
pub const WORKFLOW_TASK_HEARTBEAT_MAX: Duration = Duration::from_secs(30 * 60);
/// The longest workflow task start-to-close timeout.
pub const WORKFLOW_TASK_TIMEOUT_MAX: Duration = Duration::from_secs(120);
/// The most by which failing workflow tasks lengthen their timeout.
pub const WORKFLOW_TASK_RETRY_INTERVAL_MAX: Duration = Duration::from_secs(600);
/// Workflow tasks that did not succeed in a row before lists show it.
pub const WORKFLOW_TASK_PROBLEMS_REPORTED: i32 = 5;
/// Points to reset to that are remembered, one for each build of the worker.
pub const RESET_POINTS_MAX: usize = 20;
/// What a run may take in memory, encoded; beyond it the run is terminated: bytes.
pub const RUN_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Workflow task attempts from which queries are refused.
pub const QUERY_ATTEMPT_GATE: i32 = 3;
/// The longest timer and timeout: 100 years.
pub const DURATION_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A failure, its cause, the cause of that and so on: so many. Readers of protobuf refuse messages that nest a hundred
/// deep, and a failure stands within others.
pub const FAILURE_DEPTH_MAX: usize = 64;

/// Events on one page of history.
pub const HISTORY_PAGE_EVENTS_MAX: usize = 256;
/// Executions on one page of a list.
pub const LIST_PAGE_MAX: usize = 1000;
/// Executions on one page of a list of the archive.
pub const ARCHIVED_PAGE_MAX: usize = 10_000;
/// Bytes of a query of a list or count.
pub const VISIBILITY_QUERY_BYTES_MAX: usize = 256 * 1024;
/// How deep parentheses may be nested in such a query.
pub const VISIBILITY_QUERY_DEPTH_MAX: usize = 100;
/// Namespaces on one page when the request names no size.
pub const NAMESPACES_PAGE_DEFAULT: usize = 100;

/// Task queues of a namespace that people are shown.
pub const QUEUES_LISTED_MAX: usize = 10_000;

/// How long a worker's poll waits for a task.
pub const POLL_WAIT_MAX: Duration = Duration::from_secs(60);
/// How long a wait for history waits for an event.
pub const HISTORY_WAIT_MAX: Duration = Duration::from_secs(20);
/// A poll with less time than this before its deadline is refused.
pub const POLL_DEADLINE_MIN: Duration = Duration::from_secs(2);
/// A long poll ends this long before its caller's deadline.
pub const POLL_DEADLINE_MARGIN: Duration = Duration::from_secs(1);
/// A sticky queue without a poll for this long has lost its worker.
pub const STICKY_POLLER_GONE: Duration = Duration::from_secs(10);
/// How long a poller is remembered after its last poll.
pub const POLLER_REMEMBERED: Duration = Duration::from_secs(300);
/// Without a poller for this long, a query is refused at once instead of waiting for one.
pub const QUERY_POLLER_GONE: Duration = Duration::from_secs(20);

/// Tasks of one queue kept in memory; beyond it they stay as rows only.
pub const QUEUE_WINDOW_TASKS_MAX: usize = 10_000;
/// Fairness keys of a queue's level that are remembered although they have no tasks, because they have had more than
/// their share.
pub const FAIRNESS_KEYS_SPENT_MAX: usize = 1000;
/// Fairness keys of a queue whose rates are counted, unless more of them are held back at the same time.
pub const FAIRNESS_KEYS_LIMITED_MAX: usize = 1000;
/// Weights of fairness keys that the configuration of one queue names, and that one request changes.
pub const FAIRNESS_WEIGHTS_MAX: usize = 1000;
/// Why a configuration is as it is, in the words of who changed it: bytes.
pub const REASON_BYTES_MAX: usize = 1000;
/// A task that has waited for this long is of a backlog: one more poller would help.
pub const POLLER_SCALE_UP_AGE: Duration = Duration::from_millis(200);
/// A poller that has waited for this long is one too many.
pub const POLLER_SCALE_DOWN_WAIT: Duration = Duration::from_secs(1);
/// Advice to have more pollers, per second and poller of a queue.
pub const POLLER_SCALE_PER_SECOND: f64 = 10.0;
/// How many times as fast as they go tasks must come for the advice to have more pollers.
pub const POLLER_SCALE_UP_RATIO: f32 = 1.2;
/// Direct queries that wait for one queue's pollers; beyond it callers get RESOURCE_EXHAUSTED.
pub const QUEUE_QUERIES_MAX: usize = 1000;
/// Poller identities remembered per queue; beyond it the one that polled longest ago is forgotten.
pub const QUEUE_POLLERS_MAX: usize = 1000;
/// How long a worker is remembered after its last heartbeat.
pub const WORKER_REMEMBERED: Duration = Duration::from_secs(300);
/// Workers that are remembered by their heartbeats; beyond it the one not heard of for longest is forgotten.
pub const WORKERS_MAX: usize = 100_000;
/// Configurations of task queues that one server keeps; beyond it callers get RESOURCE_EXHAUSTED.
pub const QUEUE_CONFIGS_MAX: usize = 10_000;
/// Workers that said they are leaving and whose late polls are ended at once; beyond it the first is forgotten.
pub const DEPARTED_WORKERS_MAX: usize = 1000;
/// A poll whose time is up waits this long for a task that is being started for it; less than
/// [`POLL_DEADLINE_MARGIN`].
pub const HANDOVER_GRACE: Duration = Duration::from_millis(500);
/// Requests that wait for one shard; beyond it callers get RESOURCE_EXHAUSTED.
pub const SHARD_MAILBOX_MAX: usize = 16_384;
/// Bytes of loaded runs that one node keeps.
pub const CACHE_BYTES_DEFAULT: usize = 64 * 1024 * 1024;
/// Changes in one history node: a longer transition has several.
pub const NODE_CHANGES_MAX: usize = 1000;
/// Transitions of a run between two snapshots.
pub const SNAPSHOT_EVERY_TRANSITIONS: u64 = 200;
/// Bytes of history nodes between two snapshots of a run.
pub const SNAPSHOT_EVERY_BYTES: u64 = 256 * 1024;

/// How long closed runs are kept whose namespace nobody knows.
pub const RETENTION_DEFAULT: Duration = Duration::from_secs(72 * 3600);
/// Rows that are looked at together when closed runs are deleted.
pub const SWEEP_PAGE_ROWS: usize = 64;
/// The shortest retention of closed runs.
pub const RETENTION_MIN: Duration = Duration::from_secs(3600);

/// Programs of workers that one namespace may call bad.
pub const BAD_BINARIES_MAX: usize = 10;
/// How often settings may change before a server must be started anew to see more of it: what was read is never freed.
pub const SETTINGS_GENERATIONS_MAX: usize = 1024;
/// How many seconds' worth of calls a namespace may spend at once: hundredths.
pub const BURST_PERCENT: u32 = 200;
/// Waiting calls of one kind in one namespace.
pub const WAITING_CALLS_MAX: usize = 1200;
/// Operations of one batch per second.
pub const BATCH_OPERATIONS_PER_SECOND: u32 = 50;
/// Operations of one batch at the same time.
pub const BATCH_OPERATIONS_PARALLEL: usize = 5;
/// Batches of one namespace that run at the same time.
pub const BATCHES_RUNNING_MAX: usize = 1;
/// Executions that one batch may name.
pub const BATCH_EXECUTIONS_MAX: usize = 1000;
/// Ended batches of one namespace that are remembered; beyond it the one that ended first is forgotten.
pub const BATCHES_ENDED_MAX: usize = 100;
/// Runs that one page of a batch has: what is done again after a crash.
pub const BATCH_PAGE_RUNS: usize = 100;
/// How long one page of a batch may take: how far it is, is seen after a page.
pub const BATCH_PAGE_TIME: Duration = Duration::from_secs(2);
/// How often an operation of a batch is tried before it counts as failed.
pub const BATCH_ATTEMPTS_MAX: u32 = 5;
/// Letters of an id as it is written.
pub const UUID_LETTERS: usize = 36;
/// Runs of a deleted namespace that are deleted together.
pub const RECLAIM_PAGE_RUNS: usize = 100;

/// Links that one request may attach.
pub const LINKS_MAX: usize = 10;
/// One link: bytes.
pub const LINK_BYTES_MAX: usize = 4000;
/// A fairness key: bytes.
pub const FAIRNESS_KEY_BYTES_MAX: usize = 64;
/// What is kept of a failure that is larger than [`BLOB_BYTES_MAX`]: bytes.
pub const FAILURE_KEPT_BYTES_MAX: usize = 512 * 1024;
/// The text of a status: bytes.
pub const STATUS_MESSAGE_BYTES_MAX: usize = 4000;
/// The text of a status in the head of an answer, with what of it stands in the detail: bytes. Clients take 16 KiB for all.
pub const STATUS_HEAD_BYTES_MAX: usize = 12 * 1024;
/// How long a query waits whose caller named no deadline.
pub const QUERY_WAIT_DEFAULT: Duration = Duration::from_secs(10);
/// A query gives up this long before its caller's deadline, so that the caller reads why.
pub const QUERY_DEADLINE_MARGIN: Duration = Duration::from_millis(200);

/// The newest events of a loaded run that are kept in memory: bytes.
pub const RUN_TAIL_BYTES_MAX: usize = 32 * 1024;
/// Bytes of batches that wait for the disk; beyond it callers get RESOURCE_EXHAUSTED.
pub const COMMIT_BYTES_WAITING_MAX: usize = 128 * 1024 * 1024;
/// Messages that a shard takes, and timers that it fires, before it looks at the rest of its duties.
pub const SHARD_TURN_MESSAGES_MAX: usize = 256;
/// Loaded runs that are looked at to find one that may leave.
pub const CACHE_CANDIDATES_MAX: usize = 1000;
/// Transitions behind a run's snapshot from which it gets a new one when it leaves memory.
pub const SNAPSHOT_LEAVING_TRANSITIONS: u64 = 16;
/// Rows that one page of a scan has.
pub const SCAN_PAGE_ROWS: usize = 256;
/// Timers that are due within this are read into memory together.
pub const TIMER_PAGE: Duration = Duration::from_secs(300);
/// How long before its time a timer is read into memory at the latest.
pub const TIMER_PAGE_AHEAD: Duration = Duration::from_secs(120);
/// The longest sleep until the next timer: how late timers are after the machine's clock was set forward.
pub const TIMER_SLEEP_MAX: Duration = Duration::from_secs(60);
/// How long the deadlines of a run are left alone that could not be read, or that broke down.
pub const BROKEN_RUN_PAUSE: Duration = Duration::from_secs(10);
/// How long a run that is to be deleted is left alone while it owes something to another one.
pub const OWING_RUN_PAUSE: Duration = Duration::from_secs(1);
/// How long to wait before a fence is asked for again.
pub const FENCE_RETRY: Duration = Duration::from_secs(1);

/// Completion callbacks of one run.
pub const CALLBACKS_MAX: usize = 2000;
/// The address of a callback: bytes.
pub const CALLBACK_URL_BYTES_MAX: usize = 1000;
/// What is sent along to the address of a callback, names and values: bytes.
pub const CALLBACK_HEADER_BYTES_MAX: usize = 8 * 1024;
/// The pause after the first failure to tell the address of a callback.
pub const CALLBACK_RETRY_MIN: Duration = Duration::from_secs(1);
/// The longest pause between two attempts to tell the address of a callback.
pub const CALLBACK_RETRY_MAX: Duration = Duration::from_secs(3600);
/// How long one attempt to tell the address of a callback may take.
pub const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);
/// Addresses of callbacks that one node tells at the same time. Slow ones must not keep runs from reaching each other.
pub const CALLBACKS_PARALLEL_MAX: usize = 256;
/// What is read of an address's answer: bytes.
pub const CALLBACK_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What runs owe to other runs that one node carries out at the same time.
pub const OUTBOUND_PARALLEL_MAX: usize = 256;
/// Debts from before a restart that are taken up again at the same time.
pub const OUTBOUND_RECOVERED_MAX: usize = 4096;
/// Resets of a parent that the end of its child is brought along.
pub const RESETS_FOLLOWED_MAX: usize = 100;
/// The pause after the first failure to do what is owed.
pub const OUTBOUND_RETRY_MIN: Duration = Duration::from_millis(100);
/// The longest pause between two attempts to do what is owed.
pub const OUTBOUND_RETRY_MAX: Duration = Duration::from_secs(30);
