//! For any list of commands: deciding twice is the same, a rejection leaves no trace, the stored changes rebuild the run,
//! every open thing is ended by something stored. [`World::ask`] checks all of it after every step.

use std::time::Duration;

use abide_api::temporal::api::{common::v1::WorkflowExecution, history::v1::history_event::Attributes};
use abide_model::RunId;
use proptest::prelude::*;

use super::callback::callback;
use super::chain::fail_again;
use super::reset::reset;
use super::update::{accept, answer, reject, say};
use super::world::*;
use crate::run::*;

#[derive(Clone, Debug)]
pub enum Step {
    TakeTask,
    Complete(Vec<Decision>, Options),
    FailTask,
    TakeActivity(usize),
    CompleteActivity(usize),
    FailActivity(usize, bool),
    CancelActivity(usize),
    Heartbeat(usize),
    CompleteById(u8),
    Signal(u8),
    Update(u8),
    Speak(Vec<(u8, Word)>, Vec<Decision>, Options),
    Cancel,
    ResetStickiness,
    ReturnTask,
    ReturnActivity(usize),
    Outcome(usize, Ending),
    ChildEnded(usize),
    Pass(u16),
    Terminate,
    PauseActivity(u8),
    UnpauseActivities(bool, u8),
    ResetActivity(u8, bool, bool),
    ChangeOptions(u8, bool),
    Pause(u8),
    Unpause,
    ChangePriority(u8),
    Attach(u8),
}

#[derive(Clone, Debug)]
pub enum Decision {
    Schedule(u8),
    ScheduleEagerly(u8),
    CancelActivity(usize),
    Timer(u8, u8),
    CancelTimer(u8),
    Marker,
    StartChild(u8),
    SignalExternal(u8),
    CancelExternal(u8),
    Complete,
    Fail,
    FailRetryably,
    ContinueAsNew,
}

/// What a worker says of an update.
#[derive(Clone, Copy, Debug)]
pub enum Word {
    Accept,
    Reject,
    Answer,
}

/// What comes of a step of something that is owed.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    Done,
    Started,
    Failed,
    /// An answer to a step that is not the next one.
    Stale,
    /// An address could not be told; whether it is to be told again.
    Undelivered(bool),
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    sticky: bool,
    force_new_task: bool,
    return_new_task: bool,
    bad_binary: bool,
}

fn decision() -> impl Strategy<Value = Decision> {
    prop_oneof![
        6 => (0_u8..4).prop_map(Decision::Schedule),
        2 => (0_u8..4).prop_map(Decision::ScheduleEagerly),
        3 => (0_usize..4).prop_map(Decision::CancelActivity),
        6 => (0_u8..4, 0_u8..20).prop_map(|(id, seconds)| Decision::Timer(id, seconds)),
        3 => (0_u8..4).prop_map(Decision::CancelTimer),
        2 => Just(Decision::Marker),
        4 => (0_u8..12).prop_map(Decision::StartChild),
        2 => (0_u8..3).prop_map(Decision::SignalExternal),
        2 => (0_u8..3).prop_map(Decision::CancelExternal),
        1 => Just(Decision::Complete),
        1 => Just(Decision::Fail),
        1 => Just(Decision::FailRetryably),
        1 => Just(Decision::ContinueAsNew),
    ]
}

fn options_of() -> impl Strategy<Value = Options> {
    (any::<bool>(), prop::bool::weighted(0.2), any::<bool>(), prop::bool::weighted(0.05)).prop_map(
        |(sticky, force_new_task, return_new_task, bad_binary)| Options {
            sticky,
            force_new_task,
            return_new_task,
            bad_binary,
        },
    )
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof![3 => Just(Word::Accept), 2 => Just(Word::Reject), 2 => Just(Word::Answer)]
}

