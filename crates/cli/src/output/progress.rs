//! How far something is, on stderr and only when that is a terminal: bars, and a line that says for how long one waits.
//! Both are wiped off before the result is printed.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::duration;

const WIDTH: i64 = 30;
/// What is over sooner needs no word.
const SILENT_FOR: Duration = Duration::from_secs(2);

/// A bar.
pub struct Bar {
    what: &'static str,
    terminal: bool,
}

impl Bar {
    /// Begins; `what` is counted.
    pub fn begin(what: &'static str) -> Self {
        Self { what, terminal: io::stderr().is_terminal() }
    }

    /// Draws it anew.
    pub fn draw(&mut self, done: i64, total: i64) {
        if self.terminal {
            line(&bar(self.what, done, total));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if self.terminal {
            line("");
        }
    }
}

fn bar(what: &str, done: i64, total: i64) -> String {
    let full = if total > 0 { (done * WIDTH / total).clamp(0, WIDTH) } else { 0 };
    let (full, empty) = (full as usize, (WIDTH - full) as usize);
    format!("[{}{}] {done}/{total} {what}", "=".repeat(full), " ".repeat(empty))
}

/// Says for how long one waits already, until it is dropped.
pub struct Waiting(Option<JoinHandle<()>>);

impl Waiting {
    /// Begins; `what` is waited for.
    pub fn begin(what: &str) -> Self {
        if !io::stderr().is_terminal() {
            return Self(None);
        }
        let (what, began) = (what.to_owned(), Instant::now());
        Self(Some(tokio::spawn(async move {
            tokio::time::sleep(SILENT_FOR).await;
            loop {
                let seconds = Duration::from_secs(began.elapsed().as_secs());
                line(&format!("waiting for {what} ({})", duration::format(seconds)));
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        })))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            line("");
        }
    }
}

// Back to the first column, and nothing behind what is written.
fn line(text: &str) {
    drop(write!(io::stderr().lock(), "\r\x1b[2K{text}"));
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_bar_fills_with_what_is_done() {
        assert_eq!(super::bar("operations", 5, 10), format!("[{}{}] 5/10 operations", "=".repeat(15), " ".repeat(15)));
        assert_eq!(super::bar("operations", 0, 0), format!("[{}] 0/0 operations", " ".repeat(30)));
    }
}
