//! What happened in a run as groups of events: one for each activity, timer, child, signal and whatever else takes its
//! time, from the event that begins it to the one that ends it. Pure: no history is read here.
//!
//! Every event is in exactly one group, and a group's id is the id of its first event.

mod group;
mod groups;
mod json;
mod marker;
mod markup;
mod meaning;
mod pending;
mod words;

pub(crate) use group::{Category, Group, Label, Status};
pub(crate) use groups::Groups;
pub(crate) use json::answer;
pub(crate) use markup::{controls, fallback};
pub(crate) use pending::Pending;

#[cfg(test)]
mod tests;
