//! Which runs a batch is about: those of its query that its operation can mean.

use std::collections::BTreeMap;

use abide_api::temporal::api::{
    batch::v1::batch_operation_unpause_activities::Activity,
    common::v1::WorkflowExecution,
    workflowservice::v1::{StartBatchOperationRequest, start_batch_operation_request::Operation},
};
use abide_cluster::{BoxFuture, Error};
use abide_engine::namespace::Namespace;
use abide_visibility::{ListError, Query, Visibility};
use bytes::Bytes;

use crate::status::Refusal;

/// What finds the runs of a batch.
pub trait Runs: Send + Sync {
    /// How many runs the query finds.
    fn count<'a>(&'a self, namespace: &'a Namespace, query: &'a str) -> BoxFuture<'a, Result<i64, ListError>>;

    /// A page of them, and the token of the next one; empty behind the last one.
    fn page<'a>(
        &'a self,
        namespace: &'a Namespace,
        query: &'a str,
        size: usize,
        token: &'a [u8],
    ) -> BoxFuture<'a, Result<(Vec<WorkflowExecution>, Bytes), ListError>>;
}

impl Runs for Visibility {
    fn count<'a>(&'a self, namespace: &'a Namespace, query: &'a str) -> BoxFuture<'a, Result<i64, ListError>> {
        Box::pin(async move {
            let count = Visibility::count(self, namespace.id(), &namespace.search_attributes, query).await?;
            Ok(i64::try_from(count.total).unwrap_or(i64::MAX))
        })
    }

    fn page<'a>(
        &'a self,
        namespace: &'a Namespace,
        query: &'a str,
        size: usize,
        token: &'a [u8],
    ) -> BoxFuture<'a, Result<(Vec<WorkflowExecution>, Bytes), ListError>> {
        Box::pin(async move {
            let page = self.list(namespace.id(), &namespace.search_attributes, query, size, token).await?;
            let executions = page.executions.into_iter().filter_map(|info| info.execution).collect();
            Ok((executions, page.next_page_token.into()))
        })
    }
}

/// The query of a batch, less the runs that its operation cannot mean; nothing when the batch names its runs.
pub fn adjusted(request: &StartBatchOperationRequest) -> Option<String> {
    if request.visibility_query.is_empty() {
        return None;
    }
    let query = &request.visibility_query;
    let open = "ExecutionStatus = 'Running' OR ExecutionStatus = 'Paused'";
    Some(match &request.operation {
        Some(Operation::DeletionOperation(_) | Operation::ResetOperation(_)) | None => query.clone(),
        Some(Operation::UnpauseActivitiesOperation(unpause)) => match &unpause.activity {
            // Of the runs that the query finds, those that have such an activity paused. (The reference forgets the query.)
            Some(Activity::Type(kind)) => {
                let paused = format!("property:activityType={kind}").replace('\\', "\\\\").replace('\'', "''");
                format!("({query}) AND TemporalPauseInfo = '{paused}' AND ({open})")
            }
            Some(Activity::MatchAll(_)) | None => format!("({query}) AND ({open})"),
        },
        Some(_) => format!("({query}) AND ({open})"),
    })
}

/// Refuses a query that cannot be answered.
pub fn check(namespace: &Namespace, request: &StartBatchOperationRequest) -> Result<(), Refusal> {
    let custom: &BTreeMap<String, i32> = &namespace.search_attributes;
    let Some(adjusted) = adjusted(request) else { return Ok(()) };
    // The user's own text first, so that the refusal is about it.
    for query in [&request.visibility_query, &adjusted] {
        if let Err(error) = Query::list(query, custom) {
            let text = error.to_string();
            let why = text.strip_prefix("invalid query: ").unwrap_or(&text);
            return Err(Refusal::Invalid(format!("invalid visibility query: {why}").into()));
        }
    }
    Ok(())
}

/// What a failed search means for a batch.
pub fn failed(error: ListError) -> Refusal {
    match error {
        ListError::Query(_) => Refusal::Invalid(error.to_string().into()),
        ListError::InvalidPageToken | ListError::OtherPageToken => Error::InvalidPageToken.into(),
        ListError::Store(cause) => Error::Unavailable(format!("the list cannot be read: {cause}")).into(),
    }
}

/// `WORKFLOW` as the reference prints it: `Workflow`.
pub fn camel(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters.map(|letter| letter.to_ascii_lowercase())).collect()
}
