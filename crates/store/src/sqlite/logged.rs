//! What the committer drives: a group is appended to the log and synced, then readers see it; when enough has come
//! together, it is moved into the database behind the committer's back. After a failure nothing is written any more.

use std::sync::Arc;

use super::log::Log;
use super::mover::Mover;
use super::overlay::Overlay;
use crate::committer::Driver;
use crate::{CommitError, Error, Write};

/// When a layer waits for the one before it to be moved, it may grow to so many times its size; then commits wait.
const GROWTH_MAX: usize = 4;

/// See the file's first lines.
pub(super) struct Logged {
    /// None when the store is closed.
    log: Option<Log>,
    overlay: Arc<Overlay>,
    mover: Mover,
    /// A layer is moved when it has so many bytes.
    layer_bytes: usize,
    failure: Option<Arc<str>>,
}

impl Logged {
    pub(super) fn new(log: Log, overlay: Arc<Overlay>, mover: Mover, layer_bytes: usize) -> Self {
        Self { log: Some(log), overlay, mover, layer_bytes, failure: None }
    }

    fn failed(&mut self, why: String) -> CommitError {
        let why: Arc<str> = why.into();
        self.failure = Some(why.clone());
        CommitError::Closed(why)
    }

    /// Lays an empty layer over the one that is full. What goes wrong is told to the next commit: this one stands.
    fn turn_when_full(&mut self) {
        let Some(log) = &mut self.log else { return };
        let bytes = self.overlay.bytes().max(log.bytes());
        if bytes < self.layer_bytes {
            return;
        }
        if self.overlay.is_moving() {
            if bytes < GROWTH_MAX * self.layer_bytes {
                return;
            }
            if let Err(error) = self.mover.wait() {
                self.failure = Some(super::words(&error).into());
                return;
            }
        }
        log.moved(self.mover.moved());
        let newest = log.newest();
        match log.turn() {
            Ok(()) => self.mover.begin(self.overlay.freeze(), newest),
            Err(error) => self.failure = Some(format!("the log failed: {error}").into()),
        }
    }

    fn move_all(&mut self, log: &mut Log) -> Result<(), Error> {
        self.mover.wait()?;
        let newest = log.newest();
        if self.mover.moved() < newest {
            // As ever, there is a segment that carries on from the database, should this process not come to the end.
            log.moved(self.mover.moved());
            log.turn().map_err(|cause| Error::Io(cause.into()))?;
            self.mover.begin(self.overlay.freeze(), newest);
            self.mover.wait()?;
        }
        self.mover.finish()
    }
}

impl Driver for Logged {
    fn apply(&mut self, writes: &[Write]) -> Result<(), CommitError> {
        if let Some(why) = &self.failure {
            return Err(CommitError::Closed(why.clone()));
        }
        if let Some(why) = self.mover.failure() {
            return Err(self.failed(why));
        }
        let Some(log) = &mut self.log else { return Err(self.failed("it was shut down".into())) };
        if let Err(error) = log.append(writes) {
            return Err(self.failed(format!("a commit failed: {error}")));
        }
        self.overlay.apply(writes);
        self.turn_when_full();
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        let Some(mut log) = self.log.take() else { return Ok(()) };
        if let Some(why) = &self.failure {
            // What is in the log is moved when the store is opened again.
            let why = why.to_string();
            self.mover.abandon();
            return Err(Error::Io(why.into()));
        }
        self.move_all(&mut log)?;
        log.delete().map_err(|cause| Error::Io(cause.into()))
    }
}
