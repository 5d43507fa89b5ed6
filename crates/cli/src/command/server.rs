//! `server start-dev` and `server start`: a server in this process, until it is told to stop. And what is done about its
//! data beside it.

mod backup;
mod banner;
mod check;
mod progress;
mod restore;
mod settings;

use std::path::PathBuf;

use abide_server::Node;
use abide_server::config::Action;
use clap::{Args, Subcommand};

use crate::arguments::Common;
use crate::error::{Error, Result};
use crate::output;

/// `server`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Start a server for production, with its data in a file.
    Start(Start),
    /// Start a server for development: in memory unless a file is named, one namespace, nothing to set up.
    StartDev(Box<StartDev>),
    /// Copy a server's data into one file, while the server runs or when it does not.
    Backup(backup::Arguments),
    /// Put a backup in the place of a stopped server's data.
    Restore(restore::Arguments),
    /// Look for what is wrong with a server's data or a backup, and change nothing.
    Check(check::Arguments),
}

/// `server start`.
#[derive(Args, Debug, Clone)]
pub struct Start {
    /// The file with all data. Created if it is not there.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// How it is set.
    #[command(flatten)]
    settings: Settings,
    /// Where it listens.
    #[command(flatten)]
    listen: Listen,
    /// What it serves over HTTP: nothing but what is named.
    #[command(flatten)]
    web: Web,
}

/// `server start-dev`.
#[derive(Args, Debug, Clone)]
pub struct StartDev {
    /// The file with all data. Without it, data is lost when the server ends.
    #[arg(long, short = 'f', value_name = "FILE")]
    db_filename: Option<PathBuf>,
    /// A namespace to create. May be repeated; `default` is always created.
    #[arg(long, short = 'n')]
    namespace: Vec<String>,
    /// Where it listens.
    #[command(flatten)]
    listen: Listen,
    /// What it serves over HTTP.
    #[command(flatten)]
    web: Web,
    /// No web UI.
    #[arg(long)]
    headless: bool,
    /// A search attribute to register: NAME=TYPE. May be repeated.
    #[arg(long, value_name = "NAME=TYPE")]
    search_attribute: Vec<String>,
    /// A setting of the database: PRAGMA=VALUE. May be repeated.
    #[arg(long, value_name = "PRAGMA=VALUE")]
    sqlite_pragma: Vec<String>,
    /// How it is set.
    #[command(flatten)]
    settings: Settings,
    /// Write the configuration to stderr.
    #[arg(long)]
    log_config: bool,
    /// What is accepted but not served yet.
    #[command(flatten)]
    later: Later,
}

/// How a server is set.
#[derive(Args, Debug, Clone)]
pub struct Settings {
    /// A setting of the reference server: KEY=JSON. May be repeated.
    #[arg(long, value_name = "KEY=JSON")]
    dynamic_config_value: Vec<String>,
    /// A YAML file with such settings. It is read again when it changes.
    #[arg(long, value_name = "FILE")]
    dynamic_config_file: Option<PathBuf>,
}

/// Where a server listens.
#[derive(Args, Debug, Clone)]
pub struct Listen {
    /// The address that gRPC is served on.
    #[arg(long, default_value = "localhost")]
    ip: String,
    /// The port that gRPC is served on; 0 is any free one.
    #[arg(long, short = 'p', default_value = "7233")]
    port: u16,
}

/// What a server serves over HTTP. The development server takes any free port for the API when none is named, and the
/// port of gRPC and a thousand for the web UI.
#[derive(Args, Debug, Clone)]
pub struct Web {
    /// The port that the API is served on as HTTP and JSON; 0 is any free one.
    #[arg(long)]
    http_port: Option<u16>,
    /// An origin whose pages may call the API: `https://example.org`, or `*` for all. May be repeated.
    #[arg(long, value_name = "ORIGIN")]
    http_cors_origin: Vec<String>,
    /// The port of the web UI; 0 is any free one.
    #[arg(long)]
    ui_port: Option<u16>,
    /// The address of the web UI; that of gRPC if none is named.
    #[arg(long)]
    ui_ip: Option<String>,
    /// What all paths of the web UI begin with, when something before the server puts it there.
    #[arg(long, value_name = "PATH", default_value = "")]
    ui_public_path: String,
    /// The folder with the files of the official web UI.
    #[arg(long, value_name = "FOLDER")]
    ui_asset_path: Option<PathBuf>,
    /// Where browsers have payloads decoded.
    #[arg(long, value_name = "URL", default_value = "")]
    ui_codec_endpoint: String,
    /// The official web UI is not to look for news.
    #[arg(long)]
    ui_disable_news_fetch: bool,
    /// Nothing can be changed from the web UI.
    #[arg(long)]
    ui_read_only: bool,
    /// What cannot be done from the web UI: terminate, cancel, signal, update, reset, pause, batch, start,
    /// activity-commands, administration. May be repeated.
    #[arg(long, value_name = "ACTION", value_parser = settings::action)]
    ui_disable: Vec<Action>,
    /// Queries that fail are not shown in the web UI.
    #[arg(long)]
    ui_hide_query_errors: bool,
}

/// Flags of the reference server for what this one does not serve yet. SDKs pass them.
#[derive(Args, Debug, Clone)]
pub struct Later {
    #[arg(long, hide = true)]
    metrics_port: Option<u16>,
}

/// Runs the command.
pub fn run(arguments: Arguments, common: &Common) -> Result<()> {
    abide_server::telemetry::start(&settings::log(common));
    let (config, shown) = match &arguments.command {
        Command::Backup(arguments) => return backup::run(arguments, common),
        Command::Restore(arguments) => return restore::run(arguments, common),
        Command::Check(arguments) => return check::run(arguments, common),
        Command::Start(start) => (settings::production(start)?, banner::Kind::Production),
        Command::StartDev(start) => {
            let config = settings::development(start)?;
            if start.log_config {
                output::note(&format!("{config:#?}"));
            }
            (config, banner::Kind::Development)
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::new(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        // Listening for signals comes first: a signal during the start must not kill a half-open store.
        let stop = interrupted();
        tokio::pin!(stop);
        let data = config.data.clone();
        let node = tokio::select! {
            node = Node::start(config) => node.map_err(|error| Error::new(abide_server::error::sentence(&error)))?,
            () = &mut stop => return Ok(()),
        };
        output::plain(&banner::render(shown, node.all_addresses(), &data));
        tokio::select! {
            () = &mut stop => {}
            () = node.failed() => return Err(Error::new("the server has stopped serving; see its log")),
        }
        node.stop().await;
        Ok(())
    })
}

/// Returns when the process is told to end.
pub async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).expect("a signal handler can be installed");
        let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt()), listen(SignalKind::terminate()));
        let mut hangup = listen(SignalKind::hangup());
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}
