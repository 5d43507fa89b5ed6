//! Updates and the speculative workflow tasks that carry them: golden histories, and what callers and workers are told.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    command::v1::{Command as WorkerCommand, ProtocolMessageCommandAttributes, command::Attributes},
    enums::v1::CommandType,
    history::v1::history_event::Attributes as Event,
    protocol::v1::{Message, message::SequencingId},
    update::v1::{Acceptance, Input, Meta, Outcome, Rejection as Rejected, Request, Response, outcome},
};
use prost_types::Any;

use super::golden::line;
use super::world::*;
use crate::run::*;

/// One line for each event, as everywhere, with what updates add.
pub fn text(world: &World) -> String {
    let line = |event: &HistoryEvent| match event.attributes.as_ref() {
        Some(Event::WorkflowExecutionUpdateAcceptedEventAttributes(e)) => {
            let request = if e.accepted_request.is_some() { "told" } else { "known" };
            format!(
                "{} {} after={} {request}\n",
                line(event),
                e.protocol_instance_id,
                e.accepted_request_sequencing_event_id
            )
        }
        Some(Event::WorkflowExecutionUpdateCompletedEventAttributes(e)) => {
            let id = e.meta.as_ref().map_or("", |meta| meta.update_id.as_str());
            format!("{} {id} accepted={}\n", line(event), e.accepted_event_id)
        }
        Some(_) | None => format!("{}\n", line(event)),
    };
    world.events().into_iter().map(line).collect()
}

pub fn request(id: &str) -> Request {
    Request {
        meta: Some(Meta { update_id: id.into(), identity: "client".into() }),
        input: Some(Input { name: "change".into(), ..Input::default() }),
        ..Request::default()
    }
}

pub fn message(id: String, update_id: &str, kind: &str, body: &impl prost::Message) -> Message {
    Message {
        id,
        protocol_instance_id: update_id.into(),
        body: Some(Any {
            type_url: format!("type.googleapis.com/temporal.api.update.v1.{kind}"),
            value: body.encode_to_vec(),
        }),
        sequencing_id: None,
    }
}

pub fn accept(id: &str) -> Message {
    let acceptance = Acceptance {
        accepted_request_message_id: format!("{id}/request"),
        accepted_request_sequencing_event_id: 5,
        accepted_request: Some(request(id)),
    };
    message(format!("{id}/accept"), id, "Acceptance", &acceptance)
}

pub fn answer(id: &str) -> Message {
    let value = Some(outcome::Value::Success(payloads(2)));
    let meta = Some(Meta { update_id: id.into(), ..Meta::default() });
    message(format!("{id}/complete"), id, "Response", &Response { meta, outcome: Some(Outcome { value }) })
}

pub fn reject(id: &str) -> Message {
    let failure = Some(application_failure("not now", "Busy", true));
    message(format!("{id}/reject"), id, "Rejection", &Rejected { failure, ..Rejected::default() })
}

pub fn say(message: &Message) -> WorkerCommand {
    let attributes = ProtocolMessageCommandAttributes { message_id: message.id.clone() };
    WorkerCommand {
        command_type: CommandType::ProtocolMessage as i32,
        attributes: Some(Attributes::ProtocolMessageCommandAttributes(attributes)),
        ..WorkerCommand::default()
    }
}

impl World {
    pub fn update(&mut self, id: &str) -> Result<Reply, Rejection> {
        self.ask(Command::Update(Box::new(request(id))))
    }

    /// A worker answers the started task with messages, each but rejections behind its command, then other commands.
    pub fn speak(&mut self, messages: Vec<Message>, commands: Vec<WorkerCommand>) -> Result<Reply, Rejection> {
        let said = messages.iter().filter(|message| !message.id.ends_with("/reject")).map(say);
        let commands = said.chain(commands).collect();
        self.complete_with(commands, |completion| completion.messages = messages)
    }

    /// An update is accepted at most once, and then it stays until it is completed or the run closes. One that was
    /// turned down has no event.
    pub fn check_updates(&self) {
        let mut accepted = BTreeMap::new();
        let mut completed = BTreeMap::new();
        for event in self.events() {
            match event.attributes.as_ref() {
                Some(Event::WorkflowExecutionUpdateAcceptedEventAttributes(e)) => {
                    let before = accepted.insert(e.protocol_instance_id.clone(), event.event_id);
                    assert_eq!(before, None, "an update is accepted once");
                }
                Some(Event::WorkflowExecutionUpdateCompletedEventAttributes(e)) => {
                    let id = e.meta.as_ref().map(|meta| meta.update_id.clone()).unwrap_or_default();
                    assert_eq!(accepted.get(&id), Some(&e.accepted_event_id), "what is completed was accepted");
                    assert_eq!(completed.insert(id, event.event_id), None, "an update is completed once");
                }
                Some(_) | None => {}
            }
        }
        for id in accepted.keys() {
            let expected = match completed.get(id) {
                Some(event_id) => UpdateStatus::Completed { event_id: *event_id },
                None if self.run.is_open() => UpdateStatus::Accepted,
                None => UpdateStatus::Unfinished,
            };
            assert_eq!(self.run.update_status(id), Some(expected), "an accepted update stays");
        }
    }

