//! The table against the protocol's own annotations, read from the sources that the descriptors were compiled from.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{SERVICES, Verb};

/// A route: RPC, verb, path.
type Row = (String, Verb, String);

#[test]
fn the_table_has_the_routes_of_the_protocol_and_no_others() {
    for service in &SERVICES {
        let annotated = annotated(&source(service.name));
        let ours = service
            .bindings
            .iter()
            .flat_map(|binding| binding.paths().map(|path| (binding.rpc.to_owned(), binding.verb, path)));
        let ours: BTreeSet<Row> = ours.collect();
        assert!(annotated.len() > 10, "{}: the annotations were found", service.name);
        let missing: Vec<&Row> = annotated.difference(&ours).collect();
        let unknown: Vec<&Row> = ours.difference(&annotated).collect();
        assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:#?}, unknown: {unknown:#?}");
    }
}

fn source(service: &str) -> String {
    let (package, _) = service.rsplit_once('.').expect("a service has a package");
    let path = protocol().join("protos/api_upstream").join(package.replace('.', "/")).join("service.proto");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of the crate that brings the protocol.
fn protocol() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let package = packages.iter().find(|package| package["name"] == "temporalio-protos").expect("the protocol's crate");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a manifest path"));
    manifest.parent().expect("a manifest is in a folder").to_owned()
}

fn annotated(source: &str) -> BTreeSet<Row> {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    let source = lines.collect::<Vec<_>>().join("\n");
    let mut rows = BTreeSet::new();
    for rpc in source.split("\nrpc ").skip(1) {
        let name = rpc.split(['(', ' ']).next().expect("an RPC has a name");
        let Some((_, rules)) = rpc.split_once("(google.api.http)") else { continue };
        let rules: Vec<&str> = block(rules).split('"').collect();
        // Before every text stands what it is.
        for pair in rules.chunks_exact(2) {
            let verb = match pair[0].trim_end().trim_end_matches(':').rsplit([' ', '{', '\n']).next() {
                Some("get") => Verb::Get,
                Some("post") => Verb::Post,
                Some("delete") => Verb::Delete,
                Some("body") => {
                    assert_eq!(pair[1], "*", "{name}: the whole message is the body");
                    continue;
                }
                other => panic!("{name}: {other:?} is not known here"),
            };
            rows.insert((name.to_owned(), verb, pair[1].to_owned()));
        }
        let bodies = rules.chunks_exact(2).filter(|pair| pair[1] == "*").count();
        let posts = rows.iter().filter(|(rpc, verb, _)| rpc == name && *verb == Verb::Post).count();
        assert_eq!(bodies, posts, "{name}: what is posted has a body, and nothing else has");
    }
    rows
}

/// From the first brace to the one that closes it; those in paths come in pairs.
fn block(text: &str) -> &str {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return &text[..at],
            '}' => depth -= 1,
            _ => {}
        }
    }
    text
}
