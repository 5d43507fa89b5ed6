//! Events in, groups out, in linear time. Can go on from where it stopped: what was added stays.

use std::collections::HashMap;

use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::sdk::v1::UserMetadata;
use prost_types::Timestamp;

use super::group::{Category, Group, Label, Status};
use super::marker;
use super::meaning::{self, Beginning, Meaning, Reference, Step};

/// The groups of one run's events, in the order in which they began; at first there is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    groups: Vec<Group>,
    /// The events, in their order, and the place of each one's group.
    places: Vec<(i64, u32)>,
    /// When event 1 happened, in milliseconds since the epoch.
    began: i64,
    /// The places of what has a key that events refer to.
    open: Open,
}

/// What later messages name by something else than an event.
#[derive(Clone, Debug, Default)]
struct Open {
    activities: HashMap<String, u32>,
    updates: HashMap<String, u32>,
    pause: Option<u32>,
    workflow_task: Option<u32>,
}

impl Groups {
    /// Adds the next event. Events come in the order of their ids; one that is here already changes nothing.
    pub(crate) fn add(&mut self, event: &HistoryEvent) {
        if event.event_id <= self.last_event() {
            return;
        }
        if self.places.is_empty() {
            self.began = millis(event.event_time);
        }
        let place = match meaning::of(event) {
            Meaning::Begins(beginning) => self.begin(event, beginning),
            Meaning::Continues(reference, step) => {
                let place = self.place(&reference).unwrap_or_else(|| self.begin(event, Beginning::unseen(&reference)));
                self.step(event, place, step);
                place
            }
        };
        self.places.push((event.event_id, place));
        if self.groups[place as usize].category == Category::Run && self.is_closed() {
            self.leave_open(event);
        }
    }

    /// The id of the last event; 0 when there is none.
    pub(crate) fn last_event(&self) -> i64 {
        self.places.last().map_or(0, |(event_id, _)| *event_id)
    }

    /// When the run began, in milliseconds since the epoch: what the times of groups count from.
    pub(crate) fn began(&self) -> i64 {
        self.began
    }

    /// Milliseconds since the epoch as time of this run.
    pub(crate) fn time(&self, at: Timestamp) -> i64 {
        millis(Some(at)) - self.began
    }

    /// The group of the run itself, once there is its first event.
    pub(crate) fn run(&self) -> Option<&Group> {
        self.groups.first().filter(|group| group.category == Category::Run)
    }

