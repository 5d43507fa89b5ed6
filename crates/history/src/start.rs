//! Starting a run where there may be one: the id's reuse and conflict policies, repeated requests, signal with start.
//! The decision is a pure function; carrying it out is one commit.

use abide_api::temporal::api::common::v1::{Payload, Payloads};
use abide_api::temporal::api::enums::v1::{WorkflowExecutionStatus, WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use abide_cluster::Error;
use abide_cluster::history::{StartRequest, Started, StartedTask};
use abide_engine::run::{Command, Reply, Requester, Run, Start, StartedWorkflowTask, Terminate};
use abide_model::deliberate::{self, Bug};
use abide_model::{RunId, Timestamp};
use abide_store::Urgency;
use abide_store::key::CurrentRecord;

use crate::cache::Entry;
use crate::shard::{Answer, Desk, Draft, Performed, Release, Undecided, answering};

/// The newest run of the workflow id, as far as a start must know it.
#[derive(Clone, Debug)]
pub(crate) struct Existing {
    pub(crate) run_id: RunId,
    pub(crate) first_run_id: RunId,
    pub(crate) status: WorkflowExecutionStatus,
    pub(crate) request_id: String,
    pub(crate) attached_request_ids: Vec<String>,
}

impl Existing {
    pub(crate) fn of_run(run: &Run) -> Self {
        Self {
            run_id: run.run_id(),
            first_run_id: run.first_run_id(),
            status: run.status(),
            request_id: run.create_request_id(),
            attached_request_ids: run.attached_request_ids(),
        }
    }

    pub(crate) fn of_record(record: &CurrentRecord) -> Self {
        let status = WorkflowExecutionStatus::try_from(record.status).unwrap_or_default();
        Self {
            run_id: record.run_id(),
            first_run_id: record.first_run_id(),
            status,
            request_id: record.request_id.clone(),
            attached_request_ids: record.attached_request_ids.clone(),
        }
    }

    /// As what it is found that another request started.
    fn found(&self) -> Started {
        let (run_id, first_run_id, status) = (self.run_id, self.first_run_id, self.status);
        Started { run_id, first_run_id, started: false, attached: false, status, first_task: None }
    }

    /// Whether it is running.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.status, WorkflowExecutionStatus::Running | WorkflowExecutionStatus::Paused)
    }
}

/// What becomes of a start.
#[derive(Debug)]
pub(crate) enum Decision {
    /// The existing run stands for it.
    Found(Started),
    /// The existing run stands for it, and gets the signal.
    Signal,
    /// The existing run stands for it, and keeps what the request brings.
    Attach,
    /// A new run begins.
    Begin,
    /// The existing run is terminated, and a new one begins.
    Replace,
    /// Nothing happens.
    Refuse(Error),
}

/// Decides by the policies.
#[expect(deprecated, reason = "old clients still ask to terminate a running workflow by the reuse policy")]
pub(crate) fn decide(request: &StartRequest, existing: &Existing) -> Decision {
    let repeated = !existing.request_id.is_empty() && existing.request_id == request.start.requester.request_id;
    let with_signal = request.signal.is_some();
    let attached = !repeated && existing.attached_request_ids.contains(&request.start.requester.request_id);
    let found = Started { started: repeated && !with_signal, attached, ..existing.found() };
    if attached && !with_signal {
        return Decision::Found(found);
    }
    if existing.is_open() && !deliberate::is_on(Bug::SecondRun) {
        let conflict = conflict(request);
        if repeated && !with_signal {
            return Decision::Found(found);
        }
        return match conflict {
            // The start is an old one then, and the signal knows by its own request id whether it is.
            WorkflowIdConflictPolicy::TerminateExisting if !repeated => Decision::Replace,
            WorkflowIdConflictPolicy::Fail if !repeated => Decision::Refuse(already_running(request, existing)),
            _ if with_signal => Decision::Signal,
            _ if request.attach.is_some() => Decision::Attach,
            _ => Decision::Found(found),
        };
    }
    if repeated || attached {
        return Decision::Found(found);
    }
    match request.reuse {
        WorkflowIdReusePolicy::AllowDuplicateFailedOnly if !has_failed(existing.status) => {
            let why = "already finished successfully";
            Decision::Refuse(already_started(
                request,
                existing,
                why,
                " Workflow Id reuse policy: allow duplicate workflow Id if last run failed.",
            ))
        }
        WorkflowIdReusePolicy::RejectDuplicate => {
            let policy = " Workflow Id reuse policy: reject duplicate workflow Id.";
            Decision::Refuse(already_started(request, existing, "already finished", policy))
        }
        WorkflowIdReusePolicy::Unspecified
        | WorkflowIdReusePolicy::AllowDuplicate
        | WorkflowIdReusePolicy::AllowDuplicateFailedOnly
        | WorkflowIdReusePolicy::TerminateIfRunning => Decision::Begin,
    }
}

