//! Moves layers of the overlay into the database, on a thread of its own, while commits go on. It sleeps without a timer
//! until it is asked. A layer that cannot be moved stays where it is: in the log and before the readers' eyes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::overlay::{Layer, Overlay};
use super::writer::Writer;
use crate::Error;

/// The thread, from the side of the committer.
pub(super) struct Mover {
    /// None when the store is closing.
    ask: Option<SyncSender<Move>>,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

/// What is to be done.
struct Move {
    layer: Arc<Layer>,
    /// The number of its last group.
    newest: u64,
}

/// What was done.
#[derive(Default)]
struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of the newest group in the database.
    moved: u64,
    /// Of the newest that is to be.
    asked: u64,
    failure: Option<String>,
}

impl Mover {
    /// Starts the thread, which owns the database's writing connection from now on.
    pub(super) fn start(writer: Writer, overlay: Arc<Overlay>, moved: u64) -> Result<Self, Error> {
        let (ask, asked) = sync_channel(1);
        let progress = Arc::new(Progress::default());
        (progress.lock().moved, progress.lock().asked) = (moved, moved);
        let shared = progress.clone();
        let thread = std::thread::Builder::new()
            .name("abide-mover".into())
            .spawn(move || run(writer, &overlay, &shared, &asked))
            .map_err(|cause| Error::Io(cause.into()))?;
        Ok(Self { ask: Some(ask), progress, thread: Some(thread) })
    }

    /// Has the lower layer of the overlay moved, whose last group has this number. The one before it must have been.
    pub(super) fn begin(&self, layer: Arc<Layer>, newest: u64) {
        self.progress.lock().asked = newest;
        let sent = self.ask.as_ref().is_some_and(|ask| ask.try_send(Move { layer, newest }).is_ok());
        if !sent {
            self.progress.lock().failure.get_or_insert_with(|| "the mover's thread is gone".into());
        }
    }

    /// Why nothing can be moved any more, if so.
    pub(super) fn failure(&self) -> Option<String> {
        self.progress.lock().failure.clone()
    }

    /// The number of the newest group in the database.
    pub(super) fn moved(&self) -> u64 {
        self.progress.lock().moved
    }

    /// Waits until the layer at hand is moved. An error says why it cannot be.
    pub(super) fn wait(&self) -> Result<(), Error> {
        let mut state = self.progress.lock();
        while state.failure.is_none() && state.moved < state.asked {
            state = self.progress.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match &state.failure {
            Some(why) => Err(Error::Io(why.clone().into())),
            None => Ok(()),
        }
    }

    /// Ends the thread, and leaves the rest to whoever opens the store again.
    pub(super) fn abandon(&mut self) {
        self.progress.set(|state| state.failure = state.failure.take().or_else(|| Some("the store has failed".into())));
        // An error has been told.
        drop(self.finish());
    }

    /// Ends the thread. The database is then whole without a log, if everything was moved.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.ask = None;
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(finished)) => finished,
            Some(Err(_)) => Err(Error::Io("the mover has panicked".into())),
        }
    }
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

fn run(mut writer: Writer, overlay: &Overlay, progress: &Progress, asked: &Receiver<Move>) -> Result<(), Error> {
    while let Ok(Move { layer, newest }) = asked.recv() {
        match writer.write_layer(&layer, newest) {
            Ok(()) => {
                let gone = overlay.retire();
                progress.set(|state| state.moved = newest);
                drop((gone, layer));
            }
            Err(error) => {
                let why = describe(&error);
                tracing::error!(why, "the log cannot be moved into the database");
                progress.set(|state| state.failure = Some(why));
                // Nothing may be written to a database that has failed, not even that it is whole.
                return Err(error);
            }
        }
    }
    let (moved, all) = {
        let state = progress.lock();
        (state.moved, state.failure.is_none())
    };
    if all { writer.finish(moved) } else { Ok(()) }
}

fn describe(error: &Error) -> String {
    match error {
        Error::Io(cause) => format!("a checkpoint failed: {cause}"),
        Error::Corrupt(_) | Error::Newer(_) | Error::Locked(_) | Error::Foreign(_) => {
            format!("a checkpoint failed: {error}")
        }
    }
}
