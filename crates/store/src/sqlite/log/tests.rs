use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use abide_model::Partition;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::Space;

fn put(key: u8, bytes: usize) -> Write {
    let (space, partition) = (Space::Node, Partition(u16::from(key)));
    Write::Put { space, partition, key: vec![key].into(), value: vec![key; bytes].into() }
}

fn group(key: u8) -> Vec<Write> {
    let (space, partition) = (Space::Timer, Partition(3));
    vec![
        put(key, 30),
        Write::Delete { space, partition, key: vec![key, 1].into() },
        Write::DeleteRange { space, partition, from: vec![key].into(), to: vec![key + 1].into() },
    ]
}

struct World {
    _folder: TempDir,
    database: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let database = folder.path().join("data.db");
        Self { _folder: folder, database }
    }

    fn recover(&self, moved: u64) -> Result<Recovered, Error> {
        recover(&SystemFiles, &self.database, moved, moved > 0)
    }

    fn begin(&self, recovered: &Recovered) -> Log {
        Log::begin(Arc::new(SystemFiles), &self.database, recovered, Durability::Synced).unwrap()
    }

    fn segment(&self, slot: usize) -> PathBuf {
        paths(&self.database)[slot].clone()
    }
}

#[test]
fn what_was_appended_is_recovered_in_order_whatever_segments_it_is_in() {
    let world = World::new();
    let mut log = world.begin(&world.recover(0).unwrap());
    for key in 0..6 {
        log.append(&group(key)).unwrap();
        if key == 2 {
            log.turn().unwrap();
        }
    }
    drop(log);
    let recovered = world.recover(0).unwrap();
    assert_eq!((recovered.newest, recovered.groups), (6, (0..6).map(group).collect()));
    // The first segment is in the database.
    let recovered = world.recover(3).unwrap();
    assert_eq!((recovered.newest, recovered.groups), (6, (3..6).map(group).collect()));
}

#[test]
fn a_record_that_is_not_whole_ends_the_log_and_what_follows_takes_its_number() {
    let world = World::new();
    let mut log = world.begin(&world.recover(0).unwrap());
    log.append(&group(1)).unwrap();
    let end = log.segment.end as u64;
    log.append(&group(2)).unwrap();
    drop(log);
    let file = OpenOptions::new().write(true).open(world.segment(0)).unwrap();
    file.write_all_at(&[9], end + 40).unwrap();

    let recovered = world.recover(0).unwrap();
    assert_eq!((recovered.newest, &recovered.groups), (1, &vec![group(1)]));
    let mut log = world.begin(&recovered);
    log.append(&group(3)).unwrap();
    drop(log);
    let recovered = world.recover(0).unwrap();
    assert_eq!((recovered.newest, recovered.groups), (2, vec![group(1), group(3)]));
}

#[test]
fn a_segment_is_used_again_and_what_it_held_is_not_found_again() {
    let world = World::new();
    let mut log = world.begin(&world.recover(0).unwrap());
    for round in 0..10_u8 {
        for key in 0..3 {
            log.append(&group(3 * round + key)).unwrap();
        }
        log.turn().unwrap();
        log.moved(3 * (u64::from(round) + 1));
    }
    log.append(&group(30)).unwrap();
    drop(log);
    assert!(!world.segment(2).exists(), "two segments take turns");
    let recovered = world.recover(30).unwrap();
    assert_eq!((recovered.newest, recovered.groups), (31, vec![group(30)]));
}

#[test]
fn a_gap_is_refused_and_so_is_a_database_without_the_log_that_it_needs() {
    let world = World::new();
    let mut log = world.begin(&world.recover(0).unwrap());
    log.append(&group(1)).unwrap();
    log.append(&group(2)).unwrap();
    log.turn().unwrap();
    log.append(&group(3)).unwrap();
    drop(log);
    let first = std::fs::read(world.segment(0)).unwrap();
    std::fs::write(world.segment(0), &first[..HEADER_BYTES + 60]).unwrap();
    let error = world.recover(0).err().expect("groups are missing");
    assert!(error.to_string().ends_with("data.db-log1: group 3 follows group 0"), "{error}");

    std::fs::remove_file(world.segment(0)).unwrap();
    std::fs::remove_file(world.segment(1)).unwrap();
    let error = recover(&SystemFiles, &world.database, 0, true).err().expect("the log is missing");
    assert!(error.to_string().ends_with("data.db is without its log, which has newer changes"), "{error}");
    assert!(recover(&SystemFiles, &world.database, 0, false).is_ok(), "a whole database needs none");
}

#[test]
fn crashes_in_a_row_leave_a_log_that_can_still_be_used() {
    let world = World::new();
    for key in 0..3 {
        let recovered = world.recover(0).unwrap();
        assert_eq!(recovered.groups.len(), usize::from(key));
        assert_eq!(recovered.is_crowded(), key > 2);
        world.begin(&recovered).append(&group(key)).unwrap();
    }
    let recovered = world.recover(0).unwrap();
    assert!(recovered.is_crowded());
    let mut log = world.begin(&recovered);
    // A crash before what was found is in the database, and one behind it.
    assert_eq!(world.recover(0).unwrap().groups.len(), 3);
    assert!(world.recover(3).unwrap().groups.is_empty());
    log.moved(3);
    log.append(&group(3)).unwrap();
    log.turn().unwrap();
    assert_eq!(world.recover(3).unwrap().groups, [group(3)]);
}

#[test]
fn a_log_of_another_version_is_refused() {
    let world = World::new();
    drop(world.begin(&world.recover(0).unwrap()));
    let (mut header, _) = Header { generation: 1, first: 1 }.encode();
    header[8] = 2;
    let checksum = crc32fast::hash(&header[..HEADER_BYTES - 4]).to_le_bytes();
    header[HEADER_BYTES - 4..].copy_from_slice(&checksum);
    std::fs::write(world.segment(0), header).unwrap();
    let error = world.recover(0).err().expect("it is newer");
    assert!(error.to_string().ends_with("it has version 2, this one knows 1"), "{error}");
}

proptest! {
    #[test]
    fn a_damaged_segment_yields_a_beginning_of_what_was_written_or_an_error(
        damage in proptest::collection::vec((0_usize..2000, any::<u8>()), 1..4),
        cut in 0_usize..2000,
    ) {
        let (header, mut chain) = Header { generation: 7, first: 5 }.encode();
        let mut content = header;
        let groups: Vec<Vec<Write>> = (0..5).map(group).collect();
        for (group, number) in groups.iter().zip(5..) {
            chain = segment::encode_group(chain, number, group, &mut content);
        }
        for (place, byte) in damage {
            let place = place % content.len();
            content[place] = byte;
        }
        content.truncate(cut.max(1) % (content.len() + 1));
        if let Ok(Some(header)) = Header::decode(&content)
            && let Ok(found) = header.groups(&Bytes::from(content))
        {
            prop_assert!(found.len() <= groups.len());
            prop_assert_eq!(&found[..], &groups[..found.len()]);
        }
    }
}
