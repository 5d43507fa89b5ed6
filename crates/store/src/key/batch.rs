//! Batches: few rows, all of them in memory on every node.

use abide_model::NamespaceId;
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key, behind};
use crate::record::Record;
use crate::{Error, Space};

/// `'b' (1) | namespace id (16) | job id (UTF-8, to the end)`, in the shared partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchKey {
    /// The namespace.
    pub namespace: NamespaceId,
    /// The batch's id within it.
    pub job_id: String,
}

const KIND: u8 = b'b';

impl BatchKey {
    /// The keys of all batches: from the first to the one behind.
    pub fn range() -> (Bytes, Option<Bytes>) {
        (Bytes::from_static(&[KIND]), behind(&[KIND]))
    }
}

impl Key for BatchKey {
    const SPACE: Space = Space::Meta;
    type Record = BatchRecord;

    fn encode(&self) -> Bytes {
        let mut key = BytesMut::with_capacity(17 + self.job_id.len());
        key.put_u8(KIND);
        key.put_slice(self.namespace.0.as_bytes());
        key.put_slice(self.job_id.as_bytes());
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("batch", key);
        if fields.byte()? != KIND {
            return Err(fields.corrupt("is of another kind"));
        }
        let namespace = NamespaceId(fields.uuid()?);
        Ok(Self { namespace, job_id: fields.text()? })
    }
}

/// A batch.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BatchRecord {
    /// The batch, as the engine encodes it.
    #[prost(bytes = "bytes", tag = "1")]
    pub state: Bytes,
}

impl Record for BatchRecord {
    const NAME: &'static str = "batch";
}
