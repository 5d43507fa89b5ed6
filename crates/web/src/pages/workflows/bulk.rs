//! What is done to many runs at once: to those that are chosen, or to all that a query finds. A page says how many are meant and
//! asks why; then it is a batch operation of the service, which has a page of its own.

use abide_api::temporal::api::batch::v1::{
    BatchOperationCancellation, BatchOperationDeletion, BatchOperationReset, BatchOperationSignal,
    BatchOperationTermination,
};
use abide_api::temporal::api::common::v1::{Execution, ResetOptions, reset_options::Target};
use abide_api::temporal::api::enums::v1::{ExecutionType, ResetReapplyExcludeType};
use abide_api::temporal::api::workflowservice::v1::start_batch_operation_request::Operation;
use abide_api::temporal::api::workflowservice::v1::{CountWorkflowExecutionsRequest, StartBatchOperationRequest};
use abide_http::url::path;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use tonic::Code;

use super::query::quoted;
use crate::command_line;
use crate::form::{self, Done, Fields};
use crate::input;
use crate::page::{Page, Place};
use crate::pages::IDENTITY;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::{command, number};

/// The query that finds every run: a batch must have one.
const EVERYTHING: &str = "StartTime IS NOT NULL";
const OPEN: &str = "(ExecutionStatus = 'Running' OR ExecutionStatus = 'Paused')";

/// What can be done to many runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    Cancel,
    Terminate,
    Signal,
    Reset,
    Delete,
}

impl Deed {
    pub(crate) const ALL: [Self; 5] = [Self::Cancel, Self::Terminate, Self::Signal, Self::Reset, Self::Delete];

    /// In its address, and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Terminate => "terminate",
            Self::Signal => "signal",
            Self::Reset => "reset",
            Self::Delete => "delete",
        }
    }

    /// What it is called where it is offered.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Cancel => "Cancel",
            Self::Terminate => "Terminate",
            Self::Signal => "Signal",
            Self::Reset => "Reset",
            Self::Delete => "Delete",
        }
    }

    fn action(self) -> Action {
        match self {
            Self::Cancel => Action::Cancel,
            // There is no switch of its own for what takes runs away.
            Self::Terminate | Self::Delete => Action::Terminate,
            Self::Signal => Action::Signal,
            Self::Reset => Action::Reset,
        }
    }

    /// Whether it can be done from the page.
    pub(crate) fn is_allowed(self, visit: &Visit) -> bool {
        visit.may(Action::Batch) && visit.may(self.action())
    }

    fn allow(self, visit: &Visit) -> Result<(), Problem> {
        visit.allow(Action::Batch)?;
        visit.allow(self.action())
    }

    /// Whether it is only done to runs that are open.
    fn is_for_open(self) -> bool {
        match self {
            Self::Cancel | Self::Terminate | Self::Signal => true,
            Self::Reset | Self::Delete => false,
        }
    }

    fn explained(self) -> Markup {
        let for_ever = html! { " " strong { "This cannot be undone." } };
        match self {
            Self::Cancel => html! { "Each of them is asked to end, and can clean up before it does." },
            Self::Terminate => html! { "Each of them ends at once, without a chance to clean up." (for_ever) },
            Self::Signal => html! { "Each of them gets the signal." },
            Self::Reset => html! {
                "Of each of them a new run begins at the chosen workflow task; what is open is terminated." (for_ever)
            },
            Self::Delete => {
                html! { "Each of them is deleted with its history; what is open is terminated." (for_ever) }
            }
        }
    }

    fn button(self) -> Markup {
        match self {
            Self::Cancel | Self::Signal => html! { button.primary name="confirmed" value="yes" { (self.label()) } },
            Self::Terminate | Self::Reset | Self::Delete => {
                html! { button.danger name="confirmed" value="yes" { (self.label()) } }
            }
        }
    }

    fn fields(self) -> Markup {
        match self {
            Self::Cancel | Self::Terminate | Self::Delete => html! {},
            Self::Signal => html! {
                label { "Name of the signal" input name="name" required autocomplete="off" spellcheck="false"; }
                (input::fields(&input::nothing()))
            },
            Self::Reset => html! {
                label { "Go back to"
                    select name="type" {
                        option value="LastWorkflowTask" { "The last workflow task" }
                        option value="FirstWorkflowTask" { "The first workflow task" }
                    }
                }
                fieldset {
                    legend { "Do not bring along what came later" }
                    label.tick { input type="checkbox" name="reapply-exclude" value="Signal"; "Signals" }
                    label.tick { input type="checkbox" name="reapply-exclude" value="Update"; "Updates" }
                }
            },
        }
    }

    fn flags(self) -> String {
        match self {
            Self::Cancel | Self::Terminate | Self::Delete => " --reason {reason} --rps {rps}".to_owned(),
            Self::Signal => format!(" --name {{name}}{} --reason {{reason}} --rps {{rps}}", input::FLAGS),
            Self::Reset => " --type {type} --reapply-exclude {reapply-exclude} --reason {reason}".to_owned(),
        }
    }

    fn operation(self, fields: &Fields) -> Result<Operation, Problem> {
        let identity = IDENTITY.to_owned();
        Ok(match self {
            Self::Cancel => Operation::CancellationOperation(BatchOperationCancellation { identity }),
            Self::Terminate => {
                Operation::TerminationOperation(BatchOperationTermination { identity, ..Default::default() })
            }
            Self::Delete => Operation::DeletionOperation(BatchOperationDeletion { identity }),
            Self::Signal => Operation::SignalOperation(BatchOperationSignal {
                signal: fields.required("name", "The name of the signal")?.to_owned(),
                input: input::Typed::of(fields).payloads()?,
                identity,
                ..Default::default()
            }),
            Self::Reset => {
                let target = match fields.text("type") {
                    Some("FirstWorkflowTask") => Target::FirstWorkflowTask(()),
                    Some("LastWorkflowTask") => Target::LastWorkflowTask(()),
                    Some(_) | None => return Err(Problem::invalid("a workflow task must be chosen")),
                };
                let excluded = fields.all("reapply-exclude").filter_map(|name| match name {
                    "Signal" => Some(ResetReapplyExcludeType::Signal.into()),
                    "Update" => Some(ResetReapplyExcludeType::Update.into()),
                    _ => None,
                });
                let options = ResetOptions {
                    target: Some(target),
                    reset_reapply_exclude_types: excluded.collect(),
                    ..Default::default()
                };
                Operation::ResetOperation(BatchOperationReset {
                    identity,
                    options: Some(options),
                    ..Default::default()
                })
            }
        })
    }
}

