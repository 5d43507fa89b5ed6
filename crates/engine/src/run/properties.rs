//! Memo and search attributes: merged from the start and from what the workflow upserts; a null value removes.

use abide_api::temporal::api::{
    common::v1::{Memo, Payload, Payloads, SearchAttributes},
    history::v1::{
        UpsertWorkflowSearchAttributesEventAttributes, WorkflowPropertiesModifiedEventAttributes,
        history_event::Attributes,
    },
};
use abide_model::Timestamp;
use bytes::Bytes;

use super::event::{Annotation, annotated};
use super::{Out, Run};

/// Whether a payload says "no value": nothing at all, or JSON's null, or an empty list.
pub fn is_null(payload: &Payload) -> bool {
    match payload.metadata.get("encoding").map(|encoding| &encoding[..]) {
        Some(b"binary/null") => true,
        Some(b"json/plain") => matches!(&payload.data[..], b"null" | b"[]"),
        _ => payload.data.is_empty() && payload.metadata.is_empty(),
    }
}

/// Copies what a payload holds out of the request that it came in: a slice keeps the whole buffer of its connection
/// alive, which is many times larger, and what a run keeps it keeps for long.
pub fn detach(payload: &mut Payload) {
    payload.data = Bytes::copy_from_slice(&payload.data);
    for value in payload.metadata.values_mut() {
        *value = Bytes::copy_from_slice(value);
    }
}

/// The same for several payloads.
pub fn detach_all(payloads: Option<&mut Payloads>) {
    payloads.into_iter().flat_map(|payloads| &mut payloads.payloads).for_each(detach);
}

impl Run {
    pub(super) fn upsert_search_attributes(
        &mut self,
        search_attributes: Option<SearchAttributes>,
        workflow_task_completed_event_id: i64,
        annotation: Annotation,
        now: Timestamp,
        out: &mut Out,
    ) {
        let upsert =
            UpsertWorkflowSearchAttributesEventAttributes { workflow_task_completed_event_id, search_attributes };
        let attributes = Attributes::UpsertWorkflowSearchAttributesEventAttributes(upsert);
        self.emit_event(now, annotated(attributes, annotation), out);
    }

    pub(super) fn modify_properties(
        &mut self,
        upserted_memo: Option<Memo>,
        workflow_task_completed_event_id: i64,
        annotation: Annotation,
        now: Timestamp,
        out: &mut Out,
    ) {
        let modified = WorkflowPropertiesModifiedEventAttributes { workflow_task_completed_event_id, upserted_memo };
        let attributes = Attributes::WorkflowPropertiesModifiedEventAttributes(modified);
        self.emit_event(now, annotated(attributes, annotation), out);
    }

    pub(super) fn apply_search_attributes(&mut self, upsert: &UpsertWorkflowSearchAttributesEventAttributes) {
        let fields = upsert.search_attributes.iter().flat_map(|attributes| &attributes.indexed_fields);
        merge(&mut self.state.properties.search_attributes, fields);
        self.state.position.visibility_revision += 1;
    }

    pub(super) fn apply_memo(&mut self, modified: &WorkflowPropertiesModifiedEventAttributes) {
        let fields = modified.upserted_memo.iter().flat_map(|memo| &memo.fields);
        merge(&mut self.state.properties.memo, fields);
        self.state.position.visibility_revision += 1;
    }
}

fn merge<'a>(
    known: &mut std::collections::BTreeMap<String, Payload>,
    fields: impl Iterator<Item = (&'a String, &'a Payload)>,
) {
    for (name, value) in fields {
        if is_null(value) {
            known.remove(name);
        } else {
            let mut value = value.clone();
            detach(&mut value);
            known.insert(name.clone(), value);
        }
    }
}
