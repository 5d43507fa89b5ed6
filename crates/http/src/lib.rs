//! The public API as HTTP and JSON, for whoever has no gRPC: every route that the protocol declares, with payloads in
//! shorthand; gRPC-Web for browsers; a description of it all as OpenAPI; and the port for people, which serves the same API to
//! the official web UI, and that UI's files. Decides nothing: a request becomes the message that a gRPC client would have
//! sent, and goes the same way.

mod answer;
mod api;
mod binding;
mod call;
mod cors;
mod format;
mod front;
mod header;
mod openapi;
mod query;
mod route;
mod serve;
#[cfg(test)]
mod testing;
mod ui;
mod url;

/// What a port serves.
pub use axum::Router;

pub use front::{Front, front};
pub use serve::serve;
pub use ui::{Ui, ui};
