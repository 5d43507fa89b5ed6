use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use bytes::Bytes;

use super::*;
use crate::Space;

/// A driver that says what it is given and waits for the verdict.
struct Scripted {
    given: Sender<Vec<Write>>,
    verdicts: Receiver<Result<(), CommitError>>,
}

impl Driver for Scripted {
    fn apply(&mut self, writes: &[Write]) -> Result<(), CommitError> {
        self.given.send(writes.to_vec()).unwrap();
        self.verdicts.recv().expect("the test gives a verdict")
    }

    fn close(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

struct Bench {
    // First, so that the writer is not left waiting for a verdict when a test fails.
    verdicts: Sender<Result<(), CommitError>>,
    given: Receiver<Vec<Write>>,
    told: Receiver<(u8, Result<(), CommitError>)>,
    tell: Sender<(u8, Result<(), CommitError>)>,
    fence: Arc<Fence>,
    committer: Committer,
}

impl Bench {
    fn new() -> Self {
        let (give, given) = channel();
        let (verdicts, verdict) = channel();
        let (tell, told) = channel();
        let committer = Committer::start(Box::new(Scripted { given: give, verdicts: verdict }), 41).unwrap();
        let mut bench =
            Self { verdicts, given, told, tell, fence: Arc::new(Fence { partitions: 0..=0, epoch: 0 }), committer };
        bench.fence = bench.acquire();
        bench
    }

    fn acquire(&self) -> Arc<Fence> {
        let acquiring = self.committer.acquire(0..=9);
        self.verdicts.send(Ok(())).unwrap();
        let fence = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(acquiring).unwrap();
        self.given.recv().unwrap();
        Arc::new(fence)
    }

    fn commit(&self, name: u8, urgency: Urgency) {
        let tell = self.tell.clone();
        let done: Completion = Box::new(move |outcome| tell.send((name, outcome)).unwrap());
        self.committer.commit(Batch { fence: self.fence.clone(), writes: vec![put(name)] }, urgency, done);
    }

    fn given(&self) -> Vec<u8> {
        let name = |write: &Write| match write {
            Write::Put { key, .. } => key[0],
            Write::Delete { .. } | Write::DeleteRange { .. } => panic!("only puts"),
        };
        self.given.recv().unwrap().iter().map(name).collect()
    }

    fn told(&self) -> (u8, String) {
        let (name, outcome) = self.told.recv().unwrap();
        (name, outcome.map_or_else(|error| error.to_string(), |()| "ok".into()))
    }
}

fn put(name: u8) -> Write {
    let key = Bytes::copy_from_slice(&[name]);
    Write::Put { space: Space::Node, partition: Partition(3), value: key.clone(), key }
}

fn unknown() -> CommitError {
    CommitError::Unknown(Arc::new(std::io::Error::other("no answer")))
}

#[test]
fn what_waits_during_a_commit_shares_the_next_one() {
    let bench = Bench::new();
    bench.commit(b'a', Urgency::Now);
    assert_eq!(bench.given(), b"a", "one batch does not wait for another");
    for name in *b"bcd" {
        bench.commit(name, Urgency::Now);
    }
    bench.verdicts.send(Ok(())).unwrap();
    assert_eq!(bench.given(), b"bcd");
    bench.verdicts.send(Ok(())).unwrap();
    for name in *b"abcd" {
        assert_eq!(bench.told(), (name, "ok".into()));
    }
}

#[test]
fn nobody_is_told_before_the_driver_has_answered() {
    let bench = Bench::new();
    bench.commit(b'a', Urgency::Now);
    bench.given();
    assert!(bench.told.try_recv().is_err());
    assert!(bench.committer.waiting_bytes() > 0);
    bench.verdicts.send(Ok(())).unwrap();
    assert_eq!(bench.told(), (b'a', "ok".into()));
    assert_eq!(bench.committer.waiting_bytes(), 0);
}

#[test]
fn a_lazy_batch_rides_with_an_urgent_one_in_order() {
    let bench = Bench::new();
    bench.commit(b'a', Urgency::Now);
    bench.given();
    bench.commit(b'b', Urgency::Lazy);
    bench.commit(b'c', Urgency::Now);
    bench.verdicts.send(Ok(())).unwrap();
    assert_eq!(bench.given(), b"bc");
    bench.verdicts.send(Ok(())).unwrap();
    assert_eq!([bench.told().0, bench.told().0, bench.told().0], *b"abc");
}

#[test]
fn a_lazy_batch_goes_alone_when_its_time_has_come_and_not_earlier() {
    let bench = Bench::new();
    let before = Instant::now();
    bench.commit(b'a', Urgency::Lazy);
    assert_eq!(bench.given(), b"a");
    assert!(before.elapsed() >= LAZY_DELAY);
    bench.verdicts.send(Ok(())).unwrap();
    assert_eq!(bench.told(), (b'a', "ok".into()));
}

#[test]
fn a_failure_takes_its_group_and_what_is_queued_behind_it_until_the_fence_is_acquired_again() {
    let mut bench = Bench::new();
    bench.commit(b'a', Urgency::Now);
    bench.given();
    bench.commit(b'b', Urgency::Now);
    bench.verdicts.send(Err(unknown())).unwrap();
    assert_eq!(bench.told(), (b'a', unknown().to_string()));
    assert_eq!(bench.told(), (b'b', unknown().to_string()));
    bench.commit(b'c', Urgency::Now);
    assert_eq!(bench.told(), (b'c', unknown().to_string()), "queued after the failure was told");

    bench.fence = bench.acquire();
    bench.commit(b'd', Urgency::Now);
    assert_eq!(bench.given(), b"d");
    bench.verdicts.send(Ok(())).unwrap();
    assert_eq!(bench.told(), (b'd', "ok".into()));
}

#[test]
fn a_closed_driver_is_never_asked_again() {
    let bench = Bench::new();
    let other = Arc::new(Fence { partitions: 4..=5, ..(*bench.fence).clone() });
    bench.commit(b'a', Urgency::Now);
    bench.given();
    bench.verdicts.send(Err(CommitError::Closed("disk full".into()))).unwrap();
    bench.commit(b'b', Urgency::Now);
    assert_eq!(bench.told(), (b'a', "the store is closed: disk full".into()));
    assert_eq!(bench.told(), (b'b', "the store is closed: disk full".into()));
    let acquiring = bench.committer.acquire(other.partitions.clone());
    let refused = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(acquiring).unwrap_err();
    assert!(matches!(refused, Error::Io(_)), "{refused}");
    assert!(bench.given.try_recv().is_err());
}

#[test]
fn closing_commits_what_is_queued_and_refuses_the_rest() {
    let bench = Bench::new();
    bench.commit(b'a', Urgency::Lazy);
    bench.verdicts.send(Ok(())).unwrap();
    bench.committer.close().unwrap();
    assert_eq!(bench.told(), (b'a', "ok".into()));
    bench.commit(b'b', Urgency::Now);
    assert_eq!(bench.told(), (b'b', ended().to_string()));
}

#[test]
fn a_panicking_completion_harms_nobody_else() {
    let bench = Bench::new();
    let batch = Batch { fence: bench.fence.clone(), writes: vec![put(b'a')] };
    bench.verdicts.send(Ok(())).unwrap();
    bench.committer.commit(batch, Urgency::Now, Box::new(|_| panic!("a completion of this test")));
    bench.given();
    bench.commit(b'b', Urgency::Now);
    bench.verdicts.send(Ok(())).unwrap();
    assert_eq!(bench.told(), (b'b', "ok".into()));
}

#[test]
#[should_panic(expected = "under a fence of 0..=9")]
fn a_write_outside_the_fence_is_a_bug_of_the_caller() {
    let bench = Bench::new();
    let write = Write::Delete { space: Space::Node, partition: Partition(10), key: Bytes::new() };
    let batch = Batch { fence: bench.fence.clone(), writes: vec![write] };
    bench.committer.commit(batch, Urgency::Now, Box::new(|_| {}));
}
