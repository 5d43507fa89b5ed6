//! History: one row per stored transition of a run, holding its changes (events and notes). The log that everything
//! else is derived from.

use abide_model::RunId;
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key, behind};
use crate::record::Record;
use crate::{Error, Space};

/// `run id (16) | first event id (8) | transition (8)`
///
/// The first event id is what the run's next event was numbered before the transition. A transition without events has
/// the number of the next one, and the transition's own number orders the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeKey {
    /// The run.
    pub run_id: RunId,
    /// The number of the first event in it, or of the next one when it has none.
    pub first_event_id: u64,
    /// Which transition of the run, from 1.
    pub transition: u64,
}

impl NodeKey {
    /// The keys of all nodes of a run: from the first to the one behind.
    pub fn range(run_id: RunId) -> (Bytes, Option<Bytes>) {
        (Bytes::copy_from_slice(run_id.0.as_bytes()), behind(run_id.0.as_bytes()))
    }

    /// The key behind all nodes that begin at `event_id` or before it. A reverse scan up to it finds the node that
    /// holds the event first (behind nodes without events of the same number).
    pub fn behind_event(run_id: RunId, event_id: u64) -> Bytes {
        NodeKey { run_id, first_event_id: event_id.saturating_add(1), transition: 0 }.encode()
    }
}

impl Key for NodeKey {
    const SPACE: Space = Space::Node;
    type Record = NodeRecord;

    fn encode(&self) -> Bytes {
        let mut key = BytesMut::with_capacity(32);
        key.put_slice(self.run_id.0.as_bytes());
        key.put_u64(self.first_event_id);
        key.put_u64(self.transition);
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("history node", key);
        let node =
            NodeKey { run_id: RunId(fields.uuid()?), first_event_id: fields.number()?, transition: fields.number()? };
        fields.end().map(|()| node)
    }
}

/// The changes of one transition.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NodeRecord {
    /// What the event after this transition is numbered.
    #[prost(uint64, tag = "1")]
    pub next_event_id: u64,
    /// The changes, as the engine encodes them.
    #[prost(bytes = "bytes", tag = "2")]
    pub changes: Bytes,
}

impl Record for NodeRecord {
    const NAME: &'static str = "history node";
}
