//! What is handed to clients to be handed back: task tokens and page tokens. Opaque to them and sealed with a check
//! sum, so that a mangled token is refused and not half understood. Not a secret: whoever may call may know its parts.

use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_cluster::Error;
use abide_engine::run::WorkflowTaskToken;
use abide_model::{NamespaceId, RunId, RunKey, WorkflowKey};
use bytes::Bytes;
use prost::Message;
use uuid::Uuid;

use crate::status::Refusal;

/// Names the task that a worker speaks of.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskToken {
    /// One start of a workflow task.
    Workflow(RunKey, WorkflowTaskToken),
    /// One attempt of an activity.
    Activity(RunKey, ActivityToken),
    /// One query on its way to a worker.
    Query(RunKey, Uuid),
}

/// One attempt of an activity.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityToken {
    /// The event that scheduled it.
    pub scheduled_event_id: i64,
    /// From 1.
    pub attempt: i32,
}

impl TaskToken {
    /// From what a worker sent.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.is_empty() {
            return Err(Refusal::invalid("Task token not set on request."));
        }
        let task = unseal(Kind::Task, bytes).and_then(Task::into_token);
        task.ok_or(Refusal::invalid("Error deserializing task token."))
    }

    /// As a worker gets it.
    pub fn seal(&self) -> Bytes {
        seal(Kind::Task, &Task::from_token(self))
    }

    /// The namespace that the task belongs to.
    pub fn namespace(&self) -> NamespaceId {
        self.run().workflow.namespace
    }

    fn run(&self) -> &RunKey {
        match self {
            TaskToken::Workflow(run, _) | TaskToken::Activity(run, _) | TaskToken::Query(run, _) => run,
        }
    }
}

/// Where the next page of a run's history begins.
#[derive(Clone, PartialEq, Message)]
pub struct HistoryPage {
    /// The run: 16 bytes, see [`HistoryPage::run`].
    #[prost(bytes = "bytes", tag = "1")]
    pub run: Bytes,
    /// The next event.
    #[prost(int64, tag = "2")]
    pub first_event_id: i64,
    /// For the history of a workflow task: the last stored event that belongs to it.
    #[prost(int64, optional, tag = "3")]
    pub last_event_id: Option<i64>,
    /// For the history of a workflow task: what comes after the last stored event.
    #[prost(message, repeated, tag = "4")]
    pub virtual_events: Vec<HistoryEvent>,
}

impl HistoryPage {
    /// Of a run, from an event on.
    pub fn new(run: RunId, first_event_id: i64) -> Self {
        let run = Bytes::copy_from_slice(run.0.as_bytes());
        Self { run, first_event_id, last_event_id: None, virtual_events: Vec::new() }
    }

    /// The run; parsed tokens have one.
    pub fn run(&self) -> Option<RunId> {
        Uuid::from_slice(&self.run).ok().map(RunId)
    }

    /// From what a client sent.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        Self::unsealed(Kind::HistoryPage, bytes)
    }

    fn unsealed(kind: Kind, bytes: &[u8]) -> Result<Self, Refusal> {
        unseal::<Self>(kind, bytes)
            .filter(|page| page.run().is_some() && page.first_event_id > 0)
            .ok_or(Refusal::Cluster(Error::InvalidPageToken))
    }

    /// As a client gets it.
    pub fn seal(&self) -> Bytes {
        seal(Kind::HistoryPage, self)
    }
}

/// Where the next page of a history that is read backwards begins: its newest event.
#[derive(Clone, PartialEq)]
pub struct ReversePage(pub HistoryPage);

impl ReversePage {
    /// From what a client sent.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        HistoryPage::unsealed(Kind::ReversePage, bytes).map(Self)
    }

    /// As a client gets it.
    pub fn seal(&self) -> Bytes {
        seal(Kind::ReversePage, &self.0)
    }
}

/// Where the next page of namespaces begins.
#[derive(Clone, PartialEq, Message)]
pub struct NamespacesPage {
    /// The last name of the page before.
    #[prost(string, tag = "1")]
    pub after: String,
}

impl NamespacesPage {
    /// From what a client sent.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        unseal(Kind::NamespacesPage, bytes).ok_or(Refusal::Cluster(Error::InvalidPageToken))
    }

    /// As a client gets it.
    pub fn seal(&self) -> Bytes {
        seal(Kind::NamespacesPage, self)
    }
}

