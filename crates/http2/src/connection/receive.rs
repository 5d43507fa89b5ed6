//! What came: frames, RFC 9113, 6, checked and taken in.

use std::sync::atomic::Ordering;

use bytes::{Buf, Bytes, BytesMut};
use http::StatusCode;

use super::request::{Fields, Refused};
use super::stream::{Ending, Stream};
use super::{Block, Connection, Event, HEADERS_MAX, HELD_MAX, STREAM_WINDOW, STREAMS_MAX};
use crate::frame::{self, HEAD_BYTES, Head, Kind, PAYLOAD_BYTES, Reason, flag};
use crate::incoming::{Inbox, Incoming};

/// Below this, the bytes of a body are copied out, so that the buffer that they came in can be used again.
const COPIED_MAX: usize = 4 << 10;

/// What is wrong with a frame.
enum Wrong {
    /// The connection cannot go on.
    Connection(Reason),
    /// The stream cannot go on.
    Stream(u32, Reason),
}

type Taken = Result<Option<Event>, Wrong>;

impl Connection {
    /// Takes in frames from the front of what came, up to the first that somebody must hear of. None when a frame is not
    /// there as a whole, or the connection is over.
    pub(crate) fn receive(&mut self, input: &mut BytesMut) -> Option<Event> {
        self.take_frames(input).or_else(|| self.hand_over_waiting())
    }

    fn take_frames(&mut self, input: &mut BytesMut) -> Option<Event> {
        while self.over.is_none() {
            let head = Head::read(input.first_chunk::<HEAD_BYTES>()?);
            if head.length > PAYLOAD_BYTES {
                self.fail(Reason::FrameSize);
                return None;
            }
            if input.len() < HEAD_BYTES + head.length {
                return None;
            }
            input.advance(HEAD_BYTES);
            let payload = input.split_to(head.length);
            match self.take_in(head, payload) {
                Ok(None) => {}
                Ok(Some(event)) => return Some(event),
                Err(Wrong::Connection(reason)) => self.fail(reason),
                Err(Wrong::Stream(id, reason)) => {
                    let was_open = self.streams.contains_key(&id);
                    self.reset(id, reason);
                    if !self.guard.reset() {
                        self.fail(Reason::EnhanceYourCalm);
                    }
                    if was_open {
                        return Some(Event::Broken(id));
                    }
                }
            }
        }
        None
    }

    fn take_in(&mut self, head: Head, payload: BytesMut) -> Taken {
        self.asked = false;
        if !std::mem::replace(&mut self.is_greeted, true) && (head.kind != Kind::Settings || head.has(flag::ACK)) {
            return Err(Wrong::Connection(Reason::Protocol));
        }
        // Nothing may come between the frames of a header block.
        if self.block.as_ref().is_some_and(|block| head.kind != Kind::Continuation || head.stream != block.stream) {
            return Err(Wrong::Connection(Reason::Protocol));
        }
        match head.kind {
            Kind::Data => self.data(head, payload),
            Kind::Headers => self.headers(head, payload),
            Kind::Continuation => self.continuation(head, &payload),
            Kind::ResetStream => self.reset_stream(head, &payload),
            Kind::WindowUpdate => self.window_update(head, &payload),
            Kind::Settings => self.settings(head, &payload),
            Kind::Ping => self.ping(head, &payload),
            Kind::Priority => self.priority(head, &payload),
            Kind::GoAway => {
                check(head.stream == 0, Reason::Protocol)?;
                check(payload.len() >= 8, Reason::FrameSize)?;
                self.is_leaving = true;
                Ok(None)
            }
            Kind::PushPromise => Err(Wrong::Connection(Reason::Protocol)),
            Kind::Unknown => self.chore(),
        }
    }

