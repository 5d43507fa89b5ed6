//! The RPCs by which an operator reaches into the activities of a run. Each has an older form, which also means several
//! activities by their type, and a newer one about a single activity.

pub mod pause;
pub mod reset;
pub mod unpause;
pub mod update_options;

use std::time::Duration;

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_cluster::history::RunReference;
use abide_engine::convert::from_proto_duration;
use abide_engine::run::{Command, Jitter, Reply, WhichActivities};
use abide_model::fresh;

use crate::Frontend;
use crate::parse::execution;
use crate::status::Refusal;

const NOT_NAMED: Refusal = Refusal::invalid("Either Activity.Id or Activity.Type should be set on request.");

/// Activities of a run, as a request means them.
struct Meant {
    run: RunReference,
    which: WhichActivities,
}

impl Frontend {
    /// The activities that an older request means.
    fn meant(
        &self,
        namespace: &str,
        execution: Option<WorkflowExecution>,
        which: Option<WhichActivities>,
    ) -> Result<Meant, Refusal> {
        let execution = execution.unwrap_or_default();
        if execution.workflow_id.is_empty() {
            return Err(Refusal::invalid("WorkflowId is not set on request."));
        }
        let which = which.ok_or(NOT_NAMED)?;
        let namespace = self.namespace(namespace)?;
        Ok(Meant { run: execution::run(&namespace, Some(execution))?, which })
    }

    /// The activity that a newer request means. Without a workflow that is one outside of workflows; there are none
    /// yet.
    fn meant_one(
        &self,
        namespace: &str,
        workflow_id: String,
        run_id: String,
        activity_id: String,
    ) -> Result<Meant, Refusal> {
        if activity_id.is_empty() {
            return Err(Refusal::invalid("activity ID is required"));
        }
        if workflow_id.is_empty() {
            self.namespace(namespace)?;
            return Err(Refusal::NotSupported("activities outside of workflows are not supported yet"));
        }
        self.meant(namespace, Some(WorkflowExecution { workflow_id, run_id }), Some(WhichActivities::Id(activity_id)))
    }

    async fn operate(&self, run: RunReference, command: Command) -> Result<Reply, Refusal> {
        let (_, reply) = self.history.execute(run, command).await?;
        Ok(reply)
    }
}

/// The wait that a request allows; what it is, is drawn here.
fn jitter(max: Option<&prost_types::Duration>) -> Jitter {
    let max: Duration = from_proto_duration(max);
    Jitter { max, draw: fresh::number() }
}
