//! For tests: a disk below the embedded store that knows what was synced and what was not. It can say what would be left after the
//! power has gone at this moment, it can fail, and it can end the process at a named step. It writes through to real files, so the process under test sees
//! nothing unusual until then. SIGKILL does not test any of this, because the kernel's cache survives the process.
//!
//! Not modelled: the loss of a file's name (a new file, or a deleted one, is taken to be on the disk at once), and
//! damage to bytes that nobody was writing.

mod death;
mod disk;
mod image;
mod log;
mod vfs;

pub use death::{Call, Kind, Moment, Side};
pub use disk::{Disk, Fault};
pub use image::Loss;
pub use log::LyingFiles;

/// The disk of this process. From the first call on, every SQLite connection that is opened in the process goes through
/// it.
pub fn install() -> &'static Disk {
    vfs::install()
}
