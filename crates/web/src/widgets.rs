//! What pages are made of: small functions from values to HTML. No calls, no addresses of pages.

mod command;
mod failure;
mod list;
mod number;
mod payload;
mod size;
mod status;
mod time;

pub(crate) use command::{command, copyable};
pub(crate) use failure::failure;
pub(crate) use list::{Column, empty, facts, tabs};
pub(crate) use number::number;
pub(crate) use payload::{payload, payloads};
pub(crate) use size::size;
pub(crate) use status::{run_status, status_name};
pub(crate) use time::{duration, since, span_text, time, until};
