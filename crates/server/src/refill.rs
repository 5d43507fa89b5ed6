//! Joins two roles that do not know each other: a queue that has drained asks history for the tasks that it had no room
//! for.

use std::sync::Weak;

use abide_cluster::Matching;
use abide_cluster::matching::QueueKey;
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
    fn refill(&self, queue: &QueueKey, rows_max: usize) {
        let (Some(history), Some(matching)) = (self.history.upgrade(), self.matching.upgrade()) else { return };
        let queue = queue.clone();
        self.runtime.spawn(async move {
            match history.oldest_tasks(&queue, rows_max).await {
                Ok((tasks, left)) => {
                    tasks.into_iter().for_each(|task| matching.offer(task));
                    matching.park(&queue, left);
                }
                Err(error) => tracing::error!(%error, queue = queue.queue.name, "parked tasks cannot be read"),
            }
        });
    }
}
