//! For tests: bytes and texts that are almost right. What is merely random is refused at the first look by any decoder;
//! what was valid and has been damaged in a place or two gets further. Everything follows from a seed. Knows no format
//! but the few habits that formats share: lengths, variable-length numbers, messages within messages.

mod bytes;
mod random;
mod text;

pub use bytes::{mutated, noise};
pub use random::{Random, cases};
pub use text::{mutated_text, odd_text};
