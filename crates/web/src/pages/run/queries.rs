//! Queries of a run: those that it knows, and the answer to one. What is asked stands in the address, so that it can be asked again.

use std::time::Duration;

use abide_api::temporal::api::common::v1::Payloads;
use maud::{Markup, html};

use super::action::form::command;
use super::frame::{Tab, frame};
use super::question::{self, Definition, Named, Unanswered};
use super::{Described, Names, Run};
use crate::input::{self, Typed};
use crate::page::{Page, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{command as shown_command, empty, payloads};

/// For the names of the queries, and for the answer.
const WAIT_NAMES: Duration = Duration::from_secs(3);
const WAIT: Duration = Duration::from_secs(10);

/// See the file's first lines.
pub(super) async fn page(visit: Visit, names: Names) -> Result<Page, Problem> {
    let run = Described::ask(&visit, Run::at(names)).await?;
    let typed = Typed::in_query(&visit);
    let (known, answer) = tokio::join!(question::definition(&visit, &run.run, WAIT_NAMES), async {
        match visit.value("type") {
            Some(name) => Some(answer(&visit, &run.run, name, &typed).await),
            None => None,
        }
    });
    let content = html! {
        h2 { "Query this workflow" }
        p { "A query asks the workflow's code on a worker, and changes nothing." }
        (choice(&visit, &run.run, known.as_ref(), answer.is_some()))
        (form(&visit, &run.run, known.as_ref().ok(), &typed))
        @if let Some(answer) = &answer { (answer) }
    };
    // A worker is asked: not whenever something happens in the run.
    Ok(frame(&visit, &run, Tab::Queries, content).await?.watching(Watch::Nothing))
}

async fn answer(visit: &Visit, run: &Run, name: &str, typed: &Typed<'_>) -> Markup {
    let args = match typed.payloads() {
        Ok(args) => args,
        Err(problem) => return problem.alert(),
    };
    shown(visit, run, name, &question::ask(visit, run, name, args, WAIT).await)
}

fn shown(visit: &Visit, run: &Run, name: &str, answer: &Result<Payloads, Unanswered>) -> Markup {
    html! {
        section aria-label="Answer" {
            div.head {
                h2 { "Answer to " (name) }
                div.actions { a.button href=(visit.here_with(&[])) { "Ask again" } }
            }
            @match answer {
                Ok(result) if result.payloads.is_empty() => (empty("The answer has no value.")),
                Ok(result) => (payloads(result)),
                Err(why) => (why.alert(visit, run)),
            }
        }
    }
}

/// The queries that are known, to be asked without arguments. Why they are not is not said twice.
fn choice(visit: &Visit, run: &Run, known: Result<&Definition, &Unanswered>, is_answered: bool) -> Markup {
    match known {
        Ok(definition) if definition.queries.is_empty() => empty("This workflow says of no queries that it has them."),
        Ok(definition) => html! {
            ul.chips {
                @for Named { name, description } in &definition.queries {
                    @let to = visit.here_with(&[("type", Some(name)), ("input", None), ("input-meta", None)]);
                    li { a.chip href=(to) aria-current=[(visit.value("type") == Some(name)).then_some("true")]
                        title=[(!description.is_empty()).then_some(description)] { (name) } }
                }
            }
        },
        Err(why) => html! {
            @if !is_answered { (why.alert(visit, run)) }
            p.quiet { "The queries that it has are not known; one can be asked by its name." }
        },
    }
}

fn form(visit: &Visit, run: &Run, known: Option<&Definition>, typed: &Typed<'_>) -> Markup {
    let name = visit.value("type").unwrap_or_default();
    html! {
        form.fields method="get" action=(run.href(visit, Tab::Queries.segments())) {
            label { "Query type"
                input name="type" value=(name) list="query-types" required autocomplete="off" spellcheck="false";
            }
            datalist id="query-types" {
                @for one in known.iter().flat_map(|known| &known.queries) { option value=(one.name) { (one.description) } }
            }
            (input::fields(typed))
            (shown_command(&(command(run, "workflow query", " --name {type}") + input::FLAGS)))
            button.primary { "Ask" }
        }
    }
}
