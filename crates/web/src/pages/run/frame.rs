//! The frame of a run's pages: its header, its tabs, and below them the content of one of them.

use maud::{Markup, html};

use super::{Described, action};
use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{copyable, facts, run_status, tabs, time};

/// The pages of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tab {
    Timeline,
    History,
    Relationships,
    Workers,
    PendingActivities,
    CallStack,
    Queries,
    Metadata,
}

impl Tab {
    /// The page that is looked at first.
    pub(crate) const DEFAULT: Self = Self::History;

    /// In the order in which they are offered.
    const OFFERED: &[Self] =
        &[Self::Timeline, Self::History, Self::Relationships, Self::Workers, Self::CallStack, Self::Queries];

    /// What stands behind the run in its address.
    pub(crate) fn segments(self) -> &'static [&'static str] {
        match self {
            Self::Timeline => &["timeline"],
            Self::History => &["history"],
            Self::Relationships => &["relationships"],
            Self::Workers => &["workers"],
            Self::PendingActivities => &["pending-activities"],
            Self::CallStack => &["call-stack"],
            Self::Queries => &["query"],
            Self::Metadata => &["metadata"],
        }
    }

    /// As people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Timeline => "Timeline",
            Self::History => "History",
            Self::Relationships => "Relationships",
            Self::Workers => "Workers",
            Self::PendingActivities => "Pending activities",
            Self::CallStack => "Call stack",
            Self::Queries => "Queries",
            Self::Metadata => "Metadata",
        }
    }

    /// How many things are on it, where that is known.
    fn count(self, run: &Described) -> Option<i64> {
        match self {
            Self::History => Some(run.info.history_length),
            Self::PendingActivities => i64::try_from(run.found.pending_activities.len()).ok(),
            Self::Timeline | Self::Relationships | Self::Workers | Self::CallStack | Self::Queries | Self::Metadata => {
                None
            }
        }
    }
}

/// The page of a run with this content; what changes in the content is wrapped by whoever made it.
pub(crate) async fn frame(visit: &Visit, run: &Described, tab: Tab, content: Markup) -> Result<Page, Problem> {
    let offered: Vec<_> = Tab::OFFERED
        .iter()
        .map(|one| (one.name(), one.count(run), run.run.href(visit, one.segments()), *one == tab))
        .collect();
    let body = html! {
        h1 { (run.run.workflow_id) }
        (visit.live("head", head(run)))
        (visit.live("actions", action::links(visit, run).await))
        (visit.live("tabs", tabs("Of this run", &offered)))
        (content)
    };
    let watch = Watch::Workflow(run.run.namespace.clone(), run.run.workflow_id.clone());
    let title = format!("{} · {}", tab.name(), run.run.workflow_id);
    Ok(Page::new(Place::Workflows, title, body).of(&run.run.namespace).watching(watch))
}

fn head(run: &Described) -> Markup {
    let info = &run.info;
    html! {
        p { (run_status(info.status())) }
        (facts(&[
            ("Run id", Some(copyable(&run.run.run_id))),
            ("Start", Some(time(info.start_time.as_ref()))),
            ("End", info.close_time.as_ref().map(|at| time(Some(at)))),
        ]))
    }
}
