//! A query taken apart into what must hold and how it is sorted, and put together again. What cannot be taken apart is refused
//! and stays the text that it is. Knows where words, texts and parentheses end, but neither names nor types: whether a query
//! can be answered is the service's to say.

mod token;

use std::fmt;

use token::{Kind, Token, tokens};

/// A query in its parts.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Query {
    /// All of these hold.
    pub(crate) conditions: Vec<Condition>,
    pub(crate) orders: Vec<Order>,
}

/// One of the things that must hold, as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Condition {
    pub(crate) text: String,
    /// It is several, of which one must hold: beside others it stands in parentheses.
    has_alternatives: bool,
}

/// What a list is sorted by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) direction: Direction,
}

/// See [`Order`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

impl Query {
    /// Takes a query apart; none if that cannot be done.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let clause = clause(&tokens)?;
        let orders = match &tokens[clause..] {
            [] => Vec::new(),
            [order, by, rest @ ..] if order.is_word("order") && by.is_word("by") => orders(rest)?,
            [..] => return None,
        };
        Some(Self { conditions: conditions(text, &tokens[..clause])?, orders })
    }

    /// What must hold, without an order.
    pub(crate) fn filter(&self) -> String {
        let is_one = self.conditions.len() == 1;
        let written = self.conditions.iter().map(|condition| match condition.has_alternatives && !is_one {
            true => format!("({})", condition.text),
            false => condition.text.clone(),
        });
        written.collect::<Vec<_>>().join(" AND ")
    }

    /// Without one of the conditions.
    pub(crate) fn without(&self, place: usize) -> Self {
        let mut query = self.clone();
        query.conditions.remove(place);
        query
    }

    /// With another condition; none if that is none.
    pub(crate) fn and(&self, condition: &str) -> Option<Self> {
        let mut query = self.clone();
        query.conditions.extend(Self::parse(condition).filter(|added| added.orders.is_empty())?.conditions);
        Some(query)
    }

    /// Sorted by this instead.
    pub(crate) fn sorted(&self, name: &str, direction: Direction) -> Self {
        Self { orders: vec![Order { name: name.to_owned(), direction }], ..self.clone() }
    }

    /// Without the conditions that say what this attribute equals, and what they say.
    pub(crate) fn without_equal(&self, name: &str) -> (Self, Vec<String>) {
        let (mut query, mut said) = (self.clone(), Vec::new());
        query.conditions.retain(|condition| match condition.equal(name) {
            Some(value) => {
                said.push(value);
                false
            }
            None => true,
        });
        (query, said)
    }
}

impl Condition {
    /// The text that this attribute is said to equal, if that is the condition.
    fn equal(&self, name: &str) -> Option<String> {
        match tokens(&self.text)?.as_slice() {
            [column, equals, value] if equals.text == "=" && value.kind == Kind::Text => {
                (column.name()? == name).then(|| value.inside())
            }
            [..] => None,
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.conditions.is_empty() {
            parts.push(self.filter());
        }
        if !self.orders.is_empty() {
            let orders = self.orders.iter().map(|order| match order.direction {
                Direction::Ascending => named(&order.name),
                Direction::Descending => format!("{} DESC", named(&order.name)),
            });
            parts.push(format!("ORDER BY {}", orders.collect::<Vec<_>>().join(", ")));
        }
        f.write_str(&parts.join(" "))
    }
}

/// A name as queries have it: in backquotes, unless it is a plain word.
pub(crate) fn named(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| !first.is_ascii_digit())
        && name.chars().all(|character| character.is_alphanumeric() || character == '_');
    if is_plain && !token::is_reserved(name) { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

/// A text as queries have it.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', "''"))
}

/// Where the conditions end; none if parentheses do not match, or there is a clause that no list has.
fn clause(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut end = tokens.len();
    for (at, token) in tokens.iter().enumerate() {
        depth = token.depth_behind(depth)?;
        if depth == 0
            && end == tokens.len()
            && ["order", "group", "having", "limit"].iter().any(|word| token.is_word(word))
        {
            end = at;
        }
    }
    (depth == 0).then_some(end)
}

fn conditions(text: &str, tokens: &[Token<'_>]) -> Option<Vec<Condition>> {
    if tokens.is_empty() {
        return Some(Vec::new());
    }
    let mut depth = 0;
    let (mut is_between, mut has_alternatives) = (false, false);
    let mut borders = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        depth = token.depth_behind(depth)?;
        if depth > 0 {
            continue;
        }
        if token.is_word("between") {
            is_between = true;
        } else if token.is_word("or") || token.text == "||" {
            has_alternatives = true;
        } else if (token.is_word("and") || token.text == "&&") && !std::mem::take(&mut is_between) {
            borders.push(at);
        }
    }
    // AND binds closer than OR: what has both is one condition.
    if has_alternatives {
        borders.clear();
    }
    borders.push(tokens.len());
    let (mut conditions, mut begin) = (Vec::new(), 0);
    for border in borders {
        let [first, .., last] = tokens.get(begin..border)? else { return None };
        let text = text[first.start..last.end()].to_owned();
        conditions.push(Condition { text, has_alternatives });
        begin = border + 1;
    }
    Some(conditions)
}

fn orders(tokens: &[Token<'_>]) -> Option<Vec<Order>> {
    let order = |tokens: &[Token<'_>]| {
        let (name, direction) = match tokens {
            [name] => (name, Direction::Ascending),
            [name, word] if word.is_word("asc") => (name, Direction::Ascending),
            [name, word] if word.is_word("desc") => (name, Direction::Descending),
            [..] => return None,
        };
        Some(Order { name: name.name()?, direction })
    };
    tokens.split(|token| token.text == ",").map(order).collect()
}

#[cfg(test)]
mod tests;
