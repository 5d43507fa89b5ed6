//! The requests of one connection that are being answered, polled by the task that has the connection: each only when it was
//! woken.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http_body::Body;

use crate::answer::Answer;
use crate::connection::Connection;
use crate::frame::Reason;
use crate::ids::IdMap;

/// What is being answered. `F` is what a service does until it has an answer, `B` the answer's body.
pub(crate) struct Calls<F, B> {
    slots: Vec<Slot<F, B>>,
    free: Vec<usize>,
    /// Which slot answers a stream.
    of_stream: IdMap<usize>,
    woken: Arc<Woken>,
    /// Slots that are polled in this round. Kept for its memory.
    round: Vec<usize>,
}

struct Slot<F, B> {
    stream: u32,
    call: Call<F, B>,
    waker: Arc<SlotWaker>,
}

enum Call<F, B> {
    None,
    /// No answer yet.
    Asked(F),
    /// The body is being sent.
    Answering(Pin<Box<B>>),
}

/// Who was woken since the task last looked, and the task.
#[derive(Default)]
struct Woken(Mutex<(Vec<usize>, Option<Waker>)>);

struct SlotWaker {
    slot: usize,
    is_woken: AtomicBool,
    woken: Arc<Woken>,
}

impl Wake for SlotWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_woken.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut woken = self.woken.0.lock().unwrap_or_else(PoisonError::into_inner);
        woken.0.push(self.slot);
        let task = woken.1.take();
        drop(woken);
        if let Some(task) = task {
            task.wake();
        }
    }
}

impl<F, B, E> Calls<F, B>
where
    F: Future<Output = Result<Answer<B>, E>> + Unpin,
    B: Body<Data = Bytes>,
{
    /// None yet.
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            of_stream: IdMap::default(),
            woken: Arc::default(),
            round: Vec::new(),
        }
    }

    /// One more. It is polled with the next round.
    pub(crate) fn begin(&mut self, stream: u32, call: F) {
        let slot = self.free.pop().unwrap_or_else(|| {
            let slot = self.slots.len();
            let waker = SlotWaker { slot, is_woken: AtomicBool::new(false), woken: self.woken.clone() };
            self.slots.push(Slot { stream: 0, call: Call::None, waker: Arc::new(waker) });
            slot
        });
        self.of_stream.insert(stream, slot);
        self.slots[slot].stream = stream;
        self.slots[slot].call = Call::Asked(call);
        self.mark(slot);
    }

    /// Nobody wants this answer any more.
    pub(crate) fn end(&mut self, stream: u32) {
        if let Some(slot) = self.of_stream.remove(&stream) {
            self.slots[slot].call = Call::None;
            self.free.push(slot);
        }
    }

    /// Polls all that were woken. What is woken meanwhile waits for the next round, so that a round ends.
    pub(crate) fn poll_round(&mut self, connection: &mut Connection) {
        let mut round = std::mem::take(&mut self.round);
        std::mem::swap(&mut self.woken.0.lock().unwrap_or_else(PoisonError::into_inner).0, &mut round);
        for slot in round.drain(..) {
            self.slots[slot].waker.is_woken.swap(false, Ordering::AcqRel);
            self.poll_slot(slot, connection);
        }
        self.round = round;
    }

    /// Wakes the task as soon as anyone is woken. True when someone was already.
    pub(crate) fn watch(&self, task: &Waker) -> bool {
        let mut woken = self.woken.0.lock().unwrap_or_else(PoisonError::into_inner);
        woken.1 = Some(task.clone());
        !woken.0.is_empty()
    }

    /// Wakes the task no more: it looks by itself.
    pub(crate) fn unwatch(&self) {
        self.woken.0.lock().unwrap_or_else(PoisonError::into_inner).1 = None;
    }

    /// Goes on with the answers whose last part has left the connection.
    pub(crate) fn go_on(&mut self, connection: &mut Connection) {
        for stream in connection.take_drained() {
            if let Some(slot) = self.of_stream.get(&stream) {
                self.mark(*slot);
            }
        }
    }

    // As if it were woken, by the task itself.
    fn mark(&self, slot: usize) {
        if !self.slots[slot].waker.is_woken.swap(true, Ordering::AcqRel) {
            self.woken.0.lock().unwrap_or_else(PoisonError::into_inner).0.push(slot);
        }
    }

    fn poll_slot(&mut self, index: usize, connection: &mut Connection) {
        let slot = &mut self.slots[index];
        let waker = Waker::from(slot.waker.clone());
        let mut context = Context::from_waker(&waker);
        let stream = slot.stream;
        loop {
            let is_done = match &mut slot.call {
                Call::None => return,
                Call::Asked(future) => match unless_it_panics(|| Pin::new(future).poll(&mut context)) {
                    Some(Poll::Pending) => return,
                    Some(Poll::Ready(Ok(answer))) => begin_answer(&mut slot.call, stream, answer, connection),
                    Some(Poll::Ready(Err(_))) | None => {
                        connection.reset(stream, Reason::Internal);
                        true
                    }
                },
                Call::Answering(body) if connection.wants(stream) => {
                    match unless_it_panics(|| body.as_mut().poll_frame(&mut context)) {
                        Some(Poll::Pending) => return,
                        Some(Poll::Ready(next)) => send(stream, next, connection),
                        None => {
                            connection.reset(stream, Reason::Internal);
                            true
                        }
                    }
                }
                Call::Answering(_) => return,
            };
            if is_done {
                self.end(stream);
                return;
            }
        }
    }
}

// A request that panics must not take the others of its connection with it; the process's hook has told of it. What it leaves
// behind is dropped and never looked at again.
fn unless_it_panics<T>(poll: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(poll)).ok()
}

// Whether that was all.
fn begin_answer<F, B: Body<Data = Bytes>>(
    call: &mut Call<F, B>,
    stream: u32,
    answer: Answer<B>,
    connection: &mut Connection,
) -> bool {
    let response = match answer {
        Answer::Parts(response) => response,
        Answer::Whole(whole) => {
            connection.send_whole(stream, whole);
            return true;
        }
    };
    let (head, body) = response.into_parts();
    let is_all = body.is_end_stream();
    connection.send_head(stream, head.status, &head.headers, is_all);
    *call = Call::Answering(Box::pin(body));
    is_all
}

// Whether that was all.
fn send<E>(stream: u32, next: Option<Result<http_body::Frame<Bytes>, E>>, connection: &mut Connection) -> bool {
    let frame = match next {
        None => {
            connection.send_end(stream, None);
            return true;
        }
        Some(Err(_)) => {
            connection.reset(stream, Reason::Internal);
            return true;
        }
        Some(Ok(frame)) => frame,
    };
    match frame.into_data() {
        Ok(part) => {
            connection.send_part(stream, part);
            false
        }
        Err(frame) => match frame.into_trailers() {
            Ok(trailers) => {
                connection.send_end(stream, Some(&trailers));
                true
            }
            Err(_) => false,
        },
    }
}
