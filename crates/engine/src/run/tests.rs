//! Tests of the run: a small world around it, properties that hold for any list of commands, and golden histories.

mod chain;
mod family;
mod golden;
mod property;
mod reset;
mod update;
mod world;
