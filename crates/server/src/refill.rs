//! Joins two roles that do not know each other: a queue that has drained asks history for the tasks that it had no room
//! for.

use std::sync::Weak;

use abide_cluster::matching::{Place, QueueKey};
use abide_history::HistoryService;
use abide_matching::{Refill, TaskQueues};
use tokio::runtime::Handle;

/// Looks up the parked tasks of a queue in the background.
pub(crate) struct FromHistory {
    /// Who has the rows. Weak, because matching owns this, and history owns matching.
    pub(crate) history: Weak<HistoryService>,
    /// Who wants them.
    pub(crate) matching: Weak<TaskQueues>,
    /// Where the look-up runs: the hook is called on any thread.
    pub(crate) runtime: Handle,
}

impl Refill for FromHistory {
    fn refill(&self, queue: &QueueKey, from: Place, tasks_max: usize) {
        let (Some(history), Some(matching)) = (self.history.upgrade(), self.matching.upgrade()) else { return };
        let queue = queue.clone();
        self.runtime.spawn(async move {
            let (tasks, next) = match history.tasks_from(&queue, from, tasks_max).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::error!(%error, queue = queue.queue.name, "parked tasks cannot be read");
                    (Vec::new(), Some(from))
                }
            };
            matching.refilled(&queue, tasks, next);
        });
    }
}
