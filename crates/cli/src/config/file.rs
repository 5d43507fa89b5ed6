//! The configuration file: profiles, each with properties that stand in for flags of the connection. What we do not know
//! in it, and its comments, stay as they are when it is written.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use toml_edit::{DocumentMut, Item, Table, Value};

use crate::error::{Error, Result};

/// The profile that is meant when none is named.
pub const DEFAULT: &str = "default";

/// What a property holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// The contents of a file.
    Data,
    /// Yes or no.
    Switch,
}

/// All properties that a profile can have beside its headers, by their paths.
pub const PROPERTIES: [(&str, Kind); 15] = [
    ("address", Kind::Text),
    ("api_key", Kind::Text),
    ("authority", Kind::Text),
    ("codec.auth", Kind::Text),
    ("codec.endpoint", Kind::Text),
    ("namespace", Kind::Text),
    ("tls.client_cert_data", Kind::Data),
    ("tls.client_cert_path", Kind::Text),
    ("tls.client_key_data", Kind::Data),
    ("tls.client_key_path", Kind::Text),
    ("tls.disable_host_verification", Kind::Switch),
    ("tls.disabled", Kind::Switch),
    ("tls.server_ca_cert_data", Kind::Data),
    ("tls.server_ca_cert_path", Kind::Text),
    ("tls.server_name", Kind::Text),
];
/// The table of headers.
pub const HEADERS: &str = "grpc_meta";

/// The file.
pub struct File {
    path: Option<PathBuf>,
    document: DocumentMut,
}

/// One profile of it.
pub struct Profile<'a>(&'a Table);

impl File {
    /// Reads the file, that of the flag or the usual one. One that is not there is empty.
    pub fn load(flag: Option<String>) -> Result<Self> {
        let is_named = flag.is_some();
        let path = flag.map(PathBuf::from).or_else(usual);
        let text = path.as_deref().map_or_else(|| Ok(String::new()), |path| read(path, is_named));
        let text = text.map_err(|error| Error::new(format!("failed reading config file: {error}")))?;
        let document = text.parse().map_err(|error| Error::new(format!("failed parsing config file: {error}")))?;
        Ok(Self { path, document })
    }

    /// Writes it, and the folders on the way to it. Only its owner may read it: it can hold keys.
    pub fn save(&self) -> Result<()> {
        let Some(path) = &self.path else {
            return Err(Error::new("unable to find place for config file (unknown HOME dir)"));
        };
        let written = write(path, &self.document.to_string());
        written.map_err(|error| Error::new(format!("failed writing config file: {error}")))
    }

    /// The names of all profiles, in their order.
    pub fn names(&self) -> Vec<String> {
        let table = self.document.get("profile").and_then(Item::as_table_like);
        let mut names: Vec<String> =
            table.map(|table| table.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default();
        names.sort();
        names
    }

    /// A profile.
    pub fn profile(&self, name: &str) -> Option<Profile<'_>> {
        self.document.get("profile")?.get(name)?.as_table().map(Profile)
    }

    /// Sets a property; makes the profile when it is not there.
    pub fn set(&mut self, profile: &str, path: &str, value: impl Into<Value>) {
        let (parent, key) = self.parent(profile, path);
        parent.insert(key, Item::Value(value.into()));
    }

    /// Makes the table of encryption, which by being there turns encryption on.
    pub fn turn_on_tls(&mut self, profile: &str) {
        self.parent(profile, "tls.x");
    }

    /// Removes a property or a table of them; whether it was there.
    pub fn remove(&mut self, profile: &str, path: &str) -> bool {
        let (parent, key) = self.parent(profile, path);
        let gone = parent.remove(key).is_some();
        // No headers are no table of headers; the table of encryption says something even when it is empty.
        if parent.is_empty() && path.starts_with(HEADERS) {
            let (profile, headers) = self.parent(profile, HEADERS);
            profile.remove(headers);
        }
        gone
    }

    /// Removes a profile.
    pub fn remove_profile(&mut self, name: &str) {
        if let Some(profiles) = self.document.get_mut("profile").and_then(Item::as_table_like_mut) {
            profiles.remove(name);
        }
    }

    fn parent<'a>(&mut self, profile: &str, path: &'a str) -> (&mut Table, &'a str) {
        let profiles = table(self.document.as_table_mut(), "profile");
        profiles.set_implicit(true);
        let profile = table(profiles, profile);
        match path.split_once('.') {
            Some((above, key)) => (table(profile, above), key),
            None => (profile, path),
        }
    }
}

