//! The public API as HTTP and JSON, for whoever has no gRPC: every route that the protocol declares, with payloads in
//! shorthand; gRPC-Web for browsers; a description of it all as OpenAPI; and the same API as the official web UI speaks it, for
//! the port for people. Decides nothing: a request becomes the message that a gRPC client would have sent, and goes the
//! same way.

mod answer;
mod api;
mod binding;
mod call;
mod cors;
mod format;
mod front;
mod header;
mod openapi;
mod people;
mod query;
mod route;
mod serve;
#[cfg(test)]
mod testing;
pub mod url;

/// What a port serves.
pub use axum::Router;

pub use answer::status_of;
pub use binding::PREFIX;
pub use call::{Call, call};
pub use front::{Front, front};
pub use header::{Client, forwarded};
pub use people::people;
pub use serve::serve;
