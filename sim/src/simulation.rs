//! One simulation: a safety phase in which things go wrong, then a liveness phase in which nothing does and every run
//! must end; then everything is read back and checked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use abide_api::temporal::api::{
    common::v1::WorkflowExecution,
    enums::v1::{CallbackState, WorkflowExecutionStatus},
    workflow::v1::{CallbackInfo, WorkflowExecutionInfo},
    workflowservice::v1::DescribeWorkflowExecutionResponse,
};
use abide_model::{RunId, WorkflowKey, fresh};
use tokio::time::sleep;

use crate::audit;
use crate::calls::{CALL, Client, Fate, call};
use crate::clients::{Clients, all_runs, unpause_all};
use crate::director::misfortune;
use crate::evidence;
use crate::invariant::{self, d1, r6};
use crate::ledger::{Intervene, Intervention, Violation};
use crate::trace::Keep;
use crate::worker::{Worker, describe_request};
use crate::world::World;

/// By when every run must have ended when nothing goes wrong, in simulated time: the longest script there is, in the
/// deepest family, with every attempt of every activity.
const LIVENESS_BOUND: Duration = Duration::from_secs(3600);

/// What came of a simulation.
#[derive(Debug)]
pub struct Outcome {
    /// What is wrong; nothing, one hopes.
    pub violations: Vec<Violation>,
    /// How many lines the trace has, and their sum.
    pub trace: (u64, u64),
    /// How much time went by in it.
    pub simulated: Duration,
    /// How many runs there were.
    pub runs: usize,
}

/// Panics, also those that something caught.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Runs the simulation of a seed. A process can do this once: some libraries keep random numbers for a process.
pub fn run(seed: u64, keep: Keep) -> Outcome {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
    }));
    fresh::repeat_from(seed);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime without input and output");
    let mut outcome = runtime.block_on(simulate(seed, keep));
    for what in PANICS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        outcome.violations.push(Violation { invariant: "panic", what });
    }
    outcome
}

async fn simulate(seed: u64, keep: Keep) -> Outcome {
    let world = World::new(seed, keep);
    world.host.boot().await;
    let mut dice = world.dice("simulation");
    let mut workers: Vec<Worker> = (0..dice.between(1, 3)).map(|_| Worker::start(&world)).collect();
    let clients = Clients::start(&world, dice.between(2, 5));
    misfortune(&world, &mut workers, dice.millis(20_000, 90_000)).await;

    world.trace.line("simulation", format_args!("calm"));
    world.weather.calm();
    drop((clients, workers));
    compare_cache_and_disk(&world).await;
    // What is later than this has happened later, even if somebody has set the clock back.
    let calm_since = world.clock.latest();
    let workers = [Worker::start(&world), Worker::start(&world)];
    let all_ended = wait_for_the_end(&world).await;
    drop(workers);
    if !all_ended {
        tell_what_is_open(&world).await;
    }

    let mut evidence = evidence::gather(&world, calm_since).await;
    evidence.print(&world.trace);
    let mut violations = std::mem::take(&mut evidence.book.violations);
    invariant::check(&evidence, &mut violations);
    world.host.stop().await;
    audit::disk(&world);
    if let Ok((runs, _)) = audit::read(&world.host.disk.rows()) {
        d1::check_stored(&evidence.book, &runs, &mut violations);
    }
    violations.append(&mut world.ledger.book().violations);
    Outcome { violations, trace: world.trace.sum(), simulated: world.clock.elapsed(), runs: evidence.runs.len() }
}

/// R6, while some runs are open: nobody works, so they rarely change.
async fn compare_cache_and_disk(world: &World) {
    let mut client = world.connect("auditor");
    sleep(Duration::from_secs(1)).await;
    let Some(namespace) = world.host.namespace() else { return };
    for info in all_runs(&mut client).await.unwrap_or_default() {
        if info.status() != WorkflowExecutionStatus::Running {
            continue;
        }
        let execution = info.execution.unwrap_or_default();
        let workflow = WorkflowKey { namespace, workflow_id: execution.workflow_id.clone() };
        let Some(run_id) = RunId::parse(&execution.run_id) else { continue };
        let stored = || audit::read_run(&world.host.disk.rows(), &workflow, run_id).ok().flatten();
        let Some(before) = stored() else { continue };
        let request = describe_request(&execution.workflow_id, &execution.run_id);
        let Fate::Acked(described) = call(client.describe_workflow_execution(request), CALL).await else { continue };
        // What nobody waits for is stored within some milliseconds.
        sleep(Duration::from_millis(50)).await;
        let Some(after) = stored().filter(|after| after.transition == before.transition) else { continue };
        let mut found = Vec::new();
        r6::check_described(run_id, &after, &described, &mut found);
        world.ledger.book().violations.append(&mut found);
    }
}

