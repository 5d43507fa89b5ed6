//! `operator namespace list`.

use abide_api::temporal::api::workflowservice::v1::ListNamespacesRequest;

use super::{RESPONSE, card};
use crate::command::Session;
use crate::error::{Error, Result};
use crate::{client, json};

/// Runs the command.
pub async fn run(session: &mut Session) -> Result<()> {
    let mut all = session.output.list();
    let (mut token, mut first) = (bytes::Bytes::new(), true);
    loop {
        let request = ListNamespacesRequest { next_page_token: token, ..ListNamespacesRequest::default() };
        let answer = session.client.workflow.list_namespaces(client::call(request)).await;
        let answer = answer.map_err(|status| Error::rpc("failed listing namespaces", &status))?.into_inner();
        for namespace in &answer.namespaces {
            if !std::mem::take(&mut first) {
                session.output.text("");
            }
            all.element(&json::message(RESPONSE, namespace, session.output.payloads()));
            session.output.card(&card(namespace));
        }
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    all.end();
    Ok(())
}
