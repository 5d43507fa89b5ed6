//! From an expression to a tree of columns and typed values: which names there are, and what may be asked of a column of
//! each type.

use std::collections::BTreeMap;

use abide_store::search::{Column, Comparison, Field, Filter, Kind, Order, Value, words};

use super::expression::{Condition, Constant, Expression, Name, Operation, Parsed};
use super::names::{self, SCHEDULE};
use super::value;
use super::{Query, QueryError};

/// Gives names and types to what was parsed.
pub(super) fn resolve(text: &str, parsed: Parsed, custom: &BTreeMap<String, i32>) -> Result<Query, QueryError> {
    let resolver = Resolver { text, custom };
    let filter = match &parsed.filter {
        Some(expression) => resolver.filter(expression)?,
        None => Filter::Everything,
    };
    let order = |(name, direction): &(Name, _)| Ok(Order { column: resolver.column(name)?, direction: *direction });
    let orders = parsed.orders.iter().map(order).collect::<Result<Vec<_>, _>>()?;
    let groups = parsed.groups.iter().map(|name| resolver.group(name)).collect::<Result<Vec<_>, _>>()?;
    if groups.len() > 1 {
        return Err(QueryError("operation is not supported: 'GROUP BY' clause supports only a single field".into()));
    }
    let division = Field::NamespaceDivision.into();
    let speaks_of_divisions = filter.mentions(&division) || groups.contains(&division);
    let filter = if speaks_of_divisions { filter } else { filter.and(Filter::is_workflow()) };
    Ok(Query { filter, orders, groups })
}

struct Resolver<'a> {
    text: &'a str,
    custom: &'a BTreeMap<String, i32>,
}

/// A column as a condition names it.
struct Named<'a> {
    name: &'a str,
    column: Column,
    /// What the server puts before the texts that it is compared with.
    prefix: &'static str,
}