pub fn step() -> impl Strategy<Value = Step> {
    let options = options_of();
    prop_oneof![
        10 => Just(Step::TakeTask),
        10 => (prop::collection::vec(decision(), 0..4), options).prop_map(|(list, options)| Step::Complete(list, options)),
        2 => Just(Step::FailTask),
        6 => (0_usize..4).prop_map(Step::TakeActivity),
        4 => (0_usize..4).prop_map(Step::CompleteActivity),
        4 => (0_usize..4, any::<bool>()).prop_map(|(n, retryable)| Step::FailActivity(n, retryable)),
        2 => (0_usize..4).prop_map(Step::CancelActivity),
        2 => (0_usize..4).prop_map(Step::Heartbeat),
        1 => (0_u8..4).prop_map(Step::CompleteById),
        4 => (0_u8..8).prop_map(Step::Signal),
        5 => (0_u8..6).prop_map(Step::Update),
        6 => (prop::collection::vec((0_u8..6, word()), 0..4), prop::collection::vec(decision(), 0..2), options_of())
            .prop_map(|(words, list, options)| Step::Speak(words, list, options)),
        1 => Just(Step::Cancel),
        2 => Just(Step::ResetStickiness),
        1 => Just(Step::ReturnTask),
        1 => (0_usize..4).prop_map(Step::ReturnActivity),
        10 => (0_usize..4, ending()).prop_map(|(n, ending)| Step::Outcome(n, ending)),
        3 => (0_usize..3).prop_map(Step::ChildEnded),
        6 => (0_u16..3000).prop_map(Step::Pass),
        1 => prop::bool::weighted(0.1).prop_map(|yes| if yes { Step::Terminate } else { Step::TakeTask }),
        2 => (0_u8..4).prop_map(Step::PauseActivity),
        2 => (any::<bool>(), 0_u8..4).prop_map(|(resets, jitter)| Step::UnpauseActivities(resets, jitter)),
        2 => (0_u8..4, any::<bool>(), any::<bool>()).prop_map(|(id, keeps, restores)| Step::ResetActivity(id, keeps, restores)),
        2 => (0_u8..4, any::<bool>()).prop_map(|(id, restores)| Step::ChangeOptions(id, restores)),
        1 => (0_u8..3).prop_map(Step::Pause),
        3 => Just(Step::Unpause),
        1 => (0_u8..4).prop_map(Step::ChangePriority),
        2 => (0_u8..4).prop_map(Step::Attach),
    ]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        4 => Just(Ending::Done),
        4 => Just(Ending::Started),
        1 => Just(Ending::Failed),
        1 => Just(Ending::Stale),
        2 => any::<bool>().prop_map(Ending::Undelivered),
    ]
}

/// What comes of the n-th thing that is owed.
fn outcome(world: &World, n: usize, ending: Ending) -> Option<Command> {
    let outbound = world.run.open_outbound().into_iter().nth(n)?;
    let next = world.run.effect(outbound)?.step;
    let child = RunId(uuid::Uuid::from_u128(7));
    let (step, outcome) = match ending {
        Ending::Done => (next, Outcome::Done),
        Ending::Started => (next, Outcome::Started(child)),
        Ending::Failed => (next, Outcome::Failed(Fault::NotFound)),
        Ending::Stale => (crate::run::Step::StartChild, Outcome::Started(child)),
        Ending::Undelivered(again) if next == crate::run::Step::CallBack => {
            (next, Outcome::Undelivered(Undelivered { reason: "no".into(), again }))
        }
        Ending::Undelivered(_) => return None,
    };
    Some(Command::RecordOutcome(outbound, step, outcome))
}

/// The n-th child says that it has ended.
fn child_ended(world: &World, n: usize) -> Option<Command> {
    let (id, child) = world.run.state.children.pending.iter().nth(n)?;
    let first_run_id = uuid::Uuid::from_u128(7).to_string();
    let workflow_id = child.initiated.workflow_id.clone();
    Some(Command::ChildEnded(Box::new(ChildEnded {
        parent_run_id: world.run.run_id().to_string(),
        initiated_event_id: *id,
        execution: WorkflowExecution { workflow_id, run_id: first_run_id.clone() },
        first_run_id,
        last: Box::new(Attributes::WorkflowExecutionCompletedEventAttributes(Default::default())),
    })))
}

/// The n-th pending activity and its attempt, or one that is not there.
fn pending(world: &World, n: usize) -> (i64, i32) {
    let pending = &world.run.state.activities.pending;
    pending.iter().nth(n).map_or((999, 1), |(id, activity)| (*id, activity.attempt))
}

