//! ListNamespaces.

use abide_api::temporal::api::workflowservice::v1::{ListNamespacesRequest, ListNamespacesResponse};
use abide_model::limits;
use bytes::Bytes;

use crate::Frontend;
use crate::convert::namespace::described;
use crate::status::Refusal;
use crate::token::NamespacesPage;

/// A page of namespaces, by name.
pub fn list(frontend: &Frontend, request: ListNamespacesRequest) -> Result<ListNamespacesResponse, Refusal> {
    let after = match request.next_page_token.as_ref() {
        b"" => String::new(),
        token => NamespacesPage::parse(token)?.after,
    };
    let size = usize::try_from(request.page_size).ok().filter(|size| *size > 0);
    let size = size.unwrap_or(limits::NAMESPACES_PAGE_DEFAULT).min(limits::LIST_PAGE_MAX);
    let mut rest = frontend.namespaces.list().into_iter().filter(|namespace| namespace.name > after);
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let next_page_token = match (page.last(), rest.next()) {
        (Some(last), Some(_)) => NamespacesPage { after: last.name.clone() }.seal(),
        (_, _) => Bytes::new(),
    };
    let namespaces = page.iter().map(|namespace| described(namespace, &frontend.settings)).collect();
    Ok(ListNamespacesResponse { namespaces, next_page_token })
}
