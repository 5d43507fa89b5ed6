//! What must always hold, one file each. Checked when a simulation is over, against everything that can be read through
//! the public API and everything that clients were told; R5 and R6 against the disk, after every crash as well.

pub mod c2;
pub mod c3;
pub mod d1;
pub mod m1;
pub mod m2;
pub mod m3;
pub mod r1;
pub mod r2;
pub mod r3;
pub mod r4;
pub mod r5;
pub mod r6;
pub mod r7;
pub mod s2;
pub mod v1;

use abide_api::temporal::api::enums::v1::EventType;
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_model::Timestamp;

use crate::calls::time;
use crate::evidence::Evidence;
use crate::ledger::Violation;

/// Checks everything that can be checked when a simulation is over.
pub fn check(evidence: &Evidence, found: &mut Vec<Violation>) {
    let checks = [
        r1::check,
        r2::check,
        r3::check,
        r4::check,
        r7::check,
        m1::check,
        m2::check,
        m3::check,
        v1::check,
        c2::check,
        c3::check,
        d1::check,
        s2::check,
    ];
    for check in checks {
        check(evidence, found);
    }
}

/// Whether an event is the last one of a run.
pub fn is_end(event: &HistoryEvent) -> bool {
    matches!(
        event.event_type(),
        EventType::WorkflowExecutionCompleted
            | EventType::WorkflowExecutionFailed
            | EventType::WorkflowExecutionCanceled
            | EventType::WorkflowExecutionTerminated
            | EventType::WorkflowExecutionTimedOut
            | EventType::WorkflowExecutionContinuedAsNew
    )
}

/// When an event happened, by the server's clock.
pub fn time_of(event: &HistoryEvent) -> Timestamp {
    time(event.event_time)
}
