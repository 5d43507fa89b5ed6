//! Segments that are not what was written: recovery yields a beginning of what was written, or says what is wrong. What
//! has the right check sums is believed, so groups whose content is damaged below them are read here as well.

use abide_mutation::{Random, cases, mutated, noise};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::Space;
use abide_model::Partition;

fn group(number: u64) -> Vec<Write> {
    let (space, partition) = (Space::Node, Partition(number as u16));
    let key = Bytes::copy_from_slice(&number.to_be_bytes());
    vec![
        Write::Put { space, partition, key: key.clone(), value: vec![number as u8; 40].into() },
        Write::Delete { space: Space::Timer, partition, key: key.clone() },
        Write::DeleteRange { space, partition, from: key, to: vec![0xff; 9].into() },
    ]
}

/// Segments as they stand on the disk: three groups in each.
fn segments() -> Vec<Vec<u8>> {
    let segment = |number: u64| {
        let first = 3 * number + 1;
        let (mut content, mut chain) = Header { generation: number + 1, first }.encode();
        for number in first..first + 3 {
            chain = segment::encode_group(chain, number, &group(number), &mut content);
        }
        content.extend_from_slice(&[0; 100]);
        content
    };
    (0..3).map(segment).collect()
}

/// Opens a log that consists of these, as after a crash, and writes on behind what was found.
fn open(contents: &[Vec<u8>], moved: u64) -> Result<Vec<Vec<Write>>, Error> {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("data.db");
    for (path, content) in paths(&database).iter().zip(contents) {
        std::fs::write(path, content).unwrap();
    }
    let recovered = recover(&SystemFiles, &database, moved, moved > 0)?;
    let groups = recovered.groups.clone();
    let mut log = Log::begin(Arc::new(SystemFiles), &database, &recovered, Durability::Never)?;
    let next = recovered.newest.wrapping_add(1);
    log.append(&group(next)).map_err(|cause| Error::Io(cause.into()))?;
    Ok(groups)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300)))]

    #[test]
    fn damaged_segments_yield_a_beginning_of_what_was_written_or_an_error(seed: u64) {
        let random = &mut Random::of(seed);
        let whole = segments();
        let mut damaged = whole.clone();
        for _ in 0..=random.below(2) {
            let which = random.below(damaged.len());
            damaged[which] = mutated(&whole[which], &whole, random);
        }
        let moved = random.below(10) as u64;
        match open(&damaged, moved) {
            Ok(found) => {
                let expected: Vec<_> = (moved + 1..).map(group).take(found.len()).collect();
                prop_assert!(moved + found.len() as u64 <= 9, "more than was ever written");
                prop_assert_eq!(found, expected);
            }
            Err(error) => prop_assert!(matches!(error, Error::Corrupt(_)), "{}", error),
        }
    }

    #[test]
    fn noise_is_no_log(seed: u64) {
        let random = &mut Random::of(seed);
        let contents: Vec<_> = (0..4).map(|_| noise(random, 300)).collect();
        prop_assert!(open(&contents, 0).is_ok_and(|found| found.is_empty()));
    }

    #[test]
    fn what_has_the_right_check_sums_is_read_or_corrupt_whatever_it_says(seed: u64) {
        let random = &mut Random::of(seed);
        let (_, chain) = Header { generation: 1, first: 1 }.encode();
        let mut plain = Vec::new();
        segment::encode_group(chain, 1, &group(1), &mut plain);
        let body = mutated(&plain[segment::RECORD_HEADER_BYTES..], &[], random);
        let header = Header {
            generation: *random.one_of(&[1, u64::MAX]),
            first: *random.one_of(&[1, 0, u64::MAX]),
        };
        let (mut content, chain) = header.encode();
        segment::seal_group(chain, header.first, &body, &mut content);
        let moved = header.first.wrapping_sub(1);
        match open(&[content], moved) {
            Ok(found) => prop_assert!(found.len() <= 1),
            Err(Error::Corrupt(_)) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
