//! Nexus operations, which are absent: their commands are refused by name, and the worker tries again.

use abide_api::temporal::api::{
    command::v1::{
        RequestCancelNexusOperationCommandAttributes, ScheduleNexusOperationCommandAttributes, command::Attributes,
    },
    enums::v1::CommandType,
};

use super::golden::{Refusals, Row, bare};
use crate::run::tests::world::*;

pub const COMMANDS: &[Row] = &[
    Row { command: CommandType::ScheduleNexusOperation, accepted: None, refused: schedules_refused },
    Row { command: CommandType::RequestCancelNexusOperation, accepted: None, refused: cancels_refused },
];

fn schedules_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::ScheduleNexusOperation));
    let attributes = ScheduleNexusOperationCommandAttributes::default();
    let attributes = Attributes::ScheduleNexusOperationCommandAttributes(attributes);
    refusals.alone("always", command(CommandType::ScheduleNexusOperation, attributes));
}

fn cancels_refused(refusals: &mut Refusals) {
    refusals.alone("without attributes", bare(CommandType::RequestCancelNexusOperation));
    let attributes = RequestCancelNexusOperationCommandAttributes { scheduled_event_id: 5 };
    let attributes = Attributes::RequestCancelNexusOperationCommandAttributes(attributes);
    refusals.alone("always", command(CommandType::RequestCancelNexusOperation, attributes));
}
