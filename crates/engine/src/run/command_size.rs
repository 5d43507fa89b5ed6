//! How much a worker's commands may carry, and what is said of more. Texts are the reference server's.

use abide_api::temporal::api::{
    common::v1::{Payload, SearchAttributes},
    enums::v1::WorkflowTaskFailedCause as Cause,
};
use abide_model::settings::SearchAttributeLimits;
use prost::Message;

use super::worker_command::{Checked, refuse, too_large};

pub(super) fn check_size(size: usize, max: usize, cause: Cause, what: &str) -> Checked<()> {
    if size > max { too_large(cause, format!("{what} exceeds size limit.")) } else { Ok(()) }
}

/// Those that a run begins with.
pub(super) fn check_search_attributes_of_start(
    attributes: Option<&SearchAttributes>,
    cause: Cause,
    bounds: SearchAttributeLimits,
) -> Checked<()> {
    let Some(attributes) = attributes else { return Ok(()) };
    check_number(attributes, cause, bounds)?;
    check_attribute_sizes(attributes, cause, bounds)
}

pub(super) fn check_number(attributes: &SearchAttributes, cause: Cause, bounds: SearchAttributeLimits) -> Checked<()> {
    let (number, limit) = (attributes.indexed_fields.len(), bounds.number_max);
    if number > limit {
        return refuse(cause, format!("number of search attributes {number} exceeds limit {limit}"));
    }
    Ok(())
}

pub(super) fn check_attribute_sizes(
    attributes: &SearchAttributes,
    cause: Cause,
    bounds: SearchAttributeLimits,
) -> Checked<()> {
    let fields = &attributes.indexed_fields;
    let too_long = |value: &Payload| value.data.len() > bounds.value_bytes_max;
    if let Some((name, value)) = fields.iter().find(|(_, value)| too_long(value)) {
        let limit = bounds.value_bytes_max;
        let size = value.data.len();
        return too_large(cause, format!("search attribute {name} value size {size} exceeds size limit {limit}"));
    }
    let (size, limit) = (attributes.encoded_len(), bounds.bytes_max);
    if size > limit {
        return too_large(cause, format!("total size of search attributes {size} exceeds size limit {limit}"));
    }
    Ok(())
}

/// "X exceeds length limit", as the reference says it.
pub(super) fn length_text(what: &str, id: &str, limit: usize) -> String {
    format!("{what} exceeds length limit. Length={} Limit={limit}", id.len())
}

/// The same for a field of a command, as the reference says it.
pub(super) fn named_length_text(field: &str, command: &str, text: &str, limit: usize) -> String {
    format!("{field} on {command} exceeds length limit. {field}={text} Length={} Limit={limit}", text.len())
}
