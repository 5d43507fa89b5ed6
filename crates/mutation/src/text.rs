//! Texts that could have been typed, or nearly.

use crate::Random;

/// What people do not type, and programs do.
const ODD: [&str; 28] = [
    "\0",
    "\n",
    "\u{7f}",
    "\u{202e}",
    "\u{feff}",
    "é",
    "ß",
    "İ",
    "\u{1F642}",
    "\u{10FFFF}",
    "'",
    "\"",
    "`",
    "\\",
    "%",
    "-",
    "+",
    ".",
    "..",
    "/",
    ",",
    "(",
    ")",
    "=",
    " ",
    "18446744073709551616",
    "-9223372036854775808",
    "1e999",
];

/// A text that is odd: empty, of other alphabets, very long, full of what means something to somebody.
pub fn odd_text(random: &mut Random) -> String {
    match random.below(6) {
        0 => String::new(),
        1 => (*random.one_of(&ODD)).to_owned(),
        2 => random.one_of(&ODD).repeat(1 << random.below(11)),
        3 => (0..random.below(40)).map(|_| *random.one_of(&ODD)).collect(),
        4 => (0..random.below(40)).filter_map(|_| char::from_u32(random.number() as u32 % 0x11_0000)).collect(),
        _ => random.number().to_string(),
    }
}

/// The text, changed in one place or a few. `words` are such as mean something in its language.
pub fn mutated_text(original: &str, words: &[&str], random: &mut Random) -> String {
    let mut letters: Vec<char> = original.chars().collect();
    for _ in 0..=[0, 0, 1, 2, 5][random.below(5)] {
        let at = random.below(letters.len() + 1);
        let end = (at + random.below(6)).min(letters.len());
        match random.below(7) {
            0 => drop(letters.drain(at..end)),
            1 => letters.truncate(at),
            2 => {
                let odd: Vec<char> = odd_text(random).chars().collect();
                letters.splice(at..at, odd);
            }
            3 if !words.is_empty() => {
                let word: Vec<char> = random.one_of(words).chars().collect();
                letters.splice(at..end, word);
            }
            4 => {
                let part: Vec<char> = letters[at..end].to_vec();
                let many = part.repeat(1 << random.below(9));
                letters.splice(at..at, many);
            }
            5 if at < letters.len() => {
                let other = random.below(letters.len());
                letters.swap(at, other);
            }
            _ => {
                let odd: Vec<char> = random.one_of(&ODD).chars().collect();
                letters.splice(at..end, odd);
            }
        }
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_text_and_nearly_all_differ_from_the_original() {
        let of = |seed| mutated_text("*/15 8-18 * * MON-FRI", &["JAN"], &mut Random::of(seed));
        assert!((0..1000).all(|seed| of(seed) == of(seed)));
        let different = (0..1000).filter(|seed| of(*seed) != "*/15 8-18 * * MON-FRI").count();
        assert!(different > 900, "{different} of 1000");
    }
}
