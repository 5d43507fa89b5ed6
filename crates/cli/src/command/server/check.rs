//! `server check`: what is wrong with a server's data.

use std::path::{Path, PathBuf};

use abide_server::maintenance::{self, Report, Severity};
use clap::Args;
use serde_json::{Map, Value, json};

use super::progress::Line;
use crate::arguments::Common;
use crate::error::{Error, Result};
use crate::output::Output;

/// `server check`.
#[derive(Args, Debug, Clone)]
pub struct Arguments {
    /// The data of a server, or a backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command. Something that is wrong is a failure; what is merely left over is not.
pub fn run(arguments: &Arguments, common: &Common) -> Result<()> {
    let output = Output::new(common);
    let report = look(&arguments.file)?;
    list(&report, output);
    output.text(summary(&report));
    output.json(&document(&report));
    match report.wrongs() {
        0 => Ok(()),
        wrongs => Err(Error::new(format!("{wrongs} things are wrong with {}", arguments.file.display()))),
    }
}

/// Looks at everything.
pub fn look(file: &Path) -> Result<Report> {
    let mut line = Line::new();
    let report = maintenance::check(file, &mut |runs| line.show(|| format!("{runs} runs")));
    report.map_err(|error| Error::new(abide_server::error::sentence(&error)))
}

/// A line for each finding.
pub fn list(report: &Report, output: Output) {
    for finding in report.findings() {
        let word = match finding.severity {
            Severity::Wrong => output.paint().red("wrong"),
            Severity::Leftover => "left over".into(),
        };
        output.text(format!("{word}: {finding}"));
    }
    let unlisted = report.wrongs() + report.leftovers() - report.findings().len() as u64;
    if unlisted > 0 {
        output.text(format!("and {unlisted} more"));
    }
}

fn summary(report: &Report) -> String {
    let counts: Vec<String> = report.counts().iter().map(|(what, count)| format!("{count} {what}")).collect();
    format!("{} wrong, {} left over; looked at {}", report.wrongs(), report.leftovers(), counts.join(", "))
}

fn document(report: &Report) -> Value {
    let findings: Vec<Value> = report
        .findings()
        .iter()
        .map(|finding| {
            let severity = match finding.severity {
                Severity::Wrong => "wrong",
                Severity::Leftover => "leftover",
            };
            json!({ "severity": severity, "place": finding.place, "what": finding.what })
        })
        .collect();
    let counts: Map<String, Value> =
        report.counts().iter().map(|(what, count)| ((*what).to_owned(), json!(count))).collect();
    json!({
        "wrong": report.wrongs(), "leftover": report.leftovers(), "findings": findings, "counts": counts,
    })
}
