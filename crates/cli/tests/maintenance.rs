//! `server backup`, `restore` and `check`, beside servers in processes of their own that are busy, killed and stopped.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_abide");

/// A server on a file; killed when it is dropped.
struct Server {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    fn on(data: &Path) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["server", "start-dev", "--headless", "--port", "0", "--db-filename"]).arg(data);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary can be run");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output is ours"));
        let mut line = String::new();
        while !line.starts_with("gRPC:") {
            line.clear();
            assert!(stdout.read_line(&mut line).expect("the banner is text") > 0, "the server has ended");
        }
        let address = line.trim_start_matches("gRPC:").trim().to_owned();
        Self { child, _stdout: stdout, address }
    }

    fn start(&self, workflow_id: &str) {
        let workflow = ["--type", "Order", "--task-queue", "orders", "--workflow-id", workflow_id];
        let started = abide(&[&["workflow", "start", "--address", &self.address][..], &workflow].concat());
        assert!(started.status.success(), "{started:?}");
    }

    fn has(&self, workflow_id: &str) -> bool {
        abide(&["workflow", "describe", "--address", &self.address, "--workflow-id", workflow_id]).status.success()
    }

    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill can be run").success());
        assert!(self.child.wait().expect("the server ends").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn abide(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).output().expect("the binary can be run")
}

fn server(arguments: &[&str]) -> Output {
    abide(&[&["server"], arguments].concat())
}

fn check(data: &str) -> (bool, Value) {
    let done = server(&["check", data, "--output", "json"]);
    let report = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("no report: {done:?}"));
    (done.status.success(), report)
}

fn assert_clean(data: &str, runs: u64) {
    let (is_fine, report) = check(data);
    assert!(is_fine && report["wrong"] == 0 && report["leftover"] == 0, "{report:#}");
    assert_eq!(report["counts"]["runs"], runs, "{report:#}");
}

fn refused(done: &Output, why: &str) {
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(!done.status.success() && said.contains(why), "{said}");
}

/// The names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_backup_of_a_running_server_has_everything_that_was_acknowledged_and_can_be_served_and_restored() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let (data, copy) = (path("data.db"), path("copy.db"));
    let running = Server::on(Path::new(&data));
    for number in 0..5 {
        running.start(&format!("before-{number}"));
    }
    let done = server(&["backup", &copy, "--db-filename", &data]);
    assert!(done.status.success(), "{done:?}");
    refused(&server(&["backup", &copy, "--db-filename", &data]), "exists already");
    refused(&server(&["restore", &copy, "--db-filename", &data, "--force"]), "in use by another server");
    running.start("after");
    // Beside a server, killed, and the copy.
    assert_clean(&data, 6);
    drop(running);
    assert!(Path::new(&path("data.db-log0")).exists(), "what was killed leaves a log");
    assert_clean(&data, 6);
    assert_clean(&copy, 5);
    let is_of_copy = |name: &String| name.starts_with("copy");
    assert_eq!(files(folder.path()).into_iter().filter(is_of_copy).collect::<Vec<_>>(), ["copy.db"]);

    // What was left behind is complete, and goes when it is replaced.
    refused(&server(&["restore", &copy, "--db-filename", &data]), "exists already");
    let done = server(&["restore", &copy, "--db-filename", &data, "--force"]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(files(folder.path()), ["copy.db", "data.db", "data.db.lock"]);
    let restored = Server::on(Path::new(&data));
    assert!((0..5).all(|number| restored.has(&format!("before-{number}"))));
    assert!(!restored.has("after"));
    restored.start("again");
    restored.stop();
    assert_clean(&data, 6);
    let other = path("other.db");
    assert!(server(&["restore", &copy, "--db-filename", &other]).status.success());
    assert_clean(&other, 5);
}

#[test]
fn what_is_no_data_of_a_server_is_refused_and_left_alone() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let (text, none) = (path("text"), path("none"));
    std::fs::write(&text, "no database").expect("a file can be written");
    refused(&server(&["backup", &path("copy"), "--db-filename", &none]), "there is no file");
    refused(&server(&["check", &none]), "there is no file");
    refused(&server(&["restore", &none, "--db-filename", &path("data")]), "there is no file");
    refused(&server(&["backup", &path("copy"), "--db-filename", &text]), "not a database");
    refused(&server(&["check", &text]), "1 things are wrong");
    refused(&server(&["restore", &text, "--db-filename", &path("data")]), "something is wrong with the backup");
    assert_eq!(files(folder.path()), ["text"]);
}
