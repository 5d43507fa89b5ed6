//! All files of the process, and what the disk is told to do wrong.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::death::{Call, Moment, Side};
use crate::image::{Image, Loss, Random};

/// The disk. Get it from [`crate::install`].
#[derive(Debug, Default)]
pub struct Disk(Mutex<State>);

/// How the disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Writing fails with an I/O error.
    Write,
    /// There is no room.
    Full,
    /// Syncing fails; as on a real disk, nobody knows what has become of what was to be synced.
    Sync,
    /// The disk has become read-only.
    ReadOnly,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) files: BTreeMap<PathBuf, Image>,
    fault: Option<Armed>,
    death: Option<Moment>,
    calls: u64,
}

#[derive(Debug)]
struct Armed {
    folder: PathBuf,
    fault: Fault,
    /// Calls that still go well.
    after: u64,
}

impl Disk {
    /// Writes into `target` what files of `folder` would have on the disk if the power had gone just now. What was
    /// acknowledged before this call must be in there.
    pub fn cut(&self, folder: &Path, target: &Path, loss: Loss, seed: u64) -> io::Result<()> {
        let state = self.lock();
        let mut random = Random(seed);
        for (path, image) in &state.files {
            if let (Ok(_), Some(name)) = (path.strip_prefix(folder), path.file_name()) {
                std::fs::write(target.join(name), image.after(loss, &mut random))?;
            }
        }
        Ok(())
    }

    /// From now on, in this folder, the call that the fault is about fails, and all after it: the first one after
    /// `after` that go well.
    pub fn fail(&self, folder: &Path, fault: Fault, after: u64) {
        self.lock().fault = Some(Armed { folder: folder.to_owned(), fault, after });
    }

    /// The process ends at this moment, as if it were killed.
    pub fn die_at(&self, moment: Moment) {
        self.lock().death = Some(moment);
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        self.lock().fault = None;
    }

    /// How many calls have changed or synced something.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a call must fail, and how. Counts it.
    pub(crate) fn refuses(&mut self, path: &Path, offset: u64, call: Call) -> Option<Fault> {
        self.pass(path, offset, call, Side::Before);
        self.calls += 1;
        let armed = self.fault.as_mut()?;
        let concerned = match armed.fault {
            Fault::Write | Fault::Full => call == Call::Write,
            Fault::Sync => call == Call::Sync,
            Fault::ReadOnly => true,
        };
        if !concerned || !path.starts_with(&armed.folder) {
            return None;
        }
        if armed.after > 0 {
            armed.after -= 1;
            return None;
        }
        Some(armed.fault)
    }

    /// A step of the process, which may be its last.
    pub(crate) fn pass(&mut self, path: &Path, offset: u64, call: Call, side: Side) {
        if let Some(death) = &mut self.death {
            death.pass(path, offset, call, side);
        }
    }
}
