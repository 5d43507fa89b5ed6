//! The message `temporal.api.history.v1.History`, written by hand so that a server can send events as they are stored:
//! what was encoded once is not decoded to be encoded again.

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};

use crate::temporal::api::history::v1::HistoryEvent;

/// Some events of a run, in their order. On the wire there is no difference between the two fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The first events, each an encoded [`HistoryEvent`]. Empty in what was received.
    pub encoded: Vec<Bytes>,
    /// The events behind those.
    pub events: Vec<HistoryEvent>,
}

/// The tag of the events.
const EVENTS: u32 = 1;

impl History {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.encoded.len() + self.events.len()
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All events. Fails when what was stored is no event.
    pub fn into_events(self) -> Result<Vec<HistoryEvent>, DecodeError> {
        let mut events = self.encoded.into_iter().map(HistoryEvent::decode).collect::<Result<Vec<_>, _>>()?;
        events.extend(self.events);
        Ok(events)
    }
}

impl From<Vec<HistoryEvent>> for History {
    fn from(events: Vec<HistoryEvent>) -> Self {
        Self { encoded: Vec::new(), events }
    }
}

impl Message for History {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        for event in &self.encoded {
            encoding::encode_key(EVENTS, WireType::LengthDelimited, buffer);
            encoding::encode_varint(event.len() as u64, buffer);
            buffer.put_slice(event);
        }
        for event in &self.events {
            encoding::message::encode(EVENTS, event, buffer);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            EVENTS => encoding::message::merge_repeated(wire_type, &mut self.events, buffer, context),
            _ => encoding::skip_field(wire_type, tag, buffer, context),
        }
    }

    fn encoded_len(&self) -> usize {
        let lengths = self.encoded.iter().map(Bytes::len).chain(self.events.iter().map(Message::encoded_len));
        lengths.map(|length| encoding::key_len(EVENTS) + encoding::encoded_len_varint(length as u64) + length).sum()
    }

    fn clear(&mut self) {
        self.encoded.clear();
        self.events.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_id: i64) -> HistoryEvent {
        HistoryEvent { event_id, ..HistoryEvent::default() }
    }

    #[test]
    fn encoded_and_other_events_are_the_same_on_the_wire() {
        let encoded = (1..=200).map(|number| event(number).encode_to_vec().into()).collect();
        let mixed = History { encoded, events: vec![event(201), event(202)] };
        let plain = History::from((1..=202).map(event).collect::<Vec<_>>());
        assert_eq!(mixed.encoded_len(), plain.encoded_len());
        assert_eq!(mixed.encode_to_vec(), plain.encode_to_vec());
        assert_eq!(History::decode(&mixed.encode_to_vec()[..]), Ok(plain.clone()));
        assert_eq!((mixed.len(), mixed.into_events()), (202, Ok(plain.events)));
    }

    #[test]
    fn what_is_no_event_is_told() {
        let broken = History { encoded: vec![Bytes::from_static(&[0x0A, 0xFF])], ..History::default() };
        assert!(broken.into_events().is_err());
    }
}
