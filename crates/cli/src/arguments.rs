//! What can be typed: flags that every command takes, flags of every command that calls a server, and the commands'
//! first words. How flags are read stands in `grammar`; what a command does with its own in its file under `command/`.

use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::command::{
    Calling, activity, batch, completion, config, env, help, nexus, operator, schedule, server, task_queue, worker,
    workflow,
};
use crate::duration;

/// Durable workflow execution in one binary: server and command line.
#[derive(Parser, Debug)]
#[command(name = "abide", version, disable_version_flag = true, disable_help_subcommand = true)]
#[command(max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
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

/// The same, of a line that begins with `server`: the tree of all commands is some ten megabytes, which the allocator would
/// keep for as long as a server runs.
#[derive(Parser, Debug)]
#[command(name = "abide", version)]
#[command(disable_version_flag = true, disable_help_subcommand = true)]
#[command(max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub struct OfServer {
    #[command(flatten)]
    common: Common,
    /// Print the version.
    #[arg(long, short = 'v', action = ArgAction::Version)]
    version: Option<bool>,
    #[command(subcommand)]
    command: ServerCommand,
}

/// The one first word of [`OfServer`].
#[derive(Subcommand, Debug)]
enum ServerCommand {
    /// Run a server, and look after its data.
    Server(server::Arguments),
}

/// The commands' first words.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a server, and look after its data.
    Server(server::Arguments),
    /// Start, list, and operate on Workflows.
    Workflow(Box<Calling<workflow::Command>>),
    /// Operate on Activities, those of Workflows and those that stand alone.
    Activity(Box<Calling<activity::Command>>),
    /// Start Workflows at certain times.
    Schedule(Box<Calling<schedule::Command>>),
    /// Look at batches of operations, and end them.
    Batch(Box<Calling<batch::Command>>),
    /// Start and operate on Nexus Operations.
    Nexus(Box<Calling<nexus::Command>>),
    /// Look at Task Queues, and decide about them.
    TaskQueue(Box<Calling<task_queue::Command>>),
    /// Look at workers, and manage their deployments.
    Worker(Box<Calling<worker::Command>>),
    /// Manage namespaces, search attributes, Nexus endpoints and clusters.
    Operator(Box<Calling<operator::Command>>),
    /// Look at and change profiles.
    #[command(subcommand)]
    Config(config::Command),
    /// Look at and change environments (deprecated: use `config`).
    #[command(subcommand)]
    Env(env::Command),
    /// Show the flags that many commands take.
    Options,
    /// Show how a command is used.
    Help(help::Arguments),
    /// Write a script that completes commands in a shell.
    Completion(completion::Arguments),
    /// What a shell's completion asks.
    #[command(name = "__complete", hide = true)]
    Complete(completion::Line),
}

/// Flags of every command.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Global flags")]
pub struct Common {
    /// The environment whose settings stand in for flags (deprecated: use profiles).
    #[arg(long, global = true, value_name = "ENV", env = "TEMPORAL_ENV", default_value = "default")]
    pub env: String,
    /// The file with environments; $HOME/.config/temporalio/temporal.yaml by default.
    #[arg(long, global = true, value_name = "FILE", env = "TEMPORAL_ENV_FILE")]
    pub env_file: Option<String>,
    /// The file with profiles; temporalio/temporal.toml in the folder for configuration by default.
    #[arg(long, global = true, value_name = "FILE", env = "TEMPORAL_CONFIG_FILE")]
    pub config_file: Option<String>,
    /// The profile whose settings stand in for flags of the connection; `default` by default.
    #[arg(long, global = true, value_name = "NAME", env = "TEMPORAL_PROFILE")]
    pub profile: Option<String>,
    /// Read no file with profiles.
    #[arg(long, global = true)]
    pub disable_config_file: bool,
    /// Read no settings of the connection from environment variables.
    #[arg(long, global = true)]
    pub disable_config_env: bool,
    /// What is logged, to stderr; `server` logs warnings by default.
    #[arg(long, global = true, value_enum, default_value = "never")]
    pub log_level: LogLevel,
    /// Format of the log.
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// Output format of everything but logs.
    #[arg(long, short = 'o', global = true, value_enum, default_value = "text")]
    pub output: Format,
    /// How points in time are shown.
    #[arg(long, global = true, value_enum, default_value = "relative")]
    pub time_format: TimeFormat,
    /// Whether output is coloured.
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub color: Color,
    /// Show payloads with their metadata, never as bare JSON values.
    #[arg(long, global = true)]
    pub no_json_shorthand_payloads: bool,
    /// The longest that the command may take; 0s is no bound.
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse, default_value = "0s")]
    pub command_timeout: Duration,
    /// The longest that connecting may take; 0s is no bound.
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse, default_value = "0s")]
    pub client_connect_timeout: Duration,
}