/// Which runs are meant.
enum Meant {
    /// These: run id and workflow id.
    Runs(Vec<(String, String)>),
    /// All that this query finds.
    Query(String),
}

impl Meant {
    /// As the list's form and the page's own form say it.
    fn of<'a>(is_all: bool, query: Option<&str>, runs: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        if is_all {
            return Ok(Self::Query(query.unwrap_or(EVERYTHING).to_owned()));
        }
        let runs: Vec<_> = runs.filter_map(|run| run.split_once('/')).collect();
        match runs.is_empty() {
            true => Err(Problem::invalid("no workflow is chosen: tick some of them, or all that match")),
            false => Ok(Self::Runs(runs.into_iter().map(|(run, workflow)| (run.into(), workflow.into())).collect())),
        }
    }

    /// The query that finds them.
    fn query(&self) -> String {
        match self {
            Self::Query(query) => query.clone(),
            Self::Runs(runs) => {
                let ids: Vec<_> = runs.iter().map(|(run_id, _)| quoted(run_id)).collect();
                format!("RunId IN ({})", ids.join(", "))
            }
        }
    }

    async fn count(&self, visit: &Visit, namespace: &str, deed: Deed) -> Result<i64, Problem> {
        let query = self.query();
        let query = if deed.is_for_open() { format!("({query}) AND {OPEN}") } else { query };
        let request = CountWorkflowExecutionsRequest { namespace: namespace.to_owned(), query };
        Ok(visit.workflows().count_workflow_executions(visit.request(request)).await?.into_inner().count)
    }

    fn hidden(&self) -> Markup {
        match self {
            Self::Query(query) => html! {
                input type="hidden" name="all" value="yes";
                input type="hidden" name="query" value=(query);
            },
            Self::Runs(runs) => html! {
                @for (run_id, workflow_id) in runs { input type="hidden" name="run" value={ (run_id) "/" (workflow_id) }; }
            },
        }
    }

    fn listed(&self) -> Markup {
        match self {
            Self::Query(query) => html! { p { "All that match: " code { (query) } } },
            Self::Runs(runs) => html! {
                details { summary { "Which these are" } ul { @for (_, workflow_id) in runs { li { (workflow_id) } } } }
            },
        }
    }
}

