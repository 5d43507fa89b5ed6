//! Patterns in which a star stands for any letters.

/// Whether a pattern, in which `*` stands for any letters, is this text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, expected) in [
            ("*", "anything:80", true),
            ("127.0.0.1:*", "127.0.0.1:8080", true),
            ("127.0.0.1:*", "127.0.0.1", false),
            ("prefix.*.domain", "prefix.a.b.domain", true),
            ("prefix.*.domain", "prefix.domain", false),
            ("*.domain", "a.domain:80", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("some-address", "some-address", true),
            ("some-address", "some-address:80", false),
            ("a.c", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
