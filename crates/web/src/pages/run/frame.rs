//! The frame of a run's pages: its header, its tabs, and below them the content of one of them.

use abide_model::{Clock, SystemClock};
use maud::{Markup, html};
use prost_types::Timestamp;

use super::header::{header, outcome};
use super::summary::summary;
use super::{Described, Glimpse, action, stuck};
use crate::page::{Page, Place, Watch};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::tabs;

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
    pub(crate) const DEFAULT: Self = Self::Timeline;

    /// In the order in which they are offered.
    const OFFERED: &[Self] = &[
        Self::Timeline,
        Self::History,
        Self::Relationships,
        Self::Workers,
        Self::PendingActivities,
        Self::CallStack,
        Self::Queries,
        Self::Metadata,
    ];

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
    let glimpse = Glimpse::ask(visit, run).await;
    let queues = stuck::queues(visit, run).await;
    let seen = stuck::Seen { run, glimpse: &glimpse, queues: &queues, now: now() };
    let why = stuck::panel(visit, run, &stuck::reasons(seen));
    let body = html! {
        h1 { (run.run.workflow_id) }
        (visit.live("head", header(visit, run, &glimpse)))
        (visit.live("actions", action::links(visit, run).await))
        (visit.live("why", html! { (why) @if let Some(outcome) = outcome(run, &glimpse) { (outcome) } }))
        @if matches!(tab, Tab::Timeline | Tab::History) { (visit.live("summary", summary(run, &glimpse))) }
        (visit.live("tabs", offered(visit, run, tab)))
        (content)
    };
    let (namespace, workflow_id) = (run.run.namespace.clone(), run.run.workflow_id.clone());
    let watch = match run.is_open() {
        true => Watch::OpenRun(namespace, workflow_id),
        false => Watch::Workflow(namespace, workflow_id),
    };
    let title = format!("{} · {}", tab.name(), run.run.workflow_id);
    Ok(Page::new(Place::Workflows, title, body).of(&run.run.namespace).watching(watch))
}

fn offered(visit: &Visit, run: &Described, tab: Tab) -> Markup {
    let one = |one: &Tab| (one.name(), one.count(run), run.run.href(visit, one.segments()), *one == tab);
    tabs("Of this run", &Tab::OFFERED.iter().map(one).collect::<Vec<_>>())
}

fn now() -> Timestamp {
    let nanos = SystemClock.now().nanos;
    Timestamp { seconds: nanos.div_euclid(1_000_000_000), nanos: nanos.rem_euclid(1_000_000_000) as i32 }
}
