//! Tasks that a poller must get: written by the transition that owes one, deleted by the one that settles it. What is
//! here when a server starts is offered again.

use abide_model::{NamespaceId, RunId, RunKey, Timestamp, WorkflowKey};
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key, behind, signed};
use crate::record::{Record, check_uuid, uuid, uuid_bytes};
use crate::{Error, Space};

/// `queue (8) | priority (1) | scheduled at (8, signed nanoseconds) | run id (16) | subject kind (1) | scheduled event id
/// (8, zero for a workflow task)`: the rows of one queue lie together, in the order in which they are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DispatchKey {
    /// Which queue: see [`DispatchQueue`].
    pub queue: DispatchQueue,
    /// The level of urgency: 1 is the most urgent.
    pub priority: u8,
    /// Since when.
    pub scheduled_at: Timestamp,
    /// The run.
    pub run_id: RunId,
    /// What the task is about.
    pub subject: DispatchSubject,
}

/// A queue, by a hash of its namespace, kind and name. Two queues may share one: the record has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DispatchQueue(pub u64);

impl DispatchQueue {
    /// FNV-1a, 64 bits, over the namespace id, the kind of tasks (1 workflow, 2 activity) and the name. A constant of
    /// the stored format.
    pub fn of(namespace: NamespaceId, kind: u8, name: &str) -> Self {
        let bytes = namespace.0.as_bytes().iter().chain(std::slice::from_ref(&kind)).chain(name.as_bytes());
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// The first key behind all keys of the queue; none when there is no such key.
    pub fn behind(self) -> Option<Bytes> {
        behind(&self.0.to_be_bytes())
    }
}

/// What a task is about. A run has at most one open task per subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DispatchSubject {
    /// The run's workflow task: kind 1.
    WorkflowTask,
    /// The activity that this event scheduled: kind 2.
    Activity(u64),
}

const WORKFLOW_TASK: u8 = 1;
const ACTIVITY: u8 = 2;

impl Key for DispatchKey {
    const SPACE: Space = Space::Dispatch;
    type Record = DispatchRecord;

    fn encode(&self) -> Bytes {
        let (kind, scheduled_event_id) = match self.subject {
            DispatchSubject::WorkflowTask => (WORKFLOW_TASK, 0),
            DispatchSubject::Activity(scheduled_event_id) => (ACTIVITY, scheduled_event_id),
        };
        let mut key = BytesMut::with_capacity(42);
        key.put_u64(self.queue.0);
        key.put_u8(self.priority);
        key.put_slice(&signed(self.scheduled_at.nanos));
        key.put_slice(self.run_id.0.as_bytes());
        key.put_u8(kind);
        key.put_u64(scheduled_event_id);
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("dispatch", key);
        let queue = DispatchQueue(fields.number()?);
        let priority = fields.byte()?;
        let scheduled_at = Timestamp { nanos: fields.signed()? };
        let run_id = RunId(fields.uuid()?);
        let subject = match (fields.byte()?, fields.number()?) {
            (WORKFLOW_TASK, 0) => DispatchSubject::WorkflowTask,
            (WORKFLOW_TASK, _) => return Err(fields.corrupt("of a workflow task names an event")),
            (ACTIVITY, scheduled_event_id) => DispatchSubject::Activity(scheduled_event_id),
            (kind, _) => return Err(fields.corrupt(&format!("has the unknown subject kind {kind}"))),
        };
        fields.end().map(|()| DispatchKey { queue, priority, scheduled_at, run_id, subject })
    }
}

/// All that a queue must know to offer the task.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DispatchRecord {
    /// The namespace: 16 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub namespace_bytes: Bytes,
    /// The workflow id.
    #[prost(string, tag = "2")]
    pub workflow_id: String,
    /// Which offer about the subject: only the newest can be started.
    #[prost(uint64, tag = "3")]
    pub stamp: u64,
    /// The queue.
    #[prost(string, tag = "4")]
    pub queue: String,
    /// For a sticky queue, the normal one that it stands in for; else empty.
    #[prost(string, tag = "5")]
    pub normal_queue: String,
    /// Since when.
    #[prost(message, required, tag = "6")]
    pub scheduled_at: Timestamp,
    /// Whether starting it must be durable before the worker is told.
    #[prost(bool, tag = "7")]
    pub durable_start: bool,
    /// Urgency as it was given: 1 is the most urgent, zero says nothing.
    #[prost(int32, tag = "8")]
    pub priority: i32,
    /// Whose share of the queue it counts for; empty says nothing.
    #[prost(string, tag = "9")]
    pub fairness_key: String,
    /// How large that share is; zero says nothing.
    #[prost(float, tag = "10")]
    pub fairness_weight: f32,
}

impl DispatchRecord {
    /// Of this workflow; the other fields are public.
    pub fn of(workflow: &WorkflowKey) -> Self {
        Self {
            namespace_bytes: uuid_bytes(workflow.namespace.0),
            workflow_id: workflow.workflow_id.clone(),
            ..Self::default()
        }
    }

    /// The run that it is of, given its key.
    pub fn run_key(&self, key: DispatchKey) -> RunKey {
        let namespace = NamespaceId(uuid(&self.namespace_bytes));
        RunKey { workflow: WorkflowKey { namespace, workflow_id: self.workflow_id.clone() }, run_id: key.run_id }
    }
}

impl Record for DispatchRecord {
    const NAME: &'static str = "dispatch";

    fn check(&self) -> Result<(), String> {
        check_uuid("namespace", &self.namespace_bytes)
    }
}
