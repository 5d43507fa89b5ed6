//! Reading a run's history through the API: pages, waiting, and on to the run that continues the chain.

use abide_api::temporal::api::{
    enums::v1::{EventType, HistoryEventFilterType},
    history::v1::{HistoryEvent, history_event::Attributes},
    workflowservice::v1::{GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryReverseRequest},
};

use crate::client::{self, Client};

/// Whether to wait for events that are not there yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Follow {
    /// What there is.
    Stored,
    /// Until the chain of runs has ended.
    UntilClosed,
}

/// A run's events, page by page, and those of the runs that continue it.
pub struct Pages<'a> {
    client: &'a mut Client,
    workflow_id: String,
    run_id: String,
    follow: Follow,
    token: Option<bytes::Bytes>,
}

impl<'a> Pages<'a> {
    /// From the first event of a run; an empty run id is the newest run.
    pub fn new(client: &'a mut Client, workflow_id: &str, run_id: &str, follow: Follow) -> Self {
        let token = Some(bytes::Bytes::new());
        Self { client, workflow_id: workflow_id.into(), run_id: run_id.into(), follow, token }
    }

    /// The next page; may be empty while the run is open. None at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<HistoryEvent>>, tonic::Status> {
        let Some(token) = self.token.take() else { return Ok(None) };
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: self.client.namespace.clone(),
            execution: Some(client::execution(&self.workflow_id, &self.run_id)),
            next_page_token: token,
            wait_new_event: self.follow == Follow::UntilClosed,
            history_event_filter_type: HistoryEventFilterType::AllEvent.into(),
            skip_archival: self.follow == Follow::UntilClosed,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let answer = self.client.workflow.get_workflow_execution_history(client::wait(request)).await?.into_inner();
        let events = answer.history.unwrap_or_default().events;
        if !answer.next_page_token.is_empty() {
            self.token = Some(answer.next_page_token);
        } else if let Some(next) = events.last().and_then(next_run_id) {
            self.run_id = next.to_owned();
            self.token = Some(bytes::Bytes::new());
        }
        Ok(Some(events))
    }
}

/// A run's events, newest first, all of them.
pub async fn reverse(client: &mut Client, workflow_id: &str, run_id: &str) -> Result<Vec<HistoryEvent>, tonic::Status> {
    let mut events = Vec::new();
    let mut token = bytes::Bytes::new();
    loop {
        let request = GetWorkflowExecutionHistoryReverseRequest {
            namespace: client.namespace.clone(),
            execution: Some(client::execution(workflow_id, run_id)),
            next_page_token: token,
            ..GetWorkflowExecutionHistoryReverseRequest::default()
        };
        let answer = client.workflow.get_workflow_execution_history_reverse(client::call(request)).await;
        let answer = match answer {
            Ok(answer) => answer.into_inner(),
            // A server that reads in one direction only still has all the events.
            Err(status) if status.code() == tonic::Code::Unimplemented => {
                let mut events = stored(client, workflow_id, run_id).await?;
                events.reverse();
                return Ok(events);
            }
            Err(status) => return Err(status),
        };
        events.extend(answer.history.unwrap_or_default().events);
        token = answer.next_page_token;
        if token.is_empty() {
            return Ok(events);
        }
    }
}

async fn stored(client: &mut Client, workflow_id: &str, run_id: &str) -> Result<Vec<HistoryEvent>, tonic::Status> {
    let mut pages = Pages::new(client, workflow_id, run_id, Follow::Stored);
    let mut events = Vec::new();
    while let Some(page) = pages.next().await? {
        events.extend(page);
        if events.last().and_then(next_run_id).is_some() {
            break;
        }
    }
    Ok(events)
}

/// The event that closed a run; with `Follow::UntilClosed`, waits for it, and goes on through the chain of runs.
pub async fn close_event(
    client: &mut Client,
    workflow_id: &str,
    run_id: &str,
    follow: Follow,
) -> Result<Option<HistoryEvent>, tonic::Status> {
    let mut run_id = run_id.to_owned();
    let mut token = bytes::Bytes::new();
    loop {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: client.namespace.clone(),
            execution: Some(client::execution(workflow_id, &run_id)),
            next_page_token: token,
            wait_new_event: follow == Follow::UntilClosed,
            history_event_filter_type: HistoryEventFilterType::CloseEvent.into(),
            skip_archival: follow == Follow::UntilClosed,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let answer = client.workflow.get_workflow_execution_history(client::wait(request)).await?.into_inner();
        token = answer.next_page_token;
        let Some(event) = answer.history.unwrap_or_default().events.pop() else {
            if token.is_empty() {
                return Ok(None);
            }
            continue;
        };
        match next_run_id(&event) {
            Some(next)
                if follow == Follow::UntilClosed && event.event_type() != EventType::WorkflowExecutionCompleted =>
            {
                run_id = next.to_owned();
                token = bytes::Bytes::new();
            }
            _ => return Ok(Some(event)),
        }
    }
}

/// The run that continues the one that this event closed.
pub fn next_run_id(event: &HistoryEvent) -> Option<&str> {
    let next = match event.attributes.as_ref()? {
        Attributes::WorkflowExecutionContinuedAsNewEventAttributes(closed) => &closed.new_execution_run_id,
        Attributes::WorkflowExecutionCompletedEventAttributes(closed) => &closed.new_execution_run_id,
        Attributes::WorkflowExecutionFailedEventAttributes(closed) => &closed.new_execution_run_id,
        Attributes::WorkflowExecutionTimedOutEventAttributes(closed) => &closed.new_execution_run_id,
        _ => return None,
    };
    (!next.is_empty()).then_some(next.as_str())
}

/// Whether an event closes its run.
pub fn closes(event: &HistoryEvent) -> bool {
    matches!(
        event.event_type(),
        EventType::WorkflowExecutionCompleted
            | EventType::WorkflowExecutionFailed
            | EventType::WorkflowExecutionTimedOut
            | EventType::WorkflowExecutionCanceled
            | EventType::WorkflowExecutionTerminated
            | EventType::WorkflowExecutionContinuedAsNew
    )
}