impl Resolver<'_> {
    fn filter(&self, expression: &Expression) -> Result<Filter, QueryError> {
        let all = |expressions: &[Expression]| expressions.iter().map(|one| self.filter(one)).collect::<Result<_, _>>();
        Ok(match expression {
            Expression::Not(inner) => not(self.filter(inner)?),
            Expression::And(expressions) => Filter::And(all(expressions)?),
            Expression::Or(expressions) => Filter::Or(all(expressions)?),
            Expression::Condition(condition) => self.condition(condition)?,
        })
    }

    fn condition(&self, condition: &Condition) -> Result<Filter, QueryError> {
        let named = self.named(&condition.column)?;
        let column = || named.column.clone();
        Ok(match &condition.operation {
            Operation::IsNull => Filter::IsNull(column()),
            Operation::IsNotNull => not(Filter::IsNull(column())),
            Operation::Compare(operator, constant) => self.compare(condition, &named, operator, constant)?,
            Operation::In(list) => self.is_in(condition, &named, "in", list)?,
            Operation::NotIn(list) => not(self.is_in(condition, &named, "not in", list)?),
            Operation::Between(low, high) => between(&named, low, high)?,
            Operation::NotBetween(low, high) => not(between(&named, low, high)?),
            Operation::StartsWith(prefix) => self.starts_with(condition, &named, "starts_with", prefix)?,
            Operation::NotStartsWith(prefix) => not(self.starts_with(condition, &named, "not starts_with", prefix)?),
            Operation::Contains(part) => self.contains(condition, &named, "contains", part)?,
            Operation::NotContains(part) => not(self.contains(condition, &named, "not contains", part)?),
        })
    }

    fn compare(
        &self,
        condition: &Condition,
        named: &Named<'_>,
        operator: &str,
        constant: &Constant,
    ) -> Result<Filter, QueryError> {
        let comparison = match operator {
            "=" => Comparison::Equal,
            "!=" => Comparison::Unequal,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::Greater,
            ">=" => Comparison::AtLeast,
            unknown => {
                let source = self.source(condition);
                return Err(QueryError(format!("invalid expression: invalid operator '{unknown}' in `{source}`")));
            }
        };
        let is_equality = matches!(comparison, Comparison::Equal | Comparison::Unequal);
        let negate_if = |filter| if comparison == Comparison::Unequal { not(filter) } else { filter };
        match named.column.kind() {
            Kind::Text | Kind::KeywordList | Kind::Bool if !is_equality => {
                Err(self.unsupported(condition, named, operator))
            }
            Kind::Text => Ok(negate_if(Filter::Words(named.column.clone(), tokens(constant)?))),
            Kind::KeywordList => Ok(negate_if(Filter::Member(named.column.clone(), vec![value::text(constant)?]))),
            Kind::Keyword | Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime => {
                Ok(Filter::Compare(named.column.clone(), comparison, named.value(constant)?))
            }
        }
    }

    fn is_in(
        &self,
        condition: &Condition,
        named: &Named<'_>,
        operator: &str,
        list: &[Constant],
    ) -> Result<Filter, QueryError> {
        match named.column.kind() {
            Kind::Text => Err(self.unsupported(condition, named, operator)),
            Kind::KeywordList => {
                let wanted = list.iter().map(value::text).collect::<Result<_, _>>()?;
                Ok(Filter::Member(named.column.clone(), wanted))
            }
            Kind::Keyword | Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime => {
                let values = list.iter().map(|constant| named.value(constant)).collect::<Result<_, _>>()?;
                Ok(Filter::In(named.column.clone(), values))
            }
        }
    }

    fn starts_with(
        &self,
        condition: &Condition,
        named: &Named<'_>,
        operator: &str,
        prefix: &Constant,
    ) -> Result<Filter, QueryError> {
        if named.column.kind() != Kind::Keyword {
            return Err(self.unsupported(condition, named, operator));
        }
        let Constant::Text(prefix) = prefix else {
            let prefix = self.text[condition.column.start..condition.end].rsplit(' ').next().unwrap_or_default();
            return Err(QueryError(format!(
                "invalid expression: right-hand side of '{operator}' must be a literal string (got: {prefix})"
            )));
        };
        Ok(Filter::StartsWith(named.column.clone(), format!("{}{prefix}", named.prefix)))
    }

    fn contains(
        &self,
        condition: &Condition,
        named: &Named<'_>,
        operator: &str,
        part: &Constant,
    ) -> Result<Filter, QueryError> {
        match named.column.kind() {
            Kind::Text | Kind::Keyword | Kind::KeywordList => {
                Ok(Filter::Contains(named.column.clone(), value::text(part)?))
            }
            Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime => Err(self.unsupported(condition, named, operator)),
        }
    }

    fn group(&self, name: &Name) -> Result<Column, QueryError> {
        let column = self.column(name)?;
        if column == Field::ExecutionStatus.into() {
            return Ok(column);
        }
        match column.kind() {
            Kind::Keyword | Kind::Bool => Ok(column),
            kind @ (Kind::Text | Kind::Int | Kind::Double | Kind::Datetime | Kind::KeywordList) => {
                let (name, kind) = (&name.name, kind.name());
                Err(QueryError(format!(
                    "operation is not supported: 'GROUP BY' clause is only supported for search attributes of type \
                     Keyword and Bool, and '{name}' is of type {kind}"
                )))
            }
        }
    }

    fn column(&self, name: &Name) -> Result<Column, QueryError> {
        self.named(name).map(|named| named.column)
    }

    fn named<'a>(&self, name: &'a Name) -> Result<Named<'a>, QueryError> {
        let name = name.name.as_str();
        if let Some(column) = names::column(name, self.custom) {
            return Ok(Named { name, column, prefix: "" });
        }
        if name == SCHEDULE.0 {
            return Ok(Named { name, column: Field::WorkflowId.into(), prefix: SCHEDULE.1 });
        }
        Err(QueryError(format!("invalid expression: column name '{name}' is not a valid search attribute")))
    }

    fn unsupported(&self, condition: &Condition, named: &Named<'_>, operator: &str) -> QueryError {
        if named.column == Field::ExecutionStatus.into() {
            return QueryError(format!(
                "invalid expression: operator '{operator}' not supported for ExecutionStatus in `{}`",
                self.source(condition)
            ));
        }
        QueryError(format!(
            "invalid expression: operator '{operator}' not supported for {} type search attribute in `{}`",
            named.column.kind().name(),
            self.source(condition)
        ))
    }

    /// The condition as it was written.
    fn source(&self, condition: &Condition) -> &str {
        &self.text[condition.column.start..condition.end]
    }
}

impl Named<'_> {
    fn value(&self, constant: &Constant) -> Result<Value, QueryError> {
        match &self.column {
            Column::Field(Field::ExecutionStatus) => value::status(constant),
            Column::Field(Field::ExecutionDuration) => value::duration(constant),
            Column::Field(_) | Column::Attribute { .. } => {
                match value::value(self.name, self.column.kind(), constant)? {
                    Value::Text(text) => Ok(Value::Text(format!("{}{text}", self.prefix))),
                    other @ (Value::Number(_) | Value::Real(_) | Value::Bool(_)) => Ok(other),
                }
            }
        }
    }
}

fn between(named: &Named<'_>, low: &Constant, high: &Constant) -> Result<Filter, QueryError> {
    match named.column.kind() {
        kind @ (Kind::Text | Kind::KeywordList | Kind::Bool) => Err(QueryError(format!(
            "invalid expression: cannot do range condition on search attribute '{}' of type {}",
            named.name,
            kind.name()
        ))),
        Kind::Keyword | Kind::Int | Kind::Double | Kind::Datetime => {
            Ok(Filter::Between(named.column.clone(), named.value(low)?, named.value(high)?))
        }
    }
}

/// The words that a text is searched for.
fn tokens(constant: &Constant) -> Result<Vec<String>, QueryError> {
    let text = value::text(constant)?;
    if text.trim().is_empty() {
        return Err(QueryError(format!(
            "invalid expression: unexpected value for Text type search attribute (no tokens found in '{text}')"
        )));
    }
    Ok(words(&text).collect())
}

fn not(filter: Filter) -> Filter {
    match filter {
        Filter::Not(inner) => *inner,
        other => Filter::Not(Box::new(other)),
    }
}
