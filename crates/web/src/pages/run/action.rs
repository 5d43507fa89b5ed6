//! What one can do with a run. Each action is a page that explains itself, asks for what it needs and shows the command that does
//! the same; its form is the confirmation. This file is the table of all of them; what each one asks and sends is its own file.

mod activity;
mod activity_options;
mod cancel;
mod delete;
pub(super) mod form;
mod options;
mod pause;
mod reset;
mod signal;
mod terminate;
#[cfg(test)]
mod tests;
mod update;

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus as Status;
use abide_api::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use abide_http::url::{path, query};
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use maud::{Markup, html};

use super::{Described, PREFIX, Run};
use crate::form::{Done, Fields};
use crate::page::{Page, Place, Watch};
use crate::pages::IDENTITY;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use form::Form;

/// The actions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    Signal,
    Update,
    Cancel,
    Terminate,
    Reset,
    Pause,
    Unpause,
    Options,
    Delete,
    PauseActivity,
    UnpauseActivity,
    ResetActivity,
    ActivityOptions,
}

impl Deed {
    pub(crate) const ALL: [Self; 13] = [
        Self::Signal,
        Self::Update,
        Self::Cancel,
        Self::Terminate,
        Self::Reset,
        Self::Pause,
        Self::Unpause,
        Self::Options,
        Self::Delete,
        Self::PauseActivity,
        Self::UnpauseActivity,
        Self::ResetActivity,
        Self::ActivityOptions,
    ];

    /// In its address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Update => "update",
            Self::Cancel => "cancel",
            Self::Terminate => "terminate",
            Self::Reset => "reset",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Options => "options",
            Self::Delete => "delete",
            Self::PauseActivity => "activity-pause",
            Self::UnpauseActivity => "activity-unpause",
            Self::ResetActivity => "activity-reset",
            Self::ActivityOptions => "activity-options",
        }
    }

    fn named(name: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|deed| deed.name() == name).ok_or_else(Problem::nothing)
    }

    /// What it is called where it is offered.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Signal => "Signal",
            Self::Update => "Update",
            Self::Cancel => "Cancel",
            Self::Terminate => "Terminate",
            Self::Reset => "Reset",
            Self::Pause | Self::PauseActivity => "Pause",
            Self::Unpause | Self::UnpauseActivity => "Unpause",
            Self::Options => "Priority",
            Self::Delete => "Delete",
            Self::ResetActivity => "Reset",
            Self::ActivityOptions => "Options",
        }
    }

    /// By which switch it is allowed.
    pub(crate) fn action(self) -> Action {
        match self {
            Self::Signal => Action::Signal,
            Self::Update => Action::Update,
            Self::Cancel => Action::Cancel,
            // There is no switch of its own for what takes a run away, nor for its priority.
            Self::Terminate | Self::Delete => Action::Terminate,
            Self::Reset => Action::Reset,
            Self::Pause | Self::Unpause | Self::Options => Action::Pause,
            Self::PauseActivity | Self::UnpauseActivity | Self::ResetActivity | Self::ActivityOptions => {
                Action::ActivityCommands
            }
        }
    }

    async fn form(self, visit: &Visit, run: &Run) -> Result<Form, Problem> {
        match self {
            Self::Signal => Ok(signal::form(run)),
            Self::Update => update::form(visit, run).await,
            Self::Cancel => Ok(cancel::form(run)),
            Self::Terminate => Ok(terminate::form(run)),
            Self::Reset => reset::form(visit, run).await,
            Self::Pause => Ok(pause::form(run)),
            Self::Unpause => Ok(pause::form_unpause(run)),
            Self::Options => options::form(visit, run).await,
            Self::Delete => Ok(delete::form(run)),
            Self::PauseActivity => Ok(activity::pause_form(visit, run)),
            Self::UnpauseActivity => Ok(activity::unpause_form(visit, run)),
            Self::ResetActivity => Ok(activity::reset_form(visit, run)),
            Self::ActivityOptions => activity_options::form(visit, run).await,
        }
    }

    async fn act(self, visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
        match self {
            Self::Signal => signal::act(visit, run, fields).await,
            Self::Update => update::act(visit, run, fields).await,
            Self::Cancel => cancel::act(visit, run, fields).await,
            Self::Terminate => terminate::act(visit, run, fields).await,
            Self::Reset => reset::act(visit, run, fields).await,
            Self::Pause => pause::act(visit, run, fields).await,
            Self::Unpause => pause::act_unpause(visit, run, fields).await,
            Self::Options => options::act(visit, run, fields).await,
            Self::Delete => delete::act(visit, run).await,
            Self::PauseActivity => activity::pause(visit, run, fields).await,
            Self::UnpauseActivity => activity::unpause(visit, run, fields).await,
            Self::ResetActivity => activity::reset(visit, run, fields).await,
            Self::ActivityOptions => activity_options::act(visit, run, fields).await,
        }
    }
}

