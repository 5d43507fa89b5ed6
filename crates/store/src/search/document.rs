//! The columns of one row: how they are written, and how they are read in one pass. The form is
//! `field number (1) | value`, or `0 | type (1) | name | value` for an attribute, one behind the other, fields first;
//! numbers are zigzag varints, texts have their length before them. It is part of the stored format, for ever.

use std::cell::OnceCell;

use abide_model::{RunId, Timestamp};
use bytes::{BufMut, Bytes, BytesMut};

use super::column::{Column, Field, Kind};
use super::value::Raw;
use crate::Error;
use crate::key::{Key, VisibilityKey};

/// Marks an attribute where fields have their number.
const ATTRIBUTE: u8 = 0;

/// The columns of a row in the making. Fields come before attributes.
#[derive(Default)]
pub struct Columns(BytesMut);

impl Columns {
    /// Of no value yet.
    pub fn new() -> Self {
        Self(BytesMut::with_capacity(160))
    }

    /// A field's text.
    pub fn text(&mut self, field: Field, text: &str) {
        self.0.put_u8(field as u8);
        put_text(&mut self.0, text);
    }

    /// A field's number or time.
    pub fn number(&mut self, field: Field, number: i64) {
        self.0.put_u8(field as u8);
        put_number(&mut self.0, number);
    }

    /// An attribute, as clients write it: JSON. What does not fit the type is left out, so that nothing finds it.
    pub fn attribute(&mut self, name: &str, kind: Kind, json: &[u8]) {
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(json) else { return };
        let mut encoded = BytesMut::new();
        if put_json(&mut encoded, kind, &value).is_some() {
            self.0.put_u8(ATTRIBUTE);
            self.0.put_u8(kind as u8);
            put_text(&mut self.0, name);
            self.0.put_slice(&encoded);
        }
    }

    /// The stored form.
    pub fn finish(self) -> Bytes {
        self.0.freeze()
    }
}

// A list of one stands for its element, as in the reference server.
fn put_json(out: &mut BytesMut, kind: Kind, value: &serde_json::Value) -> Option<()> {
    use serde_json::Value::{Array, String};
    match (kind, value) {
        (Kind::KeywordList, Array(values)) => {
            let mut list = BytesMut::new();
            for value in values {
                put_text(&mut list, value.as_str()?);
            }
            put_length(out, list.len());
            out.put_slice(&list);
        }
        (Kind::KeywordList, String(text)) => {
            let mut list = BytesMut::new();
            put_text(&mut list, text);
            put_length(out, list.len());
            out.put_slice(&list);
        }
        (kind, Array(values)) => match values.as_slice() {
            [value] if !value.is_array() => put_json(out, kind, value)?,
            _ => return None,
        },
        (Kind::Text | Kind::Keyword, value) => put_text(out, value.as_str()?),
        (Kind::Int, value) => put_number(out, value.as_i64()?),
        (Kind::Double, value) => out.put_f64(value.as_f64()?),
        (Kind::Bool, value) => out.put_u8(u8::from(value.as_bool()?)),
        (Kind::Datetime, value) => put_number(out, nanos(value.as_str()?.parse().ok()?)),
        (Kind::KeywordList, _) => return None,
    }
    Some(())
}

fn nanos(time: prost_types::Timestamp) -> i64 {
    time.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(time.nanos))
}

fn put_text(out: &mut BytesMut, text: &str) {
    put_length(out, text.len());
    out.put_slice(text.as_bytes());
}

fn put_length(out: &mut BytesMut, length: usize) {
    prost::encoding::encode_varint(length as u64, out);
}

fn put_number(out: &mut BytesMut, number: i64) {
    prost::encoding::encode_varint(((number << 1) ^ (number >> 63)) as u64, out);
}

/// The columns of one row.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    key: VisibilityKey,
    fields: [Option<Raw<'a>>; Field::ALL.len()],
    attributes: &'a [u8],
    /// The id of the run as text, which is in the key as bytes: made when it is asked for.
    run_id: OnceCell<[u8; 36]>,
}

/// When a run with these columns was closed; an open one later than any other.
pub fn closed_at(document: &Document<'_>) -> i64 {
    match document.fields[Field::CloseTime.index()] {
        Some(Raw::Number(nanos)) => nanos,
        Some(_) | None => i64::MAX,
    }
}

impl<'a> Document<'a> {
    /// Reads the columns of the row with this key; [`Error::Corrupt`] when they cannot be.
    pub fn of(key: &[u8], columns: &'a [u8]) -> Result<Self, Error> {
        let key = VisibilityKey::decode(key)?;
        let mut fields = [None; Field::ALL.len()];
        let mut reader = Reader(columns);
        while let Some(field) = reader.field()? {
            let value = reader.value(field.kind())?;
            fields[field.index()] = Some(value);
        }
        let attributes = reader.0;
        while reader.attribute()?.is_some() {}
        Ok(Self { key, fields, attributes, run_id: OnceCell::new() })
    }

    /// The run.
    pub fn run_id(&self) -> RunId {
        self.key.run_id
    }

    /// When it began.
    pub fn started_at(&self) -> Timestamp {
        self.key.started_at
    }