    fn data(&mut self, head: Head, mut payload: BytesMut) -> Taken {
        check(head.stream != 0 && head.stream <= self.newest, Reason::Protocol)?;
        let length = payload.len();
        // Padding counts as well.
        self.receive_window -= length as i64;
        check(self.receive_window >= 0, Reason::FlowControl)?;
        self.give_back(length as u32);
        unpad(head, &mut payload)?;
        let has_ended = head.has(flag::END_STREAM);
        if length == 0 && !has_ended {
            self.chore()?;
        }
        let Some(stream) = self.streams.get_mut(&head.stream) else { return self.late(head.stream) };
        if stream.has_ended {
            return Err(Wrong::Stream(head.stream, Reason::StreamClosed));
        }
        stream.receive_window -= length as i64;
        if stream.receive_window < 0 {
            return Err(Wrong::Stream(head.stream, Reason::FlowControl));
        }
        let part = part(payload);
        // Nobody reads the padding, so nobody else gives its room back.
        let padding = length - part.len();
        if padding > 0 && !has_ended {
            stream.receive_window += padding as i64;
            frame::put_window_update(&mut self.output, head.stream, padding as u32);
        }
        if let Some(announced) = &mut stream.announced {
            let left = announced.checked_sub(part.len() as u64).filter(|left| !has_ended || *left == 0);
            *announced = left.ok_or(Wrong::Stream(head.stream, Reason::Protocol))?;
        }
        self.body(head.stream, part, has_ended)
    }

