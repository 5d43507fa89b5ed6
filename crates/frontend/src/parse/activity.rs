//! Which activity a worker means, by token or by the id that the workflow chose.

use abide_cluster::history::RunReference;
use abide_engine::run::{ActivityReference, Rejection};
use abide_model::{RunId, limits};

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

/// An activity as a request names it by id.
pub struct ById {
    /// The namespace's name.
    pub namespace: String,
    /// The workflow id.
    pub workflow_id: String,
    /// The run id, or empty.
    pub run_id: String,
    /// The activity's id.
    pub activity_id: String,
}

impl Frontend {
    /// The activity that a token names.
    pub(crate) fn activity(&self, namespace: &str, token: &[u8]) -> Result<Activity, Refusal> {
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

    /// The activity that a request names by id.
    pub(crate) fn activity_by_id(&self, request: ById) -> Result<Activity, Refusal> {
        let namespace = self.namespace(&request.namespace)?;
        if request.activity_id.is_empty() {
            return Err(Refusal::invalid("ActivityId is not set on request."));
        }
        let run_id = match request.run_id.as_str() {
            "" => None,
            text => Some(RunId::parse(text).ok_or(Refusal::invalid("RunId is not valid UUID."))?),
        };
        // Without a workflow, an activity outside of workflows is meant; there are none yet.
        if request.workflow_id.is_empty() {
            return Err(Refusal::ActivityNotFound(request.activity_id));
        }
        let workflow = execution::workflow(&namespace, request.workflow_id)?;
        if request.activity_id.len() > limits::ID_BYTES_MAX {
            return Err(Refusal::ActivityIdNotFound(request.activity_id));
        }
        let run = RunReference { workflow, run_id, first_run_id: None };
        Ok(Activity { run, reference: ActivityReference::Id(request.activity_id) })
    }
}
