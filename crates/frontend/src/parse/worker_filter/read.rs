//! From the text of a query to its term. OR binds less than AND, AND less than a comparison.

use std::borrow::Cow;

use super::{Operator, Term, Value};

/// How deep parentheses and negations may be.
const DEPTH_MAX: usize = 100;

type Refused = Cow<'static, str>;

/// Reads a whole query.
pub(super) fn term(query: &str) -> Result<Term, Refused> {
    let mut reader = Reader { tokens: tokens(query)?, next: 0, depth: 0 };
    let term = reader.alternatives()?;
    match reader.peek() {
        None => Ok(term),
        Some(token) if token.is("limit") => Err("operation is not supported: 'limit' clause".into()),
        Some(token) => Err(malformed(token.at)),
    }
}

#[derive(Debug, PartialEq)]
enum Kind {
    Word(String),
    Text(String),
    Number(String),
    Symbol(&'static str),
}

#[derive(Debug)]
struct Token {
    kind: Kind,
    at: usize,
}

impl Token {
    fn is(&self, keyword: &str) -> bool {
        matches!(&self.kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

const SYMBOLS: [&str; 10] = ["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ","];
const OPERATORS: [(&str, Operator); 7] = [
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("!=", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

fn tokens(query: &str) -> Result<Vec<Token>, Refused> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = query[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = token(&query[at..], first).ok_or_else(|| malformed(at))?;
        tokens.push(Token { kind, at });
        at += length;
    }
    Ok(tokens)
}

/// The token that a text begins with, and how long it is.
fn token(rest: &str, first: char) -> Option<(Kind, usize)> {
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        return Some((Kind::Symbol(symbol), symbol.len()));
    }
    if matches!(first, '\'' | '"' | '`') {
        let (text, length) = quoted(&rest[1..], first)?;
        return Some((if first == '`' { Kind::Word(text) } else { Kind::Text(text) }, 1 + length));
    }
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-' | '+');
    let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    let word = rest[..length].to_owned();
    let is_number = first.is_ascii_digit() || matches!(first, '-' | '+' | '.');
    (length > 0).then_some((if is_number { Kind::Number(word) } else { Kind::Word(word) }, length))
}

/// What stands before the closing quote, and how long it is with the quote. A backslash, or a second quote, takes the
/// quote as it is.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut letters = rest.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            text.push(letters.next()?.1);
        } else if letter != quote {
            text.push(letter);
        } else if letters.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return Some((text, at + letter.len_utf8()));
        }
    }
    None
}

fn malformed(at: usize) -> Refused {
    format!("malformed query: syntax error at position {}", at + 1).into()
}

struct Reader {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    /// The query is wrong here.
    fn refused(&self) -> Refused {
        let last = self.tokens.last().map_or(0, |token| token.at);
        malformed(self.peek().map_or(last, |token| token.at))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(keyword));
        self.next += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| matches!(token.kind, Kind::Symbol(here) if here == symbol));
        self.next += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<Term, Refused> {
        let mut term = self.conditions()?;
        while self.keyword("or") {
            term = Term::Or(Box::new(term), Box::new(self.conditions()?));
        }
        Ok(term)
    }

    fn conditions(&mut self) -> Result<Term, Refused> {
        let mut term = self.condition()?;
        while self.keyword("and") {
            term = Term::And(Box::new(term), Box::new(self.condition()?));
        }
        Ok(term)
    }

    fn condition(&mut self) -> Result<Term, Refused> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.refused());
        }
        let term = if self.keyword("not") {
            self.condition().map(|_| Term::Unanswerable)
        } else if self.symbol("(") {
            let term = self.alternatives()?;
            if self.symbol(")") { Ok(term) } else { Err(self.refused()) }
        } else {
            self.comparison()
        };
        self.depth -= 1;
        term
    }

    fn comparison(&mut self) -> Result<Term, Refused> {
        let Some(Token { kind: Kind::Word(field), .. }) = self.peek() else { return Err(self.refused()) };
        let field = field.clone();
        self.next += 1;
        if self.symbol("(") {
            return self.function();
        }
        if self.keyword("is") {
            let negated = self.keyword("not");
            return if self.keyword("null") { Ok(Term::IsNull { field, negated }) } else { Err(self.refused()) };
        }
        let negated = self.keyword("not");
        if self.keyword("between") {
            let from = self.value()?;
            if !self.keyword("and") {
                return Err(self.refused());
            }
            return Ok(Term::Between { field, from, to: self.value()?, negated });
        }
        if self.keyword("starts_with") {
            let operator = if negated { Operator::NotStartsWith } else { Operator::StartsWith };
            return Ok(Term::Compare { field, operator, value: self.value()? });
        }
        match self.operator() {
            Some(operator) if !negated => Ok(Term::Compare { field, operator, value: self.value()? }),
            // A field alone can be written.
            None if !negated && self.is_at_end_of_condition() => Ok(Term::Unanswerable),
            Some(_) | None => Err(self.refused()),
        }
    }

    fn operator(&mut self) -> Option<Operator> {
        let found = OPERATORS.iter().find(|(symbol, _)| self.symbol(symbol));
        found.map(|(_, operator)| *operator)
    }

    fn is_at_end_of_condition(&self) -> bool {
        self.peek().is_none_or(|token| {
            token.is("and") || token.is("or") || token.is("limit") || token.kind == Kind::Symbol(")")
        })
    }

    /// The rest of a call of a function, and what it is compared with: none of it can be answered.
    fn function(&mut self) -> Result<Term, Refused> {
        let mut open = 1;
        while open > 0 {
            if self.symbol("(") {
                open += 1;
            } else if self.symbol(")") {
                open -= 1;
            } else if self.peek().is_some() {
                self.next += 1;
            } else {
                return Err(self.refused());
            }
        }
        if self.operator().is_some() {
            self.value()?;
        }
        Ok(Term::Unanswerable)
    }

    fn value(&mut self) -> Result<Value, Refused> {
        let value = match self.peek().map(|token| &token.kind) {
            Some(Kind::Text(text)) => Value::Text(text.clone()),
            Some(Kind::Number(number)) => Value::Number(number.clone()),
            Some(Kind::Word(_) | Kind::Symbol(_)) | None => return Err(self.refused()),
        };
        self.next += 1;
        Ok(value)
    }
}
