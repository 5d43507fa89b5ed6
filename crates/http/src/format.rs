//! In which form a caller wants JSON, and in which it sends it: with payloads in shorthand or written out, on one line or on
//! many.

use abide_json::Payloads;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

/// How JSON is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Format {
    pub(crate) payloads: Payloads,
    pub(crate) lines: Lines,
}

/// On how many lines JSON is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lines {
    One,
    Many,
}

/// What callers get who ask for nothing.
pub(crate) const PLAIN: Format = Format { payloads: Payloads::Shorthand, lines: Lines::One };
/// What the official web UI reads.
pub(crate) const FOR_PEOPLE: Format = Format { payloads: Payloads::Raw, lines: Lines::Many };

const NAMED: [(&str, Format); 3] = [
    ("application/json+pretty", Format { payloads: Payloads::Shorthand, lines: Lines::Many }),
    ("application/json+no-payload-shorthand", Format { payloads: Payloads::Raw, lines: Lines::One }),
    ("application/json+pretty+no-payload-shorthand", FOR_PEOPLE),
];

impl Format {
    /// What a caller sends, by its `Content-Type`; anything that is not known is plain.
    pub(crate) fn sent(headers: &HeaderMap) -> Self {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        Self::named(kind).unwrap_or(PLAIN)
    }

    /// What a caller wants, by its query, its `Accept`, or else as it sends.
    pub(crate) fn wanted(headers: &HeaderMap, query: &str) -> Self {
        let asks = |name: &str| query.split('&').any(|part| part.split('=').next() == Some(name));
        let (pretty, raw) = (asks("pretty"), asks("noPayloadShorthand"));
        if pretty || raw {
            return Self {
                payloads: if raw { Payloads::Raw } else { Payloads::Shorthand },
                lines: if pretty { Lines::Many } else { Lines::One },
            };
        }
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        accepted.filter_map(Self::named).next().unwrap_or_else(|| Self::sent(headers))
    }

    /// As an answer says what it is.
    pub(crate) fn content_type(self) -> HeaderValue {
        let named = NAMED.iter().find(|(_, format)| *format == self);
        HeaderValue::from_static(named.map_or("application/json", |(name, _)| name))
    }

    fn named(kind: &str) -> Option<Self> {
        NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)).map(|(_, format)| *format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(http::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_caller_says_what_it_sends_and_what_it_wants() {
        let raw = "application/json+no-payload-shorthand";
        let sends_raw = headers(&[(CONTENT_TYPE, "application/json+no-payload-shorthand; charset=utf-8")]);
        assert_eq!(Format::sent(&sends_raw).payloads, Payloads::Raw);
        assert_eq!(Format::wanted(&sends_raw, "").content_type(), raw);
        assert_eq!(Format::wanted(&sends_raw, "pretty").content_type(), "application/json+pretty");
        let wants = headers(&[(CONTENT_TYPE, "application/json"), (ACCEPT, "application/json+pretty")]);
        assert_eq!(Format::sent(&wants), PLAIN);
        assert_eq!(Format::wanted(&wants, "").content_type(), "application/json+pretty");
        let both = "application/json+pretty+no-payload-shorthand";
        assert_eq!(Format::wanted(&wants, "a=1&pretty&noPayloadShorthand=x").content_type(), both);
        assert_eq!(
            Format::wanted(&headers(&[(ACCEPT, "text/html, */*")]), "prettyx").content_type(),
            "application/json"
        );
    }
}
