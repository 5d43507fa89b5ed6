//! Takes a namespace away, with everything inside. Who does so types its name: nothing brings it back.

use abide_api::temporal::api::operatorservice::v1::DeleteNamespaceRequest;
use abide_api::temporal::api::workflowservice::v1::CountWorkflowExecutionsRequest;
use abide_http::url::path;
use axum::extract::Path;
use maud::{Markup, html};

use super::detail::describe;
use crate::command_line;
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::command;

/// Says what happens then.
pub(crate) async fn ask(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    visit.allow(Action::Administration)?;
    describe(&visit, &namespace).await?;
    let request = CountWorkflowExecutionsRequest { namespace: namespace.clone(), ..Default::default() };
    let runs = visit.workflows().count_workflow_executions(visit.request(request)).await;
    let runs = runs.ok().map(|counted| counted.into_inner().count);
    let title = format!("Delete {namespace}");
    Ok(Page::new(Place::Namespaces, title, asked(&visit, &namespace, runs)).of(namespace))
}

fn asked(visit: &Visit, namespace: &str, runs: Option<i64>) -> Markup {
    let flags = [("namespace", Some(namespace))];
    let fixed = command_line::command("operator namespace delete", &flags) + " --yes";
    html! {
        h1 { "Delete " (namespace) }
        form.fields method="post" action=(visit.href(&path(&["namespaces", namespace, "actions", "delete"]))) {
            (form::token(visit))
            p.alert { strong { "This cannot be undone. " }
                @match runs {
                    Some(1) => "There is 1 workflow execution in this namespace. ",
                    Some(runs) => { "There are " (runs) " workflow executions in this namespace. " },
                    None => "",
                }
            }
            ul {
                li { "At once, nothing can be started, signaled or polled in it any more, and its name is free. Until it is gone, it is "
                    "listed under its old name with " code { "-deleted-" } " and a part of its id." }
                li { "In the background, its workflow executions are deleted, open and closed, with their histories: open ones "
                    "do not end first, and nobody is told. Then goes the configuration of its task queues." }
                li { "At last, the namespace itself goes with its search attributes." }
            }
            label { "Type the namespace's name to confirm"
                input name="name" required autofocus autocomplete="off" spellcheck="false";
            }
            (command(&fixed))
            p.actions {
                button.danger { "Delete the namespace" }
                a.button href=(visit.href(&path(&["namespaces", namespace]))) data-close="" { "Cancel" }
            }
        }
    }
}

/// Deletes it.
pub(crate) async fn act(visit: Visit, Path(namespace): Path<String>, given: Fields) -> Result<Done, Problem> {
    visit.allow(Action::Administration)?;
    if given.required("name", "The namespace's name")? != namespace {
        return Err(Problem::invalid("this is not the name of the namespace"));
    }
    let request = DeleteNamespaceRequest { namespace: namespace.clone(), ..Default::default() };
    let deleted = visit.operator().delete_namespace(visit.request(request)).await?.into_inner().deleted_namespace;
    let said = format!("Namespace {namespace} is being deleted. Until it is gone, it is called {deleted}.");
    Ok(Done { to: visit.href("/namespaces"), said })
}
