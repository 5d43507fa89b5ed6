//! Commands beyond the reference, and how long ones end.

use crate::{Server, failed, stdout, succeeded};

#[test]
fn the_first_difference_of_two_runs_is_shown_with_what_came_before() {
    let server = Server::development(&[]);
    for (id, kind) in [("a", "T"), ("b", "T"), ("c", "Other")] {
        succeeded(&server.run(&["workflow", "start", "--type", kind, "-t", "q", "-w", id]));
    }
    assert_eq!(succeeded(&server.run(&["workflow", "diff", "a", "b"])), "The histories are the same: 2 events\n");
    succeeded(&server.run(&["workflow", "signal", "-w", "b", "--name", "go"]));
    let output = server.run(&["workflow", "diff", "a", "b"]);
    assert_eq!(failed(&output), "Error: the histories differ from event 3 on\n");
    let text = stdout(&output);
    assert!(
        text.starts_with("  [1] WorkflowExecutionStarted\n  [2] WorkflowTaskScheduled\n- (no further event)\n"),
        "{text}"
    );
    assert!(text.contains("+ signalName: go\n"), "{text}");
    let output = server.run(&["workflow", "diff", "a", "c", "-o", "jsonl"]);
    failed(&output);
    let shown: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!((&shown["same"], &shown["eventId"]), (&false.into(), &1.into()));
}

#[test]
fn what_is_followed_reads_like_a_log_and_ends_with_the_run() {
    let server = Server::development(&[]);
    succeeded(&server.run(&["workflow", "start", "--type", "Order", "-t", "q", "-w", "w"]));
    succeeded(&server.run(&["workflow", "signal", "-w", "w", "--name", "go"]));
    succeeded(&server.run(&["workflow", "terminate", "-w", "w"]));
    let text = succeeded(&server.run(&["workflow", "show", "-w", "w", "--follow"]));
    assert!(text.contains("WorkflowExecutionStarted  Order\n"), "{text}");
    assert!(text.contains("WorkflowExecutionSignaled  go\n"), "{text}");
    let text = succeeded(&server.run(&["workflow", "trace", "-w", "w"]));
    assert!(text.contains("\u{25fc} Order (w)"), "{text}");
}

#[test]
fn a_batch_is_followed_to_its_end() {
    let server = Server::development(&[]);
    for id in ["a", "b"] {
        succeeded(&server.run(&["workflow", "start", "--type", "T", "-t", "q", "-w", id]));
    }
    let text = succeeded(&server.run(&["workflow", "terminate", "-q", "WorkflowType='T'", "--yes", "-o", "jsonl"]));
    let started: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let job = started["batchJobId"].as_str().expect("a job").to_owned();
    let text = succeeded(&server.run(&["batch", "describe", "--job-id", &job, "--follow"]));
    assert!(text.contains("Completed") && text.contains("2/2"), "{text}");
}
