//! A batch as a machine: one operation on many runs, which a query finds or a list names. It knows how far it is and how
//! it went; what is done to a run is not its matter. Whoever carries it out says how far it came, page by page: after a
//! crash one page is done again, and every operation stands that.

use abide_api::temporal::api::enums::v1::BatchOperationState;
use abide_api::temporal::api::workflowservice::v1::StartBatchOperationRequest;
use abide_model::{NamespaceId, Timestamp};
use bytes::Bytes;
use uuid::Uuid;

use crate::machine::{Emit, Machine};

/// A batch. Its stored form is this protobuf message; tags are for ever.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Batch {
    /// Its namespace: 16 bytes, a UUID.
    #[prost(bytes = "vec", tag = "1")]
    pub namespace_bytes: Vec<u8>,
    /// What was asked for, as it was asked.
    #[prost(message, optional, tag = "2")]
    pub request: Option<StartBatchOperationRequest>,
    /// Who asked.
    #[prost(string, tag = "3")]
    pub identity: String,
    /// Since when.
    #[prost(message, required, tag = "4")]
    pub started_at: Timestamp,
    /// Until when, if it has ended.
    #[prost(message, optional, tag = "5")]
    pub closed_at: Option<Timestamp>,
    /// `BatchOperationState`.
    #[prost(int32, tag = "6")]
    pub state: i32,
    /// How many runs there are to do, if that was found out.
    #[prost(int64, optional, tag = "7")]
    pub total: Option<i64>,
    /// How many are done.
    #[prost(int64, tag = "8")]
    pub done: i64,
    /// How many could not be done.
    #[prost(int64, tag = "9")]
    pub failed: i64,
    /// Where the next page of the query begins; empty at the beginning.
    #[prost(bytes = "bytes", tag = "10")]
    pub page_token: Bytes,
    /// How many of the list have had their turn.
    #[prost(uint64, tag = "11")]
    pub listed: u64,
    /// Why it ended before everything had its turn.
    #[prost(string, tag = "12")]
    pub stop_reason: String,
    /// Who ended it.
    #[prost(string, tag = "13")]
    pub stopped_by: String,
}

impl Batch {
    /// Its namespace.
    pub fn namespace(&self) -> NamespaceId {
        NamespaceId(Uuid::from_slice(&self.namespace_bytes).unwrap_or_default())
    }

    /// Its id, which its caller chose.
    pub fn job_id(&self) -> &str {
        self.request.as_ref().map_or("", |request| &request.job_id)
    }

    /// Whether there is more to do.
    pub fn is_running(&self) -> bool {
        self.state() == BatchOperationState::Running
    }

    /// How it is.
    pub fn state(&self) -> BatchOperationState {
        BatchOperationState::try_from(self.state).unwrap_or_default()
    }
}

/// What can be asked of a batch.
#[derive(Clone, Debug)]
pub enum Command {
    /// Begin. Only a new one does.
    Start(Box<Start>),
    /// This is how many runs there are to do.
    Count(i64),
    /// A page had its turn; with the last one the batch ends.
    Advance(Advance),
    /// End before everything had its turn.
    Stop {
        /// Why.
        reason: String,
        /// Who says so.
        identity: String,
    },
}

/// Begins a batch.
#[derive(Clone, Debug)]
pub struct Start {
    /// Its namespace.
    pub namespace: NamespaceId,
    /// What is asked for.
    pub request: StartBatchOperationRequest,
    /// Who asks.
    pub identity: String,
}

/// A page had its turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advance {
    /// How many of its runs are done.
    pub done: i64,
    /// How many could not be done.
    pub failed: i64,
    /// Where the next page of the query begins.
    pub page_token: Bytes,
    /// How many of the list have had their turn by now.
    pub listed: u64,
    /// What there is behind it.
    pub then: Then,
}

/// What there is behind a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// Another page, or there may be one.
    #[default]
    More,
    /// Nothing.
    End,
}

/// The whole record as it is from now on. Batches change once a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Change(pub Batch);

/// A batch owes nothing that its record does not say: a running one is carried out for as long as it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {}

/// Why nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It has ended.
    Ended,
    /// It has begun already.
    NotNew,
}

impl Machine for Batch {
    type Command = Command;
    type Change = Change;
    type Task = Task;
    type Reply = ();
    type Rejection = Rejection;

