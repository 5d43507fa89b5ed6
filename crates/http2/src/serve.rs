//! Drives one connection over a byte stream, on one task.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::Request;
use http_body::Body;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, Sleep};
use tower::Service;

use crate::answer::Answer;
use crate::calls::Calls;
use crate::connection::{Connection, Event};
use crate::frame::PREFACE;
use crate::incoming::Incoming;

/// How much is read at once, in bytes.
const READ_BYTES: usize = 32 << 10;
/// With this many bytes not taken by the client, nothing more is read from it: it would only get more to take.
const UNSENT_MAX: usize = 256 << 10;
/// After this many rounds of reading, answering and writing, other tasks have their turn.
const ROUNDS_MAX: u32 = 32;

/// How a connection is kept.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A client that has been silent for this long is asked whether it still lives.
    pub keepalive_interval: Duration,
    /// ... and is left when it has not answered within this.
    pub keepalive_timeout: Duration,
}

/// Serves a connection until the client leaves, it or the stream fails, or `stop` ends: then what is being answered is
/// answered first. Requests are answered on the task that this is polled on; what takes long must go elsewhere. The service
/// is one that is always ready: it is called without being asked.
///
/// # Errors
///
/// What the stream said, or that the client does not live any more. That it breaks a rule of the protocol is no error: it is
/// told, and left.
pub async fn serve<IO, S, B>(io: IO, service: S, options: Options, stop: impl Future<Output = ()>) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
    S: Service<Request<Incoming>, Response = Answer<B>>,
    S::Future: Unpin,
    B: Body<Data = Bytes>,
{
    let mut stop = pin!(stop);
    let mut is_stopped = false;
    let mut keepalive =
        Keepalive { timer: Box::pin(tokio::time::sleep(options.keepalive_interval)), options, is_asking: false };
    let mut driver = Driver::new(io, service);
    poll_fn(|context| {
        if !is_stopped && stop.as_mut().poll(context).is_ready() {
            is_stopped = true;
            driver.connection.leave();
        }
        if keepalive.poll(&mut driver.connection, context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        driver.poll(context)
    })
    .await
}

/// When the client is asked whether it lives.
struct Keepalive {
    timer: Pin<Box<Sleep>>,
    options: Options,
    is_asking: bool,
}

impl Keepalive {
    /// Ready when the client does not live any more.
    fn poll(&mut self, connection: &mut Connection, context: &mut Context<'_>) -> Poll<()> {
        while self.timer.as_mut().poll(context).is_ready() {
            if connection.is_asked() {
                return Poll::Ready(());
            }
            self.is_asking = !self.is_asking;
            let wait = if self.is_asking {
                connection.ask();
                self.options.keepalive_timeout
            } else {
                self.options.keepalive_interval
            };
            self.timer.as_mut().reset(Instant::now() + wait);
        }
        Poll::Pending
    }
}

/// A connection, who answers on it, and the stream below it.
struct Driver<IO, S, B>
where
    S: Service<Request<Incoming>>,
{
    io: IO,
    service: S,
    connection: Connection,
    calls: Calls<S::Future, B>,
    input: BytesMut,
    is_begun: bool,
    is_left: bool,
    is_flushed: bool,
}

impl<IO, S, B> Driver<IO, S, B>
where
    IO: AsyncRead + AsyncWrite + Unpin,
    S: Service<Request<Incoming>, Response = Answer<B>>,
    S::Future: Unpin,
    B: Body<Data = Bytes>,
{
    fn new(io: IO, service: S) -> Self {
        let (connection, calls) = (Connection::new(), Calls::new());
        Self {
            io,
            service,
            connection,
            calls,
            input: BytesMut::new(),
            is_begun: false,
            is_left: false,
            is_flushed: true,
        }
    }

    // As far as it goes without waiting. Bounded: a client that never pauses must not keep a thread for itself.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.calls.unwatch();
        for _ in 0..ROUNDS_MAX {
            // Then nothing is read, and nobody tells when something comes: it has to be tried again once something left.
            let is_held_up = self.connection.output().len() > UNSENT_MAX;
            let has_read = self.poll_read(context)?;
            self.calls.poll_round(&mut self.connection);
            self.connection.make_room();
            let has_written = self.poll_write(context)?;
            // Whoever has closed its side is gone: clients of HTTP/2 do not close half of a connection.
            if self.is_left {
                return Poll::Ready(Ok(()));
            }
            if self.connection.is_over() && self.connection.output().is_empty() {
                return self.poll_close(context);
            }
            if has_written {
                self.calls.go_on(&mut self.connection);
            }
            let goes_on = self.calls.watch(context.waker()) || has_read || (is_held_up && has_written);
            if !goes_on {
                return Poll::Pending;
            }
            self.calls.unwatch();
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A client that does not wait for us is gone; nothing is lost.
        drop(ready!(Pin::new(&mut self.io).poll_shutdown(context)));
        Poll::Ready(Ok(()))
    }

    // Whether anything came.
    fn poll_read(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        if self.connection.is_over() || self.connection.output().len() > UNSENT_MAX {
            return Ok(false);
        }
        self.input.reserve(READ_BYTES);
        let read = pin!(self.io.read_buf(&mut self.input)).poll(context);
        let Poll::Ready(count) = read else { return Ok(false) };
        self.is_left = count? == 0;
        if self.is_begun || self.begin()? {
            self.take_requests();
        }
        Ok(true)
    }

    // Whether the client has said that it speaks HTTP/2.
    fn begin(&mut self) -> io::Result<bool> {
        let length = self.input.len().min(PREFACE.len());
        if self.input[..length] != PREFACE[..length] {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the client does not speak HTTP/2"));
        }
        self.is_begun = length == PREFACE.len();
        if self.is_begun {
            self.input.advance(length);
        }
        Ok(self.is_begun)
    }

    fn take_requests(&mut self) {
        while let Some(event) = self.connection.receive(&mut self.input) {
            match event {
                Event::Request(stream, request) => {
                    let call = self.service.call(request);
                    self.calls.begin(stream, call);
                }
                Event::Broken(stream) => self.calls.end(stream),
            }
        }
    }

    // Whether anything left.
    fn poll_write(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let mut has_written = false;
        loop {
            self.connection.fill();
            let output = self.connection.output();
            if output.is_empty() {
                self.is_flushed &= !has_written;
                if !self.is_flushed
                    && let Poll::Ready(flushed) = Pin::new(&mut self.io).poll_flush(context)
                {
                    flushed?;
                    self.is_flushed = true;
                }
                return Ok(has_written);
            }
            match Pin::new(&mut self.io).poll_write(context, output) {
                Poll::Pending => return Ok(has_written),
                Poll::Ready(count) => {
                    let count = count?;
                    if count == 0 {
                        return Err(io::ErrorKind::WriteZero.into());
                    }
                    output.advance(count);
                    has_written = true;
                }
            }
        }
    }
}
