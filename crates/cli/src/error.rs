//! Why a command failed: one sentence for stderr. Every failure is exit code 1; what differs is only the text.

use std::fmt;

/// The sentence that follows `Error: `.
#[derive(Debug, PartialEq)]
pub struct Error(String);

/// What a command returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// With this sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// A file that cannot be opened, in the reference's words.
    pub fn open(path: &str, error: &std::io::Error) -> Self {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => error.to_string(),
        };
        Self(format!("open {path}: {why}"))
    }

    /// A failed RPC; `what` says what it was for.
    pub fn rpc(what: &str, status: &tonic::Status) -> Self {
        Self(format!("{what}: {}", Self::status(status)))
    }

    /// A failed RPC that needs no word about what it was for.
    pub fn status(status: &tonic::Status) -> Self {
        // What a server answers that never heard of the call says nothing to its user.
        let unheard_of = ["", "Not yet implemented"].contains(&status.message());
        if status.code() == tonic::Code::Unimplemented && unheard_of {
            return Self::new("this server does not have that yet");
        }
        // Servers answer with sentences; a status without one still has a code.
        Self::new(if status.message().is_empty() { status.code().description() } else { status.message() })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
