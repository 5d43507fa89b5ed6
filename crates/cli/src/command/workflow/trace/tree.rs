//! A run as a tree: what its events say of it, and the lines that show it.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::WorkflowExecution,
    enums::v1::WorkflowExecutionStatus as Status,
    failure::v1::Failure,
    history::v1::{HistoryEvent, history_event::Attributes as A},
};
use prost_types::Timestamp;

use crate::duration;
use crate::output::Paint;

/// In which states children are shown with a line only.
pub type Folding = Vec<Status>;

/// A run.
pub struct Execution {
    workflow_id: String,
    run_id: String,
    name: String,
    /// How it is.
    pub status: Status,
    failure: String,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    parts: BTreeMap<i64, Part>,
    // Whether its own history was read: what a parent knows of a child is less.
    read: bool,
}

enum Part {
    Activity(Step),
    Timer(Step),
    Child(Box<Execution>),
}

/// An activity or a timer.
struct Step {
    name: String,
    status: Status,
    failure: String,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Execution {
    /// Of which nothing is known yet.
    pub fn new(workflow_id: &str, run_id: &str) -> Self {
        Self {
            workflow_id: workflow_id.into(),
            run_id: run_id.into(),
            name: String::new(),
            status: Status::Running,
            failure: String::new(),
            from: None,
            to: None,
            parts: BTreeMap::new(),
            read: true,
        }
    }

    /// The ids of a child that has started and was not read itself.
    pub fn started(&self) -> Option<(String, String)> {
        (!self.read && !self.run_id.is_empty()).then(|| (self.workflow_id.clone(), self.run_id.clone()))
    }

    /// The children of a level; those of the run itself are level 0.
    pub fn children_at(&mut self, level: usize) -> Vec<&mut Execution> {
        let children = self.parts.values_mut().filter_map(|part| match part {
            Part::Child(child) => Some(child.as_mut()),
            Part::Activity(_) | Part::Timer(_) => None,
        });
        match level {
            0 => children.collect(),
            deeper => children.flat_map(|child| child.children_at(deeper - 1)).collect(),
        }
    }

    /// What an event says of it.
    pub fn event(&mut self, event: &HistoryEvent) {
        let (at, id) = (event.event_time, event.event_id);
        match event.attributes.as_ref() {
            Some(A::WorkflowExecutionStartedEventAttributes(started)) => {
                self.name = started.workflow_type.clone().unwrap_or_default().name;
                (self.from, self.to, self.status) = (at, None, Status::Running);
            }
            Some(A::WorkflowExecutionCompletedEventAttributes(_)) => self.end(Status::Completed, at, None),
            Some(A::WorkflowExecutionFailedEventAttributes(end)) => self.end(Status::Failed, at, end.failure.as_ref()),
            Some(A::WorkflowExecutionTimedOutEventAttributes(_)) => self.end(Status::TimedOut, at, None),
            Some(A::WorkflowExecutionCanceledEventAttributes(_)) => self.end(Status::Canceled, at, None),
            Some(A::WorkflowExecutionTerminatedEventAttributes(_)) => self.end(Status::Terminated, at, None),
            Some(A::WorkflowExecutionContinuedAsNewEventAttributes(_)) => self.end(Status::ContinuedAsNew, at, None),
            Some(A::ActivityTaskScheduledEventAttributes(scheduled)) => {
                let name = scheduled.activity_type.clone().unwrap_or_default().name;
                self.parts.insert(id, Part::Activity(Step::new(name, at)));
            }
            Some(A::ActivityTaskCompletedEventAttributes(e)) => {
                self.step(e.scheduled_event_id, Status::Completed, at, None)
            }
            Some(A::ActivityTaskFailedEventAttributes(e)) => {
                self.step(e.scheduled_event_id, Status::Failed, at, e.failure.as_ref());
            }
            Some(A::ActivityTaskTimedOutEventAttributes(e)) => {
                self.step(e.scheduled_event_id, Status::TimedOut, at, e.failure.as_ref());
            }
            Some(A::ActivityTaskCanceledEventAttributes(e)) => {
                self.step(e.scheduled_event_id, Status::Canceled, at, None)
            }
            Some(A::TimerStartedEventAttributes(started)) => {
                let length = duration::filled(started.start_to_fire_timeout);
                self.parts.insert(id, Part::Timer(Step::new(format!("timer {} {length}", started.timer_id), at)));
            }
            Some(A::TimerFiredEventAttributes(fired)) => self.step(fired.started_event_id, Status::Completed, at, None),
            Some(A::TimerCanceledEventAttributes(gone)) => self.step(gone.started_event_id, Status::Canceled, at, None),
            other => self.child_event(id, at, other),
        }
    }

    fn child_event(&mut self, id: i64, at: Option<Timestamp>, attributes: Option<&A>) {
        match attributes {
            Some(A::StartChildWorkflowExecutionInitiatedEventAttributes(asked)) => {
                let mut child = Execution::new(&asked.workflow_id, "");
                child.name = asked.workflow_type.clone().unwrap_or_default().name;
                (child.read, child.from) = (false, at);
                self.parts.insert(id, Part::Child(Box::new(child)));
            }
            Some(A::ChildWorkflowExecutionStartedEventAttributes(e)) => {
                self.child(e.initiated_event_id, |child| {
                    let WorkflowExecution { run_id, .. } = e.workflow_execution.clone().unwrap_or_default();
                    child.run_id = run_id;
                });
            }
            Some(A::StartChildWorkflowExecutionFailedEventAttributes(e)) => {
                self.child(e.initiated_event_id, |child| child.end(Status::Failed, at, None));
            }
            Some(A::ChildWorkflowExecutionCompletedEventAttributes(e)) => {
                self.child(e.initiated_event_id, |child| child.end(Status::Completed, at, None));
            }
            Some(A::ChildWorkflowExecutionFailedEventAttributes(e)) => {
                self.child(e.initiated_event_id, |child| child.end(Status::Failed, at, e.failure.as_ref()));
            }
            Some(A::ChildWorkflowExecutionTimedOutEventAttributes(e)) => {
                self.child(e.initiated_event_id, |child| child.end(Status::TimedOut, at, None));
            }
            Some(A::ChildWorkflowExecutionCanceledEventAttributes(e)) => {
                self.child(e.initiated_event_id, |child| child.end(Status::Canceled, at, None));
            }
            Some(A::ChildWorkflowExecutionTerminatedEventAttributes(e)) => {
                self.child(e.initiated_event_id, |child| child.end(Status::Terminated, at, None));
            }
            _ => {}
        }
    }

    fn end(&mut self, status: Status, at: Option<Timestamp>, failure: Option<&Failure>) {
        (self.status, self.to) = (status, at);
        self.failure = failure.map(|failure| failure.message.clone()).unwrap_or_default();
    }

    fn step(&mut self, id: i64, status: Status, at: Option<Timestamp>, failure: Option<&Failure>) {
        if let Some(Part::Activity(step) | Part::Timer(step)) = self.parts.get_mut(&id) {
            (step.status, step.to) = (status, at);
            step.failure = failure.map(|failure| failure.message.clone()).unwrap_or_default();
        }
    }

    fn child(&mut self, id: i64, change: impl FnOnce(&mut Execution)) {
        if let Some(Part::Child(child)) = self.parts.get_mut(&id) {
            change(child);
        }
    }

    /// The lines that show it.
    pub fn lines(&self, paint: Paint, folding: &Folding) -> Vec<String> {
        let mut lines = vec![self.title(paint)];
        self.parts(paint, folding, "", &mut lines);
        lines
    }

    fn title(&self, paint: Paint) -> String {
        let what = format!("{} ({})", self.name, self.workflow_id);
        line(paint, &what, self.status, (self.from, self.to), &self.failure)
    }

    fn parts(&self, paint: Paint, folding: &Folding, before: &str, lines: &mut Vec<String>) {
        let last = self.parts.len().saturating_sub(1);
        for (index, part) in self.parts.values().enumerate() {
            let (branch, below) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            match part {
                Part::Activity(step) | Part::Timer(step) => {
                    let text = line(paint, &step.name, step.status, (step.from, step.to), &step.failure);
                    lines.push(format!("{before}{branch}{text}"));
                }
                Part::Child(child) => {
                    lines.push(format!("{before}{branch}{}", child.title(paint)));
                    if !folding.contains(&child.status) {
                        child.parts(paint, folding, &format!("{before}{below}"), lines);
                    }
                }
            }
        }
    }
}

impl Step {
    fn new(name: String, at: Option<Timestamp>) -> Self {
        Self { name: name.trim_end().to_owned(), status: Status::Running, failure: String::new(), from: at, to: None }
    }
}

fn line(
    paint: Paint,
    what: &str,
    status: Status,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    failure: &str,
) -> String {
    let sign = match status {
        Status::Running | Status::Paused | Status::Unspecified => paint.blue("▷"),
        Status::Completed => paint.green("✓"),
        Status::Failed => paint.red("✗"),
        Status::TimedOut => paint.yellow("✗"),
        Status::Canceled | Status::Terminated => paint.magenta("◼"),
        Status::ContinuedAsNew => paint.blue("»"),
    };
    let nanos = |at: Timestamp| i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    let took = from.zip(to).and_then(|(from, to)| u64::try_from((nanos(to) - nanos(from)) / 1_000_000).ok());
    let took = took.map(|took| format!(" {}", duration::format(Duration::from_millis(took)))).unwrap_or_default();
    let why = failure.lines().next().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{sign} {what}{took}{why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_api::temporal::api::{
        common::v1::{ActivityType, WorkflowType},
        history::v1::{
            ActivityTaskFailedEventAttributes, ActivityTaskScheduledEventAttributes,
            StartChildWorkflowExecutionInitiatedEventAttributes, WorkflowExecutionStartedEventAttributes,
        },
    };

    fn event(event_id: i64, attributes: A) -> HistoryEvent {
        let event_time = Some(Timestamp { seconds: event_id, nanos: 0 });
        HistoryEvent { event_id, event_time, attributes: Some(attributes), ..HistoryEvent::default() }
    }

    #[test]
    fn a_run_is_drawn_with_its_parts_and_children() {
        let mut root = Execution::new("order-1", "r");
        let kind = Some(WorkflowType { name: "Order".into() });
        let started = WorkflowExecutionStartedEventAttributes { workflow_type: kind.clone(), ..Default::default() };
        let activity = Some(ActivityType { name: "charge".into() });
        let scheduled = ActivityTaskScheduledEventAttributes { activity_type: activity, ..Default::default() };
        let failure = Some(Failure { message: "no money".into(), ..Failure::default() });
        let failed = ActivityTaskFailedEventAttributes { scheduled_event_id: 5, failure, ..Default::default() };
        let asked = StartChildWorkflowExecutionInitiatedEventAttributes {
            workflow_id: "ship-1".into(),
            workflow_type: kind,
            ..Default::default()
        };
        root.event(&event(1, A::WorkflowExecutionStartedEventAttributes(started.into())));
        root.event(&event(5, A::ActivityTaskScheduledEventAttributes(scheduled)));
        root.event(&event(7, A::ActivityTaskFailedEventAttributes(failed)));
        root.event(&event(8, A::StartChildWorkflowExecutionInitiatedEventAttributes(asked.into())));
        insta::assert_snapshot!(root.lines(Paint::OFF, &Vec::new()).join("\n"));
    }
}
