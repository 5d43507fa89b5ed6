//! The direction of dependencies, and what the engine must not touch. Reads manifests and sources; builds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const PREFIX: &str = "abide-";

/// A crate, and the crates of ours that it may use.
const LAYERS: [(&str, &[&str]); 20] = [
    ("api", &[]),
    ("model", &[]),
    ("json", &["api"]),
    ("mutation", &[]),
    ("http2", &[]),
    ("engine", &["model", "api"]),
    ("store", &["model"]),
    ("lying-disk", &["store"]),
    ("visibility", &["model", "api", "store"]),
    ("cluster", &["model", "api", "engine"]),
    ("matching", &["model", "api", "engine", "cluster"]),
    ("history", &["model", "api", "engine", "cluster", "store", "visibility"]),
    ("frontend", &["model", "api", "engine", "cluster", "visibility", "http2"]),
    ("nexus", &["model", "api", "json", "engine", "cluster"]),
    ("http", &["model", "json"]),
    ("web", &["api", "model", "json", "cluster", "http"]),
    (
        "server",
        &[
            "model",
            "api",
            "engine",
            "cluster",
            "store",
            "visibility",
            "history",
            "matching",
            "frontend",
            "nexus",
            "http",
            "http2",
            "web",
        ],
    ),
    ("cli", &["model", "api", "json", "server"]),
    ("sim", &["model", "api", "engine", "cluster", "store", "nexus", "server"]),
    ("bench", &["model", "api", "engine", "cluster", "store", "visibility", "history", "matching"]),
];
/// A crate of others, and the crates of ours that may name it.
const NAMED_BY: [(&str, &[&str]); 5] = [
    ("rusqlite", &["store", "lying-disk"]),
    ("tonic", &["api", "cluster", "frontend", "http", "web", "server", "cli", "sim", "bench"]),
    ("axum", &["http", "web"]),
    ("hyper", &["nexus", "cli"]),
    ("tokio-rustls", &["nexus", "cli"]),
];
/// What the pure crates must not name.
const IMPURE: [&str; 2] = ["tokio", "serde"];
const PURE: [&str; 2] = ["engine", "model"];
/// What must not stand in the engine's sources: it reads no clock, draws no random number, does no I/O.
const FORBIDDEN_IN_ENGINE: [&str; 7] =
    ["SystemTime", "Instant::", "std::net", "std::fs", "rand::", "Uuid::now_v7", "Uuid::new_v4"];

/// What one crate depends on.
struct Manifest {
    directory: PathBuf,
    normal: BTreeSet<String>,
    development: BTreeSet<String>,
}

#[test]
fn dependencies_point_down() {
    let manifests = manifests();
    let names: Vec<&str> = manifests.keys().map(String::as_str).collect();
    for (name, manifest) in &manifests {
        let allowed = LAYERS.iter().find(|(layer, _)| layer == name).map(|(_, allowed)| *allowed);
        let allowed = allowed.unwrap_or_else(|| panic!("{name} has a row in the table of layers, among {names:?}"));
        for used in manifest.normal.iter().filter_map(|used| used.strip_prefix(PREFIX)) {
            assert!(allowed.contains(&used), "{name} must not use {used}");
        }
        for used in manifest.development.iter().filter_map(|used| used.strip_prefix(PREFIX)) {
            // Tests may reach sideways (history's run with real task queues), never up.
            assert!(!["server", "cli", "frontend"].contains(&used), "tests of {name} must not use {used}");
        }
    }
}

#[test]
fn a_role_never_knows_another_role() {
    let manifests = manifests();
    let roles = ["matching", "history", "frontend"];
    for role in roles {
        for other in roles {
            assert!(!manifests[role].normal.contains(&format!("{PREFIX}{other}")), "{role} must not know {other}");
        }
    }
}

#[test]
fn databases_and_wires_are_named_where_they_belong() {
    let manifests = manifests();
    for (library, allowed) in NAMED_BY {
        for (name, manifest) in &manifests {
            let named = manifest.normal.iter().any(|used| used == library || used.starts_with(&format!("{library}-")));
            assert!(!named || allowed.contains(&name.as_str()), "{name} must not name {library}");
        }
    }
}

#[test]
fn the_pure_crates_name_no_runtime_and_no_serialiser() {
    let manifests = manifests();
    for name in PURE {
        for library in IMPURE {
            assert!(!manifests[name].normal.contains(library), "{name} must not name {library}");
        }
    }
}

#[test]
fn the_engine_reads_no_clock_and_does_no_input_or_output() {
    let mut checked = 0;
    for file in sources(&manifests()["engine"].directory.join("src")) {
        let text = fs::read_to_string(&file).expect("a source file can be read");
        let code = text.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with("//"));
        for (line, number) in code {
            for word in FORBIDDEN_IN_ENGINE {
                assert!(!line.contains(word), "{}:{number}: {word} does not belong in the engine", file.display());
            }
        }
        checked += 1;
    }
    assert!(checked > 5, "the engine's sources were found");
}

fn manifests() -> BTreeMap<String, Manifest> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let ours = packages.iter().filter_map(|package| {
        let name = package["name"].as_str()?.strip_prefix(PREFIX)?;
        Some((name.to_owned(), manifest(package)))
    });
    ours.collect()
}

fn manifest(package: &Value) -> Manifest {
    let dependencies = package["dependencies"].as_array().expect("a list of dependencies");
    let of_kind = |kind: Option<&str>| {
        let these = dependencies.iter().filter(|dependency| dependency["kind"].as_str() == kind);
        these.filter_map(|dependency| dependency["name"].as_str().map(str::to_owned)).collect()
    };
    let path = Path::new(package["manifest_path"].as_str().expect("a manifest path"));
    let directory = path.parent().expect("a manifest is in a folder").to_owned();
    Manifest { directory, normal: of_kind(None), development: of_kind(Some("dev")) }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a source folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}
