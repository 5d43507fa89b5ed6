//! One request and its answer; and which streams ended not long ago, because frames for them may still be on their way.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;

use crate::incoming::{Gone, Inbox};

/// How many streams that ended are remembered.
const REMEMBERED: usize = 256;

/// One request and its answer.
pub(crate) struct Stream {
    /// The request, until it is handed over.
    pub(crate) request: Option<Request<()>>,
    /// The first part of its body, while the request waits for the end that may stand right behind.
    pub(crate) first: Option<Bytes>,
    /// Where its body arrives, if not at once.
    pub(crate) inbox: Option<Arc<Inbox>>,
    /// How long the body is said to be, less what came.
    pub(crate) announced: Option<u64>,
    /// The client has sent all.
    pub(crate) has_ended: bool,
    /// How many bytes we have room for.
    pub(crate) receive_window: i64,
    /// How many bytes the client has room for.
    pub(crate) send_window: i64,
    /// What is to be sent.
    pub(crate) outgoing: Bytes,
    /// What is behind it.
    pub(crate) end: Option<End>,
    /// Whether it stands among those that have something to send.
    pub(crate) is_sending: bool,
}

// However it ends: who reads the body on another task must hear of it.
impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(inbox) = &self.inbox {
            inbox.end(Err(Gone));
        }
    }
}

/// How an answer ends.
pub(crate) enum End {
    /// With its last byte.
    Data,
    /// With this header block.
    Trailers(Bytes),
}

/// Which streams ended not long ago.
#[derive(Default)]
pub(crate) struct Lately(VecDeque<(u32, Ending)>);

/// How a stream ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// The client was done, or broke off: it knows, and sends nothing more.
    Ended,
    /// We broke off: what was on its way by then is not looked at.
    Reset,
}

impl Lately {
    /// The client was done, or broke off.
    pub(crate) fn ended(&mut self, id: u32) {
        self.push(id, Ending::Ended);
    }

    /// We broke off.
    pub(crate) fn reset(&mut self, id: u32) {
        self.push(id, Ending::Reset);
    }

    /// How the stream ended, if not long ago.
    pub(crate) fn ending(&self, id: u32) -> Option<Ending> {
        self.0.iter().rev().find(|(ended, _)| *ended == id).map(|(_, ending)| *ending)
    }

    fn push(&mut self, id: u32, ending: Ending) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((id, ending));
    }
}
