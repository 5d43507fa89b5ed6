//! A run that a bad program of a worker has worked on is reset to before it did, when the run changes next. That is a
//! wake and no obligation, as in the reference: whoever calls a program bad changes no run, and the next change of a run
//! looks again.

use abide_cluster::Namespaces;
use abide_cluster::history::{ResetRequest, RunReference};
use abide_engine::namespace::{BadBinary, Namespace};
use abide_engine::run::Reapply;
use abide_model::{RunId, RunKey, Timestamp, fresh};
use tokio::sync::oneshot;

use crate::cache::Entry;
use crate::shard::{Address, Ask, Desk, Draft, Message, Request};

impl Desk {
    /// Has the run reset, if the namespace calls a program bad that has worked on it.
    pub(crate) fn reset_if_bad(&self, entry: &Entry, draft: &mut Draft, now: Timestamp) {
        let run = &entry.run;
        // Few runs have such a point, and it costs nothing to see.
        if !run.is_open() || run.resettable_points(now).next().is_none() || run.has_children() {
            return;
        }
        let Ok(namespace) = self.seams.namespaces.by_id(entry.key.workflow.namespace) else { return };
        let Some((base, request)) = wanted(&namespace, entry, now) else { return };
        let seams = self.seams.clone();
        draft.releases.push(Box::new(move |durable| {
            if durable.is_ok() {
                // Nobody waits for it. When it fails, the next change of the run asks again.
                let ask = Ask::PrepareReset(Box::new(request), oneshot::channel().0);
                let request = Request { to: Address::Reference(base), ask, permit: None };
                drop(seams.inbox.send(Message::Run(request)));
            }
        }));
    }
}

/// The reset to before the first bad program, and the run that is copied for it.
fn wanted(namespace: &Namespace, entry: &Entry, now: Timestamp) -> Option<(RunReference, ResetRequest)> {
    let bad = |checksum: &str| -> Option<&BadBinary> { namespace.bad_binaries.get(checksum) };
    let mut points = entry.run.resettable_points(now);
    #[expect(deprecated, reason = "only old workers name their program by a checksum")]
    let (point, bad) = points.find_map(|point| Some((point, bad(&point.binary_checksum)?)))?;
    let RunKey { workflow, run_id } = entry.key.clone();
    let base = RunReference { workflow, run_id: Some(RunId::parse(&point.run_id)?), first_run_id: None };
    let request = ResetRequest {
        new_run_id: fresh::run_id(now),
        finish_event_id: point.first_workflow_task_completed_id,
        reason: bad.reason.clone(),
        // The same run asks for the same reset, however often it changes before it is reset.
        request_id: format!("bad-binary-{run_id}-{}", point.first_workflow_task_completed_id),
        reapply: Reapply { signals: true, updates: true },
        options: Vec::new(),
    };
    Some((base, request))
}