/// The value of a row's box.
pub(super) fn choice(run_id: &str, workflow_id: &str) -> String {
    format!("{run_id}/{workflow_id}")
}

/// Which address is which page.
pub(super) fn router(list: &str) -> Router {
    Deed::ALL.into_iter().fold(Router::new(), |router, deed| {
        let ask = move |visit, namespace| ask(deed, visit, namespace);
        let act = move |visit, namespace, fields| act(deed, visit, namespace, fields);
        router.route(&format!("{list}/actions/{}", deed.name()), get(ask).post(act))
    })
}

/// By a link: all that match its query, or the runs that it names.
async fn ask(deed: Deed, visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    deed.allow(&visit)?;
    let query = visit.value("query");
    let meant = Meant::of(query.is_some(), query, visit.values("run"))?;
    asked(deed, &visit, &namespace, &meant).await
}

/// The list's form leads to the page that asks; that page's own form does it.
async fn act(deed: Deed, visit: Visit, Path(namespace): Path<String>, fields: Fields) -> Result<Response, Problem> {
    deed.allow(&visit)?;
    let meant = Meant::of(fields.is_set("all"), fields.text("query"), fields.all("run"))?;
    if !fields.is_set("confirmed") {
        return Ok(asked(deed, &visit, &namespace, &meant).await?.into_response());
    }
    let job_id = fields.request_id();
    let rps = fields.text("rps").map(str::parse).transpose();
    let mut request = StartBatchOperationRequest {
        namespace: namespace.clone(),
        job_id: job_id.clone(),
        reason: fields.required("reason", "Reason")?.to_owned(),
        max_operations_per_second: rps.map_err(|_| Problem::invalid("how many a second is no number"))?.unwrap_or(0.0),
        operation: Some(deed.operation(&fields)?),
        ..Default::default()
    };
    match meant {
        Meant::Query(query) => request.visibility_query = query,
        Meant::Runs(runs) => {
            request.target_executions.extend(runs.into_iter().map(|(run_id, business_id)| Execution {
                r#type: ExecutionType::Workflow.into(),
                business_id,
                run_id,
            }))
        }
    }
    match visit.workflows().start_batch_operation(visit.request(request)).await {
        // The form was sent twice.
        Err(status) if status.code() == Code::AlreadyExists => {}
        outcome => drop(outcome?),
    }
    let to = visit.href(&path(&["namespaces", &namespace, "batch-operations", &job_id]));
    Ok(Done { to, said: "The batch operation was started.".into() }.into_response())
}

async fn asked(deed: Deed, visit: &Visit, namespace: &str, meant: &Meant) -> Result<Page, Problem> {
    let count = meant.count(visit, namespace, deed).await?;
    let title = format!("{} workflows", deed.label());
    let body = shown(deed, visit, namespace, meant, count);
    Ok(Page::new(Place::Workflows, title, body).of(namespace))
}

fn shown(deed: Deed, visit: &Visit, namespace: &str, meant: &Meant, count: i64) -> Markup {
    let here = ["namespaces", namespace, "workflows"];
    let flags = [("namespace", Some(namespace)), ("query", Some(&*meant.query()))];
    let template = command_line::command(&format!("workflow {}", deed.name()), &flags) + &deed.flags() + " --yes";
    let which = match (deed.is_for_open(), count) {
        (true, 1) => "open workflow",
        (true, _) => "open workflows",
        (false, 1) => "workflow",
        (false, _) => "workflows",
    };
    html! {
        h1 { (deed.label()) " workflows" }
        p { strong { (number(count)) " " (which) } @if count == 1 { " is" } @else { " are" } " meant. " (deed.explained()) }
        (meant.listed())
        form.fields method="post" action=(visit.href(&path(&[&here[..], &["actions", deed.name()]].concat()))) {
            (form::token(visit))
            (form::once())
            (meant.hidden())
            (deed.fields())
            label { "Reason" input name="reason" required autocomplete="off"; }
            @if deed != Deed::Reset {
                details {
                    summary { "Pace" }
                    label { "At most so many a second" input type="number" name="rps" min="0.1" step="any"; }
                }
            }
            (command(&template))
            p.actions { (deed.button()) a.button href=(visit.href(&path(&here))) data-close="" { "Do nothing" } }
        }
    }
}
