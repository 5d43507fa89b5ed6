//! SignalWorkflowExecution.

use abide_api::temporal::api::workflowservice::v1::{SignalWorkflowExecutionRequest, SignalWorkflowExecutionResponse};
use abide_engine::run::{Command, Requester, Signal};

use crate::Frontend;
use crate::convert;
use crate::parse::{at_most, execution, link, payload, request_id};
use crate::status::Refusal;

/// Delivers a signal.
pub async fn signal(
    frontend: &Frontend,
    request: SignalWorkflowExecutionRequest,
) -> Result<SignalWorkflowExecutionResponse, Refusal> {
    let namespace = frontend.namespace(&request.namespace)?;
    let run = execution::run(&namespace, request.workflow_execution)?;
    if request.signal_name.is_empty() {
        return Err(Refusal::invalid("SignalName is not set on request."));
    }
    at_most(&request.signal_name, frontend.limits().id_bytes_max, "SignalName length exceeds limit.")?;
    request_id(&request.request_id, frontend.limits())?;
    link::check(&request.links)?;
    payload::check(request.input.as_ref(), frontend.limits())?;
    let workflow_id = run.workflow.workflow_id.clone();
    let signal = Signal {
        name: request.signal_name,
        input: request.input,
        header: request.header,
        requester: Requester {
            identity: request.identity,
            request_id: request.request_id.clone(),
            links: request.links,
            sender: None,
        },
        ends_start_delay: false,
    };
    let (run_id, _) = frontend.history.execute(run, Command::Signal(Box::new(signal))).await?;
    let link = convert::link::signaled(&namespace, workflow_id, run_id, request.request_id);
    Ok(SignalWorkflowExecutionResponse { link: Some(link) })
}
