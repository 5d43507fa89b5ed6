//! Snapshots of runs: a cache of the nodes before them, at most one per run. Losing one loses nothing.

use abide_model::{NamespaceId, RunId, RunKey, WorkflowKey};
use bytes::Bytes;

use super::{Fields, Key};
use crate::record::{Record, check_uuid, uuid, uuid_bytes};
use crate::{Error, Space};

/// `run id (16)`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotKey(pub RunId);

impl Key for SnapshotKey {
    const SPACE: Space = Space::Snapshot;
    type Record = SnapshotRecord;

    fn encode(&self) -> Bytes {
        Bytes::copy_from_slice(self.0.0.as_bytes())
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("snapshot", key);
        let run_id = RunId(fields.uuid()?);
        fields.end().map(|()| Self(run_id))
    }
}

/// A run as it was after a transition.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SnapshotRecord {
    /// The last transition that is in it.
    #[prost(uint64, tag = "1")]
    pub transition: u64,
    /// What the event after it is numbered: with the transition, where the nodes behind the snapshot begin.
    #[prost(uint64, tag = "2")]
    pub next_event_id: u64,
    /// The run, as the engine encodes it.
    #[prost(bytes = "bytes", tag = "3")]
    pub state: Bytes,
    /// The namespace: 16 bytes.
    #[prost(bytes = "bytes", tag = "4")]
    pub namespace_bytes: Bytes,
    /// The workflow id.
    #[prost(string, tag = "5")]
    pub workflow_id: String,
}

impl SnapshotRecord {
    /// Of this workflow; the other fields are public.
    pub fn of(workflow: &WorkflowKey) -> Self {
        Self {
            namespace_bytes: uuid_bytes(workflow.namespace.0),
            workflow_id: workflow.workflow_id.clone(),
            ..Self::default()
        }
    }

    /// The run that it is of, given its key.
    pub fn run_key(&self, key: SnapshotKey) -> RunKey {
        let namespace = NamespaceId(uuid(&self.namespace_bytes));
        RunKey { workflow: WorkflowKey { namespace, workflow_id: self.workflow_id.clone() }, run_id: key.0 }
    }
}

impl Record for SnapshotRecord {
    const NAME: &'static str = "snapshot";

    fn check(&self) -> Result<(), String> {
        check_uuid("namespace", &self.namespace_bytes)
    }
}
