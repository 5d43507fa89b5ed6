//! What is sent: answers, as far as the windows allow, each stream one frame in turn.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use super::stream::End;
use super::{CONNECTION_WINDOW, Connection, STREAM_WINDOW};
use crate::answer::Whole;
use crate::frame::{self, Kind, flag};
use crate::hpack;

/// With this many bytes on their way to the socket, bodies wait.
const OUTPUT_MAX: usize = 64 << 10;

impl Connection {
    /// Begins the answer; ends it as well when it has no body.
    pub(crate) fn send_head(&mut self, id: u32, status: StatusCode, headers: &HeaderMap, is_all: bool) {
        if !self.streams.contains_key(&id) {
            return;
        }
        let mut block = BytesMut::with_capacity(64);
        hpack::encode_status(status, &mut block);
        hpack::encode(headers, &mut block);
        self.put_block(id, &block, is_all);
        if is_all {
            self.answered(id);
        }
    }

    /// A part of the body. The one before has left ([`Connection::wants`]).
    pub(crate) fn send_part(&mut self, id: u32, part: Bytes) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.outgoing = part;
        self.resume(id);
        self.fill();
    }

    /// A whole answer.
    pub(crate) fn send_whole(&mut self, id: u32, whole: Whole) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.outgoing = whole.body;
        stream.end = Some(End::Trailers(whole.trailers.0));
        self.put_block(id, &whole.head.0, false);
        self.resume(id);
        self.fill();
    }

    /// The end of the body.
    pub(crate) fn send_end(&mut self, id: u32, trailers: Option<&HeaderMap>) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.end = Some(match trailers {
            None => End::Data,
            Some(trailers) => {
                let mut block = BytesMut::with_capacity(32);
                hpack::encode(trailers, &mut block);
                End::Trailers(block.freeze())
            }
        });
        // An end takes no room in any window, so it does not stand behind what waits for some.
        if stream.outgoing.is_empty() {
            self.put_end(id);
        } else {
            self.resume(id);
            self.fill();
        }
    }

    /// Whether the next part of the answer may be sent.
    pub(crate) fn wants(&self, id: u32) -> bool {
        self.streams.get(&id).is_some_and(|stream| stream.outgoing.is_empty() && stream.end.is_none())
    }

    /// The streams of which everything has left since this was last asked, some of them ended by now.
    pub(crate) fn take_drained(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.drained)
    }

    /// Moves what the windows allow into the output.
    pub(crate) fn fill(&mut self) {
        while self.output.len() < OUTPUT_MAX {
            let Some(id) = self.sending.pop_front() else { return };
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            stream.is_sending = false;
            if stream.outgoing.is_empty() {
                self.put_end(id);
                continue;
            }
            let room = stream.send_window.min(self.send_window).max(0) as usize;
            let length = stream.outgoing.len().min(room).min(frame::PAYLOAD_BYTES);
            if length == 0 {
                // The stream goes on when its own window opens; when the connection's does, all go on.
                if self.send_window <= 0 {
                    stream.is_sending = true;
                    self.sending.push_front(id);
                    return;
                }
                continue;
            }
            stream.send_window -= length as i64;
            self.send_window -= length as i64;
            let is_last = length == stream.outgoing.len() && matches!(stream.end, Some(End::Data));
            frame::put_head(&mut self.output, length, Kind::Data, if is_last { flag::END_STREAM } else { 0 }, id);
            self.output.extend_from_slice(&stream.outgoing[..length]);
            stream.outgoing.advance(length);
            if is_last {
                self.answered(id);
            } else if stream.outgoing.is_empty() && stream.end.is_none() {
                self.drained.push(id);
            } else {
                self.resume(id);
            }
        }
    }

    /// Lets clients send as much again as was read.
    pub(crate) fn make_room(&mut self) {
        let Self { arriving, streams, output, .. } = self;
        arriving.retain(|id| {
            let Some(stream) = streams.get_mut(id) else { return false };
            let Some(inbox) = stream.inbox.as_ref().filter(|_| !stream.has_ended) else { return false };
            let read = inbox.take_read();
            if read > 0 {
                stream.receive_window += read as i64;
                debug_assert!(stream.receive_window <= i64::from(STREAM_WINDOW), "no more than was taken");
                frame::put_window_update(output, *id, read as u32);
            }
            true
        });
    }

    /// Bytes that came on the connection may come again; that is told now and then.
    pub(super) fn give_back(&mut self, bytes: u32) {
        self.to_give_back += bytes;
        if self.to_give_back >= CONNECTION_WINDOW / 2 {
            frame::put_window_update(&mut self.output, 0, self.to_give_back);
            self.receive_window += i64::from(self.to_give_back);
            self.to_give_back = 0;
        }
    }

    /// Puts the stream among those that are sent, if it has anything to send.
    pub(super) fn resume(&mut self, id: u32) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if !stream.is_sending && (!stream.outgoing.is_empty() || stream.end.is_some()) {
            stream.is_sending = true;
            self.sending.push_back(id);
        }
    }

    /// An answer that is nothing but its status.
    pub(super) fn put_status(&mut self, id: u32, status: StatusCode) {
        let mut block = BytesMut::with_capacity(16);
        hpack::encode_status(status, &mut block);
        self.put_block(id, &block, true);
    }

    fn put_end(&mut self, id: u32) {
        let Some(end) = self.streams.get_mut(&id).and_then(|stream| stream.end.take()) else { return };
        match end {
            End::Data => frame::put_head(&mut self.output, 0, Kind::Data, flag::END_STREAM, id),
            End::Trailers(block) => self.put_block(id, &block, true),
        }
        self.answered(id);
    }

    // A block that is larger than a frame goes on in others.
    fn put_block(&mut self, id: u32, block: &[u8], ends_stream: bool) {
        let mut with_notice = BytesMut::new();
        let mut rest = block;
        // The first block behind a change of the client's table says that we use none (RFC 7541, 4.2).
        if std::mem::take(&mut self.peer.forgets) {
            hpack::encode_no_table(&mut with_notice);
            with_notice.extend_from_slice(block);
            rest = &with_notice;
        }
        let mut kind = Kind::Headers;
        let mut flags = if ends_stream { flag::END_STREAM } else { 0 };
        loop {
            let (now, later) = rest.split_at(rest.len().min(frame::PAYLOAD_BYTES));
            if later.is_empty() {
                flags |= flag::END_HEADERS;
            }
            frame::put_head(&mut self.output, now.len(), kind, flags, id);
            self.output.extend_from_slice(now);
            if later.is_empty() {
                return;
            }
            (rest, kind, flags) = (later, Kind::Continuation, 0);
        }
    }
}