// An item of another kind under that name cannot be a profile; it makes room.
fn table<'a>(parent: &'a mut Table, key: &str) -> &'a mut Table {
    let item = parent.entry(key).or_insert_with(|| Item::Table(Table::new()));
    if let Some(inline) = item.as_inline_table() {
        *item = Item::Table(inline.clone().into_table());
    } else if !item.is_table() {
        *item = Item::Table(Table::new());
    }
    item.as_table_mut().expect("it was made a table")
}

impl Profile<'_> {
    /// A property as text.
    pub fn text(&self, path: &str) -> Option<String> {
        let item = match path.split_once('.') {
            Some((above, key)) => self.0.get(above)?.get(key)?,
            None => self.0.get(path)?,
        };
        let text = match item.as_value()? {
            Value::String(text) => text.value().clone(),
            Value::Boolean(value) => value.value().to_string(),
            Value::Integer(value) => value.value().to_string(),
            Value::Float(value) => value.value().to_string(),
            Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// Whether encryption is spoken of.
    pub fn has_tls(&self) -> bool {
        self.0.contains_key("tls")
    }

    /// Headers of every call.
    pub fn headers(&self) -> Vec<(String, String)> {
        let table = self.0.get(HEADERS).and_then(Item::as_table_like);
        let text = |(name, item): (&str, &Item)| Some((name.to_owned(), item.as_str()?.to_owned()));
        table.map(|table| table.iter().filter_map(text).collect()).unwrap_or_default()
    }

    /// All of it, known or not.
    pub fn json(&self) -> serde_json::Value {
        table_json(self.0)
    }
}

fn table_json(table: &dyn toml_edit::TableLike) -> serde_json::Value {
    table.iter().map(|(key, item)| (key.to_owned(), item_json(item))).collect()
}

fn item_json(item: &Item) -> serde_json::Value {
    if let Some(table) = item.as_table_like() {
        return table_json(table);
    }
    match item.as_value() {
        Some(Value::String(text)) => text.value().as_str().into(),
        Some(Value::Boolean(value)) => (*value.value()).into(),
        Some(Value::Integer(value)) => (*value.value()).into(),
        Some(Value::Float(value)) => (*value.value()).into(),
        Some(Value::Array(values)) => values.iter().map(|value| item_json(&Item::Value(value.clone()))).collect(),
        Some(other) => other.to_string().trim().into(),
        None => serde_json::Value::Null,
    }
}

fn usual() -> Option<PathBuf> {
    let folder = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = if cfg!(windows) {
        folder("AppData")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    folder.map(|folder| folder.join("temporalio/temporal.toml"))
}

/// Reads a file; one that is not there is empty. So is one that nobody named in a folder that we may not enter: a server
/// that runs as a user of its own must start although its home belongs to somebody else.
pub(super) fn read(path: &Path, is_named: bool) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && !is_named => Ok(String::new()),
        read => read,
    }
}

/// Writes a file that only its owner may read, and the folders on the way to it.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# mine\n[profile.default]\naddress = \"a:1\" # here\n\n[profile.default.oauth]\ntoken = \"t\"\n";

    fn file(text: &str) -> File {
        File { path: None, document: text.parse().expect("TOML") }
    }

    #[test]
    fn what_is_unknown_survives_a_change() {
        let mut file = file(TEXT);
        file.set("default", "namespace", "orders");
        file.set("prod", "tls.disabled", true);
        assert!(file.remove("default", "address"));
        assert!(!file.remove("default", "address"));
        insta::assert_snapshot!(file.document.to_string());
        assert_eq!(file.names(), ["default", "prod"]);
    }

    #[test]
    fn properties_are_found_by_their_paths() {
        let file =
            file("profile.p.tls.server_name = \"n\"\nprofile.p.tls.disabled = true\nprofile.p.grpc_meta.a = \"b\"");
        let profile = file.profile("p").expect("there");
        assert_eq!(profile.text("tls.server_name"), Some("n".into()));
        assert_eq!(profile.text("tls.disabled"), Some("true".into()));
        assert_eq!(profile.text("address"), None);
        assert!(profile.has_tls());
        assert_eq!(profile.headers(), [("a".to_owned(), "b".to_owned())]);
    }
}
