//! The server's side of HTTP/2 (RFC 9113, RFC 7541), for gRPC.
//!
//! There are good libraries for this, and other parts of the project use them. This one exists because half of what a
//! workflow costs the server was spent in their layers (`docs/performance.md`): it answers the requests of a connection on
//! one task, without a channel or a task for each, and hands a body that came in one frame over as it came.
//! What it does not do: HTTP/1, pushing, priorities, compressing its own headers, being a client.
//!
//! - [`serve`] drives one connection over any byte stream.
//! - `connection` is the protocol without input and output.
//! - `hpack` is header compression, `frame` the layout of frames.

mod answer;
mod calls;
mod connection;
mod frame;
mod hpack;
mod ids;
mod incoming;
mod serve;

pub use answer::{Answer, Block, Whole};
pub use incoming::{Gone, Incoming};
pub use serve::{Options, serve};
