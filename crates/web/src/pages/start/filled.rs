//! What stands in the fields of the form, wherever it comes from. Fields are named as the flags of the command line are.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::form::Fields;
use crate::input::Typed;
use crate::visit::Visit;

/// The fields of the form.
const NAMES: [&str; 27] = [
    "workflow-id",
    "type",
    "task-queue",
    "input",
    "input-meta",
    "input-base64",
    "same-input",
    "like-workflow-id",
    "like-run-id",
    "static-summary",
    "static-details",
    "search-attribute",
    "memo",
    "id-reuse-policy",
    "id-conflict-policy",
    "execution-timeout",
    "run-timeout",
    "task-timeout",
    "start-delay",
    "cron",
    "priority-key",
    "fairness-key",
    "retry-initial-interval",
    "retry-backoff-coefficient",
    "retry-maximum-interval",
    "retry-maximum-attempts",
    "retry-non-retryable",
];

/// See the file's first lines.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Filled(BTreeMap<&'static str, Vec<String>>);

impl Filled {
    /// What was typed.
    pub(super) fn of_form(fields: &Fields) -> Self {
        Self::of(|name| fields.all(name).map(str::to_owned).collect())
    }

    /// What an address says, with a fresh workflow id.
    pub(super) fn of_address(visit: &Visit) -> Self {
        let mut filled = Self::of(|name| visit.values(name).map(str::to_owned).collect());
        if filled.text("workflow-id").is_empty() {
            filled.set("workflow-id", Uuid::new_v4().to_string());
        }
        filled
    }

    fn of(values: impl Fn(&'static str) -> Vec<String>) -> Self {
        Self(NAMES.into_iter().map(|name| (name, values(name))).collect())
    }

    /// Puts a value into a field, behind those that it has.
    pub(super) fn add(&mut self, name: &'static str, value: String) {
        self.0.entry(name).or_default().push(value);
    }

    /// Has a field say only this.
    pub(super) fn set(&mut self, name: &'static str, value: String) {
        self.0.insert(name, vec![value]);
    }

    /// What stands in a field.
    pub(super) fn text(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    /// What stands in all fields of this name.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether anything stands in one of these fields.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.all(name).iter().any(|value| !value.is_empty()))
    }

    /// The inputs.
    pub(super) fn input(&self) -> Typed<'_> {
        let all = |name| self.all(name).iter().map(String::as_str).collect();
        let is_base64 = !self.text("input-base64").is_empty();
        Typed { values: all("input"), metadata: all("input-meta"), is_base64, ..Typed::default() }
    }
}
