//! The one timer row of a run: its earliest stored deadline. Deadlines themselves are in the run's state; a row may be
//! earlier than the run's next deadline, never later.

use abide_model::{NamespaceId, RunId, RunKey, Timestamp, WorkflowKey};
use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Key};
use crate::record::{Record, check_uuid, uuid, uuid_bytes};
use crate::{Error, Space};

/// `fire at (8, milliseconds since the epoch) | run id (16)`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerKey {
    /// When: milliseconds since the epoch.
    pub fire_at_millis: u64,
    /// The run.
    pub run_id: RunId,
}

impl TimerKey {
    /// For a deadline, rounded up to a millisecond, so that nothing fires early.
    pub fn at(deadline: Timestamp, run_id: RunId) -> Self {
        Self { fire_at_millis: u64::try_from(deadline.millis_ceil()).unwrap_or(0), run_id }
    }

    /// When it fires.
    pub fn fire_at(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.fire_at_millis).unwrap_or(i64::MAX))
    }

    /// The first key of all timers that fire later than `time`: where a scan for due ones ends.
    pub fn behind(time: Timestamp) -> Bytes {
        let millis = u64::try_from(time.nanos.div_euclid(1_000_000)).unwrap_or(0);
        Bytes::copy_from_slice(&millis.saturating_add(1).to_be_bytes())
    }
}

impl Key for TimerKey {
    const SPACE: Space = Space::Timer;
    type Record = TimerRecord;

    fn encode(&self) -> Bytes {
        let mut key = BytesMut::with_capacity(24);
        key.put_u64(self.fire_at_millis);
        key.put_slice(self.run_id.0.as_bytes());
        key.freeze()
    }

    fn decode(key: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::of("timer", key);
        let timer = TimerKey { fire_at_millis: fields.number()?, run_id: RunId(fields.uuid()?) };
        fields.end().map(|()| timer)
    }
}

/// Whose run it is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TimerRecord {
    /// The namespace: 16 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub namespace_bytes: Bytes,
    /// The workflow id.
    #[prost(string, tag = "2")]
    pub workflow_id: String,
}

impl TimerRecord {
    /// Of this workflow.
    pub fn of(workflow: &WorkflowKey) -> Self {
        Self { namespace_bytes: uuid_bytes(workflow.namespace.0), workflow_id: workflow.workflow_id.clone() }
    }

    /// The run that it is of, given its key.
    pub fn run_key(&self, key: TimerKey) -> RunKey {
        let namespace = NamespaceId(uuid(&self.namespace_bytes));
        RunKey { workflow: WorkflowKey { namespace, workflow_id: self.workflow_id.clone() }, run_id: key.run_id }
    }
}

impl Record for TimerRecord {
    const NAME: &'static str = "timer";

    fn check(&self) -> Result<(), String> {
        check_uuid("namespace", &self.namespace_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_up_to_now_finds_what_is_due_and_nothing_else() {
        let run_id = RunId(uuid::Uuid::max());
        let now = Timestamp { nanos: 5_000_001 };
        assert!(TimerKey::at(Timestamp { nanos: 5_000_000 }, run_id).encode() < TimerKey::behind(now));
        assert!(TimerKey::at(Timestamp { nanos: 5_000_001 }, run_id).encode() > TimerKey::behind(now));
        assert!(TimerKey::at(Timestamp { nanos: 5_000_001 }, run_id).fire_at() > now);
    }
}
