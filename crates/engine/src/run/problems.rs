//! What lists show of a run beside what the workflow set: that it or its activities are paused, that its workflow tasks
//! keep failing, which programs its workers were. Computed from the state; the workflow's own search attributes stay as they are.

use abide_api::temporal::api::{
    common::v1::Payload,
    enums::v1::{TimeoutType, WorkflowTaskFailedCause},
};
use abide_model::limits;
use std::collections::BTreeSet;

use super::Run;
use super::activity_retry::timeout_name;
use super::state::{Problem, State};
use super::worker_command::camel;

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
        let builds = self.build_ids();
        if !builds.is_empty() {
            set.push(("BuildIds".to_owned(), keywords(&builds)));
        }
        let binaries = self.binary_checksums();
        if !binaries.is_empty() {
            set.push(("BinaryChecksums".to_owned(), keywords(&binaries)));
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
}
