//! Rows that are not what was stored: every key and every record is read, or refused as corrupt or newer, and what was
//! read can be written again. The frozen samples are what is damaged.

use abide_mutation::{Random, cases, mutated, noise};
use proptest::prelude::*;

use super::*;

const SAMPLES: [&str; 12] = [
    include_str!("../../samples/current.v1"),
    include_str!("../../samples/dispatch.v1"),
    include_str!("../../samples/fence.v1"),
    include_str!("../../samples/namespace.v1"),
    include_str!("../../samples/node.v1"),
    include_str!("../../samples/outbound.v1"),
    include_str!("../../samples/outbound_callback.v1"),
    include_str!("../../samples/queue_config.v1"),
    include_str!("../../samples/retention.v1"),
    include_str!("../../samples/snapshot.v1"),
    include_str!("../../samples/timer.v1"),
    include_str!("../../samples/visibility.v1"),
];

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Reads one row as rows of one kind.
fn read<K: Key>(key: &[u8], value: &[u8]) {
    let of_our_own = |error: Error| assert!(matches!(error, Error::Corrupt(_) | Error::Newer(_)), "{error}");
    match K::decode(key) {
        Ok(decoded) => assert_eq!(decoded.encode(), key, "a key that was read is written as it was"),
        Err(error) => of_our_own(error),
    }
    match K::Record::from_value(Bytes::copy_from_slice(value)) {
        Ok(record) => drop(K::Record::from_value(record.to_value()).expect("what was read can be written")),
        Err(error) => of_our_own(error),
    }
    let row = Row { partition: Partition(1), key: Bytes::copy_from_slice(key), value: Bytes::copy_from_slice(value) };
    let _ = K::decode_row(row);
}

fn read_as_all(key: &[u8], value: &[u8]) {
    read::<CurrentKey>(key, value);
    read::<DispatchKey>(key, value);
    read::<FenceKey>(key, value);
    read::<NamespaceKey>(key, value);
    read::<NodeKey>(key, value);
    read::<OutboundKey>(key, value);
    read::<QueueConfigKey>(key, value);
    read::<RetentionKey>(key, value);
    read::<SnapshotKey>(key, value);
    read::<TimerKey>(key, value);
    read::<VisibilityKey>(key, value);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2000)))]

    #[test]
    fn damaged_rows_are_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        let halves = |sample: &str| {
            let (key, value) = sample.trim_end().split_once('\n').expect("a sample has two lines");
            (unhex(key), unhex(value))
        };
        let (keys, values): (Vec<_>, Vec<_>) = SAMPLES.iter().map(|sample| halves(sample)).unzip();
        let row = random.below(SAMPLES.len());
        read_as_all(&mutated(&keys[row], &keys, random), &mutated(&values[row], &values, random));
    }

    #[test]
    fn noise_is_read_or_refused(seed: u64) {
        let random = &mut Random::of(seed);
        read_as_all(&noise(random, 60), &noise(random, 120));
    }
}
