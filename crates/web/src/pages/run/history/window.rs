//! The part of a history that a page shows: read from the service page by page, no further than needed, and never more than a
//! bound. Where to go on is the service's own token, and the last event that was looked at in that page.

use abide_api::temporal::api::history::v1::{History, HistoryEvent};
use abide_api::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryReverseRequest,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;

use crate::pages::run::Run;
use crate::problem::Problem;
use crate::visit::Visit;

/// How many events a page shows.
pub(crate) const WINDOW_EVENTS_MAX: usize = 100;
/// How many events are looked at for one page, when most do not pass.
pub(crate) const SCANNED_EVENTS_MAX: usize = 5_000;
/// What the service answers with at most.
const PAGE_SIZE_MAX: usize = 256;

/// Which end of the history comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    NewestFirst,
    OldestFirst,
}

impl Order {
    /// In addresses, as the official web UI has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NewestFirst => "descending",
            Self::OldestFirst => "ascending",
        }
    }

    /// Whether an event comes behind another one.
    pub(crate) fn is_behind(self, id: i64, other: i64) -> bool {
        match self {
            Self::NewestFirst => id < other,
            Self::OldestFirst => id > other,
        }
    }
}

/// Where to go on reading.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Cursor {
    /// The service's token of a page; empty for the first one.
    page: Bytes,
    /// The last event of that page that has been looked at.
    past: Option<i64>,
}

impl Cursor {
    /// As it stands in addresses.
    pub(crate) fn written(&self) -> String {
        let past = self.past.map(|past| format!("~{past}")).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(&self.page) + &past
    }

    /// From an address.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let invalid = || Problem::invalid("This address does not say where to go on in the history.");
        let (page, past) = text.split_once('~').map_or((text, None), |(page, past)| (page, Some(past)));
        let page = URL_SAFE_NO_PAD.decode(page).map_err(|_| invalid())?.into();
        let past = past.map(str::parse).transpose().map_err(|_| invalid())?;
        Ok(Self { page, past })
    }
}

/// Some events, and where the next ones are.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct Window {
    pub(crate) events: Vec<HistoryEvent>,
    /// None at the end of the history.
    pub(crate) next: Option<Cursor>,
    /// How many events were looked at.
    pub(crate) scanned: usize,
}

impl Window {
    /// Takes what passes from a page that was found at a place. Returns whether there is enough, so that nothing more is read.
    fn take(
        &mut self,
        page: Vec<HistoryEvent>,
        at: &Cursor,
        order: Order,
        next: &Bytes,
        passes: &dyn Fn(&HistoryEvent) -> bool,
    ) -> bool {
        let count = page.len();
        for (index, event) in page.into_iter().enumerate() {
            if at.past.is_some_and(|past| !order.is_behind(event.event_id, past)) {
                continue;
            }
            self.scanned += 1;
            let id = event.event_id;
            if passes(&event) {
                self.events.push(event);
            }
            if self.events.len() == WINDOW_EVENTS_MAX {
                let rest = Cursor { page: at.page.clone(), past: Some(id) };
                let behind = (!next.is_empty()).then(|| Cursor { page: next.clone(), past: None });
                self.next = if index + 1 < count { Some(rest) } else { behind };
                return true;
            }
        }
        false
    }
}

/// Reads a window from a place on.
pub(crate) async fn window(
    visit: &Visit,
    run: &Run,
    (order, mut at): (Order, Cursor),
    passes: Option<&(dyn Fn(&HistoryEvent) -> bool + Sync)>,
) -> Result<Window, Problem> {
    let size = if passes.is_some() { PAGE_SIZE_MAX } else { WINDOW_EVENTS_MAX };
    let mut window = Window::default();
    loop {
        let (events, next) = page(visit, run, order, at.page.clone(), size).await?;
        let is_full = match passes {
            Some(passes) => window.take(events, &at, order, &next, &passes),
            None => window.take(events, &at, order, &next, &|_| true),
        };
        if is_full || next.is_empty() {
            return Ok(window);
        }
        at = Cursor { page: next, past: None };
        if window.scanned >= SCANNED_EVENTS_MAX {
            window.next = Some(at);
            return Ok(window);
        }
    }
}

/// The events from one to another, both included, in the order of their numbers; `order` says from which end they are looked for.
pub(crate) async fn between(
    visit: &Visit,
    run: &Run,
    (first, last): (i64, i64),
    order: Order,
) -> Result<Vec<HistoryEvent>, Problem> {
    let mut found = Vec::new();
    let mut token = Bytes::new();
    loop {
        let (events, next) = page(visit, run, order, token, PAGE_SIZE_MAX).await?;
        let is_past = events.last().is_none_or(|event| match order {
            Order::NewestFirst => event.event_id <= first,
            Order::OldestFirst => event.event_id >= last,
        });
        found.extend(events.into_iter().filter(|event| (first..=last).contains(&event.event_id)));
        if is_past || next.is_empty() {
            break;
        }
        token = next;
    }
    found.sort_by_key(|event| event.event_id);
    Ok(found)
}

async fn page(
    visit: &Visit,
    run: &Run,
    order: Order,
    token: Bytes,
    size: usize,
) -> Result<(Vec<HistoryEvent>, Bytes), Problem> {
    let maximum_page_size = size as i32;
    let (namespace, execution) = (run.namespace.clone(), Some(run.execution()));
    let mut service = visit.workflows();
    let (history, next): (Option<History>, Bytes) = match order {
        Order::OldestFirst => {
            let request = GetWorkflowExecutionHistoryRequest {
                namespace,
                execution,
                maximum_page_size,
                next_page_token: token,
                ..Default::default()
            };
            let answer = service.get_workflow_execution_history(visit.request(request)).await?.into_inner();
            (answer.history, answer.next_page_token)
        }
        Order::NewestFirst => {
            let request = GetWorkflowExecutionHistoryReverseRequest {
                namespace,
                execution,
                maximum_page_size,
                next_page_token: token,
            };
            let answer = service.get_workflow_execution_history_reverse(visit.request(request)).await?.into_inner();
            (answer.history, answer.next_page_token)
        }
    };
    let events = history.unwrap_or_default().into_events();
    let events = events.map_err(|error| Problem::from(tonic::Status::internal(error.to_string())))?;
    Ok((events, next))
}
