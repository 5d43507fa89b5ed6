//! Clients: they start, signal, update, cancel, terminate, reset, query and read, reach into activities, repeat what may not have arrived, and
//! write down what they asked and what they were told.

mod activity;
mod ask;
mod delete;
mod read;
mod start;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::calls::{Client, Fate};
use crate::dice::Dice;
use crate::ledger::{Asked, Told, What};
use crate::world::World;

pub use activity::unpause_all;
pub use read::{Page, all_runs, history};
pub use start::url_of;

/// Everyone who uses the server. Dropped, they are gone.
pub struct Clients {
    _tasks: JoinSet<()>,
}

impl Clients {
    /// Begins to use the server.
    pub fn start(world: &World, count: u64) -> Self {
        let known = Known::default();
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let name = format!("client-{number}");
            let one = One {
                world: world.clone(),
                client: world.connect(&name),
                dice: world.dice(&name),
                known: known.clone(),
                name,
            };
            tasks.spawn(one.live());
        }
        if deletes(world.seed) {
            tasks.spawn(delete::live(world.clone()));
        }
        Self { _tasks: tasks }
    }
}

/// Whether somebody deletes runs: with one seed in four, so that what others do stays what it was.
fn deletes(seed: u64) -> bool {
    matches!(seed % 8, 0 | 6)
}

/// Runs that clients have heard of.
#[derive(Clone, Default)]
struct Known(Arc<Mutex<BTreeMap<String, Vec<String>>>>);

impl Known {
    fn add(&self, workflow_id: &str, run_id: &str) {
        let mut known = self.lock();
        let runs = known.entry(workflow_id.to_owned()).or_default();
        if !run_id.is_empty() && !runs.iter().any(|run| run == run_id) {
            runs.push(run_id.to_owned());
        }
    }

    /// A run of this workflow id; the newest one (an empty id) when none is known, or at times.
    fn pick(&self, workflow_id: &str, dice: &mut Dice) -> String {
        let known = self.lock();
        let runs = known.get(workflow_id).map(Vec::as_slice).unwrap_or_default();
        if runs.is_empty() || dice.happens(300) {
            return String::new();
        }
        // Mostly the last one that was heard of.
        if dice.happens(800) { runs.last().cloned().unwrap_or_default() } else { dice.pick(runs).clone() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client.
struct One {
    world: World,
    name: String,
    client: Client,
    dice: Dice,
    known: Known,
}

impl One {
    async fn live(mut self) {
        loop {
            let pause = self.dice.millis(20, 2500);
            sleep(pause).await;
            match self.dice.below(116) {
                0..=24 => self.start().await,
                25..=44 => self.signal().await,
                45..=52 => self.signal_with_start().await,
                53..=66 => self.update().await,
                67..=71 => self.cancel().await,
                72..=75 => self.terminate().await,
                76..=81 => self.reset().await,
                82..=86 => self.query().await,
                87..=102 => self.intervene().await,
                _ => self.look().await,
            }
        }
    }

    /// A name for what is asked next.
    fn tag(&mut self) -> String {
        format!("{}.{}", self.name, self.world.next_number())
    }

    fn any_workflow(&mut self) -> String {
        crate::worker::workflow_id(self.dice.below(self.world.workflows))
    }

    /// Writes down that something is asked, before it is.
    fn note(&self, what: What, workflow_id: &str, run_id: &str, tag: &str) -> usize {
        let mut book = self.world.ledger.book();
        book.requests.push(Asked {
            what,
            workflow_id: workflow_id.to_owned(),
            run_id: run_id.to_owned(),
            tag: tag.to_owned(),
            told: Told::Unknown,
            told_at: abide_model::Timestamp::EPOCH,
        });
        book.requests.len() - 1
    }

    /// Writes down what was told.
    fn told(&self, number: usize, told: Told) {
        let now = abide_model::Clock::now(&self.world.clock);
        let mut book = self.world.ledger.book();
        let asked = &mut book.requests[number];
        self.world
            .trace
            .line(&self.name, format_args!("{:?} {} {}: {told:?}", asked.what, asked.workflow_id, asked.tag));
        (asked.told, asked.told_at) = (told, now);
    }
}

/// Asks again and again while nobody knows, at most so often. A refusal after that says nothing of the attempts before.
async fn insist<T, F: Future<Output = Fate<T>>>(attempts: u64, dice: &mut Dice, mut ask: impl FnMut() -> F) -> Fate<T> {
    let mut doubt = None;
    for _ in 0..attempts {
        match ask().await {
            Fate::Acked(answer) => return Fate::Acked(answer),
            Fate::Refused(status) => {
                return match doubt {
                    None => Fate::Refused(status),
                    Some(doubt) => Fate::Unknown(doubt),
                };
            }
            Fate::Unknown(status) => doubt = Some(status),
        }
        sleep(dice.millis(20, 1500)).await;
    }
    Fate::Unknown(doubt.unwrap_or_else(|| tonic::Status::unavailable("simulated: never asked")))
}
