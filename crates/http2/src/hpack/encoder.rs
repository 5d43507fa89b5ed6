//! From fields to a header block. Nothing is remembered and nothing packed: the few short fields of an answer would gain
//! little, and a peer cannot make an encoder without state grow.

use bytes::{BufMut, BytesMut};
use http::{HeaderMap, StatusCode};

use super::integer;

/// Where `content-type` stands in the static table.
const CONTENT_TYPE: usize = 31;
/// Where `:status` with the value 200 does; its name alone is 8, too.
const STATUS: usize = 8;

/// That nothing is to be remembered: a table of size zero.
pub(crate) fn encode_no_table(output: &mut BytesMut) {
    integer::put(output, 0x20, 5, 0);
}

/// The first field of an answer.
pub(crate) fn encode_status(status: StatusCode, output: &mut BytesMut) {
    if status == StatusCode::OK {
        integer::put(output, 0x80, 7, STATUS);
    } else {
        integer::put(output, 0x00, 4, STATUS);
        put_string(output, status.as_str().as_bytes());
    }
}

/// All other fields.
pub(crate) fn encode(fields: &HeaderMap, output: &mut BytesMut) {
    for (name, value) in fields {
        if name == http::header::CONTENT_TYPE {
            integer::put(output, 0x00, 4, CONTENT_TYPE);
        } else {
            output.put_u8(0x00);
            put_string(output, name.as_str().as_bytes());
        }
        put_string(output, value.as_bytes());
    }
}

fn put_string(output: &mut BytesMut, text: &[u8]) {
    integer::put(output, 0x00, 7, text.len());
    output.put_slice(text);
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;
    use crate::hpack::{Decoder, Field};

    proptest! {
        #[test]
        fn what_is_written_is_read(fields in proptest::collection::vec(("[a-z][a-z0-9-]{0,40}", "[ -~]{0,300}"), 0..12)) {
            let mut map = HeaderMap::new();
            for (name, value) in &fields {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                map.append(name, HeaderValue::from_str(value).expect("a value"));
            }
            let mut block = BytesMut::new();
            encode(&map, &mut block);
            let mut again = HeaderMap::new();
            Decoder::new().decode(&block, |field, _| {
                if let Field::Header(name, value) = field {
                    again.append(name, value);
                }
            }).expect("a block");
            prop_assert_eq!(map, again);
        }
    }

    #[test]
    fn a_status_is_told() {
        for (status, bytes) in [(StatusCode::OK, &[0x88][..]), (StatusCode::NOT_FOUND, b"\x08\x03404")] {
            let mut block = BytesMut::new();
            encode_status(status, &mut block);
            assert_eq!(&block[..], bytes);
        }
    }
}
