//! Search attributes as readers get them: each value says its type.

use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_engine::namespace::Namespace;

use crate::parse::search_attributes::{kind, type_name};

/// Writes the type of every search attribute into its metadata, where readers look for it.
pub fn name_types(namespace: &Namespace, info: &mut WorkflowExecutionInfo) {
    let Some(attributes) = &mut info.search_attributes else { return };
    for (name, payload) in &mut attributes.indexed_fields {
        if let Some(kind) = kind(namespace, name) {
            payload.metadata.insert("type".to_owned(), type_name(kind).as_bytes().into());
        }
    }
}
