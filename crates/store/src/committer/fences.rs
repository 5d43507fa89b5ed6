//! Which fences hold, and which have failed. In memory: the drivers keep other processes out, so a fence of an earlier
//! process is void by itself; only the epochs must grow across restarts.

use std::ops::RangeInclusive;

use crate::{CommitError, Fence};

/// All fences that hold.
pub(super) struct Fences {
    epoch: u64,
    live: Vec<Live>,
}

struct Live {
    fence: Fence,
    /// How a batch under it has failed, if one has.
    failed: Option<CommitError>,
}

impl Fences {
    /// None yet; the next one's epoch is behind this one.
    pub(super) fn after(epoch: u64) -> Self {
        Self { epoch, live: Vec::new() }
    }

    /// A new fence; those that overlap are void.
    pub(super) fn acquire(&mut self, partitions: RangeInclusive<u16>) -> Fence {
        self.epoch += 1;
        self.live.retain(|live| !overlap(&live.fence.partitions, &partitions));
        let fence = Fence { partitions, epoch: self.epoch };
        self.live.push(Live { fence: fence.clone(), failed: None });
        fence
    }

    /// Whether a batch may be committed under this fence.
    pub(super) fn check(&self, fence: &Fence) -> Result<(), CommitError> {
        match self.live.iter().find(|live| live.fence == *fence) {
            None => Err(CommitError::FenceLost),
            Some(Live { failed: Some(error), .. }) => Err(error.clone()),
            Some(Live { failed: None, .. }) => Ok(()),
        }
    }

    /// A batch under this fence has failed: all later ones will.
    pub(super) fn fail(&mut self, fence: &Fence, error: &CommitError) {
        if let Some(live) = self.live.iter_mut().find(|live| live.fence == *fence) {
            live.failed.get_or_insert_with(|| error.clone());
        }
    }
}

fn overlap(one: &RangeInclusive<u16>, other: &RangeInclusive<u16>) -> bool {
    !one.is_empty() && !other.is_empty() && one.start() <= other.end() && other.start() <= one.end()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_newer_fence_makes_an_overlapping_one_void_and_no_other() {
        let mut fences = Fences::after(6);
        let low = fences.acquire(0..=99);
        let high = fences.acquire(100..=199);
        let middle = fences.acquire(99..=99);
        assert_eq!((low.epoch, high.epoch, middle.epoch), (7, 8, 9));
        assert!(matches!(fences.check(&low), Err(CommitError::FenceLost)));
        assert!(fences.check(&high).is_ok());
        assert!(fences.check(&middle).is_ok());
    }

    #[test]
    fn a_made_up_fence_does_not_hold() {
        let mut fences = Fences::after(0);
        let fence = fences.acquire(0..=99);
        assert!(fences.check(&Fence { partitions: 0..=100, ..fence }).is_err());
    }

    #[test]
    fn a_failed_fence_fails_until_it_is_acquired_again() {
        let mut fences = Fences::after(0);
        let fence = fences.acquire(0..=99);
        fences.fail(&fence, &CommitError::Unknown(Arc::new(std::io::Error::other("no answer"))));
        assert!(matches!(fences.check(&fence), Err(CommitError::Unknown(_))));
        let again = fences.acquire(0..=99);
        assert!(fences.check(&again).is_ok());
        assert!(matches!(fences.check(&fence), Err(CommitError::FenceLost)));
    }
}
