//! Holds one activity of a run back, lets it go again, and begins it anew.

use abide_api::temporal::api::workflowservice::v1::{
    PauseActivityExecutionRequest, ResetActivityExecutionRequest, UnpauseActivityExecutionRequest,
};
use maud::{Markup, html};

use super::form::{Button, Form, command, duration, line, line_like, only, reason, tick};
use super::{IDENTITY, Run};
use crate::form::{Done, Fields};
use crate::problem::Problem;
use crate::visit::Visit;

pub(super) fn pause_form(visit: &Visit, run: &Run) -> Form {
    Form {
        title: "Pause an activity",
        explained: html! {
            "No worker gets its next attempt until it is unpaused. An attempt that has begun goes on, and hears of it with its "
            "next heartbeat."
        },
        fields: html! { (id_field(visit)) (reason()) },
        commands: only(command(run, "activity pause", " --activity-id {activity-id} --reason {reason}")),
        button: Button::Plain("Pause the activity"),
        before: None,
    }
}

pub(super) fn unpause_form(visit: &Visit, run: &Run) -> Form {
    Form {
        title: "Unpause an activity",
        explained: html! { "Its next attempt is handed out again." },
        fields: html! { (id_field(visit)) (reason()) (jitter()) },
        commands: only(command(
            run,
            "activity unpause",
            " --activity-id {activity-id} --reason {reason} --jitter {jitter}",
        )),
        button: Button::Plain("Unpause the activity"),
        before: None,
    }
}

pub(super) fn reset_form(visit: &Visit, run: &Run) -> Form {
    let fields = " --activity-id {activity-id} --keep-paused {keep-paused?} --restore-original-options \
                  {restore-original-options?} --jitter {jitter}";
    Form {
        title: "Reset an activity",
        explained: html! { "It begins again at its first attempt, without the wait that it is in." },
        fields: html! {
            (id_field(visit))
            (tick("If it is paused, it stays so", "keep-paused"))
            (tick("Its options become again what the workflow has said", "restore-original-options"))
            (jitter())
        },
        commands: only(command(run, "activity reset", fields)),
        button: Button::Plain("Reset the activity"),
        before: None,
    }
}

pub(super) async fn pause(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let activity_id = id(fields)?;
    let request = PauseActivityExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_id: run.workflow_id.clone(),
        run_id: run.run_id.clone(),
        activity_id: activity_id.to_owned(),
        identity: IDENTITY.into(),
        reason: fields.text("reason").unwrap_or_default().to_owned(),
        request_id: fields.request_id(),
        ..Default::default()
    };
    visit.workflows().pause_activity_execution(visit.request(request)).await?;
    Ok(done(visit, run, format!("Activity {activity_id} was paused.")))
}

pub(super) async fn unpause(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let activity_id = id(fields)?;
    let request = UnpauseActivityExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_id: run.workflow_id.clone(),
        run_id: run.run_id.clone(),
        activity_id: activity_id.to_owned(),
        identity: IDENTITY.into(),
        reason: fields.text("reason").unwrap_or_default().to_owned(),
        jitter: duration(fields, "jitter", "Jitter")?,
        request_id: fields.request_id(),
        ..Default::default()
    };
    visit.workflows().unpause_activity_execution(visit.request(request)).await?;
    Ok(done(visit, run, format!("Activity {activity_id} goes on.")))
}

pub(super) async fn reset(visit: &Visit, run: &Run, fields: &Fields) -> Result<Done, Problem> {
    let activity_id = id(fields)?;
    let request = ResetActivityExecutionRequest {
        namespace: run.namespace.clone(),
        workflow_id: run.workflow_id.clone(),
        run_id: run.run_id.clone(),
        activity_id: activity_id.to_owned(),
        identity: IDENTITY.into(),
        keep_paused: fields.is_set("keep-paused"),
        jitter: duration(fields, "jitter", "Jitter")?,
        restore_original_options: fields.is_set("restore-original-options"),
        request_id: fields.request_id(),
        ..Default::default()
    };
    visit.workflows().reset_activity_execution(visit.request(request)).await?;
    Ok(done(visit, run, format!("Activity {activity_id} begins again.")))
}

/// Which activity: the address may say it.
pub(super) fn id_field(visit: &Visit) -> Markup {
    line("Activity id", "activity-id", visit.value("activity-id").unwrap_or_default(), true)
}

pub(super) fn id(fields: &Fields) -> Result<&str, Problem> {
    fields.required("activity-id", "Activity id")
}

pub(super) fn done(visit: &Visit, run: &Run, said: String) -> Done {
    Done { to: run.href(visit, &["pending-activities"]), said }
}

fn jitter() -> Markup {
    line_like("Jitter: wait for up to this long, by chance", "jitter", "", "30s")
}
