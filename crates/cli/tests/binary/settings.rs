//! Profiles, environments and variables: what stands in for flags, and which of it counts.

use std::path::Path;
use std::process::Output;

use crate::{Server, failed, process, stderr, stdout, succeeded};

fn run(home: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    process().env("HOME", home).envs(variables.iter().copied()).args(arguments).output().expect("the binary can be run")
}

#[test]
fn a_profile_is_written_read_and_used() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let server = Server::development(&["--namespace", "orders"]);
    let config = |arguments: &[&str]| run(home.path(), &[], &[&["config"], arguments].concat());
    succeeded(&config(&["set", "-p", "address", "-v", &server.address]));
    succeeded(&config(&["set", "--prop", "namespace", "--value", "orders", "--profile", "work"]));
    succeeded(&config(&["set", "-p", "address", "-v", &server.address, "--profile", "work"]));
    succeeded(&config(&["set", "-p", "grpc_meta.a", "-v", "b"]));
    assert_eq!(succeeded(&config(&["list", "-o", "jsonl"])), "[{\"name\":\"default\"},{\"name\":\"work\"}]\n");
    let text = succeeded(&config(&["get", "-p", "namespace", "--profile", "work", "-o", "jsonl"]));
    assert_eq!(text, "{\"property\":\"namespace\",\"value\":\"orders\"}\n");
    let text = succeeded(&config(&["get"]));
    assert!(text.contains("address") && text.contains("grpc_meta.a"), "{text}");
    assert!(failed(&config(&["set", "-p", "nonsense", "-v", "1"])).contains("unknown property \"nonsense\""));
    assert!(failed(&config(&["set", "-p", "tls.disabled", "-v", "1"])).contains("must be 'true' or 'false'"));

    // The profile says where the server is, and of which namespace is spoken.
    let start = ["workflow", "start", "--type", "T", "-t", "q", "-w", "w", "-o", "jsonl", "--profile", "work"];
    assert!(succeeded(&run(home.path(), &[], &start)).contains("\"namespace\":\"orders\""));
    let count = |variables: &[(&str, &str)], more: &[&str]| {
        let text = succeeded(&run(home.path(), variables, &[&["workflow", "count"], more].concat()));
        text.trim().to_owned()
    };
    assert_eq!(count(&[], &[]), "Total: 0");
    assert_eq!(count(&[("TEMPORAL_PROFILE", "work")], &[]), "Total: 1");
    assert_eq!(count(&[("TEMPORAL_NAMESPACE", "orders")], &[]), "Total: 1");
    assert_eq!(count(&[("TEMPORAL_NAMESPACE", "default")], &["--profile", "work"]), "Total: 0");
    assert_eq!(count(&[("TEMPORAL_NAMESPACE", "default")], &["--profile", "work", "-n", "orders"]), "Total: 1");
    let ignored = [("TEMPORAL_NAMESPACE", "default")];
    assert_eq!(count(&ignored, &["--profile", "work", "--disable-config-env"]), "Total: 1");

    assert!(failed(&config(&["delete-profile"])).contains("--profile must be provided explicitly"));
    succeeded(&config(&["delete-profile", "--profile", "work"]));
    succeeded(&config(&["delete", "-p", "grpc_meta.a"]));
    assert_eq!(succeeded(&config(&["list", "-o", "jsonl"])), "[{\"name\":\"default\"}]\n");
}

#[test]
fn an_environment_stands_for_any_flag_and_comes_before_variables() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let server = Server::development(&["--namespace", "orders"]);
    let run = |variables: &[(&str, &str)], arguments: &[&str]| run(home.path(), variables, arguments);
    succeeded(&run(&[], &["env", "set", "--env", "prod", "-k", "address", "-v", &server.address]));
    succeeded(&run(&[], &["env", "set", "--env", "prod", "-k", "task-queue", "-v", "q"]));
    let old = run(&[], &["env", "set", "prod.namespace", "orders"]);
    succeeded(&old);
    assert!(stderr(&old).starts_with("Warning: Arguments to env commands are deprecated"), "{}", stderr(&old));
    assert_eq!(succeeded(&run(&[], &["env", "list", "-o", "jsonl"])), "[{\"name\":\"prod\"}]\n");
    let text = succeeded(&run(&[], &["env", "get", "--env", "prod", "-k", "task-queue", "-o", "jsonl"]));
    assert_eq!(text, "[{\"property\":\"task-queue\",\"value\":\"q\"}]\n");

    let start = ["workflow", "start", "--env", "prod", "--type", "T", "-w", "w", "-o", "jsonl"];
    let text = succeeded(&run(&[("TEMPORAL_NAMESPACE", "default")], &start));
    assert!(text.contains("\"namespace\":\"orders\",\"taskQueue\":\"q\""), "{text}");
    succeeded(&run(&[], &["env", "delete", "--env", "prod", "-k", "namespace"]));
    let text = stdout(&run(&[("TEMPORAL_ENV", "prod")], &["env", "get", "--env", "prod"]));
    assert!(!text.contains("namespace"), "{text}");
}
