//! How urgent the tasks of an activity are: what the activity says goes before what its workflow says, field by field.

use abide_api::temporal::api::common::v1::Priority;

/// The priority of an activity, given its workflow's and its own.
pub fn merged(workflow: Option<&Priority>, own: Option<&Priority>) -> Option<Priority> {
    let (Some(workflow), Some(own)) = (workflow, own) else { return own.or(workflow).cloned() };
    Some(Priority {
        priority_key: if own.priority_key == 0 { workflow.priority_key } else { own.priority_key },
        fairness_key: if own.fairness_key.is_empty() { &workflow.fairness_key } else { &own.fairness_key }.clone(),
        fairness_weight: if own.fairness_weight == 0.0 { workflow.fairness_weight } else { own.fairness_weight },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_overrides_its_workflow_field_by_field() {
        let priority = |priority_key, key: &str, fairness_weight| {
            Some(Priority { priority_key, fairness_key: key.into(), fairness_weight })
        };
        let workflow = priority(2, "tenant", 3.0);
        assert_eq!(merged(workflow.as_ref(), None), workflow);
        assert_eq!(merged(None, workflow.as_ref()), workflow);
        assert_eq!(merged(None, None), None);
        assert_eq!(merged(workflow.as_ref(), priority(5, "", 0.0).as_ref()), priority(5, "tenant", 3.0));
        assert_eq!(merged(workflow.as_ref(), priority(0, "other", 1.5).as_ref()), priority(2, "other", 1.5));
    }
}
