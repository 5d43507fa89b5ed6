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
use crate::call::Call;
use crate::method::Rpc;

#[tonic::async_trait]
impl OperatorService for Frontend {
    async fn add_search_attributes(
        &self,
        request: Request<AddSearchAttributesRequest>,
    ) -> Result<Response<AddSearchAttributesResponse>, Status> {
        let call = Call::open(Rpc::AddSearchAttributes, request.metadata())?;
        call.answer(search_attributes::add(self, request.into_inner()).await)
    }

    async fn remove_search_attributes(
        &self,
        request: Request<RemoveSearchAttributesRequest>,
    ) -> Result<Response<RemoveSearchAttributesResponse>, Status> {
        let call = Call::open(Rpc::RemoveSearchAttributes, request.metadata())?;
        call.answer(search_attributes::remove(self, request.into_inner()).await)
    }

    async fn list_search_attributes(
        &self,
        request: Request<ListSearchAttributesRequest>,
    ) -> Result<Response<ListSearchAttributesResponse>, Status> {
        let call = Call::open(Rpc::ListSearchAttributes, request.metadata())?;
        call.answer(search_attributes::list(self, request.into_inner()))
    }

    async fn delete_namespace(
        &self,
        request: Request<DeleteNamespaceRequest>,
    ) -> Result<Response<DeleteNamespaceResponse>, Status> {
        let call = Call::open(Rpc::DeleteNamespace, request.metadata())?;
        call.answer(namespace::delete(self, request.into_inner()).await)
    }
}
