//! The groups of the runs that were looked at last, so that another look at one reads only what is new. Who looks reads with
//! their own credentials, if only the last events: what is kept is shown to nobody who could not have read it. Events that are
//! not stored yet are not kept, and not shown: others may come under their numbers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::workflowservice::v1::GetWorkflowExecutionHistoryRequest;
use bytes::Bytes;
use tonic::Status;

use crate::timeline::Groups;
use crate::visit::Visit;

use super::{Described, Run};

/// Runs that are kept. Fifty thousand events are some ten megabytes of groups.
const RUNS_MAX: usize = 8;

/// See the file's first lines.
#[derive(Default)]
pub(crate) struct Histories {
    /// The one that was looked at last is last.
    runs: Mutex<Vec<(Run, Arc<Mutex<History>>)>>,
}

#[derive(Default)]
struct History {
    groups: Groups,
    /// Where the last page begins. It is read again: it may have become longer.
    page: Bytes,
}

impl Histories {
    /// Shows the groups of all events that the run has now.
    pub(crate) async fn look<T>(
        &self,
        visit: &Visit,
        described: &Described,
        show: impl FnOnce(&Groups) -> T,
    ) -> Result<T, Status> {
        let (run, stored) = (&described.run, described.info.history_length);
        let history = self.history(run);
        let mut page = locked(&history).page.clone();
        loop {
            let request = GetWorkflowExecutionHistoryRequest {
                namespace: run.namespace.clone(),
                execution: Some(run.execution()),
                next_page_token: page.clone(),
                ..Default::default()
            };
            let answer = visit.workflows().get_workflow_execution_history(visit.request(request)).await?.into_inner();
            let events = answer.history.unwrap_or_default().into_events();
            let mut events = events.map_err(|error| Status::internal(error.to_string()))?;
            events.retain(|event| event.event_id <= stored);
            locked(&history).add(&events, page);
            if answer.next_page_token.is_empty() {
                return Ok(show(&locked(&history).groups));
            }
            page = answer.next_page_token;
        }
    }

    fn history(&self, run: &Run) -> Arc<Mutex<History>> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = runs.iter().position(|(known, _)| known == run);
        let entry = known.map(|at| runs.remove(at)).unwrap_or_else(|| (run.clone(), Arc::default()));
        let history = entry.1.clone();
        runs.push(entry);
        if runs.len() > RUNS_MAX {
            runs.remove(0);
        }
        history
    }
}

impl History {
    /// Adds a page. Another look may have added it, and more, meanwhile.
    fn add(&mut self, events: &[HistoryEvent], page: Bytes) {
        let is_news = events.last().is_some_and(|last| last.event_id > self.groups.last_event());
        events.iter().for_each(|event| self.groups.add(event));
        if is_news {
            self.page = page;
        }
    }
}

fn locked(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}
