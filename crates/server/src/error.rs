//! Why a node did not start. Each sentence says what to look at; the cause is the source.

use std::fmt;
use std::io;

/// Why a node did not start.
#[derive(Debug)]
pub enum Error {
    /// Somebody else listens there.
    PortInUse {
        /// The port.
        port: u16,
        /// The address.
        host: String,
        /// The flag that names another.
        flag: &'static str,
    },
    /// The address cannot be listened on.
    Listen {
        /// The address.
        host: String,
        /// The port.
        port: u16,
        /// Why.
        cause: io::Error,
    },
    /// The store cannot be opened.
    Store(abide_store::Error),
    /// The settings cannot be read.
    Settings(String),
    /// A role did not start.
    Role(String),
    /// A namespace could not be set up.
    Namespace {
        /// Its name.
        name: String,
        /// Why.
        cause: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::PortInUse { port, host, flag } => {
                write!(f, "port {port} on {host} is already in use; stop the server there or choose another {flag}")
            }
            Error::Listen { host, port, .. } => write!(f, "cannot listen on {host} port {port}"),
            // The store's own sentence names the file; a word of ours before it would say nothing.
            Error::Store(cause) => cause.fmt(f),
            Error::Settings(why) => write!(f, "cannot read the settings: {why}"),
            Error::Role(what) => write!(f, "cannot start: {what}"),
            Error::Namespace { name, cause } => write!(f, "cannot set up namespace {name:?}: {cause}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Listen { cause, .. } => Some(cause),
            Error::Store(cause) => cause.source(),
            Error::PortInUse { .. } | Error::Settings(_) | Error::Role(_) | Error::Namespace { .. } => None,
        }
    }
}

impl From<abide_store::Error> for Error {
    fn from(cause: abide_store::Error) -> Self {
        Error::Store(cause)
    }
}

/// An error and its causes in one sentence.
pub fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
