//! The one stream of a page that is being looked at. Whenever what the page watches has changed, its own function is asked
//! again, and those of its regions are sent that are not what the browser has. Changes that come together are told together.
//! A browser that comes back says what it has; nothing is kept for it here.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use abide_api::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use abide_cluster::changes::{Topic, Watching};
use abide_model::{NamespaceId, WorkflowKey};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use uuid::Uuid;

use crate::page::Watch;
use crate::site::Pages;
use crate::visit::{Visit, hash};

/// Its address. The query has the page's own address as `page`, and what the browser has as `seen`: `NAME:HASH`, repeated.
pub(crate) const PATH: &str = "/live";

/// What comes within this time is told together: of one workflow, and of all of a namespace. The longer one is for pages that
/// take long to be made.
const PAUSE: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(200)];
const PAUSE_NAMESPACE: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(1000)];
/// How much of the time a page may spend on being made anew, as a fraction, unless the pause would become too long: one in
/// this many.
const SHARE: u32 = 20;
/// What can change is looked at again after this even if nothing was heard of it: workers come and go, and a word is a hint.
const AGAIN: Duration = Duration::from_secs(10);
/// What had been decided before anybody listened, and was not stored yet at the first look, is not told: there is another
/// look after this.
const LATE: Duration = Duration::from_secs(1);
/// A page that could not be made is tried again after this.
const RETRY: Duration = Duration::from_secs(2);

struct Live {
    pages: Arc<Pages>,
    visit: Visit,
    /// What the browser has: hashes by region.
    seen: BTreeMap<String, String>,
    /// Where changes are heard of; none before the first look.
    watching: Option<(Watch, Option<Watching>)>,
    /// No new look before this.
    not_before: Instant,
    /// A look at this time, see [`LATE`].
    late: Option<Instant>,
    /// One of the streams that a server has.
    _permit: OwnedSemaphorePermit,
}

/// The stream of a page.
pub(crate) fn stream(
    pages: Arc<Pages>,
    visit: Visit,
    permit: OwnedSemaphorePermit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stopping = (pages.site.stopping)();
    let seen = visit.values("seen").filter_map(|pair| pair.rsplit_once(':'));
    let seen = seen.map(|(name, hash)| (name.to_owned(), hash.to_owned())).collect();
    let visit = visit.elsewhere(visit.value("page").unwrap_or("/"));
    let live = Live { pages, visit, seen, watching: None, not_before: Instant::now(), late: None, _permit: permit };
    let events = stream::unfold(live, |mut live| async move {
        let event = live.next().await?;
        Some((Ok(event), live))
    });
    Sse::new(events.take_until(stopping)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

/// How long there is no other look at a page that took so long to be made.
fn pause(watch: &Watch, took: Duration) -> Duration {
    let [shortest, longest] = match watch {
        Watch::Namespace(_) => PAUSE_NAMESPACE,
        Watch::Workflow(..) | Watch::OpenRun(..) | Watch::Every(_) | Watch::Nothing => PAUSE,
    };
    (took * SHARE).clamp(shortest, longest)
}

impl Live {
    /// The next message: what has changed, which is nothing the first time if the browser has it all.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let is_first = self.watching.is_none();
            if !is_first {
                self.changed().await;
            }
            tokio::time::sleep_until(self.not_before).await;
            let begun = Instant::now();
            let found = self.pages.page(self.visit.elsewhere(&self.visit.address())).await;
            let Some((page, regions)) = found.filter(|(page, _)| page.status != StatusCode::NOT_FOUND) else {
                // The address is no page any more.
                self.not_before = Instant::now() + RETRY;
                return Some(Event::default().event("gone").data(""));
            };
            // What failed does not say when it is time for another look. A browser whose stream ends asks again after a while.
            if !page.status.is_success() {
                return None;
            }
            self.not_before = Instant::now() + pause(&page.watch, begun.elapsed());
            if is_first || self.watching.as_ref().is_some_and(|(watch, _)| *watch != page.watch) {
                let watching = self.listen(&page.watch).await;
                self.watching = Some((page.watch, watching));
                // What happened between the look and the listening would be missed.
                self.not_before = Instant::now();
                self.late = Some(Instant::now() + LATE);
                if let Some((_, Some(watching))) = &mut self.watching {
                    watching.again();
                }
            }
            let changed = self.differing(regions);
            if is_first || !changed.is_empty() {
                let data = serde_json::Value::from(changed).to_string();
                return Some(Event::default().event("regions").data(data));
            }
        }
    }

    fn differing(&mut self, regions: crate::visit::Regions) -> Vec<serde_json::Value> {
        let mut changed = Vec::new();
        for (name, html) in regions {
            let hash = hash(&html);
            if self.seen.get(&name) != Some(&hash) {
                changed.push(json!({ "name": name, "hash": hash, "html": html }));
                self.seen.insert(name, hash);
            }
        }
        changed
    }

    /// Returns when it is time for another look.
    async fn changed(&mut self) {
        match &mut self.watching {
            Some((watch, Some(watching))) => {
                let again = (!matches!(watch, Watch::Workflow(..))).then(|| Instant::now() + AGAIN);
                match self.late.or(again) {
                    None => watching.changed().await,
                    Some(at) => {
                        if tokio::time::timeout_at(at, watching.changed()).await.is_err() {
                            self.late = None;
                        }
                    }
                }
            }
            Some((Watch::Every(pause), None)) => tokio::time::sleep(*pause).await,
            Some((Watch::Namespace(_) | Watch::Workflow(..) | Watch::OpenRun(..), None)) => {
                tokio::time::sleep(RETRY).await
            }
            Some((Watch::Nothing, None)) | None => std::future::pending().await,
        }
    }

    async fn listen(&self, watch: &Watch) -> Option<Watching> {
        let topic = match watch {
            Watch::Nothing | Watch::Every(_) => return None,
            Watch::Namespace(name) => Topic::Namespace(self.namespace_id(name).await?),
            Watch::Workflow(name, workflow_id) | Watch::OpenRun(name, workflow_id) => {
                let namespace = self.namespace_id(name).await?;
                Topic::Workflow(WorkflowKey { namespace, workflow_id: workflow_id.clone() })
            }
        };
        Some(self.pages.site.changes.watch(topic))
    }

    async fn namespace_id(&self, name: &str) -> Option<NamespaceId> {
        let request = DescribeNamespaceRequest { namespace: name.to_owned(), ..Default::default() };
        let answer = self.visit.workflows().describe_namespace(self.visit.request(request)).await.ok()?;
        let id = answer.into_inner().namespace_info?.id;
        Uuid::parse_str(&id).ok().map(NamespaceId)
    }
}

#[cfg(test)]
mod tests;
