//! What lists show: one row per run, the newest start first. Start and close of a run write the same row.

use abide_model::{NamespaceId, RunId, Timestamp};
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key, signed};
use crate::record::Record;
use crate::{Error, Space};

/// `namespace id (16) | started at (8, nanoseconds, sign flipped, inverted) | run id (16)`, in the shared partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisibilityKey {
    /// The namespace.
    pub namespace: NamespaceId,
    /// When the run began.
    pub started_at: Timestamp,
    /// The run.
    pub run_id: RunId,
}

impl Key for VisibilityKey {
    const SPACE: Space = Space::Visibility;
    type Record = VisibilityRecord;

    fn encode(&self) -> Bytes {
        let mut key = BytesMut::with_capacity(40);
        key.put_slice(self.namespace.0.as_bytes());
        key.put_slice(&signed(!self.started_at.nanos));
        key.put_slice(self.run_id.0.as_bytes());
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("visibility", key);
        let visibility = VisibilityKey {
            namespace: NamespaceId(fields.uuid()?),
            started_at: Timestamp { nanos: !fields.signed()? },
            run_id: RunId(fields.uuid()?),
        };
        fields.end().map(|()| visibility)
    }
}

/// What a list shows of a run.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VisibilityRecord {
    /// `WorkflowExecutionInfo`, encoded.
    #[prost(bytes = "bytes", tag = "1")]
    pub info: Bytes,
}

impl Record for VisibilityRecord {
    const NAME: &'static str = "visibility";
}
