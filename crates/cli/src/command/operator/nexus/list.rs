//! `operator nexus endpoint list`.

use abide_api::temporal::api::operatorservice::v1::ListNexusEndpointsRequest;

use super::card;
use crate::command::Session;
use crate::error::{Error, Result};
use crate::{client, json};

/// Runs the command.
pub async fn run(session: &mut Session) -> Result<()> {
    let mut all = session.output.list();
    let (mut request, mut first) = (ListNexusEndpointsRequest::default(), true);
    loop {
        let answer = session.client.operator.list_nexus_endpoints(client::call(request.clone())).await;
        let answer = answer.map_err(|status| Error::rpc("unable to list endpoints", &status))?.into_inner();
        for endpoint in &answer.endpoints {
            if !std::mem::take(&mut first) {
                session.output.text("");
            }
            all.element(&json::message("temporal.api.nexus.v1.Endpoint", endpoint, session.output.payloads()));
            session.output.card(&card(session.output, endpoint));
        }
        request.next_page_token = answer.next_page_token;
        if request.next_page_token.is_empty() {
            break;
        }
    }
    all.end();
    Ok(())
}
