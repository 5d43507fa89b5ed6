//! How far something is that takes a while: one line that is written over, where somebody looks at it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is written.
const EVERY: Duration = Duration::from_millis(200);

/// See the file's first line.
pub struct Line {
    is_seen: bool,
    written_at: Option<Instant>,
}

impl Line {
    /// Nothing is written yet.
    pub fn new() -> Self {
        Self { is_seen: io::stderr().is_terminal(), written_at: None }
    }

    /// This is how far it is.
    pub fn show(&mut self, text: impl FnOnce() -> String) {
        let is_due = self.written_at.is_none_or(|at| at.elapsed() >= EVERY);
        if self.is_seen && is_due {
            self.written_at = Some(Instant::now());
            drop(write!(io::stderr().lock(), "\r\x1b[K{}", text()));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.written_at.is_some() {
            drop(write!(io::stderr().lock(), "\r\x1b[K"));
        }
    }
}

/// A number of bytes as people read it.
pub fn bytes(bytes: u64) -> String {
    const KIB: u64 = 1024;
    match bytes {
        0..KIB => format!("{bytes} B"),
        bytes if bytes < KIB * KIB => format!("{:.1} KiB", bytes as f64 / KIB as f64),
        bytes => format!("{:.1} MiB", bytes as f64 / (KIB * KIB) as f64),
    }
}

/// How far a copy is.
pub fn copied(progress: abide_server::maintenance::Progress) -> String {
    format!("{} of {}", bytes(progress.done), bytes(progress.total))
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_are_shown_in_a_unit_that_fits() {
        assert_eq!([0, 1023, 1536, 5 << 20].map(super::bytes), ["0 B", "1023 B", "1.5 KiB", "5.0 MiB"]);
    }
}