    // Gives a part of a body to whoever waits for it. A request is handed over as a whole when all of it has come together:
    // most have one part, and many clients say in a frame of its own that it was the last, with those of others in between.
    fn body(&mut self, id: u32, part: Bytes, has_ended: bool) -> Taken {
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(None) };
        stream.has_ended = has_ended;
        let Some(request) = stream.request.take() else {
            if let Some(inbox) = &stream.inbox {
                inbox.put(part);
                if has_ended {
                    inbox.end(Ok(()));
                }
            }
            if self.held.load(Ordering::Relaxed) > HELD_MAX {
                return Err(Wrong::Stream(id, Reason::EnhanceYourCalm));
            }
            return Ok(None);
        };
        let body = match stream.first.take() {
            None if has_ended => Incoming::whole(part),
            Some(first) if has_ended && part.is_empty() => Incoming::whole(first),
            None => {
                (stream.request, stream.first) = (Some(request), Some(part));
                self.waiting.push_back(id);
                return Ok(None);
            }
            Some(first) => self.arrive(id, [first, part]),
        };
        Ok(Some(Event::Request(id, request.map(|()| body))))
    }

    // Nothing more has come: who answers as it reads must not wait for the end.
    fn hand_over_waiting(&mut self) -> Option<Event> {
        if self.over.is_some() {
            return None;
        }
        while let Some(id) = self.waiting.pop_front() {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            if let Some((request, first)) = stream.request.take().zip(stream.first.take()) {
                let body = self.arrive(id, [first]);
                return Some(Event::Request(id, request.map(|()| body)));
            }
        }
        None
    }

    fn arrive(&mut self, id: u32, parts: impl IntoIterator<Item = Bytes>) -> Incoming {
        let inbox = Inbox::new(self.held.clone());
        parts.into_iter().for_each(|part| inbox.put(part));
        if let Some(stream) = self.streams.get_mut(&id) {
            if stream.has_ended {
                inbox.end(Ok(()));
            }
            stream.inbox = Some(inbox.clone());
        }
        self.arriving.push(id);
        Incoming::arriving(inbox)
    }

    fn headers(&mut self, head: Head, mut payload: BytesMut) -> Taken {
        check(head.stream % 2 == 1, Reason::Protocol)?;
        unpad(head, &mut payload)?;
        let mut depends_on_itself = false;
        if head.has(flag::PRIORITY) {
            check(payload.len() >= 5, Reason::FrameSize)?;
            depends_on_itself = payload.get_u32() & frame::WINDOW_MAX == head.stream;
            payload.advance(1);
        }
        let ends_stream = head.has(flag::END_STREAM);
        let block = Block { stream: head.stream, ends_stream, depends_on_itself, bytes: payload };
        if head.has(flag::END_HEADERS) { self.block(block) } else { self.more_follows(block) }
    }

    fn continuation(&mut self, head: Head, payload: &[u8]) -> Taken {
        let mut block = self.block.take().ok_or(Wrong::Connection(Reason::Protocol))?;
        block.bytes.extend_from_slice(payload);
        if head.has(flag::END_HEADERS) { self.block(block) } else { self.more_follows(block) }
    }

    fn more_follows(&mut self, block: Block) -> Taken {
        check(block.bytes.len() <= HEADERS_MAX, Reason::EnhanceYourCalm)?;
        self.block = Some(block);
        self.chore()
    }

    // A whole header block. It is decoded whatever becomes of the stream: the ones behind it build on it.
    fn block(&mut self, block: Block) -> Taken {
        let mut fields = Fields::default();
        let decoded = self.decoder.decode(&block.bytes, |field, bytes| fields.add(field, bytes));
        decoded.map_err(|_| Wrong::Connection(Reason::Compression))?;
        let id = block.stream;
        if id <= self.newest {
            return self.trailers(id, block.ends_stream, &fields);
        }
        self.newest = id;
        if self.is_leaving || self.streams.len() >= STREAMS_MAX {
            return Err(Wrong::Stream(id, Reason::RefusedStream));
        }
        if block.depends_on_itself {
            return Err(Wrong::Stream(id, Reason::Protocol));
        }
        self.open(id, block.ends_stream, fields)
    }

    fn open(&mut self, id: u32, ends_stream: bool, fields: Fields) -> Taken {
        let (request, announced) = match fields.request() {
            Ok((_, Some(1..))) if ends_stream => return Err(Wrong::Stream(id, Reason::Protocol)),
            Ok(request) => request,
            Err(Refused::Malformed) => return Err(Wrong::Stream(id, Reason::Protocol)),
            Err(Refused::TooLarge) => {
                self.put_status(id, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
                if !ends_stream {
                    frame::put_reset(&mut self.output, id, Reason::NoError);
                }
                self.lately.reset(id);
                return Ok(None);
            }
        };
        let stream = Stream {
            request: Some(request),
            first: None,
            inbox: None,
            announced,
            has_ended: false,
            receive_window: i64::from(STREAM_WINDOW),
            send_window: i64::from(self.peer.window),
            outgoing: Bytes::new(),
            end: None,
            is_sending: false,
        };
        self.streams.insert(id, stream);
        if ends_stream { self.body(id, Bytes::new(), true) } else { Ok(None) }
    }

    fn trailers(&mut self, id: u32, ends_stream: bool, fields: &Fields) -> Taken {
        let Some(stream) = self.streams.get(&id) else {
            return match self.lately.ending(id) {
                Some(Ending::Reset) => self.chore(),
                Some(Ending::Ended) => Err(Wrong::Connection(Reason::StreamClosed)),
                // Never opened, or so long ago that nothing of it can be on its way.
                None => Err(Wrong::Connection(Reason::Protocol)),
            };
        };
        if stream.has_ended {
            return Err(Wrong::Stream(id, Reason::StreamClosed));
        }
        if !ends_stream || !fields.are_trailers() || stream.announced.is_some_and(|left| left > 0) {
            return Err(Wrong::Stream(id, Reason::Protocol));
        }
        self.body(id, Bytes::new(), true)
    }

    fn reset_stream(&mut self, head: Head, payload: &[u8]) -> Taken {
        check(payload.len() == 4, Reason::FrameSize)?;
        check(head.stream != 0 && head.stream <= self.newest, Reason::Protocol)?;
        if self.streams.remove(&head.stream).is_some() {
            self.lately.ended(head.stream);
            check(self.guard.reset(), Reason::EnhanceYourCalm)?;
            return Ok(Some(Event::Broken(head.stream)));
        }
        self.chore()
    }

    fn window_update(&mut self, head: Head, payload: &[u8]) -> Taken {
        let bytes = payload.try_into().map_err(|_| Wrong::Connection(Reason::FrameSize))?;
        let increment = i64::from(u32::from_be_bytes(bytes) & frame::WINDOW_MAX);
        self.chore()?;
        if head.stream == 0 {
            check(increment > 0, Reason::Protocol)?;
            self.send_window += increment;
            check(self.send_window <= i64::from(frame::WINDOW_MAX), Reason::FlowControl)?;
            return Ok(None);
        }
        check(head.stream <= self.newest, Reason::Protocol)?;
        let Some(stream) = self.streams.get_mut(&head.stream) else { return Ok(None) };
        if increment == 0 {
            return Err(Wrong::Stream(head.stream, Reason::Protocol));
        }
        stream.send_window += increment;
        if stream.send_window > i64::from(frame::WINDOW_MAX) {
            return Err(Wrong::Stream(head.stream, Reason::FlowControl));
        }
        self.resume(head.stream);
        Ok(None)
    }

    fn settings(&mut self, head: Head, payload: &[u8]) -> Taken {
        check(head.stream == 0, Reason::Protocol)?;
        if head.has(flag::ACK) {
            check(payload.is_empty(), Reason::FrameSize)?;
            return self.chore();
        }
        let before = self.peer.window;
        self.peer.take_in(payload).map_err(Wrong::Connection)?;
        let grown = i64::from(self.peer.window) - i64::from(before);
        if grown != 0 {
            let ids: Vec<u32> = self.streams.keys().copied().collect();
            for id in ids {
                let Some(stream) = self.streams.get_mut(&id) else { continue };
                stream.send_window += grown;
                check(stream.send_window <= i64::from(frame::WINDOW_MAX), Reason::FlowControl)?;
                self.resume(id);
            }
        }
        frame::put_settings_ack(&mut self.output);
        self.chore()
    }

    fn ping(&mut self, head: Head, payload: &[u8]) -> Taken {
        check(head.stream == 0, Reason::Protocol)?;
        let payload = payload.try_into().map_err(|_| Wrong::Connection(Reason::FrameSize))?;
        if !head.has(flag::ACK) {
            frame::put_ping(&mut self.output, true, payload);
        }
        self.chore()
    }

    // Priorities are told and not followed, as the specification advises by now (5.3).
    fn priority(&mut self, head: Head, payload: &[u8]) -> Taken {
        check(head.stream != 0, Reason::Protocol)?;
        let Some((on, _)) = payload.split_first_chunk::<4>().filter(|(_, rest)| rest.len() == 1) else {
            return Err(Wrong::Stream(head.stream, Reason::FrameSize));
        };
        if u32::from_be_bytes(*on) & frame::WINDOW_MAX == head.stream {
            return Err(Wrong::Stream(head.stream, Reason::Protocol));
        }
        self.chore()
    }

    fn late(&mut self, id: u32) -> Taken {
        match self.lately.ending(id) {
            Some(Ending::Reset) => self.chore(),
            Some(Ending::Ended) | None => {
                self.chore()?;
                Err(Wrong::Stream(id, Reason::StreamClosed))
            }
        }
    }

    fn chore(&mut self) -> Taken {
        check(self.guard.chore(), Reason::EnhanceYourCalm)?;
        Ok(None)
    }
}

fn check(holds: bool, otherwise: Reason) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong::Connection(otherwise)) }
}

fn unpad(head: Head, payload: &mut BytesMut) -> Result<(), Wrong> {
    if head.has(flag::PADDED) {
        check(!payload.is_empty(), Reason::FrameSize)?;
        let padding = usize::from(payload.get_u8());
        let length = payload.len().checked_sub(padding).ok_or(Wrong::Connection(Reason::Protocol))?;
        payload.truncate(length);
    }
    Ok(())
}

fn part(payload: BytesMut) -> Bytes {
    if payload.len() <= COPIED_MAX { Bytes::copy_from_slice(&payload) } else { payload.freeze() }
}
