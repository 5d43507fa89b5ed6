//! What cannot be read, or makes no sense, is refused in the words of the reference. None of these reaches a server, but for
//! those that say so.

use crate::{Server, failed, run, succeeded};

#[test]
fn a_line_that_cannot_be_read_is_refused_by_name() {
    let cases: [(&[&str], &str); 29] = [
        (&["workflow", "start", "--type", "T"], "required flag(s) \"task-queue\" not set"),
        (&["workflow", "start"], "required flag(s) \"task-queue\", \"type\" not set"),
        (&["workflow", "list", "--foo"], "unknown flag: --foo"),
        (&["workflow", "list", "--foo=1"], "unknown flag: --foo"),
        (&["workflow", "list", "-z"], "unknown shorthand flag: 'z' in -z"),
        (
            &["workflow", "list", "-o", "xml"],
            "invalid argument \"xml\" for \"-o, --output\" flag: xml is not one of required values of text, json, jsonl, none",
        ),
        (
            &["workflow", "list", "--log-format", "xml"],
            "invalid argument \"xml\" for \"--log-format\" flag: xml is not one of required values of text, json",
        ),
        (
            &["workflow", "list", "--limit", "x"],
            "invalid argument \"x\" for \"--limit\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
        (&["workflow", "list", "--limit"], "flag needs an argument: --limit"),
        (&["workflow", "show", "-w"], "flag needs an argument: --workflow-id"),
        (&["nonsense"], "unknown command \"nonsense\" for \"abide\""),
        (&["workflow", "nonsense"], "unknown command \"nonsense\" for \"abide workflow\""),
        (&["workflow", "list", "extra"], "unknown command \"extra\" for \"abide workflow list\""),
        (&["operator", "cluster", "health", "x"], "unknown command \"x\" for \"abide operator cluster health\""),
        (&["workflow"], "unknown command"),
        (&["workflow", "update"], "unknown command"),
        (
            &["workflow", "start", "--type", "T", "-t", "q", "--run-timeout", "5"],
            "invalid argument \"5\" for \"--run-timeout\" flag: time: missing unit in duration \"5\"",
        ),
        (
            &["workflow", "list", "--command-timeout", "5w"],
            "invalid argument \"5w\" for \"--command-timeout\" flag: time: unknown unit \"w\" in duration \"5w\"",
        ),
        (
            &["workflow", "reset", "--reapply-exclude", "foo", "--reason", "r", "-w", "x"],
            "invalid argument \"foo\" for \"--reapply-exclude\" flag: invalid value: foo, allowed values are: All, Signal, \
             Update",
        ),
        (
            &["workflow", "reset", "--reapply-type", "signal", "--reason", "r", "-w", "x"],
            "invalid argument \"signal\" for \"--reapply-type\" flag: signal is not one of required values of All, Signal, \
             None",
        ),
        (
            &["schedule", "backfill", "-s", "x", "--start-time", "foo", "--end-time", "1"],
            "invalid argument \"foo\" for \"--start-time\" flag: parsing time \"foo\" as \"2006-01-02T15:04:05Z07:00\": \
             cannot parse \"foo\" as \"2006\"",
        ),
        (
            &["workflow", "list", "--archived=maybe"],
            "invalid argument \"maybe\" for \"--archived\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
        ),
        (
            &["activity", "update-options", "--retry-backoff-coefficient", "x", "-a", "a", "-w", "w"],
            "invalid argument \"x\" for \"--retry-backoff-coefficient\" flag: strconv.ParseFloat: parsing \"x\": invalid \
             syntax",
        ),
        (&["workflow", "list", "--env", "nope"], "environment \"nope\" not found"),
        (&["env", "get", "--env", "nope"], "environment \"nope\" not found"),
        (&["config", "get"], "profile \"default\" not found"),
        (
            &["workflow", "list", "--profile", "nope"],
            "failed loading client config: unable to find profile nope in config data",
        ),
        (&["env", "set", "--env", "x", "-v", "1"], "property name must be specified with -k"),
        (
            &["workflow", "list", "--tls", "--tls-cert-data", "x"],
            "if providing TLS client cert, must provide TLS client key",
        ),
    ];
    for (arguments, expected) in cases {
        assert_eq!(failed(&run(arguments)), format!("Error: {expected}\n"), "{arguments:?}");
    }
    assert!(succeeded(&run(&["--help"])).contains("Usage: abide"));
}

#[test]
fn flags_that_exclude_each_other_are_refused_before_anything_happens() {
    let server = Server::development(&[]);
    let cases: [(&[&str], &str); 22] = [
        (&["workflow", "terminate", "-w", "w", "-q", "x"], "cannot set query when workflow ID is set"),
        (&["workflow", "cancel", "-w", "w", "--reason", "r"], "cannot set reason when workflow ID is set"),
        (&["workflow", "cancel", "-w", "w", "--yes"], "cannot set 'yes' when workflow ID is set"),
        (&["workflow", "signal", "-w", "w", "--name", "s", "--rps", "1"], "cannot set rps when workflow ID is set"),
        (&["workflow", "cancel"], "must set either workflow ID or query"),
        (&["workflow", "cancel", "-q", "x", "-r", "r"], "cannot set run ID when query is set"),
        (&["workflow", "cancel", "-q", "WorkflowId='x'", "-o", "json"], "must bypass prompts when using JSON output"),
        (&["workflow", "start", "--type", "T", "-t", "q", "-i", "x"], "input #1 is not valid JSON"),
        (
            &["workflow", "start", "--type", "T", "-t", "q", "-i", "1", "--input-file", "f"],
            "cannot provide input and input file",
        ),
        (
            &["workflow", "start", "--type", "T", "-t", "q", "-i", "1", "--input-meta", "x"],
            "metadata x expected to have '='",
        ),
        (
            &["workflow", "start", "--type", "T", "-t", "q", "--memo", "x"],
            "invalid memo values: missing expected '=' in \"x\"",
        ),
        (
            &["workflow", "start", "--type", "T", "-t", "q", "--cron", "* * * * *", "--start-delay", "1s"],
            "cannot set start delay and cron schedule",
        ),
        (&["workflow", "show", "-w", "w", "--reverse", "--follow"], "--reverse cannot be combined with --follow"),
        (&["workflow", "trace", "-w", "w", "-o", "json"], "JSON output not supported for trace command"),
        (&["workflow", "trace", "-w", "w", "--fold", "x"], "fold status \"x\" not recognized"),
        (
            &["workflow", "signal-with-start", "--type", "T", "-t", "q", "--signal-name", "s"],
            "--workflow-id flag must be provided",
        ),
        (&["activity", "cancel"], "must set either activity ID or query"),
        (&["activity", "cancel", "-a", "a", "-q", "x"], "cannot set query when activity ID is set"),
        (&["schedule", "toggle", "-s", "s"], "exactly one of --pause or --unpause is required"),
        (
            &["operator", "nexus", "endpoint", "create", "--name", "e"],
            "either --target-namespace and --target-task-queue or --target-url are required",
        ),
        (
            &["operator", "search-attribute", "create", "--name", "A", "--name", "B", "--type", "Int"],
            "number of --name flags must match number of --type flags",
        ),
        (
            &["worker", "deployment", "create-version", "--deployment-name", "d", "--build-id", "b"],
            "missing configuration for compute provider",
        ),
    ];
    for (arguments, expected) in cases {
        assert_eq!(failed(&server.run(arguments)), format!("Error: {expected}\n"), "{arguments:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let text = failed(&run(&["workflow", "list", "--address", "127.0.0.1:1"]));
    assert!(text.starts_with("Error: failed reaching server: 127.0.0.1:1: "), "{text}");
}
