//! The newest fence that was ever given out, so that epochs grow across restarts. Written by the store itself.

use bytes::Bytes;

use super::{Fields, Key};
use crate::record::Record;
use crate::{Error, Space};

/// `'f' (1)`, in the shared partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FenceKey;

const KIND: u8 = b'f';

impl Key for FenceKey {
    const SPACE: Space = Space::Meta;
    type Record = FenceRecord;

    fn encode(&self) -> Bytes {
        Bytes::from_static(&[KIND])
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("fence", key);
        if fields.byte()? != KIND {
            return Err(fields.corrupt("is of another kind"));
        }
        fields.end().map(|()| Self)
    }
}

/// The newest fence.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FenceRecord {
    /// Its epoch.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
}

impl Record for FenceRecord {
    const NAME: &'static str = "fence";
}