/// The wire form of a [`TaskToken`]. Tokens outlive a restart, so tags are for ever.
#[derive(Clone, PartialEq, Message)]
struct Task {
    #[prost(bytes = "bytes", tag = "1")]
    namespace: Bytes,
    #[prost(string, tag = "2")]
    workflow_id: String,
    #[prost(bytes = "bytes", tag = "3")]
    run: Bytes,
    #[prost(oneof = "TaskKind", tags = "4, 5, 6")]
    kind: Option<TaskKind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum TaskKind {
    #[prost(message, tag = "4")]
    Workflow(WorkflowTask),
    #[prost(message, tag = "5")]
    Activity(Activity),
    #[prost(bytes = "bytes", tag = "6")]
    Query(Bytes),
}

#[derive(Clone, PartialEq, Message)]
struct WorkflowTask {
    #[prost(int64, tag = "1")]
    scheduled_event_id: i64,
    #[prost(int64, tag = "2")]
    started_event_id: i64,
    #[prost(int32, tag = "3")]
    attempt: i32,
    // 4 was the time of the start.
    #[prost(fixed64, tag = "5")]
    poll: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Activity {
    #[prost(int64, tag = "1")]
    scheduled_event_id: i64,
    #[prost(int32, tag = "2")]
    attempt: i32,
}

impl Task {
    fn from_token(token: &TaskToken) -> Self {
        let kind = match token {
            TaskToken::Workflow(_, task) => TaskKind::Workflow(WorkflowTask {
                scheduled_event_id: task.scheduled_event_id,
                started_event_id: task.started_event_id,
                attempt: task.attempt,
                poll: task.poll,
            }),
            TaskToken::Activity(_, activity) => TaskKind::Activity(Activity {
                scheduled_event_id: activity.scheduled_event_id,
                attempt: activity.attempt,
            }),
            TaskToken::Query(_, id) => TaskKind::Query(Bytes::copy_from_slice(id.as_bytes())),
        };
        let run = token.run();
        Self {
            namespace: Bytes::copy_from_slice(run.workflow.namespace.0.as_bytes()),
            workflow_id: run.workflow.workflow_id.clone(),
            run: Bytes::copy_from_slice(run.run_id.0.as_bytes()),
            kind: Some(kind),
        }
    }

    fn into_token(self) -> Option<TaskToken> {
        let namespace = NamespaceId(Uuid::from_slice(&self.namespace).ok()?);
        let run_id = RunId(Uuid::from_slice(&self.run).ok()?);
        let run = RunKey { workflow: WorkflowKey { namespace, workflow_id: self.workflow_id }, run_id };
        Some(match self.kind? {
            TaskKind::Workflow(task) => TaskToken::Workflow(
                run,
                WorkflowTaskToken {
                    scheduled_event_id: task.scheduled_event_id,
                    started_event_id: task.started_event_id,
                    attempt: task.attempt,
                    poll: task.poll,
                },
            ),
            TaskKind::Activity(activity) => TaskToken::Activity(
                run,
                ActivityToken { scheduled_event_id: activity.scheduled_event_id, attempt: activity.attempt },
            ),
            TaskKind::Query(id) => TaskToken::Query(run, Uuid::from_slice(&id).ok()?),
        })
    }
}

/// What a sealed message is. The ordinals are part of the tokens.
#[derive(Clone, Copy)]
enum Kind {
    Task = 1,
    HistoryPage = 2,
    NamespacesPage = 3,
    ReversePage = 4,
}

/// Version byte, kind byte, check sum of the body (4 bytes, big-endian), body.
const VERSION: u8 = 1;

fn seal(kind: Kind, message: &impl Message) -> Bytes {
    let mut bytes = vec![VERSION, kind as u8, 0, 0, 0, 0];
    bytes.reserve(message.encoded_len());
    message.encode(&mut bytes).expect("a vector grows");
    let sum = check_sum(&bytes[6..]).to_be_bytes();
    bytes[2..6].copy_from_slice(&sum);
    bytes.into()
}

fn unseal<M: Message + Default>(kind: Kind, bytes: &[u8]) -> Option<M> {
    let (head, body) = bytes.split_first_chunk::<6>()?;
    let [version, sealed_kind, sum @ ..] = *head;
    let ours = version == VERSION && sealed_kind == kind as u8 && u32::from_be_bytes(sum) == check_sum(body);
    if ours { M::decode(body).ok() } else { None }
}

// FNV-1a, 32 bits: each step is a bijection of the sum, so that no single changed byte goes unseen.
fn check_sum(body: &[u8]) -> u32 {
    body.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
