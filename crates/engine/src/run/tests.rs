//! Tests of the run: a small world around it, properties that hold for any list of commands, and golden histories.

mod activity_control;
mod behaviour;
mod build_ids;
mod callback;
mod catalogue;
mod causes;
mod chain;
mod commands;
mod continuation;
mod eager;
mod family;
mod fuzz;
mod golden;
mod limits;
mod pause;
mod property;
mod reset;
mod reset_points;
mod update;
mod version;
mod world;
