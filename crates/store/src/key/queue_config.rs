//! What was decided about task queues: few rows, all of them in memory on every node.

use abide_model::NamespaceId;
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key, behind};
use crate::record::Record;
use crate::{Error, Space};

/// `'q' (1) | namespace id (16) | kind of tasks (1: 1 workflow, 2 activity) | name of the queue`, in the shared partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueConfigKey {
    /// The namespace.
    pub namespace: NamespaceId,
    /// What the tasks of the queue are.
    pub kind: u8,
    /// The name of the queue.
    pub name: String,
}

const KIND: u8 = b'q';

impl QueueConfigKey {
    /// The keys of all configurations: from the first to the one behind.
    pub fn range() -> (Bytes, Option<Bytes>) {
        (Bytes::from_static(&[KIND]), behind(&[KIND]))
    }
}

impl Key for QueueConfigKey {
    const SPACE: Space = Space::Meta;
    type Record = QueueConfigRecord;

    fn encode(&self) -> Bytes {
        let mut key = BytesMut::with_capacity(18 + self.name.len());
        key.put_u8(KIND);
        key.put_slice(self.namespace.0.as_bytes());
        key.put_u8(self.kind);
        key.put_slice(self.name.as_bytes());
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("queue config", key);
        if fields.byte()? != KIND {
            return Err(fields.corrupt("is of another kind"));
        }
        let namespace = NamespaceId(fields.uuid()?);
        let kind = fields.byte()?;
        Ok(Self { namespace, kind, name: fields.text()? })
    }
}

/// The configuration of a task queue.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QueueConfigRecord {
    /// The configuration, as the engine encodes it.
    #[prost(bytes = "bytes", tag = "1")]
    pub state: Bytes,
}

impl Record for QueueConfigRecord {
    const NAME: &'static str = "queue config";
}
