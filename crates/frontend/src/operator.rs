//! OperatorService: search attributes, and the deletion of namespaces. Its RPCs about clusters and Nexus endpoints answer
//! `UNIMPLEMENTED` by themselves.

mod namespace;
mod search_attributes;

pub use search_attributes::everywhere as search_attributes_everywhere;

use abide_api::temporal::api::operatorservice::v1::{
    AddSearchAttributesRequest, AddSearchAttributesResponse, DeleteNamespaceRequest, DeleteNamespaceResponse,
    ListSearchAttributesRequest, ListSearchAttributesResponse, RemoveSearchAttributesRequest,
    RemoveSearchAttributesResponse, operator_service_server::OperatorService,
};
use tonic::{Request, Response, Status};

use crate::Frontend;
use crate::method::Rpc;

#[tonic::async_trait]
impl OperatorService for Frontend {
    async fn add_search_attributes(
        &self,
        request: Request<AddSearchAttributesRequest>,
    ) -> Result<Response<AddSearchAttributesResponse>, Status> {
        let (call, frontend) = self.open(Rpc::AddSearchAttributes, request.metadata(), &request.get_ref().namespace)?;
        call.answer(search_attributes::add(&frontend, request.into_inner()).await)
    }

    async fn remove_search_attributes(
        &self,
        request: Request<RemoveSearchAttributesRequest>,
    ) -> Result<Response<RemoveSearchAttributesResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::RemoveSearchAttributes, request.metadata(), &request.get_ref().namespace)?;
        call.answer(search_attributes::remove(&frontend, request.into_inner()).await)
    }

    async fn list_search_attributes(
        &self,
        request: Request<ListSearchAttributesRequest>,
    ) -> Result<Response<ListSearchAttributesResponse>, Status> {
        let (call, frontend) =
            self.open(Rpc::ListSearchAttributes, request.metadata(), &request.get_ref().namespace)?;
        call.answer(search_attributes::list(&frontend, request.into_inner()))
    }

    async fn delete_namespace(
        &self,
        request: Request<DeleteNamespaceRequest>,
    ) -> Result<Response<DeleteNamespaceResponse>, Status> {
        let (call, frontend) = self.open(Rpc::DeleteNamespace, request.metadata(), &request.get_ref().namespace)?;
        call.answer(namespace::delete(&frontend, request.into_inner()).await)
    }
}
