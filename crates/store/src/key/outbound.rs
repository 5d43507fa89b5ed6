//! What a run owes to another run, or to an address outside: written by the transition that owes it, deleted by the one that settles it. What
//! exactly is to be done is in the run's state. What is here when a server starts is taken up again.

use abide_model::{NamespaceId, RunId, RunKey, WorkflowKey};
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key};
use crate::record::{Record, check_uuid, uuid, uuid_bytes};
use crate::{Error, Space};

/// `run id (16) | subject kind (1) | number (8, zero for the parent)`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutboundKey {
    /// The run that owes.
    pub run_id: RunId,
    /// What it is about.
    pub subject: OutboundSubject,
}

/// What is owed about. A run owes at most once per subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutboundSubject {
    /// The child that this event initiated: kind 1.
    Child(u64),
    /// The signal that this event initiated: kind 2.
    Signal(u64),
    /// The cancellation that this event initiated: kind 3.
    Cancel(u64),
    /// The run's parent: kind 4.
    Parent,
    /// The completion callback with this number: kind 5.
    Callback(u64),
}

const CHILD: u8 = 1;
const SIGNAL: u8 = 2;
const CANCEL: u8 = 3;
const PARENT: u8 = 4;
const CALLBACK: u8 = 5;

impl Key for OutboundKey {
    const SPACE: Space = Space::Outbound;
    type Record = OutboundRecord;

    fn encode(&self) -> Bytes {
        let (kind, number) = match self.subject {
            OutboundSubject::Child(event_id) => (CHILD, event_id),
            OutboundSubject::Signal(event_id) => (SIGNAL, event_id),
            OutboundSubject::Cancel(event_id) => (CANCEL, event_id),
            OutboundSubject::Parent => (PARENT, 0),
            OutboundSubject::Callback(number) => (CALLBACK, number),
        };
        let mut key = BytesMut::with_capacity(25);
        key.put_slice(self.run_id.0.as_bytes());
        key.put_u8(kind);
        key.put_u64(number);
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("outbound", key);
        let run_id = RunId(fields.uuid()?);
        let subject = match (fields.byte()?, fields.number()?) {
            (CHILD, event_id) => OutboundSubject::Child(event_id),
            (SIGNAL, event_id) => OutboundSubject::Signal(event_id),
            (CANCEL, event_id) => OutboundSubject::Cancel(event_id),
            (PARENT, 0) => OutboundSubject::Parent,
            (CALLBACK, number) => OutboundSubject::Callback(number),
            (PARENT, _) => return Err(fields.corrupt("about a parent has a number")),
            (kind, _) => return Err(fields.corrupt(&format!("has the unknown subject kind {kind}"))),
        };
        fields.end().map(|()| OutboundKey { run_id, subject })
    }
}

/// Whose run it is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OutboundRecord {
    /// The namespace: 16 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub namespace_bytes: Bytes,
    /// The workflow id.
    #[prost(string, tag = "2")]
    pub workflow_id: String,
}

impl OutboundRecord {
    /// Of this workflow.
    pub fn of(workflow: &WorkflowKey) -> Self {
        Self { namespace_bytes: uuid_bytes(workflow.namespace.0), workflow_id: workflow.workflow_id.clone() }
    }

    /// The run that owes, given its key.
    pub fn run_key(&self, key: OutboundKey) -> RunKey {
        let namespace = NamespaceId(uuid(&self.namespace_bytes));
        RunKey { workflow: WorkflowKey { namespace, workflow_id: self.workflow_id.clone() }, run_id: key.run_id }
    }
}

impl Record for OutboundRecord {
    const NAME: &'static str = "outbound";

    fn check(&self) -> Result<(), String> {
        check_uuid("namespace", &self.namespace_bytes)
    }
}
