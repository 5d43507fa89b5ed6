//! `task-queue versioning`: rules about builds, the second way to version workers (deprecated).

mod shown;

use abide_api::temporal::api::{
    taskqueue::v1::{
        BuildIdAssignmentRule, CompatibleBuildIdRedirectRule, RampByPercentage, build_id_assignment_rule::Ramp,
    },
    workflowservice::v1::{
        GetWorkerVersioningRulesRequest, GetWorkerVersioningRulesResponse, UpdateWorkerVersioningRulesRequest,
        update_worker_versioning_rules_request::{
            AddCompatibleBuildIdRedirectRule, CommitBuildId, DeleteBuildIdAssignmentRule,
            DeleteCompatibleBuildIdRedirectRule, InsertBuildIdAssignmentRule, Operation, ReplaceBuildIdAssignmentRule,
            ReplaceCompatibleBuildIdRedirectRule,
        },
    },
};
use clap::{Args, Subcommand};

use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Send the tasks of one Build ID to another (deprecated).
    AddRedirectRule(Redirect),
    /// Make a Build ID the only one that new executions get (deprecated).
    CommitBuildId(Commit),
    /// Remove an assignment rule (deprecated).
    DeleteAssignmentRule(DeleteAssignment),
    /// Remove a redirect rule (deprecated).
    DeleteRedirectRule(DeleteRedirect),
    /// Show all rules (deprecated).
    GetRules(Queue),
    /// Add a rule about which Build ID new executions get (deprecated).
    InsertAssignmentRule(Insert),
    /// Replace an assignment rule (deprecated).
    ReplaceAssignmentRule(Replace),
    /// Replace a redirect rule (deprecated).
    ReplaceRedirectRule(Redirect),
}

/// A Task Queue.
#[derive(Args, Debug)]
pub struct Queue {
    /// Task Queue.
    #[arg(long, short = 't')]
    task_queue: String,
}

/// A Task Queue whose rules change.
#[derive(Args, Debug)]
struct Changed {
    #[command(flatten)]
    queue: Queue,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// A redirect rule.
#[derive(Args, Debug)]
pub struct Redirect {
    #[command(flatten)]
    changed: Changed,
    /// The Build ID that tasks were meant for.
    #[arg(long)]
    source_build_id: String,
    /// The Build ID that they are sent to.
    #[arg(long)]
    target_build_id: String,
}

/// `task-queue versioning delete-redirect-rule`.
#[derive(Args, Debug)]
pub struct DeleteRedirect {
    #[command(flatten)]
    changed: Changed,
    /// The Build ID that tasks were meant for.
    #[arg(long)]
    source_build_id: String,
}

/// `task-queue versioning commit-build-id`.
#[derive(Args, Debug)]
pub struct Commit {
    #[command(flatten)]
    changed: Changed,
    /// Build ID.
    #[arg(long)]
    build_id: String,
    /// Even if no worker of it was seen.
    #[arg(long)]
    force: bool,
}

/// `task-queue versioning delete-assignment-rule`.
#[derive(Args, Debug)]
pub struct DeleteAssignment {
    #[command(flatten)]
    changed: Changed,
    /// Which rule, counted from 0.
    #[arg(long, short = 'i')]
    rule_index: i32,
    /// Even if no rule remains that is always true.
    #[arg(long)]
    force: bool,
}

/// `task-queue versioning insert-assignment-rule`.
#[derive(Args, Debug)]
pub struct Insert {
    #[command(flatten)]
    changed: Changed,
    /// Build ID.
    #[arg(long)]
    build_id: String,
    /// Where, counted from 0.
    #[arg(long, short = 'i', default_value = "0")]
    rule_index: i32,
    /// How many of a hundred executions get it.
    #[arg(long, default_value = "100")]
    percentage: i32,
}

/// `task-queue versioning replace-assignment-rule`.
#[derive(Args, Debug)]
pub struct Replace {
    #[command(flatten)]
    changed: Changed,
    /// Build ID.
    #[arg(long)]
    build_id: String,
    /// Which rule, counted from 0.
    #[arg(long, short = 'i')]
    rule_index: i32,
    /// How many of a hundred executions get it.
    #[arg(long, default_value = "100")]
    percentage: i32,
    /// Even if no rule remains that is always true.
    #[arg(long)]
    force: bool,
}

/// Which rules a change is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    Assignment,
    Redirect,
}

