//! Fresh ids and dice: everything random that the server needs, drawn in one place. On a thread that was given a seed
//! what is drawn follows from the seed, so that a simulation can be repeated; elsewhere it comes from the system.

use std::cell::Cell;

use uuid::{Builder, Uuid};

use crate::{RunId, Timestamp};

thread_local! {
    static SEEDED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// From now on, what this thread draws follows from the seed.
pub fn repeat_from(seed: u64) {
    SEEDED.set(Some(seed));
}

/// An id that nobody has used: a random UUID.
pub fn uuid() -> Uuid {
    match seeded() {
        None => Uuid::new_v4(),
        Some(bytes) => Builder::from_random_bytes(bytes).into_uuid(),
    }
}

/// A new run's id: a UUID of version 7 by the server's clock, so that new rows land side by side.
pub fn run_id(now: Timestamp) -> RunId {
    let millis = u64::try_from(now.nanos.div_euclid(1_000_000)).unwrap_or(0);
    let random = uuid().into_bytes();
    // All but the bytes that say version and variant.
    let [a, b, c, d, e, f, ..] = random;
    let [.., g, h, i, j] = random;
    RunId(Builder::from_unix_timestamp_millis(millis, &[a, b, c, d, e, f, g, h, i, j]).into_uuid())
}

/// A number to decide by.
pub fn number() -> u64 {
    let [.., a, b, c, d, e, f, g] = uuid().into_bytes();
    let [h, ..] = uuid().into_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn seeded() -> Option<[u8; 16]> {
    let mut state = SEEDED.get()?;
    let mut bytes = [0; 16];
    for half in bytes.chunks_exact_mut(8) {
        half.copy_from_slice(&step(&mut state).to_be_bytes());
    }
    SEEDED.set(Some(state));
    Some(bytes)
}

/// SplitMix64: every state is a good seed.
fn step(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_of_their_version_and_never_come_twice() {
        let now = Timestamp::from_millis(1_700_000_000_123);
        let ids: BTreeSet<RunId> = (0..1000).map(|_| run_id(now)).collect();
        assert_eq!(ids.len(), 1000);
        for RunId(id) in ids {
            assert_eq!(id.get_version_num(), 7);
            let (seconds, nanos) = id.get_timestamp().expect("it carries its time").to_unix();
            assert_eq!((seconds, nanos), (1_700_000_000, 123_000_000));
        }
        assert_eq!(uuid().get_version_num(), 4);
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = |seed| {
            let drawn = std::thread::spawn(move || {
                repeat_from(seed);
                (uuid(), run_id(Timestamp::EPOCH), number())
            });
            drawn.join().expect("drawing does not panic")
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_ne!(uuid(), uuid(), "another thread's seed means nothing here");
    }
}
