//! `operator nexus endpoint create`.

use abide_api::temporal::api::{nexus::v1::EndpointSpec, operatorservice::v1::CreateNexusEndpointRequest};
use clap::Args;

use super::{Configuration, Name};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `operator nexus endpoint create`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    name: Name,
    #[command(flatten)]
    configuration: Configuration,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let (name, configuration) = (arguments.name.name, arguments.configuration);
    let description = configuration.description()?;
    configuration.refuse_two_targets()?;
    let parts = [&configuration.target_namespace, &configuration.target_task_queue].map(|part| part.is_empty());
    let target = match (parts, configuration.target_url.is_empty()) {
        ([true, true], true) => {
            let needed = "either --target-namespace and --target-task-queue or --target-url are required";
            return Err(Error::new(needed));
        }
        ([true, true], false) => configuration.outside(),
        ([false, false], _) => configuration.workers(),
        ([true, false] | [false, true], _) => {
            return Err(Error::new("both --target-namespace and --target-task-queue are required"));
        }
    };
    let spec = EndpointSpec { name: name.clone(), description, target: Some(target) };
    let request = CreateNexusEndpointRequest { spec: Some(spec) };
    let answer = session.client.operator.create_nexus_endpoint(client::call(request)).await;
    answer.map_err(|status| Error::rpc(&format!("unable to create endpoint {name:?}"), &status))?;
    session.output.text(session.output.paint().green(&format!("Endpoint {name} successfully created.")));
    Ok(())
}
