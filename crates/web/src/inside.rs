//! What the server tells its system page about itself. Whoever fills it in knows the parts; the page knows how to show them.

use abide_model::Timestamp;

/// Facts under one heading.
#[derive(Clone, PartialEq, Debug)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Names and what they stand for.
    pub facts: Vec<(String, Fact)>,
}

/// One thing that is known.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// As it is.
    Text(String),
    /// As something that is wrong.
    Trouble(String),
    /// So many.
    Count(u64),
    /// Bytes.
    Bytes(u64),
    /// Bytes, of so many that there may be.
    Filled {
        /// Those that are used.
        used: u64,
        /// Those that there may be.
        limit: u64,
    },
    /// Since then.
    Since(Timestamp),
}

impl Section {
    /// With these facts.
    pub fn new(heading: &str, facts: impl IntoIterator<Item = (&'static str, Fact)>) -> Self {
        let facts = facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
        Self { heading: heading.to_owned(), facts }
    }
}
