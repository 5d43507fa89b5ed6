//! What a service answers with: in general a response whose parts come one by one; or, as nearly always, one that is there as a
//! whole, whose fields are the same each time and are encoded once for all.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode};

use crate::hpack;

/// What a service answers with. `B` is the body of a general answer.
pub enum Answer<B> {
    /// All of it is there.
    Whole(Whole),
    /// Its parts are asked for one by one.
    Parts(Response<B>),
}

/// An answer that is there as a whole.
pub struct Whole {
    /// What stands before the body: see [`Block::head`].
    pub head: Block,
    /// The body; not empty.
    pub body: Bytes,
    /// What stands behind it: see [`Block::trailers`].
    pub trailers: Block,
}

/// An encoded header block, which any connection may send any number of times.
#[derive(Clone)]
pub struct Block(pub(crate) Bytes);

impl Block {
    /// A status and other fields.
    pub fn head(status: StatusCode, fields: &HeaderMap) -> Self {
        let mut block = BytesMut::new();
        hpack::encode_status(status, &mut block);
        hpack::encode(fields, &mut block);
        Self(block.freeze())
    }

    /// Fields behind a body.
    pub fn trailers(fields: &HeaderMap) -> Self {
        let mut block = BytesMut::new();
        hpack::encode(fields, &mut block);
        Self(block.freeze())
    }
}

impl<B> From<Response<B>> for Answer<B> {
    fn from(response: Response<B>) -> Self {
        Self::Parts(response)
    }
}
