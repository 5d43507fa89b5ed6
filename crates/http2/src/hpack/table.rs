//! What an index stands for, RFC 7541, 2.3: 61 fields that everyone knows (appendix A), and behind them the ones that were
//! sent on this connection, newest first.

use std::collections::VecDeque;
use std::sync::LazyLock;

use http::{HeaderName, HeaderValue};

/// What each field costs beside its bytes (4.1).
const OVERHEAD: usize = 32;

/// One field, its name known to be a valid one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// `:authority`.
    Authority(HeaderValue),
    /// `:method`.
    Method(HeaderValue),
    /// `:path`.
    Path(HeaderValue),
    /// `:scheme`.
    Scheme(HeaderValue),
    /// A pseudo-header that no request has.
    Unknown,
    /// A name or value that HTTP does not allow. It is remembered, because indexes count it.
    Malformed,
    /// An ordinary one.
    Header(HeaderName, HeaderValue),
}

impl Field {
    /// From what was sent.
    pub(crate) fn new(name: &[u8], value: HeaderValue) -> Self {
        match name {
            b":authority" => Self::Authority(value),
            b":method" => Self::Method(value),
            b":path" => Self::Path(value),
            b":scheme" => Self::Scheme(value),
            [b':', ..] => Self::Unknown,
            // Names are lower case on the wire; `from_lowercase` refuses others.
            name => HeaderName::from_lowercase(name).map_or(Self::Malformed, |name| Self::Header(name, value)),
        }
    }

    /// The same field with another value.
    pub(crate) fn with(&self, value: HeaderValue) -> Self {
        match self {
            Self::Authority(_) => Self::Authority(value),
            Self::Method(_) => Self::Method(value),
            Self::Path(_) => Self::Path(value),
            Self::Scheme(_) => Self::Scheme(value),
            Self::Unknown => Self::Unknown,
            Self::Malformed => Self::Malformed,
            Self::Header(name, _) => Self::Header(name.clone(), value),
        }
    }
}

/// A field, and what it takes of the table (for one that is malformed, the field does not say).
#[derive(Clone, Debug)]
struct Entry {
    field: Field,
    bytes: usize,
    name_bytes: usize,
}

/// The fields of one connection.
pub(crate) struct Table {
    entries: VecDeque<Entry>,
    bytes: usize,
    bytes_max: usize,
}

impl Table {
    /// An empty one.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, bytes_max }
    }

    /// The field at an index, and the bytes of its name and of all of it, with the overhead.
    pub(crate) fn get(&self, index: usize) -> Option<(&Field, usize, usize)> {
        let behind = index.checked_sub(1)?;
        let entry = STATIC.get(behind).or_else(|| self.entries.get(behind - STATIC.len()))?;
        Some((&entry.field, entry.name_bytes, entry.bytes))
    }

    /// Remembers a field, and forgets the oldest ones. One that is larger than the table leaves an empty table (4.4).
    pub(crate) fn insert(&mut self, field: Field, name_bytes: usize, value_bytes: usize) {
        let bytes = name_bytes + value_bytes + OVERHEAD;
        self.shrink(self.bytes_max.saturating_sub(bytes));
        if bytes <= self.bytes_max {
            self.bytes += bytes;
            self.entries.push_front(Entry { field, bytes, name_bytes });
        }
    }

    /// The other side uses this much of the table from now on.
    pub(crate) fn resize(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max;
        self.shrink(bytes_max);
    }

    fn shrink(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some(oldest) = self.entries.pop_back() else { break };
            self.bytes -= oldest.bytes;
        }
    }
}

static STATIC: LazyLock<Vec<Entry>> = LazyLock::new(|| KNOWN.iter().map(known).collect());

fn known((name, value): &(&'static str, &'static str)) -> Entry {
    let field = Field::new(name.as_bytes(), HeaderValue::from_static(value));
    Entry { field, bytes: name.len() + value.len() + OVERHEAD, name_bytes: name.len() }
}

/// Appendix A, from index 1.
const KNOWN: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &'static str) -> Field {
        Field::new(name.as_bytes(), HeaderValue::from_static(value))
    }

    #[test]
    fn the_oldest_field_makes_room() {
        let mut table = Table::new(2 * (OVERHEAD + 2));
        for name in ["a", "b", "c"] {
            table.insert(field(name, "1"), 1, 1);
        }
        assert_eq!(table.get(62).map(|found| found.0.clone()), Some(field("c", "1")));
        assert_eq!(table.get(63).map(|found| found.0.clone()), Some(field("b", "1")));
        assert!(table.get(64).is_none() && table.get(0).is_none());
        table.insert(field("d", "much too large"), 1, 1000);
        assert!(table.get(62).is_none(), "a field larger than the table empties it");
    }

    #[test]
    fn an_index_of_the_specification_means_what_it_says() {
        let table = Table::new(4096);
        assert_eq!(table.get(3).map(|found| found.0.clone()), Some(field(":method", "POST")));
        assert_eq!(table.get(31).map(|found| found.0.clone()), Some(field("content-type", "")));
        assert_eq!(table.get(61).map(|found| found.0.clone()), Some(field("www-authenticate", "")));
    }
}
