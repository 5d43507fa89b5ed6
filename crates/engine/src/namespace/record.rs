//! A namespace as it is stored. Tags are for ever.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_model::{NamespaceId, Timestamp};
use uuid::Uuid;

/// A namespace. Its stored form is this protobuf message; tags are for ever.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Namespace {
    /// Its id: 16 bytes, a UUID.
    #[prost(bytes = "vec", tag = "1")]
    pub id_bytes: Vec<u8>,
    /// Its name; unique.
    #[prost(string, tag = "2")]
    pub name: String,
    /// For people.
    #[prost(string, tag = "3")]
    pub description: String,
    /// Whom to ask.
    #[prost(string, tag = "4")]
    pub owner_email: String,
    /// The users' own notes.
    #[prost(btree_map = "string, string", tag = "5")]
    pub data: BTreeMap<String, String>,
    /// How long closed runs are kept: seconds.
    #[prost(uint64, tag = "6")]
    pub retention_seconds: u64,
    /// Whether new runs are refused.
    #[prost(bool, tag = "7")]
    pub deprecated: bool,
    /// Custom search attributes: name to `IndexedValueType`.
    #[prost(btree_map = "string, int32", tag = "8")]
    pub search_attributes: BTreeMap<String, i32>,
    /// When it was registered.
    #[prost(message, required, tag = "9")]
    pub registered_at: Timestamp,
    /// Grows with every change.
    #[prost(uint64, tag = "10")]
    pub revision: u64,
    /// Programs of workers that must not go on, by checksum.
    #[prost(btree_map = "string, message", tag = "11")]
    pub bad_binaries: BTreeMap<String, BadBinary>,
    /// That and how it goes, if somebody deleted it.
    #[prost(message, optional, tag = "12")]
    pub deletion: Option<Deletion>,
}

/// A program of a worker that must not go on.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BadBinary {
    /// Why; shown in the history of runs that are reset because of it.
    #[prost(string, tag = "1")]
    pub reason: String,
    /// Who said so.
    #[prost(string, tag = "2")]
    pub operator: String,
    /// When that was said.
    #[prost(message, required, tag = "3")]
    pub created_at: Timestamp,
}

/// How a namespace goes.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Deletion {
    /// What it was called before.
    #[prost(string, tag = "1")]
    pub former_name: String,
    /// Since when.
    #[prost(message, required, tag = "2")]
    pub deleted_at: Timestamp,
    /// How long it is still shown once nothing is left inside: seconds.
    #[prost(uint64, tag = "3")]
    pub delay_seconds: u64,
    /// Since when nothing is left inside.
    #[prost(message, optional, tag = "4")]
    pub emptied_at: Option<Timestamp>,
}

/// What may still be done in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything.
    Registered,
    /// No new run may begin.
    Deprecated,
    /// Nothing: it goes.
    Deleted,
}

impl Namespace {
    /// Its id.
    pub fn id(&self) -> NamespaceId {
        NamespaceId(Uuid::from_slice(&self.id_bytes).unwrap_or_default())
    }

    /// How long closed runs are kept.
    pub fn retention(&self) -> Duration {
        Duration::from_secs(self.retention_seconds)
    }

    /// What may still be done in it.
    pub fn state(&self) -> State {
        match (&self.deletion, self.deprecated) {
            (Some(_), _) => State::Deleted,
            (None, true) => State::Deprecated,
            (None, false) => State::Registered,
        }
    }

    /// What it is to be called once it is deleted, so that its name is free: with so many letters of its id.
    pub fn deleted_name(&self, letters: usize) -> String {
        let id = self.id().to_string();
        format!("{}-deleted-{}", self.name, &id[..letters.min(id.len())])
    }
}

impl Deletion {
    /// When the namespace itself goes; none as long as something is left inside.
    pub fn gone_at(&self) -> Option<Timestamp> {
        Some(self.emptied_at?.after(Duration::from_secs(self.delay_seconds)))
    }
}
