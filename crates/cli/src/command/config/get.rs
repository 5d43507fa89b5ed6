//! `config get`.

use clap::Args;
use serde_json::{Value, json};

use super::{kind, no_profile};
use crate::config::file::{File, HEADERS, Kind, PROPERTIES, Profile};
use crate::error::{Error, Result};
use crate::output::table::Header;
use crate::output::{Column, Output, Table};

/// `config get`.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The property; all by default.
    #[arg(long, short = 'p')]
    prop: Option<String>,
}

/// Runs the command.
pub fn run(file: &File, name: &str, arguments: &Arguments, output: Output) -> Result<()> {
    let profile = file.profile(name).ok_or_else(|| no_profile(name))?;
    match arguments.prop.as_deref().filter(|property| !property.is_empty()) {
        Some(property) => {
            let value = value(&profile, property)?;
            output.json(&json!({ "property": property, "value": value }));
            print(output, &[(property.to_owned(), value)]);
        }
        None => {
            output.json(&profile.json());
            print(output, &all(&profile));
        }
    }
    Ok(())
}

fn value(profile: &Profile<'_>, property: &str) -> Result<Value> {
    match property {
        "codec" | HEADERS => Err(Error::new("must provide exact property, not parent property")),
        "tls" => Ok(profile.has_tls().into()),
        _ => {
            let kind = kind(property)?;
            let text = profile.text(property);
            if text.is_none() && property.starts_with(HEADERS) {
                return Err(Error::new(format!("unknown property {property:?}")));
            }
            Ok(match kind {
                Kind::Text => text.unwrap_or_default().into(),
                Kind::Data => text.map_or(Value::Null, Value::from),
                Kind::Switch => (text.as_deref() == Some("true")).into(),
            })
        }
    }
}

fn all(profile: &Profile<'_>) -> Vec<(String, Value)> {
    let known = PROPERTIES.iter().filter_map(|(name, kind)| {
        let text = profile.text(name)?;
        let value = if *kind == Kind::Switch { Value::from(text == "true") } else { text.into() };
        Some(((*name).to_owned(), value))
    });
    let headers = profile.headers().into_iter().map(|(name, value)| (format!("{HEADERS}.{name}"), value.into()));
    let tls = profile.has_tls().then(|| ("tls".to_owned(), true.into()));
    let mut all: Vec<(String, Value)> = known.chain(headers).chain(tls).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn print(output: Output, properties: &[(String, Value)]) {
    let mut table = Table::new([Column::text("Property"), Column::text("Value")]);
    for (name, value) in properties {
        table.row([name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)]);
    }
    output.table(&table, Header::Shown);
}
