//! Tests of the run: a small world around it, properties that hold for any list of commands, and golden histories.

mod golden;
mod property;
mod update;
mod world;
