//! Where the threads of a workflow stand: two queries that SDKs answer by themselves, the second with places in source files.

use std::time::Duration;

use abide_api::temporal::api::common::v1::Payloads;
use maud::{Markup, html};
use serde_json::Value;

use super::action::form::command;
use super::frame::{Tab, frame};
use super::question::{self, Unanswered};
use super::{Described, Names, Run};
use crate::page::{Page, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{command as shown_command, empty, payloads};

const PLAIN: &str = "__stack_trace";
const ENHANCED: &str = "__enhanced_stack_trace";
/// For the first answer; the worker that gave it gives the second soon or not at all.
const WAIT: Duration = Duration::from_secs(5);
const WAIT_ENHANCED: Duration = Duration::from_secs(2);
const STACKS_SHOWN_MAX: usize = 100;
const FRAMES_SHOWN_MAX: usize = 200;

/// See the file's first lines.
pub(super) async fn page(visit: Visit, names: Names) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run::at(names)).await?;
    let content =
        if run.is_open() { asked(&visit, &run.run).await } else { empty("Only a run that is open has a call stack.") };
    // A worker is asked: not whenever something happens in the run.
    Ok(frame(&visit, &run, Tab::CallStack, content).await?.watching(Watch::Nothing))
}

async fn asked(visit: &Visit, run: &Run) -> Markup {
    let plain = question::ask(visit, run, PLAIN, None, WAIT).await;
    let enhanced = match plain {
        Ok(_) => question::ask(visit, run, ENHANCED, None, WAIT_ENHANCED).await.ok(),
        Err(_) => None,
    };
    html! {
        div.head {
            h2 { "Call stack" }
            div.actions { a.button href=(visit.here_with(&[])) { "Ask again" } }
        }
        p.quiet { "Where the workflow's code waits, as a worker says it now." }
        (shown(visit, run, &plain, enhanced.as_ref()))
        (shown_command(&command(run, "workflow stack", "")))
    }
}

fn shown(visit: &Visit, run: &Run, plain: &Result<Payloads, Unanswered>, enhanced: Option<&Payloads>) -> Markup {
    let stacks = enhanced.and_then(question::json).and_then(|value| stacks(&value));
    html! {
        @match (plain, stacks) {
            (Ok(plain), Some(stacks)) => { (stacks) details { summary { "As text" } (text(plain)) } }
            (Ok(plain), None) => (text(plain)),
            (Err(why), _) => (why.alert(visit, run)),
        }
    }
}

/// A text in JSON is shown as the lines that it has.
fn text(answer: &Payloads) -> Markup {
    match question::json(answer).as_ref().and_then(Value::as_str) {
        Some("") => empty("The workflow waits nowhere."),
        Some(lines) => html! { pre { (lines) } },
        None => payloads(answer),
    }
}

/// Stacks of places in source files, if that is what it is.
fn stacks(value: &Value) -> Option<Markup> {
    let stacks = value["stacks"].as_array().filter(|stacks| !stacks.is_empty())?;
    let sdk = &value["sdk"];
    Some(html! {
        @for (number, stack) in stacks.iter().take(STACKS_SHOWN_MAX).enumerate() {
            h3 { "Stack " (number + 1) " of " (stacks.len()) }
            ol { @for place in locations(stack).iter().take(FRAMES_SHOWN_MAX) { (frame_of(place, value)) } }
        }
        @if let Some(name) = sdk["name"].as_str() {
            p.quiet { (name) " " (sdk["version"].as_str().unwrap_or_default()) }
        }
    })
}

fn locations(stack: &Value) -> &[Value] {
    stack["locations"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn frame_of(place: &Value, of: &Value) -> Markup {
    let field = |camel: &str, snake: &str| place.get(camel).or_else(|| place.get(snake));
    let text = |camel: &str, snake: &str| field(camel, snake).and_then(Value::as_str).unwrap_or_default();
    let (file, line) = (text("filePath", "file_path"), field("line", "line").and_then(Value::as_u64));
    let is_internal = field("internalCode", "internal_code").and_then(Value::as_bool).unwrap_or(false);
    let source = line.and_then(|line| source(of, file, line));
    html! {
        li.quiet[is_internal] {
            code { (text("functionName", "function_name")) }
            " " span.quiet { (file) @if let Some(line) = line { ":" (line) } }
            @if let Some(source) = source { pre { (source.trim()) } }
        }
    }
}

/// The line of a source file, if the answer has it.
fn source<'a>(of: &'a Value, file: &str, line: u64) -> Option<&'a str> {
    let slices = of["sources"].get(file)?;
    let slices = slices.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(slices));
    slices.iter().find_map(|slice| {
        let first = slice.get("lineOffset").or_else(|| slice.get("line_offset")).and_then(Value::as_u64).unwrap_or(0);
        let index = usize::try_from(line.checked_sub(first)?.checked_sub(1)?).ok()?;
        slice["content"].as_str()?.lines().nth(index)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stack_shows_places_and_the_lines_of_their_sources() {
        let answer = json!({
            "sdk": { "name": "temporal-python", "version": "1" },
            "sources": { "a.py": [{ "line_offset": 0, "content": "one\nawait <two>\n" }] },
            "stacks": [{ "locations": [
                { "file_path": "a.py", "line": 2, "function_name": "<run>", "internal_code": false },
                { "filePath": "b.py", "line": 9, "functionName": "loop", "internalCode": true }] }]
        });
        let html = stacks(&answer).expect("stacks").into_string();
        assert!(
            html.contains("<code>&lt;run&gt;</code> <span class=\"quiet\">a.py:2</span><pre>await &lt;two&gt;</pre>"),
            "{html}"
        );
        assert!(html.contains("<li class=\"quiet\"><code>loop</code>"), "{html}");
        assert!(stacks(&json!({ "stacks": [] })).is_none() && stacks(&json!("text")).is_none());
    }

    #[test]
    fn a_source_that_begins_later_is_counted_from_there() {
        let answer = json!({ "sources": { "a": [{ "lineOffset": 10, "content": "x\ny" }] } });
        assert_eq!(source(&answer, "a", 12), Some("y"));
        assert_eq!((source(&answer, "a", 3), source(&answer, "b", 1)), (None, None));
    }
}
