//! From tokens to an expression without types. Nesting is bounded, and chains of AND and OR are lists, so that no query
//! can exhaust the stack.

use abide_model::limits;
use abide_store::search::Direction;

use super::QueryError;
use super::token::{Placed, Token, syntax_error, tokens};

/// What a query says, before names and types are known.
#[derive(Debug, PartialEq)]
pub(super) struct Parsed {
    pub(super) filter: Option<Expression>,
    pub(super) groups: Vec<Name>,
    pub(super) orders: Vec<(Name, Direction)>,
}

/// A name, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) name: String,
    pub(super) start: usize,
}

/// What must hold.
#[derive(Debug, PartialEq)]
pub(super) enum Expression {
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Condition(Condition),
}

/// One condition on one column.
#[derive(Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) column: Name,
    pub(super) operation: Operation,
    /// Where it ends in the query.
    pub(super) end: usize,
}

/// What must hold of a column.
#[derive(Debug, PartialEq)]
pub(super) enum Operation {
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, or one that is known and not supported.
    Compare(String, Constant),
    In(Vec<Constant>),
    NotIn(Vec<Constant>),
    Between(Constant, Constant),
    NotBetween(Constant, Constant),
    IsNull,
    IsNotNull,
    StartsWith(Constant),
    NotStartsWith(Constant),
    Contains(Constant),
    NotContains(Constant),
}

/// A constant as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Text(String),
    /// With its sign.
    Number(String),
    Bool(bool),
}

/// Words that are not names unless they stand in backquotes.
const RESERVED: [&str; 26] = [
    "and", "or", "not", "in", "between", "is", "null", "like", "regexp", "rlike", "xor", "div", "mod", "true", "false",
    "order", "group", "by", "having", "limit", "select", "exists", "case", "asc", "desc", "table",
];

/// Reads a query; the empty one says nothing.
pub(super) fn parse(query: &str) -> Result<Parsed, QueryError> {
    if query.len() > limits::VISIBILITY_QUERY_BYTES_MAX {
        let (length, limit) = (query.len(), limits::VISIBILITY_QUERY_BYTES_MAX);
        return Err(QueryError(format!("query length {length} exceeds limit {limit}")));
    }
    let mut parser = Parser { query, tokens: tokens(query)?, at: 0, depth: 0 };
    let mut parsed = Parsed { filter: None, groups: Vec::new(), orders: Vec::new() };
    if !parser.is_at_clause() {
        parsed.filter = Some(parser.any_of()?);
    }
    if parser.skip_word("group") {
        parser.expect_word("by")?;
        parsed.groups.push(parser.group()?);
        while parser.skip_symbol(",") {
            parsed.groups.push(parser.group()?);
        }
    }
    if parser.skip_word("order") {
        parser.expect_word("by")?;
        parsed.orders.push(parser.order()?);
        while parser.skip_symbol(",") {
            parsed.orders.push(parser.order()?);
        }
    }
    for clause in ["having", "limit"] {
        if parser.is_word(clause) {
            let clause = clause.to_uppercase();
            return Err(QueryError(format!("operation is not supported: '{clause}' clause")));
        }
    }
    if parser.here().token == Token::End { Ok(parsed) } else { Err(parser.unexpected()) }
}