fn commands(world: &World, decisions: &[Decision]) -> Vec<abide_api::temporal::api::command::v1::Command> {
    let command = |decision: &Decision| match decision {
        Decision::Schedule(id) => schedule(&format!("activity-{id}")),
        Decision::ScheduleEagerly(id) => {
            schedule_with(&format!("activity-{id}"), |command| command.request_eager_execution = true)
        }
        Decision::CancelActivity(n) => cancel_activity(pending(world, *n).0),
        Decision::Timer(id, seconds) => timer(&format!("timer-{id}"), u64::from(*seconds)),
        Decision::CancelTimer(id) => cancel_timer(&format!("timer-{id}")),
        Decision::Marker => marker("version"),
        Decision::StartChild(id) => start_child_with(&format!("child-{}", id / 4), |child| {
            child.parent_close_policy = i32::from(id % 4);
        }),
        Decision::SignalExternal(id) => signal_external(&format!("child-{id}"), id % 2 == 0),
        Decision::CancelExternal(id) => cancel_external(&format!("other-{id}"), id % 2 == 0),
        Decision::Complete => complete(),
        Decision::Fail => fail(),
        Decision::FailRetryably => fail_again(),
        Decision::ContinueAsNew => continue_as_new(),
    };
    decisions.iter().map(command).collect()
}

/// A worker says something of updates.
fn speak(world: &mut World, words: &[(u8, Word)], decisions: &[Decision], options: Options) -> Result<(), Rejection> {
    let said = |(n, word): &(u8, Word)| {
        let id = format!("update-{n}");
        match word {
            Word::Accept => accept(&id),
            Word::Reject => reject(&id),
            Word::Answer => answer(&id),
        }
    };
    let messages: Vec<_> = words.iter().map(said).collect();
    let said = messages.iter().filter(|message| !message.id.ends_with("/reject")).map(say);
    let commands = said.chain(commands(world, decisions)).collect();
    let result = world.complete_with(commands, |completion| {
        completion.messages = messages;
        completion.force_new_task = options.force_new_task;
        completion.return_new_task = options.return_new_task;
        completion.discards_with_events = options.sticky;
    });
    result.map(|_| ())
}

