//! Word that something has changed, for whoever looks at it right now. A hint and no truth: it says that there is something new
//! to read, not what; several changes may be one word; and nobody is told of what happened before he listened. Costs one
//! look at a number while nobody listens.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_model::{NamespaceId, WorkflowKey};
use tokio::sync::watch;

/// What somebody looks at.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
    /// Any run of a namespace.
    Namespace(NamespaceId),
    /// Any run of a workflow id.
    Workflow(WorkflowKey),
}

/// See the file's first lines.
#[derive(Default, Debug)]
pub struct Changes {
    watched: AtomicUsize,
    topics: Mutex<HashMap<Topic, watch::Sender<()>>>,
}

impl Changes {
    /// Whether anybody listens at all.
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed) > 0
    }

    /// A run of this workflow id has changed, durably.
    pub fn tell(&self, workflow: &WorkflowKey) {
        if !self.is_watched() {
            return;
        }
        let topics = self.lock();
        let heard = [Topic::Namespace(workflow.namespace), Topic::Workflow(workflow.clone())];
        for sender in heard.iter().filter_map(|topic| topics.get(topic)) {
            sender.send_replace(());
        }
    }

    /// Begins to listen.
    pub fn watch(self: &Arc<Self>, topic: Topic) -> Watching {
        let receiver = self.lock().entry(topic.clone()).or_insert_with(|| watch::channel(()).0).subscribe();
        self.watched.fetch_add(1, Ordering::Relaxed);
        Watching { changes: self.clone(), topic, receiver: Some(receiver) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, watch::Sender<()>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who listens, until it is dropped.
#[derive(Debug)]
pub struct Watching {
    changes: Arc<Changes>,
    topic: Topic,
    /// Gone only while this is dropped.
    receiver: Option<watch::Receiver<()>>,
}

impl Watching {
    /// Returns when something has changed since the last time. Cancel-safe.
    pub async fn changed(&mut self) {
        if let Some(receiver) = &mut self.receiver {
            // The sender is there as long as somebody listens.
            drop(receiver.changed().await);
        }
    }

    /// Has [`Watching::changed`] return once more, as if something had changed.
    pub fn again(&mut self) {
        if let Some(receiver) = &mut self.receiver {
            receiver.mark_changed();
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.changes.watched.fetch_sub(1, Ordering::Relaxed);
        let mut topics = self.changes.lock();
        drop(self.receiver.take());
        if topics.get(&self.topic).is_some_and(|sender| sender.receiver_count() == 0) {
            topics.remove(&self.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn workflow(namespace: u128, id: &str) -> WorkflowKey {
        WorkflowKey { namespace: NamespaceId(Uuid::from_u128(namespace)), workflow_id: id.into() }
    }

    fn has_heard(watching: &Watching) -> bool {
        watching.receiver.as_ref().is_some_and(|receiver| receiver.has_changed().unwrap_or(false))
    }

    #[tokio::test]
    async fn who_listens_hears_of_his_own_and_of_nothing_else() {
        let changes = Arc::new(Changes::default());
        let mut all = changes.watch(Topic::Namespace(workflow(1, "").namespace));
        let mut one = changes.watch(Topic::Workflow(workflow(1, "a")));
        changes.tell(&workflow(2, "a"));
        assert!(!has_heard(&all) && !has_heard(&one));
        changes.tell(&workflow(1, "b"));
        assert!(has_heard(&all) && !has_heard(&one));
        all.changed().await;
        assert!(!has_heard(&all));
        changes.tell(&workflow(1, "a"));
        one.changed().await;
        all.changed().await;
        one.again();
        one.changed().await;
    }

    #[test]
    fn nothing_is_left_of_who_has_gone() {
        let changes = Arc::new(Changes::default());
        let topic = Topic::Workflow(workflow(1, "a"));
        let (one, other) = (changes.watch(topic.clone()), changes.watch(topic));
        drop(one);
        changes.tell(&workflow(1, "a"));
        assert!(has_heard(&other) && changes.is_watched());
        drop(other);
        assert!(!changes.is_watched() && changes.lock().is_empty());
    }
}
