//! Merges the writes of many batches into one list with the same effect: the last write of a row wins, and rows that
//! are neighbours on the disk are neighbours in the list.

use abide_model::Partition;

use crate::{Space, Write};

/// A list of writes in the making.
#[derive(Default)]
pub(super) struct Merge {
    /// Done with.
    settled: Vec<Write>,
    /// Puts and deletes since the last range deletion, in order of arrival.
    points: Vec<Write>,
}

impl Merge {
    /// Appends a write.
    pub(super) fn push(&mut self, write: Write) {
        match &write {
            Write::Put { .. } | Write::Delete { .. } => self.points.push(write),
            Write::DeleteRange { .. } => {
                self.points.retain(|point| !covers(&write, point));
                self.settle();
                self.settled.push(write);
            }
        }
    }

    /// The list so far: between two range deletions sorted, and every row once.
    pub(super) fn settle(&mut self) -> &[Write] {
        // Stable, so that of writes of one row the last stays last.
        self.points.sort_by(|one, other| row(one).cmp(&row(other)));
        self.points.dedup_by(|later, earlier| {
            let same = row(later) == row(earlier);
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        self.settled.append(&mut self.points);
        &self.settled
    }

    /// Forgets everything but its memory.
    pub(super) fn clear(&mut self) {
        self.settled.clear();
        self.points.clear();
    }
}

/// Which row a put or delete is about.
fn row(write: &Write) -> (Space, Partition, &[u8]) {
    match write {
        Write::Put { space, partition, key, .. } | Write::Delete { space, partition, key } => (*space, *partition, key),
        Write::DeleteRange { .. } => unreachable!("range deletions are never among the points"),
    }
}

fn covers(range: &Write, point: &Write) -> bool {
    let Write::DeleteRange { space, partition, from, to } = range else { return false };
    let (point_space, point_partition, key) = row(point);
    *space == point_space && *partition == point_partition && &from[..] <= key && key < &to[..]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    type Model = BTreeMap<(Space, Partition, Bytes), Bytes>;

    fn apply(model: &mut Model, write: &Write) {
        match write.clone() {
            Write::Put { space, partition, key, value } => {
                model.insert((space, partition, key), value);
            }
            Write::Delete { space, partition, key } => {
                model.remove(&(space, partition, key));
            }
            Write::DeleteRange { space, partition, from, to } => {
                model.retain(|(s, p, k), _| !(*s == space && *p == partition && from <= *k && *k < to));
            }
        }
    }

    fn writes() -> impl Strategy<Value = Write> {
        let space = prop_oneof![Just(Space::Node), Just(Space::Timer)];
        let partition = (0_u16..2).prop_map(Partition);
        let key = || proptest::collection::vec(0_u8..3, 1..3).prop_map(Bytes::from);
        let value = proptest::collection::vec(any::<u8>(), 1..2).prop_map(Bytes::from);
        (space, partition, key(), key(), value, 0..5).prop_map(|(space, partition, key, other, value, kind)| match kind
        {
            0..3 => Write::Put { space, partition, key, value },
            3 => Write::Delete { space, partition, key },
            _ => Write::DeleteRange { space, partition, from: key.clone().min(other.clone()), to: key.max(other) },
        })
    }

    proptest! {
        #[test]
        fn the_merged_list_has_the_same_effect_and_writes_no_row_twice(
            before in proptest::collection::vec(writes(), 0..10),
            list in proptest::collection::vec(writes(), 0..30),
        ) {
            let mut expected = Model::new();
            before.iter().for_each(|write| apply(&mut expected, write));
            let mut found = expected.clone();
            list.iter().for_each(|write| apply(&mut expected, write));

            let mut merge = Merge::default();
            list.into_iter().for_each(|write| merge.push(write));
            let merged = merge.settle();
            merged.iter().for_each(|write| apply(&mut found, write));
            prop_assert_eq!(found, expected);
            for between in merged.split(|write| matches!(write, Write::DeleteRange { .. })) {
                prop_assert!(between.is_sorted_by(|one, other| row(one) < row(other)));
            }
        }
    }
}
