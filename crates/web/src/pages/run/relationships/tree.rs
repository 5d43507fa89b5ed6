//! Parents and children, as a tree from the first ancestor on; or, of a large family, the ancestors and a list of children.

use std::collections::{BTreeMap, BTreeSet};

use abide_api::temporal::api::common::v1::WorkflowExecution;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;
use maud::{Markup, html};

use super::{Described, FAMILY_SHOWN_MAX, Found, KnownBy, ROWS, Run, href, list, table, text, type_name};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::widgets::{empty, run_status, since, time};

/// Deeper levels are not shown: nobody reads them, and pages stay bounded.
const DEPTH_MAX: usize = 50;
const CHILDREN: &str = "children";

/// See the file's first lines.
pub(super) async fn family(visit: &Visit, run: &Described) -> Result<Markup, Problem> {
    let root = run.info.root_execution.clone().unwrap_or_else(|| run.run.execution());
    let of_root = format!("RootWorkflowId = {} AND RootRunId = {}", text(&root.workflow_id), text(&root.run_id));
    let all = list(visit, &run.run.namespace, of_root, FAMILY_SHOWN_MAX, "").await?;
    if all.next.is_empty() {
        return Ok(visit.live("family", whole(visit, &run.run, &root, &all.runs)));
    }
    let (workflow_id, run_id) = (text(&run.run.workflow_id), text(&run.run.run_id));
    let of_this = format!("ParentWorkflowId = {workflow_id} AND ParentRunId = {run_id}");
    let children = list(visit, &run.run.namespace, of_this, ROWS, visit.value(CHILDREN).unwrap_or_default()).await?;
    Ok(around(visit, run, &root, &children))
}

/// The tree of all.
fn whole(visit: &Visit, of: &Run, root: &WorkflowExecution, all: &[WorkflowExecutionInfo]) -> Markup {
    let known: BTreeSet<&str> = all.iter().filter_map(run_id).collect();
    let mut children: BTreeMap<&str, Vec<&WorkflowExecutionInfo>> = BTreeMap::new();
    let mut tops = Vec::new();
    for one in all {
        match one.parent_execution.as_ref().map(|parent| parent.run_id.as_str()).filter(|id| known.contains(id)) {
            Some(parent) => children.entry(parent).or_default().push(one),
            None => tops.push(one),
        }
    }
    let by_start = |one: &&WorkflowExecutionInfo| one.start_time.map(|at| (at.seconds, at.nanos));
    children.values_mut().for_each(|list| list.sort_by_key(by_start));
    // Alone, or not in the lists yet.
    if all.len() <= 1 && root.run_id == of.run_id {
        return empty("This run has no parent and no children.");
    }
    html! {
        ul.tree {
            @if !known.contains(root.run_id.as_str()) {
                li { a href=(href(visit, of, root)) { (root.workflow_id) } " " span.quiet { "is the first ancestor" } }
            }
            @for top in tops { (branch(visit, of, top, &children, DEPTH_MAX)) }
        }
    }
}

fn branch(
    visit: &Visit,
    of: &Run,
    one: &WorkflowExecutionInfo,
    children: &BTreeMap<&str, Vec<&WorkflowExecutionInfo>>,
    depth_left: usize,
) -> Markup {
    let execution = one.execution.clone().unwrap_or_default();
    let below = children.get(execution.run_id.as_str()).filter(|_| depth_left > 0);
    let is_this = execution.run_id == of.run_id;
    html! {
        li data-key=(execution.run_id) {
            (run_status(one.status())) " "
            a href=(href(visit, of, &execution)) aria-current=[is_this.then_some("true")] { (execution.workflow_id) }
            " " (type_name(one)) @if is_this { strong { " (this run)" } }
            " " span.quiet { @match &one.close_time {
                Some(at) => { "ended " (time(Some(at))) },
                None => (since(one.start_time.as_ref())),
            } }
            @if let Some(below) = below { ul { @for child in below { (branch(visit, of, child, children, depth_left - 1)) } } }
        }
    }
}

/// What stands around this run in a family that is too large for a tree.
fn around(visit: &Visit, run: &Described, root: &WorkflowExecution, children: &Found) -> Markup {
    let link =
        |execution: &WorkflowExecution| html! { a href=(href(visit, &run.run, execution)) { (execution.workflow_id) } };
    html! {
        p { "This family has more than " (FAMILY_SHOWN_MAX) " members." }
        ul.tree {
            @if root.run_id != run.run.run_id { li { "First ancestor: " (link(root)) } }
            @if let Some(parent) = &run.info.parent_execution { li { "Parent: " (link(parent)) } }
        }
        @if children.runs.is_empty() {
            (empty("This run has no children."))
        } @else {
            (table(visit, &run.run, (CHILDREN, "Children of this run"), KnownBy::WorkflowId, children))
        }
    }
}

fn run_id(one: &WorkflowExecutionInfo) -> Option<&str> {
    one.execution.as_ref().map(|execution| execution.run_id.as_str())
}
