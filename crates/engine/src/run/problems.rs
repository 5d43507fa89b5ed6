//! What lists show of a run beside what the workflow set: that it or its activities are paused, that its workflow tasks
//! keep failing. Computed from the state; the workflow's own search attributes stay as they are.

use abide_api::temporal::api::{
    common::v1::Payload,
    enums::v1::{TimeoutType, WorkflowTaskFailedCause},
    history::v1::WorkflowTaskCompletedEventAttributes,
    workflow::v1::{ResetPointInfo, ResetPoints},
};
use abide_model::{Timestamp, limits};
use std::collections::BTreeSet;

use super::Run;
use super::activity_retry::timeout_name;
use super::state::{Problem, State};
use super::worker_command::camel;
use crate::convert::to_proto_time;

impl State {
    /// Search attributes that the server sets.
    pub fn server_search_attributes(&self) -> Vec<(String, Payload)> {
        let mut set = Vec::new();
        let paused = self.pause_entries();
        if !paused.is_empty() {
            set.push(("TemporalPauseInfo".to_owned(), keywords(&paused)));
        }
        if self.workflow_tasks.failures_in_a_row >= limits::WORKFLOW_TASK_PROBLEMS_REPORTED {
            let problem = self.workflow_tasks.problem.map(reported).unwrap_or_default();
            set.push(("TemporalReportedProblems".to_owned(), keywords(&problem)));
        }
        set
    }

    fn pause_entries(&self) -> Vec<String> {
        let mut entries = Vec::new();
        if let Some(pause) = &self.pause {
            entries.push(format!("Workflow:{}", self.identity.workflow_id));
            if !pause.reason.is_empty() {
                entries.push(format!("Reason:{}", pause.reason));
            }
        }
        let paused = self.activities.pending.values().filter(|activity| activity.pause.is_some());
        let types: BTreeSet<&str> =
            paused.filter_map(|activity| Some(activity.scheduled.activity_type.as_ref()?.name.as_str())).collect();
        entries.extend(types.iter().map(|name| format!("property:activityType={name}")));
        entries
    }

    /// Points to reset to, as lists and Describe show them.
    pub fn reset_points(&self) -> Option<ResetPoints> {
        let points = self.workflow_tasks.reset_points.clone();
        (!points.is_empty()).then_some(ResetPoints { points })
    }
}

fn reported(problem: Problem) -> Vec<String> {
    match problem {
        Problem::Failed(cause) => {
            let cause = WorkflowTaskFailedCause::try_from(cause).unwrap_or_default();
            let name = camel(cause.as_str_name());
            vec!["category=WorkflowTaskFailed".into(), format!("cause=WorkflowTaskFailedCause{name}")]
        }
        Problem::TimedOut(timeout) => {
            let name = timeout_name(TimeoutType::try_from(timeout).unwrap_or_default());
            vec!["category=WorkflowTaskTimedOut".into(), format!("cause=WorkflowTaskTimedOutCause{name}")]
        }
    }
}

/// A list of keywords as search attributes are stored.
fn keywords(words: &[String]) -> Payload {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    Payload {
        metadata: [("encoding".to_owned(), "json/plain".into()), ("type".to_owned(), "KeywordList".into())].into(),
        data: format!("[{}]", quoted.join(",")).into(),
        ..Payload::default()
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            control if control < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => json.push(other),
        }
    }
    json.push('"');
    json
}

impl Run {
    /// Remembers how a workflow task failed that history shows as failed.
    pub(super) fn apply_problem(&mut self, problem: Problem) {
        self.state.workflow_tasks.problem = Some(problem);
    }

    /// Counts a workflow task that did not succeed.
    pub(super) fn count_problem(&mut self) {
        let tasks = &mut self.state.workflow_tasks;
        tasks.failures_in_a_row = tasks.failures_in_a_row.saturating_add(1);
        if tasks.failures_in_a_row >= limits::WORKFLOW_TASK_PROBLEMS_REPORTED {
            self.state.position.visibility_revision += 1;
        }
    }

    /// A workflow task succeeded.
    pub(super) fn forget_problems(&mut self) {
        let tasks = &mut self.state.workflow_tasks;
        if tasks.failures_in_a_row >= limits::WORKFLOW_TASK_PROBLEMS_REPORTED {
            self.state.position.visibility_revision += 1;
        }
        tasks.failures_in_a_row = 0;
        tasks.problem = None;
    }

    /// The first workflow task that a build completes is a point to reset to.
    #[expect(deprecated, reason = "old workers name their build by the binary checksum only")]
    pub(super) fn note_reset_point(
        &mut self,
        completed_event_id: i64,
        completed: &WorkflowTaskCompletedEventAttributes,
        at: Timestamp,
    ) {
        let stamp = completed.worker_version.as_ref().map(|stamp| stamp.build_id.as_str()).unwrap_or_default();
        let version = completed.deployment_version.as_ref().map(|version| version.build_id.as_str());
        let build_id = version.unwrap_or(stamp);
        let checksum = completed.binary_checksum.as_str();
        if build_id.is_empty() && checksum.is_empty() {
            return;
        }
        let run_id = self.run_id().to_string();
        let points = &mut self.state.workflow_tasks.reset_points;
        let known = |point: &ResetPointInfo| point.build_id == build_id && point.binary_checksum == checksum;
        if points.iter().any(known) {
            return;
        }
        if points.len() >= limits::RESET_POINTS_MAX {
            points.remove(0);
        }
        points.push(ResetPointInfo {
            build_id: build_id.to_owned(),
            binary_checksum: checksum.to_owned(),
            run_id,
            first_workflow_task_completed_id: completed_event_id,
            create_time: Some(to_proto_time(at)),
            resettable: true,
            ..ResetPointInfo::default()
        });
    }
}
