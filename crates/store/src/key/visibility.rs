//! What lists show: one row per run, the newest start first. Start and close of a run write the same row.

mod version_1;

use std::borrow::Cow;

use abide_model::{NamespaceId, RunId, Timestamp};
use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::{Fields, Key, signed};
use crate::record::Record;
use crate::{Error, Space};

/// Bytes of the namespace, with which every key begins.
pub const NAMESPACE_BYTES: usize = 16;

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
    /// `WorkflowExecutionInfo`, encoded, without what stands in the key and in the columns.
    #[prost(bytes = "bytes", tag = "1")]
    pub info: Bytes,
    /// What rows are found and sorted by: see [`crate::search::Columns`].
    #[prost(bytes = "bytes", tag = "2")]
    pub columns: Bytes,
}

impl Record for VisibilityRecord {
    const NAME: &'static str = "visibility";
    // Version 1 was the info alone, and the whole of it.
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: Bytes) -> Result<Self, prost::DecodeError> {
        let mut record = Self::decode(body)?;
        if version == 1 {
            record.columns = version_1::columns(&record.info);
        }
        Ok(record)
    }
}

impl VisibilityRecord {
    /// The columns of a stored value; copied only out of one of an older version.
    pub fn columns_in(value: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
        const COLUMNS: u32 = 2;
        if value.first() != Some(&Self::VERSION) {
            let record = Self::from_value(Bytes::copy_from_slice(value))?;
            return Ok(Cow::Owned(record.columns.to_vec()));
        }
        let corrupt = |cause| Error::Corrupt(format!("visibility record of version {}: {cause}", Self::VERSION));
        let mut rest = &value[1..];
        while !rest.is_empty() {
            let (tag, kind) = decode_key(&mut rest).map_err(corrupt)?;
            if (tag, kind) == (COLUMNS, WireType::LengthDelimited) {
                let length = decode_varint(&mut rest).map_err(corrupt)?;
                let columns = usize::try_from(length).ok().and_then(|length| rest.get(..length));
                return columns.map(Cow::Borrowed).ok_or_else(|| Error::Corrupt("visibility record ends early".into()));
            }
            skip_field(kind, tag, &mut rest, DecodeContext::default()).map_err(corrupt)?;
        }
        Ok(Cow::Borrowed(&[]))
    }
}
