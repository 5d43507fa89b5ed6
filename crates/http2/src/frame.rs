//! Frames, RFC 9113, 4 and 6: heads, and the few payloads that we write. Knows no order and no streams.

use bytes::{BufMut, BytesMut};

/// What a client sends first (3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The bytes before every payload.
pub(crate) const HEAD_BYTES: usize = 9;
/// The largest payload that anyone must take, in bytes; we ask for no larger ones.
pub(crate) const PAYLOAD_BYTES: usize = 16_384;
/// The window of a connection and of its streams before anything is said, in bytes.
pub(crate) const WINDOW_DEFAULT: u32 = 65_535;
/// No window is larger, in bytes.
pub(crate) const WINDOW_MAX: u32 = (1 << 31) - 1;

/// Bits of a head's flags.
pub(crate) mod flag {
    /// Of a stream's last frame of DATA or HEADERS.
    pub(crate) const END_STREAM: u8 = 0x1;
    /// Of the answer to SETTINGS or PING.
    pub(crate) const ACK: u8 = 0x1;
    /// Of a header block's last frame.
    pub(crate) const END_HEADERS: u8 = 0x4;
    /// Padding follows.
    pub(crate) const PADDED: u8 = 0x8;
    /// A priority precedes.
    pub(crate) const PRIORITY: u8 = 0x20;
}

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Data,
    Headers,
    Priority,
    ResetStream,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    /// To be ignored (4.1).
    Unknown,
}

/// Why something ends (7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reason {
    /// Nothing is wrong.
    NoError = 0x0,
    /// The other side broke a rule that has no code of its own.
    Protocol = 0x1,
    /// Our fault.
    Internal = 0x2,
    /// More was sent than the window had room for.
    FlowControl = 0x3,
    /// A frame for a stream that has ended.
    StreamClosed = 0x5,
    /// A frame of a size that it cannot have.
    FrameSize = 0x6,
    /// Not begun: it may be asked again.
    RefusedStream = 0x7,
    /// The header compression cannot go on.
    Compression = 0x9,
    /// The other side does what costs us more than it.
    EnhanceYourCalm = 0xb,
}

/// A frame's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    pub(crate) length: usize,
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
}

impl Head {
    /// From the first bytes of a frame.
    pub(crate) fn read(bytes: &[u8; HEAD_BYTES]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = *bytes;
        let kind = match kind {
            0x0 => Kind::Data,
            0x1 => Kind::Headers,
            0x2 => Kind::Priority,
            0x3 => Kind::ResetStream,
            0x4 => Kind::Settings,
            0x5 => Kind::PushPromise,
            0x6 => Kind::Ping,
            0x7 => Kind::GoAway,
            0x8 => Kind::WindowUpdate,
            0x9 => Kind::Continuation,
            _ => Kind::Unknown,
        };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        Self { length, kind, flags, stream: u32::from_be_bytes(stream) & WINDOW_MAX }
    }

    /// Whether the flag is set.
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Writes a head. The kind is never [`Kind::Unknown`].
pub(crate) fn put_head(output: &mut BytesMut, length: usize, kind: Kind, flags: u8, stream: u32) {
    let [_, a, b, c] = (length as u32).to_be_bytes();
    let kind = match kind {
        Kind::Data | Kind::Unknown => 0x0,
        Kind::Headers => 0x1,
        Kind::Priority => 0x2,
        Kind::ResetStream => 0x3,
        Kind::Settings => 0x4,
        Kind::PushPromise => 0x5,
        Kind::Ping => 0x6,
        Kind::GoAway => 0x7,
        Kind::WindowUpdate => 0x8,
        Kind::Continuation => 0x9,
    };
    output.put_slice(&[a, b, c, kind, flags]);
    output.put_u32(stream);
}

/// More room in a window; `stream` is zero for the connection's.
pub(crate) fn put_window_update(output: &mut BytesMut, stream: u32, increment: u32) {
    put_head(output, 4, Kind::WindowUpdate, 0, stream);
    output.put_u32(increment);
}

/// The end of a stream.
pub(crate) fn put_reset(output: &mut BytesMut, stream: u32, reason: Reason) {
    put_head(output, 4, Kind::ResetStream, 0, stream);
    output.put_u32(reason as u32);
}

/// The end of a connection: what came after `last` is not looked at.
pub(crate) fn put_go_away(output: &mut BytesMut, last: u32, reason: Reason) {
    put_head(output, 8, Kind::GoAway, 0, 0);
    output.put_u32(last);
    output.put_u32(reason as u32);
}

/// A question for a sign of life, or the answer to one.
pub(crate) fn put_ping(output: &mut BytesMut, is_answer: bool, payload: [u8; 8]) {
    put_head(output, 8, Kind::Ping, if is_answer { flag::ACK } else { 0 }, 0);
    output.put_slice(&payload);
}

/// What we ask of clients.
pub(crate) fn put_settings(output: &mut BytesMut, settings: &[(Setting, u32)]) {
    put_head(output, 6 * settings.len(), Kind::Settings, 0, 0);
    for (setting, value) in settings {
        output.put_u16(*setting as u16);
        output.put_u32(*value);
    }
}

/// The answer to SETTINGS.
pub(crate) fn put_settings_ack(output: &mut BytesMut) {
    put_head(output, 0, Kind::Settings, flag::ACK, 0);
}

/// The settings that matter (6.5.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Setting {
    HeaderTableSize = 0x1,
    EnablePush = 0x2,
    MaxConcurrentStreams = 0x3,
    InitialWindowSize = 0x4,
    MaxFrameSize = 0x5,
    MaxHeaderListSize = 0x6,
}

impl Setting {
    /// By its number. What we have no use for is ignored.
    pub(crate) fn of(number: u16) -> Option<Self> {
        match number {
            0x1 => Some(Self::HeaderTableSize),
            0x2 => Some(Self::EnablePush),
            0x3 => Some(Self::MaxConcurrentStreams),
            0x4 => Some(Self::InitialWindowSize),
            0x5 => Some(Self::MaxFrameSize),
            0x6 => Some(Self::MaxHeaderListSize),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        for kind in [Kind::Data, Kind::Headers, Kind::Settings, Kind::GoAway, Kind::Continuation] {
            let mut written = BytesMut::new();
            put_head(&mut written, 0x01_02_03, kind, 0x25, 7);
            let bytes = written[..].try_into().expect("nine bytes");
            assert_eq!(Head::read(&bytes), Head { length: 0x01_02_03, kind, flags: 0x25, stream: 7 });
        }
    }
}
