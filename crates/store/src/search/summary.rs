//! What can be told of one row, or of several together, without reading them: between which times they stand, which
//! statuses they have, and a signature of their values. It may promise too much, never too little.

use super::column::{Column, Field, Kind};
use super::document::{Document, closed_at};
use super::value::Raw;
use crate::key::VisibilityRecord;

/// Stands for every status that has no bit of its own, and for none.
const OTHER_STATUS: u32 = 1 << 31;
/// The fields whose values are part of the signature: those that are stored as they are compared.
const SIGNED: [Field; 6] = [
    Field::WorkflowId,
    Field::WorkflowType,
    Field::TaskQueue,
    Field::ParentWorkflowId,
    Field::ParentRunId,
    Field::NamespaceDivision,
];

/// See the file's first lines.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Summary {
    /// The earliest and the latest begin.
    pub(crate) started: (i64, i64),
    /// The earliest and the latest end.
    pub(crate) closed: (i64, i64),
    /// One bit for each.
    statuses: u32,
    /// Two bits for every value.
    signature: u128,
}

impl Summary {
    /// Of no row.
    pub(crate) const NOTHING: Summary =
        Summary { started: (i64::MAX, i64::MIN), closed: (i64::MAX, i64::MIN), statuses: 0, signature: 0 };
    /// Of any row.
    const ANYTHING: Summary = Summary {
        started: (i64::MIN, i64::MAX),
        closed: (i64::MIN, i64::MAX),
        statuses: u32::MAX,
        signature: u128::MAX,
    };

    /// Of one row. One that cannot be read may be anything: whoever reads it will say so.
    pub(crate) fn of(key: &[u8], value: &[u8]) -> Self {
        let Ok(columns) = VisibilityRecord::columns_in(value) else { return Self::ANYTHING };
        let Ok(document) = Document::of(key, &columns) else { return Self::ANYTHING };
        let (started, closed) = (document.started_at().nanos, closed_at(&document));
        let statuses = match document.field(Field::ExecutionStatus) {
            Some(Raw::Number(status)) => status_bit(status),
            Some(_) | None => OTHER_STATUS,
        };
        let fields = SIGNED.iter().filter_map(|field| Some(signature_of_field(*field, document.stored(*field)?)));
        let attributes = document.attributes().map(|(name, kind, value)| match value {
            Raw::List(list) => list.iter().fold(0, |all, text| all | signature_of(name, kind, Raw::Text(text))),
            value => signature_of(name, kind, value),
        });
        let signature = fields.chain(attributes).fold(0, |all, one| all | one);
        Self { started: (started, started), closed: (closed, closed), statuses, signature }
    }

    /// Of these rows and others.
    pub(crate) fn and(self, other: Summary) -> Self {
        let span = |one: (i64, i64), other: (i64, i64)| (one.0.min(other.0), one.1.max(other.1));
        Self {
            started: span(self.started, other.started),
            closed: span(self.closed, other.closed),
            statuses: self.statuses | other.statuses,
            signature: self.signature | other.signature,
        }
    }

    /// Whether one of the rows may have one of these statuses.
    pub(super) fn may_have_status(&self, statuses: u32) -> bool {
        self.statuses & statuses != 0
    }

    /// Whether one of the rows may have the value with this signature.
    pub(super) fn may_have(&self, signature: u128) -> bool {
        self.signature & signature == signature
    }
}

/// The bits of all statuses of which this holds, and of those that have none of their own.
pub(super) fn statuses(holds: impl Fn(i64) -> bool) -> u32 {
    (0..31).filter(|status| holds(*status)).fold(OTHER_STATUS, |all, status| all | status_bit(status))
}

fn status_bit(status: i64) -> u32 {
    match status {
        0..31 => 1 << status,
        _ => OTHER_STATUS,
    }
}

/// The signature of a value of a column; none when such values have none.
pub(super) fn signature(column: &Column, value: Raw<'_>) -> Option<u128> {
    match column {
        Column::Field(field) => SIGNED.contains(field).then(|| signature_of_field(*field, value)),
        // Texts are found by their words: too many to sign.
        Column::Attribute { kind: Kind::Text, .. } => None,
        Column::Attribute { name, kind } => Some(signature_of(name, *kind, value)),
    }
}

fn signature_of_field(field: Field, value: Raw<'_>) -> u128 {
    sign(&[field as u8], &[], value)
}

fn signature_of(name: &str, kind: Kind, value: Raw<'_>) -> u128 {
    match kind {
        Kind::Text => 0,
        Kind::Keyword | Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime | Kind::KeywordList => {
            sign(&[0, kind as u8], name.as_bytes(), value)
        }
    }
}

/// No whole number of the other sort is as large.
const WHOLE_MAX: f64 = 9_223_372_036_854_775_808.0;

fn sign(column: &[u8], name: &[u8], value: Raw<'_>) -> u128 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(column);
    hasher.update(name);
    hasher.update(&[0]);
    match value {
        Raw::Text(text) => hasher.update(text.as_bytes()),
        Raw::Number(number) => hasher.update(&number.to_le_bytes()),
        // A whole one equals the number of another sort.
        Raw::Real(real) if real.trunc() == real && real.abs() < WHOLE_MAX => {
            hasher.update(&(real as i64).to_le_bytes());
        }
        Raw::Real(real) => hasher.update(&real.to_le_bytes()),
        Raw::Bool(value) => hasher.update(&[u8::from(value)]),
        // Its elements have signatures.
        Raw::List(_) => return 0,
    }
    let hash = hasher.finalize();
    1 << (hash & 127) | 1 << ((hash >> 7) & 127)
}
