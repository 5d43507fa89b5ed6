//! Deterministic simulation: the production server, unchanged, in one thread, on simulated time. Its seams are replaced
//! (clock, network, store, ids); scripted workers and clients speak the real protocol to it; what goes wrong follows from
//! a seed. One seed, one process. Decides nothing about workflows: it watches.

pub mod audit;
pub mod calls;
pub mod clients;
pub mod clock;
pub mod dice;
pub mod director;
pub mod evidence;
pub mod host;
pub mod invariant;
pub mod ledger;
pub mod many;
pub mod offers;
pub mod outside;
pub mod script;
pub mod simulation;
pub mod store;
pub mod trace;
pub mod watchdog;
pub mod weather;
pub mod wire;
pub mod worker;
pub mod world;