/// A change of the rules, and what it is called when users are asked.
struct Change {
    to: Changed,
    rules: Rules,
    what: &'static str,
    operation: Operation,
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    let (to, rules, what, operation) = match command {
        Command::GetRules(queue) => return show(session, queue).await,
        Command::AddRedirectRule(Redirect { changed, source_build_id, target_build_id }) => {
            let rule = Some(CompatibleBuildIdRedirectRule { source_build_id, target_build_id });
            let operation = Operation::AddCompatibleRedirectRule(AddCompatibleBuildIdRedirectRule { rule });
            (changed, Rules::Redirect, "adding a redirect rule", operation)
        }
        Command::ReplaceRedirectRule(Redirect { changed, source_build_id, target_build_id }) => {
            let rule = Some(CompatibleBuildIdRedirectRule { source_build_id, target_build_id });
            let operation = Operation::ReplaceCompatibleRedirectRule(ReplaceCompatibleBuildIdRedirectRule { rule });
            (changed, Rules::Redirect, "replacing a redirect rule", operation)
        }
        Command::DeleteRedirectRule(DeleteRedirect { changed, source_build_id }) => {
            let gone = DeleteCompatibleBuildIdRedirectRule { source_build_id };
            let operation = Operation::DeleteCompatibleRedirectRule(gone);
            (changed, Rules::Redirect, "deleting a redirect rule", operation)
        }
        Command::CommitBuildId(Commit { changed, build_id, force }) => {
            let operation = Operation::CommitBuildId(CommitBuildId { target_build_id: build_id, force });
            (changed, Rules::Assignment, "committing a Build ID", operation)
        }
        Command::DeleteAssignmentRule(DeleteAssignment { changed, rule_index, force }) => {
            let operation = Operation::DeleteAssignmentRule(DeleteBuildIdAssignmentRule { rule_index, force });
            (changed, Rules::Assignment, "deleting an assignment rule", operation)
        }
        Command::InsertAssignmentRule(Insert { changed, build_id, rule_index, percentage }) => {
            let rule = Some(assignment(build_id, percentage));
            let operation = Operation::InsertAssignmentRule(InsertBuildIdAssignmentRule { rule_index, rule });
            (changed, Rules::Assignment, "inserting an assignment rule", operation)
        }
        Command::ReplaceAssignmentRule(Replace { changed, build_id, rule_index, percentage, force }) => {
            let rule = Some(assignment(build_id, percentage));
            let operation = Operation::ReplaceAssignmentRule(ReplaceBuildIdAssignmentRule { rule_index, rule, force });
            (changed, Rules::Assignment, "replacing an assignment rule", operation)
        }
    };
    change(session, Change { to, rules, what, operation }).await
}

fn assignment(target_build_id: String, percentage: i32) -> BuildIdAssignmentRule {
    // A whole hundred is no ramp.
    let ramp =
        (percentage != 100).then_some(Ramp::PercentageRamp(RampByPercentage { ramp_percentage: percentage as f32 }));
    BuildIdAssignmentRule { target_build_id, ramp }
}

async fn show(session: &mut Session, queue: Queue) -> Result<()> {
    let rules = ask(session, &queue.task_queue, "unable to get task queue build ID rules").await?;
    shown::print(session.output, &rules.assignment_rules, &rules.compatible_redirect_rules);
    Ok(())
}

async fn change(session: &mut Session, change: Change) -> Result<()> {
    let Change { to: Changed { queue, yes }, rules, what, operation } = change;
    let known = ask(session, &queue.task_queue, "unable to get versioning conflict token").await?;
    if !yes {
        let output = session.output;
        match rules {
            Rules::Assignment => {
                output.heading("Current Assignment Rules:");
                shown::assignments(output, &known.assignment_rules);
            }
            Rules::Redirect => {
                output.heading("Current Redirect Rules:");
                shown::redirects(output, &known.compatible_redirect_rules);
            }
        }
        output.confirm(&format!("Continue with rules update {what}? y/N"), false)?;
    }
    let request = UpdateWorkerVersioningRulesRequest {
        namespace: session.client.namespace.clone(),
        task_queue: queue.task_queue,
        conflict_token: known.conflict_token,
        operation: Some(operation),
    };
    let answer = session.client.workflow.update_worker_versioning_rules(client::call(request)).await;
    let answer = answer.map_err(|status| Error::rpc("error updating task queue build ID rules", &status))?;
    let answer = answer.into_inner();
    shown::print(session.output, &answer.assignment_rules, &answer.compatible_redirect_rules);
    session.output.text("Successfully updated task queue build ID rules");
    Ok(())
}

async fn ask(session: &mut Session, task_queue: &str, what: &str) -> Result<GetWorkerVersioningRulesResponse> {
    let namespace = session.client.namespace.clone();
    let request = GetWorkerVersioningRulesRequest { namespace, task_queue: task_queue.to_owned() };
    let answer = session.client.workflow.get_worker_versioning_rules(client::call(request)).await;
    Ok(answer.map_err(|status| Error::rpc(what, &status))?.into_inner())
}
