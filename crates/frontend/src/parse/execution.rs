//! Which run a request means.

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_cluster::Error;
use abide_cluster::history::RunReference;
use abide_engine::namespace::Namespace;
use abide_model::{RunId, RunKey, WorkflowKey};

use crate::status::Refusal;

/// The run that a request names; without a run id, the newest of the workflow id.
pub fn run(namespace: &Namespace, execution: Option<WorkflowExecution>) -> Result<RunReference, Refusal> {
    let execution = execution.ok_or(Refusal::invalid("Execution is not set on request."))?;
    let run_id = run_id(&execution.run_id)?;
    Ok(RunReference { workflow: workflow(namespace, execution.workflow_id)?, run_id, first_run_id: None })
}

/// As [`run`], and the run must belong to the chain that began with `first_run_id`, if that is named. Then the run id
/// says nothing more: the newest run of the chain is meant.
pub fn run_of_chain(
    namespace: &Namespace,
    execution: Option<WorkflowExecution>,
    first_run_id: &str,
) -> Result<RunReference, Refusal> {
    let run = run(namespace, execution)?;
    if first_run_id.is_empty() {
        return Ok(run);
    }
    // No run has an id that is none.
    let first = RunId::parse(first_run_id).ok_or(Refusal::ChainNotFound)?;
    Ok(RunReference { run_id: None, first_run_id: Some(first), ..run })
}

/// What is said when the run was not found: of a chain, only that.
pub fn not_found(error: Error, chain: Chain) -> Refusal {
    match (error, chain) {
        (Error::RunNotFound { .. }, Chain::Named) => Refusal::ChainNotFound,
        (error, Chain::Named | Chain::Any) => error.into(),
    }
}

/// Whether a request names the chain that the run must belong to.
#[derive(Clone, Copy)]
pub enum Chain {
    /// It does.
    Named,
    /// It does not.
    Any,
}

impl Chain {
    /// Of a parsed request.
    pub fn of(run: &RunReference) -> Self {
        if run.first_run_id.is_some() { Chain::Named } else { Chain::Any }
    }
}

/// The run that a token names.
pub fn exactly(run: RunKey) -> RunReference {
    RunReference { workflow: run.workflow, run_id: Some(run.run_id), first_run_id: None }
}

/// The workflow id of a request about a run that exists.
pub fn workflow(namespace: &Namespace, workflow_id: String) -> Result<WorkflowKey, Refusal> {
    if workflow_id.is_empty() {
        return Err(Refusal::invalid("WorkflowId is not set on request."));
    }
    Ok(WorkflowKey { namespace: namespace.id(), workflow_id })
}

fn run_id(text: &str) -> Result<Option<RunId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    RunId::parse(text).map(Some).ok_or(Refusal::invalid("Invalid RunId."))
}
