//! How many runs there are, by status. Each count is a filter.

use abide_api::temporal::api::workflowservice::v1::{CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse};
use maud::{Markup, html};

use super::filter;
use super::query::{Query, quoted};
use crate::visit::Visit;
use crate::widgets::number;

const STATUS: &str = "ExecutionStatus";

/// The runs of a query, and of those that differ from it in the status alone.
#[derive(Default)]
pub(super) struct Counts {
    /// By status as queries name it.
    by_status: Vec<(String, i64)>,
}

/// Counts; none if the query cannot be counted by status.
pub(super) async fn count(visit: &Visit, namespace: &str, query: &Query) -> Option<Counts> {
    let (others, _) = query.without_equal(STATUS);
    let request = CountWorkflowExecutionsRequest {
        namespace: namespace.to_owned(),
        query: format!("{} GROUP BY {STATUS}", others.filter()).trim_start().to_owned(),
    };
    let answer = visit.workflows().count_workflow_executions(visit.request(request)).await.ok()?;
    Some(Counts::of(answer.into_inner()))
}

impl Counts {
    fn of(answer: CountWorkflowExecutionsResponse) -> Self {
        let groups = answer.groups.into_iter().filter_map(|group| {
            let payload = group.group_values.into_iter().next()?;
            Some((serde_json::from_slice(&payload.data).ok()?, group.count))
        });
        Self { by_status: groups.collect() }
    }

    /// As chips.
    pub(super) fn chips(&self, visit: &Visit, query: &Query) -> Markup {
        let (others, chosen) = query.without_equal(STATUS);
        let total: i64 = self.by_status.iter().map(|(_, count)| count).sum();
        let with = |status: &str| {
            let condition = format!("{STATUS} = {}", quoted(status));
            others.and(&condition).map(|query| filter::to(visit, &query))
        };
        let chip = |to: Option<String>, name: &str, count: i64, is_chosen: bool| {
            html! { a.chip href=[to] aria-current=[is_chosen.then_some("true")] { (name) " " strong { (number(count)) } } }
        };
        html! {
            nav.chips aria-label="Workflows by status" {
                (chip(Some(filter::to(visit, &others)), "All", total, chosen.is_empty()))
                @for (status, count) in &self.by_status {
                    (chip(with(status), &spaced(status), *count, chosen.len() == 1 && chosen[0] == *status))
                }
                @for status in chosen.iter().filter(|chosen| self.by_status.iter().all(|(status, _)| status != *chosen)) {
                    (chip(with(status), &spaced(status), 0, true))
                }
            }
        }
    }
}

/// `ContinuedAsNew` as people read it.
fn spaced(status: &str) -> String {
    let mut spaced = String::new();
    for character in status.chars() {
        if character.is_uppercase() && !spaced.is_empty() {
            spaced.push(' ');
            spaced.extend(character.to_lowercase());
        } else {
            spaced.push(character);
        }
    }
    spaced
}
