use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use abide_store::sqlite::Options;
use abide_store::{MemoryStore, SqliteStore};
use tempfile::TempDir;

use super::{Subject, all};

#[tokio::test]
async fn the_index_in_memory_conforms() {
    all(|| async { Subject::of(Arc::new(MemoryStore::open().unwrap())).await }).await;
}

/// With rows in the log, in the database, and on their way.
#[tokio::test]
async fn the_index_of_the_embedded_store_conforms() {
    for log_bytes in [1, 3000, 24 * 1024 * 1024] {
        let folder = TempDir::new().unwrap();
        let number = AtomicUsize::new(0);
        all(|| async {
            let path = folder.path().join(format!("{}.db", number.fetch_add(1, Ordering::Relaxed)));
            let options = Options { log_bytes, ..Options::default() };
            Subject::of(Arc::new(SqliteStore::open(&path, &options).unwrap())).await
        })
        .await;
    }
}