/// Whether all runs end in time, and tell everyone how who wants to know. Looks after what was left paused.
async fn wait_for_the_end(world: &World) -> bool {
    let mut client = world.connect("watcher");
    let until = world.clock.elapsed() + LIVENESS_BOUND;
    while world.clock.elapsed() < until {
        sleep(Duration::from_secs(10)).await;
        let Some(runs) = all_runs(&mut client).await else { continue };
        let is_open = |info: &WorkflowExecutionInfo| info.status() == WorkflowExecutionStatus::Running;
        let (open, closed): (Vec<_>, Vec<_>) = runs.into_iter().partition(is_open);
        for info in &open {
            end_pauses(world, &mut client, info).await;
        }
        if open.is_empty() && have_told(&mut client, &closed).await {
            return true;
        }
    }
    false
}

async fn end_pauses(world: &World, client: &mut Client, info: &WorkflowExecutionInfo) {
    let Some(WorkflowExecution { workflow_id, run_id }) = &info.execution else { return };
    let was_paused = |one: &Intervention| one.kind == Intervene::Pause && one.run_id == *run_id;
    if !world.ledger.book().interventions.iter().any(was_paused) {
        return;
    }
    let Some(described) = describe(client, info).await else { return };
    if described.pending_activities.iter().any(|activity| activity.paused) {
        unpause_all(world, client, workflow_id, run_id).await;
    }
}

/// Whether nobody is still to be told how a run ended.
async fn have_told(client: &mut Client, closed: &[WorkflowExecutionInfo]) -> bool {
    // Those of a run that another one has taken the place of stand by for ever.
    let is_settled = |callback: &CallbackInfo| {
        matches!(callback.state(), CallbackState::Succeeded | CallbackState::Failed | CallbackState::Standby)
    };
    for info in closed {
        let Some(described) = describe(client, info).await else { return false };
        if !described.callbacks.iter().all(is_settled) {
            return false;
        }
    }
    true
}

async fn describe(client: &mut Client, info: &WorkflowExecutionInfo) -> Option<DescribeWorkflowExecutionResponse> {
    let WorkflowExecution { workflow_id, run_id } = info.execution.clone()?;
    match call(client.describe_workflow_execution(describe_request(&workflow_id, &run_id)), CALL).await {
        Fate::Acked(described) => Some(described),
        Fate::Refused(_) | Fate::Unknown(_) => None,
    }
}

async fn tell_what_is_open(world: &World) {
    let mut client = world.connect("watcher");
    for info in all_runs(&mut client).await.unwrap_or_default() {
        // Whom closed runs have not told is told by C3.
        if info.status() == WorkflowExecutionStatus::Running {
            let execution = info.execution.unwrap_or_default();
            let request = describe_request(&execution.workflow_id, &execution.run_id);
            let described = call(client.describe_workflow_execution(request), CALL).await;
            if let Fate::Acked(described) = &described
                && waits_in_vain(&mut client, described).await
            {
                continue;
            }
            world.ledger.violated("liveness", format!("a run has not ended: {described:?}"));
        }
    }
}

/// Whether a run waits for children alone that have ended: they told a run that was closed by then, of which a reset has
/// made this one. So it is on the reference server as well.
async fn waits_in_vain(client: &mut Client, described: &DescribeWorkflowExecutionResponse) -> bool {
    let is_reset = described.workflow_extended_info.as_ref().is_some_and(|info| info.last_reset_time.is_some());
    let children = &described.pending_children;
    let waits_for_more = !described.pending_activities.is_empty() || described.pending_workflow_task.is_some();
    if !is_reset || children.is_empty() || waits_for_more {
        return false;
    }
    for child in children {
        let request = describe_request(&child.workflow_id, &child.run_id);
        let Fate::Acked(child) = call(client.describe_workflow_execution(request), CALL).await else { return false };
        if child.workflow_execution_info.is_none_or(|info| info.status() == WorkflowExecutionStatus::Running) {
            return false;
        }
    }
    true
}
