//! Header compression, RFC 7541: a decoder of what clients send, and an encoder that keeps no state. Knows no frames.

mod decoder;
mod encoder;
mod huffman;
mod integer;
mod table;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::{encode, encode_no_table, encode_status};
pub(crate) use table::Field;