/// Which address is which page.
pub(super) fn router() -> Router {
    Router::new().route(&format!("{PREFIX}/actions/{{action}}"), get(ask).post(act))
}

type Names = Path<(String, String, String, String)>;

async fn ask(visit: Visit, Path((namespace, workflow_id, run_id, name)): Names) -> Result<Page, Problem> {
    let deed = Deed::named(&name)?;
    visit.allow(deed.action())?;
    let run = Run { namespace, workflow_id, run_id };
    let form = deed.form(&visit, &run).await?;
    let title = format!("{} · {}", form.title, run.workflow_id);
    let page = Page::new(Place::Workflows, title, form.shown(&visit, &run, deed)).of(&run.namespace);
    let is_live = form.before.is_some();
    Ok(if is_live { page.watching(Watch::Workflow(run.namespace, run.workflow_id)) } else { page })
}

async fn act(
    visit: Visit,
    Path((namespace, workflow_id, run_id, name)): Names,
    fields: Fields,
) -> Result<Done, Problem> {
    let deed = Deed::named(&name)?;
    visit.allow(deed.action())?;
    deed.act(&visit, &Run { namespace, workflow_id, run_id }, &fields).await
}

/// What can be done with a run as it is now: for its header.
pub(crate) async fn links(visit: &Visit, run: &Described) -> Markup {
    let can_pause = visit.may(Action::Pause) && run.info.status() == Status::Running && can_pause(visit, run).await;
    let deeds = offered(run.info.status(), can_pause).into_iter().filter(|deed| visit.may(deed.action()));
    let again = path(&["namespaces", &run.run.namespace, "workflows", "start-workflow"]);
    let like = query([("workflowId", run.run.workflow_id.as_str()), ("runId", run.run.run_id.as_str())]);
    html! {
        div.actions {
            @for deed in deeds {
                a.button data-dialog="" href=(run.run.href(visit, &["actions", deed.name()])) { (deed.label()) }
            }
            @if visit.may(Action::Start) {
                a.button href={ (visit.href(&again)) "?" (like) } { "Start again" }
            }
        }
    }
}

/// What can be done with one of its activities.
pub(crate) fn activity_links(visit: &Visit, run: &Run, activity_id: &str, is_paused: bool) -> Markup {
    let other = if is_paused { Deed::UnpauseActivity } else { Deed::PauseActivity };
    html! {
        @if visit.may(Action::ActivityCommands) {
            div.actions {
                @for deed in [other, Deed::ResetActivity, Deed::ActivityOptions] {
                    a.button.small data-dialog="" aria-label={ (deed.label()) " activity " (activity_id) }
                        href={ (run.href(visit, &["actions", deed.name()])) "?" (query([("activity-id", activity_id)])) } {
                        (deed.label())
                    }
                }
            }
        }
    }
}

fn offered(status: Status, can_pause: bool) -> Vec<Deed> {
    let open = [Deed::Signal, Deed::Update, Deed::Cancel, Deed::Terminate, Deed::Reset];
    match status {
        Status::Running if can_pause => [&open[..], &[Deed::Pause, Deed::Options, Deed::Delete]].concat(),
        Status::Running => [&open[..], &[Deed::Options, Deed::Delete]].concat(),
        Status::Paused => [&open[..], &[Deed::Unpause, Deed::Options, Deed::Delete]].concat(),
        Status::Completed
        | Status::Failed
        | Status::Canceled
        | Status::Terminated
        | Status::ContinuedAsNew
        | Status::TimedOut
        | Status::Unspecified => vec![Deed::Reset, Deed::Delete],
    }
}

async fn can_pause(visit: &Visit, run: &Described) -> bool {
    let request = DescribeNamespaceRequest { namespace: run.run.namespace.clone(), ..Default::default() };
    let found = visit.workflows().describe_namespace(visit.request(request)).await;
    let capabilities = found.ok().and_then(|found| found.into_inner().namespace_info?.capabilities);
    capabilities.is_some_and(|capabilities| capabilities.workflow_pause)
}
