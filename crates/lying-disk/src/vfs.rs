//! The glue to SQLite's C interface: a file system that calls the one that SQLite came with, and keeps the books.
//! <https://sqlite.org/c3ref/vfs.html> and <https://sqlite.org/c3ref/io_methods.html> say what each function must do.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::OnceLock;

use rusqlite::ffi::{
    self, SQLITE_FULL, SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE, SQLITE_OK, SQLITE_READONLY, sqlite3_file,
    sqlite3_filename, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
};

use crate::death::{Call, Side};
use crate::disk::{Disk, Fault};
use crate::image::Image;

/// What SQLite calls a file of ours. Behind it, in the same piece of memory, lies the file of the system below.
#[repr(C)]
struct File {
    base: sqlite3_file,
    /// None for a temporary file, which no crash is about.
    path: Option<Box<PathBuf>>,
}

struct Installed {
    disk: Disk,
    below: *mut sqlite3_vfs,
}

// SAFETY: the system below is registered for the whole life of the process, never changed, and made to be called from
// any thread.
unsafe impl Send for Installed {}
// SAFETY: as above.
unsafe impl Sync for Installed {}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // The second version: with shared memory for the log's index, without mapping of the file, which would go past us.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

pub(crate) fn install() -> &'static Disk {
    let installed = INSTALLED.get_or_init(|| {
        // SAFETY: a null name asks for the default system, which is there on every platform that SQLite is built for.
        let below = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        assert!(!below.is_null(), "SQLite has a file system");
        Installed { disk: Disk::default(), below }
    });
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        // SAFETY: `below` is valid, and stays so.
        let mut ours = unsafe { *installed.below };
        ours.zName = c"lying-disk".as_ptr();
        ours.pNext = ptr::null_mut();
        ours.szOsFile += size_of::<File>() as c_int;
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        // SAFETY: the structure is never freed, as SQLite demands of what is registered.
        let code = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1) };
        assert_eq!(code, SQLITE_OK, "the file system can be registered");
    });
    &installed.disk
}

fn installed() -> &'static Installed {
    INSTALLED.get().expect("SQLite calls only what was installed")
}

/// The file of the system below.
///
/// # Safety
/// `file` is one that [`open`] has opened.
unsafe fn below(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: SQLite has given the file `szOsFile` bytes: ours, and as many as the system below wants. `File` is aligned
    // to eight bytes and its size is a multiple of that.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// Calls a method of the file of the system below.
macro_rules! pass {
    ($file:ident, $method:ident $(, $argument:expr)*) => {{
        // SAFETY: SQLite calls methods only of files that `open` has opened; the system below has all methods of the
        // second version.
        unsafe {
            let file = below($file);
            let method = (*(*file).pMethods).$method.expect("the system below has every method");
            method(file $(, $argument)*)
        }
    }};
}

/// The path of a file that can be lost.
fn path<'a>(file: *mut sqlite3_file) -> Option<&'a Path> {
    // SAFETY: `open` has filled it in, and `close`, the last call, empties it.
    unsafe { (*file.cast::<File>()).path.as_ref().map(|path| path.as_path()) }
}

fn code(fault: Fault) -> c_int {
    match fault {
        Fault::Write => SQLITE_IOERR_WRITE,
        Fault::Full => SQLITE_FULL,
        Fault::Sync => SQLITE_IOERR_FSYNC,
        Fault::ReadOnly => SQLITE_READONLY,
    }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let system = installed().below;
    // SAFETY: SQLite gives a piece of memory of `szOsFile` bytes, and a name that ends in a zero byte, or none.
    unsafe {
        (*file).pMethods = ptr::null();
        ptr::addr_of_mut!((*file.cast::<File>()).path).write(None);
        let opened = (*system).xOpen.expect("the system below can open")(system, name, below(file), flags, out_flags);
        if opened != SQLITE_OK {
            return opened;
        }
        if !name.is_null() {
            let name = PathBuf::from(OsStr::from_bytes(CStr::from_ptr(name).to_bytes()));
            let mut state = installed().disk.lock();
            let content = || std::fs::read(&name).unwrap_or_default();
            state.files.entry(name.clone()).or_insert_with(|| Image::of(content()));
            (*file.cast::<File>()).path = Some(Box::new(name));
        }
        (*file).pMethods = &METHODS;
    }
    SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    let system = installed().below;
    let mut state = installed().disk.lock();
    // SAFETY: SQLite gives a name that ends in a zero byte.
    unsafe {
        state.files.remove(Path::new(OsStr::from_bytes(CStr::from_ptr(name).to_bytes())));
        (*system).xDelete.expect("the system below can delete")(system, name, sync_folder)
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let closed = pass!(file, xClose);
    // SAFETY: `open` has filled it in; SQLite closes a file once.
    unsafe { (*file.cast::<File>()).path = None };
    closed
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, bytes: c_int, offset: sqlite3_int64) -> c_int {
    pass!(file, xRead, to, bytes, offset)
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, bytes: c_int, offset: sqlite3_int64) -> c_int {
    let Some(path) = path(file) else { return pass!(file, xWrite, from, bytes, offset) };
    // Held while the file is written, so that a cut sees both or neither.
    let mut state = installed().disk.lock();
    if let Some(fault) = state.refuses(path, offset as u64, Call::Write) {
        return code(fault);
    }
    let written = pass!(file, xWrite, from, bytes, offset);
    if written == SQLITE_OK
        && let Some(image) = state.files.get_mut(path)
    {
        // SAFETY: SQLite gives so many bytes.
        image.write(offset as usize, unsafe { std::slice::from_raw_parts(from.cast(), bytes as usize) });
    }
    state.pass(path, offset as u64, Call::Write, Side::Behind);
    written
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let Some(path) = path(file) else { return pass!(file, xTruncate, size) };
    let mut state = installed().disk.lock();
    if let Some(fault) = state.refuses(path, size as u64, Call::Write) {
        return code(fault);
    }
    let truncated = pass!(file, xTruncate, size);
    if truncated == SQLITE_OK
        && let Some(image) = state.files.get_mut(path)
    {
        image.truncate(size as usize);
    }
    truncated
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // The real file is not synced: this process does not lose power, and a real sync would only take time.
    let Some(path) = path(file) else { return SQLITE_OK };
    let mut state = installed().disk.lock();
    if let Some(fault) = state.refuses(path, 0, Call::Sync) {
        return code(fault);
    }
    if let Some(image) = state.files.get_mut(path) {
        image.sync();
    }
    state.pass(path, 0, Call::Sync, Side::Behind);
    SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    pass!(file, xFileSize, size)
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    pass!(file, xCheckReservedLock, out)
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    pass!(file, xFileControl, operation, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    pass!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    pass!(file, xDeviceCharacteristics)
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    pass!(file, xShmMap, page, bytes, extend, out)
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    pass!(file, xShmLock, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    pass!(file, xShmBarrier)
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    pass!(file, xShmUnmap, delete)
}
