//! Integers that begin inside a byte, RFC 7541, 5.1.

/// The largest integer that anyone has a use for here: lengths and indexes are bounded far below it.
const LARGEST: usize = 1 << 24;

/// Takes an integer whose first `prefix` bits stand in the first byte. None when it is cut off or absurdly large.
pub(crate) fn take(input: &mut &[u8], prefix: u32) -> Option<usize> {
    let (first, mut rest) = input.split_first()?;
    let mask = (1usize << prefix) - 1;
    let mut value = usize::from(*first) & mask;
    if value == mask {
        let mut shift = 0;
        loop {
            let (byte, behind) = rest.split_first()?;
            rest = behind;
            value = value.checked_add((usize::from(*byte) & 0x7f).checked_shl(shift)?)?;
            if value > LARGEST || shift > 28 {
                return None;
            }
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
    }
    *input = rest;
    Some(value)
}

/// Writes an integer behind the bits that are given in the first byte.
pub(crate) fn put(output: &mut impl bytes::BufMut, first: u8, prefix: u32, value: usize) {
    let mask = (1usize << prefix) - 1;
    if value < mask {
        output.put_u8(first | value as u8);
        return;
    }
    output.put_u8(first | mask as u8);
    let mut rest = value - mask;
    while rest >= 0x80 {
        output.put_u8((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    output.put_u8(rest as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_specification_are_read() {
        for (bytes, prefix, value) in [(&[0x0a][..], 5, 10), (&[0x1f, 0x9a, 0x0a], 5, 1337), (&[0x2a], 8, 42)] {
            let mut rest = bytes;
            assert_eq!(take(&mut rest, prefix), Some(value));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn what_never_ends_or_is_absurd_is_refused() {
        for bytes in [&[0x1f][..], &[0x1f, 0x80], &[0x1f, 0xff, 0xff, 0xff, 0xff, 0x7f], &[], &[0xff; 40]] {
            assert_eq!(take(&mut &*bytes, 5), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in 0usize..LARGEST, prefix in 1u32..=8) {
            let mut written = Vec::new();
            put(&mut written, 0, prefix, value);
            let mut rest = written.as_slice();
            prop_assert_eq!(take(&mut rest, prefix), Some(value));
            prop_assert!(rest.is_empty());
        }
    }
}
