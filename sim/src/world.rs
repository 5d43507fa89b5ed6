//! What everyone in a simulation shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::calls::{Client, client};
use crate::clock::SimClock;
use crate::dice::Dice;
use crate::host::Host;
use crate::ledger::Ledger;
use crate::trace::{Keep, Trace};
use crate::weather::Weather;
use crate::wire::Wire;

/// See the file's first lines.
#[derive(Clone)]
pub struct World {
    /// Everything follows from it.
    pub seed: u64,
    /// The server's clock.
    pub clock: SimClock,
    /// What goes wrong.
    pub weather: Weather,
    /// What happened.
    pub trace: Trace,
    /// What was asked and told.
    pub ledger: Ledger,
    /// Where the server runs.
    pub host: Arc<Host>,
    /// How many workflow ids clients start.
    pub workflows: u64,
    born: Arc<AtomicU64>,
}

impl World {
    /// A world in which nothing has happened.
    pub fn new(seed: u64, keep: Keep) -> Self {
        let clock = SimClock::start();
        let weather = Weather::default();
        let trace = Trace::new(clock.clone(), keep);
        let ledger = Ledger::default();
        let host = Host::new(clock.clone(), weather.clone(), trace.clone(), ledger.clone(), Dice::of(seed, "host"));
        let workflows = Dice::of(seed, "size").between(3, 12);
        let host = Arc::new(host);
        Self { seed, clock, weather, trace, ledger, host, workflows, born: Arc::default() }
    }

    /// The dice of one part of the world.
    pub fn dice(&self, part: &str) -> Dice {
        Dice::of(self.seed, part)
    }

    /// A connection for somebody.
    pub fn connect(&self, who: &str) -> Client {
        let dice = self.dice(&format!("wire of {who}"));
        client(Wire::of(who, self.host.clone(), self.weather.clone(), self.trace.clone(), dice))
    }

    /// A number that nobody else in this world has.
    pub fn next_number(&self) -> u64 {
        self.born.fetch_add(1, Ordering::Relaxed)
    }
}
