//! What clients only look at.

use abide_api::temporal::api::{
    common::v1::WorkflowExecution,
    history::v1::HistoryEvent,
    query::v1::WorkflowQuery,
    workflow::v1::WorkflowExecutionInfo,
    workflowservice::v1::{GetWorkflowExecutionHistoryRequest, ListWorkflowExecutionsRequest, QueryWorkflowRequest},
};
use bytes::Bytes;

use super::One;
use crate::calls::{CALL, Client, Fate, NAMESPACE, call, execution, within};
use crate::invariant::is_end;

/// The history of a run, as far as it goes.
pub struct Page {
    /// In order.
    pub events: Vec<HistoryEvent>,
}

impl One {
    pub(super) async fn query(&mut self) {
        let workflow_id = self.any_workflow();
        let run_id = self.known.pick(&workflow_id, &mut self.dice);
        let request = QueryWorkflowRequest {
            namespace: NAMESPACE.into(),
            execution: execution(&workflow_id, &run_id),
            query: Some(WorkflowQuery { query_type: "signals".into(), ..WorkflowQuery::default() }),
            ..QueryWorkflowRequest::default()
        };
        call(self.client.query_workflow(within(CALL, request)), CALL).await;
    }

    /// Reads a history, and remembers what it was shown.
    pub(super) async fn look(&mut self) {
        let workflow_id = self.any_workflow();
        let run_id = self.known.pick(&workflow_id, &mut self.dice);
        if run_id.is_empty() {
            let runs = all_runs(&mut self.client).await.unwrap_or_default();
            for WorkflowExecution { workflow_id, run_id } in runs.into_iter().filter_map(|info| info.execution) {
                self.known.add(&workflow_id, &run_id);
            }
            return;
        }
        let Some(page) = history(&mut self.client, &workflow_id, &run_id).await else { return };
        self.world.ledger.shown(&run_id, &page.events);
        if page.events.last().is_some_and(is_end) {
            let book = &mut *self.world.ledger.book();
            let before = *book.closed.entry(run_id.clone()).or_insert(page.events.len());
            if before != page.events.len() {
                let what =
                    format!("run {run_id} had {before} events when it was closed, and has {} now", page.events.len());
                book.violations.push(crate::ledger::Violation { invariant: "R4", what });
            }
        }
    }
}

/// All events of a run; none when it cannot be read.
pub async fn history(client: &mut Client, workflow_id: &str, run_id: &str) -> Option<Page> {
    let mut page = Page { events: Vec::new() };
    let mut token = Bytes::new();
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.into(),
            execution: execution(workflow_id, run_id),
            next_page_token: token,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let Fate::Acked(answer) = call(client.get_workflow_execution_history(request), CALL).await else { return None };
        page.events.extend(answer.history.unwrap_or_default().events);
        token = answer.next_page_token;
        if token.is_empty() {
            return Some(page);
        }
    }
}

/// All runs that the list shows; none when it cannot be read.
pub async fn all_runs(client: &mut Client) -> Option<Vec<WorkflowExecutionInfo>> {
    let mut runs = Vec::new();
    let mut token = Bytes::new();
    loop {
        let request = ListWorkflowExecutionsRequest {
            namespace: NAMESPACE.into(),
            page_size: 50,
            next_page_token: token,
            ..ListWorkflowExecutionsRequest::default()
        };
        let Fate::Acked(answer) = call(client.list_workflow_executions(request), CALL).await else { return None };
        runs.extend(answer.executions);
        token = answer.next_page_token;
        if token.is_empty() {
            return Some(runs);
        }
    }
}
