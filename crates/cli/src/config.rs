//! What stands in for flags that are not given, in the order in which it counts: an environment of the (deprecated) file
//! of environments, environment variables, a profile of the configuration file. All of it becomes flags of the line, so
//! that the rest of the program knows flags only.

pub mod environments;
pub mod file;

use std::env;
use std::ffi::OsString;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use crate::error::{Error, Result};

/// Variables of earlier versions, and the flags that they stand for.
const OLD_VARIABLES: [(&str, &str); 6] = [
    ("TEMPORAL_TLS_CERT", "tls-cert-path"),
    ("TEMPORAL_TLS_CERT_DATA", "tls-cert-data"),
    ("TEMPORAL_TLS_KEY", "tls-key-path"),
    ("TEMPORAL_TLS_KEY_DATA", "tls-key-data"),
    ("TEMPORAL_TLS_CA", "tls-ca-path"),
    ("TEMPORAL_TLS_CA_DATA", "tls-ca-data"),
];
/// Variables whose end is the name of a header.
const HEADER_VARIABLES: &str = "TEMPORAL_GRPC_META_";
/// Flags whose variables are read even when `--disable-config-env` is given: they say what is read.
const ALWAYS: [&str; 4] = ["env", "env-file", "config-file", "profile"];
/// A profile's properties, and the flags that they stand for.
const PROPERTIES: [(&str, &str); 14] = [
    ("address", "address"),
    ("namespace", "namespace"),
    ("api_key", "api-key"),
    ("authority", "client-authority"),
    ("tls.client_cert_path", "tls-cert-path"),
    ("tls.client_cert_data", "tls-cert-data"),
    ("tls.client_key_path", "tls-key-path"),
    ("tls.client_key_data", "tls-key-data"),
    ("tls.server_ca_cert_path", "tls-ca-path"),
    ("tls.server_ca_cert_data", "tls-ca-data"),
    ("tls.server_name", "tls-server-name"),
    ("tls.disable_host_verification", "tls-disable-host-verification"),
    ("codec.endpoint", "codec-endpoint"),
    ("codec.auth", "codec-auth"),
];

/// The line with what stands in for flags that it does not give. A line that cannot be read, or asks for help, comes back
/// as it is: whoever parses it says so better.
pub fn settled(given: &[OsString], tree: &Command) -> Result<Vec<OsString>> {
    let Ok(matches) = lenient(tree.clone()).try_get_matches_from(given) else { return Ok(given.to_vec()) };
    let mut line = Line::new(tree, &matches);
    line.environment()?;
    line.variables();
    line.profile()?;
    // At the start a server says what should not happen; all else is quiet unless told otherwise.
    if line.path.get(1).is_some_and(|group| group.get_name() == "server") {
        line.stand_in("log-level", "warn");
    }
    // Behind the commands and before what was typed: the last word may be a flag that lacks its value.
    let end = line.path.len().min(given.len());
    let flags = line.flags.into_iter().map(|(flag, value)| OsString::from(format!("--{flag}={value}")));
    Ok(given[..end].iter().cloned().chain(flags).chain(given[end..].iter().cloned()).collect())
}

// What is required may be what stands in.
fn lenient(command: Command) -> Command {
    let command = command.ignore_errors(true).mut_args(|arg| arg.env(Resettable::Reset).required(false));
    command.mut_subcommands(lenient)
}

/// What was typed, and what stands in beside it.
struct Line<'a> {
    path: Vec<&'a Command>,
    leaf: &'a ArgMatches,
    flags: Vec<(String, String)>,
}

impl<'a> Line<'a> {
    fn new(tree: &'a Command, matches: &'a ArgMatches) -> Self {
        let (mut path, mut leaf) = (vec![tree], matches);
        while let Some((name, below)) = leaf.subcommand() {
            let Some(command) = path[path.len() - 1].find_subcommand(name) else { break };
            path.push(command);
            leaf = below;
        }
        Self { path, leaf, flags: Vec::new() }
    }

