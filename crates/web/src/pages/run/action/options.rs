//! Changes what can be changed of an open run: its priority.

use abide_api::temporal::api::common::v1::Priority;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionOptions;
use abide_api::temporal::api::workflowservice::v1::UpdateWorkflowExecutionOptionsRequest;
use maud::html;
use prost_types::FieldMask;

use super::form::{Button, Form, line, line_like, number};
use super::{Described, IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::problem::Problem;
use crate::visit::Visit;

pub(super) async fn form(visit: &Visit, run: &Run) -> Result<Form, Problem> {
    let found = Described::ask(visit, run.clone()).await?;
    Ok(form_of(&found.info.priority.unwrap_or_default()))
}

fn form_of(now: &Priority) -> Form {
    let shown = |number: f64| if number == 0.0 { String::new() } else { number.to_string() };
    Form {
        title: "Change the priority of this workflow",
        explained: html! {
            "Its later tasks are handed out by it: those with a lower priority key first, and fairly between fairness keys. What is "
            "left empty is as the task queue has it. The command line has no command for this."
        },
        fields: html! {
            (line_like("Priority key", "priority-key", &shown(now.priority_key.into()), "1 to 5"))
            (line("Fairness key", "fairness-key", &now.fairness_key, false))
            (line_like("Fairness weight", "fairness-weight", &shown(now.fairness_weight.into()), "1.0"))
        },
        commands: Vec::new(),
        button: Button::Plain("Change the priority"),
        before: None,
    }
}

pub(super) async fn act(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let priority = Priority {
        priority_key: number(fields, "priority-key", "Priority key")?.unwrap_or_default(),
        fairness_key: fields.text("fairness-key").unwrap_or_default().to_owned(),
        fairness_weight: number(fields, "fairness-weight", "Fairness weight")?.unwrap_or_default(),
    };
    let priority = (priority != Priority::default()).then_some(priority);
    let request = UpdateWorkflowExecutionOptionsRequest {
        namespace: run.namespace.clone(),
        workflow_execution: Some(run.execution()),
        workflow_execution_options: Some(WorkflowExecutionOptions { priority, ..Default::default() }),
        update_mask: Some(FieldMask { paths: vec!["priority".into()] }),
        identity: IDENTITY.into(),
    };
    visit.workflows().update_workflow_execution_options(visit.request(request)).await?;
    Ok(Done { to: run.href(visit, &[]), said: "The priority was changed.".into() })
}