    /// The value of a field; none when the run has none.
    pub fn field(&self, field: Field) -> Option<Raw<'_>> {
        match field {
            Field::RunId => {
                let text = self.run_id.get_or_init(|| {
                    let mut text = [0; 36];
                    self.key.run_id.0.hyphenated().encode_lower(&mut text);
                    text
                });
                std::str::from_utf8(text).ok().map(Raw::Text)
            }
            Field::StartTime => Some(Raw::Number(self.key.started_at.nanos)),
            Field::ExecutionDuration => {
                let (Some(Raw::Number(closed)), Some(Raw::Number(begun))) =
                    (self.fields[Field::CloseTime.index()], self.fields[Field::ExecutionTime.index()])
                else {
                    return None;
                };
                Some(Raw::Number(closed.saturating_sub(begun).max(0)))
            }
            Field::RootWorkflowId | Field::RootRunId => self.fields[field.index()].or_else(|| {
                // A run without another root is its own.
                self.field(if field == Field::RootRunId { Field::RunId } else { Field::WorkflowId })
            }),
            Field::WorkflowId
            | Field::WorkflowType
            | Field::ExecutionTime
            | Field::CloseTime
            | Field::ExecutionStatus
            | Field::TaskQueue
            | Field::HistoryLength
            | Field::HistorySizeBytes
            | Field::StateTransitionCount
            | Field::ParentWorkflowId
            | Field::ParentRunId
            | Field::NamespaceDivision => self.fields[field.index()],
        }
    }

    /// The value of a field as it is stored: none when it can be told from others.
    pub fn stored(&self, field: Field) -> Option<Raw<'a>> {
        self.fields[field.index()]
    }

    /// The value of a column; none when the run has none.
    pub fn get(&self, column: &Column) -> Option<Raw<'_>> {
        match column {
            Column::Field(field) => self.field(*field),
            Column::Attribute { name, kind } => {
                let found = self.attributes().find(|(found, found_kind, _)| found == name && found_kind == kind);
                found.map(|(_, _, value)| value)
            }
        }
    }

    /// As [`Document::get`], as it is compared and sorted: an open run ends later than every other.
    pub fn compared(&self, column: &Column) -> Option<Raw<'_>> {
        match column {
            Column::Field(Field::CloseTime) => Some(Raw::Number(closed_at(self))),
            Column::Field(_) | Column::Attribute { .. } => self.get(column),
        }
    }

    /// The attributes: name, type and value.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Kind, Raw<'a>)> + use<'a> {
        let mut reader = Reader(self.attributes);
        std::iter::from_fn(move || reader.attribute().ok().flatten())
    }
}

/// Several keywords, one behind the other. They have been checked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct List<'a>(&'a [u8]);

impl<'a> List<'a> {
    /// One by one.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let mut reader = Reader(self.0);
        std::iter::from_fn(move || if reader.0.is_empty() { None } else { reader.text().ok() })
    }
}

/// What is not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The field that comes next; none when attributes follow, or nothing does.
    fn field(&mut self) -> Result<Option<Field>, Error> {
        let Some((number, rest)) = self.0.split_first() else { return Ok(None) };
        if *number == ATTRIBUTE {
            return Ok(None);
        }
        self.0 = rest;
        Field::of(*number).map(Some).ok_or_else(|| corrupt("has an unknown field"))
    }

    fn attribute(&mut self) -> Result<Option<(&'a str, Kind, Raw<'a>)>, Error> {
        match self.0.split_first_chunk() {
            None if self.0.is_empty() => Ok(None),
            Some(([ATTRIBUTE, kind], rest)) => {
                self.0 = rest;
                let kind = Kind::of(*kind).ok_or_else(|| corrupt("has an unknown type"))?;
                let name = self.text()?;
                Ok(Some((name, kind, self.value(kind)?)))
            }
            Some(_) | None => Err(corrupt("has a field behind an attribute")),
        }
    }

    fn value(&mut self, kind: Kind) -> Result<Raw<'a>, Error> {
        Ok(match kind {
            Kind::Text | Kind::Keyword => Raw::Text(self.text()?),
            Kind::Int | Kind::Datetime => Raw::Number(self.number()?),
            Kind::Double => Raw::Real(f64::from_be_bytes(self.chunk()?)),
            Kind::Bool => Raw::Bool(self.chunk::<1>()? != [0]),
            Kind::KeywordList => {
                let length = self.length()?;
                let list = self.bytes(length)?;
                let mut reader = Reader(list);
                while !reader.0.is_empty() {
                    reader.text()?;
                }
                Raw::List(List(list))
            }
        })
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        let length = self.length()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| corrupt("has a text that is none"))
    }

    fn number(&mut self) -> Result<i64, Error> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn length(&mut self) -> Result<usize, Error> {
        usize::try_from(self.varint()?).map_err(|_| corrupt("is too long"))
    }

    fn varint(&mut self) -> Result<u64, Error> {
        prost::encoding::decode_varint(&mut self.0).map_err(|_| corrupt("has a number that is none"))
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(|| corrupt("ends early"))?;
        self.0 = rest;
        Ok(bytes)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (chunk, rest) = self.0.split_first_chunk().ok_or_else(|| corrupt("ends early"))?;
        self.0 = rest;
        Ok(*chunk)
    }
}

fn corrupt(what: &str) -> Error {
    Error::Corrupt(format!("visibility columns: the row {what}"))
}
