//! Addresses, taken apart as the reference server takes them apart, whose words for what is wrong with one users know.
//! Knows no scheme; looks nothing up.

use std::fmt::{self, Display};

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// In small letters; empty if there is none.
    pub scheme: String,
    /// Name and password, as they stand before an `@`; none if there is no `@`.
    pub user: Option<String>,
    /// Host and port; empty if there is none.
    pub host: String,
    /// Everything behind the host but the fragment, with what cannot stand in a request escaped.
    pub path_and_query: String,
    fragment: Option<String>,
    has_authority: bool,
}

impl Url {
    /// Takes an address apart. The text says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::split(text).map_err(|why| format!("parse {text:?}: {why}"))
    }

    /// Without name and password, for people.
    pub fn shown(&self) -> String {
        Self { user: None, ..self.clone() }.to_string()
    }

    fn split(text: &str) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".into());
        }
        let (text, fragment) = match text.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment.to_owned())),
            None => (text, None),
        };
        let (scheme, rest) = scheme(text)?;
        let has_authority = rest.starts_with("//") && (!scheme.is_empty() || !rest.starts_with("///"));
        let (authority, rest) = match rest.strip_prefix("//").filter(|_| has_authority) {
            Some(behind) => behind.split_at(behind.find(['/', '?']).unwrap_or(behind.len())),
            None => ("", rest),
        };
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, authority),
        };
        check_host(host)?;
        let path = rest.split('?').next().unwrap_or_default();
        if scheme.is_empty() && !has_authority && path.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err("first path segment in URL cannot contain colon".into());
        }
        check_escapes(path)?;
        let path_and_query = escaped(rest);
        Ok(Self { scheme, user, host: host.to_owned(), path_and_query, fragment, has_authority })
    }
}

impl Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if self.has_authority {
            f.write_str("//")?;
        }
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        f.write_str(&self.host)?;
        f.write_str(&self.path_and_query)?;
        match &self.fragment {
            Some(fragment) => write!(f, "#{fragment}"),
            None => Ok(()),
        }
    }
}

/// The scheme, and what is behind its colon.
fn scheme(text: &str) -> Result<(String, &str), String> {
    for (at, letter) in text.char_indices() {
        match letter {
            ':' if at == 0 => return Err("missing protocol scheme".into()),
            ':' => return Ok((text[..at].to_ascii_lowercase(), &text[at + 1..])),
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            _ => break,
        }
    }
    Ok((String::new(), text))
}

fn check_host(host: &str) -> Result<(), String> {
    let port = match host.rfind(']') {
        Some(end) if host.starts_with('[') => &host[end + 1..],
        Some(_) | None if host.starts_with('[') => return Err("missing ']' in host".into()),
        Some(_) | None => host.find(':').map_or("", |colon| &host[colon..]),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    if port.starts_with(':') == port.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("invalid port {port:?} after host"));
    }
    let wrong = |letter: &char| matches!(letter, ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    if let Some(letter) = host.chars().find(wrong) {
        return Err(format!("invalid character {:?} in host name", letter.to_string()));
    }
    check_escapes(host)
}

fn check_escapes(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('%') {
        let escape: String = text[at..].chars().take(3).collect();
        if escape.len() != 3 || !escape[1..].bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("invalid URL escape {escape:?}"));
        }
    }
    Ok(())
}

/// With everything escaped that cannot stand in a request as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x80.. => {
                escaped.push_str(&format!("%{byte:02X}"));
            }
            other => escaped.push(char::from(other)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let url = Url::parse("HTTPS://me:secret@example.com:8443/a b/c?d=e#f").unwrap();
        assert_eq!((url.scheme.as_str(), url.host.as_str()), ("https", "example.com:8443"));
        assert_eq!(url.user.as_deref(), Some("me:secret"));
        assert_eq!(url.path_and_query, "/a%20b/c?d=e");
        assert_eq!(url.to_string(), "https://me:secret@example.com:8443/a%20b/c?d=e#f");
        assert_eq!(Url::parse("http://[::1]:80").unwrap().host, "[::1]:80");
        assert_eq!(Url::parse("http://host?q=1").unwrap().path_and_query, "?q=1");
    }

    // Every line was asked of the reference server.
    #[test]
    fn what_is_no_address_is_said_in_known_words() {
        for (text, why) in [
            ("http://a/%zz", r#"parse "http://a/%zz": invalid URL escape "%zz""#),
            ("http://a/\n", r#"parse "http://a/\n": net/url: invalid control character in URL"#),
            ("http://a:b/", r#"parse "http://a:b/": invalid port ":b" after host"#),
            ("http://a b/", r#"parse "http://a b/": invalid character " " in host name"#),
            (":x", r#"parse ":x": missing protocol scheme"#),
        ] {
            assert_eq!(Url::parse(text).unwrap_err(), why);
        }
    }

    #[test]
    fn what_has_no_host_is_an_address_all_the_same() {
        for (text, shown, host) in [
            ("no url", "no%20url", ""),
            ("", "", ""),
            ("//host/x", "//host/x", "host"),
            ("http:///x", "http:///x", ""),
            ("temporal://system/x", "temporal://system/x", "system"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((url.to_string().as_str(), url.host.as_str()), (shown, host));
        }
    }
}
