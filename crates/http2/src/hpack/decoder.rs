//! From a header block to fields, RFC 7541, 6.

use http::HeaderValue;

use super::table::{Field, Table};
use super::{huffman, integer};

/// What we let clients remember, in bytes; the default of the specification, so it need not be told.
const TABLE_BYTES: usize = 4096;

/// The block cannot be read, and nothing that follows on the connection can.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Failure;

/// The state of one connection.
pub(crate) struct Decoder {
    table: Table,
    /// Room for a name and a value that were packed.
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Decoder {
    /// At the beginning of a connection.
    pub(crate) fn new() -> Self {
        Self { table: Table::new(TABLE_BYTES), name: Vec::new(), value: Vec::new() }
    }

    /// Gives every field of a whole block to `found`, with its size as HTTP/2 counts it.
    ///
    /// # Errors
    ///
    /// [`Failure`], after which the decoder must not be used.
    pub(crate) fn decode(&mut self, mut block: &[u8], mut found: impl FnMut(Field, usize)) -> Result<(), Failure> {
        let mut may_resize = true;
        while let Some(first) = block.first() {
            if first & 0xe0 == 0x20 {
                // Only before the first field (4.2).
                let bytes_max = integer::take(&mut block, 5).filter(|bytes| may_resize && *bytes <= TABLE_BYTES);
                self.table.resize(bytes_max.ok_or(Failure)?);
                continue;
            }
            may_resize = false;
            if first & 0x80 != 0 {
                let index = integer::take(&mut block, 7).ok_or(Failure)?;
                let (field, _, bytes) = self.table.get(index).ok_or(Failure)?;
                found(field.clone(), bytes);
                continue;
            }
            let is_remembered = first & 0x40 != 0;
            let (field, name_bytes, value_bytes) = self.literal(&mut block, if is_remembered { 6 } else { 4 })?;
            found(field.clone(), name_bytes + value_bytes + 32);
            if is_remembered {
                self.table.insert(field, name_bytes, value_bytes);
            }
        }
        Ok(())
    }

    fn literal(&mut self, block: &mut &[u8], prefix: u32) -> Result<(Field, usize, usize), Failure> {
        let Self { table, name: name_unpacked, value: value_unpacked } = self;
        let index = integer::take(block, prefix).ok_or(Failure)?;
        let known = if index == 0 { None } else { Some(table.get(index).ok_or(Failure)?) };
        let name = if known.is_none() { string(block, name_unpacked)? } else { &[] };
        let text = string(block, value_unpacked)?;
        let field = match (known, HeaderValue::from_bytes(text)) {
            (_, Err(_)) => Field::Malformed,
            (Some((field, _, _)), Ok(value)) => field.with(value),
            (None, Ok(value)) => Field::new(name, value),
        };
        Ok((field, known.map_or(name.len(), |(_, name_bytes, _)| name_bytes), text.len()))
    }
}

// A string as it was sent, or unpacked.
fn string<'r, 'a: 'r>(block: &mut &'a [u8], unpacked: &'r mut Vec<u8>) -> Result<&'r [u8], Failure> {
    let is_packed = block.first().ok_or(Failure)? & 0x80 != 0;
    let length = integer::take(block, 7).ok_or(Failure)?;
    let (text, rest) = block.split_at_checked(length).ok_or(Failure)?;
    *block = rest;
    if !is_packed {
        return Ok(text);
    }
    unpacked.clear();
    if huffman::decode(text, unpacked) { Ok(unpacked) } else { Err(Failure) }
}

#[cfg(test)]
mod tests {
    use abide_mutation::{Random, cases, mutated, noise};

    use super::*;

    fn decoded(decoder: &mut Decoder, hex: &str) -> Vec<(String, String)> {
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect();
        let mut fields = Vec::new();
        decoder.decode(&bytes, |field, _| fields.push(shown(&field))).expect("a block");
        fields
    }

    fn shown(field: &Field) -> (String, String) {
        let text = |value: &HeaderValue| value.to_str().expect("text").to_owned();
        match field {
            Field::Authority(value) => (":authority".into(), text(value)),
            Field::Method(value) => (":method".into(), text(value)),
            Field::Path(value) => (":path".into(), text(value)),
            Field::Scheme(value) => (":scheme".into(), text(value)),
            Field::Header(name, value) => (name.to_string(), text(value)),
            Field::Unknown | Field::Malformed => ("?".into(), String::new()),
        }
    }

    // RFC 7541, appendix C.4: three requests on one connection.
    #[test]
    fn the_requests_of_the_specification_are_read() {
        let mut decoder = Decoder::new();
        let pairs = |fields: &[(&str, &str)]| -> Vec<(String, String)> {
            fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
        };
        let common = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")];
        assert_eq!(decoded(&mut decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff"), pairs(&common));
        let second = [&common[..], &[("cache-control", "no-cache")]].concat();
        assert_eq!(decoded(&mut decoder, "828684be5886a8eb10649cbf"), pairs(&second));
        let third = [
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ];
        assert_eq!(decoded(&mut decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"), pairs(&third));
    }

    #[test]
    fn a_block_that_is_none_is_refused() {
        let blocks: [(&str, &[u8]); 7] = [
            ("index 0", &[0x80]),
            ("an index that nobody sent", &[0xbe]),
            ("a name index that nobody sent", &[0x7f, 0x00, 0x01, b'a']),
            ("a string that is cut off", &[0x40, 0x05, b'a']),
            ("a table larger than allowed", &[0x3f, 0xe2, 0x1f]),
            ("a new size behind a field", &[0x82, 0x20]),
            ("a bad code", &[0x40, 0x81, 0x00, 0x01, b'a']),
        ];
        for (what, block) in blocks {
            assert_eq!(Decoder::new().decode(block, |_, _| {}), Err(Failure), "{what}");
        }
    }

    #[test]
    fn a_name_or_value_that_http_does_not_allow_is_told_and_counted() {
        let mut decoder = Decoder::new();
        let mut fields = Vec::new();
        let block = [&[0x40, 0x01, b'A', 0x01, b'1'][..], &[0x40, 0x01, b'b', 0x01, 0x00], &[0xbe, 0xbf]].concat();
        decoder.decode(&block, |field, _| fields.push(field)).expect("a block");
        assert_eq!(fields, vec![Field::Malformed; 4]);
    }

    #[test]
    fn bytes_that_are_nearly_a_block_do_no_harm() {
        let block = b"\x82\x87\x85\xbf\x40\x88\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f\x89\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf";
        let mut random = Random::of(7);
        for _ in 0..cases(20_000) {
            let mut decoder = Decoder::new();
            let bytes = if random.percent(25) { noise(&mut random, 64) } else { mutated(block, &[], &mut random) };
            let mut bytes_seen = 0;
            let _decoded = decoder.decode(&bytes, |_, size| bytes_seen += size);
            assert!(bytes_seen <= bytes.len() * (TABLE_BYTES + 32), "bounded by the table");
        }
    }
}