struct Parser<'a> {
    query: &'a str,
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    /// What stands on one side of OR, and what follows.
    fn any_of(&mut self) -> Result<Expression, QueryError> {
        let mut alternatives = vec![self.all_of()?];
        while self.skip_word("or") || self.skip_symbol("||") {
            alternatives.push(self.all_of()?);
        }
        Ok(one_or(alternatives, Expression::Or))
    }

    fn all_of(&mut self) -> Result<Expression, QueryError> {
        let mut conditions = vec![self.negation()?];
        while self.skip_word("and") || self.skip_symbol("&&") {
            conditions.push(self.negation()?);
        }
        Ok(one_or(conditions, Expression::And))
    }

    fn negation(&mut self) -> Result<Expression, QueryError> {
        let mut negated = false;
        while self.skip_word("not") {
            negated = !negated;
        }
        let inner = self.primary()?;
        Ok(if negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn primary(&mut self) -> Result<Expression, QueryError> {
        let start = self.here().start;
        if !self.skip_symbol("(") {
            return self.condition().map(Expression::Condition);
        }
        self.depth += 1;
        if self.depth > limits::VISIBILITY_QUERY_DEPTH_MAX {
            let limit = limits::VISIBILITY_QUERY_DEPTH_MAX;
            let place = syntax_error(self.query, start, "(").0;
            return Err(QueryError(format!("{place}: parentheses are nested deeper than {limit}")));
        }
        let inner = self.any_of()?;
        self.expect_symbol(")")?;
        self.depth -= 1;
        Ok(inner)
    }

    fn condition(&mut self) -> Result<Condition, QueryError> {
        let column = self.column()?;
        let operation = self.operation()?;
        let end = self.tokens[self.at - 1].end;
        Ok(Condition { column, operation, end })
    }

    /// The left side of a comparison.
    fn column(&mut self) -> Result<Name, QueryError> {
        let here = self.here().clone();
        let what = match &here.token {
            Token::Word(word) if self.is_function() => format!("the function {word}"),
            Token::Word(word) if is_one_of(word, &["exists", "case"]) => {
                return Err(QueryError(format!("operation is not supported: '{}' expression", word.to_uppercase())));
            }
            Token::Word(word) if is_one_of(word, &["true", "false", "null"]) => word.clone(),
            Token::Word(word) if !is_one_of(word, &RESERVED) => return Ok(self.take_name()),
            Token::Name(_) => return Ok(self.take_name()),
            Token::Text(text) => format!("'{text}'"),
            Token::Number(number) => number.clone(),
            Token::Symbol("!") => {
                return Err(QueryError("operation is not supported: '!', write NOT".into()));
            }
            Token::Word(_) | Token::Symbol(_) | Token::End => return Err(self.unexpected()),
        };
        Err(QueryError(format!("invalid expression: must be a column name but was {what}")))
    }

    fn operation(&mut self) -> Result<Operation, QueryError> {
        if self.skip_word("is") {
            let negated = self.skip_word("not");
            if self.skip_word("null") {
                return Ok(if negated { Operation::IsNotNull } else { Operation::IsNull });
            }
            if self.is_word("true") || self.is_word("false") {
                let text = "invalid expression: 'IS' operator can only be used with 'NULL' or 'NOT NULL'";
                return Err(QueryError(text.into()));
            }
            return Err(self.unexpected());
        }
        let negated = self.skip_word("not");
        if self.skip_word("in") {
            let list = self.list()?;
            return Ok(if negated { Operation::NotIn(list) } else { Operation::In(list) });
        }
        if self.skip_word("between") {
            let low = self.constant()?;
            self.expect_word("and")?;
            let high = self.constant()?;
            return Ok(if negated { Operation::NotBetween(low, high) } else { Operation::Between(low, high) });
        }
        if self.skip_word("starts_with") {
            let prefix = self.constant()?;
            return Ok(if negated { Operation::NotStartsWith(prefix) } else { Operation::StartsWith(prefix) });
        }
        if self.skip_word("contains") {
            let part = self.constant()?;
            return Ok(if negated { Operation::NotContains(part) } else { Operation::Contains(part) });
        }
        for unsupported in ["like", "regexp", "rlike"] {
            if self.skip_word(unsupported) {
                return self.constant().map(|value| Operation::Compare(unsupported.into(), value));
            }
        }
        match self.here().token.clone() {
            Token::Symbol(symbol @ ("=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | "<=>")) if !negated => {
                self.at += 1;
                let symbol = if symbol == "<>" { "!=" } else { symbol };
                self.constant().map(|value| Operation::Compare(symbol.into(), value))
            }
            _ if self.is_behind_expression() && !negated => {
                Err(QueryError("invalid expression: incomplete expression".into()))
            }
            Token::Word(_) | Token::Name(_) | Token::Text(_) | Token::Number(_) | Token::Symbol(_) | Token::End => {
                Err(self.unexpected())
            }
        }
    }

    fn list(&mut self) -> Result<Vec<Constant>, QueryError> {
        self.expect_symbol("(")?;
        let mut list = vec![self.constant()?];
        while self.skip_symbol(",") {
            list.push(self.constant()?);
        }
        self.expect_symbol(")")?;
        Ok(list)
    }

    /// The right side of a comparison.
    fn constant(&mut self) -> Result<Constant, QueryError> {
        let here = self.here().clone();
        let constant = match here.token {
            Token::Text(text) => Constant::Text(text),
            Token::Number(number) => Constant::Number(number),
            Token::Symbol(sign @ ("-" | "+")) => {
                self.at += 1;
                let Token::Number(number) = self.here().token.clone() else { return Err(self.unexpected()) };
                Constant::Number(if sign == "-" { format!("-{number}") } else { number })
            }
            Token::Word(word) if word.eq_ignore_ascii_case("true") => Constant::Bool(true),
            Token::Word(word) if word.eq_ignore_ascii_case("false") => Constant::Bool(false),
            Token::Word(word) if word.eq_ignore_ascii_case("null") => {
                return Err(QueryError(
                    "invalid expression: nothing compares with NULL, write IS NULL or IS NOT NULL".into(),
                ));
            }
            Token::Word(_) if self.is_function() => {
                return Err(QueryError("operation is not supported: function expression".into()));
            }
            Token::Word(word) if is_one_of(&word, &RESERVED) => return Err(self.unexpected()),
            Token::Word(name) | Token::Name(name) => {
                return Err(QueryError(format!(
                    "operation is not supported: column name on the right side of comparison expression \
                     (did you forget to quote '{name}'?)"
                )));
            }
            Token::Symbol("(") if self.is_subquery() => {
                return Err(QueryError("operation is not supported: subquery".into()));
            }
            Token::Symbol(_) | Token::End => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(constant)
    }

    fn order(&mut self) -> Result<(Name, Direction), QueryError> {
        let name = self.column()?;
        let direction = if self.skip_word("desc") { Direction::Descending } else { Direction::Ascending };
        if direction == Direction::Ascending {
            self.skip_word("asc");
        }
        Ok((name, direction))
    }

    fn group(&mut self) -> Result<Name, QueryError> {
        self.column()
    }

    fn take_name(&mut self) -> Name {
        let start = self.here().start;
        let name = match &self.here().token {
            Token::Word(name) | Token::Name(name) => name.clone(),
            Token::Text(_) | Token::Number(_) | Token::Symbol(_) | Token::End => String::new(),
        };
        self.at += 1;
        Name { name, start }
    }

    fn here(&self) -> &Placed {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&self) -> &Token {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)].token
    }

    fn is_function(&self) -> bool {
        *self.next() == Token::Symbol("(")
            && matches!(&self.here().token, Token::Word(word) if !is_one_of(word, &RESERVED))
    }

    fn is_subquery(&self) -> bool {
        matches!(self.next(), Token::Word(word) if word.eq_ignore_ascii_case("select"))
    }

    fn is_at_clause(&self) -> bool {
        self.here().token == Token::End || ["group", "order", "having", "limit"].iter().any(|word| self.is_word(word))
    }

    /// Whether an expression could end here.
    fn is_behind_expression(&self) -> bool {
        self.is_at_clause() || self.here().token == Token::Symbol(")") || self.is_word("and") || self.is_word("or")
    }

    fn is_word(&self, wanted: &str) -> bool {
        matches!(&self.here().token, Token::Word(word) if word.eq_ignore_ascii_case(wanted))
    }

    fn skip_word(&mut self, wanted: &str) -> bool {
        let found = self.is_word(wanted);
        self.at += usize::from(found);
        found
    }

    fn skip_symbol(&mut self, wanted: &str) -> bool {
        let found = matches!(self.here().token, Token::Symbol(symbol) if symbol == wanted);
        self.at += usize::from(found);
        found
    }

    fn expect_word(&mut self, wanted: &str) -> Result<(), QueryError> {
        if self.skip_word(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_symbol(&mut self, wanted: &str) -> Result<(), QueryError> {
        if self.skip_symbol(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> QueryError {
        let here = self.here();
        let near = match &here.token {
            Token::Word(text) | Token::Name(text) | Token::Text(text) | Token::Number(text) => text,
            Token::Symbol(symbol) => *symbol,
            Token::End => "",
        };
        syntax_error(self.query, here.start, near)
    }
}

fn one_or(mut expressions: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    if expressions.len() == 1 { expressions.remove(0) } else { several(expressions) }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}
