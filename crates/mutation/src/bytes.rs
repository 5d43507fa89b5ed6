//! Bytes that were valid.

use crate::Random;

/// Lengths that do not exceed this are made by repetition.
const GROWTH_MAX: usize = 64 * 1024;

/// Any bytes, at most so many.
pub fn noise(random: &mut Random, length_max: usize) -> Vec<u8> {
    let length = random.below(length_max + 1);
    (0..length).map(|_| random.number() as u8).collect()
}

/// The bytes, damaged in one place or a few. `others` are whole encodings of the same kind, to take parts from.
pub fn mutated(original: &[u8], others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=[0, 0, 0, 1, 2, 4][random.below(6)] {
        mutate(&mut bytes, others, random);
    }
    bytes
}

fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    if bytes.is_empty() {
        return bytes.extend(noise(random, 8));
    }
    let at = random.below(bytes.len());
    match random.below(12) {
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes[at] = *random.one_of(&[0, 1, 0x7f, 0x80, 0xfe, 0xff]),
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..(at + 1 + random.below(16)).min(bytes.len()))),
        5 => {
            let more = noise(random, 12);
            bytes.splice(at..at, more);
        }
        6 => copy_within(bytes, at, random),
        7 => blow_up_number(bytes, at, random),
        8 => blow_up_varint(bytes, at, random),
        9 => repeat(bytes, at, random),
        10 => nest(bytes, random),
        _ => splice(bytes, at, others, random),
    }
}

/// A part stands in another place as well.
fn copy_within(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let part = bytes[at..(at + 1 + random.below(32)).min(bytes.len())].to_vec();
    let to = random.below(bytes.len() + 1);
    let replaced = if random.percent(50) { to } else { (to + part.len()).min(bytes.len()) };
    bytes.splice(to..replaced, part);
}

/// A length of a fixed width, or any other number, becomes an extreme one.
fn blow_up_number(bytes: &mut [u8], at: usize, random: &mut Random) {
    let width = *random.one_of(&[2, 4, 8]);
    let extremes = [0, 1, u64::MAX, u64::MAX >> 1, 1 << 63, u64::from(u32::MAX), 1 << 31, bytes.len() as u64 + 1];
    let number = *random.one_of(&extremes);
    let encoded = if random.percent(50) { number.to_le_bytes() } else { number.to_be_bytes() };
    let encoded = if random.percent(50) { &encoded[..width] } else { &encoded[8 - width..] };
    for (byte, new) in bytes[at..].iter_mut().zip(encoded) {
        *byte = *new;
    }
}

/// A number of variable length becomes an extreme one.
fn blow_up_varint(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let length = random.below(11);
    let mut number = vec![0xff; length];
    number.push(*random.one_of(&[0, 1, 0x7f]));
    bytes.splice(at..=at, number);
}

/// A part stands there very often.
fn repeat(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let part = bytes[at..(at + 1 + random.below(64)).min(bytes.len())].to_vec();
    let times = 1 << random.below(12);
    let times = times.min(GROWTH_MAX / part.len());
    let many = part.repeat(times);
    bytes.splice(at..at, many);
}

/// Everything becomes a part of itself, and that again, deeper than any message should be.
fn nest(bytes: &mut Vec<u8>, random: &mut Random) {
    let tag = bytes[0];
    for _ in 0..1 << random.below(9) {
        if bytes.len() > GROWTH_MAX {
            return;
        }
        let mut outer = vec![tag];
        let mut length = bytes.len();
        while length >= 0x80 {
            outer.push(length as u8 | 0x80);
            length >>= 7;
        }
        outer.push(length as u8);
        outer.append(bytes);
        *bytes = outer;
    }
}

/// It goes on like another one.
fn splice(bytes: &mut Vec<u8>, at: usize, others: &[Vec<u8>], random: &mut Random) {
    if others.is_empty() {
        return bytes.truncate(at);
    }
    let other = random.one_of(others).clone();
    let from = random.below(other.len() + 1);
    bytes.truncate(at);
    bytes.extend_from_slice(&other[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_bytes_and_nearly_all_differ_from_the_original() {
        let original: Vec<u8> = (0..100).collect();
        let others = [vec![7; 50]];
        let of = |seed| mutated(&original, &others, &mut Random::of(seed));
        assert!((0..1000).all(|seed| of(seed) == of(seed)));
        let different = (0..1000).filter(|seed| of(*seed) != original).count();
        assert!(different > 950, "{different} of 1000");
        assert!((0..1000).all(|seed| of(seed).len() <= 12 * GROWTH_MAX), "within bounds");
    }
}
