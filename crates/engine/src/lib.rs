//! Pure machines: plain values that decide what a request changes and apply what became true. They read no clock, draw
//! no random number and do no I/O: what they need comes in with the command.

pub mod batch;
pub mod convert;
pub mod machine;
pub mod namespace;
pub mod queue_config;
pub mod run;

pub use machine::{Emit, Machine};
