//! Takes a search attribute away.

use abide_api::temporal::api::operatorservice::v1::RemoveSearchAttributesRequest;
use axum::extract::Path;
use maud::{Markup, html};

use super::address;
use crate::command_line;
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::pages::namespaces::detail::describe;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::command;

/// Says what happens then.
pub(crate) async fn ask(visit: Visit, Path((namespace, name)): Path<(String, String)>) -> Result<Page, Problem> {
    visit.allow(Action::Administration)?;
    describe(&visit, &namespace).await?;
    let page = Page::new(Place::SearchAttributes, format!("Remove {name}"), asked(&visit, &namespace, &name));
    Ok(page.of(namespace))
}

fn asked(visit: &Visit, namespace: &str, name: &str) -> Markup {
    let flags = [("namespace", Some(namespace)), ("name", Some(name))];
    html! {
        h1 { "Remove " (name) }
        form.fields method="post" action=(address(visit, namespace, &[name, "actions", "remove"])) {
            (form::token(visit))
            p.alert { "From now on " code { (name) } " can be neither set nor searched for: workflows that set it fail their workflow "
                "task, and saved queries that name it are refused. Workflow executions keep the values that they have." }
            (command(&(command_line::command("operator search-attribute remove", &flags) + " --yes")))
            p.actions {
                button.danger { "Remove" }
                a.button href=(address(visit, namespace, &[])) data-close="" { "Cancel" }
            }
        }
    }
}

/// Removes it.
pub(crate) async fn act(
    visit: Visit,
    Path((namespace, name)): Path<(String, String)>,
    _given: Fields,
) -> Result<Done, Problem> {
    visit.allow(Action::Administration)?;
    let request = RemoveSearchAttributesRequest { search_attributes: vec![name.clone()], namespace: namespace.clone() };
    visit.operator().remove_search_attributes(visit.request(request)).await?;
    Ok(Done { to: address(&visit, &namespace, &[]), said: format!("Search attribute {name} was removed.") })
}
