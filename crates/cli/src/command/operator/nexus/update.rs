//! `operator nexus endpoint update`.

use abide_api::temporal::api::nexus::v1::{
    EndpointSpec, EndpointTarget,
    endpoint_target::{Variant, Worker},
};
use abide_api::temporal::api::operatorservice::v1::UpdateNexusEndpointRequest;
use clap::Args;

use super::{Configuration, Name, find};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// `operator nexus endpoint update`.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    name: Name,
    #[command(flatten)]
    configuration: Configuration,
    /// Remove the text for people.
    #[arg(long)]
    unset_description: bool,
}

/// Runs the command.
pub async fn run(session: &mut Session, arguments: Arguments) -> Result<()> {
    let Arguments { name: Name { name }, configuration, unset_description } = arguments;
    let description = configuration.description()?;
    if description.is_some() && unset_description {
        let both = "--unset-description should not be set if --description or --description-file is set";
        return Err(Error::new(both));
    }
    configuration.refuse_two_targets()?;
    let endpoint = find(session, &name).await?;
    let known = endpoint.spec.unwrap_or_default();
    let description = if unset_description { None } else { description.or(known.description) };
    let spec = EndpointSpec { name: name.clone(), description, target: target(&configuration, known.target)? };
    let request = UpdateNexusEndpointRequest { id: endpoint.id, version: endpoint.version, spec: Some(spec) };
    let answer = session.client.operator.update_nexus_endpoint(client::call(request)).await;
    answer.map_err(|status| Error::rpc(&format!("unable to update endpoint {name:?}"), &status))?;
    session.output.text(session.output.paint().green(&format!("Endpoint {name} successfully updated.")));
    Ok(())
}

fn target(configuration: &Configuration, known: Option<EndpointTarget>) -> Result<Option<EndpointTarget>> {
    if !configuration.target_url.is_empty() {
        return Ok(Some(configuration.outside()));
    }
    let (namespace, task_queue) = (&configuration.target_namespace, &configuration.target_task_queue);
    if namespace.is_empty() && task_queue.is_empty() {
        return Ok(known);
    }
    let workers = match known.and_then(|known| known.variant) {
        Some(Variant::Worker(workers)) => workers,
        Some(Variant::External(_)) if namespace.is_empty() || task_queue.is_empty() => {
            return Err(Error::new(
                "both --target-namespace and --target-task-queue are required when changing target type from external \
                 to worker",
            ));
        }
        Some(Variant::External(_)) | None => Worker::default(),
    };
    let or = |given: &String, known: String| if given.is_empty() { known } else { given.clone() };
    let workers =
        Worker { namespace: or(namespace, workers.namespace), task_queue: or(task_queue, workers.task_queue) };
    Ok(Some(EndpointTarget { variant: Some(Variant::Worker(workers)) }))
}
