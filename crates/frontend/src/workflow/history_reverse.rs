//! GetWorkflowExecutionHistoryReverse: pages of events, the newest first. Waits for nothing, and shows only what is
//! stored.

use abide_api::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryReverseRequest, GetWorkflowExecutionHistoryReverseResponse,
};
use abide_cluster::history::{HistoryPage as Read, ReadHistory, RunReference};
use bytes::Bytes;

use super::history::{bound, page_size};
use crate::Frontend;
use crate::parse::execution;
use crate::status::Refusal;
use crate::token::{HistoryPage, ReversePage};

/// A page of a run's history, the newest event first.
pub async fn history_reverse(
    frontend: &Frontend,
    request: GetWorkflowExecutionHistoryReverseRequest,
) -> Result<GetWorkflowExecutionHistoryReverseResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let run = execution::run(&namespace, request.execution)?;
    let from = match request.next_page_token.as_ref() {
        b"" => None,
        token => Some(ReversePage::parse(token)?.0),
    };
    let run = bound(run, from.as_ref())?;
    let (run, newest) = match from {
        Some(from) => (run, from.first_event_id),
        None => {
            // Nothing but which run that is, and how far its history goes.
            let whole = read(frontend, run.clone(), (1, 0)).await?;
            (RunReference { run_id: Some(whole.run_id), ..run }, whole.end_event_id - 1)
        }
    };
    let size = i64::try_from(page_size(request.maximum_page_size)).unwrap_or(i64::MAX);
    let oldest = (newest - size).max(0) + 1;
    let page = read(frontend, run, (oldest, newest)).await?;
    let next = (oldest > 1).then(|| ReversePage(HistoryPage::new(page.run_id, oldest - 1)).seal());
    let mut history = page.history;
    history.encoded.reverse();
    history.events.reverse();
    Ok(GetWorkflowExecutionHistoryReverseResponse {
        history: Some(history),
        next_page_token: next.unwrap_or(Bytes::new()),
    })
}

async fn read(frontend: &Frontend, run: RunReference, (first, last): (i64, i64)) -> Result<Read, Refusal> {
    let limit = usize::try_from(last - first + 1).unwrap_or(0).max(1);
    let read = ReadHistory {
        first_event_id: first,
        last_event_id: Some(last),
        limit,
        wait: None,
        only_close: false,
        unwritten_task: false,
    };
    Ok(frontend.history.read(run, read).await?)
}
