//! The body of a request: there as a whole, or in parts that still arrive. Who reads makes room for more.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body of a request.
pub struct Incoming(Parts);

enum Parts {
    Whole(Option<Bytes>),
    Arriving(Arc<Inbox>),
}

/// The client has gone, or has broken off this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the client broke off the request")
    }
}

impl std::error::Error for Gone {}

impl Incoming {
    /// All of it.
    pub(crate) fn whole(body: Bytes) -> Self {
        Self(Parts::Whole(if body.is_empty() { None } else { Some(body) }))
    }

    /// All of it, if it is there and nobody has read it.
    pub fn as_whole(&self) -> Option<&Bytes> {
        match &self.0 {
            Parts::Whole(body) => body.as_ref(),
            Parts::Arriving(_) => None,
        }
    }

    /// What arrives here.
    pub(crate) fn arriving(inbox: Arc<Inbox>) -> Self {
        Self(Parts::Arriving(inbox))
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Gone;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Gone>>> {
        match &mut self.0 {
            Parts::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            Parts::Arriving(inbox) => inbox.poll_next(context).map(|next| next.map(|part| part.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Parts::Whole(body) => body.is_none(),
            Parts::Arriving(inbox) => inbox.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Parts::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Parts::Arriving(_) => SizeHint::default(),
        }
    }
}

/// Where the parts of a body arrive: filled by the connection, emptied by whoever answers.
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// What all inboxes of the connection hold.
    held: Arc<AtomicUsize>,
}

#[derive(Default)]
struct State {
    parts: VecDeque<Bytes>,
    end: Option<Result<(), Gone>>,
    /// Bytes that were read since the connection last asked.
    read: usize,
    reader: Option<Waker>,
}

impl Inbox {
    /// An empty one.
    pub(crate) fn new(held: Arc<AtomicUsize>) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), held })
    }

    /// One part more.
    pub(crate) fn put(&self, part: Bytes) {
        if part.is_empty() {
            return;
        }
        self.held.fetch_add(part.len(), Ordering::Relaxed);
        let mut state = self.state();
        state.parts.push_back(part);
        wake(state);
    }

    /// No part will come any more.
    pub(crate) fn end(&self, outcome: Result<(), Gone>) {
        let mut state = self.state();
        state.end.get_or_insert(outcome);
        wake(state);
    }

    /// How many bytes were read since this was last asked.
    pub(crate) fn take_read(&self) -> usize {
        std::mem::take(&mut self.state().read)
    }

    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Gone>>> {
        let mut state = self.state();
        if let Some(part) = state.parts.pop_front() {
            state.read += part.len();
            self.held.fetch_sub(part.len(), Ordering::Relaxed);
            return Poll::Ready(Some(Ok(part)));
        }
        match state.end {
            Some(Ok(())) => Poll::Ready(None),
            Some(Err(gone)) => {
                state.end = Some(Ok(()));
                Poll::Ready(Some(Err(gone)))
            }
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn is_over(&self) -> bool {
        let state = self.state();
        state.parts.is_empty() && state.end == Some(Ok(()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let left: usize = self.state().parts.iter().map(Bytes::len).sum();
        self.held.fetch_sub(left, Ordering::Relaxed);
    }
}

// Behind the lock, so that who is woken does not wait for it.
fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}
