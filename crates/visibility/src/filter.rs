//! The seat of the query language. Today it is only what clients cannot do without: `WorkflowId = 'x'`,
//! `WorkflowType = 'x'`, `ExecutionStatus = 'Running'`, joined by AND, and tried on every row that is read. The language
//! itself will be parsed into a tree here, and indexes will answer it; nothing outside this file knows the grammar.

use abide_api::temporal::api::enums::v1::WorkflowExecutionStatus;
use abide_api::temporal::api::workflow::v1::WorkflowExecutionInfo;

use crate::ListError;

/// A parsed query: every condition must hold.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Filter(Vec<Condition>);

#[derive(Debug, PartialEq)]
enum Condition {
    WorkflowId(String),
    WorkflowType(String),
    Status(WorkflowExecutionStatus),
}

/// The statuses as queries name them.
const STATUSES: [(&str, WorkflowExecutionStatus); 7] = [
    ("Running", WorkflowExecutionStatus::Running),
    ("Completed", WorkflowExecutionStatus::Completed),
    ("Failed", WorkflowExecutionStatus::Failed),
    ("Canceled", WorkflowExecutionStatus::Canceled),
    ("Terminated", WorkflowExecutionStatus::Terminated),
    ("ContinuedAsNew", WorkflowExecutionStatus::ContinuedAsNew),
    ("TimedOut", WorkflowExecutionStatus::TimedOut),
];

impl Filter {
    /// Parses a query; the empty one lets everything pass.
    pub(crate) fn parse(query: &str) -> Result<Self, ListError> {
        let mut rest = query.trim();
        let mut conditions = Vec::new();
        while !rest.is_empty() {
            if !conditions.is_empty() {
                rest = match word(rest) {
                    (and, behind) if and.eq_ignore_ascii_case("and") => behind,
                    _ => return Err(unsupported(&format!("operation is not supported: {rest}"))),
                };
            }
            let (condition, behind) = condition(rest)?;
            conditions.push(condition);
            rest = behind.trim_start();
        }
        Ok(Filter(conditions))
    }

    /// Whether everything passes, so that rows need not be looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this run is wanted.
    pub(crate) fn passes(&self, info: &WorkflowExecutionInfo) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::WorkflowId(id) => info.execution.as_ref().is_some_and(|execution| execution.workflow_id == *id),
            Condition::WorkflowType(name) => info.r#type.as_ref().is_some_and(|found| found.name == *name),
            Condition::Status(status) => info.status() == *status,
        })
    }
}

/// One condition at the begin of the text, and what follows it.
fn condition(text: &str) -> Result<(Condition, &str), ListError> {
    let (name, rest) = column(text)?;
    let Some(rest) = rest.strip_prefix('=') else {
        return Err(unsupported(&format!("operation is not supported: {}", text.trim())));
    };
    let (value, rest) = quoted(rest.trim_start())?;
    let condition = match name {
        "WorkflowId" => Condition::WorkflowId(value),
        "WorkflowType" => Condition::WorkflowType(value),
        "ExecutionStatus" => Condition::Status(status(&value)?),
        _ => return Err(unsupported(&format!("operation is not supported: filter by '{name}'"))),
    };
    Ok((condition, rest))
}

/// The name of a column, which may stand in backquotes, and what follows it.
fn column(text: &str) -> Result<(&str, &str), ListError> {
    let (name, rest) = match text.strip_prefix('`') {
        Some(text) => text.split_once('`').ok_or_else(|| malformed(text))?,
        None => word(text),
    };
    if name.is_empty() { Err(malformed(text)) } else { Ok((name, rest.trim_start())) }
}

/// The letters and digits at the begin of the text, and what follows them without the blanks between.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// A string in single or double quotes, and what follows it. A quote inside is doubled or behind a backslash.
fn quoted(text: &str) -> Result<(String, &str), ListError> {
    let mut letters = text.char_indices();
    let Some((_, quote @ ('\'' | '"'))) = letters.next() else {
        return Err(unsupported(&format!("operation is not supported: value {text} without quotes")));
    };
    let mut value = String::new();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            value.push(letters.next().ok_or_else(|| malformed(text))?.1);
        } else if letter != quote {
            value.push(letter);
        } else if text[at + 1..].starts_with(quote) {
            value.push(quote);
            letters.next();
        } else {
            return Ok((value, &text[at + 1..]));
        }
    }
    Err(malformed(text))
}

fn status(name: &str) -> Result<WorkflowExecutionStatus, ListError> {
    let found = STATUSES.iter().find(|(known, _)| *known == name);
    found.map(|(_, status)| *status).ok_or_else(|| unsupported(&format!("invalid ExecutionStatus value: '{name}'")))
}

fn malformed(near: &str) -> ListError {
    unsupported(&format!("malformed SQL query: syntax error near '{}'", near.trim()))
}

fn unsupported(what: &str) -> ListError {
    ListError::Unsupported(format!("invalid query: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Vec<Condition> {
        Filter::parse(query).unwrap().0
    }

    #[test]
    fn conditions_are_joined_by_and() {
        let expected = || {
            vec![
                Condition::WorkflowId("order-1".into()),
                Condition::WorkflowType("Order".into()),
                Condition::Status(WorkflowExecutionStatus::TimedOut),
            ]
        };
        for query in [
            "WorkflowId = 'order-1' AND WorkflowType = 'Order' AND ExecutionStatus = 'TimedOut'",
            "  WorkflowId=\"order-1\" and\tWorkflowType='Order'  And `ExecutionStatus`=\"TimedOut\" ",
            "WorkflowId='order-1'AND WorkflowType='Order'AND ExecutionStatus='TimedOut'",
        ] {
            assert_eq!(parsed(query), expected(), "{query}");
        }
        assert!(Filter::parse(" ").unwrap().is_empty());
    }

    #[test]
    fn quotes_inside_a_value_are_doubled_or_escaped() {
        for query in ["WorkflowId = 'it''s'", r"WorkflowId = 'it\'s'", "WorkflowId = \"it's\""] {
            assert_eq!(parsed(query), [Condition::WorkflowId("it's".into())], "{query}");
        }
        assert_eq!(parsed("WorkflowId = 'ü = '"), [Condition::WorkflowId("ü = ".into())]);
    }

    #[test]
    fn everything_else_is_an_invalid_query() {
        for query in [
            "WorkflowId",
            "WorkflowId = ",
            "WorkflowId = x",
            "WorkflowId = 'x",
            r"WorkflowId = 'x\",
            "WorkflowId != 'x'",
            "WorkflowId = 'x' OR WorkflowId = 'y'",
            "WorkflowId = 'x' WorkflowId = 'y'",
            "WorkflowId = 'x' AND",
            "WorkflowId = 'x' ORDER BY StartTime",
            "(WorkflowId = 'x')",
            "`WorkflowId = 'x'",
            "StartTime > '2026-01-01T00:00:00Z'",
            "StartTime = '2026-01-01T00:00:00Z'",
            "ExecutionStatus = 'Sleeping'",
            "ExecutionStatus = 1",
            "=",
            "'",
        ] {
            match Filter::parse(query) {
                Err(ListError::Unsupported(text)) => assert!(text.starts_with("invalid query: "), "{text}"),
                other => panic!("{query}: {other:?}"),
            }
        }
    }
}