/// Does a step; a rejection is as good as an effect, both are checked by the world.
pub fn do_step(world: &mut World, step: &Step) {
    let reference = |world: &World, n: usize| {
        let (id, number) = pending(world, n);
        attempt(id, number)
    };
    let result = match step {
        Step::TakeTask => world.take_task().map(|_| ()),
        Step::Complete(decisions, options) => {
            let commands = commands(world, decisions);
            let sticky = QueueName { name: "worker-1".into(), normal_name: "orders".into() };
            let result = world.complete_with(commands, |completion| {
                completion.sticky = options.sticky.then_some((sticky, Duration::from_secs(5)));
                completion.force_new_task = options.force_new_task;
                completion.return_new_task = options.return_new_task;
                completion.binary_checksum = if options.bad_binary { "bad".into() } else { String::new() };
                completion.has_bad_binary = options.bad_binary;
            });
            result.map(|_| ())
        }
        Step::FailTask => world.fail_task().map(|_| ()),
        Step::TakeActivity(n) => world.take_activity(pending(world, *n).0).map(|_| ()),
        Step::CompleteActivity(n) => {
            let activity = reference(world, *n);
            world.resolve(activity, Resolution::Completed(None)).map(|_| ())
        }
        Step::FailActivity(n, retryable) => {
            let failure = Some(application_failure("no", "No", !retryable));
            let activity = reference(world, *n);
            world.resolve(activity, Resolution::Failed { failure, last_heartbeat_details: None }).map(|_| ())
        }
        Step::CancelActivity(n) => {
            let activity = reference(world, *n);
            world.resolve(activity, Resolution::Canceled(None)).map(|_| ())
        }
        Step::Heartbeat(n) => {
            let activity = reference(world, *n);
            let heartbeat = RecordHeartbeat { activity, details: Some(payloads(4)), identity: "worker".into() };
            world.ask(Command::RecordHeartbeat(Box::new(heartbeat))).map(|_| ())
        }
        Step::CompleteById(id) => {
            let activity = ActivityReference::Id(format!("activity-{id}"));
            world.resolve(activity, Resolution::Completed(None)).map(|_| ())
        }
        Step::Signal(n) => world.signal(&format!("signal-{n}")).map(|_| ()),
        Step::Update(n) => world.update(&format!("update-{n}")).map(|_| ()),
        Step::Speak(words, decisions, options) => speak(world, words, decisions, *options),
        Step::Cancel => world.cancel().map(|_| ()),
        Step::ResetStickiness => world.ask(Command::ResetStickiness).map(|_| ()),
        Step::ReturnTask => {
            let started = world.run.started_task_view();
            let stamp = started.map_or(0, |started| started.task.stamp);
            world.ask(Command::ReturnTask(TaskId { subject: Subject::WorkflowTask, stamp })).map(|_| ())
        }
        Step::ReturnActivity(n) => {
            let (id, _) = pending(world, *n);
            let activity = world.run.state.activities.pending.get(&id);
            let stamp = activity.and_then(|activity| activity.started()).map_or(0, |started| started.stamp);
            world.ask(Command::ReturnTask(TaskId { subject: Subject::Activity(id), stamp })).map(|_| ())
        }
        Step::Outcome(n, ending) => match outcome(world, *n, *ending) {
            Some(command) => world.ask(command).map(|_| ()),
            None => Ok(()),
        },
        Step::ChildEnded(n) => match child_ended(world, *n) {
            Some(command) => world.ask(command).map(|_| ()),
            None => Ok(()),
        },
        Step::Pass(tenths) => {
            world.pass(Duration::from_millis(u64::from(*tenths) * 10));
            Ok(())
        }
        Step::Terminate => world.terminate().map(|_| ()),
        Step::PauseActivity(id) => world.pause_activity(&format!("activity-{id}")).map(|_| ()),
        Step::UnpauseActivities(resets_attempts, seconds) => world
            .ask(Command::UnpauseActivities(UnpauseActivities {
                which: WhichActivities::All,
                resets_attempts: *resets_attempts,
                forgets_heartbeat: *resets_attempts,
                jitter: Jitter { max: Duration::from_secs(u64::from(*seconds)), draw: 5 },
            }))
            .map(|_| ()),
        Step::ResetActivity(id, keeps_paused, restores_options) => world
            .ask(Command::ResetActivities(ResetActivities {
                which: WhichActivities::Id(format!("activity-{id}")),
                forgets_heartbeat: *keeps_paused,
                keeps_paused: *keeps_paused,
                restores_options: *restores_options,
                jitter: Jitter::default(),
            }))
            .map(|_| ()),
        Step::ChangeOptions(id, true) => {
            let which = WhichActivities::Id(format!("activity-{id}"));
            world.change_options(which, OptionsChange::Restore).map(|_| ())
        }
        Step::ChangeOptions(id, false) => {
            let which = WhichActivities::Id(format!("activity-{id}"));
            world.change_options(which, to_queue("elsewhere")).map(|_| ())
        }
        Step::Pause(request) => world.pause(&format!("pause-{request}")).map(|_| ()),
        Step::Unpause => world.unpause().map(|_| ()),
        Step::ChangePriority(key) => world.change_priority(i32::from(*key)).map(|_| ()),
        Step::Attach(n) => {
            let request_id = format!("attach-{n}");
            let completion_callbacks = vec![callback("http://there")];
            let attach = Attach { request_id, completion_callbacks, links: Vec::new() };
            world.ask(Command::Attach(Box::new(attach))).map(|_| ())
        }
    };
    drop(result);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_list_of_commands_keeps_the_run_whole(steps in prop::collection::vec(step(), 0..60)) {
        let mut world = World::new();
        for step in &steps {
            do_step(&mut world, step);
        }
        // Wherever its history can be cut, a whole run comes of it, and goes on.
        let all = Reapply { signals: true, updates: true };
        for cut in 2..=world.run.next_event_id() {
            if let Ok(mut new) = reset(&world, cut, all) {
                // A run that was paused at the cut is paused again, or still was not.
                drop(new.unpause());
                new.turn(Vec::new()).expect("a workflow task is offered");
            }
        }
    }

    #[test]
    fn a_run_with_a_timeout_always_ends(steps in prop::collection::vec(step(), 0..40)) {
        let mut world = World::with(|start| {
            let timeout = crate::convert::to_proto_duration(Duration::from_secs(3600));
            start.attributes.workflow_run_timeout = Some(timeout);
        });
        for step in &steps {
            do_step(&mut world, step);
        }
        world.pass(Duration::from_secs(3600));
        prop_assert!(!world.run.is_open());
        let refused = world.signal("too late");
        prop_assert_eq!(refused.err(), Some(Rejection::Closed), "a closed run never changes");
    }
}