/// What an open run means; the old reuse policy of the same effect still counts.
#[expect(deprecated, reason = "see above")]
fn conflict(request: &StartRequest) -> WorkflowIdConflictPolicy {
    match request.conflict {
        _ if request.reuse == WorkflowIdReusePolicy::TerminateIfRunning => WorkflowIdConflictPolicy::TerminateExisting,
        WorkflowIdConflictPolicy::Unspecified if request.signal.is_some() => WorkflowIdConflictPolicy::UseExisting,
        WorkflowIdConflictPolicy::Unspecified => WorkflowIdConflictPolicy::Fail,
        said => said,
    }
}

fn has_failed(status: WorkflowExecutionStatus) -> bool {
    use WorkflowExecutionStatus::{Canceled, Failed, Terminated, TimedOut};
    matches!(status, Failed | Canceled | Terminated | TimedOut)
}

fn already_running(request: &StartRequest, existing: &Existing) -> Error {
    already_started(request, existing, "is already running", "")
}

fn already_started(request: &StartRequest, existing: &Existing, what: &str, policy: &str) -> Error {
    let workflow_id = &request.start.key.workflow.workflow_id;
    Error::AlreadyStarted {
        message: format!("Workflow execution {what}. WorkflowId: {workflow_id}, RunId: {}.{policy}", existing.run_id),
        start_request_id: existing.request_id.clone(),
        run_id: existing.run_id,
        first_run_id: existing.first_run_id,
    }
}

/// How a run ends that another one takes the place of.
fn replaced_by(run_id: RunId) -> Command {
    let text = format!("\"terminated by new runID: {run_id}\"");
    let payload = Payload {
        metadata: [("encoding".to_owned(), "json/plain".into())].into(),
        data: text.into(),
        ..Payload::default()
    };
    Command::Terminate(Terminate {
        reason: "TerminateIfRunning WorkflowIdReusePolicy".into(),
        details: Some(Payloads { payloads: vec![payload] }),
        requester: Requester { identity: "history-service".into(), ..Requester::default() },
    })
}

impl Desk {
    /// A start where an open run stands in the way, or stands for it. Gives back the new run, if there is one.
    pub(crate) fn start_beside(
        &mut self,
        entry: &mut Entry,
        mut request: Box<StartRequest>,
        answer: Answer<Started>,
        now: Timestamp,
    ) -> Performed {
        let existing = Existing::of_run(&entry.run);
        match decide(&request, &existing) {
            Decision::Found(started) => self.tell_found(entry, &request, started, answer),
            Decision::Refuse(error) => self.outbox.attach(entry.told, answering(answer, Err(error))),
            Decision::Begin => return self.begin(with_signal(*request), answer, now).map(Some),
            Decision::Replace => return self.replace(entry, with_signal(*request), answer, now).map(Some),
            Decision::Signal => {
                let signal = request.signal.take().expect("only a start with a signal is decided so");
                return self.join(entry, Command::Signal(signal), existing.found(), answer, now);
            }
            Decision::Attach => {
                let attach = request.attach.take().expect("only a start that brings something is decided so");
                let started = Started { attached: !attach.request_id.is_empty(), ..existing.found() };
                return self.join(entry, Command::Attach(attach), started, answer, now);
            }
        }
        Ok(None)
    }

    /// What a start means for the open run that stands for it.
    fn join(
        &mut self,
        entry: &mut Entry,
        command: Command,
        started: Started,
        answer: Answer<Started>,
        now: Timestamp,
    ) -> Performed {
        let told = entry.told;
        match self.decide(entry, command, now) {
            Err(Undecided::Rejected(rejection)) => {
                self.outbox.attach(told, answering(answer, Err(rejection.into())));
                Ok(None)
            }
            Err(Undecided::Panicked) => Err(Undecided::Panicked.tell(answer)),
            Ok(decided) => {
                let mut draft = Draft::new(Urgency::Now);
                self.record(entry, decided, &mut draft, now);
                draft.releases.push(answering(answer, Ok(started)));
                self.finish(entry, draft, now)
            }
        }
    }

