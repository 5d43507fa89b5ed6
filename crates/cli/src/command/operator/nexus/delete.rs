//! `operator nexus endpoint delete`.

use abide_api::temporal::api::operatorservice::v1::DeleteNexusEndpointRequest;

use super::{Name, find};
use crate::client;
use crate::command::Session;
use crate::error::{Error, Result};

/// Runs the command.
pub async fn run(session: &mut Session, name: Name) -> Result<()> {
    let name = name.name;
    let endpoint = find(session, &name).await?;
    let request = DeleteNexusEndpointRequest { id: endpoint.id.clone(), version: endpoint.version };
    let answer = session.client.operator.delete_nexus_endpoint(client::call(request)).await;
    answer.map_err(|status| Error::rpc(&format!("unable to delete endpoint {name:?}"), &status))?;
    let done = format!("Endpoint {name} successfully deleted (ID {}).", endpoint.id);
    session.output.text(session.output.paint().green(&done));
    Ok(())
}
