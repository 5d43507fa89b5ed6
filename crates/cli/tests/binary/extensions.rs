//! Programs that are commands, and what shells ask to complete a line.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::{process, stdout, succeeded};

#[test]
fn a_program_in_the_path_is_a_command_and_its_exit_code_is_ours() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in
        [("temporal-workflow-tidy", "echo short $@; exit 3"), ("temporal-workflow-tidy-all_of_it", "echo long $@")]
    {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a file can be made a program");
    }
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let run =
        |arguments: &[&str]| process().env("PATH", &path).args(arguments).output().expect("the binary can be run");
    let output = run(&["workflow", "-n", "orders", "tidy", "up", "--force"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), "short -n orders up --force\n"));
    assert_eq!(succeeded(&run(&["workflow", "tidy", "all-of-it", "x"])), "long x\n");
    assert!(succeeded(&run(&["help", "workflow", "--all"])).contains("tidy all-of-it"));
    let text = succeeded(&run(&["__complete", "workflow", "ti"]));
    assert!(text.starts_with("tidy\t") && text.ends_with(":4\n"), "{text}");
}

#[test]
fn every_shell_has_its_script() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let text = succeeded(&process().args(["completion", shell]).output().expect("the binary can be run"));
        assert!(text.contains("abide __complete"), "{text}");
    }
    let text = succeeded(&process().arg("options").output().expect("the binary can be run"));
    assert!(text.contains("TEMPORAL_TLS_CLIENT_CERT_PATH") && text.contains("tls.client_cert_path"), "{text}");
}
