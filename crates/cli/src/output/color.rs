//! Colours: ANSI codes around a text, or nothing.

use crate::arguments::Color;

/// Paints, or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Paints nothing.
    pub const OFF: Paint = Paint { on: false };

    /// As the flag says; a terminal is coloured unless `NO_COLOR` is set.
    pub fn new(color: Color, terminal: bool) -> Self {
        let on = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        Self { on }
    }

    /// Headings.
    pub fn magenta(self, text: &str) -> String {
        self.with(35, text)
    }

    /// Failed.
    pub fn red(self, text: &str) -> String {
        self.with(31, text)
    }

    /// Completed.
    pub fn green(self, text: &str) -> String {
        self.with(32, text)
    }

    /// Timed out.
    pub fn yellow(self, text: &str) -> String {
        self.with(33, text)
    }

    /// Started.
    pub fn blue(self, text: &str) -> String {
        self.with(34, text)
    }

    fn with(self, code: u8, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// How many characters of a text are seen: colours are not.
pub fn visible_width(text: &str) -> usize {
    let mut width = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\x1b' {
            characters.by_ref().find(|c| *c == 'm');
        } else {
            width += 1;
        }
    }
    width
}
