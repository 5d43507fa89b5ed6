//! The grammar: flags that every command takes, flags of every command that calls a server, and the tree of commands.
//! What a command does with them stands in its own file under `command/`.

use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::command::{activity, batch, operator, server, task_queue, worker, workflow};
use crate::duration;

/// Durable workflow execution in one binary: server and command line.
#[derive(Parser, Debug)]
#[command(name = "abide", version, disable_version_flag = true, max_term_width = 100, subcommand_required = true)]
#[command(arg_required_else_help = true, infer_subcommands = false)]
pub struct Arguments {
    /// Flags of every command.
    #[command(flatten)]
    pub common: Common,
    /// Print the version.
    #[arg(long, short = 'v', action = ArgAction::Version)]
    version: Option<bool>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands' first words.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a server.
    Server(server::Arguments),
    /// Start, list, and operate on Workflows.
    Workflow(Box<workflow::Arguments>),
    /// Operate on Activities of Workflows.
    Activity(Box<activity::Arguments>),
    /// Look at batches of operations, and end them.
    Batch(batch::Arguments),
    /// Manage namespaces, search attributes and the cluster.
    Operator(operator::Arguments),
    /// Look at Task Queues.
    TaskQueue(task_queue::Arguments),
    /// Look at workers.
    Worker(worker::Arguments),
}

/// Flags of every command.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Global flags")]
pub struct Common {
    /// Output format of everything but logs.
    #[arg(long, short = 'o', global = true, value_enum, default_value_t = Format::Text)]
    pub output: Format,
    /// How points in time are shown.
    #[arg(long, global = true, value_enum, default_value_t = TimeFormat::Relative)]
    pub time_format: TimeFormat,
    /// Whether output is coloured.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Show payloads with their metadata, never as bare JSON values.
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(default_value = "false", hide_default_value = true, hide_possible_values = true, action = ArgAction::Set)]
    pub no_json_shorthand_payloads: bool,
    /// The longest that the command may take; 0s is no bound.
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse, default_value = "0s")]
    pub command_timeout: Duration,
    /// The longest that connecting may take; 0s is no bound.
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse, default_value = "0s")]
    pub client_connect_timeout: Duration,
    /// What is logged, to stderr; `server` defaults to warn, all else to never.
    #[arg(long, global = true, value_enum)]
    pub log_level: Option<LogLevel>,
    /// Format of the log.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Profiles and environment files of the reference command line: accepted, not read.
    #[command(flatten)]
    pub profiles: Profiles,
}

/// Accepted so that scripts run; this command line reads no files for its flags yet, and says so.
#[derive(Args, Debug, Clone)]
pub struct Profiles {
    #[arg(long, global = true, hide = true, env = "TEMPORAL_ENV")]
    env: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_ENV_FILE")]
    env_file: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_CONFIG_FILE")]
    config_file: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_PROFILE")]
    profile: Option<String>,
    #[arg(long, global = true, hide = true)]
    disable_config_file: bool,
    #[arg(long, global = true, hide = true)]
    disable_config_env: bool,
}

impl Profiles {
    /// The flags that were given in vain.
    pub fn ignored(&self) -> Vec<&'static str> {
        let flags = [
            ("--env", self.env.is_some()),
            ("--env-file", self.env_file.is_some()),
            ("--config-file", self.config_file.is_some()),
            ("--profile", self.profile.is_some()),
        ];
        flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect()
    }
}

/// Flags of every command that calls a server.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Connection flags")]
pub struct Connection {
    /// Where the server is.
    #[arg(long, global = true, env = "TEMPORAL_ADDRESS", default_value = "localhost:7233")]
    pub address: String,
    /// The namespace.
    #[arg(long, short = 'n', global = true, env = "TEMPORAL_NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// Who is asking; `temporal-cli:USER@HOST` by default.
    #[arg(long, global = true)]
    pub identity: Option<String>,
    /// Headers of every call: KEY=VALUE. May be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub grpc_meta: Vec<String>,
    /// The `:authority` of every call.
    #[arg(long, global = true, env = "TEMPORAL_CLIENT_AUTHORITY")]
    pub client_authority: Option<String>,
    /// What this version cannot do yet.
    #[command(flatten)]
    pub secure: Secure,
}

