//! A new search attribute.

use std::collections::BTreeMap;

use abide_api::temporal::api::operatorservice::v1::AddSearchAttributesRequest;
use axum::extract::Path;
use maud::{Markup, html};

use super::{TYPES, address, type_name};
use crate::command_line;
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::pages::namespaces::detail::describe;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::command;

/// Asks for its name and type.
pub(crate) async fn ask(visit: Visit, Path(namespace): Path<String>) -> Result<Page, Problem> {
    visit.allow(Action::Administration)?;
    describe(&visit, &namespace).await?;
    let page = Page::new(Place::SearchAttributes, "Add a search attribute", asked(&visit, &namespace));
    Ok(page.of(namespace))
}

fn asked(visit: &Visit, namespace: &str) -> Markup {
    let fixed = command_line::command("operator search-attribute create", &[("namespace", Some(namespace))]);
    html! {
        h1 { "Add a search attribute" }
        form.fields method="post" action=(address(visit, namespace, &["actions", "add"])) {
            (form::token(visit))
            label { "Name" input name="name" required autofocus autocomplete="off" spellcheck="false"; }
            label { "Type"
                select name="type" aria-describedby="type-note" {
                    @for kind in TYPES { option value=(type_name(kind.into())) { (type_name(kind.into())) } }
                }
            }
            p.quiet id="type-note" {
                "A Keyword is compared as a whole, a Text word by word. The type cannot be changed later."
            }
            (command(&format!("{fixed} --name {{name}} --type {{type}}")))
            p.actions {
                button.primary { "Add" }
                a.button href=(address(visit, namespace, &[])) data-close="" { "Cancel" }
            }
        }
    }
}

/// Adds it.
pub(crate) async fn act(visit: Visit, Path(namespace): Path<String>, given: Fields) -> Result<Done, Problem> {
    visit.allow(Action::Administration)?;
    let name = given.required("name", "Name")?;
    let wanted = given.required("type", "Type")?;
    let kind = TYPES.into_iter().find(|kind| type_name((*kind).into()) == wanted);
    let kind = kind.ok_or_else(|| Problem::invalid(format!("there is no type {wanted}")))?;
    let search_attributes = BTreeMap::from([(name.to_owned(), kind.into())]);
    let request = AddSearchAttributesRequest { search_attributes, namespace: namespace.clone() };
    visit.operator().add_search_attributes(visit.request(request)).await?;
    Ok(Done { to: address(&visit, &namespace, &[]), said: format!("Search attribute {name} was added.") })
}
