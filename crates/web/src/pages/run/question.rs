//! Questions to a workflow's own code. A worker must answer, so every question has an end; none is asked by a page that lives.

#[cfg(test)]
mod tests;

use std::time::Duration;

use abide_api::temporal::api::common::v1::Payloads;
use abide_api::temporal::api::query::v1::WorkflowQuery;
use abide_api::temporal::api::workflowservice::v1::QueryWorkflowRequest;
use maud::{Markup, html};
use serde_json::Value;
use tonic::{Code, Status};

use super::Run;
use super::frame::Tab;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::status_name;

/// What every SDK of today answers with what it knows of the workflow.
const METADATA: &str = "__temporal_workflow_metadata";

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unanswered {
    /// No worker took the question in time.
    Nobody(String),
    /// The workflow's code, or what runs it, has refused the question.
    Refused(String),
    /// Anything else: the service's own words.
    Told(String),
    /// There is an answer that only a codec server can read.
    Encoded,
}

/// What a workflow says of itself.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Definition {
    /// What it does at the moment, in the words of its code.
    pub(crate) current_details: String,
    pub(crate) queries: Vec<Named>,
    pub(crate) signals: Vec<Named>,
    pub(crate) updates: Vec<Named>,
}

/// Something that a workflow listens to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) description: String,
}

/// Asks, and waits no longer than this for the answer.
pub(crate) async fn ask(
    visit: &Visit,
    run: &Run,
    query_type: &str,
    query_args: Option<Payloads>,
    wait: Duration,
) -> Result<Payloads, Unanswered> {
    let query = WorkflowQuery { query_type: query_type.to_owned(), query_args, header: None };
    let request = QueryWorkflowRequest {
        namespace: run.namespace.clone(),
        execution: Some(run.execution()),
        query: Some(query),
        ..Default::default()
    };
    let mut request = visit.request(request);
    request.set_timeout(wait);
    let mut service = visit.workflows();
    let answer = match tokio::time::timeout(wait, service.query_workflow(request)).await {
        Ok(answer) => answer.map_err(unanswered)?.into_inner(),
        Err(_) => return Err(Unanswered::Nobody("the query was not answered in time".into())),
    };
    match answer.query_rejected {
        Some(rejected) => Err(Unanswered::Told(format!("the workflow is {}", status_name(rejected.status())))),
        None => Ok(answer.query_result.unwrap_or_default()),
    }
}

fn unanswered(status: Status) -> Unanswered {
    let said = status.message().to_owned();
    match status.code() {
        Code::DeadlineExceeded | Code::FailedPrecondition | Code::Cancelled => Unanswered::Nobody(said),
        Code::InvalidArgument => Unanswered::Refused(said),
        _ => Unanswered::Told(said),
    }
}

impl Unanswered {
    /// In a page of the run.
    pub(crate) fn alert(&self, visit: &Visit, run: &Run) -> Markup {
        match self {
            Self::Nobody(said) => html! {
                div.note role="alert" {
                    p { strong { "No worker has answered." } " Only a worker that knows this workflow can, and none took the question "
                        "in time: " (said) "." }
                    p { a href=(run.href(visit, Tab::Workers.segments())) { "Which workers are there?" } }
                }
            },
            Self::Refused(_) if visit.site.switches.hide_query_errors => {
                html! { p.alert role="alert" { "The query has failed. What it said is not shown on this web page." } }
            }
            Self::Refused(said) | Self::Told(said) => Problem::invalid(said).alert(),
            Self::Encoded => html! { p.note role="alert" { "The answer is encoded: this server cannot read it." } },
        }
    }
}

/// What the workflow says of itself.
pub(crate) async fn definition(visit: &Visit, run: &Run, wait: Duration) -> Result<Definition, Unanswered> {
    match ask(visit, run, METADATA, None, wait).await {
        Ok(answer) => json(&answer).map(|value| defined(&value)).ok_or(Unanswered::Encoded),
        // An older SDK does not know the question, but says which it knows.
        Err(Unanswered::Refused(said)) => match known(&said) {
            Some(queries) => Ok(Definition { queries, ..Definition::default() }),
            None => Err(Unanswered::Refused(said)),
        },
        Err(other) => Err(other),
    }
}

/// An answer that is JSON which the server may read.
pub(crate) fn json(answer: &Payloads) -> Option<Value> {
    let payload = answer.payloads.first()?;
    let encoding = payload.metadata.get("encoding")?;
    encoding.starts_with(b"json/").then(|| serde_json::from_slice(&payload.data).ok()).flatten()
}

fn defined(value: &Value) -> Definition {
    let field =
        |of: &Value, camel: &str, snake: &str| of.get(camel).or_else(|| of.get(snake)).cloned().unwrap_or_default();
    let definition = &value["definition"];
    let all = |camel: &str, snake: &str| named(&field(definition, camel, snake));
    Definition {
        current_details: field(value, "currentDetails", "current_details").as_str().unwrap_or_default().to_owned(),
        queries: all("queryDefinitions", "query_definitions"),
        signals: all("signalDefinitions", "signal_definitions"),
        updates: all("updateDefinitions", "update_definitions"),
    }
}

fn named(list: &Value) -> Vec<Named> {
    let text = |of: &Value, field: &str| of[field].as_str().unwrap_or_default().to_owned();
    let all = list.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    all.map(|one| Named { name: text(one, "name"), description: text(one, "description") })
        // What every SDK answers by itself is nothing of the workflow's own.
        .filter(|one| !one.name.is_empty() && !one.name.starts_with("__"))
        .collect()
}

/// The names between brackets at the end of what an SDK says of a query that it does not know.
fn known(said: &str) -> Option<Vec<Named>> {
    let (_, list) = said.rsplit_once('[')?;
    let (list, _) = list.split_once(']')?;
    let names = list.split([' ', ',']).map(|name| name.trim_matches(['"', '\''])).filter(|name| !name.is_empty());
    let names = names.filter(|name| !name.starts_with("__"));
    Some(names.map(|name| Named { name: name.to_owned(), description: String::new() }).collect())
}
