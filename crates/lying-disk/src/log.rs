//! The store's own files on the same disk.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use abide_store::sqlite::{LogFile, LogFiles, SystemFiles};

use crate::death::{Call, Side};
use crate::disk::{Disk, Fault};
use crate::image::Image;

/// Gives the store's log files that lie on the disk of [`crate::install`].
#[derive(Clone, Copy, Debug)]
pub struct LyingFiles;

struct Lying {
    disk: &'static Disk,
    path: PathBuf,
    file: File,
}

impl LogFiles for LyingFiles {
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let disk = crate::install();
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let content = std::fs::read(path)?;
        disk.lock().files.entry(path.to_owned()).or_insert_with(|| Image::of(content));
        Ok(Box::new(Lying { disk, path: path.to_owned(), file }))
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        SystemFiles.read(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = crate::install().lock();
        state.pass(path, 0, Call::Remove, Side::Before);
        state.files.remove(path);
        SystemFiles.remove(path)?;
        state.pass(path, 0, Call::Remove, Side::Behind);
        Ok(())
    }
}

impl LogFile for Lying {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // Held while the file is written, so that a cut sees both or neither.
        let mut state = self.disk.lock();
        if let Some(fault) = state.refuses(&self.path, offset, Call::Write) {
            return Err(error(fault));
        }
        self.file.write_all_at(bytes, offset)?;
        if let Some(image) = state.files.get_mut(&self.path) {
            image.write(offset as usize, bytes);
        }
        state.pass(&self.path, offset, Call::Write, Side::Behind);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.lock();
        if let Some(fault) = state.refuses(&self.path, 0, Call::Sync) {
            return Err(error(fault));
        }
        if let Some(image) = state.files.get_mut(&self.path) {
            image.sync();
        }
        state.pass(&self.path, 0, Call::Sync, Side::Behind);
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }
}

fn error(fault: Fault) -> io::Error {
    match fault {
        Fault::Write | Fault::Sync => io::Error::other("the disk has failed"),
        Fault::Full => io::ErrorKind::StorageFull.into(),
        Fault::ReadOnly => io::ErrorKind::ReadOnlyFilesystem.into(),
    }
}
