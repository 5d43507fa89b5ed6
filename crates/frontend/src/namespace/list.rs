//! ListNamespaces.

use abide_api::temporal::api::workflowservice::v1::{ListNamespacesRequest, ListNamespacesResponse};
use abide_engine::namespace::{Namespace, State};
use abide_model::limits;
use bytes::Bytes;

use crate::Frontend;
use crate::convert::namespace::described;
use crate::status::Refusal;
use crate::token::NamespacesPage;

/// A page of namespaces, by name; of those that are deleted and not gone yet only when the request wants them.
pub fn list(frontend: &Frontend, request: ListNamespacesRequest) -> Result<ListNamespacesResponse, Refusal> {
    let after = match request.next_page_token.as_ref() {
        b"" => String::new(),
        token => NamespacesPage::parse(token)?.after,
    };
    let size = usize::try_from(request.page_size).ok().filter(|size| *size > 0);
    let size = size.unwrap_or(limits::NAMESPACES_PAGE_DEFAULT).min(limits::LIST_PAGE_MAX);
    let deleted_too = request.namespace_filter.is_some_and(|filter| filter.include_deleted);
    let is_shown = |namespace: &Namespace| deleted_too || namespace.state() != State::Deleted;
    let all = frontend.namespaces.list().into_iter();
    let mut rest = all.filter(|namespace| namespace.name > after && is_shown(namespace));
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let next_page_token = match (page.last(), rest.next()) {
        (Some(last), Some(_)) => NamespacesPage { after: last.name.clone() }.seal(),
        (_, _) => Bytes::new(),
    };
    let namespaces = page.iter().map(|namespace| described(namespace, &frontend.settings)).collect();
    Ok(ListNamespacesResponse { namespaces, next_page_token })
}
