//! The rows of a registry (namespaces, queue configurations, batches), which is read as a whole. Knows no registry.

use abide_model::{Partition, limits};
use abide_store::{Error, Row, Scan, Space, Store};
use bytes::Bytes;

/// All rows from `from` up to `to` among those of no run.
pub(crate) async fn rows(store: &dyn Store, (from, to): (Bytes, Option<Bytes>)) -> Result<Vec<Row>, Error> {
    let shared = Partition::SHARED.0;
    let limit = limits::SCAN_PAGE_ROWS;
    let mut scan =
        Scan { space: Space::Meta, partitions: shared..=shared, from, to, after: None, limit, reverse: false };
    let mut found = Vec::new();
    loop {
        let page = store.scan(scan.clone()).await?;
        let ended = page.len() < limit;
        scan.after = page.last().map(|row| (row.partition, row.key.clone()));
        found.extend(page);
        if ended {
            return Ok(found);
        }
    }
}
