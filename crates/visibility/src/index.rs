//! The index over the store: one row per run in the shared partition, the newest start first. Rows are written by the
//! owner of the run; this reads them.

use std::sync::Arc;

use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_model::{NamespaceId, Partition, RunId, Timestamp, limits};
use abide_store::key::{Key, VisibilityKey, VisibilityRecord, behind};
use abide_store::{Error, Record, Row, Scan, Space, Store, Write};
use bytes::Bytes;
use prost::Message;

use crate::filter::Filter;
use crate::{ListError, token};

/// The most rows that are read for one page of a filtered list. A page may come out short, or empty, with a token to go
/// on.
const ROWS_READ_MAX: usize = 10_000;
/// Rows that are read at once.
const CHUNK_ROWS: usize = 1000;

/// The write that shows the run as it is now: the same row from its start to its close.
///
/// Panics when the info has no run id or no start time.
pub fn write(namespace: NamespaceId, info: &WorkflowExecutionInfo) -> Write {
    let record = VisibilityRecord { info: info.encode_to_vec().into() };
    key(namespace, info).put(Partition::SHARED, &record)
}

/// The write that shows the run no more.
///
/// Panics when the info has no run id or no start time.
pub fn delete(namespace: NamespaceId, info: &WorkflowExecutionInfo) -> Write {
    key(namespace, info).delete(Partition::SHARED)
}

fn key(namespace: NamespaceId, info: &WorkflowExecutionInfo) -> VisibilityKey {
    let execution = info.execution.as_ref().expect("a run that is shown has an id");
    let run_id = RunId::parse(&execution.run_id).expect("a run that is shown has an id");
    let started_at = info.start_time.as_ref().expect("a run that is shown has begun");
    let nanos = started_at.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(started_at.nanos));
    VisibilityKey { namespace, started_at: Timestamp { nanos }, run_id }
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The runs, the newest start first.
    pub executions: Vec<WorkflowExecutionInfo>,
    /// Where the next page begins; empty behind the last row.
    pub next_page_token: Vec<u8>,
}

/// The index.
#[derive(Clone)]
pub struct Index {
    store: Arc<dyn Store>,
}

impl Index {
    /// Over this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// A page of the runs that pass the query, the newest start first. The page size is at most
    /// [`limits::LIST_PAGE_MAX`]; zero asks for that many. The first page has an empty token.
    pub async fn list(
        &self,
        namespace: NamespaceId,
        query: &str,
        page_size: usize,
        page_token: &[u8],
    ) -> Result<Page, ListError> {
        let filter = Filter::parse(query)?;
        let page_size = if page_size == 0 { limits::LIST_PAGE_MAX } else { page_size.min(limits::LIST_PAGE_MAX) };
        let mut after = token::decode(namespace, query, page_token)?;
        let mut page = Page::default();
        let mut rows_read = 0;
        // One row more than the page has says whether there is another page.
        let chunk_rows = if filter.is_empty() { page_size + 1 } else { CHUNK_ROWS };
        loop {
            let rows = self.store.scan(scan(namespace, after.clone(), chunk_rows)).await?;
            let is_last = rows.len() < chunk_rows;
            rows_read += rows.len();
            for row in rows {
                if page.executions.len() == page_size {
                    page.next_page_token = after.map_or_else(Vec::new, |key: Bytes| token::encode(query, &key));
                    return Ok(page);
                }
                let info = decode(&row)?;
                after = Some(row.key);
                if filter.passes(&info) {
                    page.executions.push(info);
                }
            }
            if is_last {
                return Ok(page);
            }
            if rows_read >= ROWS_READ_MAX {
                page.next_page_token = after.map_or_else(Vec::new, |key| token::encode(query, &key));
                return Ok(page);
            }
        }
    }

    /// How many runs pass the query. Exact: the keys are counted page by page, and values are decoded only when there
    /// is something to filter by; so it takes time in proportion to the runs of the namespace.
    pub async fn count(&self, namespace: NamespaceId, query: &str) -> Result<u64, ListError> {
        let filter = Filter::parse(query)?;
        let mut count = 0;
        let mut after = None;
        loop {
            let rows = self.store.scan(scan(namespace, after, CHUNK_ROWS)).await?;
            for row in &rows {
                count += u64::from(filter.is_empty() || filter.passes(&decode(row)?));
            }
            match rows.into_iter().nth(CHUNK_ROWS - 1) {
                Some(last) => after = Some(last.key),
                None => return Ok(count),
            }
        }
    }
}

fn scan(namespace: NamespaceId, after: Option<Bytes>, limit: usize) -> Scan {
    let prefix = Bytes::copy_from_slice(namespace.0.as_bytes());
    Scan {
        space: Space::Visibility,
        partitions: Partition::SHARED.0..=Partition::SHARED.0,
        to: behind(&prefix),
        from: prefix,
        after: after.map(|key| (Partition::SHARED, key)),
        limit,
        reverse: false,
    }
}

fn decode(row: &Row) -> Result<WorkflowExecutionInfo, Error> {
    let record = VisibilityRecord::from_value(row.value.clone())?;
    WorkflowExecutionInfo::decode(record.info).map_err(|cause| Error::Corrupt(format!("visibility record: {cause}")))
}

#[cfg(test)]
mod tests;
