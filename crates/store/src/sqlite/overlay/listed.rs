//! The rows of lists in one layer, in the order of their keys, in blocks that are shared with readers: a reader takes
//! them as they are, and a writer copies a block that somebody reads before changing it. Every row and every block has a
//! summary, so that readers pass over what cannot be wanted.

use std::sync::Arc;

use bytes::Bytes;

use crate::search::Summary;

/// More rows than this are two blocks.
const BLOCK_ROWS_MAX: usize = 64;

/// See the file's first lines.
#[derive(Clone, Debug, Default)]
pub(in crate::sqlite) struct Listed {
    /// In order, none of them empty.
    blocks: Vec<Arc<Block>>,
}

/// Some neighbours.
#[derive(Clone, Debug)]
pub(in crate::sqlite) struct Block {
    /// In order.
    pub(in crate::sqlite) rows: Vec<ListedRow>,
    /// Of all of them; and perhaps of some that were here before.
    pub(in crate::sqlite) summary: Summary,
}

/// A row.
#[derive(Clone, Debug)]
pub(in crate::sqlite) struct ListedRow {
    pub(in crate::sqlite) key: Bytes,
    /// None of one that was deleted.
    pub(in crate::sqlite) value: Option<Bytes>,
    pub(in crate::sqlite) summary: Summary,
}

impl ListedRow {
    /// What a row takes beside its key and value: bytes.
    pub(super) const BYTES: usize = size_of::<Self>();
}

impl Block {
    fn of(rows: Vec<ListedRow>) -> Self {
        let summary = rows.iter().fold(Summary::NOTHING, |all, row| all.and(row.summary));
        Self { rows, summary }
    }

    /// Its least key.
    pub(in crate::sqlite) fn first(&self) -> &Bytes {
        &self.rows.first().expect("no block is empty").key
    }

    /// Its greatest key.
    pub(in crate::sqlite) fn last(&self) -> &Bytes {
        &self.rows.last().expect("no block is empty").key
    }
}

impl Listed {
    /// Inserts a row, or replaces it.
    pub(super) fn put(&mut self, key: Bytes, value: Option<Bytes>) {
        let summary = value.as_ref().map_or(Summary::NOTHING, |value| Summary::of(&key, value));
        let row = ListedRow { key, value, summary };
        let at = self.blocks.partition_point(|block| *block.first() <= row.key).saturating_sub(1);
        let Some(block) = self.blocks.get_mut(at) else {
            return self.blocks.push(Arc::new(Block::of(vec![row])));
        };
        match block.rows.binary_search_by(|other| other.key.cmp(&row.key)) {
            Ok(place) => {
                let block = Arc::make_mut(block);
                block.summary = block.summary.and(row.summary);
                block.rows[place] = row;
            }
            Err(place) if block.rows.len() < BLOCK_ROWS_MAX => {
                let block = Arc::make_mut(block);
                block.summary = block.summary.and(row.summary);
                block.rows.insert(place, row);
            }
            // New runs come one before the other: their blocks are to be full.
            Err(0) => self.blocks.insert(at, Arc::new(Block::of(vec![row]))),
            Err(BLOCK_ROWS_MAX) => self.blocks.insert(at + 1, Arc::new(Block::of(vec![row]))),
            Err(place) => {
                let mut rows = block.rows.clone();
                rows.insert(place, row);
                let second = rows.split_off(BLOCK_ROWS_MAX / 2);
                *block = Arc::new(Block::of(rows));
                self.blocks.insert(at + 1, Arc::new(Block::of(second)));
            }
        }
    }

    /// Forgets every row with `from <= key < to`.
    pub(super) fn forget(&mut self, from: &Bytes, to: &Bytes) {
        let concerns = |block: &Block| block.first() < to && from <= block.last();
        for block in self.blocks.iter_mut().filter(|block| concerns(block)) {
            let rows = block.rows.iter().filter(|row| row.key < *from || *to <= row.key);
            *block = Arc::new(Block { rows: rows.cloned().collect(), summary: block.summary });
        }
        self.blocks.retain(|block| !block.rows.is_empty());
    }

    /// The blocks that may have rows whose keys begin with `prefix`, to be read whatever is written meanwhile.
    pub(super) fn under(&self, prefix: &[u8]) -> Self {
        let from = self.blocks.partition_point(|block| &block.last()[..] < prefix);
        let is_before_end = |block: &Arc<Block>| &block.first()[..] < prefix || block.first().starts_with(prefix);
        let count = self.blocks[from..].partition_point(is_before_end);
        Self { blocks: self.blocks[from..from + count].to_vec() }
    }

    /// Whether there is a row with this key, or was one that is deleted.
    pub(in crate::sqlite) fn has(&self, key: &[u8]) -> bool {
        let behind = self.blocks.partition_point(|block| &block.first()[..] <= key);
        let block = behind.checked_sub(1).map(|at| &self.blocks[at]);
        block.is_some_and(|block| block.rows.binary_search_by(|row| row.key[..].cmp(key)).is_ok())
    }

    /// The blocks, in order.
    pub(in crate::sqlite) fn blocks(&self) -> impl DoubleEndedIterator<Item = &Block> {
        self.blocks.iter().map(|block| &**block)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use abide_mutation::{Random, cases};

    use super::*;

    #[test]
    fn it_has_what_a_map_would_have_and_what_was_taken_does_not_change() {
        for seed in 0..u64::from(cases(40)) {
            println!("seed {seed}");
            let random = &mut Random::of(seed);
            let (mut listed, mut expected) = (Listed::default(), BTreeMap::new());
            let mut taken: Vec<(Listed, BTreeMap<Bytes, Option<Bytes>>)> = Vec::new();
            for step in 0..1000_u32 {
                let key = |random: &mut Random| -> Bytes {
                    vec![u8::try_from(random.below(3)).unwrap(), u8::try_from(random.below(200)).unwrap()].into()
                };
                // New keys before, behind and between the others.
                let new = match random.below(3) {
                    0 => Bytes::from(vec![0, u8::try_from(255 - step % 256).unwrap(), 1]),
                    1 => Bytes::from(vec![2, u8::try_from(step % 256).unwrap(), 1]),
                    _ => key(random),
                };
                let value = (!random.percent(20)).then(|| Bytes::from(step.to_be_bytes().to_vec()));
                listed.put(new.clone(), value.clone());
                expected.insert(new, value);
                if random.percent(1) {
                    let (one, other) = (key(random), key(random));
                    let (from, to) = (one.clone().min(other.clone()), one.max(other));
                    listed.forget(&from, &to);
                    expected.retain(|key, _| *key < from || to <= *key);
                }
                if random.percent(2) {
                    taken.push((listed.clone(), expected.clone()));
                }
            }
            taken.push((listed, expected));
            for (listed, expected) in &taken {
                let rows = |listed: &Listed| -> Vec<(Bytes, Option<Bytes>)> {
                    listed.blocks().flat_map(|block| block.rows.clone()).map(|row| (row.key, row.value)).collect()
                };
                let all: Vec<_> = expected.clone().into_iter().collect();
                assert_eq!(rows(listed), all);
                assert!(all.iter().all(|(key, _)| listed.has(key)) && !listed.has(&[9]) && !listed.has(&[]));
                let under = rows(&listed.under(&[1]));
                let under: Vec<_> = under.into_iter().filter(|(key, _)| key.starts_with(&[1])).collect();
                assert_eq!(under, all.into_iter().filter(|(key, _)| key.starts_with(&[1])).collect::<Vec<_>>());
            }
        }
    }
}
