//! Which activity a worker means, by token or by the id that the workflow chose.

use abide_cluster::history::RunReference;
use abide_engine::namespace::Namespace;
use abide_engine::run::{ActivityReference, Rejection};
use abide_model::{RunId, limits};
use bytes::Bytes;

use super::execution;
use crate::Frontend;
use crate::status::Refusal;
use crate::token::TaskToken;

/// An activity of a run.
#[derive(Debug)]
pub struct Activity {
    /// The run.
    pub run: RunReference,
    /// Which of its activities.
    pub reference: ActivityReference,
}

/// An activity as a request names it.
pub enum Named {
    /// By the token of an attempt.
    ByToken {
        /// The namespace's name, or empty.
        namespace: String,
        /// The token.
        token: Bytes,
    },
    /// By the id that the workflow chose.
    ById {
        /// The namespace's name.
        namespace: String,
        /// The workflow id.
        workflow_id: String,
        /// The run id, or empty.
        run_id: String,
        /// The activity's id.
        activity_id: String,
    },
}

impl Frontend {
    /// The activity that a worker speaks of.
    pub(crate) fn activity(&self, named: Named) -> Result<Activity, Refusal> {
        match named {
            Named::ByToken { namespace, token } => self.activity_by_token(&namespace, &token),
            Named::ById { namespace, workflow_id, run_id, activity_id } => {
                let namespace = self.namespace(&namespace)?;
                activity_by_id(&namespace, workflow_id, &run_id, activity_id)
            }
        }
    }

    fn activity_by_token(&self, namespace: &str, token: &[u8]) -> Result<Activity, Refusal> {
        let (_, token) = self.task(namespace, token)?;
        match token {
            TaskToken::Activity(run, activity) => Ok(Activity {
                run: execution::exactly(run),
                reference: ActivityReference::Attempt {
                    scheduled_event_id: activity.scheduled_event_id,
                    attempt: activity.attempt,
                },
            }),
            TaskToken::Workflow(..) | TaskToken::Query(..) => Err(Rejection::ActivityNotFound.into()),
        }
    }
}

fn activity_by_id(
    namespace: &Namespace,
    workflow_id: String,
    run_id: &str,
    activity_id: String,
) -> Result<Activity, Refusal> {
    if activity_id.is_empty() {
        return Err(Refusal::invalid("ActivityId is not set on request."));
    }
    let run_id = match run_id {
        "" => None,
        text => Some(RunId::parse(text).ok_or(Refusal::invalid("RunId is not valid UUID."))?),
    };
    // Without a workflow, an activity outside of workflows is meant; there are none yet.
    if workflow_id.is_empty() {
        return Err(Refusal::ActivityNotFound(activity_id));
    }
    let workflow = execution::workflow(namespace, workflow_id)?;
    if activity_id.len() > limits::ID_BYTES_MAX {
        return Err(Refusal::ActivityIdNotFound(activity_id));
    }
    let run = RunReference { workflow, run_id, first_run_id: None };
    Ok(Activity { run, reference: ActivityReference::Id(activity_id) })
}
