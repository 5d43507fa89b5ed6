//! Which run of a workflow id is the newest one. One row per workflow id that has a run.

use abide_model::{NamespaceId, Partition, RunId, Timestamp, WorkflowKey};
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key};
use crate::record::{Record, check_uuid, uuid, uuid_bytes};
use crate::{Error, Space};

/// `namespace id (16) | workflow id (UTF-8, to the end)`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CurrentKey(pub WorkflowKey);

impl CurrentKey {
    /// Where the row is.
    pub fn partition(&self) -> Partition {
        Partition::of(&self.0)
    }
}

impl Key for CurrentKey {
    const SPACE: Space = Space::Current;
    type Record = CurrentRecord;

    fn encode(&self) -> Bytes {
        let mut key = BytesMut::with_capacity(16 + self.0.workflow_id.len());
        key.put_slice(self.0.namespace.0.as_bytes());
        key.put_slice(self.0.workflow_id.as_bytes());
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("current run", key);
        let namespace = NamespaceId(fields.uuid()?);
        Ok(Self(WorkflowKey { namespace, workflow_id: fields.text()? }))
    }
}

/// The newest run, and what a start must know of it without loading it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CurrentRecord {
    /// The run: 16 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub run_id_bytes: Bytes,
    /// The first run of its chain: 16 bytes.
    #[prost(bytes = "bytes", tag = "2")]
    pub first_run_id_bytes: Bytes,
    /// `WorkflowExecutionStatus`.
    #[prost(int32, tag = "3")]
    pub status: i32,
    /// The request that started it.
    #[prost(string, tag = "4")]
    pub request_id: String,
    /// When it began.
    #[prost(message, required, tag = "5")]
    pub started_at: Timestamp,
    /// Other requests that the run stands for.
    #[prost(string, repeated, tag = "6")]
    pub attached_request_ids: Vec<String>,
}

impl CurrentRecord {
    /// Of these runs; the other fields are public.
    pub fn of(run_id: RunId, first_run_id: RunId) -> Self {
        Self { run_id_bytes: uuid_bytes(run_id.0), first_run_id_bytes: uuid_bytes(first_run_id.0), ..Self::default() }
    }

    /// The run.
    pub fn run_id(&self) -> RunId {
        RunId(uuid(&self.run_id_bytes))
    }

    /// The first run of its chain.
    pub fn first_run_id(&self) -> RunId {
        RunId(uuid(&self.first_run_id_bytes))
    }
}

impl Record for CurrentRecord {
    const NAME: &'static str = "current run";

    fn check(&self) -> Result<(), String> {
        check_uuid("run id", &self.run_id_bytes)?;
        check_uuid("first run id", &self.first_run_id_bytes)
    }
}
