//! `options`: the flags that many commands take, in tables.

use clap::{Arg, Command};
use serde_json::json;

use crate::arguments::Common;
use crate::config;
use crate::error::Result;
use crate::grammar;
use crate::output::table::Header;
use crate::output::{Column, Output, Table};

/// Runs the command.
pub fn run(tree: &Command, common: &Common) -> Result<()> {
    let output = Output::new(common);
    let connection = tree.find_subcommand("workflow").expect("a group of commands that call a server");
    let global: Vec<&Arg> = tree.get_arguments().filter(|arg| arg.is_global_set()).collect();
    let of_connection = |arg: &&Arg| arg.is_global_set() && !global.iter().any(|known| known.get_id() == arg.get_id());
    let calling: Vec<&Arg> = connection.get_arguments().filter(of_connection).collect();
    output.json(&json!({ "global": rows(&global), "connection": rows(&calling) }));
    output.text("Global options\n\nOf every command.\n");
    output.table(&table(&global), Header::Shown);
    output.text("\nConnection options\n\nOf every command that calls a server.\n");
    output.table(&table(&calling), Header::Shown);
    Ok(())
}

struct Row {
    flag: String,
    env: String,
    config: String,
    description: String,
}

impl Row {
    fn of(arg: &Arg) -> Option<Self> {
        let long = arg.get_long()?;
        let mut flag = format!("--{long}");
        if let Some(short) = arg.get_short() {
            flag += &format!(", -{short}");
        }
        let kind = grammar::kind(arg);
        if kind != "bool" {
            flag += &format!(" {kind}");
        }
        let env = arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let config = config::property(long).unwrap_or_default().to_owned();
        Some(Self { flag, env, config, description: arg.get_help().map(ToString::to_string).unwrap_or_default() })
    }
}

fn table(args: &[&Arg]) -> Table {
    let mut table = Table::new(["Flag", "Env", "Config", "Description"].map(Column::text));
    for row in args.iter().filter_map(|arg| Row::of(arg)) {
        table.row([row.flag, row.env, row.config, row.description]);
    }
    table
}

fn rows(args: &[&Arg]) -> serde_json::Value {
    let row =
        |row: Row| json!({ "flag": row.flag, "env": row.env, "config": row.config, "description": row.description });
    args.iter().filter_map(|arg| Row::of(arg)).map(row).collect()
}
