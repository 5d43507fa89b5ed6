//! The two ends of a run's history, which say how it began and what happened last. A page that cannot have them goes without.

use abide_api::temporal::api::common::v1::Link;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::history::v1::{HistoryEvent, WorkflowExecutionStartedEventAttributes};
use abide_api::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryReverseRequest,
};

use super::Described;
use crate::visit::Visit;

/// How many of the last events of an open run are looked at: what a page of the service can hold, and fewer if they are large.
const NEWEST_MAX: i64 = 256;
const NEWEST_MIN: i64 = 20;
const NEWEST_BYTES: i64 = 1 << 20;

/// See the file's first lines.
#[derive(Clone, Default, Debug)]
pub(crate) struct Glimpse {
    pub(crate) started: WorkflowExecutionStartedEventAttributes,
    /// What the start came from.
    pub(crate) links: Vec<Link>,
    /// The last events, the last one first. Of a closed run that is only the one that closed it.
    pub(crate) newest: Vec<HistoryEvent>,
}

impl Glimpse {
    /// Asks the service.
    pub(crate) async fn ask(visit: &Visit, run: &Described) -> Self {
        let first = GetWorkflowExecutionHistoryRequest {
            namespace: run.run.namespace.clone(),
            execution: Some(run.run.execution()),
            maximum_page_size: 1,
            ..Default::default()
        };
        let newest = GetWorkflowExecutionHistoryReverseRequest {
            namespace: run.run.namespace.clone(),
            execution: Some(run.run.execution()),
            maximum_page_size: newest(run),
            ..Default::default()
        };
        let first = visit.workflows().get_workflow_execution_history(visit.request(first)).await;
        let newest = visit.workflows().get_workflow_execution_history_reverse(visit.request(newest)).await;
        let first = first.ok().and_then(|answer| answer.into_inner().history).unwrap_or_default();
        let newest = newest.ok().and_then(|answer| answer.into_inner().history).unwrap_or_default();
        Self::of(first.into_events().unwrap_or_default(), newest.into_events().unwrap_or_default())
    }

    /// Of the first events, and of the last ones with the last one first.
    pub(crate) fn of(first: Vec<HistoryEvent>, newest: Vec<HistoryEvent>) -> Self {
        for event in first {
            if let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) = event.attributes {
                return Self { started: *started, links: event.links, newest };
            }
        }
        Self { newest, ..Self::default() }
    }

    /// The event that closed a closed run.
    pub(crate) fn last(&self) -> Option<&Attributes> {
        self.newest.first()?.attributes.as_ref()
    }
}

fn newest(run: &Described) -> i32 {
    if !run.is_open() {
        return 1;
    }
    let bytes_each = run.info.history_size_bytes / run.info.history_length.max(1);
    (NEWEST_BYTES / bytes_each.max(1)).clamp(NEWEST_MIN, NEWEST_MAX) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::run::testing::{described, open};

    #[test]
    fn fewer_events_are_looked_at_when_they_are_large() {
        let asked = |bytes: i64, events: i64| {
            let mut run = described(open());
            (run.info.history_size_bytes, run.info.history_length) = (bytes, events);
            newest(&run)
        };
        assert_eq!(asked(100_000, 1000), 256);
        assert_eq!(asked(10_000_000, 1000), 104);
        assert_eq!(asked(50_000_000, 100), 20);
        assert_eq!(asked(0, 0), 256);
    }
}
