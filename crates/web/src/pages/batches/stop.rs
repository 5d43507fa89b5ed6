//! Ends a batch operation before everything had its turn.

use abide_api::temporal::api::workflowservice::v1::StopBatchOperationRequest;
use abide_http::url::path;
use axum::extract::Path;
use maud::html;

use crate::command_line;
use crate::form::{self, Done, Fields};
use crate::page::{Page, Place};
use crate::pages::IDENTITY;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;
use crate::widgets::command;

type Names = Path<(String, String)>;

/// Asks why.
pub(super) async fn ask(visit: Visit, Path((namespace, job_id)): Names) -> Result<Page, Problem> {
    visit.allow(Action::Batch)?;
    let job = ["namespaces", &namespace, "batch-operations", &job_id];
    let fixed = command_line::command("batch terminate", &[("namespace", Some(&namespace)), ("job-id", Some(&job_id))]);
    let body = html! {
        h1 { "Stop this batch operation" }
        p { "What it has done stays done; the rest is not done." }
        form.fields method="post" action=(visit.href(&path(&[&job[..], &["actions", "stop"]].concat()))) {
            (form::token(&visit))
            label { "Reason" input name="reason" required autocomplete="off" autofocus; }
            (command(&(fixed + " --reason {reason}")))
            p.actions { button.danger { "Stop" } a.button href=(visit.href(&path(&job))) data-close="" { "Do nothing" } }
        }
    };
    Ok(Page::new(Place::Batches, "Stop a batch operation", body).of(&namespace))
}

/// Stops it.
pub(super) async fn act(visit: Visit, Path((namespace, job_id)): Names, fields: Fields) -> Result<Done, Problem> {
    visit.allow(Action::Batch)?;
    let to = visit.href(&path(&["namespaces", &namespace, "batch-operations", &job_id]));
    let reason = fields.required("reason", "Reason")?.to_owned();
    let request = StopBatchOperationRequest { namespace, job_id, reason, identity: IDENTITY.into() };
    visit.workflows().stop_batch_operation(visit.request(request)).await?;
    Ok(Done { to, said: "The batch operation was stopped.".into() })
}