    /// The flag's id, if the command has it.
    fn id(&self, flag: &str) -> Option<&'a str> {
        let of = |command: &&'a Command| command.get_arguments().find(|arg| arg.get_long() == Some(flag));
        self.path.iter().rev().find_map(of).map(|arg| arg.get_id().as_str())
    }

    fn is_given(&self, id: &str) -> bool {
        // Looking up an id that the command does not have is a mistake to clap; a group's flags are not in its root.
        self.leaf.try_contains_id(id).is_ok() && self.leaf.value_source(id) == Some(ValueSource::CommandLine)
    }

    fn stand_in(&mut self, flag: &str, value: &str) {
        let Some(id) = self.id(flag) else { return };
        if !self.is_given(id) && !self.flags.iter().any(|(known, _)| known == flag) {
            self.flags.push((flag.to_owned(), value.to_owned()));
        }
    }

    /// The value of one of the flags that say where settings are.
    fn text(&self, flag: &str) -> Option<String> {
        let id = self.id(flag)?;
        let typed = if self.is_given(id) { self.leaf.try_get_one::<String>(id).ok().flatten().cloned() } else { None };
        typed.or_else(|| self.flags.iter().find(|(known, _)| known == flag).map(|(_, value)| value.clone()))
    }

    fn is_set(&self, flag: &str) -> bool {
        self.id(flag).is_some_and(|id| self.leaf.try_get_one::<bool>(id).ok().flatten() == Some(&true))
    }

    fn environment(&mut self) -> Result<()> {
        self.read_variables(|flag| ALWAYS.contains(&flag));
        let names: Vec<&str> = self.path.iter().skip(1).map(|command| command.get_name()).collect();
        if names.first() == Some(&"env") || names.first().is_none_or(|name| name.starts_with("__")) {
            // Those commands are about the file itself.
            return Ok(());
        }
        let name = self.text("env").unwrap_or_else(|| environments::DEFAULT.to_owned());
        let file = environments::File::load(self.text("env-file"))?;
        let Some(settings) = file.environments.get(&name) else {
            let needed = name != environments::DEFAULT;
            return if needed { Err(Error::new(format!("environment {name:?} not found"))) } else { Ok(()) };
        };
        for (flag, value) in settings {
            self.stand_in(flag, value);
        }
        Ok(())
    }

    fn variables(&mut self) {
        if self.is_set("disable-config-env") {
            return;
        }
        for (variable, flag) in OLD_VARIABLES {
            if let Some(value) = variable_text(variable) {
                self.stand_in(flag, &value);
            }
        }
        self.read_variables(|_| true);
        let headers = env::vars().filter_map(|(name, value)| {
            let header = name.strip_prefix(HEADER_VARIABLES)?.to_lowercase().replace('_', "-");
            (!value.is_empty()).then_some((header, value))
        });
        self.headers(headers.collect());
    }

    fn read_variables(&mut self, which: impl Fn(&str) -> bool) {
        let args = self.path.iter().flat_map(|command| command.get_arguments());
        let named: Vec<(String, String)> = args
            .filter_map(|arg| Some((arg.get_long()?.to_owned(), variable_text(arg.get_env()?.to_str()?)?)))
            .filter(|(flag, _)| which(flag))
            .collect();
        for (flag, value) in named {
            self.stand_in(&flag, &value);
        }
    }

    fn profile(&mut self) -> Result<()> {
        if self.id("address").is_none() || self.is_set("disable-config-file") {
            return Ok(());
        }
        let failed = |error: Error| Error::new(format!("failed loading client config: {error}"));
        let file = file::File::load(self.text("config-file")).map_err(failed)?;
        let named = self.text("profile");
        let name = named.clone().unwrap_or_else(|| file::DEFAULT.to_owned());
        let Some(profile) = file.profile(&name) else {
            let unknown = Error::new(format!("unable to find profile {name} in config data"));
            return if named.is_some() { Err(failed(unknown)) } else { Ok(()) };
        };
        for (property, flag) in PROPERTIES {
            if let Some(value) = profile.text(property) {
                self.stand_in(flag, &value);
            }
        }
        if profile.has_tls() {
            self.stand_in(
                "tls",
                if profile.text("tls.disabled").as_deref() == Some("true") { "false" } else { "true" },
            );
        }
        self.headers(profile.headers());
        Ok(())
    }

    // Headers add up; of several with one name that counts which was named first: on the line, in a variable, in a file.
    fn headers(&mut self, headers: Vec<(String, String)>) {
        let Some(id) = self.id("grpc-meta") else { return };
        let typed = self.leaf.try_get_many::<String>(id).ok().flatten().into_iter().flatten();
        let beside = self.flags.iter().filter(|(flag, _)| flag == "grpc-meta").map(|(_, value)| value);
        let names = |pair: &String| pair.split_once('=').map(|(name, _)| name.to_lowercase());
        let known: Vec<String> = typed.chain(beside).filter_map(names).collect();
        let new = headers.into_iter().filter(|(name, _)| !known.contains(&name.to_lowercase()));
        let new: Vec<String> = new.map(|(name, value)| format!("{name}={value}")).collect();
        self.flags.extend(new.into_iter().map(|pair| ("grpc-meta".to_owned(), pair)));
    }
}

// An empty variable is one that is not set.
fn variable_text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The property of a profile that stands for a flag.
pub fn property(flag: &str) -> Option<&'static str> {
    match flag {
        "tls" => Some("tls"),
        "grpc-meta" => Some(file::HEADERS),
        _ => PROPERTIES.iter().find(|(_, known)| *known == flag).map(|(property, _)| *property),
    }
}
