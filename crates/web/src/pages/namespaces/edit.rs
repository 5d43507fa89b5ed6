//! Changes what a namespace says of itself, and how long it keeps runs.

use abide_api::temporal::api::namespace::v1::{NamespaceConfig, UpdateNamespaceInfo};
use abide_api::temporal::api::workflowservice::v1::{DescribeNamespaceResponse, UpdateNamespaceRequest};
use abide_http::url::path;
use axum::extract::Path;
use maud::{Markup, html};

use super::detail::describe;
use super::fields;
use crate::command_line;
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::command;

/// Asks what it is to be from now on.
pub(crate) async fn ask(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    visit.allow(Action::Administration)?;
    let found = describe(&visit, &namespace).await?;
    let title = format!("Edit {namespace}");
    Ok(Page::new(Place::Namespaces, title, asked(&visit, &namespace, found)).of(namespace))
}

fn asked(visit: &Visit, namespace: &str, found: DescribeNamespaceResponse) -> Markup {
    let info = found.namespace_info.unwrap_or_default();
    let retention = found.config.and_then(|config| config.workflow_execution_retention_ttl).unwrap_or_default();
    let fixed = command_line::command("operator namespace update", &[("namespace", Some(namespace))]);
    html! {
        h1 { "Edit " (namespace) }
        form.fields method="post" action=(visit.href(&path(&["namespaces", namespace, "actions", "edit"]))) {
            (form::token(visit))
            p { "What is left empty stays as it is. A new retention counts for workflow executions that close from now on." }
            (fields::fields(&info, &retention))
            (command(&format!("{fixed} --description {{description}} --email {{owner}} --retention {{retention}} --data {{data}}")))
            p.actions {
                button.primary { "Save" }
                a.button href=(visit.href(&path(&["namespaces", namespace]))) data-close="" { "Cancel" }
            }
        }
    }
}

/// Changes it.
pub(crate) async fn act(visit: Visit, Path(namespace): Path<String>, given: Fields) -> Result<Done, Problem> {
    visit.allow(Action::Administration)?;
    let text = |name: &str| given.text(name).unwrap_or_default().to_owned();
    let info = UpdateNamespaceInfo {
        description: text("description"),
        owner_email: text("owner"),
        data: fields::data(&given)?,
        ..Default::default()
    };
    let retention = Some(fields::retention(&given)?);
    let request = UpdateNamespaceRequest {
        namespace: namespace.clone(),
        update_info: Some(info),
        config: Some(NamespaceConfig { workflow_execution_retention_ttl: retention, ..Default::default() }),
        ..Default::default()
    };
    visit.workflows().update_namespace(visit.request(request)).await?;
    Ok(Done { to: visit.href(&path(&["namespaces", &namespace])), said: format!("Namespace {namespace} was changed.") })
}
