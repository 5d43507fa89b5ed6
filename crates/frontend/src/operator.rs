//! OperatorService: the search attributes of a namespace. Its other RPCs answer `UNIMPLEMENTED` by themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_api::temporal::api::{
    enums::v1::IndexedValueType,
    operatorservice::v1::{
        AddSearchAttributesRequest, AddSearchAttributesResponse, ListSearchAttributesRequest,
        ListSearchAttributesResponse, operator_service_server::OperatorService,
    },
};
use abide_engine::namespace::{Namespace, Update};
use tonic::{Request, Response, Status};

use crate::Frontend;
use crate::call::Call;
use crate::method::Rpc;
use crate::parse::search_attributes::{PREDEFINED, SYSTEM, is_reserved};
use crate::status::Refusal;

#[tonic::async_trait]
impl OperatorService for Frontend {
    async fn add_search_attributes(
        &self,
        request: Request<AddSearchAttributesRequest>,
    ) -> Result<Response<AddSearchAttributesResponse>, Status> {
        let call = Call::open(Rpc::AddSearchAttributes, request.metadata())?;
        call.answer(add(self, request.into_inner()).await)
    }

    async fn list_search_attributes(
        &self,
        request: Request<ListSearchAttributesRequest>,
    ) -> Result<Response<ListSearchAttributesResponse>, Status> {
        let call = Call::open(Rpc::ListSearchAttributes, request.metadata())?;
        call.answer(list(self, request.into_inner()))
    }
}

/// Adds search attributes. Names that are there already stay as they are, as in the reference.
async fn add(frontend: &Frontend, request: AddSearchAttributesRequest) -> Result<AddSearchAttributesResponse, Refusal> {
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

/// Custom search attributes, and those of the system.
fn list(frontend: &Frontend, request: ListSearchAttributesRequest) -> Result<ListSearchAttributesResponse, Refusal> {
    let namespace = namespace(frontend, &request.namespace)?;
    let system = SYSTEM.iter().chain(&PREDEFINED).map(|(name, kind)| ((*name).to_owned(), *kind as i32));
    Ok(ListSearchAttributesResponse {
        custom_attributes: namespace.search_attributes.clone(),
        system_attributes: system.collect(),
        ..ListSearchAttributesResponse::default()
    })
}

fn namespace(frontend: &Frontend, name: &str) -> Result<Arc<Namespace>, Refusal> {
    if name.is_empty() {
        return Err(Refusal::invalid("Namespace is not set on request."));
    }
    frontend.namespace(name)
}
