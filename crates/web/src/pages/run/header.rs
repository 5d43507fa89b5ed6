//! The head of a run's pages: what it is, how it is, and where it comes from.

mod banners;
mod facts;

use maud::{Markup, html};

use super::{Described, Glimpse};
use crate::visit::Visit;
use crate::widgets::run_status;

pub(crate) use banners::outcome;
pub(crate) use facts::workflow;

/// A search attribute that the server sets when workflow tasks fail again and again.
const PROBLEMS: &str = "TemporalReportedProblems";

/// All of it, without the title.
pub(crate) fn header(visit: &Visit, run: &Described, glimpse: &Glimpse) -> Markup {
    html! {
        p {
            (run_status(run.info.status())) " "
            @if has_problems(run) { span.badge.failed { "Workflow tasks fail" } " " }
            strong { (run.workflow_type()) }
        }
        (banners::banners(visit, run, glimpse))
        (facts::facts(visit, run, glimpse))
    }
}

fn has_problems(run: &Described) -> bool {
    let attributes = run.info.search_attributes.as_ref();
    attributes.is_some_and(|attributes| attributes.indexed_fields.contains_key(PROBLEMS))
}
