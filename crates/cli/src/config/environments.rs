//! The file of environments: names, and for each the flags that it stands for. Deprecated in favour of profiles; read and
//! written as the reference does it.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// The environment that is meant when none is named.
pub const DEFAULT: &str = "default";

type Environments = BTreeMap<String, BTreeMap<String, String>>;

/// The file.
pub struct File {
    path: Option<PathBuf>,
    /// What is in it.
    pub environments: Environments,
}

impl File {
    /// Reads the file, that of the flag or the usual one. One that is not there is empty.
    pub fn load(flag: Option<String>) -> Result<Self> {
        let home = || env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).filter(|home| !home.is_empty());
        let usual = || home().map(|home| PathBuf::from(home).join(".config/temporalio/temporal.yaml"));
        let is_named = flag.is_some();
        let path = flag.map(PathBuf::from).or_else(usual);
        let Some(found) = &path else { return Ok(Self { path, environments: BTreeMap::new() }) };
        let text = super::file::read(found, is_named);
        let text = text.map_err(|error| Error::new(format!("failed reading env file: {error}")))?;
        let environments =
            read(&text).map_err(|error| Error::new(format!("failed unmarshalling env YAML: {error}")))?;
        Ok(Self { path, environments })
    }

    /// Writes it, and the folders on the way to it.
    pub fn save(&self) -> Result<()> {
        let Some(path) = &self.path else {
            return Err(Error::new("unable to find place for env file (unknown HOME dir)"));
        };
        let document = BTreeMap::from([("env", &self.environments)]);
        let text = serde_yaml_ng::to_string(&document)
            .map_err(|error| Error::new(format!("failed marshaling YAML: {error}")))?;
        super::file::write(path, &text).map_err(|error| Error::new(format!("failed writing env file: {error}")))
    }
}

fn read(text: &str) -> std::result::Result<Environments, serde_yaml_ng::Error> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    // Values may have been written as numbers or booleans; they are flags, so text.
    let document: BTreeMap<String, BTreeMap<String, BTreeMap<String, serde_yaml_ng::Value>>> =
        serde_yaml_ng::from_str(text)?;
    let all = document.into_iter().find(|(key, _)| key == "env").map(|(_, all)| all).unwrap_or_default();
    let settings = |settings: BTreeMap<String, serde_yaml_ng::Value>| {
        settings.into_iter().map(|(flag, value)| (flag, plain(&value))).collect()
    };
    Ok(all.into_iter().map(|(name, found)| (name, settings(found))).collect())
}

fn plain(value: &serde_yaml_ng::Value) -> String {
    match value {
        serde_yaml_ng::Value::String(text) => text.clone(),
        serde_yaml_ng::Value::Bool(value) => value.to_string(),
        serde_yaml_ng::Value::Number(value) => value.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_text_whatever_they_look_like() {
        let read = read("env:\n  prod:\n    address: a:1\n    limit: 5\n    yes: true\n").expect("valid");
        let prod: Vec<(&str, &str)> =
            read["prod"].iter().map(|(flag, value)| (flag.as_str(), value.as_str())).collect();
        assert_eq!(prod, [("address", "a:1"), ("limit", "5"), ("yes", "true")]);
    }
}
