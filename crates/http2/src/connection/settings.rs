//! What the client asks of us, RFC 9113, 6.5.

use crate::frame::{self, Reason, Setting};

/// What the client asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// The window of new streams, in bytes.
    pub(crate) window: u32,
    /// It remembers fewer header fields than it did, and waits to hear that we know.
    pub(crate) forgets: bool,
}

impl Default for Peer {
    fn default() -> Self {
        Self { window: frame::WINDOW_DEFAULT, forgets: false }
    }
}

impl Peer {
    /// Takes in one frame's settings.
    ///
    /// # Errors
    ///
    /// Why the connection must end.
    pub(crate) fn take_in(&mut self, payload: &[u8]) -> Result<(), Reason> {
        if !payload.len().is_multiple_of(6) {
            return Err(Reason::FrameSize);
        }
        for setting in payload.chunks_exact(6) {
            let [a, b, c, d, e, f] = *setting else { return Err(Reason::FrameSize) };
            let value = u32::from_be_bytes([c, d, e, f]);
            match Setting::of(u16::from_be_bytes([a, b])) {
                Some(Setting::HeaderTableSize) => self.forgets = true,
                Some(Setting::EnablePush) if value > 1 => return Err(Reason::Protocol),
                Some(Setting::InitialWindowSize) if value > frame::WINDOW_MAX => return Err(Reason::FlowControl),
                Some(Setting::InitialWindowSize) => self.window = value,
                Some(Setting::MaxFrameSize) if !(frame::PAYLOAD_BYTES..1 << 24).contains(&(value as usize)) => {
                    return Err(Reason::Protocol);
                }
                // We send none that are larger than everyone must take: one answer would only hold up the others.
                Some(Setting::MaxFrameSize) => {}
                // We push nothing and open no streams, and our answers have few headers.
                Some(Setting::EnablePush | Setting::MaxConcurrentStreams | Setting::MaxHeaderListSize) | None => {}
            }
        }
        Ok(())
    }
}
