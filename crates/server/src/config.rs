//! What a node is told before it starts. Every setting has a reader; what nobody would change is a constant.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use abide_api::temporal::api::enums::v1::IndexedValueType;
use abide_store::sqlite;

/// What cannot be done from the page.
pub use abide_web::{Action, Switches};

/// What a node is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub data: Data,
    /// Where gRPC is served.
    pub listen: Listen,
    /// Where the API is served as HTTP, if it is.
    pub http: Option<Http>,
    /// The port for people, if there is one.
    pub ui: Option<Ui>,
    /// Namespaces that are registered unless they are there.
    pub namespaces: Vec<NamespaceSettings>,
    /// Custom search attributes of those namespaces; added when they are missing.
    pub search_attributes: BTreeMap<String, IndexedValueType>,
    /// How a data file is opened: for whoever knows the machine's disk.
    pub sqlite: sqlite::Options,
    /// Settings of the reference server, by key, as JSON. See [`crate::dynamic`].
    pub dynamic_config: BTreeMap<String, String>,
    /// A file with such settings, which is read again when it changes.
    pub dynamic_config_file: Option<PathBuf>,
    /// How many shards own the runs; as many as cores when none is named.
    pub shards: Option<u16>,
    /// Bytes of loaded runs that are kept, for whoever knows the machine's memory; a fixed amount when none is named.
    pub cache_bytes: Option<usize>,
}

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// In memory: gone with the process.
    Memory,
    /// In one SQLite file.
    File(PathBuf),
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// An address, or a name: `localhost` is both loopback addresses.
    pub host: String,
    /// A port; 0 is any free one.
    pub port: u16,
}

/// Where the API is served as HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Where.
    pub listen: Listen,
    /// The origins whose pages may call: `https://example.org`, or `*` for all.
    pub origins: Vec<String>,
}

/// The port for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ui {
    /// Where.
    pub listen: Listen,
    /// What all its paths begin with.
    pub public_path: String,
    /// The folder with the files of the official web UI.
    pub assets: Option<PathBuf>,
    /// Where browsers have payloads decoded.
    pub codec_endpoint: String,
    /// That UI is not to look for news.
    pub disable_news_fetch: bool,
    /// What cannot be done from the page.
    pub switches: Switches,
}

/// A namespace that is registered unless it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceSettings {
    /// Its name.
    pub name: String,
    /// How long its closed runs are kept.
    pub retention: Duration,
}

/// The namespace that clients use when they name none.
pub const NAMESPACE_DEFAULT: &str = "default";
/// How long closed runs are kept in production, unless the namespace says otherwise.
pub const RETENTION_PRODUCTION: Duration = Duration::from_secs(72 * 3600);

impl Config {
    /// A server for production: its data in a file.
    pub fn production(file: PathBuf, listen: Listen) -> Self {
        let namespace = NamespaceSettings { name: NAMESPACE_DEFAULT.into(), retention: RETENTION_PRODUCTION };
        Self::new(Data::File(file), listen, vec![namespace])
    }

    /// With everything else as it is by default.
    pub fn new(data: Data, listen: Listen, namespaces: Vec<NamespaceSettings>) -> Self {
        Self {
            data,
            listen,
            http: None,
            ui: None,
            namespaces,
            search_attributes: BTreeMap::new(),
            sqlite: sqlite::Options::default(),
            dynamic_config: BTreeMap::new(),
            dynamic_config_file: None,
            shards: None,
            cache_bytes: None,
        }
    }
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// How much.
    pub level: LogLevel,
    /// In which form.
    pub format: LogFormat,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// In which form it is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One line each.
    Text,
    /// One JSON object each.
    Json,
    /// Several lines each.
    Pretty,
}
