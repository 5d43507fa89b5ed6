//! The way into a shard: a mailbox with a bound on what waits.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use abide_cluster::{BoxFuture, Error};
use abide_model::{RunKey, limits};
use abide_store::Store;
use abide_store::key::RetentionKey;
use tokio::sync::{mpsc, oneshot};

use super::message::{Address, Answer, Ask, Message, Permit, Purge, Request, StartAsked};

/// The shard's own mailbox, for its errands and for tasks that come back.
pub(crate) type Inbox = mpsc::UnboundedSender<Message>;

/// The way into a shard. The mailbox itself has no bound, so that the shard's own messages always arrive in order;
/// those of callers are bounded by permits, which they keep while they wait for a run to be loaded.
#[derive(Clone)]
pub(crate) struct Handle {
    inbox: Inbox,
    store: Arc<dyn Store>,
    taken: Arc<AtomicUsize>,
}

impl Handle {
    pub(crate) fn new(inbox: Inbox, store: Arc<dyn Store>) -> Self {
        Self { inbox, store, taken: Arc::default() }
    }

    /// Asks something of a run.
    pub(crate) async fn ask<T>(&self, to: Address, ask: impl FnOnce(Answer<T>) -> Ask) -> Result<T, Error> {
        let permit = Some(self.permit()?);
        let (answer, answered) = oneshot::channel();
        self.send(Message::Run(Request { to, ask: ask(answer), permit }))?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Starts a run.
    pub(crate) async fn start(
        &self,
        request: Box<abide_cluster::history::StartRequest>,
    ) -> Result<abide_cluster::history::Started, Error> {
        let permit = self.permit()?;
        let (answer, answered) = oneshot::channel();
        self.send(Message::Start(StartAsked { request, answer, permit }))?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Starts a run, and asks something as soon as it has begun, or has not: nothing comes between.
    pub(crate) async fn start_then_ask<T: Send + 'static>(
        &self,
        request: Box<abide_cluster::history::StartRequest>,
        to: Address,
        ask: impl FnOnce(Answer<T>) -> Ask,
    ) -> Result<(abide_cluster::history::Started, BoxFuture<'static, Result<T, Error>>), Error> {
        let (permit, second) = (self.permit()?, Some(self.permit()?));
        let (answer, answered) = oneshot::channel();
        let (then, told) = oneshot::channel();
        let start = Message::Start(StartAsked { request, answer, permit });
        let asked = Message::Run(Request { to, ask: ask(then), permit: second });
        self.send(Message::InOrder(Box::new([start, asked])))?;
        let started = answered.await.unwrap_or_else(|_| Err(gone()))?;
        Ok((started, Box::pin(async move { told.await.unwrap_or_else(|_| Err(gone())) })))
    }

    /// Deletes a closed run, and the row that says so.
    pub(crate) async fn purge(&self, run: RunKey, row: RetentionKey) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Purge(Purge { run, row, answer }))?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Stops the shard once all that was acknowledged, and all that rides along, is stored.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.inbox.send(Message::Close(done)).is_ok() {
            // An error means that the shard has ended already.
            drop(closed.await);
        }
    }

    fn permit(&self) -> Result<Permit, Error> {
        if self.store.waiting_bytes() > limits::COMMIT_BYTES_WAITING_MAX {
            return Err(Error::Busy);
        }
        Permit::take(&self.taken, limits::SHARD_MAILBOX_MAX).ok_or(Error::Busy)
    }

    fn send(&self, message: Message) -> Result<(), Error> {
        self.inbox.send(message).map_err(|_| gone())
    }
}

/// What is told when the shard has ended, or has dropped what it did not know to be stored.
pub(crate) fn gone() -> Error {
    Error::Unavailable("the owner of the workflow is not available, please retry".into())
}
