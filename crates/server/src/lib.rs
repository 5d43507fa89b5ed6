//! One node: configuration, telemetry, and start and stop of the roles. Serves nothing by itself and decides nothing:
//! it opens the store, hands the roles to each other, and binds the address.

pub mod config;
pub mod dev;
pub mod error;
mod grpc;
pub mod listen;
pub mod maintenance;
pub mod node;
pub mod seams;
pub mod services;
pub mod telemetry;

mod dynamic;
mod inside;
mod names;
mod refill;
mod roles;
mod setting;

pub use config::Config;
pub use error::Error;
pub use names::search_attribute_type;
pub use node::{Addresses, Node};
pub use seams::Seams;
pub use services::Services;

/// The version of the public protocol that is served, as clients are told it.
pub const SERVER_VERSION: &str = "1.32.0";
