//! Scans see rows in order of partition, then key, page by page. Checked against a filter over all rows, for every
//! combination of bounds in a small world.

use std::sync::Arc;

use abide_model::Partition;
use bytes::Bytes;

use super::{Case, EVERYTHING, SPACE, acquire, commit, put};
use crate::{Row, Scan, Space, Store};

pub(super) const CASES: &[(&str, Case)] = &[
    ("a scan finds what a filter over all rows finds", |store| Box::pin(like_a_filter(store))),
    ("pages put together are the whole, in both directions", |store| Box::pin(pages(store))),
    ("an empty space has no rows", |store| Box::pin(empty(store))),
];

const PARTITIONS: [u16; 4] = [0, 1, 5, Partition::SHARED.0];
const KEYS: [&str; 4] = ["a", "b", "ba", "c"];

async fn small_world(store: &Arc<dyn Store>) -> Vec<Row> {
    let fence = acquire(store, EVERYTHING).await;
    let mut rows = Vec::new();
    for partition in PARTITIONS {
        for key in KEYS {
            // Not every key is in every partition.
            if (usize::from(partition) + key.len()) % 3 != 0 {
                rows.push((partition, key));
            }
        }
    }
    commit(store, &fence, rows.iter().rev().map(|(partition, key)| put(*partition, key, key)).collect()).await.unwrap();
    let row = |(partition, key): (u16, &'static str)| Row {
        partition: Partition(partition),
        key: key.into(),
        value: key.into(),
    };
    rows.into_iter().map(row).collect()
}

fn filter(rows: &[Row], scan: &Scan) -> Vec<Row> {
    let wanted = |row: &&Row| {
        let place = (row.partition, row.key.clone());
        let behind = match &scan.after {
            None => true,
            Some(after) if scan.reverse => place < *after,
            Some(after) => place > *after,
        };
        let within = row.key >= scan.from && scan.to.as_ref().is_none_or(|to| row.key < to);
        behind && within && scan.partitions.contains(&row.partition.0)
    };
    let mut found: Vec<Row> = rows.iter().filter(wanted).cloned().collect();
    if scan.reverse {
        found.reverse();
    }
    found.truncate(scan.limit);
    found
}

async fn like_a_filter(store: Arc<dyn Store>) {
    let rows = small_world(&store).await;
    let ends = || [None, Some("a"), Some("b"), Some("bb"), Some("d")].map(|to| to.map(Bytes::from));
    let afters = [None, Some((0, "a")), Some((0, "zz")), Some((1, "b")), Some((3, "b")), Some((4096, "a"))];
    for partitions in [EVERYTHING, 0..=0, 1..=5, 2..=4, 4096..=4096] {
        for from in ["", "ab", "b", "d"] {
            for to in ends() {
                for (partition, key) in afters.map(|after| after.unwrap_or((u16::MAX, ""))) {
                    for (limit, reverse) in [(1, false), (2, true), (3, false), (100, true), (100, false), (0, false)] {
                        let scan = Scan {
                            space: SPACE,
                            partitions: partitions.clone(),
                            from: from.into(),
                            to: to.clone(),
                            after: (partition != u16::MAX).then(|| (Partition(partition), key.into())),
                            limit,
                            reverse,
                        };
                        assert_eq!(store.scan(scan.clone()).await.unwrap(), filter(&rows, &scan), "{scan:?}");
                    }
                }
            }
        }
    }
}

async fn pages(store: Arc<dyn Store>) {
    let rows = small_world(&store).await;
    for reverse in [false, true] {
        let mut scan = Scan {
            space: SPACE,
            partitions: EVERYTHING,
            from: "a".into(),
            to: Some("bz".into()),
            after: None,
            limit: 100,
            reverse,
        };
        let whole = filter(&rows, &scan);
        scan.limit = 2;
        let mut found = Vec::new();
        loop {
            let page = store.scan(scan.clone()).await.unwrap();
            let Some(last) = page.last() else { break };
            scan.after = Some((last.partition, last.key.clone()));
            found.extend(page);
        }
        assert_eq!(found, whole);
    }
}

async fn empty(store: Arc<dyn Store>) {
    for space in Space::ALL {
        let scan = Scan {
            space,
            partitions: 0..=Partition::COUNT - 1,
            from: Bytes::new(),
            to: None,
            after: None,
            limit: 1000,
            reverse: false,
        };
        assert_eq!(store.scan(scan).await.unwrap(), []);
    }
}
