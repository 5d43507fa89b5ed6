//! How much of a server callers may have: calls per second of a node and of a namespace, and calls of one kind that wait
//! in a namespace. Where nothing is bounded nothing is counted; a bound costs an atomic or two, and no lock of its own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use abide_model::settings::Rates;
use tokio::time::Instant;

use crate::method::{METHODS, Method, Rpc, Wait};

const SECOND_NANOS: u64 = 1_000_000_000;

/// What one node has let in.
#[derive(Debug)]
pub struct Gates {
    /// What the clock is read against.
    epoch: Instant,
    node: Bucket,
    /// By name; only of namespaces that there are.
    namespaces: RwLock<BTreeMap<String, Arc<Gate>>>,
}

/// What was let into one namespace.
#[derive(Debug)]
struct Gate {
    calls: Bucket,
    lists: Bucket,
    /// Calls that wait, by row of the table of RPCs.
    waiting: Vec<AtomicUsize>,
}

/// Which bound a call has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Calls per second of the node.
    Node,
    /// Calls per second of the namespace.
    Namespace,
    /// Waiting calls of the namespace.
    Waiting,
}

/// A call that was let in; while it lives, it counts.
#[derive(Debug, Default)]
pub struct Permit(Option<(Arc<Gate>, usize)>);

impl Default for Gates {
    fn default() -> Self {
        Self { epoch: Instant::now(), node: Bucket::default(), namespaces: RwLock::default() }
    }
}

impl Gates {
    /// Lets a call in, or says which bound it has met. `exists` says whether there is such a namespace: for another one
    /// nothing is remembered.
    pub fn admit(
        &self,
        method: &Method,
        namespace: &str,
        rates: &Rates,
        exists: impl FnOnce() -> bool,
    ) -> Result<Permit, Bound> {
        if rates.node_per_second > 0 && !self.node.take(self.now(), rates.node_per_second, rates.burst_percent) {
            return Err(Bound::Node);
        }
        let per_second = if is_list(method.rpc) { rates.lists_per_second } else { rates.namespace_per_second };
        let waits = method.wait != Wait::None && rates.waiting_max > 0;
        if namespace.is_empty() || (per_second == 0 && !waits) {
            return Ok(Permit::default());
        }
        let Some(gate) = self.gate(namespace, exists) else { return Ok(Permit::default()) };
        if per_second > 0 {
            let bucket = if is_list(method.rpc) { &gate.lists } else { &gate.calls };
            if !bucket.take(self.now(), per_second, rates.burst_percent) {
                return Err(Bound::Namespace);
            }
        }
        if !waits {
            return Ok(Permit::default());
        }
        let row = method.rpc as usize;
        if gate.waiting[row].fetch_add(1, Ordering::Relaxed) >= rates.waiting_max {
            gate.waiting[row].fetch_sub(1, Ordering::Relaxed);
            return Err(Bound::Waiting);
        }
        Ok(Permit(Some((gate, row))))
    }

    fn gate(&self, namespace: &str, exists: impl FnOnce() -> bool) -> Option<Arc<Gate>> {
        if let Some(gate) = self.namespaces.read().unwrap_or_else(PoisonError::into_inner).get(namespace) {
            return Some(gate.clone());
        }
        if !exists() {
            return None;
        }
        let mut namespaces = self.namespaces.write().unwrap_or_else(PoisonError::into_inner);
        Some(namespaces.entry(namespace.to_owned()).or_insert_with(|| Arc::new(Gate::new())).clone())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Gate {
    fn new() -> Self {
        let waiting = METHODS.iter().map(|_| AtomicUsize::new(0)).collect();
        Self { calls: Bucket::default(), lists: Bucket::default(), waiting }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some((gate, row)) = &self.0 {
            gate.waiting[*row].fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// When what was spent so far will have been earned, in nanoseconds. A call may be paid in advance for as long as the
/// burst is.
#[derive(Debug, Default)]
struct Bucket(AtomicU64);

impl Bucket {
    fn take(&self, now: u64, per_second: u32, burst_percent: u32) -> bool {
        let price = SECOND_NANOS / u64::from(per_second.max(1));
        let advance = (SECOND_NANOS / 100 * u64::from(burst_percent)).max(price);
        let spend = |earned: u64| {
            let paid = earned.max(now) + price;
            (paid - now <= advance).then_some(paid)
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }
}

/// Whether it reads what lists show.
fn is_list(rpc: Rpc) -> bool {
    matches!(
        rpc,
        Rpc::ListWorkflowExecutions
            | Rpc::ScanWorkflowExecutions
            | Rpc::ListOpenWorkflowExecutions
            | Rpc::ListClosedWorkflowExecutions
            | Rpc::ListArchivedWorkflowExecutions
            | Rpc::CountWorkflowExecutions
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rates(change: impl FnOnce(&mut Rates)) -> Rates {
        let mut rates = Rates { burst_percent: 100, ..Rates::default() };
        change(&mut rates);
        rates
    }

    fn admit(gates: &Gates, rpc: Rpc, rates: &Rates) -> Result<Permit, Bound> {
        gates.admit(rpc.method(), "a", rates, || true)
    }

    #[tokio::test(start_paused = true)]
    async fn a_namespace_spends_a_burst_and_then_its_rate() {
        let gates = Gates::default();
        let rates = rates(|rates| rates.namespace_per_second = 10);
        let spend = || (0..100).filter(|_| admit(&gates, Rpc::StartWorkflowExecution, &rates).is_ok()).count();
        assert_eq!(spend(), 10);
        tokio::time::advance(Duration::from_millis(300)).await;
        assert_eq!(spend(), 3);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(spend(), 10, "what was not spent is not saved");
        assert!(admit(&gates, Rpc::CountWorkflowExecutions, &rates).is_ok(), "lists have a rate of their own");
        assert!(gates.admit(Rpc::GetSystemInfo.method(), "", &rates, || true).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_is_bounded_whatever_the_namespace() {
        let gates = Gates::default();
        let rates = rates(|rates| rates.node_per_second = 2);
        let outcomes = ["a", "b", ""].map(|name| gates.admit(Rpc::GetSystemInfo.method(), name, &rates, || true));
        assert!(outcomes[0].is_ok() && outcomes[1].is_ok());
        assert_eq!(outcomes[2].as_ref().err(), Some(&Bound::Node));
    }

    #[tokio::test]
    async fn a_waiting_call_counts_while_it_waits() {
        let gates = Gates::default();
        let rates = rates(|rates| rates.waiting_max = 1);
        let first = admit(&gates, Rpc::PollWorkflowTaskQueue, &rates).expect("the first");
        assert_eq!(admit(&gates, Rpc::PollWorkflowTaskQueue, &rates).err(), Some(Bound::Waiting));
        assert!(admit(&gates, Rpc::PollActivityTaskQueue, &rates).is_ok(), "each kind is counted on its own");
        assert!(gates.admit(Rpc::PollWorkflowTaskQueue.method(), "b", &rates, || true).is_ok());
        drop(first);
        assert!(admit(&gates, Rpc::PollWorkflowTaskQueue, &rates).is_ok());
    }

    #[tokio::test]
    async fn nothing_is_remembered_of_a_namespace_that_is_not_there() {
        let gates = Gates::default();
        let rates = rates(|rates| rates.namespace_per_second = 1);
        for _ in 0..5 {
            assert!(gates.admit(Rpc::StartWorkflowExecution.method(), "none", &rates, || false).is_ok());
        }
        assert!(gates.namespaces.read().expect("no panic").is_empty());
    }
}
