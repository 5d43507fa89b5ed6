//! A new namespace.

use abide_api::temporal::api::namespace::v1::NamespaceInfo;
use abide_api::temporal::api::workflowservice::v1::RegisterNamespaceRequest;
use abide_http::url::path;
use maud::{Markup, html};
use prost_types::Duration;

use super::fields;
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::command;

/// What most people want.
const RETENTION: Duration = Duration { seconds: 72 * 3600, nanos: 0 };
const COMMAND: &str = "abide operator namespace create --namespace {name} --description {description} --email {owner} \
                       --retention {retention} --data {data}";

/// Asks for what it is to be.
pub(crate) async fn ask(visit: Visit) -> Result<Page, Problem> {
    visit.allow(Action::Administration)?;
    Ok(Page::new(Place::Namespaces, "Create a namespace", asked(&visit)))
}

fn asked(visit: &Visit) -> Markup {
    html! {
        h1 { "Create a namespace" }
        form.fields method="post" action=(visit.href("/namespaces/actions/create")) {
            (form::token(visit))
            label { "Name" input name="name" required autofocus autocomplete="off" spellcheck="false"; }
            (fields::fields(&NamespaceInfo::default(), &RETENTION))
            (command(COMMAND))
            p.actions {
                button.primary { "Create" }
                a.button href=(visit.href("/namespaces")) data-close="" { "Cancel" }
            }
        }
    }
}

/// Creates it.
pub(crate) async fn act(visit: Visit, given: Fields) -> Result<Done, Problem> {
    visit.allow(Action::Administration)?;
    let name = given.required("name", "Name")?;
    let request = RegisterNamespaceRequest {
        namespace: name.to_owned(),
        description: given.text("description").unwrap_or_default().to_owned(),
        owner_email: given.text("owner").unwrap_or_default().to_owned(),
        workflow_execution_retention_period: Some(fields::retention(&given)?),
        data: fields::data(&given)?,
        ..Default::default()
    };
    visit.workflows().register_namespace(visit.request(request)).await?;
    Ok(Done { to: visit.href(&path(&["namespaces", name])), said: format!("Namespace {name} was created.") })
}
