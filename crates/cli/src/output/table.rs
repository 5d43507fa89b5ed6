//! A table: a centred header over columns as wide as their widest cell. Numbers stand on the right.

use super::color::{Paint, visible_width};

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    name: &'static str,
    width_min: usize,
    numeric: bool,
}

impl Column {
    /// Text, on the left.
    pub const fn text(name: &'static str) -> Self {
        Self { name, width_min: 0, numeric: false }
    }

    /// Numbers, on the right.
    pub const fn number(name: &'static str) -> Self {
        Self { name, width_min: 0, numeric: true }
    }

    /// At least this wide. Wider cells bleed over the edge when rows are printed one by one.
    #[must_use]
    pub const fn width(mut self, width: usize) -> Self {
        self.width_min = width;
        self
    }
}

/// Whether the header line is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Header {
    /// Above the rows.
    Shown,
    /// Not: an earlier page had it.
    Hidden,
}

/// Rows of cells.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Without rows.
    pub fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row; as many cells as columns.
    pub fn row(&mut self, cells: impl Into<Vec<String>>) {
        let cells = cells.into();
        assert_eq!(cells.len(), self.columns.len(), "a row has a cell for each column");
        self.rows.push(cells);
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows are gone, the columns keep at least the width that they had: the next page fits under this one.
    pub fn next_page(&mut self) {
        for (index, width) in self.widths().into_iter().enumerate() {
            self.columns[index].width_min = width;
        }
        self.rows.clear();
    }

    /// The text, every line indented by two and ended.
    pub fn render(&self, paint: Paint, header: Header) -> String {
        let widths = self.widths();
        let mut text = String::new();
        if header == Header::Shown {
            for (column, width) in self.columns.iter().zip(&widths) {
                let left = width.saturating_sub(column.name.len()) / 2;
                let right = width.saturating_sub(column.name.len() + left);
                push(&mut text, left, &paint.magenta(column.name), right);
            }
            text.push('\n');
        }
        for row in &self.rows {
            for ((column, width), cell) in self.columns.iter().zip(&widths).zip(row) {
                let space = width.saturating_sub(visible_width(cell));
                let (left, right) = if column.numeric { (space, 0) } else { (0, space) };
                push(&mut text, left, cell, right);
            }
            text.push('\n');
        }
        text
    }

    // A column with a width of its own keeps it: what it holds is not known when its header is printed.
    fn widths(&self) -> Vec<usize> {
        let width = |(index, column): (usize, &Column)| {
            if column.width_min > 0 {
                return column.width_min;
            }
            let cells = self.rows.iter().map(|row| visible_width(&row[index]));
            cells.max().unwrap_or(0).max(column.name.len())
        };
        self.columns.iter().enumerate().map(width).collect()
    }
}

fn push(text: &mut String, left: usize, cell: &str, right: usize) {
    text.push_str("  ");
    text.extend(std::iter::repeat_n(' ', left));
    text.push_str(cell);
    text.extend(std::iter::repeat_n(' ', right));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflows() -> Table {
        let mut table = Table::new([Column::text("Status"), Column::text("WorkflowId"), Column::text("StartTime")]);
        table.row(["Running".into(), "cli-4".into(), "1 minute ago".into()]);
        table.row(["Terminated".into(), "conformance-1e67b9f8".into(), "30 seconds ago".into()]);
        table
    }

    fn events() -> Table {
        let columns = [Column::number("ID").width(3), Column::text("Time").width(20), Column::text("Type").width(26)];
        let mut table = Table::new(columns);
        table.row(["1".into(), "2026-11-22T22:00:10Z".into(), "WorkflowExecutionStarted".into()]);
        table.row(["10".into(), "2026-11-22T22:00:15Z".into(), "WorkflowExecutionCancelRequested".into()]);
        table
    }

    // The line ends with blanks, which a snapshot would not show.
    fn fenced(text: &str) -> String {
        text.lines().map(|line| format!("{line}|\n")).collect()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        insta::assert_snapshot!(fenced(&workflows().render(Paint::OFF, Header::Shown)));
    }

    #[test]
    fn a_column_with_a_width_of_its_own_keeps_it() {
        insta::assert_snapshot!(fenced(&events().render(Paint::OFF, Header::Shown)));
    }

    #[test]
    fn only_the_first_page_has_a_header() {
        let mut table = workflows();
        table.next_page();
        table.row(["Failed".into(), "x".into(), "now".into()]);
        insta::assert_snapshot!(fenced(&table.render(Paint::OFF, Header::Hidden)));
    }

    #[test]
    fn colours_do_not_count_as_width() {
        let paint = Paint::new(crate::arguments::Color::Always, false);
        let mut table = Table::new([Column::text("Type"), Column::text("X")]);
        table.row([paint.green("Completed"), "1".into()]);
        table.row(["Running".into(), "2".into()]);
        let text = table.render(Paint::OFF, Header::Hidden).replace('\x1b', "^");
        assert_eq!(text, "  ^[32mCompleted^[0m  1\n  Running    2\n");
    }
}
