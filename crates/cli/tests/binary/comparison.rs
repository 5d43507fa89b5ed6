//! The same script by the real command line and by ours: same exit codes, same JSON, same sentences. The real one is run
//! when `ABIDE_TEMPORAL` names it, and what it answers is compared with the recorded facts, or becomes them when
//! `ABIDE_WRITE_FACTS` is set. Ours is compared with the facts always.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::{BINARY, Server, process};

const SCRIPT: &str = include_str!("../../../../conformance/cli/script.txt");
const FACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance/cli/facts.json");

/// Where we differ, and why. Exit codes never do.
const DIFFERENT: [(&str, &str); 8] = [
    ("operator cluster list -o json", "it says what the transport says of a call that the server lacks"),
    ("workflow start --name Order --task-queue orders -w order-4 --cron @hourly", "it warns of the flag in its output"),
    ("workflow describe -w order-1", "it shows payloads as its own structures look"),
    ("workflow describe -w order-2", "it has no word for a run that was terminated"),
    ("workflow show -w order-2", "it has no word for a run that was terminated"),
    ("workflow result -w order-2 -o json", "it has no word for a run that was terminated"),
    (
        "workflow update-options -w order-1 --versioning-override-behavior auto_upgrade --versioning-override-build-id b",
        "it shows its own structures",
    ),
    ("nonsense", "it shows its help"),
];

#[test]
fn our_answers_are_those_of_the_real_command_line() {
    let facts: Vec<Value> = serde_json::from_str(&fs::read_to_string(FACTS).expect("recorded facts")).expect("JSON");
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Under the name that the real one has, so that sentences that name it are the same.
    let ours = folder.path().join("temporal");
    fs::copy(BINARY, &ours).expect("a copy");
    let ours = answers(&ours);
    assert!(ours.len() >= 80, "the script is long enough to say something");
    compare(&facts, &ours, |line| DIFFERENT.iter().any(|(known, _)| *known == line));
}

#[test]
fn the_real_command_line_answers_as_recorded() {
    let Some(real) = std::env::var_os("ABIDE_TEMPORAL").map(PathBuf::from) else {
        eprintln!("skipped: ABIDE_TEMPORAL names no real command line; recorded facts stand for it");
        return;
    };
    let found = answers(&real);
    if std::env::var_os("ABIDE_WRITE_FACTS").is_some() {
        let lines: Vec<String> = found.iter().map(Value::to_string).collect();
        fs::write(FACTS, format!("[\n{}\n]\n", lines.join(",\n"))).expect("facts can be written");
        return;
    }
    let facts: Vec<Value> = serde_json::from_str(&fs::read_to_string(FACTS).expect("recorded facts")).expect("JSON");
    compare(&facts, &found, |_| false);
}

#[track_caller]
fn compare(facts: &[Value], ours: &[Value], differs: impl Fn(&str) -> bool) {
    let mut wrong = Vec::new();
    assert_eq!(facts.len(), ours.len(), "the facts are of this script: record them anew");
    for (theirs, ours) in facts.iter().zip(ours) {
        let line = ours["line"].as_str().unwrap_or_default();
        if theirs["exit"] != ours["exit"] || (theirs != ours) != differs(line) {
            wrong.push(format!("{line}\n  recorded: {theirs}\n  now:      {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), facts.len(), wrong.join("\n"));
}

/// What a command line answers to each line of the script, made alike.
fn answers(binary: &Path) -> Vec<Value> {
    let server = Server::development(&["--headless"]);
    let lines = SCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| answer(binary, &server.address, line)).collect()
}

fn answer(binary: &Path, address: &str, line: &str) -> Value {
    let words: Vec<String> = line.split(' ').map(|word| word.replace("%20", " ")).collect();
    let mut command = Command::new(binary);
    let clean = process();
    for (name, value) in clean.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.env("TEMPORAL_ADDRESS", address).args(&words).output().expect("a command line can be run");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let mut answer = Map::from_iter([("line".to_owned(), Value::from(line))]);
    answer.insert("exit".into(), output.status.code().into());
    // Usage may stand around it.
    if let Some(error) = stderr.lines().rev().find_map(|line| line.strip_prefix("Error: ")) {
        answer.insert("error".into(), alike(error).into());
    }
    let json: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&stdout).into_iter().collect();
    match json {
        Ok(documents) if words.iter().any(|word| word.starts_with("json")) => {
            answer.insert("json".into(), documents.into_iter().map(alike_json).collect());
        }
        Ok(_) | Err(_) if output.status.success() => {
            let lines: Vec<String> = stdout.trim().lines().map(alike).collect();
            answer.insert("text".into(), json!(lines));
        }
        Ok(_) | Err(_) => {}
    }
    Value::Object(answer)
}

/// Fields that are another number each time.
const NUMBERS: [&str; 7] = [
    "taskId",
    "historySizeBytes",
    "stateSizeBytes",
    "approximateBacklogAge",
    "backlogIncreaseRate",
    "tasksAddRate",
    "historyShardCount",
];

fn alike_json(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (String, Value)| {
                let value = if NUMBERS.contains(&name.as_str()) { "<number>".into() } else { alike_json(value) };
                (word(&name), value)
            };
            fields.into_iter().map(field).collect()
        }
        Value::Array(values) => values.into_iter().map(alike_json).collect(),
        Value::String(text) => alike(&text).into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// A text with ids, times and names of users alike, and with one blank where there are many.
fn alike(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(word).collect();
    let mut alike = words.join(" ");
    for unit in ["second", "seconds", "minute", "minutes", "hour", "hours"] {
        for direction in ["ago", "from now"] {
            while let Some(at) = alike.find(&format!(" {unit} {direction}")) {
                let start = alike[..at].rfind(' ').map_or(0, |space| space + 1);
                alike.replace_range(start..at + unit.len() + direction.len() + 2, "<time>");
            }
        }
    }
    let named = [("HistorySize ", "<number>"), ("StateTransitionCount ", "<number>"), ("RunTime ", "<time>")];
    for (name, token) in named {
        if alike.starts_with(name) {
            alike = format!("{name}{token}");
        }
    }
    alike
}

fn word(word: &str) -> String {
    // Around the word may stand what belongs to the sentence.
    let (core, trimmed) = (word.trim_matches(['"', ',', '.', '(', ')', '[', ']']), word);
    let token = if core.len() == 36 && core.chars().filter(|letter| *letter == '-').count() == 4 {
        "<id>"
    } else if core.starts_with("temporal-cli:") {
        "<identity>"
    } else if core == "now" || (core.len() >= 20 && core.as_bytes()[4] == b'-' && core.as_bytes()[10] == b'T') {
        "<time>"
    } else {
        return trimmed.to_owned();
    };
    trimmed.replace(core, token)
}
