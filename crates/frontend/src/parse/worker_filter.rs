//! The queries of ListWorkers and CountWorkers: comparisons of fields with constants, AND, OR and parentheses. What can
//! be written but not answered (an unknown field, NOT, a function) holds of no worker, as on the reference server; what
//! cannot be read is refused.

use abide_api::temporal::api::worker::v1::WorkerHeartbeat;
use prost_types::Timestamp;

use crate::status::Refusal;

#[cfg(test)]
mod fuzz;
mod read;
#[cfg(test)]
mod tests;

/// A query that was read.
#[derive(Debug, PartialEq)]
pub struct WorkerFilter(Option<Term>);

#[derive(Debug, PartialEq)]
enum Term {
    And(Box<Term>, Box<Term>),
    Or(Box<Term>, Box<Term>),
    Compare {
        field: String,
        operator: Operator,
        value: Value,
    },
    Between {
        field: String,
        from: Value,
        to: Value,
        negated: bool,
    },
    IsNull {
        field: String,
        negated: bool,
    },
    /// Can be written, but not answered.
    Unanswerable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    StartsWith,
    NotStartsWith,
}

#[derive(Debug, PartialEq)]
enum Value {
    Text(String),
    Number(String),
}

/// What a field of a worker holds.
enum Field {
    Text(String),
    Time(Option<Timestamp>),
}

/// A term that cannot be answered.
struct Unanswered;

impl WorkerFilter {
    /// Reads a query; the empty one lets every worker pass.
    pub fn parse(query: &str) -> Result<Self, Refusal> {
        let query = query.trim();
        if query.is_empty() {
            return Ok(Self(None));
        }
        let start = query.split_whitespace().next().unwrap_or_default();
        if start.eq_ignore_ascii_case("where") || start.eq_ignore_ascii_case("select") {
            return Err(Refusal::Invalid(format!("invalid filter: {query}").into()));
        }
        read::term(query).map(|term| Self(Some(term))).map_err(Refusal::Invalid)
    }

    /// Whether this worker is wanted.
    pub fn passes(&self, worker: &WorkerHeartbeat) -> bool {
        self.0.as_ref().is_none_or(|term| term.holds(worker).unwrap_or(false))
    }
}

impl Term {
    fn holds(&self, worker: &WorkerHeartbeat) -> Result<bool, Unanswered> {
        match self {
            Term::And(one, other) => Ok(one.holds(worker)? && other.holds(worker)?),
            Term::Or(one, other) => Ok(one.holds(worker)? || other.holds(worker)?),
            Term::Compare { field, operator, value } => match (find(worker, field)?, value) {
                (Field::Text(found), Value::Text(wanted)) => operator.compare_text(&found, wanted),
                (Field::Text(_), Value::Number(_)) => Err(Unanswered),
                // A time that the worker did not say is the epoch.
                (Field::Time(found), wanted) => operator.compare_times(&found.unwrap_or_default(), &time(wanted)?),
            },
            Term::Between { field, from, to, negated } => match find(worker, field)? {
                Field::Text(_) => Err(Unanswered),
                Field::Time(found) => {
                    let (from, to) = (time(from)?, time(to)?);
                    Ok(found.is_some_and(|found| {
                        let is_between = place(&found) >= place(&from) && place(&found) <= place(&to);
                        is_between != *negated
                    }))
                }
            },
            Term::IsNull { field, negated } => {
                let is_null = match find(worker, field)? {
                    Field::Text(text) => text.is_empty(),
                    Field::Time(time) => time.is_none(),
                };
                Ok(is_null != *negated)
            }
            Term::Unanswerable => Err(Unanswered),
        }
    }
}

impl Operator {
    fn compare_text(self, found: &str, wanted: &str) -> Result<bool, Unanswered> {
        match self {
            // Nothing can be compared with nothing: that is what IS NULL is for.
            _ if wanted.is_empty() => Err(Unanswered),
            Operator::Equal => Ok(found == wanted),
            Operator::NotEqual => Ok(found != wanted),
            Operator::StartsWith => Ok(found.starts_with(wanted)),
            Operator::NotStartsWith => Ok(!found.starts_with(wanted)),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => Err(Unanswered),
        }
    }

    fn compare_times(self, found: &Timestamp, wanted: &Timestamp) -> Result<bool, Unanswered> {
        let (found, wanted) = (place(found), place(wanted));
        match self {
            Operator::Equal => Ok(found == wanted),
            Operator::NotEqual => Ok(found != wanted),
            Operator::Less => Ok(found < wanted),
            Operator::LessOrEqual => Ok(found <= wanted),
            Operator::Greater => Ok(found > wanted),
            Operator::GreaterOrEqual => Ok(found >= wanted),
            Operator::StartsWith | Operator::NotStartsWith => Err(Unanswered),
        }
    }
}

fn find(worker: &WorkerHeartbeat, field: &str) -> Result<Field, Unanswered> {
    let host = || worker.host_info.as_ref();
    let version = || worker.deployment_version.as_ref();
    let text = match field {
        "WorkerInstanceKey" => worker.worker_instance_key.clone(),
        "WorkerIdentity" => worker.worker_identity.clone(),
        "HostName" => host().map(|host| host.host_name.clone()).unwrap_or_default(),
        "TaskQueue" => worker.task_queue.clone(),
        "DeploymentName" => version().map(|version| version.deployment_name.clone()).unwrap_or_default(),
        "BuildId" => version().map(|version| version.build_id.clone()).unwrap_or_default(),
        "SdkName" => worker.sdk_name.clone(),
        "SdkVersion" => worker.sdk_version.clone(),
        // The second is how the reference server's reader spells `Status`, whatever its case.
        "WorkerStatus" => status(worker),
        other if other.eq_ignore_ascii_case("status") => status(worker),
        "StartTime" => return Ok(Field::Time(worker.start_time)),
        "HeartbeatTime" => return Ok(Field::Time(worker.heartbeat_time)),
        _ => return Err(Unanswered),
    };
    Ok(Field::Text(text))
}

/// The status in words: `Running`.
fn status(worker: &WorkerHeartbeat) -> String {
    let name = worker.status().as_str_name();
    let words = name.strip_prefix("WORKER_STATUS_").unwrap_or(name).split('_');
    let capital = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_owned() + &rest.to_ascii_lowercase()
    };
    words.map(capital).collect()
}

/// A time as text, or as nanoseconds since the epoch.
fn time(value: &Value) -> Result<Timestamp, Unanswered> {
    match value {
        Value::Text(text) => text.parse().map_err(|_| Unanswered),
        Value::Number(number) => {
            let nanos: i64 = number.parse().map_err(|_| Unanswered)?;
            Ok(Timestamp {
                seconds: nanos.div_euclid(1_000_000_000),
                nanos: i32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or(0),
            })
        }
    }
}

fn place(time: &Timestamp) -> (i64, i32) {
    (time.seconds, time.nanos)
}