/// Flags of every command that calls a server.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Connection flags")]
pub struct Connection {
    /// Where the server is.
    #[arg(long, global = true, env = "TEMPORAL_ADDRESS", default_value = "localhost:7233")]
    pub address: String,
    /// The `:authority` of every call.
    #[arg(long, global = true, env = "TEMPORAL_CLIENT_AUTHORITY")]
    pub client_authority: Option<String>,
    /// The namespace.
    #[arg(long, short = 'n', global = true, env = "TEMPORAL_NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// The key with which the server is asked.
    #[arg(long, global = true, env = "TEMPORAL_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// Header of every call: KEY=VALUE. May be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub grpc_meta: Vec<String>,
    /// How the connection is encrypted.
    #[command(flatten)]
    pub tls: Tls,
    /// Where payloads are decoded and encoded.
    #[command(flatten)]
    pub codec: Codec,
    /// Who is asking; `temporal-cli:USER@HOST` by default.
    #[arg(long, global = true)]
    pub identity: Option<String>,
}

/// How a connection is encrypted.
#[derive(Args, Debug, Clone, Default)]
pub struct Tls {
    /// Encrypt the connection. An API key or any other TLS flag implies it; --tls=false turns it off.
    #[arg(long, global = true, env = "TEMPORAL_TLS", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", action = ArgAction::Set)]
    pub tls: Option<bool>,
    /// A file with our certificate.
    #[arg(long, global = true, value_name = "FILE", env = "TEMPORAL_TLS_CLIENT_CERT_PATH")]
    pub tls_cert_path: Option<String>,
    /// Our certificate. Not with --tls-cert-path.
    #[arg(long, global = true, value_name = "PEM", env = "TEMPORAL_TLS_CLIENT_CERT_DATA")]
    pub tls_cert_data: Option<String>,
    /// A file with our private key.
    #[arg(long, global = true, value_name = "FILE", env = "TEMPORAL_TLS_CLIENT_KEY_PATH")]
    pub tls_key_path: Option<String>,
    /// Our private key. Not with --tls-key-path.
    #[arg(long, global = true, value_name = "PEM", env = "TEMPORAL_TLS_CLIENT_KEY_DATA", hide_env_values = true)]
    pub tls_key_data: Option<String>,
    /// A file with the certificates that are trusted, instead of those of the machine.
    #[arg(long, global = true, value_name = "FILE", env = "TEMPORAL_TLS_SERVER_CA_CERT_PATH")]
    pub tls_ca_path: Option<String>,
    /// The certificates that are trusted. Not with --tls-ca-path.
    #[arg(long, global = true, value_name = "PEM", env = "TEMPORAL_TLS_SERVER_CA_CERT_DATA")]
    pub tls_ca_data: Option<String>,
    /// Trust whatever certificate the server shows.
    #[arg(long, global = true, env = "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION")]
    pub tls_disable_host_verification: bool,
    /// The name that the server's certificate must have, instead of that of the address.
    #[arg(long, global = true, value_name = "NAME", env = "TEMPORAL_TLS_SERVER_NAME")]
    pub tls_server_name: Option<String>,
}

/// A codec server.
#[derive(Args, Debug, Clone, Default)]
pub struct Codec {
    /// A codec server that decodes the payloads that are shown and encodes those that are sent.
    #[arg(long, global = true, value_name = "URL", env = "TEMPORAL_CODEC_ENDPOINT")]
    pub codec_endpoint: Option<String>,
    /// The Authorization header for the codec server.
    #[arg(long, global = true, env = "TEMPORAL_CODEC_AUTH", hide_env_values = true)]
    pub codec_auth: Option<String>,
    /// Header for the codec server: KEY=VALUE. May be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub codec_header: Vec<String>,
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
    #[value(hide = true)]
    Pretty,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use std::ffi::OsString;

    #[track_caller]
    fn understood(line: &str) {
        let tree = crate::tree("abide");
        let given: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let parsed = crate::parse(&crate::grammar::ordered(&given, &tree), &tree);
        assert!(parsed.is_ok(), "{line}: {}", parsed.expect_err("refused"));
    }

    #[test]
    fn the_tree_of_server_is_the_part_of_the_whole_one() {
        fn shown(command: &mut clap::Command, all: &mut Vec<String>) {
            let help = command.render_long_help();
            all.push(format!("{} {help}", command.get_name()));
            command.get_subcommands_mut().for_each(|command| shown(command, all));
        }
        let of = |commands: clap::Command| {
            let (mut tree, mut all) = (crate::built(commands, "abide"), Vec::new());
            shown(tree.find_subcommand_mut("server").expect("a command"), &mut all);
            all
        };
        let (part, whole) = (of(super::OfServer::command()), of(super::Arguments::command()));
        assert!(whole.len() > 5 && part == whole, "{part:?}\n{whole:?}");
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
            understood(line);
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
            understood(line);
        }
    }
}
