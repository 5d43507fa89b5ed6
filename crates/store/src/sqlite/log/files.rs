//! The files of the log, as a seam: tests put a disk under it that forgets and fails.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::Path;

/// Where the files of the log are.
pub trait LogFiles: std::fmt::Debug + Send + Sync {
    /// Opens a file for writing, and creates it if it is not there; then its name is on the disk as well.
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;

    /// Everything in a file; none when there is no such file.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;

    /// Deletes a file, if it is there.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// A file of the log.
pub trait LogFile: Send {
    /// Writes all of this from `offset` on.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything that was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Its size: bytes.
    fn size(&self) -> io::Result<u64>;
}

/// The files of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemFiles;

impl LogFiles for SystemFiles {
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let is_new = !path.exists();
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        if is_new {
            sync_folder(path)?;
        }
        Ok(Box::new(SystemFile { file, at: 0 }))
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

struct SystemFile {
    file: File,
    /// Where the operating system would write.
    at: u64,
}

impl LogFile for SystemFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if self.at != offset {
            self.at = self.file.seek(SeekFrom::Start(offset))?;
        }
        self.file.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn size(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The files of the operating system, for somebody who only reads them.
#[derive(Clone, Copy, Debug)]
pub(in crate::sqlite) struct UntouchedFiles;

impl LogFiles for UntouchedFiles {
    fn open(&self, _: &Path) -> io::Result<Box<dyn LogFile>> {
        Ok(Box::new(UntouchedFile))
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        SystemFiles.read(path)
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }
}

struct UntouchedFile;

impl LogFile for UntouchedFile {
    fn write_at(&mut self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }

    /// Whoever owns the file does that.
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(0)
    }
}
