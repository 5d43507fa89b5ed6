//! What one file has on the disk for sure, and what was written to it since. Pure: what a power cut leaves is a function
//! of that and of a number.

/// Bytes that a disk writes at once; a write that is cut is cut between two of these.
const SECTOR_BYTES: usize = 512;

/// What happens to writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All are lost.
    All,
    /// Those after some moment are lost, and the last one before it is torn.
    Tail,
    /// Each may be lost, torn or there: disks write in any order.
    Any,
}

/// One file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    synced: Vec<u8>,
    pending: Vec<Pending>,
}

#[derive(Clone, Debug)]
enum Pending {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Image {
    /// A file that was there before.
    pub(crate) fn of(content: Vec<u8>) -> Self {
        Self { synced: content, pending: Vec::new() }
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.pending.push(Pending::Write { offset, bytes: bytes.to_vec() });
    }

    pub(crate) fn truncate(&mut self, size: usize) {
        self.pending.push(Pending::Truncate(size));
    }

    /// Everything so far is on the disk.
    pub(crate) fn sync(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            apply(&mut self.synced, &pending, usize::MAX);
        }
    }

    /// What is there when the power comes back.
    pub(crate) fn after(&self, loss: Loss, random: &mut Random) -> Vec<u8> {
        let mut content = self.synced.clone();
        let kept = random.below(self.pending.len() + 1);
        for (number, pending) in self.pending.iter().enumerate() {
            let fate = match loss {
                Loss::All => Fate::Lost,
                Loss::Tail if number + 1 < kept => Fate::There,
                Loss::Tail if number + 1 == kept => Fate::Torn,
                Loss::Tail => Fate::Lost,
                Loss::Any => [Fate::Lost, Fate::Torn, Fate::There][random.below(3)],
            };
            match (fate, pending) {
                (Fate::Lost, _) => {}
                (Fate::Torn, Pending::Write { bytes, .. }) => {
                    apply(&mut content, pending, SECTOR_BYTES * random.below(bytes.len() / SECTOR_BYTES + 1));
                }
                (Fate::Torn | Fate::There, _) => apply(&mut content, pending, usize::MAX),
            }
        }
        content
    }
}

#[derive(Clone, Copy)]
enum Fate {
    Lost,
    Torn,
    There,
}

/// Makes a change true, of a write no more than `most` bytes.
fn apply(content: &mut Vec<u8>, pending: &Pending, most: usize) {
    match pending {
        Pending::Truncate(size) => content.resize(*size, 0),
        Pending::Write { offset, bytes } => {
            let bytes = &bytes[..bytes.len().min(most)];
            if !bytes.is_empty() {
                content.resize(content.len().max(offset + bytes.len()), 0);
                content[*offset..offset + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
}

/// Numbers that follow from a seed (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        let mut image = Image::of(vec![1; 1024]);
        image.write(0, &[2; 1024]);
        image.sync();
        image.write(1024, &[3; 1024]);
        image.truncate(4096);
        image
    }

    #[test]
    fn what_was_synced_is_there_whatever_is_lost() {
        for loss in [Loss::All, Loss::Tail, Loss::Any] {
            for seed in 0..50 {
                let content = image().after(loss, &mut Random(seed));
                assert!(content.len() >= 1024 && content[..1024].iter().all(|byte| *byte == 2), "{loss:?} {seed}");
            }
        }
    }

    #[test]
    fn what_was_not_synced_may_be_lost_torn_or_there() {
        let after = |loss, seed| image().after(loss, &mut Random(seed));
        assert_eq!(after(Loss::All, 1), vec![2; 1024]);
        let found: std::collections::BTreeSet<Vec<u8>> = (0..200).map(|seed| after(Loss::Any, seed)).collect();
        let sizes: Vec<usize> = found.iter().map(Vec::len).collect();
        let threes = |content: &Vec<u8>| content.iter().filter(|byte| **byte == 3).count();
        assert!(sizes.contains(&1024) && sizes.contains(&4096), "{sizes:?}");
        let kept: std::collections::BTreeSet<usize> = found.iter().map(threes).collect();
        assert_eq!(kept.into_iter().collect::<Vec<_>>(), [0, 512, 1024], "nothing, one sector, both");
    }
}
