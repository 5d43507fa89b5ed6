//! The stored form of every value: one version byte, then a protobuf message. An older version is upgraded while it is
//! read; a newer one is refused, never guessed at. Fields may be added to a message without a new version, as long as
//! an older server may ignore them; everything else is a new version with an arm in [`Record::upgrade`].

use bytes::{BufMut, Bytes, BytesMut};

use crate::Error;

/// The value of one kind of row.
pub trait Record: prost::Message + Default {
    /// What error texts call it.
    const NAME: &'static str;
    /// The version that is written.
    const VERSION: u8 = 1;

    /// The stored form.
    fn to_value(&self) -> Bytes {
        let mut value = BytesMut::with_capacity(1 + self.encoded_len());
        value.put_u8(Self::VERSION);
        self.encode(&mut value).expect("the buffer has room for the encoded length");
        value.freeze()
    }

    /// From the stored form. Byte fields are slices of `value`, not copies.
    fn from_value(value: Bytes) -> Result<Self, Error> {
        let Some(version) = value.first().copied() else {
            return Err(Error::Corrupt(format!("{} record is empty", Self::NAME)));
        };
        if version == 0 {
            return Err(Error::Corrupt(format!("{} record of version 0", Self::NAME)));
        }
        if version > Self::VERSION {
            return Err(Error::Newer(format!(
                "{} record of version {version}, known is {}",
                Self::NAME,
                Self::VERSION
            )));
        }
        let record = Self::upgrade(version, value.slice(1..))
            .map_err(|cause| Error::Corrupt(format!("{} record of version {version}: {cause}", Self::NAME)))?;
        match record.check() {
            Ok(()) => Ok(record),
            Err(what) => Err(Error::Corrupt(format!("{} record of version {version}: {what}", Self::NAME))),
        }
    }

    /// Reads the body of this version, or of an older one (from 1), into today's shape.
    fn upgrade(_version: u8, body: Bytes) -> Result<Self, prost::DecodeError> {
        Self::decode(body)
    }

    /// What must hold of every stored record of this kind.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Whether a byte field holds a UUID, as `check` wants to know.
pub(crate) fn check_uuid(field: &str, bytes: &[u8]) -> Result<(), String> {
    if bytes.len() == 16 { Ok(()) } else { Err(format!("{field} has {} bytes instead of 16", bytes.len())) }
}

/// The UUID in a byte field that was checked, or that this process has filled.
pub(crate) fn uuid(bytes: &[u8]) -> uuid::Uuid {
    uuid::Uuid::from_slice(bytes).expect("ids of records are checked when they are read")
}

/// A UUID as a byte field.
pub(crate) fn uuid_bytes(uuid: uuid::Uuid) -> Bytes {
    Bytes::copy_from_slice(uuid.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Grown {
        #[prost(string, tag = "2")]
        full_name: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct GrownVersion1 {
        #[prost(string, tag = "1")]
        first_name: String,
    }

    impl Record for Grown {
        const NAME: &'static str = "grown";
        const VERSION: u8 = 2;

        fn upgrade(version: u8, body: Bytes) -> Result<Self, prost::DecodeError> {
            use prost::Message;
            match version {
                ..2 => {
                    GrownVersion1::decode(body).map(|old| Grown { full_name: format!("{} Unknown", old.first_name) })
                }
                2.. => Grown::decode(body),
            }
        }

        fn check(&self) -> Result<(), String> {
            if self.full_name.is_empty() { Err("no name".into()) } else { Ok(()) }
        }
    }

    #[test]
    fn an_older_version_is_upgraded_while_it_is_read() {
        let value = Bytes::from_static(b"\x01\x0a\x03Ada");
        assert_eq!(Grown::from_value(value).unwrap().full_name, "Ada Unknown");
    }

    #[test]
    fn a_newer_version_is_refused_by_name() {
        let error = Grown::from_value(Bytes::from_static(b"\x03\x12\x03Ada")).unwrap_err();
        assert!(matches!(&error, Error::Newer(what) if what == "grown record of version 3, known is 2"), "{error}");
    }

    #[test]
    fn broken_values_are_corrupt_and_never_panic() {
        for value in [&b""[..], b"\x00", b"\x02", b"\x02\xff", b"\x02\x12\x05abc"] {
            let error = Grown::from_value(Bytes::from_static(value)).unwrap_err();
            assert!(matches!(error, Error::Corrupt(_)), "{value:?}: {error}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let record = Grown { full_name: "Ada Lovelace".into() };
        assert_eq!(Grown::from_value(record.to_value()).unwrap(), record);
    }
}
