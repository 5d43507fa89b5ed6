//! Why a command failed: one sentence for stderr. Every failure is exit code 1; what differs is only the text.

use std::fmt;

/// The sentence that follows `Error: `.
#[derive(Debug, PartialEq)]
pub struct Error(String);

/// What a command returns.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// With this sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// A failed RPC; `what` says what it was for.
    pub fn rpc(what: &str, status: &tonic::Status) -> Self {
        // Servers answer with sentences; a status without one still has a code.
        let text = if status.message().is_empty() { status.code().description() } else { status.message() };
        Self(format!("{what}: {text}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
