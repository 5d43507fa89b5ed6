//! Why nothing is listed or counted.

use std::fmt;

use crate::QueryError;

/// Why nothing is listed or counted.
#[derive(Debug)]
pub enum ListError {
    /// The page token was never given out: the caller's doing.
    InvalidPageToken,
    /// The page token was given out for another query, or in another namespace: the caller's doing.
    OtherPageToken,
    /// The query is not one that can be answered: the caller's doing. The text begins with `invalid query: `.
    Query(QueryError),
    /// The store cannot be read, or holds what it should not.
    Store(abide_store::Error),
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListError::InvalidPageToken => write!(f, "invalid page token"),
            ListError::OtherPageToken => write!(f, "the page token was given out for another query"),
            ListError::Query(error) => write!(f, "{error}"),
            ListError::Store(_) => write!(f, "the list cannot be read"),
        }
    }
}

impl std::error::Error for ListError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ListError::Store(cause) => Some(cause),
            ListError::InvalidPageToken | ListError::OtherPageToken | ListError::Query(_) => None,
        }
    }
}

impl From<abide_store::Error> for ListError {
    fn from(error: abide_store::Error) -> Self {
        ListError::Store(error)
    }
}

impl From<QueryError> for ListError {
    fn from(error: QueryError) -> Self {
        ListError::Query(error)
    }
}
