//! Tests of the loop, over the memory store and a small matching of their own: what is durable when who is told, and
//! what a failure, a restart or a lost answer leaves behind.

mod backlog;
mod bad_binary;
mod batches;
mod callback;
mod chain;
mod check;
mod damage;
mod deletion;
mod durability;
mod failure;
mod operation;
mod outbound;
mod query;
mod queue_config;
mod reclaim;
mod reset;
mod restart;
mod start;
mod task;
mod timer_row;
mod unreadable;
mod update;
mod world;
