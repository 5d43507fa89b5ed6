//! How a history stands in the catalogue: as text, in a file of its own.

use std::collections::BTreeSet;

use abide_api::temporal::api::{
    command::v1::Command as WorkerCommand,
    enums::v1::{CommandType, EventType, WorkflowTaskFailedCause as Cause},
    history::v1::HistoryEvent,
    protocol::v1::Message,
};
use abide_model::limits;

use crate::run::tests::world::*;
use crate::run::*;

/// A history that has one type of event.
pub struct Golden {
    pub event: EventType,
    /// Leads to it.
    pub play: fn() -> World,
}

/// What comes of one command of a workflow.
pub struct Row {
    pub command: CommandType,
    /// Leads to a run whose worker has just completed its task with the command, if there is such a thing.
    pub accepted: Option<fn() -> World>,
    /// All ways in which it is refused.
    pub refused: fn(&mut Refusals),
}

/// What a worker is told that may not do what it wants to.
#[derive(Default)]
pub struct Refusals {
    text: String,
    causes: BTreeSet<Cause>,
}

impl Golden {
    pub fn name(&self) -> String {
        name_of(self.event.as_str_name(), "EVENT_TYPE_")
    }

    pub fn check(&self) {
        let world = (self.play)();
        let mut text = transcript(&world);
        let shown = world.events().into_iter().filter(|event| event.event_type() == self.event);
        let details: String = shown.map(|event| format!("\n{}", details(event))).collect();
        assert!(!details.is_empty(), "{:?} does not come about", self.event);
        text.push_str(&details);
        compare("events", &self.name(), &text);
    }
}

impl Row {
    pub fn name(&self) -> String {
        name_of(self.command.as_str_name(), "COMMAND_TYPE_")
    }

    /// The causes of its refusals.
    pub fn check(&self) -> BTreeSet<Cause> {
        let mut refusals = Refusals::default();
        (self.refused)(&mut refusals);
        let accepted = self.accepted.map_or_else(|| "never accepted\n".to_owned(), |play| last_step(&play()));
        compare("commands", &self.name(), &format!("{accepted}\n{}", refusals.text));
        refusals.causes
    }
}

impl Refusals {
    /// A new run decides this first.
    pub fn alone(&mut self, case: &str, command: WorkerCommand) {
        self.list(case, vec![command]);
    }

    /// A new run decides these first.
    pub fn list(&mut self, case: &str, commands: Vec<WorkerCommand>) {
        self.after(case, World::new(), commands);
    }

    /// A run decides these at its next workflow task, or the one that is started.
    pub fn after(&mut self, case: &str, world: World, commands: Vec<WorkerCommand>) {
        self.answer(case, world, commands, Vec::new());
    }

    /// The same with messages.
    pub fn answer(&mut self, case: &str, mut world: World, commands: Vec<WorkerCommand>, messages: Vec<Message>) {
        if !world.run.workflow_task_is_started() {
            world.take_task().expect("there is a task to decide in");
        }
        let told = match world.complete_with(commands, |completion| completion.messages = messages) {
            Ok(Reply::WorkflowTaskCompleted(completed)) => completed.refused.expect("it is refused"),
            Err(Rejection::InvalidCommandSequence(text)) => return self.write(case, &text, "nothing is recorded"),
            Err(Rejection::Refused(refused)) => refused,
            other => panic!("{case}: {other:?}"),
        };
        self.causes.insert(told.cause);
        let follows = if world.run.is_open() { "the task has failed" } else { "the run is terminated" };
        self.write(case, &told.message, follows);
    }

    fn write(&mut self, case: &str, message: &str, follows: &str) {
        let message = message.replace(&long(), &format!("<{} bytes>", long().len()));
        self.text.push_str(&format!("{case}\n  {message}\n  {follows}\n"));
    }
}

/// An id that is longer than ids may be.
pub fn long() -> String {
    "x".repeat(limits::ID_BYTES_MAX + 1)
}

/// A duration that cannot be.
pub fn negative() -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds: -1, nanos: 0 })
}

/// A command without attributes.
pub fn bare(kind: CommandType) -> WorkerCommand {
    WorkerCommand { command_type: kind as i32, ..WorkerCommand::default() }
}

fn name_of(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase()
}

fn compare(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Everything that was asked of the run, each with the events that came of it.
fn transcript(world: &World) -> String {
    (0..world.asked.len()).map(|step| step_text(world, step)).collect()
}

fn last_step(world: &World) -> String {
    step_text(world, world.asked.len() - 1)
}

fn step_text(world: &World, step: usize) -> String {
    let asked = &world.asked[step];
    let events = world.events();
    let end = world.asked.get(step + 1).map_or(events.len(), |next| next.events);
    let after = asked.at.since(START).as_secs();
    let when = if after > 0 { format!(" after {after} s") } else { String::new() };
    let mut text = format!("{}{when}\n", asked_text(&asked.command));
    if let Some(rejected) = &asked.rejected {
        text.push_str(&format!("   rejected: {rejected:?}\n"));
    }
    for event in &events[asked.events..end] {
        text.push_str(&format!("{:>4} {:?}\n", event.event_id, event.event_type()));
    }
    text
}

/// The name of what was asked, with the decisions if it is a worker's answer.
fn asked_text(command: &Command) -> String {
    let debug = format!("{command:?}");
    let name = debug.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    if let Command::CompleteWorkflowTask(completion) = command {
        let decisions: Vec<_> = completion.commands.iter().map(WorkerCommand::command_type).collect();
        return format!("{name} {decisions:?}");
    }
    name.to_owned()
}

/// All that an event says, one field a line; what is not set is left out.
fn details(event: &HistoryEvent) -> String {
    let mut text = String::new();
    // How deep the lines are that this one is inside of, and whether they begin a list.
    let mut around: Vec<(usize, bool)> = Vec::new();
    for line in format!("{event:#?}").lines() {
        let depth = line.len() - line.trim_start().len();
        while around.last().is_some_and(|(outer, _)| *outer >= depth) {
            around.pop();
        }
        let line = line.trim().trim_end_matches(',');
        let is_item = around.last().is_some_and(|(_, list)| *list);
        if let Some(said) = said(line, is_item) {
            text.push_str(&format!("{}{said}\n", "  ".repeat(around.len())));
            around.push((depth, line.ends_with('[')));
        }
    }
    text
}

/// What a line says: nothing if it is punctuation, the name of a type, or a field that nobody has set.
fn said(line: &str, is_item: bool) -> Option<&str> {
    let unset = ["None", "\"\"", "0", "0.0", "false", "[]", "{}", "b\"\"", "Unspecified"];
    let opens = line.ends_with(['(', '{', '[']);
    match line.trim_start_matches("r#").split_once(": ") {
        Some((_, value)) if unset.contains(&value) => None,
        Some((field, _)) if opens => Some(&line[..line.find(field)? + field.len() + 1]),
        Some(_) => Some(line.trim_start_matches("r#")),
        None if ["}", ")", "]", "Some("].contains(&line) => None,
        None if line.ends_with('{') => is_item.then_some("-"),
        None => Some(line.trim_end_matches('(')),
    }
}
