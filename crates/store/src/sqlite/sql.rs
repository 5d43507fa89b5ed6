//! The statements, one set per space, made from the .sql files beside this one.

use crate::Space;

/// The statements about one space's table.
pub(super) struct Sql {
    pub(super) put: String,
    pub(super) delete: String,
    pub(super) delete_range: String,
    pub(super) get: String,
    pub(super) scan_one: String,
    pub(super) scan_one_reverse: String,
    pub(super) scan_many: String,
    pub(super) scan_many_reverse: String,
}

/// The statements about all tables.
pub(super) struct Statements([Sql; Space::ALL.len()]);

/// How many prepared statements a connection keeps: all that there can be, and some that find rows of lists.
pub(super) const STATEMENTS_MAX: usize = 8 * Space::ALL.len() + 64;
/// Creates the tables of an empty database.
pub(super) const SCHEMA: &str = concat!(include_str!("schema.sql"), include_str!("visibility/schema.sql"));

impl Statements {
    pub(super) fn new() -> Self {
        Self(Space::ALL.map(|space| {
            let of = |text: &str| text.replace("{table}", table(space));
            Sql {
                put: of(include_str!("put.sql")),
                delete: of(include_str!("delete.sql")),
                delete_range: of(include_str!("delete_range.sql")),
                get: of(include_str!("get.sql")),
                scan_one: of(include_str!("scan_one.sql")),
                scan_one_reverse: of(include_str!("scan_one_reverse.sql")),
                scan_many: of(include_str!("scan_many.sql")),
                scan_many_reverse: of(include_str!("scan_many_reverse.sql")),
            }
        }))
    }

    pub(super) fn of(&self, space: Space) -> &Sql {
        &self.0[space.index()]
    }
}

/// The name of a space's table.
pub(super) fn table(space: Space) -> &'static str {
    match space {
        Space::Meta => "meta",
        Space::Current => "current_run",
        Space::Node => "node",
        Space::Snapshot => "snapshot",
        Space::Dispatch => "dispatch",
        Space::Timer => "timer",
        Space::Visibility => "visibility",
        Space::Outbound => "outbound",
        Space::Retention => "retention",
    }
}
