//! GetWorkflowExecutionHistory: pages of events, waits for new ones, the event that closed the run.

use abide_api::temporal::api::{
    enums::v1::HistoryEventFilterType,
    history::v1::History,
    workflowservice::v1::{GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse},
};
use abide_cluster::history::{HistoryPage as Read, ReadHistory, RunReference};
use abide_model::limits;
use bytes::Bytes;

use crate::Frontend;
use crate::call::Call;
use crate::parse::execution;
use crate::status::Refusal;
use crate::token::HistoryPage;

/// A page of a run's history.
pub async fn history(
    frontend: &Frontend,
    call: &Call,
    request: GetWorkflowExecutionHistoryRequest,
) -> Result<GetWorkflowExecutionHistoryResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let only_close = request.history_event_filter_type() == HistoryEventFilterType::CloseEvent;
    let run = execution::run(&namespace, request.execution)?;
    let from = match request.next_page_token.as_ref() {
        b"" => None,
        token => Some(HistoryPage::parse(token)?),
    };
    let run = bound(run, from.as_ref())?;
    let wait = request.wait_new_event.then(|| call.wait(frontend.settings.waits.history, limits::POLL_DEADLINE_MARGIN));
    let read = ReadHistory {
        first_event_id: from.as_ref().map_or(1, |from| from.first_event_id),
        last_event_id: from.as_ref().and_then(|from| from.last_event_id),
        limit: page_size(request.maximum_page_size),
        wait,
        only_close,
        unwritten_task: call.is_of_sdk(),
    };
    let page = frontend.history.read(run, read).await?;
    Ok(match from.and_then(|from| Some((from.last_event_id?, from))) {
        Some((last_event_id, from)) => of_task(page, last_event_id, from),
        None => of_run(page, wait.is_some()),
    })
}

/// The run that the token is about, if there is one.
pub(super) fn bound(run: RunReference, from: Option<&HistoryPage>) -> Result<RunReference, Refusal> {
    let Some(begun) = from.and_then(HistoryPage::run) else { return Ok(run) };
    if run.run_id.is_some_and(|named| named != begun) {
        return Err(Refusal::invalid("RunId in the request does not match the NextPageToken."));
    }
    Ok(RunReference { run_id: Some(begun), ..run })
}

pub(super) fn page_size(asked: i32) -> usize {
    let asked = usize::try_from(asked).ok().filter(|size| *size > 0);
    asked.unwrap_or(limits::HISTORY_PAGE_EVENTS_MAX).min(limits::HISTORY_PAGE_EVENTS_MAX)
}

/// A page of what a workflow task shows: it ends where the task began, whatever came after.
fn of_task(page: Read, last_event_id: i64, from: HistoryPage) -> GetWorkflowExecutionHistoryResponse {
    let mut history = page.history;
    match page.next_event_id.filter(|next| *next <= last_event_id) {
        Some(first_event_id) => response(history, HistoryPage { first_event_id, ..from }.seal()),
        None => {
            history.events.extend(from.virtual_events);
            response(history, Bytes::new())
        }
    }
}

/// A page of what there is now. Who waits for more is told where to go on as long as the run is open.
fn of_run(page: Read, waits: bool) -> GetWorkflowExecutionHistoryResponse {
    let next = page.next_event_id.or((waits && page.open).then_some(page.end_event_id));
    let token = next.map_or(Bytes::new(), |next| HistoryPage::new(page.run_id, next).seal());
    response(page.history, token)
}

fn response(history: History, next_page_token: Bytes) -> GetWorkflowExecutionHistoryResponse {
    GetWorkflowExecutionHistoryResponse {
        history: Some(history),
        next_page_token,
        ..GetWorkflowExecutionHistoryResponse::default()
    }
}
