//! The form that starts a workflow.

use abide_api::temporal::api::enums::v1::WorkflowIdConflictPolicy;
use abide_http::url::path;
use maud::{Markup, html};

use super::Around;
use super::filled::Filled;
use super::request::{CONFLICT, REUSE};
use crate::command_line;
use crate::form;
use crate::input;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::command;

/// How many fields for pairs are there beyond those that are filled in.
const SPARE: usize = 3;
const ABOUT: [&str; 2] = ["static-summary", "static-details"];
const PAIRS: [&str; 2] = ["search-attribute", "memo"];
const MORE: [&str; 9] = [
    "id-reuse-policy",
    "id-conflict-policy",
    "execution-timeout",
    "run-timeout",
    "task-timeout",
    "start-delay",
    "cron",
    "priority-key",
    "fairness-key",
];
const RETRY: [&str; 5] = [
    "retry-initial-interval",
    "retry-backoff-coefficient",
    "retry-maximum-interval",
    "retry-maximum-attempts",
    "retry-non-retryable",
];
/// The command line has no words for retries, nor for the inputs of another run.
const FLAGS: [&str; 4] = [
    " --workflow-id {workflow-id} --type {type} --task-queue {task-queue}",
    input::FLAGS,
    " --static-summary {static-summary} --static-details {static-details} --search-attribute {search-attribute} --memo {memo}",
    " --id-reuse-policy {id-reuse-policy} --id-conflict-policy {id-conflict-policy} --execution-timeout {execution-timeout} \
     --run-timeout {run-timeout} --task-timeout {task-timeout} --start-delay {start-delay} --cron {cron} \
     --priority-key {priority-key} --fairness-key {fairness-key}",
];

/// See the file's first lines.
pub(super) fn form(
    visit: &Visit,
    namespace: &str,
    filled: &Filled,
    around: &Around,
    problem: Option<&Problem>,
) -> Markup {
    let list = visit.href(&path(&["namespaces", namespace, "workflows"]));
    let here = visit.href(&path(&["namespaces", namespace, "workflows", "start-workflow"]));
    let fixed = command_line::command("workflow start", &[("namespace", Some(namespace))]);
    html! {
        h1 { "Start a workflow" }
        form.fields method="post" action=(here) {
            @if let Some(problem) = problem { (problem.alert()) }
            (form::token(visit))
            (form::once())
            (line("Workflow id", "workflow-id", filled, true, None))
            (line("Type", "type", filled, true, Some("types")))
            (line("Task queue", "task-queue", filled, true, Some("queues")))
            (note(filled, around))
            (suggestions("types", around.types.iter()))
            (suggestions("queues", around.queues.iter()))
            (inputs(filled))
            (part("For people to read", &ABOUT, filled, html! {
                (line("Summary", "static-summary", filled, false, None))
                label { "Details" textarea name="static-details" rows="3" { "\n" (filled.text("static-details")) } }
            }))
            (part("Search attributes and memo", &PAIRS, filled, html! {
                (pairs("Search attribute", "search-attribute", filled))
                (pairs("Memo", "memo", filled))
            }))
            (part("More", &MORE, filled, more(visit, filled)))
            (part("Retries of the whole workflow", &RETRY, filled, retries(filled)))
            (command(&FLAGS.iter().fold(fixed, |all, flags| all + flags)))
            p.actions {
                // The first button is the one that the key Enter means.
                button.primary { "Start" }
                button name="check" value="yes" formnovalidate { "Check the task queue" }
                a.button href=(list) { "Cancel" }
            }
        }
    }
}

fn line(label: &str, name: &str, filled: &Filled, is_required: bool, list: Option<&str>) -> Markup {
    html! {
        label { (label)
            input name=(name) value=(filled.text(name)) required[is_required] list=[list] autocomplete="off" spellcheck="false";
        }
    }
}

fn like(label: &str, name: &str, filled: &Filled, example: &str) -> Markup {
    html! {
        label { (label)
            input name=(name) value=(filled.text(name)) placeholder=(example) autocomplete="off" spellcheck="false";
        }
    }
}

