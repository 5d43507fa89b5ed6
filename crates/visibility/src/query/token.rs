//! From text to tokens. Words may be names or words of the language; what stands in backquotes is always a name.

use super::QueryError;

/// A piece of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a word of the language.
    Word(String),
    /// A name in backquotes.
    Name(String),
    /// Text in quotes, without them.
    Text(String),
    /// A number as it was written, without a sign.
    Number(String),
    /// `=`, `!=`, `(` and the like.
    Symbol(&'static str),
    /// Behind the last one.
    End,
}

/// A token and where it stands: bytes of the query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Longer symbols first.
const SYMBOLS: [&str; 22] = [
    "<=>", "!=", "<>", "<=", ">=", "&&", "||", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/", ";", "!", "?", ":",
    "%",
];

/// All tokens of a query, and the end.
pub(super) fn tokens(query: &str) -> Result<Vec<Placed>, QueryError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at = behind_blanks(query, at);
        let (token, end) = token(query, at)?;
        let is_end = token == Token::End;
        tokens.push(Placed { token, start: at, end });
        if is_end {
            return Ok(tokens);
        }
        at = end;
    }
}

fn behind_blanks(query: &str, mut at: usize) -> usize {
    loop {
        let rest = &query[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let comment = if trimmed.starts_with("--") || trimmed.starts_with('#') {
            Some(trimmed.find('\n').unwrap_or(trimmed.len()))
        } else if trimmed.starts_with("/*") {
            Some(trimmed.find("*/").map_or(trimmed.len(), |end| end + 2))
        } else {
            None
        };
        match comment {
            Some(length) => at += length,
            None => return at,
        }
    }
}

fn token(query: &str, at: usize) -> Result<(Token, usize), QueryError> {
    let rest = &query[at..];
    let Some(first) = rest.chars().next() else { return Ok((Token::End, at)) };
    match first {
        '\'' | '"' => quoted(query, at, first).map(|(text, end)| (Token::Text(text), end)),
        '`' => quoted(query, at, first).map(|(name, end)| (Token::Name(name), end)),
        '0'..='9' => Ok(number(rest, at)),
        '.' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => Ok(number(rest, at)),
        first if is_of_word(first) => {
            let length = rest.find(|next: char| !is_of_word(next) && next != '.').unwrap_or(rest.len());
            Ok((Token::Word(rest[..length].to_owned()), at + length))
        }
        _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => Ok((Token::Symbol(symbol), at + symbol.len())),
            None => Err(syntax_error(query, at, &first.to_string())),
        },
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '@' | '$')
}

fn number(rest: &str, at: usize) -> (Token, usize) {
    let bytes = rest.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let is_sign = matches!(byte, b'+' | b'-') && matches!(bytes[length - 1], b'e' | b'E');
        if !(byte.is_ascii_alphanumeric() || *byte == b'.' || (length > 0 && is_sign)) {
            break;
        }
        length += 1;
    }
    (Token::Number(rest[..length].to_owned()), at + length)
}

/// What stands in quotes, which are doubled inside or stand behind a backslash.
fn quoted(query: &str, at: usize, quote: char) -> Result<(String, usize), QueryError> {
    let mut text = String::new();
    let mut rest = query[at + 1..].char_indices().peekable();
    while let Some((place, character)) = rest.next() {
        if character == quote {
            if rest.next_if(|(_, next)| *next == quote).is_none() {
                return Ok((text, at + 1 + place + 1));
            }
            text.push(quote);
        } else if character == '\\' && quote != '`' {
            match rest.next() {
                Some((_, escaped)) => text.push(unescaped(escaped)),
                None => break,
            }
        } else {
            text.push(character);
        }
    }
    Err(syntax_error(query, at, &text))
}

fn unescaped(character: char) -> char {
    match character {
        '0' => '\0',
        'b' => '\u{8}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'Z' => '\u{1a}',
        other => other,
    }
}

/// Says where a query cannot be read: the position is that of a character, from 1.
pub(super) fn syntax_error(query: &str, at: usize, near: &str) -> QueryError {
    const NEAR_MAX: usize = 100;
    let position = query.get(..at).unwrap_or(query).chars().count() + 1;
    let near: String = near.chars().take(NEAR_MAX).collect();
    let near = if near.is_empty() { near } else { format!(" near '{near}'") };
    QueryError(format!("malformed SQL query: syntax error at position {position}{near}"))
}
