//! What a server needs while it does nothing.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::figures::{processor_time, resident_mib};
use crate::server::Server;
use crate::{Binary, Error};

/// What is measured.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A server: its binary, or NAME=BINARY.
    #[arg(long = "server", required = true)]
    servers: Vec<Binary>,
    /// How often each is started.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long it is watched, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Start on this file instead of an empty one, for instance one that `scale generate` has written.
    #[arg(long)]
    file: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Error> {
    for _ in 0..arguments.rounds {
        for binary in &arguments.servers {
            let folder = tempfile::tempdir()?;
            let file = arguments.file.clone().unwrap_or_else(|| folder.path().join("data.db"));
            let server = Server::start(binary, &file).await?;
            // What the start itself has cost is not rest.
            tokio::time::sleep(Duration::from_secs(2)).await;
            let before = processor_time(server.pid());
            tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
            let spent = processor_time(server.pid()).zip(before).map(|(now, then)| (now - then).as_millis());
            println!(
                "{}",
                json!({
                    "server": binary.name,
                    "first_answer_ms": server.answered.as_millis(),
                    "resident_mib": resident_mib(server.pid()).map(f64::round),
                    "processor_ms": spent,
                    "seconds": arguments.seconds,
                    "binary_mb": std::fs::metadata(&binary.path)?.len() as f64 / 1e6,
                })
            );
        }
    }
    Ok(())
}
