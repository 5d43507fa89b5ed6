//! Rows in memory: gone with the process. For tests, and for a server that was given no file. Commits go through the
//! same committer as those of every driver.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeInclusive};
use std::sync::{Arc, PoisonError, RwLock};

use abide_model::Partition;
use bytes::Bytes;

use crate::check::AtRest;
use crate::committer::{Committer, Driver};
use crate::walk::{self, Place, Step};
use crate::{Batch, BoxFuture, CommitError, Completion, Error, Fence, Row, Scan, Space, Store, Urgency, Write};

/// A store in memory.
pub struct MemoryStore {
    rows: Arc<RwLock<Rows>>,
    committer: Committer,
}

impl MemoryStore {
    /// An empty one. Fails only when the system has no thread to give.
    pub fn open() -> Result<Self, Error> {
        let rows = Arc::new(RwLock::new(Rows::default()));
        let committer = Committer::start(Box::new(Memory(rows.clone())), 0)?;
        Ok(Self { rows, committer })
    }
}

impl Store for MemoryStore {
    fn acquire(&self, partitions: RangeInclusive<u16>) -> BoxFuture<'_, Result<Fence, Error>> {
        self.committer.acquire(partitions)
    }

    fn get(&self, space: Space, partition: Partition, key: Bytes) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(
            async move { Ok(self.rows.read().unwrap_or_else(PoisonError::into_inner).get(space, partition, &key)) },
        )
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
        Box::pin(async move { Ok(self.rows.read().unwrap_or_else(PoisonError::into_inner).scan(&scan)) })
    }

    fn commit(&self, batch: Batch, urgency: Urgency, done: Completion) {
        self.committer.commit(batch, urgency, done);
    }

    fn waiting_bytes(&self) -> usize {
        self.committer.waiting_bytes()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { self.committer.close() })
    }
}

impl AtRest for MemoryStore {
    fn each(&self, space: Space, look: &mut dyn FnMut(Row)) -> Result<(), Error> {
        let everything = Scan {
            space,
            partitions: 0..=u16::MAX,
            from: Bytes::new(),
            to: None,
            after: None,
            limit: usize::MAX,
            reverse: false,
        };
        let mut rows = self.rows.read().unwrap_or_else(PoisonError::into_inner).scan(&everything);
        rows.sort_by(|one, other| (&one.key, one.partition.0).cmp(&(&other.key, other.partition.0)));
        rows.into_iter().for_each(look);
        Ok(())
    }

    fn get(&self, space: Space, partition: Partition, key: &Bytes) -> Result<Option<Bytes>, Error> {
        Ok(self.rows.read().unwrap_or_else(PoisonError::into_inner).get(space, partition, key))
    }
}

/// The rows, space by space: what a store in memory is made of, and what one that is simulated is.
#[derive(Clone, Default)]
pub struct Rows([BTreeMap<Place, Bytes>; Space::ALL.len()]);

impl Rows {
    /// See [`Store::get`].
    pub fn get(&self, space: Space, partition: Partition, key: &Bytes) -> Option<Bytes> {
        self.of(space).get(&place(partition, key)).cloned()
    }

    /// See [`Store::scan`].
    pub fn scan(&self, scan: &Scan) -> Vec<Row> {
        let rows = self.of(scan.space);
        let mut page = Vec::new();
        let mut place = walk::start(scan);
        while let Some(from) = place.take() {
            place = if scan.reverse {
                collect(scan, rows.range(..from).rev(), &mut page)
            } else {
                collect(scan, rows.range((Bound::Included(from), Bound::Unbounded)), &mut page)
            };
        }
        page
    }

    /// Does what a write says.
    pub fn apply(&mut self, write: &Write) {
        match write {
            Write::Put { space, partition, key, value } => {
                self.of_mut(*space).insert(place(*partition, key), value.clone());
            }
            Write::Delete { space, partition, key } => {
                self.of_mut(*space).remove(&place(*partition, key));
            }
            Write::DeleteRange { space, partition, from, to } => {
                let rows = self.of_mut(*space);
                let gone: Vec<Place> = rows
                    .range(place(*partition, from)..place(*partition, to))
                    .map(|(place, _)| place.clone())
                    .collect();
                for place in gone {
                    rows.remove(&place);
                }
            }
        }
    }

    fn of(&self, space: Space) -> &BTreeMap<Place, Bytes> {
        &self.0[space.index()]
    }

    fn of_mut(&mut self, space: Space) -> &mut BTreeMap<Place, Bytes> {
        &mut self.0[space.index()]
    }
}

fn place(partition: Partition, key: &Bytes) -> Place {
    Place { partition: u32::from(partition.0), key: key.clone() }
}

/// Takes wanted rows until the page is full, the rows end, or a jump is needed: then says where to.
fn collect<'a>(scan: &Scan, rows: impl Iterator<Item = (&'a Place, &'a Bytes)>, page: &mut Vec<Row>) -> Option<Place> {
    for (place, value) in rows {
        match walk::step(scan, place.partition, &place.key) {
            Step::End => return None,
            Step::Jump(to) => return Some(to),
            Step::Take => {
                let partition = Partition(u16::try_from(place.partition).expect("a partition was put as a u16"));
                page.push(Row { partition, key: place.key.clone(), value: value.clone() });
                if page.len() >= scan.limit {
                    return None;
                }
            }
        }
    }
    None
}

/// What the committer writes to.
struct Memory(Arc<RwLock<Rows>>);

impl Driver for Memory {
    fn apply(&mut self, writes: &[Write]) -> Result<(), CommitError> {
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        writes.iter().for_each(|write| rows.apply(write));
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_store_in_memory_conforms() {
        crate::conformance::all(|| Arc::new(MemoryStore::open().unwrap())).await;
    }
}
