//! What workers say of their activities: heartbeats and ends, by token and by id. The two ways differ in how they name
//! the activity and in nothing else.

pub mod cancel;
pub mod complete;
pub mod fail;
pub mod heartbeat;

use abide_api::temporal::api::{common::v1::Payloads, failure::v1::Failure};
use abide_cluster::Error;
use abide_engine::run::{
    ActivityReference, Command, HeartbeatReply, RecordHeartbeat, Rejection, Reply, Resolution, ResolveActivity,
};

use crate::Frontend;
use crate::parse;
use crate::parse::activity::{Activity, Named};
use crate::parse::failure::{Retry, server_failure};
use crate::status::Refusal;

/// Ends an attempt: every answer of a worker about an activity comes through here.
async fn resolve(frontend: &Frontend, named: Named, resolution: Resolution, identity: String) -> Result<(), Refusal> {
    let activity = frontend.activity(named)?;
    parse::identity(&identity, frontend.limits())?;
    let command = ResolveActivity { activity: activity.reference.clone(), resolution, identity };
    execute(frontend, activity, Command::ResolveActivity(Box::new(command))).await?;
    Ok(())
}

/// Says that an attempt goes on, and hears whether it should.
async fn record(
    frontend: &Frontend,
    named: Named,
    details: Option<Payloads>,
    identity: String,
) -> Result<HeartbeatReply, Refusal> {
    let activity = frontend.activity(named)?;
    let command = RecordHeartbeat { activity: activity.reference.clone(), details, identity };
    match execute(frontend, activity, Command::RecordHeartbeat(Box::new(command))).await? {
        Reply::Heartbeat(told) => Ok(told),
        _ => Err(Refusal::bug("a heartbeat was answered with something else")),
    }
}

async fn execute(frontend: &Frontend, activity: Activity, command: Command) -> Result<Reply, Refusal> {
    let Activity { run, reference } = activity;
    match frontend.history.execute(run, command).await {
        Ok((_, reply)) => Ok(reply),
        Err(error) => Err(named_to_caller(error, reference)),
    }
}

/// An activity that was not found by its id is named to the caller, who chose it.
fn named_to_caller(error: Error, reference: ActivityReference) -> Refusal {
    match (error, reference) {
        (Error::Rejected(Rejection::ActivityIdNotFound), ActivityReference::Id(id)) => Refusal::ActivityIdNotFound(id),
        (error, _) => error.into(),
    }
}

/// What is recorded when a worker sends more than fits: the activity has failed and is not tried again, since it would
/// send as much the next time.
fn oversized(message: &str) -> Resolution {
    Resolution::Failed { failure: Some(oversize_failure(message)), last_heartbeat_details: None }
}

fn oversize_failure(message: &str) -> Failure {
    server_failure(message, Retry::Forbidden)
}
