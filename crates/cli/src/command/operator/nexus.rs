//! `operator nexus endpoint`: where Nexus operations are sent to.

mod create;
mod delete;
mod get;
mod list;
mod update;

use abide_api::temporal::api::{
    common::v1::Payload,
    nexus::v1::{
        Endpoint, EndpointTarget,
        endpoint_target::{External, Variant, Worker},
    },
    operatorservice::v1::ListNexusEndpointsRequest,
};
use clap::{Args, Subcommand};

use crate::command::Session;
use crate::error::{Error, Result};
use crate::json::{self, Payloads};
use crate::output::{Card, Output};
use crate::{client, input};

/// `operator nexus`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Manage Nexus endpoints.
    #[command(subcommand)]
    Endpoint(EndpointCommand),
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum EndpointCommand {
    /// Make an endpoint.
    Create(create::Arguments),
    /// Remove an endpoint.
    Delete(Name),
    /// Show an endpoint.
    Get(Name),
    /// Show all endpoints.
    List,
    /// Change an endpoint; what the flags leave out stays.
    Update(update::Arguments),
}

/// An endpoint.
#[derive(Args, Debug)]
pub struct Name {
    /// Its name.
    #[arg(long)]
    name: String,
}

/// What an endpoint is.
#[derive(Args, Debug)]
pub struct Configuration {
    /// A text for people; they read it as Markdown.
    #[arg(long, default_value = "")]
    description: String,
    /// A file with that text.
    #[arg(long, value_name = "FILE", default_value = "")]
    description_file: String,
    /// The namespace of the workers that operations are sent to.
    #[arg(long, default_value = "")]
    target_namespace: String,
    /// The Task Queue of those workers.
    #[arg(long, default_value = "")]
    target_task_queue: String,
    /// A server outside that operations are sent to.
    #[arg(long, default_value = "")]
    target_url: String,
}

/// Runs the command.
pub async fn run(session: &mut Session, command: Command) -> Result<()> {
    let Command::Endpoint(command) = command;
    match command {
        EndpointCommand::Create(arguments) => create::run(session, arguments).await,
        EndpointCommand::Delete(name) => delete::run(session, name).await,
        EndpointCommand::Get(name) => get::run(session, name).await,
        EndpointCommand::List => list::run(session).await,
        EndpointCommand::Update(arguments) => update::run(session, arguments).await,
    }
}

impl Configuration {
    fn description(&self) -> Result<Option<Payload>> {
        let (text, file) = (&self.description, &self.description_file);
        let text = match (text.is_empty(), file.is_empty()) {
            (false, false) => return Err(Error::new("provided both --description and --description-file")),
            (true, true) => return Ok(None),
            (false, true) => text.clone(),
            (true, false) => std::fs::read_to_string(file).map_err(|error| {
                Error::new(format!("failed reading input file {file:?}: {}", Error::open(file, &error)))
            })?,
        };
        if text.is_empty() {
            return Err(Error::new(format!("empty description file: {file:?}")));
        }
        Ok(Some(input::json_payload(&serde_json::Value::from(text).to_string())))
    }

    fn workers(&self) -> EndpointTarget {
        let (namespace, task_queue) = (self.target_namespace.clone(), self.target_task_queue.clone());
        EndpointTarget { variant: Some(Variant::Worker(Worker { namespace, task_queue })) }
    }

    fn outside(&self) -> EndpointTarget {
        EndpointTarget { variant: Some(Variant::External(External { url: self.target_url.clone() })) }
    }

    fn refuse_two_targets(&self) -> Result<()> {
        let both = |flag: &str| Err(Error::new(format!("provided both --{flag} and --target-url")));
        match self.target_url.is_empty() {
            false if !self.target_namespace.is_empty() => both("target-namespace"),
            false if !self.target_task_queue.is_empty() => both("target-task-queue"),
            true | false => Ok(()),
        }
    }
}

async fn find(session: &mut Session, name: &str) -> Result<Endpoint> {
    let request = ListNexusEndpointsRequest { name: name.to_owned(), ..ListNexusEndpointsRequest::default() };
    let answer = session.client.operator.list_nexus_endpoints(client::call(request)).await;
    let mut found = answer.map_err(|status| Error::rpc("unable to list endpoints", &status))?.into_inner().endpoints;
    found.pop().ok_or_else(|| Error::new(format!("endpoint not found: {name:?}")))
}

fn card(output: Output, endpoint: &Endpoint) -> Card {
    let spec = endpoint.spec.clone().unwrap_or_default();
    let target = spec.target.and_then(|target| target.variant);
    let description = spec.description.map(|text| json::payload(&text, Payloads::Shorthand));
    let description = description.as_ref().and_then(|text| text.as_str()).unwrap_or_default();
    let card = Card::new()
        .field("ID", &endpoint.id)
        .field("Name", &spec.name)
        .field("CreatedTime", output.time(endpoint.created_time.as_ref()))
        .filled("LastModifiedTime", output.time(endpoint.last_modified_time.as_ref()));
    let card = match target {
        Some(Variant::Worker(workers)) => card
            .field("Target.Worker.Namespace", workers.namespace)
            .field("Target.Worker.TaskQueue", workers.task_queue),
        Some(Variant::External(outside)) => card.field("Target.External.URL", outside.url),
        None => card,
    };
    card.filled("Description", description)
}
