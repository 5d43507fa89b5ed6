//! How Nexus is spoken to addresses outside: what a completed operation is as an HTTP request, and what the answer means.
//! The only crate that opens connections of its own accord. Keeps nothing; what is tried again, and when, is decided by
//! the run that owes it.

mod answer;
mod client;
mod completion;
mod failure;
#[cfg(test)]
mod fuzz;
mod http;
mod link;
mod payload;
mod transport;

pub use client::Client;
pub use transport::Transport;
