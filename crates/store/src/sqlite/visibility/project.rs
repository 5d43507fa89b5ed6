//! Keeps the columns and the attributes of rows as their values say, whenever a row is written or deleted.

use std::collections::HashMap;

use abide_model::NamespaceId;
use bytes::Bytes;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::key::{Key, VisibilityKey, VisibilityRecord};
use crate::search::{self, Document, Field, Kind, Raw, closed_at, words};
use crate::{Error, Record};

/// Of rows that are stored and cannot be read: no list shows them.
pub(super) const NOWHERE: i64 = -1;
/// Stands for the type where a field is kept among the attributes.
pub(super) const FIELD_KIND: u8 = 0;
/// The fields that are kept among the attributes, because few rows have them.
pub(super) const AMONG_ATTRIBUTES: [(Field, &str); 2] =
    [(Field::ParentWorkflowId, "ParentWorkflowId"), (Field::RootWorkflowId, "RootWorkflowId")];

/// A value as the database compares it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(i64),
    Real(f64),
}

impl From<&search::Value> for Cell {
    fn from(value: &search::Value) -> Self {
        match value {
            search::Value::Text(text) => Cell::Text(text.clone()),
            search::Value::Number(number) => Cell::Number(*number),
            search::Value::Real(real) => Cell::Real(*real),
            search::Value::Bool(value) => Cell::Number(i64::from(*value)),
        }
    }
}

impl FromSql for Cell {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(_) => value.as_str().map(|text| Cell::Text(text.to_owned())),
            ValueRef::Integer(number) => Ok(Cell::Number(number)),
            ValueRef::Real(real) => Ok(Cell::Real(real)),
            ValueRef::Null | ValueRef::Blob(_) => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Cell::Number(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Cell::Real(real) => ToSqlOutput::Owned(Value::Real(*real)),
        })
    }
}

/// The numbers of namespaces and names, as far as they are known.
#[derive(Default)]
pub(in crate::sqlite) struct Projection {
    namespaces: HashMap<NamespaceId, i64>,
    names: HashMap<(u8, String), i64>,
    /// Whether what has no number yet is to have none.
    only_looks: bool,
}

/// Stands for the number of what has none.
const NO_NUMBER: i64 = 0;

/// What the tables say of one row beside its key and value.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) area: i64,
    pub(super) workflow_id: String,
    pub(super) workflow_type: String,
    pub(super) status: i64,
    pub(super) started: i64,
    pub(super) closed: i64,
    pub(super) attributes: Vec<(i64, Cell)>,
}

impl Projection {
    /// One that gives no numbers.
    pub(super) fn that_only_looks() -> Self {
        Self { only_looks: true, ..Self::default() }
    }

    /// Forgets what may not have been stored.
    pub(in crate::sqlite) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Inserts a row, or replaces it.
    pub(in crate::sqlite) fn put(
        &mut self,
        database: &Connection,
        partition: u16,
        key: &[u8],
        value: &[u8],
    ) -> rusqlite::Result<()> {
        let upgraded = today(value);
        let value = upgraded.as_deref().unwrap_or(value);
        let new = self.entry(database, key, value)?;
        let inserted = database.prepare_cached(include_str!("insert.sql"))?.execute(params![
            partition,
            key,
            new.area,
            new.workflow_id,
            new.workflow_type,
            new.status,
            new.started,
            new.closed,
            value
        ])?;
        if inserted > 0 {
            return insert_attributes(database, database.last_insert_rowid(), &new);
        }
        let mut get = database.prepare_cached("SELECT row, value FROM visibility WHERE partition = ?1 AND key = ?2")?;
        let (row, old): (i64, Vec<u8>) =
            get.query_row(params![partition, key], |found| Ok((found.get(0)?, found.get(1)?)))?;
        let old = self.entry(database, key, &old)?;
        database.prepare_cached(include_str!("update.sql"))?.execute(params![
            row,
            new.area,
            new.workflow_id,
            new.workflow_type,
            new.status,
            new.started,
            new.closed,
            value
        ])?;
        let place = |entry: &Entry| (entry.area, entry.closed, entry.started);
        if place(&old) != place(&new) || old.attributes != new.attributes {
            delete_attributes(database, row, &old)?;
            insert_attributes(database, row, &new)?;
        }
        Ok(())
    }