    /// A start where no run is open.
    pub(crate) fn begin(
        &mut self,
        start: Box<Start>,
        answer: Answer<Started>,
        now: Timestamp,
    ) -> Result<Box<Entry>, Undecided> {
        let mut draft = Draft::new(Urgency::Now);
        let mut entry = Entry::new(start.key.clone());
        let mut decided = match self.decide(&mut entry, Command::Start(start), now) {
            Ok(decided) => decided,
            Err(undecided) => return Err(undecided.tell(answer)),
        };
        let reply = decided.reply.take();
        self.record(&mut entry, decided, &mut draft, now);
        self.begun(&mut entry, reply, &mut draft, answer);
        self.settle_waits(&mut entry, &mut draft);
        self.commit(draft, &mut [&mut entry]);
        Ok(entry)
    }

    /// Terminates the open run and begins a new one, in one commit.
    fn replace(
        &mut self,
        old: &mut Entry,
        start: Box<Start>,
        answer: Answer<Started>,
        now: Timestamp,
    ) -> Result<Box<Entry>, Undecided> {
        let mut entry = Entry::new(start.key.clone());
        // The new run decides first: should it refuse, the old one is untouched.
        let mut begun = match self.decide(&mut entry, Command::Start(start), now) {
            Ok(decided) => decided,
            Err(undecided) => return Err(undecided.tell(answer)),
        };
        let ended = match self.decide(old, replaced_by(entry.key.run_id), now) {
            Ok(decided) => decided,
            Err(undecided) => return Err(undecided.tell(answer)),
        };
        let mut draft = Draft::new(Urgency::Now);
        self.record(old, ended, &mut draft, now);
        self.settle_waits(old, &mut draft);
        let reply = begun.reply.take();
        self.record(&mut entry, begun, &mut draft, now);
        self.begun(&mut entry, reply, &mut draft, answer);
        self.settle_waits(&mut entry, &mut draft);
        self.commit(draft, &mut [old, &mut entry]);
        Ok(entry)
    }

    fn begun(&self, entry: &mut Entry, reply: Option<Reply>, draft: &mut Draft, answer: Answer<Started>) {
        let started = Started { started: true, ..Existing::of_run(&entry.run).found() };
        draft.releases.push(match reply {
            Some(Reply::Started(Some(task))) => self.with_first_task(entry, *task, started, answer),
            _ => answering(answer, Ok(started)),
        });
    }

    /// The answer to a start that the run stands for. A worker that repeats its start gets its first task again.
    fn tell_found(&self, entry: &mut Entry, request: &StartRequest, found: Started, answer: Answer<Started>) {
        let told = entry.told;
        let eager = found.started && request.start.eager.is_some();
        let release = match entry.run.eager_task().filter(|_| eager) {
            Some(task) => self.with_first_task(entry, task, found, answer),
            None => answering(answer, Ok(found)),
        };
        self.outbox.attach(told, release);
    }

    fn with_first_task(
        &self,
        entry: &mut Entry,
        task: StartedWorkflowTask,
        started: Started,
        answer: Answer<Started>,
    ) -> Release {
        let prepared = self.prepare_workflow_task(entry, task);
        self.hand_over(prepared, move |task| {
            let first_task = |task| match task {
                StartedTask::Workflow(task) => Some(task),
                StartedTask::Activity(_) => None,
            };
            drop(answer.send(task.map(|task| Started { first_task: first_task(task), ..started })));
        })
    }
}

/// The start, with the signal that is delivered along with it.
pub(crate) fn with_signal(request: StartRequest) -> Box<Start> {
    let StartRequest { mut start, signal, .. } = request;
    if signal.is_some() {
        start.signal = signal;
    }
    start
}

#[cfg(test)]
mod tests {
    use abide_engine::run::Signal;
    use abide_model::{NamespaceId, RunKey, WorkflowKey};
    use uuid::Uuid;

    use super::*;

    const OLD: &str = "00000000-0000-0000-0000-000000000001";

    fn request(
        reuse: WorkflowIdReusePolicy,
        conflict: WorkflowIdConflictPolicy,
        request_id: &str,
        signal: bool,
    ) -> StartRequest {
        let workflow = WorkflowKey { namespace: NamespaceId(Uuid::nil()), workflow_id: "order".into() };
        let requester = Requester { request_id: request_id.into(), ..Requester::default() };
        let signal = signal.then(|| {
            let requester = requester.clone();
            Box::new(Signal { name: "s".into(), input: None, header: None, requester, ends_start_delay: true })
        });
        StartRequest {
            start: Box::new(Start {
                key: RunKey { workflow, run_id: RunId(Uuid::from_u128(2)) },
                namespace_name: "default".into(),
                attributes: Box::default(),
                requester,
                user_metadata: None,
                signal: None,
                eager: None,
                update: None,
            }),
            reuse,
            conflict,
            attach: None,
            signal,
        }
    }

