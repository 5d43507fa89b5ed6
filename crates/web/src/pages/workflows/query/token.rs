//! The pieces of a query. Stricter than the service: what could mean something else there is refused.

/// A piece as it was written, and where it begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

/// What a piece is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Word,
    /// In backquotes.
    Name,
    /// In single or double quotes.
    Text,
    Number,
    Symbol,
}

/// Longer ones first.
const SYMBOLS: [&str; 14] = ["!=", "<>", "<=", ">=", "&&", "||", "=", "<", ">", "(", ")", ",", "+", "-"];
/// Words that are not names.
const RESERVED: [&str; 28] = [
    "and",
    "or",
    "not",
    "in",
    "between",
    "is",
    "null",
    "like",
    "regexp",
    "rlike",
    "xor",
    "div",
    "mod",
    "true",
    "false",
    "order",
    "group",
    "by",
    "having",
    "limit",
    "select",
    "exists",
    "case",
    "asc",
    "desc",
    "table",
    "starts_with",
    "contains",
];

/// Whether a name must stand in backquotes because it is a word of the language.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name))
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// What it names, if it is a name.
    pub(super) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => (!is_reserved(self.text)).then(|| self.text.to_owned()),
            Kind::Name => Some(self.inside()),
            Kind::Text | Kind::Number | Kind::Symbol => None,
        }
    }

    /// What stands between the quotes.
    pub(super) fn inside(&self) -> String {
        let Some(quote) = self.text.chars().next() else { return String::new() };
        let (mut inside, mut rest) = (String::new(), self.text[1..self.text.len() - 1].chars());
        while let Some(character) = rest.next() {
            let is_escape = character == quote || (character == '\\' && quote != '`');
            inside.extend(if is_escape { rest.next() } else { Some(character) });
        }
        inside
    }

    /// How many parentheses are open behind it; none if it closes one too many.
    pub(super) fn depth_behind(&self, depth: usize) -> Option<usize> {
        match self.text {
            "(" => Some(depth + 1),
            ")" => depth.checked_sub(1),
            _ => Some(depth),
        }
    }
}

/// All pieces; none if there is something that is none.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if rest.starts_with("--") {
            return None;
        }
        let (kind, length) = piece(rest)?;
        tokens.push(Token { kind, text: &rest[..length], start: text.len() - rest.len() });
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

fn piece(rest: &str) -> Option<(Kind, usize)> {
    let first = rest.chars().next()?;
    let length = |is_inside: fn(char) -> bool| rest.find(|next| !is_inside(next)).unwrap_or(rest.len());
    match first {
        '`' => quoted(rest, first).map(|length| (Kind::Name, length)),
        '\'' | '"' => quoted(rest, first).map(|length| (Kind::Text, length)),
        '0'..='9' => Some((Kind::Number, length(|next| next.is_ascii_alphanumeric() || next == '.'))),
        first if is_of_word(first) => Some((Kind::Word, length(|next| is_of_word(next) || next == '.'))),
        _ => SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).map(|symbol| (Kind::Symbol, symbol.len())),
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '@' | '$')
}

/// Up to the closing quote, and with it. Quotes inside are doubled, or stand behind a backslash.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut inside = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = inside.next() {
        if character == '\\' && quote != '`' {
            inside.next()?;
        } else if character == quote && inside.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + quote.len_utf8());
        }
    }
    None
}
