//! Logs: structured, to stderr. Our own crates at the level that was asked for, all others from warnings up.

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat, LogLevel};

/// Starts logging. A process logs one way; a second call changes nothing.
pub fn start(log: &Log) {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(log.level)).with_writer(std::io::stderr);
    // Whoever started logging before us wins: a test, or a program that has us as a library.
    drop(match log.format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Pretty => builder.pretty().try_init(),
    });
}

fn filter(level: LogLevel) -> EnvFilter {
    EnvFilter::new(match level {
        LogLevel::Debug => "warn,abide=debug",
        LogLevel::Info => "warn,abide=info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
        LogLevel::Never => "off",
    })
}
