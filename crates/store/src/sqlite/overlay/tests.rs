//! The overlay over a database shows what one store with all writes would.

use abide_model::Partition;
use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::Store;
use crate::memory::MemoryStore;

const SPACE: Space = Space::Node;

fn writes() -> impl Strategy<Value = Write> {
    let key = || proptest::collection::vec(0_u8..3, 1..3).prop_map(Bytes::from);
    let value = any::<u8>().prop_map(|byte| Bytes::from(vec![byte]));
    (0_u16..3, key(), key(), value, 0..6).prop_map(|(partition, key, other, value, kind)| {
        let (space, partition) = (SPACE, Partition(partition));
        match kind {
            0..3 => Write::Put { space, partition, key, value },
            3..5 => Write::Delete { space, partition, key },
            _ => Write::DeleteRange { space, partition, from: key.clone().min(other.clone()), to: key.max(other) },
        }
    })
}

fn scans() -> impl Strategy<Value = Scan> {
    let key = || proptest::collection::vec(0_u8..3, 0..3).prop_map(Bytes::from);
    let bounds = (key(), proptest::option::of(key()), proptest::option::of((0_u16..3, key())));
    (0_u16..3, 0_u16..3, bounds, 1_usize..6, any::<bool>()).prop_map(
        |(one, other, (from, to, after), limit, reverse)| Scan {
            space: SPACE,
            partitions: one.min(other)..=one.max(other),
            from,
            to,
            after: after.map(|(partition, key)| (Partition(partition), key)),
            limit,
            reverse,
        },
    )
}

/// A store with these writes.
fn store(runtime: &tokio::runtime::Runtime, writes: Vec<Write>) -> MemoryStore {
    let store = MemoryStore::open().unwrap();
    runtime.block_on(async {
        let fence = Arc::new(store.acquire(0..=9).await.unwrap());
        let (tell, told) = tokio::sync::oneshot::channel();
        let done = Box::new(move |outcome| tell.send(outcome).unwrap());
        store.commit(crate::Batch { fence, writes }, crate::Urgency::Now, done);
        told.await.unwrap().unwrap();
    });
    store
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_overlay_shows_what_one_store_would(
        moved in proptest::collection::vec(writes(), 0..12),
        lower in proptest::collection::vec(writes(), 0..12),
        upper in proptest::collection::vec(writes(), 0..12),
        scan in scans(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let database = store(&runtime, moved.clone());
        let whole = store(&runtime, [moved, lower.clone(), upper.clone()].concat());
        let overlay = Overlay::over(Some(Arc::new(Layer::of(&[lower]))));
        overlay.apply(&upper);

        let mut wide = scan.clone();
        let page = loop {
            let read = runtime.block_on(database.scan(wide.clone())).unwrap();
            let end = if read.len() < wide.limit { End::Nothing } else { End::Unknown };
            match overlay.merge(overlay.version(), &scan, read, end) {
                Merged::Page(page) => break page,
                Merged::TooFew => wide.limit *= 4,
                Merged::Outdated => panic!("nothing is moved"),
            }
        };
        prop_assert_eq!(page, runtime.block_on(whole.scan(scan)).unwrap());

        for partition in 0..3 {
            for key in [&[0][..], &[1], &[0, 1], &[2, 2]] {
                let (partition, key) = (Partition(partition), Bytes::copy_from_slice(key));
                let expected = runtime.block_on(whole.get(SPACE, partition, key.clone())).unwrap();
                let found = match overlay.get(SPACE, partition, &key) {
                    Found::Value(value) => Some(value),
                    Found::Deleted => None,
                    Found::Nothing => runtime.block_on(database.get(SPACE, partition, key)).unwrap(),
                };
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn a_layer_moves_as_writes_with_the_same_effect(
        before in proptest::collection::vec(writes(), 0..12),
        groups in proptest::collection::vec(proptest::collection::vec(writes(), 0..6), 0..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let everything = Scan {
            space: SPACE, partitions: 0..=9, from: Bytes::new(), to: None, after: None, limit: 1000, reverse: false,
        };
        let moved = store(&runtime, [before.clone(), Layer::of(&groups).writes().collect()].concat());
        let whole = store(&runtime, [before, groups.concat()].concat());
        let rows = |store: &MemoryStore| runtime.block_on(store.scan(everything.clone())).unwrap();
        prop_assert_eq!(rows(&moved), rows(&whole));
    }
}

#[test]
fn what_was_read_before_a_layer_moved_is_not_merged_after_it() {
    let overlay = Overlay::default();
    let scan =
        Scan { space: SPACE, partitions: 0..=9, from: Bytes::new(), to: None, after: None, limit: 10, reverse: false };
    let put = Write::Put { space: SPACE, partition: Partition(1), key: "a".into(), value: "b".into() };
    overlay.apply(&[put]);
    let version = overlay.version();
    overlay.freeze();
    assert_eq!(overlay.merge(version, &scan, Vec::new(), End::Nothing), Merged::Outdated);
    let version = overlay.version();
    let Merged::Page(page) = overlay.merge(version, &scan, Vec::new(), End::Nothing) else { panic!("not moved") };
    assert_eq!(page.len(), 1, "a layer that is being moved is seen");
    overlay.retire();
    assert_eq!(overlay.merge(version, &scan, Vec::new(), End::Nothing), Merged::Outdated);
}
