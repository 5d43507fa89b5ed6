//! Paths and queries of addresses, taken apart. What is escaped is decoded part by part, so an escaped slash is a letter of a
//! name and not a border. And put together again.

use std::borrow::Cow;

/// A text in which `%41` stands for `A`.
///
/// # Errors
/// Names what is no such escape.
pub fn decoded(text: &str) -> Result<Cow<'_, str>, String> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = behind;
            continue;
        }
        let digit = |at: usize| behind.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            let escape = String::from_utf8_lossy(&rest[..rest.len().min(3)]);
            return Err(format!("invalid URL escape {escape:?}"));
        };
        bytes.push((high * 16 + low) as u8);
        rest = &behind[2..];
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| "the URL contains invalid UTF-8".to_owned())
}

/// The segments of a path as they are written, if it begins with a slash.
pub fn segments(path: &str) -> Option<impl Iterator<Item = &str>> {
    path.strip_prefix('/').map(|path| path.split('/'))
}

/// The names and values of a query or of a form, in their order.
///
/// # Errors
/// As [`decoded`].
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, String> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    let plain = |text: &str| decoded(&text.replace('+', " ")).map(Cow::into_owned);
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Ok((plain(name)?, plain(value)?))
    };
    parts.map(pair).collect()
}

/// A path of these segments: a slash within one is escaped.
pub fn path(segments: &[&str]) -> String {
    segments.iter().fold(String::new(), |path, segment| path + "/" + &encoded(segment))
}

/// A query or a form of these names and values; nothing for none.
pub fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> =
        pairs.into_iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

/// A text with everything escaped that could mean something in an address.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_or_named() {
        assert_eq!(decoded("a%2Fb%20%C3%A9+").expect("well written"), "a/b é+");
        for (text, expected) in [
            ("%zz", "invalid URL escape \"%zz\""),
            ("a%2", "invalid URL escape \"%2\""),
            ("%", "invalid URL escape \"%\""),
            ("%ff", "the URL contains invalid UTF-8"),
        ] {
            assert_eq!(decoded(text).expect_err(text), expected);
        }
    }

    #[test]
    fn what_is_escaped_is_decoded_to_the_same() {
        for text in ["", "a/b é+&=%?#", "..", "<\"'>\\\0"] {
            assert_eq!(decoded(&encoded(text)).expect("well written"), text);
            assert_eq!(pairs(&query([(text, text)])).expect("well written"), [(text.to_owned(), text.to_owned())]);
        }
        assert_eq!(path(&["namespaces", "a/b", "é"]), "/namespaces/a%2Fb/%C3%A9");
    }

    #[test]
    fn a_query_is_names_and_values() {
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = vec![text("a", "1 2"), text("b", ""), text("c", "="), text("a", "&")];
        assert_eq!(pairs("a=1+2&b&c==&&a=%26").expect("well written"), expected);
        assert!(pairs("a=%zz").is_err());
    }
}