    /// Whether the run has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.run().is_some_and(|run| !run.status.is_open())
    }

    /// All groups, in the order in which they began.
    pub(crate) fn all(&self) -> &[Group] {
        &self.groups
    }

    /// The group that this event is in.
    pub(crate) fn of_event(&self, event_id: i64) -> Option<&Group> {
        self.place_of(event_id).map(|place| &self.groups[place as usize])
    }

    /// The groups that an event behind `event_id` changed, in the order in which they began.
    pub(crate) fn changed_after(&self, event_id: i64) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.changed > event_id)
    }

    /// The open activity with this id.
    pub(crate) fn activity(&self, activity_id: &str) -> Option<&Group> {
        self.open.activities.get(activity_id).map(|place| &self.groups[*place as usize])
    }

    /// The last workflow task.
    pub(crate) fn workflow_task(&self) -> Option<&Group> {
        self.open.workflow_task.map(|place| &self.groups[place as usize])
    }

    fn begin(&mut self, event: &HistoryEvent, beginning: Beginning) -> u32 {
        let place = u32::try_from(self.groups.len()).expect("there are fewer groups than numbers for them");
        let Beginning { category, name, key, status, attempt, takes, reason, span } = beginning;
        let at = millis(event.event_time) - self.began;
        let (start, end) = span.map_or((at, at), |(from, to)| (from - self.began, to - self.began));
        self.groups.push(Group {
            id: event.event_id,
            category,
            name,
            key,
            label: label(event.user_metadata.as_ref()),
            status,
            start,
            started: None,
            end: (!status.is_open()).then_some(end),
            due: takes.map(|takes| start + takes),
            attempt,
            reason,
            events: vec![event.event_id],
            changed: event.event_id,
        });
        self.remember(place);
        place
    }

    fn remember(&mut self, place: u32) {
        let group = &self.groups[place as usize];
        match group.category {
            Category::Activity => drop(self.open.activities.insert(group.key.clone(), place)),
            Category::Update => drop(self.open.updates.insert(group.key.clone(), place)),
            Category::Run if group.status == Status::Paused => self.open.pause = Some(place),
            Category::WorkflowTask => self.open.workflow_task = Some(place),
            Category::Run
            | Category::LocalActivity
            | Category::Timer
            | Category::ChildWorkflow
            | Category::Signal
            | Category::ExternalSignal
            | Category::ExternalCancel
            | Category::NexusOperation
            | Category::Marker
            | Category::Property => {}
        }
    }

    fn place_of(&self, event_id: i64) -> Option<u32> {
        // A history in a file may begin in the middle, and may lack some.
        let index = self.places.binary_search_by_key(&event_id, |(event_id, _)| *event_id).ok()?;
        Some(self.places[index].1)
    }

    fn place(&self, reference: &Reference) -> Option<u32> {
        match reference {
            Reference::Event(id) => self.place_of(*id),
            Reference::Run => self.run().map(|_| 0),
            Reference::Update(id) => self.open.updates.get(id).copied(),
            Reference::Pause => self.open.pause,
        }
    }

    fn step(&mut self, event: &HistoryEvent, place: u32, step: Step) {
        let at = millis(event.event_time) - self.began;
        let group = &mut self.groups[place as usize];
        if group.events.last() != Some(&event.event_id) {
            group.events.push(event.event_id);
        }
        group.changed = event.event_id;
        group.attempt = step.attempt.unwrap_or(group.attempt);
        if !step.name.is_empty() {
            group.name = step.name;
        }
        if !step.reason.is_empty() {
            group.reason = step.reason;
        }
        let Some(status) = step.status else { return };
        group.status = status;
        match status {
            Status::Started | Status::Accepted => group.started = Some(at),
            Status::Running | Status::Scheduled | Status::Admitted | Status::Paused => {}
            Status::Completed
            | Status::Fired
            | Status::Signaled
            | Status::CancelRequested
            | Status::Recorded
            | Status::Resumed
            | Status::ContinuedAsNew
            | Status::Canceled
            | Status::Failed
            | Status::TimedOut
            | Status::Terminated
            | Status::Rejected
            | Status::Unfinished => {
                group.end = Some(at);
                if group.category == Category::Activity {
                    self.open.activities.remove(&group.key);
                }
            }
        }
    }

    /// A run that ends leaves what is open without an event.
    fn leave_open(&mut self, event: &HistoryEvent) {
        let at = millis(event.event_time) - self.began;
        for group in self.groups.iter_mut().filter(|group| group.status.is_open()) {
            group.status = Status::Unfinished;
            group.end = Some(at);
            group.changed = event.event_id;
        }
        self.open = Open::default();
    }
}

/// What the workflow says of it: as text if it is text.
fn label(metadata: Option<&UserMetadata>) -> Label {
    let Some(summary) = metadata.and_then(|metadata| metadata.summary.as_ref()) else { return Label::None };
    match marker::json(summary) {
        Some(serde_json::Value::String(text)) if text.is_empty() => Label::None,
        Some(serde_json::Value::String(text)) => Label::Text(text),
        Some(_) | None => Label::Encoded(summary.clone()),
    }
}

/// Milliseconds since the epoch.
pub(super) fn millis(at: Option<Timestamp>) -> i64 {
    at.map_or(0, |at| at.seconds.saturating_mul(1000).saturating_add(i64::from(at.nanos) / 1_000_000))
}
