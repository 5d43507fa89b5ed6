//! DescribeNamespace.

use abide_api::temporal::api::workflowservice::v1::{DescribeNamespaceRequest, DescribeNamespaceResponse};
use abide_cluster::Error;
use abide_model::NamespaceId;

use crate::Frontend;
use crate::convert::namespace::described;
use crate::status::Refusal;

/// Describes a namespace, named or by id.
pub fn describe(frontend: &Frontend, request: DescribeNamespaceRequest) -> Result<DescribeNamespaceResponse, Refusal> {
    let namespace = match (request.namespace.as_str(), request.id.as_str()) {
        (name, "") => {
            frontend.namespace_name(name)?;
            frontend.namespaces.by_name(name)?
        }
        ("", id) => {
            let parsed = NamespaceId::parse(id).ok_or_else(|| Error::NamespaceNotFound(id.to_owned()))?;
            frontend.namespaces.by_id(parsed)?
        }
        (_, _) => {
            return Err(Refusal::invalid("GetNamespace operation failed. Both ID and Name specified in request."));
        }
    };
    Ok(described(&namespace, &frontend.settings))
}
