//! Links that a request attaches to what it causes.

use abide_api::temporal::api::common::v1::Link;
use abide_model::limits;
use prost::Message;

use crate::status::Refusal;

/// Refuses too many links, too large ones, and ones that link to nothing.
pub fn check<'a>(links: impl IntoIterator<Item = &'a Link>) -> Result<(), Refusal> {
    let links: Vec<&Link> = links.into_iter().collect();
    if links.len() > limits::LINKS_MAX {
        let text = format!("cannot attach more than {} links per request, got {}", limits::LINKS_MAX, links.len());
        return Err(Refusal::Invalid(text.into()));
    }
    for link in links {
        let bytes = link.encoded_len();
        if bytes > limits::LINK_BYTES_MAX {
            let text = format!("link exceeds allowed size of {}, got {bytes}", limits::LINK_BYTES_MAX);
            return Err(Refusal::Invalid(text.into()));
        }
        if link.variant.is_none() {
            return Err(Refusal::invalid("unsupported link variant"));
        }
    }
    Ok(())
}
