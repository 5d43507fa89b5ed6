//! The state of one connection and of its streams, RFC 9113. Does no input or output: bytes that came are given to it, and
//! bytes to send are taken from it.

mod guard;
mod receive;
mod request;
mod send;
mod settings;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use bytes::BytesMut;
use http::Request;

use crate::frame::{self, Reason, Setting};
use crate::hpack::Decoder;
use crate::ids::IdMap;
use crate::incoming::Incoming;
use guard::Guard;
use settings::Peer;
use stream::{Lately, Stream};

/// How many requests of one connection may be open. Pollers wait for minutes, and several workers share a connection.
pub(crate) const STREAMS_MAX: usize = 4_096;
/// How much of one request's body we take before anyone has read it, in bytes.
pub(crate) const STREAM_WINDOW: u32 = 1 << 20;
/// How much of all bodies may be on its way, in bytes.
pub(crate) const CONNECTION_WINDOW: u32 = 8 << 20;
/// How much of all bodies may lie here unread, in bytes.
pub(crate) const HELD_MAX: usize = 64 << 20;
/// The largest list of headers, in bytes as HTTP/2 counts them; and the largest block that says it.
pub(crate) const HEADERS_MAX: usize = 64 << 10;

/// What happened.
pub(crate) enum Event {
    /// Somebody asks.
    Request(u32, Request<Incoming>),
    /// Nobody wants the answer to this request any more.
    Broken(u32),
}

/// A header block, of which more follows.
struct Block {
    stream: u32,
    ends_stream: bool,
    depends_on_itself: bool,
    bytes: BytesMut,
}

/// The state of one connection.
pub(crate) struct Connection {
    decoder: Decoder,
    block: Option<Block>,
    streams: IdMap<Stream>,
    /// Streams that ended not long ago.
    lately: Lately,
    /// The newest stream that was begun.
    newest: u32,
    /// What the client asked for.
    peer: Peer,
    /// How many bytes of bodies the client has room for.
    send_window: i64,
    /// How many bytes of bodies we have room for, and how many of them are to be given back.
    receive_window: i64,
    to_give_back: u32,
    /// What lies in inboxes.
    held: Arc<AtomicUsize>,
    /// Streams with something to send, each once, in turn.
    sending: VecDeque<u32>,
    /// Streams of which everything that was given to send has left.
    drained: Vec<u32>,
    /// Streams of which the first part has come, and perhaps all.
    waiting: VecDeque<u32>,
    /// Streams whose body arrives in parts.
    arriving: Vec<u32>,
    guard: Guard,
    output: BytesMut,
    is_greeted: bool,
    is_leaving: bool,
    over: Option<Reason>,
    /// A question for a sign of life that was not answered yet.
    asked: bool,
}

impl Connection {
    /// At its beginning, with what we say first already in the output.
    pub(crate) fn new() -> Self {
        let mut output = BytesMut::with_capacity(16 << 10);
        let settings = [
            (Setting::MaxConcurrentStreams, STREAMS_MAX as u32),
            (Setting::InitialWindowSize, STREAM_WINDOW),
            (Setting::MaxHeaderListSize, HEADERS_MAX as u32),
        ];
        frame::put_settings(&mut output, &settings);
        frame::put_window_update(&mut output, 0, CONNECTION_WINDOW - frame::WINDOW_DEFAULT);
        Self {
            decoder: Decoder::new(),
            block: None,
            streams: IdMap::default(),
            lately: Lately::default(),
            newest: 0,
            peer: Peer::default(),
            send_window: i64::from(frame::WINDOW_DEFAULT),
            receive_window: i64::from(CONNECTION_WINDOW),
            to_give_back: 0,
            held: Arc::default(),
            sending: VecDeque::new(),
            drained: Vec::new(),
            waiting: VecDeque::new(),
            arriving: Vec::new(),
            guard: Guard::default(),
            output,
            is_greeted: false,
            is_leaving: false,
            over: None,
            asked: false,
        }
    }

    /// Bytes to send, to be taken from the front.
    pub(crate) fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Whether nothing will come of this connection any more, but for what is in the output.
    pub(crate) fn is_over(&self) -> bool {
        self.over.is_some() || (self.is_leaving && self.streams.is_empty())
    }

    /// Takes no new requests, and is over when the open ones are answered.
    pub(crate) fn leave(&mut self) {
        if !self.is_leaving && self.over.is_none() {
            self.is_leaving = true;
            frame::put_go_away(&mut self.output, self.newest, Reason::NoError);
        }
    }

    /// Asks the client for a sign of life.
    pub(crate) fn ask(&mut self) {
        self.guard.rest();
        self.asked = true;
        frame::put_ping(&mut self.output, false, *b"alive?\0\0");
    }

    /// Whether the last question for a sign of life is still open.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked
    }

    /// Breaks off the connection for this reason.
    fn fail(&mut self, reason: Reason) {
        if self.over.is_none() {
            self.over = Some(reason);
            frame::put_go_away(&mut self.output, self.newest, reason);
        }
    }

    /// Breaks off a stream for this reason. What the client still sends for it is not looked at.
    pub(crate) fn reset(&mut self, id: u32, reason: Reason) {
        if self.streams.remove(&id).is_some() || reason != Reason::NoError {
            frame::put_reset(&mut self.output, id, reason);
        }
        self.lately.reset(id);
    }

    // The stream is answered: a client that still sends is told that nobody reads it.
    fn answered(&mut self, id: u32) {
        let Some(stream) = self.streams.remove(&id) else { return };
        self.guard.answered();
        if stream.has_ended {
            self.lately.ended(id);
        } else {
            frame::put_reset(&mut self.output, id, Reason::NoError);
            self.lately.reset(id);
        }
    }
}
