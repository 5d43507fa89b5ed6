//! `worker deployment manager-identity set | unset`.

use abide_api::temporal::api::workflowservice::v1::{
    SetWorkerDeploymentManagerRequest, set_worker_deployment_manager_request::NewManagerIdentity,
};
use clap::{Args, Subcommand};

use super::set_version::{Refused, conflict_token};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Say who manages it.
    Set(Set),
    /// Let nobody in particular manage it.
    Unset(Unset),
}

/// `worker deployment manager-identity set`.
#[derive(Args, Debug)]
pub struct Set {
    /// Who.
    #[arg(long, default_value = "")]
    manager_identity: String,
    /// Whoever runs this command.
    #[arg(long = "self")]
    me: bool,
    #[command(flatten)]
    unset: Unset,
}

/// `worker deployment manager-identity unset`.
#[derive(Args, Debug)]
pub struct Unset {
    /// The Worker Deployment.
    #[arg(long, default_value = "")]
    deployment_name: String,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    match command {
        Command::Set(Set { manager_identity, me, unset }) => {
            let name = if me { session.client.identity.clone() } else { manager_identity.clone() };
            let new = if me {
                NewManagerIdentity::Self_(true)
            } else {
                NewManagerIdentity::ManagerIdentity(manager_identity)
            };
            let before = change(session, unset, new, "error setting the manager identity").await?;
            let done = format!("Successfully set manager identity to '{name}', was previously '{before}'");
            session.output.text(done);
        }
        Command::Unset(unset) => {
            let nobody = NewManagerIdentity::ManagerIdentity(String::new());
            let before = change(session, unset, nobody, "error unsetting the manager identity").await?;
            session.output.text(format!("Successfully unset manager identity, was previously '{before}'"));
        }
    }
    Ok(())
}

async fn change(session: &mut Session, of: Unset, new: NewManagerIdentity, what: &str) -> Result<String> {
    let token = conflict_token(session, &of.deployment_name, "ManagerIdentity", of.yes).await;
    let conflict_token = token.map_err(|refused| match refused {
        Refused::NotFound(error) | Refused::Failed(error) => error,
    })?;
    let request = SetWorkerDeploymentManagerRequest {
        namespace: session.client.namespace.clone(),
        deployment_name: of.deployment_name,
        conflict_token,
        identity: session.client.identity.clone(),
        new_manager_identity: Some(new),
    };
    let answer = session.client.workflow.set_worker_deployment_manager(client::call(request)).await;
    #[expect(deprecated, reason = "what was before is shown")]
    Ok(answer.map_err(|status| Error::rpc(what, &status))?.into_inner().previous_manager_identity)
}
