//! Namespaces: few rows, all of them in memory on every node.

use abide_model::NamespaceId;
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key, behind};
use crate::record::Record;
use crate::{Error, Space};

/// `'n' (1) | namespace id (16)`, in the shared partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamespaceKey(pub NamespaceId);

const KIND: u8 = b'n';

impl NamespaceKey {
    /// The keys of all namespaces: from the first to the one behind.
    pub fn range() -> (Bytes, Option<Bytes>) {
        (Bytes::from_static(&[KIND]), behind(&[KIND]))
    }
}

impl Key for NamespaceKey {
    const SPACE: Space = Space::Meta;
    type Record = NamespaceRecord;

    fn encode(&self) -> Bytes {
        let mut key = BytesMut::with_capacity(17);
        key.put_u8(KIND);
        key.put_slice(self.0.0.as_bytes());
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("namespace", key);
        if fields.byte()? != KIND {
            return Err(fields.corrupt("is of another kind"));
        }
        let namespace = NamespaceId(fields.uuid()?);
        fields.end().map(|()| Self(namespace))
    }
}

/// A namespace.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NamespaceRecord {
    /// The namespace, as the engine encodes it.
    #[prost(bytes = "bytes", tag = "1")]
    pub state: Bytes,
}

impl Record for NamespaceRecord {
    const NAME: &'static str = "namespace";
}
