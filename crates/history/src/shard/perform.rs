//! What is asked of a loaded run, one function per kind of request.

use abide_cluster::history::{CompleteWorkflowTask, StartedTask, WorkflowTaskCompleted};
use abide_engine::run::{self, Command, Effect, Outbound, Outcome, Poller, Rejection, Reply, Step, TaskId};
use abide_model::{RunId, Timestamp, fresh};
use abide_store::Urgency;
use abide_store::key::{Key, TimerKey};

use super::desk::{Desk, Undecided, after_panic, answering};
use super::draft::Draft;
use super::message::{Answer, Ask};
use crate::cache::Entry;
use crate::task::start_command;

/// What became of a request: perhaps another run that began in the same commit.
pub(crate) type Performed = Result<Option<Box<Entry>>, Undecided>;

impl Desk {
    /// Does what is asked. An error means that the run must be dropped.
    pub(crate) fn perform(&mut self, entry: &mut Entry, ask: Ask, now: Timestamp) -> Performed {
        match ask {
            Ask::Execute(command, answer) => return self.execute(entry, command, answer, now),
            Ask::Complete(completion, answer) => return self.complete(entry, *completion, answer, now),
            Ask::StartTask(task, poller, answer) => return self.start_task(entry, task, poller, answer, now),
            Ask::Return(task) => return self.do_unasked(entry, Command::ReturnTask(task), Urgency::Now, now),
            Ask::Unstick => return self.do_unasked(entry, Command::ResetStickiness, Urgency::Lazy, now),
            Ask::Fire(row) => return self.fire(entry, row, now),
            Ask::Outbound(outbound, done, answer) => return self.outbound(entry, outbound, done, answer, now),
            Ask::Update(request, caller) => return self.update(entry, *request, caller, now),
            Ask::PollUpdate(id, caller) => self.poll_update(entry, id, caller),
            Ask::Delete(answer) => return self.delete(entry, answer, now),
            Ask::PrepareReset(request, answer) => self.prepare_reset(entry, entry.sequence, request, answer),
            Ask::Reset(material, answer) => return self.reset(entry, None, *material, answer, now),
            Ask::Query(query, answer) => self.query(entry, *query, answer),
            Ask::Read(read, answer) => self.read(entry, read, answer),
            Ask::Describe(answer) => {
                let mut description = Box::new(entry.run.describe());
                if let Some(info) = &mut description.workflow_execution_info {
                    info.state_transition_count = i64::try_from(entry.transition).unwrap_or(i64::MAX);
                }
                self.outbox.attach(entry.sequence, answering(answer, Ok(description)));
            }
        }
        Ok(None)
    }

    fn execute(
        &mut self,
        entry: &mut Entry,
        command: Command,
        answer: Answer<(RunId, run::Reply)>,
        now: Timestamp,
    ) -> Performed {
        let run_id = entry.key.run_id;
        let cancels = matches!(command, Command::RequestCancel(_));
        let mut draft = Draft::new(urgency(&command));
        let mut decided = match self.decide(entry, command, now) {
            Ok(decided) => decided,
            // Who asks a closed run to cancel itself has what they want.
            Err(Undecided::Rejected(Rejection::Closed)) if cancels => {
                self.outbox.attach(entry.told, answering(answer, Ok((run_id, Reply::Done))));
                return Ok(None);
            }
            Err(undecided) => return self.refuse(entry, undecided, answer),
        };
        let reply = decided.reply.take().unwrap_or(Reply::Done);
        self.record(entry, decided, &mut draft, now);
        draft.answer(answering(answer, Ok((run_id, reply))));
        self.finish(entry, draft, now)
    }

    fn complete(
        &mut self,
        entry: &mut Entry,
        completion: CompleteWorkflowTask,
        answer: Answer<WorkflowTaskCompleted>,
        now: Timestamp,
    ) -> Performed {
        let CompleteWorkflowTask { mut completion, query_results } = completion;
        completion.new_run_id.get_or_insert_with(|| fresh::run_id(now));
        let mut decided = match self.decide(entry, Command::CompleteWorkflowTask(completion), now) {
            Ok(decided) => decided,
            Err(undecided) => return self.refuse(entry, undecided, answer),
        };
        let run::WorkflowTaskCompleted { next, refused, activities, heartbeats_timed_out, reset_history_event_id } =
            match decided.reply.take() {
                Some(Reply::WorkflowTaskCompleted(reply)) => *reply,
                Some(_) | None => return Err(Undecided::Panicked.tell(answer)),
            };
        let mut draft = Draft::new(Urgency::Now);
        match refused {
            None if !heartbeats_timed_out => entry.answer_queries(query_results, &mut draft.releases),
            None | Some(_) => entry.detach_queries(),
        }
        self.record(entry, decided, &mut draft, now);
        let activities = activities.into_iter().map(|started| self.prepare_activity(entry, started)).collect();
        let completed =
            WorkflowTaskCompleted { next: None, refused, activities, heartbeats_timed_out, reset_history_event_id };
        draft.releases.push(match next.map(|started| self.prepare_workflow_task(entry, *started)) {
            None => answering(answer, Ok(completed)),
            Some(prepared) => self.hand_over(prepared, move |task| {
                let next = |task| match task {
                    StartedTask::Workflow(next) => Some(*next),
                    StartedTask::Activity(_) => None,
                };
                drop(answer.send(task.map(|task| WorkflowTaskCompleted { next: next(task), ..completed })));
            }),
        });
        self.finish(entry, draft, now)
    }