    fn ends(&self) -> Vec<String> {
        let end = |change: &Change| {
            let (id, end) = change.dropped_update()?;
            Some(match end {
                UpdateEnd::Rejected(failure) => format!("{id} rejected: {}", failure.message),
                UpdateEnd::Aborted(why) => format!("{id} aborted: {:?}", UpdateAbort::try_from(why).unwrap()),
            })
        };
        self.stored.iter().filter_map(end).collect()
    }
}

/// A run that waits for nothing: its first task is done.
fn idle() -> World {
    let mut world = World::new();
    world.turn(Vec::new()).unwrap();
    world
}

fn ids(started: &StartedWorkflowTask) -> Vec<&str> {
    started.messages.iter().map(|message| message.protocol_instance_id.as_str()).collect()
}

fn completed(reply: Result<Reply, Rejection>) -> WorkflowTaskCompleted {
    match reply {
        Ok(Reply::WorkflowTaskCompleted(completed)) => *completed,
        other => panic!("not a completion: {other:?}"),
    }
}

fn refused(reply: Result<Reply, Rejection>) -> String {
    completed(reply).refused.expect("refused").message
}

#[test]
fn an_update_is_accepted_and_completed_by_a_task_of_its_own() {
    let mut world = idle();
    world.update("u").unwrap();
    assert_eq!(world.run.next_event_id(), 5, "nothing is written before the worker has spoken");
    let started = world.take_task().unwrap();
    assert_eq!((started.token.scheduled_event_id, started.token.started_event_id), (5, 6));
    let virtual_ids: Vec<i64> = started.virtual_events.iter().map(|event| event.event_id).collect();
    assert_eq!(virtual_ids, [5, 6]);
    assert_eq!(started.messages.len(), 1);
    assert_eq!(started.messages[0].id, "u/request");
    assert_eq!(started.messages[0].sequencing_id, Some(SequencingId::EventId(5)));
    assert_eq!(world.run.update_status("u"), Some(UpdateStatus::Admitted));
    world.speak(vec![accept("u"), answer("u")], vec![timer("t", 5)]).unwrap();
    assert_eq!(world.run.update_status("u"), Some(UpdateStatus::Completed { event_id: 9 }));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn an_update_that_is_turned_down_never_was() {
    let mut world = idle();
    let before = text(&world);
    world.update("u").unwrap();
    world.take_task().unwrap();
    let completed = completed(world.speak(vec![reject("u")], Vec::new()));
    assert_eq!(completed.reset_history_event_id, 3, "the worker goes back to the start of its last real task");
    assert_eq!(text(&world), before);
    assert_eq!(world.ends(), ["u rejected: not now"]);
    assert_eq!(world.run.update_status("u"), None);
    world.signal("s").unwrap();
    let task = world.take_task().unwrap();
    assert_eq!((task.token.scheduled_event_id, task.token.started_event_id), (6, 7));
}

#[test]
fn updates_ride_with_an_ordinary_task_that_waits() {
    let mut world = World::new();
    world.update("b").unwrap();
    world.update("a").unwrap();
    let started = world.take_task().unwrap();
    assert_eq!(ids(&started), ["b", "a"], "in the order in which they were admitted");
    assert_eq!(completed(world.speak(vec![reject("b"), accept("a")], Vec::new())).reset_history_event_id, 0);
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_signal_turns_a_waiting_speculative_task_into_an_ordinary_one() {
    let mut world = idle();
    world.update("u").unwrap();
    world.signal("s").unwrap();
    world.take_task().unwrap();
    world.speak(vec![reject("u")], Vec::new()).unwrap();
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_buffered_signal_turns_a_started_speculative_task_into_an_ordinary_one() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    world.signal("s").unwrap();
    assert_eq!(world.run.next_event_id(), 6, "the schedule is written with the first thing that is");
    assert!(world.run.virtual_started_event().is_some());
    assert_eq!(completed(world.speak(vec![reject("u")], Vec::new())).reset_history_event_id, 0);
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_speculative_task_that_no_worker_takes_becomes_an_ordinary_one_after_five_seconds() {
    let mut world = idle();
    world.update("u").unwrap();
    world.pass(Duration::from_secs(5));
    let started = world.take_task().unwrap();
    assert_eq!(ids(&started), ["u"]);
    world.speak(vec![reject("u")], Vec::new()).unwrap();
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_speculative_task_that_its_worker_loses_is_written_and_the_update_sent_again() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    world.pass(Duration::from_secs(10));
    let again = world.take_task().unwrap();
    assert_eq!((ids(&again), again.token.attempt), (vec!["u"], 2));
    world.speak(vec![accept("u"), answer("u")], vec![complete()]).unwrap();
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_heartbeat_writes_the_speculative_task_and_does_not_send_its_update_again() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    let reply = world.complete_with(Vec::new(), |completion| {
        completion.force_new_task = true;
        completion.return_new_task = true;
    });
    let next = completed(reply).next.expect("asked for");
    assert!(next.messages.is_empty());
    assert_eq!(world.ends(), [""; 0], "a heartbeat need not say anything yet");
    assert_eq!(completed(world.speak(vec![reject("u")], Vec::new())).reset_history_event_id, 0);
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_worker_that_ignores_an_update_has_turned_it_down() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    world.speak(Vec::new(), Vec::new()).unwrap();
    assert_eq!(
        world.ends(),
        [
            "u rejected: Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is \
          not supported by the worker."
        ]
    );
    assert_eq!(world.run.next_event_id(), 5);
}

#[test]
fn an_update_that_comes_while_a_worker_is_busy_goes_with_the_next_task() {
    let mut world = idle();
    world.signal("s").unwrap();
    world.take_task().unwrap();
    world.update("u").unwrap();
    let reply = world.complete_with(Vec::new(), |completion| completion.return_new_task = true);
    let next = completed(reply).next.expect("an update waits");
    assert_eq!(ids(&next), ["u"]);
    assert_eq!(completed(world.speak(vec![reject("u")], Vec::new())).reset_history_event_id, 7);
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_worker_that_can_is_shown_up_to_ten_events_again() {
    for (signals, able, discarded) in [(1, false, false), (1, true, true), (10, true, true), (11, true, false)] {
        let mut world = World::new();
        world.take_task().unwrap();
        world.complete_with((0..signals).map(|n| marker(&n.to_string())).collect(), |_| {}).unwrap();
        world.update("u").unwrap();
        world.take_task().unwrap();
        let reply = world.complete_with(Vec::new(), |completion| {
            completion.messages = vec![reject("u")];
            completion.discards_with_events = able;
        });
        assert_eq!(completed(reply).reset_history_event_id != 0, discarded, "{signals} events, able: {able}");
    }
}

#[test]
fn updates_end_with_their_run_as_far_as_they_were() {
    let ended = |last: WorkerCommand| {
        let mut world = idle();
        world.update("accepted").unwrap();
        world.take_task().unwrap();
        world.speak(vec![accept("accepted")], Vec::new()).unwrap();
        world.update("sent").unwrap();
        world.update("rejected").unwrap();
        world.take_task().unwrap();
        world.update("admitted").unwrap();
        world.speak(vec![reject("rejected")], vec![last]).unwrap();
        assert!(!world.run.is_open());
        assert_eq!(world.run.update_status("accepted"), Some(UpdateStatus::Unfinished));
        world.ends().join("\n")
    };
    assert_eq!(ended(complete()), "rejected rejected: not now\nadmitted aborted: RunClosed\nsent aborted: RunClosed");
    let continued = "rejected rejected: not now\nadmitted aborted: RunContinued\nsent aborted: RunContinued";
    assert_eq!(ended(continue_as_new()), continued);
}

#[test]
fn an_update_accepted_by_the_task_that_closes_its_run_is_unfinished() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    world.speak(vec![accept("u")], vec![fail()]).unwrap();
    assert_eq!(world.run.update_status("u"), Some(UpdateStatus::Unfinished));
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_terminated_run_shows_a_speculative_task_only_if_a_worker_had_it() {
    let mut world = idle();
    world.update("u").unwrap();
    let mut started = World { polls: 9, ..idle() };
    started.update("u").unwrap();
    started.take_task().unwrap();
    world.terminate().unwrap();
    started.terminate().unwrap();
    assert_eq!(world.ends(), ["u aborted: RunClosed"]);
    insta::assert_snapshot!(format!("waiting:\n{}started:\n{}", text(&world), text(&started)));
}

#[test]
fn the_caller_is_told_when_its_worker_says_what_cannot_be() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    let text = refused(world.speak(vec![answer("u")], Vec::new()));
    assert!(text.contains("invalid state transition"), "{text}");
    assert_eq!(world.ends(), ["u aborted: TaskRefused"]);
}

#[test]
fn a_message_without_a_body_is_refused_without_a_trace() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    let refused = world.speak(vec![Message { body: None, ..accept("u") }], Vec::new());
    assert_eq!(refused.err(), Some(Rejection::InvalidCommandSequence("nil message body".into())));
}

#[test]
fn messages_need_no_commands() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    world.complete_with(Vec::new(), |completion| completion.messages = vec![accept("u"), answer("u")]).unwrap();
    insta::assert_snapshot!(text(&world));
}

#[test]
fn a_refused_retry_still_tells_the_caller() {
    let mut world = idle();
    world.update("u").unwrap();
    world.take_task().unwrap();
    world.fail_task().unwrap();
    assert_eq!(world.ends(), [""; 0], "a worker that fails its task gets the update again");
    let retry = world.take_task().unwrap();
    assert_eq!((ids(&retry), retry.token.attempt), (vec!["u"], 2));
    let text = refused(world.speak(vec![answer("u")], Vec::new()));
    assert!(text.contains("invalid state transition"), "{text}");
    assert_eq!(world.ends(), ["u aborted: TaskRefused"]);
    assert!(world.run.workflow_task_is_started(), "the retry is left to time out");
    let refused = world.complete_with(vec![cancel_timer("x")], |_| {});
    assert!(matches!(refused, Err(Rejection::Refused(_))), "{refused:?}");
}

#[test]
fn an_update_that_was_lost_with_a_crash_comes_back_with_its_acceptance() {
    let mut world = idle();
    world.signal("s").unwrap();
    world.take_task().unwrap();
    world.speak(vec![accept("lost"), answer("lost")], Vec::new()).unwrap();
    assert_eq!(world.run.update_status("lost"), Some(UpdateStatus::Completed { event_id: 10 }));
}

#[test]
fn a_repeated_update_is_the_same_update() {
    let mut world = idle();
    for _ in 0..2 {
        world.update("u").unwrap();
    }
    assert_eq!(ids(&world.take_task().unwrap()), ["u"]);
    world.speak(vec![accept("u"), answer("u")], Vec::new()).unwrap();
    let before = text(&world);
    world.update("u").unwrap();
    assert_eq!(text(&world), before);
    assert!(world.offers.is_empty());
}

#[test]
fn updates_have_limits() {
    let mut world = idle();
    for n in 0..10 {
        world.update(&n.to_string()).unwrap();
    }
    assert_eq!(world.update("one more").err(), Some(UpdateRefusal::TooManyInFlight { max: 10 }.into()));
    world.update("3").expect("known already");

    let mut world = idle();
    let large = Request { input: Some(Input { args: Some(payloads(20 << 20)), ..Input::default() }), ..request("u") };
    assert_eq!(
        world.ask(Command::Update(Box::new(large))).err(),
        Some(UpdateRefusal::TooLargeInFlight { max: abide_model::limits::UPDATES_IN_FLIGHT_BYTES_MAX }.into())
    );

    let mut world = idle();
    world.run.state.updates.completed = (0..2000).map(|n| (n.to_string(), 1)).collect();
    let mut out = Emit::default();
    let refused = world.run.handle(Command::Update(Box::new(request("u"))), world.now, &mut out);
    assert_eq!(refused.err(), Some(UpdateRefusal::TooMany { max: 2000 }.into()));
}

#[test]
fn a_run_whose_task_fails_again_and_again_admits_no_update() {
    let mut world = World::new();
    for _ in 0..2 {
        world.take_task().unwrap();
        world.fail_task().unwrap();
    }
    assert_eq!(world.update("u").err(), Some(UpdateRefusal::TaskFails.into()));
}

#[test]
fn a_run_can_begin_with_an_update() {
    let mut world = World::with(|start| start.update = Some(Box::new(request("u"))));
    assert_eq!(ids(&world.take_task().unwrap()), ["u"]);
    world.speak(vec![reject("u")], Vec::new()).unwrap();
    insta::assert_snapshot!(text(&world));
}

#[test]
fn an_update_of_a_run_before_a_reset_is_told_by_the_history_alone() {
    let mut world = idle();
    let mut out = Emit::default();
    for _ in 0..2 {
        world.run.admit_reapplied_update(Some(request("u")), world.now, &mut out);
    }
    world.run.admit_reapplied_update(None, world.now, &mut out);
    world.run.want_workflow_task(world.now, &mut out);
    world.stored.extend(out.changes);
    world.offers.extend(world.run.open_offers().into_iter().map(|offer| (offer.task.subject, offer)));
    let started = world.take_task().unwrap();
    assert!(started.messages.is_empty());
    world.speak(vec![accept("u")], Vec::new()).unwrap();
    insta::assert_snapshot!(text(&world));
}
