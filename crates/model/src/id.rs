//! Ids of namespaces, workflows and runs, and the partition that a workflow id belongs to for ever.

use std::fmt;

use uuid::Uuid;

/// A namespace's id: a UUID given once at registration. Namespaces are renamed, ids never.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NamespaceId(pub Uuid);

/// A run's id: a UUID, version 7 for those made here, so that new rows land side by side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RunId(pub Uuid);

impl NamespaceId {
    /// Parses the hyphenated or plain form.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl RunId {
    /// Parses the hyphenated or plain form.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for NamespaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A workflow id within its namespace: what at most one open run has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WorkflowKey {
    /// The namespace.
    pub namespace: NamespaceId,
    /// The id that the user chose; at most [`crate::limits::ID_BYTES_MAX`] bytes.
    pub workflow_id: String,
}

/// One run of a workflow id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RunKey {
    /// The workflow id that it is a run of.
    pub workflow: WorkflowKey,
    /// The run.
    pub run_id: RunId,
}

/// One of the [`Partition::COUNT`] parts of the key space: the unit of atomicity and of ownership. All runs of one
/// workflow id share a partition, for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Partition(pub u16);

impl Partition {
    /// How many partitions there are. A constant of the stored format.
    pub const COUNT: u16 = 4096;
    /// Rows that belong to no workflow id (namespaces, the list index) live here.
    pub const SHARED: Partition = Partition(Partition::COUNT);

    /// The partition of a workflow id: FNV-1a, 64 bits, over the namespace id, a zero byte and the id, folded to 12
    /// bits. A constant of the stored format.
    pub fn of(workflow: &WorkflowKey) -> Self {
        let bytes = workflow.namespace.0.as_bytes().iter().chain(&[0]).chain(workflow.workflow_id.as_bytes());
        let hash =
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        let folded = hash ^ (hash >> 32);
        let folded = folded ^ (folded >> 12);
        Partition((folded % u64::from(Self::COUNT)) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(workflow_id: &str) -> WorkflowKey {
        WorkflowKey { namespace: NamespaceId(Uuid::nil()), workflow_id: workflow_id.into() }
    }

    #[test]
    fn the_partition_of_an_id_is_frozen() {
        assert_eq!(Partition::of(&key("order-1")), Partition(1240));
        assert_eq!(Partition::of(&key("")), Partition(3005));
    }

    #[test]
    fn partitions_are_spread_evenly() {
        let mut seen = vec![0_u32; usize::from(Partition::COUNT)];
        for n in 0..40_960 {
            seen[usize::from(Partition::of(&key(&format!("workflow-{n}"))).0)] += 1;
        }
        assert!(seen.iter().all(|count| *count < 40), "no partition has four times its share");
    }
}