    /// Deletes a row, if it is there.
    pub(in crate::sqlite) fn delete(
        &mut self,
        database: &Connection,
        partition: u16,
        key: &[u8],
    ) -> rusqlite::Result<()> {
        let mut get = database.prepare_cached("SELECT row, value FROM visibility WHERE partition = ?1 AND key = ?2")?;
        let found = get.query_row(params![partition, key], |found| Ok((found.get(0)?, found.get::<_, Vec<u8>>(1)?)));
        let Some((row, value)) = found.optional()? else { return Ok(()) };
        let old = self.entry(database, key, &value)?;
        delete_attributes(database, row, &old)?;
        database.prepare_cached("DELETE FROM visibility WHERE row = ?1")?.execute([row]).map(drop)
    }

    /// Deletes every row with `from <= key < to`.
    pub(in crate::sqlite) fn delete_range(
        &mut self,
        database: &Connection,
        partition: u16,
        from: &[u8],
        to: &[u8],
    ) -> rusqlite::Result<()> {
        loop {
            let sql =
                "SELECT key FROM visibility WHERE partition = ?1 AND key >= ?2 AND key < ?3 ORDER BY key LIMIT 1000";
            let mut find = database.prepare_cached(sql)?;
            let keys = find.query_map(params![partition, from, to], |found| found.get::<_, Vec<u8>>(0))?;
            let keys: Vec<Vec<u8>> = keys.collect::<Result<_, _>>()?;
            if keys.is_empty() {
                return Ok(());
            }
            for key in keys {
                self.delete(database, partition, &key)?;
            }
        }
    }

    /// What the tables have to say of a row.
    pub(super) fn entry(&mut self, database: &Connection, key: &[u8], value: &[u8]) -> rusqlite::Result<Entry> {
        let columns = VisibilityRecord::columns_in(value);
        let read = columns.as_ref().map_err(Error::to_string).and_then(|columns| {
            let key = VisibilityKey::decode(key).map_err(|error| error.to_string())?;
            Ok((key, Document::of(&key.encode(), columns).map_err(|error| error.to_string())?))
        });
        match read {
            Ok((key, document)) => self.entry_of(database, key.namespace, &document),
            Err(error) => {
                tracing::error!(error, "a row of lists cannot be read, and is not shown");
                Ok(Entry { area: NOWHERE, ..Entry::default() })
            }
        }
    }

    fn entry_of(
        &mut self,
        database: &Connection,
        namespace: NamespaceId,
        document: &Document<'_>,
    ) -> rusqlite::Result<Entry> {
        let text = |field| match document.field(field) {
            Some(Raw::Text(text)) => text.to_owned(),
            Some(_) | None => String::new(),
        };
        let status = match document.field(Field::ExecutionStatus) {
            Some(Raw::Number(status)) => status,
            Some(_) | None => 0,
        };
        let is_divided = document.field(Field::NamespaceDivision).is_some();
        let closed = closed_at(document);
        let mut attributes = Vec::new();
        for (field, name) in AMONG_ATTRIBUTES {
            if let Some(Raw::Text(text)) = document.stored(field) {
                attributes.push((self.name(database, FIELD_KIND, name)?, Cell::Text(text.to_owned())));
            }
        }
        for (name, kind, value) in document.attributes() {
            let name = self.name(database, kind as u8, name)?;
            attributes.extend(cells(kind, value).into_iter().map(|cell| (name, cell)));
        }
        Ok(Entry {
            area: 2 * self.namespace(database, namespace)? + i64::from(is_divided),
            workflow_id: text(Field::WorkflowId),
            workflow_type: text(Field::WorkflowType),
            status,
            started: document.started_at().nanos,
            closed,
            attributes,
        })
    }

