//! AddSearchAttributes, RemoveSearchAttributes, ListSearchAttributes: those of one namespace. And GetSearchAttributes: all
//! that there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use abide_api::temporal::api::{
    enums::v1::IndexedValueType,
    operatorservice::v1::{
        AddSearchAttributesRequest, AddSearchAttributesResponse, ListSearchAttributesRequest,
        ListSearchAttributesResponse, RemoveSearchAttributesRequest, RemoveSearchAttributesResponse,
    },
    workflowservice::v1::GetSearchAttributesResponse,
};
use abide_engine::namespace::{Namespace, State, Update};
use abide_visibility::{predefined_attributes, system_attributes};

use crate::Frontend;
use crate::parse::search_attributes::is_reserved;
use crate::status::Refusal;

/// Adds search attributes. Names that are there already stay as they are, as in the reference.
pub async fn add(
    frontend: &Frontend,
    request: AddSearchAttributesRequest,
) -> Result<AddSearchAttributesResponse, Refusal> {
    if request.search_attributes.is_empty() {
        return Err(Refusal::invalid("SearchAttributes are not set on request."));
    }
    check(&request.search_attributes)?;
    let namespace = namespace(frontend, &request.namespace)?;
    let mut added = request.search_attributes;
    added.retain(|name, _| !namespace.search_attributes.contains_key(name));
    if !added.is_empty() {
        let update = Update { search_attributes: added, ..Update::default() };
        frontend.namespaces.update(request.namespace, update).await?;
    }
    Ok(AddSearchAttributesResponse {})
}

fn check(attributes: &BTreeMap<String, i32>) -> Result<(), Refusal> {
    for (name, kind) in attributes {
        if name.is_empty() {
            return Err(Refusal::invalid("Search attribute name is not set on request."));
        }
        if is_reserved(name) {
            return Err(Refusal::Invalid(format!("Search attribute {name} is reserved by system.").into()));
        }
        if matches!(IndexedValueType::try_from(*kind), Err(_) | Ok(IndexedValueType::Unspecified)) {
            return Err(Refusal::Invalid(format!("Unknown search attribute type: {kind}.").into()));
        }
    }
    Ok(())
}

/// Removes custom search attributes. What runs have of them stays; it can be neither set nor searched any more. Names
/// that are not there are passed over, as in the reference.
pub async fn remove(
    frontend: &Frontend,
    request: RemoveSearchAttributesRequest,
) -> Result<RemoveSearchAttributesResponse, Refusal> {
    if request.search_attributes.is_empty() {
        return Err(Refusal::invalid("SearchAttributes are not set on request."));
    }
    namespace(frontend, &request.namespace)?;
    if let Some(name) = request.search_attributes.iter().find(|name| is_reserved(name)) {
        return Err(Refusal::Invalid(format!("Unable to remove non-custom search attributes: {name}.").into()));
    }
    let removed: BTreeSet<String> = request.search_attributes.into_iter().collect();
    let update = Update { removed_search_attributes: removed, ..Update::default() };
    frontend.namespaces.update(request.namespace, update).await?;
    Ok(RemoveSearchAttributesResponse {})
}

/// Custom search attributes, and those of the system.
pub fn list(
    frontend: &Frontend,
    request: ListSearchAttributesRequest,
) -> Result<ListSearchAttributesResponse, Refusal> {
    let namespace = namespace(frontend, &request.namespace)?;
    Ok(ListSearchAttributesResponse {
        custom_attributes: namespace.search_attributes.clone(),
        system_attributes: of_the_system().collect(),
        ..ListSearchAttributesResponse::default()
    })
}

/// All that there are in any namespace, and those of the system. Where two namespaces differ about a name, one of them
/// is shown.
pub fn everywhere(frontend: &Frontend) -> GetSearchAttributesResponse {
    let all = frontend.namespaces.list();
    let open = all.iter().filter(|namespace| namespace.state() != State::Deleted);
    let custom = open.flat_map(|namespace| namespace.search_attributes.clone());
    GetSearchAttributesResponse { keys: custom.chain(of_the_system()).collect() }
}

fn of_the_system() -> impl Iterator<Item = (String, i32)> {
    system_attributes().chain(predefined_attributes()).map(|(name, kind)| (name.to_owned(), kind.into()))
}

fn namespace(frontend: &Frontend, name: &str) -> Result<Arc<Namespace>, Refusal> {
    if name.is_empty() {
        return Err(Refusal::invalid("Namespace is not set on request."));
    }
    frontend.namespace(name)
}