fn suggestions<'a>(id: &str, values: impl Iterator<Item = &'a String>) -> Markup {
    html! { datalist id=(id) { @for value in values { option value=(value) {} } } }
}

/// Whether anybody polls the queue.
fn note(filled: &Filled, around: &Around) -> Markup {
    let queue = filled.text("task-queue");
    html! {
        @match around.pollers {
            Some(0) => p.note role="status" { "Nobody polls " strong { (queue) } ". A workflow there waits until somebody does." },
            Some(1) => p.quiet role="status" { "One worker polls " strong { (queue) } "." },
            Some(count) => p.quiet role="status" { (count) " workers poll " strong { (queue) } "." },
            None => {}
        }
    }
}

fn inputs(filled: &Filled) -> Markup {
    let (workflow_id, run_id) = (filled.text("like-workflow-id"), filled.text("like-run-id"));
    let is_same = !filled.text("same-input").is_empty();
    html! {
        @if !workflow_id.is_empty() {
            input type="hidden" name="like-workflow-id" value=(workflow_id);
            input type="hidden" name="like-run-id" value=(run_id);
            label.tick {
                input type="checkbox" name="same-input" value="yes" checked[is_same];
                "With the input of " (workflow_id) " as it is, instead of what stands here"
            }
            @if is_same { p.quiet { "That input is not plain JSON, so it cannot be shown here." } }
        }
        (input::fields(&filled.input()))
    }
}

/// A part of the form that is open if anything stands in it.
fn part(title: &str, names: &[&str], filled: &Filled, content: Markup) -> Markup {
    html! { details open[filled.has_any(names)] { summary { (title) } (content) } }
}

fn pairs(label: &str, name: &str, filled: &Filled) -> Markup {
    let given: Vec<_> = filled.all(name).iter().filter(|pair| !pair.is_empty()).collect();
    html! {
        @for index in 0..given.len() + SPARE {
            label { (label) " " (index + 1)
                input name=(name) value=[given.get(index)] placeholder="NAME=JSON" autocomplete="off" spellcheck="false";
            }
        }
    }
}

fn choice<'a>(label: &str, name: &str, filled: &Filled, options: impl Iterator<Item = (&'a str, &'a str)>) -> Markup {
    html! {
        label { (label)
            select name=(name) {
                option value="" { "As usual" }
                @for (value, said) in options { option value=(value) selected[filled.text(name) == value] { (said) } }
            }
        }
    }
}

fn more(visit: &Visit, filled: &Filled) -> Markup {
    let is_allowed = |policy: WorkflowIdConflictPolicy| {
        policy != WorkflowIdConflictPolicy::TerminateExisting || visit.may(Action::Terminate)
    };
    let conflict = CONFLICT.iter().filter(|(.., policy)| is_allowed(*policy));
    html! {
        (choice("If a closed run has this id", "id-reuse-policy", filled, REUSE.iter().map(|(value, said, _)| (*value, *said))))
        (choice("If an open run has this id", "id-conflict-policy", filled, conflict.map(|(value, said, _)| (*value, *said))))
        (like("Execution timeout: of all runs together", "execution-timeout", filled, "24h"))
        (like("Run timeout: of one run", "run-timeout", filled, "1h30m"))
        (like("Task timeout: of one workflow task", "task-timeout", filled, "10s"))
        (like("Start delay", "start-delay", filled, "5m"))
        (like("Cron schedule", "cron", filled, "0 12 * * MON-FRI"))
        (like("Priority, 1 (first) to 5", "priority-key", filled, "3"))
        (like("Fairness key", "fairness-key", filled, ""))
    }
}

fn retries(filled: &Filled) -> Markup {
    html! {
        (like("Initial interval", "retry-initial-interval", filled, "1s"))
        (like("Backoff coefficient", "retry-backoff-coefficient", filled, "2"))
        (like("Maximum interval", "retry-maximum-interval", filled, "100s"))
        (like("Maximum attempts", "retry-maximum-attempts", filled, "5"))
        (like("Errors that are not retried, with commas between", "retry-non-retryable", filled, "InvalidOrder"))
    }
}
