//! Closed runs that are to be deleted, the earliest first: when their retention is over, or as soon as somebody asked.
//! Written with the transition that closes the run, deleted with the run. A row may be stale (the run is gone already):
//! then it is deleted when its time comes.

use abide_model::{NamespaceId, RunId, RunKey, Timestamp, WorkflowKey};
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key};
use crate::record::{Record, check_uuid, uuid, uuid_bytes};
use crate::{Error, Space};

/// `delete at (8, milliseconds since the epoch) | run id (16)`, in the shared partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RetentionKey {
    /// When: milliseconds since the epoch.
    pub delete_at_millis: u64,
    /// The run.
    pub run_id: RunId,
}

impl RetentionKey {
    /// For a time, rounded up to a millisecond, so that nothing goes early.
    pub fn at(time: Timestamp, run_id: RunId) -> Self {
        Self { delete_at_millis: u64::try_from(time.millis_ceil()).unwrap_or(0), run_id }
    }

    /// When it is due.
    pub fn delete_at(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.delete_at_millis).unwrap_or(i64::MAX))
    }
}

impl Key for RetentionKey {
    const SPACE: Space = Space::Retention;
    type Record = RetentionRecord;

    fn encode(&self) -> Bytes {
        let mut key = BytesMut::with_capacity(24);
        key.put_u64(self.delete_at_millis);
        key.put_slice(self.run_id.0.as_bytes());
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("retention", key);
        let retention = RetentionKey { delete_at_millis: fields.number()?, run_id: RunId(fields.uuid()?) };
        fields.end().map(|()| retention)
    }
}

/// Whose run it is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RetentionRecord {
    /// The namespace: 16 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub namespace_bytes: Bytes,
    /// The workflow id.
    #[prost(string, tag = "2")]
    pub workflow_id: String,
}

impl RetentionRecord {
    /// Of this workflow.
    pub fn of(workflow: &WorkflowKey) -> Self {
        Self { namespace_bytes: uuid_bytes(workflow.namespace.0), workflow_id: workflow.workflow_id.clone() }
    }

    /// The run that it is of, given its key.
    pub fn run_key(&self, key: RetentionKey) -> RunKey {
        let namespace = NamespaceId(uuid(&self.namespace_bytes));
        RunKey { workflow: WorkflowKey { namespace, workflow_id: self.workflow_id.clone() }, run_id: key.run_id }
    }
}

impl Record for RetentionRecord {
    const NAME: &'static str = "retention";

    fn check(&self) -> Result<(), String> {
        check_uuid("namespace", &self.namespace_bytes)
    }
}
