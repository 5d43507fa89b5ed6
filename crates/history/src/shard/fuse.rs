//! Fused dispatch: a task that is offered while a poller waits is scheduled and started in one commit, without a row.

use std::collections::{BTreeMap, VecDeque};

use abide_cluster::Matching;
use abide_cluster::matching::Reservation;
use abide_engine::run::{Command, Offer, Outbound, Reply, Run, Start, Subject, Task};
use abide_engine::{Emit, Machine};
use abide_model::{RunKey, Timestamp};
use tracing::warn;

use crate::dispatch::queue_key;
use crate::task::start_command;

/// What became of the tasks of a decision.
#[derive(Default)]
pub(super) struct Dispatch {
    /// Per subject: the offer that is open now, or none any more.
    pub(super) offers: BTreeMap<Subject, Option<Offer>>,
    /// Tasks that were started for pollers that already waited.
    pub(super) fused: Vec<(Reservation, Reply)>,
    /// Whether the workflow task was offered: then no worker has it.
    pub(super) workflow_task_offered: bool,
    /// The run that follows this one.
    pub(super) successor: Option<Box<Start>>,
    /// Per subject: whether something is owed to another run, or not any more.
    pub(super) outbound: BTreeMap<Outbound, bool>,
}

/// Starts what was offered for pollers that wait already. A sticky offer whose worker has gone is offered to all.
pub(super) fn fuse(
    matching: &dyn Matching,
    key: &RunKey,
    run: &mut Run,
    now: Timestamp,
    out: &mut Emit<Run>,
) -> Dispatch {
    let mut dispatch = Dispatch::default();
    let mut untried = VecDeque::new();
    loop {
        for task in out.tasks.drain(..) {
            match task {
                Task::Offer(offer) => {
                    let subject = offer.task.subject;
                    dispatch.workflow_task_offered |= subject == Subject::WorkflowTask;
                    untried.push_back(subject);
                    dispatch.offers.insert(subject, Some(offer));
                }
                Task::Settle(subject) => {
                    dispatch.offers.insert(subject, None);
                }
                Task::Succeed(start) => dispatch.successor = Some(start),
                Task::Owe(outbound) => drop(dispatch.outbound.insert(outbound, true)),
                Task::Discharge(outbound) => drop(dispatch.outbound.insert(outbound, false)),
            }
        }
        let Some(subject) = untried.pop_front() else { return dispatch };
        let Some(Some(offer)) = dispatch.offers.get(&subject) else { continue };
        let queue = queue_key(key, subject, offer.queue.clone());
        let priority = offer.priority.as_ref().map_or(0, |priority| priority.priority_key);
        match matching.reserve(&queue, priority) {
            Some(reservation) => {
                let command = start_command(offer.task, reservation.poller.clone());
                match run.handle(command, now, out) {
                    Ok(reply) => dispatch.fused.push((reservation, reply)),
                    Err(rejection) => warn!(?rejection, run_id = %key.run_id, "a fresh offer cannot be started"),
                }
            }
            None if offer.queue.is_sticky() && !matching.has_recent_poller(&queue) => {
                if let Err(rejection) = run.handle(Command::ResetStickiness, now, out) {
                    warn!(?rejection, run_id = %key.run_id, "stickiness cannot be reset");
                }
            }
            None => {}
        }
    }
}
