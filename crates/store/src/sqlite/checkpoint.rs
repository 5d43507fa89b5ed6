//! Moves the write-ahead log into the database before it grows too long. The bulk is moved by a thread of its own while
//! commits go on; the writer then moves the little that has come in meanwhile, so that the log can start over. The
//! thread sleeps without a timer until it is needed.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode};

use super::{file, read_error};
use crate::Error;

/// When checkpoints are made, and whether they go well. Belongs to the writer.
pub(super) struct Checkpoints {
    /// None when the store is closing.
    ask: Option<SyncSender<()>>,
    done: Receiver<Result<(), Error>>,
    thread: Option<JoinHandle<()>>,
    state: State,
    /// Pages in the log from which it is moved.
    log_pages: u32,
    /// Pages in the log from which it is moved next: more, when somebody still reads the begin of the log.
    due: u32,
}

enum State {
    Idle,
    Running,
    Failed(String),
}

impl Checkpoints {
    /// Starts the thread; it opens the file when it is first needed.
    pub(super) fn start(path: PathBuf, log_pages: u32) -> Result<Self, Error> {
        let (ask, asked) = sync_channel(1);
        let (tell, done) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("abide-checkpoint".into())
            .spawn(move || run(&path, &asked, &tell))
            .map_err(|cause| Error::Io(cause.into()))?;
        Ok(Self { ask: Some(ask), done, thread: Some(thread), state: State::Idle, log_pages, due: log_pages })
    }

    /// Why nothing must be written any more, if so.
    pub(super) fn failure(&self) -> Option<&str> {
        match &self.state {
            State::Failed(why) => Some(why),
            State::Idle | State::Running => None,
        }
    }

    /// The log has so many pages now.
    pub(super) fn after_commit(&mut self, writer: &Connection, log_pages: u32) {
        match self.state {
            State::Failed(_) => {}
            State::Idle if log_pages < self.due => {}
            State::Idle => {
                let asked = self.ask.as_ref().is_some_and(|ask| ask.try_send(()).is_ok());
                self.state = if asked { State::Running } else { State::Failed("the checkpoint thread is gone".into()) };
            }
            State::Running => {
                self.state = match self.done.try_recv() {
                    Err(TryRecvError::Empty) => return,
                    Err(TryRecvError::Disconnected) => State::Failed("the checkpoint thread is gone".into()),
                    Ok(Err(error)) => State::Failed(describe(&error)),
                    Ok(Ok(())) => self.move_rest(writer),
                };
            }
        }
    }

    fn move_rest(&mut self, writer: &Connection) -> State {
        match checkpoint(writer, CheckpointMode::PASSIVE) {
            Err(error) => State::Failed(describe(&error)),
            Ok(Some(left)) if left > 0 => {
                self.due = self.due.saturating_add(self.log_pages / 2);
                State::Idle
            }
            Ok(_) => {
                self.due = self.log_pages;
                State::Idle
            }
        }
    }

    /// Ends the thread and moves all of the log.
    pub(super) fn finish(&mut self, writer: &Connection) -> Result<(), Error> {
        self.ask = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            return Err(Error::Io("the checkpoint thread has panicked".into()));
        }
        match self.failure() {
            Some(why) => Err(Error::Io(why.into())),
            None => checkpoint(writer, CheckpointMode::TRUNCATE).map(drop),
        }
    }
}

fn run(path: &std::path::Path, asked: &Receiver<()>, tell: &SyncSender<Result<(), Error>>) {
    let mut connection = None;
    while asked.recv().is_ok() {
        let opened = match connection.take() {
            Some(connection) => Ok(connection),
            None => file::open_checkpointer(path),
        };
        let outcome = opened.and_then(|opened| {
            checkpoint(&opened, CheckpointMode::PASSIVE)?;
            connection = Some(opened);
            Ok(())
        });
        if tell.send(outcome).is_err() {
            return;
        }
    }
}

/// How many pages of the log could not be moved; none when somebody else is at it.
fn checkpoint(database: &Connection, mode: CheckpointMode) -> Result<Option<i32>, Error> {
    match database.wal_checkpoint_v2(None::<&str>, mode) {
        Ok((pages, moved)) => Ok(Some(pages - moved)),
        Err(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) =>
        {
            Ok(None)
        }
        Err(error) => Err(read_error(error)),
    }
}

fn describe(error: &Error) -> String {
    match error {
        Error::Io(cause) => format!("a checkpoint failed: {cause}"),
        Error::Corrupt(_) | Error::Newer(_) | Error::Locked(_) | Error::Foreign(_) => {
            format!("a checkpoint failed: {error}")
        }
    }
}
