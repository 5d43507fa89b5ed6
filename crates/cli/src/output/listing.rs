//! A list that comes in pages: a JSON list, or a table whose header is printed once.

use serde_json::Value;

use super::table::Header;
use super::{Column, List, Output, Table};

/// A list that is printed as its pages come.
pub struct Listing {
    output: Output,
    list: List,
    table: Table,
    header: Header,
    left: usize,
}

impl Listing {
    /// Begins. No more elements than the limit are shown; zero is no limit.
    pub fn new(output: Output, columns: impl Into<Vec<Column>>, limit: usize) -> Self {
        let left = if limit == 0 { usize::MAX } else { limit };
        Self { output, list: output.list(), table: Table::new(columns), header: Header::Shown, left }
    }

    /// The next element, unless the limit is reached.
    pub fn element(&mut self, json: &Value, row: impl Into<Vec<String>>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        self.list.element(json);
        self.table.row(row);
    }

    /// The end of a page; whether another is wanted.
    pub fn page(&mut self) -> bool {
        if !self.table.is_empty() {
            self.output.table(&self.table, self.header);
            self.header = Header::Hidden;
            self.table.next_page();
        }
        self.left > 0
    }

    /// The end.
    pub fn end(self) {
        self.list.end();
    }
}
