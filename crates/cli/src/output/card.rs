//! A card: names and values of one thing, one a line, the values in one column.

use std::fmt::Write;

/// Names and values of one thing.
#[derive(Clone, Debug, Default)]
pub struct Card {
    fields: Vec<(String, String)>,
}

impl Card {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a field, shown even when it is empty.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl ToString) -> Self {
        self.fields.push((name.to_owned(), value.to_string()));
        self
    }

    /// With a field, left out when it is empty.
    #[must_use]
    pub fn filled(self, name: &str, value: impl ToString) -> Self {
        let value = value.to_string();
        if value.is_empty() { self } else { self.field(name, value) }
    }

    /// The text, every line indented by two and ended.
    pub fn render(&self) -> String {
        let width = self.fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, value) in &self.fields {
            // An empty value is a blank, so that every line has something in its second column.
            let value = if value.is_empty() { " " } else { value };
            writeln!(text, "  {name:width$}  {value}").expect("a string takes everything");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_its_values_in_one_column() {
        let card = Card::new()
            .field("WorkflowId", "order-1")
            .field("AssignedBuildId", "")
            .filled("CloseTime", "")
            .filled("HistoryLength", 11);
        insta::assert_snapshot!(card.render());
    }
}
