//! What happened, line by line: two runs of one seed must write the same lines. The lines are kept for as long as
//! somebody may want to read them, and summed up in one number.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::SimClock;

/// See the file's first lines.
#[derive(Clone)]
pub struct Trace {
    clock: SimClock,
    written: Arc<Mutex<Written>>,
}

/// What becomes of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Only their sum.
    Sum,
    /// Every line, on standard output at once.
    Print,
}

struct Written {
    keep: Keep,
    lines: u64,
    sum: u64,
}

impl Trace {
    /// An empty one.
    pub fn new(clock: SimClock, keep: Keep) -> Self {
        let written = Written { keep, lines: 0, sum: 0xcbf2_9ce4_8422_2325 };
        Self { clock, written: Arc::new(Mutex::new(written)) }
    }

    /// Writes a line.
    pub fn line(&self, who: &str, what: fmt::Arguments<'_>) {
        let elapsed = self.clock.elapsed();
        let line = format!("{:>5}.{:06} {who}: {what}", elapsed.as_secs(), elapsed.subsec_micros());
        let mut written = self.written();
        written.lines += 1;
        for byte in line.bytes().chain(*b"\n") {
            written.sum = (written.sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        if written.keep == Keep::Print {
            print(&line);
        }
    }

    /// Prints what was found out in the end, if anybody reads: no line of the trace.
    pub fn aside(&self, line: fmt::Arguments<'_>) {
        if self.written().keep == Keep::Print {
            print(&line.to_string());
        }
    }

    /// How many lines there are, and their sum.
    pub fn sum(&self) -> (u64, u64) {
        let written = self.written();
        (written.lines, written.sum)
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::print_stdout, reason = "whoever asks for the trace reads it there")]
fn print(line: &str) {
    println!("{line}");
}
