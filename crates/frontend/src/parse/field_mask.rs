//! Field masks: which fields of a message a request means. Clients spell paths as protobuf does or as JSON does; here
//! they are as JSON does.

use std::collections::BTreeSet;

use prost_types::FieldMask;

/// The paths of a mask, as JSON spells them: `retryPolicy.maximumAttempts`.
pub fn paths(mask: &FieldMask) -> BTreeSet<String> {
    mask.paths.iter().map(|path| json(path)).collect()
}

/// One path, as JSON spells it.
pub fn json(path: &str) -> String {
    let mut spelled = String::with_capacity(path.len());
    let mut raise = false;
    for character in path.chars() {
        match character {
            '_' => raise = true,
            letter if raise => {
                spelled.extend(letter.to_uppercase());
                raise = false;
            }
            other => spelled.push(other),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_path_mean_the_same() {
        let mask = |path: &str| paths(&FieldMask { paths: vec![path.to_owned()] });
        assert_eq!(mask("retry_policy.maximum_attempts"), mask("retryPolicy.maximumAttempts"));
    }
}
