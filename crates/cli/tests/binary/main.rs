//! The binary as users and SDKs start it: a real process, its words and its exit codes. What the server does is tested
//! elsewhere; here it is only there.

mod codec;
mod comparison;
mod extensions;
mod refusals;
mod settings;
mod shape;
mod tls;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_abide");

/// A server in a process of its own; killed when the test ends without having stopped it.
struct Server {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    fn start(binary: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(binary);
        command.args(["server"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary can be run");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output is ours"));
        let mut address = String::new();
        // The banner comes when clients are answered.
        let mut line = String::new();
        while stdout.read_line(&mut line).expect("the banner is text") > 0 {
            if let Some(rest) = line.strip_prefix("gRPC:") {
                address = rest.trim().to_owned();
                break;
            }
            line.clear();
        }
        assert!(!address.is_empty(), "the banner says where the server is");
        Self { child, _stdout: stdout, address }
    }

    fn development(arguments: &[&str]) -> Self {
        let all: Vec<&str> = ["start-dev", "--port", "0"].iter().chain(arguments).copied().collect();
        Self::start(Path::new(BINARY), &all)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&[&["--address", &self.address], arguments].concat())
    }

    fn port(&self) -> &str {
        self.address.rsplit(':').next().expect("an address has a port")
    }

    /// Tells it to end, and waits; its exit code.
    fn terminate(mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill can be run").success());
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The binary, with nothing that the user has set.
fn process() -> Command {
    let mut process = Command::new(BINARY);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TEMPORAL_")) {
        process.env_remove(name);
    }
    process.env_remove("XDG_CONFIG_HOME").env("HOME", "/nonexistent").stdin(Stdio::null());
    process
}

// Global flags stand anywhere; the tests put them last, where users do.
fn run(arguments: &[&str]) -> Output {
    let (connection, command) =
        if arguments.first() == Some(&"--address") { arguments.split_at(2) } else { (&[][..], arguments) };
    process().args(command).args(connection).output().expect("the binary can be run")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    stdout(output)
}

#[track_caller]
fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", stdout(output));
    stderr(output)
}

#[test]
fn a_workflow_is_started_shown_signalled_and_terminated() {
    let server = Server::development(&["--search-attribute", "Size=Int"]);
    let start = ["workflow", "start", "--type", "Order", "--task-queue", "orders", "--workflow-id", "order-1"];
    let extra = ["--input", "{\"id\": 1}", "--search-attribute", "Size=3", "--memo", "k=\"v\""];
    let text = succeeded(&server.run(&[&start[..], &extra].concat()));
    assert!(text.starts_with("Running execution:\n  WorkflowId  order-1\n  RunId       "), "{text}");
    // The same again finds the run that is there, unless that is a failure.
    succeeded(&server.run(&start));
    let text = failed(&server.run(&[&start[..], &["--fail-existing"]].concat()));
    assert!(text.starts_with("Error: failed starting workflow: Workflow execution is already running. "), "{text}");

    let text = succeeded(&server.run(&["workflow", "signal", "-w", "order-1", "--name", "go", "--input", "1"]));
    assert_eq!(text, "Signal workflow succeeded\n");
    let text = succeeded(&server.run(&["workflow", "describe", "-w", "order-1"]));
    assert!(
        text.contains("  SearchAttributes      map[Size:3]\n")
            && text.contains("  Memo                  map[k:\"v\"]\n"),
        "{text}"
    );
    let text = succeeded(&server.run(&["workflow", "list", "-o", "jsonl"]));
    assert_eq!(text.lines().count(), 1);
    assert_eq!(succeeded(&server.run(&["workflow", "count"])), "Total: 1\n");

    assert_eq!(succeeded(&server.run(&["workflow", "terminate", "-w", "order-1"])), "Workflow terminated\n");
    let text = succeeded(&server.run(&["workflow", "show", "-w", "order-1"]));
    let types: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let expected = [
        "Type",
        "WorkflowExecutionStarted",
        "WorkflowTaskScheduled",
        "WorkflowExecutionSignaled",
        "WorkflowExecutionTerminated",
    ];
    assert_eq!(types, expected, "{text}");
    let output = server.run(&["workflow", "result", "-w", "order-1", "-o", "json"]);
    assert_eq!(failed(&output), "Error: workflow failed\n");
    let result: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON and nothing else");
    assert_eq!(result["status"], "TERMINATED");
    assert_eq!(server.terminate("-TERM"), Some(0));
}

