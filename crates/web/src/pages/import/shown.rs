//! What is shown of an imported history: what its first and last events say, the timeline, and a window of its events.

use abide_api::temporal::api::enums::v1::{EventType, WorkflowExecutionStatus as Status};
use abide_api::temporal::api::history::v1::HistoryEvent;
use abide_api::temporal::api::history::v1::history_event::Attributes;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use abide_api::temporal::api::workflowservice::v1::DescribeWorkflowExecutionResponse;
use maud::{Markup, html};

use super::{href, read, upload::Upload};
use crate::form::token;
use crate::pages::run::{Described, FileView, Run, file_window};
use crate::problem::Problem;
use crate::timeline::{self, Groups};
use crate::visit::Visit;
use crate::widgets::{facts, run_status, time};

/// What is larger does not go to the browser and back for another part of it.
const CARRIED_BYTES_MAX: usize = 4 << 20;

/// Which part of the events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Part {
    view: FileView,
    /// The first event.
    from: i64,
}

impl Part {
    /// As a button or the fields say.
    pub(super) fn of(upload: &Upload) -> Result<Self, Problem> {
        let (view, from) = match upload.text("part").and_then(|part| part.split_once(':')) {
            Some((view, from)) => (Some(view), Some(from)),
            None => (upload.text("view"), upload.text("from")),
        };
        let view = view
            .map_or(Some(FileView::Feed), FileView::named)
            .ok_or_else(|| Problem::invalid("There is no such view."))?;
        let from =
            from.map_or(Ok(1), str::parse).map_err(|_| Problem::invalid("The first event shown is no number"))?;
        Ok(Self { view, from })
    }

    /// For who sends a file.
    pub(super) fn fields() -> Markup {
        html! {
            label { "Show"
                select name="view" { @for view in FileView::ALL { option value=(view.name()) { (view.label()) } } }
            }
            label { "From event" input type="number" name="from" min="1" value="1"; }
        }
    }

    fn written(self) -> String {
        format!("{}:{}", self.view.name(), self.from)
    }
}

/// The whole page, with the name of its workflow.
pub(super) fn history(visit: &Visit, namespace: &str, text: &str, part: Part) -> Result<(String, Markup), Problem> {
    let events = read::events(text)?;
    let run = described(namespace, &events);
    let mut groups = Groups::default();
    events.iter().for_each(|event| groups.add(event));
    let last = events
        .last()
        .and_then(|event| event.event_time)
        .map_or(0, |at| at.seconds * 1000 + i64::from(at.nanos) / 1_000_000);
    let data = timeline::answer(&groups, 0, &[], last);
    let event = |id: i64| run.run.href(visit, &["history", "events", &id.to_string()]);
    let (list, next) = file_window(visit, &run, (&events, &groups), (part.view, part.from))?;
    let name = if run.run.workflow_id.is_empty() { "A history".to_owned() } else { run.run.workflow_id.clone() };
    let shown = html! {
        h1 { (name) }
        (head(&run, &events))
        h2 { "Timeline" }
        pre id="timeline-data" hidden { (data) }
        abide-timeline src="#timeline-data" data-keys="" {}
        (timeline::controls(visit))
        noscript { (timeline::fallback(&groups, last - groups.began(), event)) }
        h2 { "Events" }
        (window(visit, namespace, text, part, &list, next))
    };
    Ok((name, shown))
}

fn head(run: &Described, events: &[HistoryEvent]) -> Markup {
    let ids = (events.first().map_or(0, |event| event.event_id), events.last().map_or(0, |event| event.event_id));
    html! {
        p { (run_status(run.info.status())) " " (run.workflow_type()) }
        (facts(&[
            ("Start", Some(time(run.info.start_time.as_ref()))),
            ("End", run.info.close_time.as_ref().map(|at| time(Some(at)))),
            ("Task queue", (!run.info.task_queue.is_empty()).then(|| html! { (run.info.task_queue) })),
            ("Events", Some(html! { (events.len()) " (" (ids.0) " to " (ids.1) ")" })),
        ]))
    }
}

/// A list, and the buttons that ask for another one: with the history itself, if it is not too large.
fn window(visit: &Visit, namespace: &str, text: &str, part: Part, list: &Markup, next: Option<i64>) -> Markup {
    let is_carried = text.len() <= CARRIED_BYTES_MAX;
    let next = next.map(|from| Part { from, ..part });
    html! {
        @if is_carried {
            form method="post" enctype="multipart/form-data" action=(href(visit, namespace)) {
                (token(visit))
                textarea name="pasted" hidden aria-label="The history" { "\n" (text) }
                div.actions role="group" aria-label="View" {
                    @for view in FileView::ALL {
                        button.small name="part" value=(Part { view, from: 1 }.written()) aria-pressed=(view == part.view) { (view.label()) }
                    }
                    @if let Some(next) = next {
                        button.small name="part" value=(next.written()) { "From event " (next.from) " on" }
                    }
                }
            }
        }
        (list)
        @if let Some(next) = next.filter(|_| !is_carried) {
            p.note { "There are more events. This history is too large to come with the page: to see them, choose the file again and "
                "show it from event " (next.from) " on." }
        }
    }
}

/// What its own events say of the run. It has no run id: no address of this server leads to it.
fn described(namespace: &str, events: &[HistoryEvent]) -> Described {
    let mut info = WorkflowExecutionInfo {
        history_length: events.len() as i64,
        status: Status::Running.into(),
        ..Default::default()
    };
    let mut workflow_id = String::new();
    if let Some(first) = events.first() {
        info.start_time = first.event_time;
        if let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) = &first.attributes {
            workflow_id.clone_from(&started.workflow_id);
            info.r#type.clone_from(&started.workflow_type);
            info.task_queue = started.task_queue.as_ref().map(|queue| queue.name.clone()).unwrap_or_default();
        }
    }
    if let Some((last, status)) = events.last().and_then(|last| Some((last, ended(last.event_type())?))) {
        info.status = status.into();
        info.close_time = last.event_time;
    }
    let run = Run { namespace: namespace.to_owned(), workflow_id, run_id: String::new() };
    Described::of(run, DescribeWorkflowExecutionResponse { workflow_execution_info: Some(info), ..Default::default() })
}

fn ended(kind: EventType) -> Option<Status> {
    match kind {
        EventType::WorkflowExecutionCompleted => Some(Status::Completed),
        EventType::WorkflowExecutionFailed => Some(Status::Failed),
        EventType::WorkflowExecutionTimedOut => Some(Status::TimedOut),
        EventType::WorkflowExecutionCanceled => Some(Status::Canceled),
        EventType::WorkflowExecutionTerminated => Some(Status::Terminated),
        EventType::WorkflowExecutionContinuedAsNew => Some(Status::ContinuedAsNew),
        // No other event ends a run.
        _ => None,
    }
}
