//! What a workflow writes down about itself: markers, search attributes, memo.

use abide_api::temporal::api::{
    command::v1::{
        Command as WorkerCommand, ModifyWorkflowPropertiesCommandAttributes, RecordMarkerCommandAttributes,
        UpsertWorkflowSearchAttributesCommandAttributes, command::Attributes,
    },
    common::v1::{Header, Memo, Payload, SearchAttributes},
    enums::v1::{CommandType, EventType},
};
use abide_model::limits;

use super::golden::{Golden, Refusals, Row, bare, long};
use crate::run::tests::world::*;

pub const EVENTS: &[Golden] = &[
    Golden { event: EventType::MarkerRecorded, play: recorded },
    Golden { event: EventType::UpsertWorkflowSearchAttributes, play: upserted },
    Golden { event: EventType::WorkflowPropertiesModified, play: modified },
];

pub const COMMANDS: &[Row] = &[
    Row { command: CommandType::RecordMarker, accepted: Some(recorded), refused: markers_refused },
    Row { command: CommandType::UpsertWorkflowSearchAttributes, accepted: Some(upserted), refused: upserts_refused },
    Row { command: CommandType::ModifyWorkflowProperties, accepted: Some(modified), refused: modifications_refused },
];

fn of_bytes(bytes: usize) -> Payload {
    payloads(bytes).payloads[0].clone()
}

fn decided(command: WorkerCommand) -> World {
    let mut world = World::new();
    world.turn(vec![command]).expect("valid");
    world
}

fn record(attributes: RecordMarkerCommandAttributes) -> WorkerCommand {
    command(CommandType::RecordMarker, Attributes::RecordMarkerCommandAttributes(attributes))
}

fn upsert(search_attributes: Option<SearchAttributes>) -> WorkerCommand {
    let attributes = UpsertWorkflowSearchAttributesCommandAttributes { search_attributes };
    let attributes = Attributes::UpsertWorkflowSearchAttributesCommandAttributes(attributes);
    command(CommandType::UpsertWorkflowSearchAttributes, attributes)
}

fn modify(upserted_memo: Option<Memo>) -> WorkerCommand {
    let attributes = ModifyWorkflowPropertiesCommandAttributes { upserted_memo };
    let attributes = Attributes::ModifyWorkflowPropertiesCommandAttributes(attributes);
    command(CommandType::ModifyWorkflowProperties, attributes)
}

fn recorded() -> World {
    decided(record(RecordMarkerCommandAttributes {
        marker_name: "Version".into(),
        details: [("change".to_owned(), payloads(2))].into(),
        header: Some(Header { fields: [("trace".to_owned(), of_bytes(1))].into() }),
        failure: Some(application_failure("no", "No", false)),
    }))
}

fn upserted() -> World {
    let indexed_fields = [("CustomKeywordField".to_owned(), of_bytes(3))].into();
    let world = decided(upsert(Some(SearchAttributes { indexed_fields })));
    let shown = world.run.info().search_attributes.expect("shown").indexed_fields;
    let mut names: Vec<&str> = shown.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["BuildIds", "CustomKeywordField"]);
    world
}

fn modified() -> World {
    let world = decided(modify(Some(Memo { fields: [("note".to_owned(), of_bytes(3))].into() })));
    assert_eq!(world.run.info().memo.expect("shown").fields.len(), 1);
    world
}

fn markers_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::RecordMarker));
    refusals.alone("without a name", marker(""));
    refusals.alone("with a name that is too long", marker(&long()));
    let details = [("change".to_owned(), payloads(1001))].into();
    let large = RecordMarkerCommandAttributes { marker_name: "m".into(), details, ..Default::default() };
    refusals.alone("with details that are too large", record(large));
}

fn upserts_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::UpsertWorkflowSearchAttributes));
    refusals.alone("without search attributes", upsert(None));
    refusals.alone("of none", upsert(Some(SearchAttributes::default())));
    let many = |count: usize, bytes: usize| {
        let fields = (0..count).map(|number| (format!("Field{number}"), of_bytes(bytes)));
        upsert(Some(SearchAttributes { indexed_fields: fields.collect() }))
    };
    refusals.alone("of too many", many(limits::SEARCH_ATTRIBUTES_MAX + 1, 1));
    refusals.alone("of one that is too large", many(1, limits::SEARCH_ATTRIBUTE_BYTES_MAX + 1));
    refusals.alone("that are too large together", many(21, limits::SEARCH_ATTRIBUTE_BYTES_MAX));
}

fn modifications_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::ModifyWorkflowProperties));
    refusals.alone("without a memo", modify(None));
    refusals.alone("of nothing", modify(Some(Memo::default())));
    let large = Memo { fields: [("note".to_owned(), of_bytes(limits::MEMO_BYTES_MAX))].into() };
    refusals.alone("to a memo that is too large", modify(Some(large)));
}