    fn namespace(&mut self, database: &Connection, namespace: NamespaceId) -> rusqlite::Result<i64> {
        if let Some(number) = self.namespaces.get(&namespace) {
            return Ok(*number);
        }
        if self.only_looks {
            return Ok(namespace_number(database, namespace)?.unwrap_or(NO_NUMBER));
        }
        let add = "INSERT OR IGNORE INTO visibility_namespace (id) VALUES (?1)";
        database.prepare_cached(add)?.execute([&namespace.0.as_bytes()[..]])?;
        let number = namespace_number(database, namespace)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.namespaces.insert(namespace, number);
        Ok(number)
    }

    fn name(&mut self, database: &Connection, kind: u8, name: &str) -> rusqlite::Result<i64> {
        if let Some(number) = self.names.get(&(kind, name.to_owned())) {
            return Ok(*number);
        }
        if self.only_looks {
            return Ok(name_number(database, kind, name)?.unwrap_or(NO_NUMBER));
        }
        let add = "INSERT OR IGNORE INTO visibility_name (kind, name) VALUES (?1, ?2)";
        database.prepare_cached(add)?.execute(params![kind, name])?;
        let number = name_number(database, kind, name)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.names.insert((kind, name.to_owned()), number);
        Ok(number)
    }
}

/// The number of a namespace; none of one that has never had a row.
pub(super) fn namespace_number(database: &Connection, namespace: NamespaceId) -> rusqlite::Result<Option<i64>> {
    let mut get = database.prepare_cached("SELECT number FROM visibility_namespace WHERE id = ?1")?;
    get.query_row([&namespace.0.as_bytes()[..]], |row| row.get(0)).optional()
}

/// The number of an attribute's name; none of one that no row has ever had.
pub(super) fn name_number(database: &Connection, kind: u8, name: &str) -> rusqlite::Result<Option<i64>> {
    let mut get = database.prepare_cached("SELECT number FROM visibility_name WHERE kind = ?1 AND name = ?2")?;
    get.query_row(params![kind, name], |row| row.get(0)).optional()
}

/// What an attribute's value is found by.
fn cells(kind: Kind, value: Raw<'_>) -> Vec<Cell> {
    match value {
        Raw::Text(text) if kind == Kind::Text => words(text).map(Cell::Text).collect(),
        Raw::Text(text) => vec![Cell::Text(text.to_owned())],
        Raw::Number(number) => vec![Cell::Number(number)],
        Raw::Real(real) => vec![Cell::Real(real)],
        Raw::Bool(value) => vec![Cell::Number(i64::from(value))],
        Raw::List(list) => list.iter().map(|text| Cell::Text(text.to_owned())).collect(),
    }
}

fn insert_attributes(database: &Connection, row: i64, entry: &Entry) -> rusqlite::Result<()> {
    for (name, cell) in &entry.attributes {
        let mut insert = database.prepare_cached(include_str!("insert_attribute.sql"))?;
        insert.execute(params![entry.area, name, cell, entry.closed, entry.started, row])?;
    }
    Ok(())
}

fn delete_attributes(database: &Connection, row: i64, entry: &Entry) -> rusqlite::Result<()> {
    for (name, cell) in &entry.attributes {
        let mut delete = database.prepare_cached(include_str!("delete_attribute.sql"))?;
        delete.execute(params![entry.area, name, cell, entry.closed, entry.started, row])?;
    }
    Ok(())
}

/// Moves the rows of a database of format 3, in which they were keys and values alone.
pub(in crate::sqlite) fn upgrade(database: &Connection) -> rusqlite::Result<()> {
    let mut projection = Projection::default();
    let mut read = database.prepare("SELECT partition, key, value FROM visibility_format_3")?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let (key, value) = (row.get_ref(1)?.as_blob()?, row.get_ref(2)?.as_blob()?);
        projection.put(database, row.get(0)?, key, value)?;
    }
    Ok(())
}

/// A record of an older version in the form of today, so that its columns need not be made anew by every reader.
fn today(value: &[u8]) -> Option<Bytes> {
    if value.first() == Some(&VisibilityRecord::VERSION) {
        return None;
    }
    VisibilityRecord::from_value(Bytes::copy_from_slice(value)).ok().map(|record| record.to_value())
}
