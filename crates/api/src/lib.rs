//! The public `temporal.api` messages, clients and service traits. Everything here is generated from the descriptor
//! set that the crate `temporalio-protos` carries, but for `History`; no rule of behaviour lives here.
//!
//! Payload bytes are [`bytes::Bytes`], so they are slices of the request they came in. An RPC that a service does not
//! implement answers `UNIMPLEMENTED` by itself.
#![allow(missing_docs, rustdoc::all, clippy::all)]

mod history;

include!(concat!(env!("OUT_DIR"), "/api.rs"));

/// The compiled descriptor set of everything in this crate, for gRPC reflection and JSON.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