    fn outcome(request: &StartRequest, status: WorkflowExecutionStatus) -> String {
        let run_id = RunId::parse(OLD).unwrap();
        let attached_request_ids = vec!["joined".to_owned()];
        let existing =
            Existing { run_id, first_run_id: run_id, status, request_id: "first".into(), attached_request_ids };
        match decide(request, &existing) {
            Decision::Found(Started { attached: true, .. }) => "found attached".into(),
            Decision::Attach => "attach".into(),
            Decision::Found(Started { started, .. }) => format!("found started={started}"),
            Decision::Signal => "signal".into(),
            Decision::Begin => "begin".into(),
            Decision::Replace => "replace".into(),
            Decision::Refuse(Error::AlreadyStarted { message, start_request_id, run_id: in_the_way, .. }) => {
                assert_eq!((start_request_id.as_str(), in_the_way), ("first", run_id));
                message
            }
            Decision::Refuse(error) => panic!("{error:?}"),
        }
    }

    #[test]
    #[expect(deprecated, reason = "old clients still use it")]
    fn policies_decide_as_the_reference_does() {
        use WorkflowExecutionStatus::{Completed, Failed, Running, Terminated};
        use WorkflowIdConflictPolicy as Conflict;
        use WorkflowIdReusePolicy as Reuse;
        let running = format!("Workflow execution is already running. WorkflowId: order, RunId: {OLD}.");
        let succeeded = format!(
            "Workflow execution already finished successfully. WorkflowId: order, RunId: {OLD}. Workflow Id reuse \
             policy: allow duplicate workflow Id if last run failed."
        );
        let finished = format!(
            "Workflow execution already finished. WorkflowId: order, RunId: {OLD}. Workflow Id reuse policy: reject \
             duplicate workflow Id."
        );
        let table = [
            (Running, Reuse::AllowDuplicate, Conflict::Fail, "other", false, running.as_str()),
            (Running, Reuse::AllowDuplicate, Conflict::Unspecified, "other", false, &running),
            (Running, Reuse::AllowDuplicate, Conflict::Fail, "first", false, "found started=true"),
            (Running, Reuse::AllowDuplicate, Conflict::TerminateExisting, "first", false, "found started=true"),
            (Running, Reuse::AllowDuplicate, Conflict::UseExisting, "other", false, "found started=false"),
            (Running, Reuse::RejectDuplicate, Conflict::UseExisting, "other", false, "found started=false"),
            (Running, Reuse::AllowDuplicate, Conflict::Fail, "joined", false, "found attached"),
            (Completed, Reuse::RejectDuplicate, Conflict::Fail, "joined", false, "found attached"),
            (Running, Reuse::AllowDuplicate, Conflict::TerminateExisting, "other", false, "replace"),
            (Running, Reuse::TerminateIfRunning, Conflict::Unspecified, "other", false, "replace"),
            (Running, Reuse::AllowDuplicate, Conflict::Unspecified, "other", true, "signal"),
            (Running, Reuse::AllowDuplicate, Conflict::UseExisting, "first", true, "signal"),
            (Running, Reuse::AllowDuplicate, Conflict::TerminateExisting, "other", true, "replace"),
            (Completed, Reuse::AllowDuplicate, Conflict::Fail, "other", false, "begin"),
            (Completed, Reuse::Unspecified, Conflict::Fail, "other", true, "begin"),
            (Completed, Reuse::AllowDuplicate, Conflict::Fail, "first", false, "found started=true"),
            (Completed, Reuse::AllowDuplicate, Conflict::Fail, "first", true, "found started=false"),
            (Completed, Reuse::AllowDuplicateFailedOnly, Conflict::Fail, "other", false, &succeeded),
            (Failed, Reuse::AllowDuplicateFailedOnly, Conflict::Fail, "other", false, "begin"),
            (Terminated, Reuse::AllowDuplicateFailedOnly, Conflict::Fail, "other", false, "begin"),
            (Failed, Reuse::RejectDuplicate, Conflict::Fail, "other", false, &finished),
            (Completed, Reuse::TerminateIfRunning, Conflict::Unspecified, "other", false, "begin"),
        ];
        for (status, reuse, conflict, request_id, signal, expected) in table {
            let request = request(reuse, conflict, request_id, signal);
            assert_eq!(outcome(&request, status), expected, "{status:?} {reuse:?} {conflict:?} {request_id} {signal}");
        }
    }
}
