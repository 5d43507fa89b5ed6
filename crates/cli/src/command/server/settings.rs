//! From flags to the server's configuration.

use abide_server::config::{Action, Config, Data, Http, Listen, Log, LogFormat, LogLevel, Switches, Ui};
use abide_server::dev;

use super::{Settings, Start, StartDev, Web};
use crate::arguments::{self, Common};
use crate::error::{Error, Result};
use crate::input;

/// How far above the port of gRPC the web UI of a development server is.
const UI_PORT_ABOVE: u16 = 1000;

/// A server for production.
pub fn production(start: &Start) -> Result<Config> {
    let mut config = Config::production(start.data.clone(), listen(&start.listen));
    let (listen, web) = (&start.listen, &start.web);
    config.http = web.http_port.map(|port| http(listen, web, port));
    config.ui = web.ui_port.map(|port| ui(listen, web, port));
    set(&mut config, &start.settings)?;
    Ok(config)
}

/// A server for development.
pub fn development(start: &StartDev) -> Result<Config> {
    let data = start.db_filename.clone().map_or(Data::Memory, Data::File);
    let mut config = dev::config(data, listen(&start.listen), &start.namespace);
    for (name, kind) in input::pairs("search attribute", &start.search_attribute)? {
        let kind = abide_server::search_attribute_type(&kind)
            .ok_or_else(|| Error::new(format!("search attribute {name} has unsupported type {kind:?}")))?;
        config.search_attributes.insert(name, kind);
    }
    let (listen, web) = (&start.listen, &start.web);
    config.http = Some(http(listen, web, web.http_port.unwrap_or_default()));
    config.ui = (!start.headless).then(|| ui(listen, web, web.ui_port.unwrap_or_else(|| ui_port(listen.port))));
    config.sqlite.pragmas = input::pairs("sqlite pragma", &start.sqlite_pragma)?;
    set(&mut config, &start.settings)?;
    Ok(config)
}

fn set(config: &mut Config, flags: &Settings) -> Result<()> {
    config.dynamic_config_file.clone_from(&flags.dynamic_config_file);
    for (key, value) in input::pairs("dynamic config", &flags.dynamic_config_value)? {
        serde_json::from_str::<serde_json::Value>(&value)
            .map_err(|error| Error::new(format!("invalid dynamic config value for key {key:?}: {error}")))?;
        config.dynamic_config.insert(key, value);
    }
    Ok(())
}

/// What is logged, and how.
pub fn log(common: &Common) -> Log {
    let level = match common.log_level {
        arguments::LogLevel::Debug => LogLevel::Debug,
        arguments::LogLevel::Info => LogLevel::Info,
        arguments::LogLevel::Warn => LogLevel::Warn,
        arguments::LogLevel::Error => LogLevel::Error,
        arguments::LogLevel::Never => LogLevel::Never,
    };
    let format = match common.log_format {
        arguments::LogFormat::Text => LogFormat::Text,
        arguments::LogFormat::Json => LogFormat::Json,
        arguments::LogFormat::Pretty => LogFormat::Pretty,
    };
    Log { level, format }
}

fn http(listen: &super::Listen, web: &Web, port: u16) -> Http {
    Http { listen: Listen { host: listen.ip.clone(), port }, origins: web.http_cors_origin.clone() }
}

fn ui(listen: &super::Listen, web: &Web, port: u16) -> Ui {
    Ui {
        listen: Listen { host: web.ui_ip.clone().unwrap_or_else(|| listen.ip.clone()), port },
        public_path: web.ui_public_path.clone(),
        assets: web.ui_asset_path.clone(),
        codec_endpoint: web.ui_codec_endpoint.clone(),
        disable_news_fetch: web.ui_disable_news_fetch,
        switches: switches(web),
    }
}

fn switches(web: &Web) -> Switches {
    Switches {
        read_only: web.ui_read_only,
        disabled: web.ui_disable.iter().copied().collect(),
        hide_query_errors: web.ui_hide_query_errors,
    }
}

/// An action by its name.
pub(super) fn action(name: &str) -> std::result::Result<Action, String> {
    Action::named(name).ok_or_else(|| format!("must be one of {}", Action::ALL.map(Action::name).join(", ")))
}

/// Where any free port does for gRPC, any free port does for the web UI.
fn ui_port(grpc: u16) -> u16 {
    if grpc == 0 { 0 } else { grpc.saturating_add(UI_PORT_ABOVE) }
}

fn listen(flags: &super::Listen) -> Listen {
    Listen { host: flags.ip.clone(), port: flags.port }
}