/// Flags that ask for TLS or for a codec server. Refused with a reason, never ignored: they are about secrets.
#[derive(Args, Debug, Clone)]
pub struct Secure {
    #[arg(long, global = true, hide = true, env = "TEMPORAL_TLS", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", action = ArgAction::Set)]
    tls: Option<bool>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_TLS_CLIENT_CERT_PATH")]
    tls_cert_path: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_TLS_CLIENT_CERT_DATA")]
    tls_cert_data: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_TLS_CLIENT_KEY_PATH")]
    tls_key_path: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_TLS_CLIENT_KEY_DATA", hide_env_values = true)]
    tls_key_data: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_TLS_SERVER_CA_CERT_PATH")]
    tls_ca_path: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_TLS_SERVER_CA_CERT_DATA")]
    tls_ca_data: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_TLS_SERVER_NAME")]
    tls_server_name: Option<String>,
    #[arg(long, global = true, hide = true)]
    tls_disable_host_verification: bool,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_CODEC_ENDPOINT")]
    codec_endpoint: Option<String>,
    #[arg(long, global = true, hide = true, env = "TEMPORAL_CODEC_AUTH", hide_env_values = true)]
    codec_auth: Option<String>,
    #[arg(long, global = true, hide = true)]
    codec_header: Vec<String>,
}

impl Secure {
    /// The sentence with which the first flag that cannot be honoured is refused.
    pub fn refusal(&self) -> Option<String> {
        if self.codec_endpoint.is_some() {
            return Some("codec servers are not supported by this version".into());
        }
        let certificates = [
            &self.api_key,
            &self.tls_cert_path,
            &self.tls_cert_data,
            &self.tls_key_path,
            &self.tls_key_data,
            &self.tls_ca_path,
            &self.tls_ca_data,
            &self.tls_server_name,
        ];
        // As in the reference: any of these turns TLS on unless it is turned off by name.
        let wanted = self.tls.unwrap_or(certificates.iter().any(|flag| flag.is_some()));
        wanted.then(|| "TLS is not supported by this version; use --tls=false to connect without".into())
    }
}

/// `--output`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people.
    Text,
    /// Indented JSON; lists are one array.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Nothing.
    None,
}

/// `--time-format`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeFormat {
    /// 3 minutes ago.
    Relative,
    /// 2026-11-22T22:00:10Z.
    Iso,
    /// Everything there is.
    Raw,
}

/// `--color`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Color {
    /// Always.
    Always,
    /// Never.
    Never,
    /// On a terminal, unless NO_COLOR is set.
    Auto,
}

/// `--log-level`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What happens.
    Info,
    /// What should not happen.
    Warn,
    /// What a human must act on.
    Error,
    /// Nothing.
    Never,
}

/// `--log-format`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// One line each.
    Text,
    /// One JSON object each.
    Json,
    /// Several lines each.
    Pretty,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_sdks_pass_to_a_development_server_is_understood() {
        let lines = [
            "abide server start-dev --port 7233 --namespace default --ip 127.0.0.1 --log-format pretty --log-level warn \
             --dynamic-config-value frontend.enableServerVersionCheck=false \
             --dynamic-config-value frontend.enableUpdateWorkflowExecution=true --headless",
            "abide server start-dev --ip=localhost --port=0 --namespace=a --namespace=b --db-filename=x.db --ui-port=1 \
             --http-port=0 --metrics-port=2 --sqlite-pragma=cache_size=1 --search-attribute=Size=Int --headless=true",
            "abide server start-dev -p 1 -n a -f x.db --ui-codec-endpoint http://localhost --log-config",
            "abide server start --data x.db --ip 0.0.0.0 --port 7233 --log-level=info --log-format=json",
        ];
        for line in lines {
            let parsed = Arguments::try_parse_from(line.split_whitespace());
            assert!(parsed.is_ok(), "{line}: {}", parsed.expect_err("refused"));
        }
    }

    #[test]
    fn flags_stand_anywhere_and_have_their_aliases() {
        let lines = [
            "abide workflow -n orders start --name Order -t q -w id -i 1 -i 2 -o json",
            "abide --output jsonl workflow start --type Order --task-queue q --namespace orders --fail-existing=false",
            "abide workflow signal -w id --type go --input 1",
            "abide workflow query -w id --name state --reject-condition not_open",
            "abide workflow show -w id -r run --follow --detailed --time-format iso",
            "abide workflow terminate -q query --yes --reason why --rps 1.5",
            "abide workflow reset -w id --event-id 4 --reason why",
            "abide workflow reset with-workflow-update-options -w id --event-id 4 --reason why \
             --versioning-override-behavior auto_upgrade",
            "abide operator namespace create -n orders --retention 7d --data a=b",
            "abide operator search-attribute create --name Size --type Int --address localhost:1",
        ];
        for line in lines {
            let parsed = Arguments::try_parse_from(line.split_whitespace());
            assert!(parsed.is_ok(), "{line}: {}", parsed.expect_err("refused"));
        }
    }
}
