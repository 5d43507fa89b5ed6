//! A started task as its worker gets it: with a first page of history, the queries that wait, and the way back should
//! the worker never hear of it.

use abide_api::temporal::api::history::v1::History;
use abide_cluster::Error;
use abide_cluster::history::{ActivityTask, LostTask, StartedTask, WorkflowTask};
use abide_engine::run::{
    Command, Poller, Reply, StartActivity, StartWorkflowTask, StartedActivity, StartedWorkflowTask, Subject, TaskId,
};
use abide_model::limits;

use crate::cache::Entry;
use crate::read::{Page, Stretch};
use crate::shard::{Address, Ask, Desk, Message, Release, Request};

/// A started task: all there, or but for its events.
pub(crate) enum Prepared {
    Ready(StartedTask),
    Unread(Box<WorkflowTask>, Stretch),
}

/// The command that starts a task.
pub(crate) fn start_command(task: TaskId, poller: Poller) -> Command {
    match task.subject {
        Subject::WorkflowTask => Command::StartWorkflowTask(StartWorkflowTask { task, poller }),
        Subject::Activity(_) => Command::StartActivity(StartActivity { task, poller }),
    }
}

impl Desk {
    /// What a reply to [`start_command`] means for the worker.
    pub(crate) fn prepare(&self, entry: &mut Entry, reply: Reply) -> Result<Prepared, Error> {
        match reply {
            Reply::WorkflowTask(started) => Ok(self.prepare_workflow_task(entry, *started)),
            Reply::Activity(started) => {
                Ok(Prepared::Ready(StartedTask::Activity(Box::new(self.prepare_activity(entry, *started)))))
            }
            Reply::Done
            | Reply::Started(_)
            | Reply::WorkflowTaskCompleted(_)
            | Reply::Heartbeat(_)
            | Reply::ActivityOptions(_)
            | Reply::Options(_) => Err(Error::Internal("a started task was answered with something else".into())),
        }
    }

    /// An activity as its worker gets it.
    pub(crate) fn prepare_activity(&self, entry: &Entry, started: StartedActivity) -> ActivityTask {
        let lost = self.way_back(entry, started.task);
        ActivityTask { run: entry.key.clone(), started, lost }
    }

    /// The first page of a workflow task, and the queries that it carries.
    pub(crate) fn prepare_workflow_task(&self, entry: &mut Entry, started: StartedWorkflowTask) -> Prepared {
        let queries = entry.attach_queries();
        let (first, last) = (started.first_event_id, started.last_event_id);
        let lost = self.way_back(entry, started.task);
        let mut task = Box::new(WorkflowTask {
            run: entry.key.clone(),
            started,
            history: History::default(),
            next_event_id: None,
            queries,
            lost,
        });
        let limit = limits::HISTORY_PAGE_EVENTS_MAX;
        match entry.tail.page(first, last, limit) {
            Some(page) => {
                task.fill(page);
                Prepared::Ready(StartedTask::Workflow(task))
            }
            None => {
                let stretch = Stretch { partition: entry.partition, run_id: entry.key.run_id, first, last, limit };
                Prepared::Unread(task, stretch)
            }
        }
    }

    /// Hands a task over once what it builds on is durable. Not handed over, it goes back.
    pub(crate) fn hand_over(
        &self,
        prepared: Prepared,
        then: impl FnOnce(Result<StartedTask, Error>) + Send + 'static,
    ) -> Release {
        match prepared {
            Prepared::Ready(task) => Box::new(move |durable| then(durable.map(|()| task))),
            Prepared::Unread(mut task, stretch) => {
                let seams = self.seams.clone();
                Box::new(move |durable| match durable {
                    Err(error) => then(Err(error)),
                    Ok(()) => {
                        let store = seams.store.clone();
                        seams.background.spawn("first page", async move {
                            then(stretch.read(&*store).await.map(|page| {
                                task.fill(page);
                                StartedTask::Workflow(task)
                            }));
                        });
                    }
                })
            }
        }
    }

    fn way_back(&self, entry: &Entry, task: TaskId) -> LostTask {
        let (inbox, partition, run_id) = (self.seams.inbox.clone(), entry.partition, entry.key.run_id);
        LostTask::new(move || {
            let to = Address::Id(partition, run_id);
            // When the shard has ended, the task's timeout will bring it back.
            drop(inbox.send(Message::Run(Request { to, ask: Ask::Return(task), permit: None })));
        })
    }
}

/// Puts the first page in.
trait Fill {
    fn fill(&mut self, page: Page);
}

impl Fill for WorkflowTask {
    fn fill(&mut self, page: Page) {
        self.next_event_id = page.next_event_id;
        self.history = page.into_history();
        if self.next_event_id.is_none() {
            self.history.events.clone_from(&self.started.virtual_events);
        }
    }
}
