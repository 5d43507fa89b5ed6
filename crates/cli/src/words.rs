//! Protobuf enums in the words that people know: `EVENT_TYPE_TIMER_FIRED` is `TimerFired`.

use abide_api::temporal::api::enums::v1::{
    EventType, IndexedValueType, ParentClosePolicy, PendingActivityState, WorkflowExecutionStatus,
};

/// `TimerFired`.
pub fn event_type(event_type: EventType) -> String {
    camel(event_type.as_str_name(), "EVENT_TYPE_")
}

/// `Running`.
pub fn status(status: WorkflowExecutionStatus) -> String {
    camel(status.as_str_name(), "WORKFLOW_EXECUTION_STATUS_")
}

/// `Started`.
pub fn activity_state(state: PendingActivityState) -> String {
    camel(state.as_str_name(), "PENDING_ACTIVITY_STATE_")
}

/// `Abandon`.
pub fn parent_close_policy(policy: ParentClosePolicy) -> String {
    camel(policy.as_str_name(), "PARENT_CLOSE_POLICY_")
}

/// `KeywordList`.
pub fn value_type(kind: IndexedValueType) -> String {
    camel(kind.as_str_name(), "INDEXED_VALUE_TYPE_")
}

/// An enum's protobuf name without its prefix, in camel case.
pub fn camel(name: &str, prefix: &str) -> String {
    let words = name.strip_prefix(prefix).unwrap_or(name).split('_');
    words.map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + &rest.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enums_read_as_people_write_them() {
        assert_eq!(event_type(EventType::WorkflowExecutionContinuedAsNew), "WorkflowExecutionContinuedAsNew");
        assert_eq!(status(WorkflowExecutionStatus::TimedOut), "TimedOut");
        assert_eq!(value_type(IndexedValueType::KeywordList), "KeywordList");
    }
}