    fn handle(&mut self, command: Command, now: Timestamp, out: &mut Emit<Self>) -> Result<(), Rejection> {
        let is_new = self.state() == BatchOperationState::Unspecified;
        let mut next = self.clone();
        match command {
            Command::Start(start) if is_new => next = begun(*start, now),
            Command::Start(_) => return Err(Rejection::NotNew),
            Command::Count(_) | Command::Advance(_) | Command::Stop { .. } if !self.is_running() => {
                return Err(Rejection::Ended);
            }
            Command::Count(total) => next.total = Some(total),
            Command::Advance(Advance { done, failed, page_token, listed, then }) => {
                (next.done, next.failed) = (next.done + done, next.failed + failed);
                (next.page_token, next.listed) = (page_token, listed);
                match then {
                    Then::More => {}
                    Then::End => end(&mut next, BatchOperationState::Completed, now),
                }
            }
            Command::Stop { reason, identity } => {
                (next.stop_reason, next.stopped_by) = (reason, identity);
                end(&mut next, BatchOperationState::Failed, now);
            }
        }
        if next != *self {
            out.emit(self, Change(next));
        }
        Ok(())
    }

    fn apply(&mut self, change: &Change) {
        *self = change.0.clone();
    }
}

fn begun(start: Start, now: Timestamp) -> Batch {
    let Start { namespace, request, identity } = start;
    Batch {
        namespace_bytes: namespace.0.as_bytes().to_vec(),
        request: Some(request),
        identity,
        started_at: now,
        state: BatchOperationState::Running as i32,
        ..Batch::default()
    }
}

fn end(batch: &mut Batch, state: BatchOperationState, now: Timestamp) {
    batch.state = state as i32;
    batch.closed_at = Some(now);
    if state == BatchOperationState::Completed {
        // The query found more or fewer than it counted: runs begin and end meanwhile.
        batch.total = Some(batch.done + batch.failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(batch: &mut Batch, command: Command) -> Result<usize, Rejection> {
        let (before, mut out) = (batch.clone(), Emit::default());
        let result = batch.handle(command, Timestamp::EPOCH, &mut out);
        if result.is_err() {
            assert!(out.is_empty() && before == *batch, "a rejection changes nothing");
        }
        result.map(|()| out.changes.len())
    }

    fn running() -> Batch {
        let request = StartBatchOperationRequest { job_id: "job".into(), ..Default::default() };
        let start = Start { namespace: NamespaceId(Uuid::from_u128(1)), request, identity: "me".into() };
        let mut batch = Batch::default();
        ask(&mut batch, Command::Start(Box::new(start))).expect("a new one");
        batch
    }

    fn page(done: i64, failed: i64, token: &'static str) -> Command {
        let then = if token.is_empty() { Then::End } else { Then::More };
        Command::Advance(Advance { done, failed, page_token: token.into(), listed: 0, then })
    }

    #[test]
    fn a_batch_knows_how_far_it_is_and_how_it_went() {
        let mut batch = running();
        assert_eq!((batch.job_id(), batch.is_running(), batch.total), ("job", true, None));
        assert_eq!(ask(&mut batch, Command::Count(7)), Ok(1));
        assert_eq!(ask(&mut batch, page(3, 1, "a")), Ok(1));
        assert_eq!(ask(&mut batch, page(1, 0, "b")), Ok(1));
        assert_eq!((batch.total, batch.done, batch.failed, &batch.page_token[..]), (Some(7), 4, 1, &b"b"[..]));
        assert_eq!(ask(&mut batch, page(0, 0, "")), Ok(1));
        assert_eq!((batch.state(), batch.total), (BatchOperationState::Completed, Some(5)));
    }

    #[test]
    fn an_ended_batch_never_changes() {
        for end in [page(0, 0, ""), Command::Stop { reason: "r".into(), identity: "me".into() }] {
            let mut batch = running();
            ask(&mut batch, end.clone()).expect("it runs");
            assert!(batch.closed_at.is_some());
            for late in [Command::Count(1), page(1, 0, "a"), end] {
                assert_eq!(ask(&mut batch, late), Err(Rejection::Ended));
            }
        }
    }

    #[test]
    fn a_batch_begins_once() {
        let mut batch = running();
        let start = Start { namespace: NamespaceId(Uuid::nil()), request: Default::default(), identity: "you".into() };
        assert_eq!(ask(&mut batch, Command::Start(Box::new(start))), Err(Rejection::NotNew));
    }
}