#[test]
fn workflows_are_listed_in_any_order_and_counted_in_groups() {
    let server = Server::development(&["--search-attribute", "Size=Int"]);
    for (id, size) in [("a", "Size=2"), ("b", "Size=3"), ("c", "Size=1")] {
        let start = ["workflow", "start", "--type", "Order", "-t", "q", "-w", id, "--search-attribute", size];
        succeeded(&server.run(&start));
    }
    succeeded(&server.run(&["workflow", "terminate", "-w", "b"]));
    let ids = |arguments: &[&str]| -> Vec<String> {
        let text = succeeded(&server.run(&[&["workflow", "list"], arguments].concat()));
        text.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned)).collect()
    };
    assert_eq!(ids(&[]), ["c", "a", "b"]);
    assert_eq!(ids(&["--order-by", "Size", "--page-size", "1"]), ["c", "a", "b"]);
    assert_eq!(ids(&["--order-by", "ExecutionStatus DESC, Size DESC"]), ["b", "a", "c"]);
    assert_eq!(ids(&["-q", "Size > 1", "--order-by", "Size DESC", "--limit", "1"]), ["b"]);
    let text = succeeded(&server.run(&["workflow", "count", "-q", "Size > 1 GROUP BY ExecutionStatus"]));
    assert_eq!(text, "Total: 2\nGroup total: 1, values: Running\nGroup total: 1, values: Terminated\n");
    let text = failed(&server.run(&["workflow", "list", "-q", "Size >"]));
    let place = "invalid query: malformed SQL query: syntax error at position 7";
    assert_eq!(text, format!("Error: failed listing workflows: {place}\n"));
    let text = failed(&server.run(&["workflow", "list", "--archived"]));
    assert_eq!(text, "Error: failed listing workflows: Cluster is not configured for visibility archival.\n");
}

#[test]
fn a_workflow_is_paused_and_goes_again() {
    let server = Server::development(&["--dynamic-config-value", "frontend.WorkflowPauseEnabled=true"]);
    succeeded(&server.run(&["workflow", "start", "--type", "T", "-t", "q", "-w", "w"]));
    assert_eq!(succeeded(&server.run(&["workflow", "pause", "-w", "w", "--reason", "r"])), "Paused workflow\n");
    assert_eq!(succeeded(&server.run(&["workflow", "unpause", "-w", "w"])), "Unpaused workflow\n");
    let text = failed(&server.run(&["workflow", "unpause", "-w", "w"]));
    assert_eq!(text, "Error: workflow is not paused.\n");
    let options = ["workflow", "update-options", "-w", "w", "--versioning-override-behavior"];
    let text = succeeded(&server.run(&[&options[..], &["unspecified"]].concat()));
    assert_eq!(text, "Update workflow options succeeded\n");
    let text = failed(&server.run(&[&options[..], &["pinned"]].concat()));
    assert_eq!(text, "Error: missing deployment name and/or build id with 'pinned' behavior\n");
}

#[test]
fn what_is_done_to_an_activity_that_is_not_there_fails() {
    let server = Server::development(&[]);
    succeeded(&server.run(&["workflow", "start", "--type", "T", "-t", "q", "-w", "w"]));
    let commands: [&[&str]; 6] = [
        &["complete", "--result", "1"],
        &["fail", "--reason", "r"],
        &["pause"],
        &["unpause"],
        &["reset"],
        &["update-options", "--restore-original-options"],
    ];
    for command in commands {
        let text = failed(&server.run(&[&["activity"], command, &["-w", "w", "-a", "x"]].concat()));
        assert!(text.starts_with("Error: unable to "), "{text}");
    }
}

#[test]
fn a_history_as_json_keeps_its_payloads_as_they_are() {
    let server = Server::development(&["--namespace", "other"]);
    let start = ["workflow", "start", "--type", "T", "-t", "q", "-w", "w", "-i", "{\"a\":1}", "-n", "other"];
    succeeded(&server.run(&start));
    let text = succeeded(&server.run(&["workflow", "show", "-w", "w", "-o", "json", "-n", "other"]));
    let history: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let input = &history["events"][0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"][0];
    assert_eq!((&input["data"], &input["metadata"]["encoding"]), (&"eyJhIjoxfQ==".into(), &"anNvbi9wbGFpbg==".into()));
    assert_eq!(server.terminate("-INT"), Some(0));
}

#[test]
fn what_stands_in_the_way_of_a_server_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("abide.db");
    let file = file.to_str().expect("a plain path");
    let server = Server::start(Path::new(BINARY), &["start", "--data", file, "--port", "0"]);

    let text = failed(&run(&["server", "start-dev", "--port", server.port()]));
    assert!(text.starts_with(&format!("Error: port {} on localhost is already in use", server.port())), "{text}");
    let text = failed(&run(&["server", "start", "--data", file, "--port", "0"]));
    assert_eq!(text, format!("Error: {file} is in use by another server\n"));
    assert_eq!(server.terminate("-TERM"), Some(0));
}

#[cfg(unix)]
#[test]
fn it_answers_to_the_name_that_sdks_call_it_by() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let temporal: PathBuf = folder.path().join("temporal");
    std::os::unix::fs::symlink(BINARY, &temporal).expect("a link can be made");
    let version = Command::new(&temporal).arg("--version").output().expect("the binary can be run");
    assert!(stdout(&version).starts_with("temporal version "), "{}", stdout(&version));
    let flags = ["start-dev", "--port", "0", "--namespace", "default", "--ip", "127.0.0.1", "--log-format", "pretty"];
    let more =
        ["--log-level", "warn", "--headless", "--dynamic-config-value", "frontend.enableServerVersionCheck=false"];
    let server = Server::start(&temporal, &[&flags[..], &more].concat());
    assert_eq!(succeeded(&server.run(&["operator", "cluster", "health"])), "SERVING\n");
    assert_eq!(server.terminate("-INT"), Some(0));
}
