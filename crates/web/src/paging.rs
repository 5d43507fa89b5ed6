//! The next part of a list that is longer than a page: the service's own token, carried by a link.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use maud::{Markup, html};

use crate::problem::Problem;
use crate::visit::Visit;

/// The value of the query with the token.
const AFTER: &str = "after";

/// Behind which part the list is to go on; nothing for the first one.
pub(crate) fn after(visit: &Visit) -> Result<Bytes, Problem> {
    let text = visit.value(AFTER).unwrap_or_default();
    let token = URL_SAFE_NO_PAD.decode(text).map_err(|_| Problem::invalid("the link to the next page is broken"))?;
    Ok(token.into())
}

/// The link to the next part of the list with this id, if there is one.
pub(crate) fn more(visit: &Visit, list: &str, token: &[u8]) -> Markup {
    let to = visit.here_with(&[(AFTER, Some(&URL_SAFE_NO_PAD.encode(token)))]);
    html! { @if !token.is_empty() { p data-key="more" { a.button data-more=(list) href=(to) { "More" } } } }
}