    fn start_task(
        &mut self,
        entry: &mut Entry,
        task: TaskId,
        poller: Poller,
        answer: Answer<StartedTask>,
        now: Timestamp,
    ) -> Performed {
        let must_be_durable = entry.offered.must_be_durable(task.subject);
        let mut decided = match self.decide(entry, start_command(task, poller), now) {
            Ok(decided) => decided,
            Err(undecided) => return self.refuse(entry, undecided, answer),
        };
        let reply = decided.reply.take().unwrap_or(Reply::Done);
        let mut draft = Draft::new(if must_be_durable { Urgency::Now } else { Urgency::Lazy });
        self.record(entry, decided, &mut draft, now);
        match self.prepare(entry, reply) {
            Ok(prepared) => draft.answer(self.hand_over(prepared, move |task| drop(answer.send(task)))),
            Err(error) => draft.answer(answering(answer, Err(error))),
        }
        self.finish(entry, draft, now)
    }

    /// Something that nobody waits for. A refusal means that it is not needed any more.
    fn do_unasked(&mut self, entry: &mut Entry, command: Command, urgency: Urgency, now: Timestamp) -> Performed {
        match self.decide(entry, command, now) {
            Ok(decided) => {
                let mut draft = Draft::new(urgency);
                self.record(entry, decided, &mut draft, now);
                self.finish(entry, draft, now)
            }
            Err(Undecided::Rejected(_)) => Ok(None),
            Err(Undecided::Panicked) => Err(Undecided::Panicked),
        }
    }

    /// What came of a step of something that is owed, and the next step. What is only noted may be lost: then the step is
    /// taken again, to no effect.
    fn outbound(
        &mut self,
        entry: &mut Entry,
        outbound: Outbound,
        done: Option<(Step, Outcome)>,
        answer: Answer<Option<Box<Effect>>>,
        now: Timestamp,
    ) -> Performed {
        let mut draft = Draft::new(Urgency::Lazy);
        if let Some((step, outcome)) = done {
            match self.decide(entry, Command::RecordOutcome(outbound, step, outcome), now) {
                Ok(decided) => self.record(entry, decided, &mut draft, now),
                Err(undecided) => return self.refuse(entry, undecided, answer),
            }
        }
        let effect = entry.run.effect(outbound).map(Box::new);
        draft.answer(answering(answer, Ok(effect)));
        self.finish(entry, draft, now)
    }

    /// A timer row is due: whatever is due in the run happens, and the row makes room for the next one.
    fn fire(&mut self, entry: &mut Entry, row: TimerKey, now: Timestamp) -> Performed {
        let mut draft = Draft::new(Urgency::Lazy);
        let decided = match self.decide(entry, Command::FireDeadlines { new_run_id: fresh::run_id(now) }, now) {
            Ok(decided) => Some(decided),
            Err(Undecided::Rejected(_)) => None,
            Err(Undecided::Panicked) => return Err(Undecided::Panicked),
        };
        draft.writes.push(row.delete(entry.partition));
        // What is thought of the row may be wrong: then it goes as well, and is written anew.
        if let Some(other) = entry.timer.take().filter(|other| *other != row) {
            draft.writes.push(other.delete(entry.partition));
            self.timers.forget(other, entry.partition);
        }
        if let Some(decided) = decided {
            if !decided.is_empty() {
                draft.urgency = Urgency::Now;
            }
            self.record(entry, decided, &mut draft, now);
        }
        if entry.timer.is_some_and(|next| next.fire_at() <= now) {
            tracing::error!(run_id = %entry.key.run_id, "a deadline that is over finds nothing to do");
            self.timers.postpone(row.run_id, entry.partition, entry.timer, after_panic(now));
        }
        self.finish(entry, draft, now)
    }

    pub(crate) fn refuse<T: Send + 'static>(
        &self,
        entry: &Entry,
        undecided: Undecided,
        answer: Answer<T>,
    ) -> Performed {
        match undecided {
            Undecided::Rejected(rejection) => {
                self.outbox.attach(entry.told, answering(answer, Err(rejection.into())));
                Ok(None)
            }
            Undecided::Panicked => Err(Undecided::Panicked.tell(answer)),
        }
    }
}

/// Whether a change that only this command makes may be lost without anyone noticing.
fn urgency(command: &Command) -> Urgency {
    match command {
        Command::RecordHeartbeat(_) | Command::ResetStickiness | Command::Update(_) => Urgency::Lazy,
        Command::Start(_)
        | Command::BeginReset(_)
        | Command::MarkReset(_)
        | Command::Signal(_)
        | Command::Attach(_)
        | Command::RequestCancel(_)
        | Command::Terminate(_)
        | Command::StartWorkflowTask(_)
        | Command::CompleteWorkflowTask(_)
        | Command::FailWorkflowTask(_)
        | Command::StartActivity(_)
        | Command::ResolveActivity(_)
        | Command::FireDeadlines { .. }
        | Command::PauseActivities(_)
        | Command::UnpauseActivities(_)
        | Command::ResetActivities(_)
        | Command::UpdateActivityOptions(_)
        | Command::Pause(_)
        | Command::Unpause(_)
        | Command::UpdateOptions(_)
        | Command::ReturnTask(_)
        | Command::Release
        | Command::ChildEnded(_)
        | Command::RecordOutcome(..) => Urgency::Now,
    }
}
