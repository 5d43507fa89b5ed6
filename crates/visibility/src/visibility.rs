//! Lists and counts as the frontend asks for them: a query as text, pages with tokens, runs as the public API shows them.

use std::collections::BTreeMap;
use std::sync::Arc;

use abide_api::temporal::api::{common::v1::Payload, workflow::v1::WorkflowExecutionInfo};
use abide_model::{NamespaceId, limits};
use abide_store::search::{self, Column, Field, Kind, Plan, Search, Tally, Value};
use bytes::Bytes;

use crate::query::status_name;
use crate::{Index, ListError, Query, row, token};

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The runs, in the order that was asked for.
    pub executions: Vec<WorkflowExecutionInfo>,
    /// Where the next page begins; empty behind the last row. A page may come out short, or empty, with a token to go on.
    pub next_page_token: Vec<u8>,
}

/// How many runs there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Count {
    /// All together.
    pub total: u64,
    /// Group by group, if the query asks for groups.
    pub groups: Vec<Group>,
}

/// How many runs have the same value.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The value, as SDKs read search attributes; a null for runs that have none.
    pub value: Payload,
    /// How many.
    pub count: u64,
}

/// Lists and counts of an index.
#[derive(Clone)]
pub struct Visibility {
    index: Arc<dyn Index>,
}

impl Visibility {
    /// Of this index.
    pub fn new(index: Arc<dyn Index>) -> Self {
        Self { index }
    }

    /// A page of the runs that pass the query. `custom` are the namespace's own search attributes. The page size is at
    /// most [`limits::LIST_PAGE_MAX`]; zero asks for that many. The first page has an empty token.
    pub async fn list(
        &self,
        namespace: NamespaceId,
        custom: &BTreeMap<String, i32>,
        text: &str,
        page_size: usize,
        page_token: &[u8],
    ) -> Result<Page, ListError> {
        let query = Query::list(text, custom)?;
        self.page(namespace, &query, text, page_size, page_token).await
    }

    /// As [`Visibility::list`], of a query that was made and not read. Its name tells its page tokens from others'.
    pub async fn page(
        &self,
        namespace: NamespaceId,
        query: &Query,
        name: &str,
        page_size: usize,
        page_token: &[u8],
    ) -> Result<Page, ListError> {
        let after = token::decode(namespace, name, page_token)?;
        let limit = if page_size == 0 { limits::LIST_PAGE_MAX } else { page_size.min(limits::LIST_PAGE_MAX) };
        let (filter, orders) = (query.filter.clone(), query.orders.clone());
        let found = self.index.find(Search { namespace, filter, orders, after, limit }).await?;
        log(name, &found.plan);
        let executions = found.rows.iter().map(row::info).collect::<Result<_, _>>()?;
        let next = found.next.map(|place| token::encode(namespace, name, &place));
        Ok(Page { executions, next_page_token: next.unwrap_or_default() })
    }

    /// How many runs pass the query, exactly.
    pub async fn count(
        &self,
        namespace: NamespaceId,
        custom: &BTreeMap<String, i32>,
        text: &str,
    ) -> Result<Count, ListError> {
        let Query { filter, groups, .. } = Query::count(text, custom)?;
        let by = groups.first().cloned();
        let (groups, plan) = self.index.count(Tally { namespace, filter, groups }).await?;
        log(text, &plan);
        let total = groups.iter().map(|group| group.count).sum();
        let Some(by) = by else { return Ok(Count { total, groups: Vec::new() }) };
        let groups = groups.into_iter().map(|group| shown(&by, group)).collect();
        Ok(Count { total, groups })
    }
}

fn shown(by: &Column, group: search::Group) -> Group {
    let search::Group { values, count } = group;
    let (kind, value) = match (by, values.into_iter().next().flatten()) {
        (Column::Field(Field::ExecutionStatus), Some(Value::Number(status))) => {
            let name = status_name(status).unwrap_or_else(|| status.to_string());
            (Kind::Keyword, Some(Value::Text(name)))
        }
        (by, value) => (by.kind(), value),
    };
    Group { value: payload(kind, value), count }
}

fn payload(kind: Kind, value: Option<Value>) -> Payload {
    let json = match value {
        None => None,
        Some(Value::Text(text)) => Some(serde_json::Value::from(text)),
        Some(Value::Number(number)) => Some(number.into()),
        Some(Value::Real(real)) => Some(real.into()),
        Some(Value::Bool(value)) => Some(value.into()),
    };
    let encoding: &[u8] = if json.is_some() { b"json/plain" } else { b"binary/null" };
    let metadata = [("encoding", encoding), ("type", kind.name().as_bytes())];
    Payload {
        metadata: metadata.map(|(name, value)| (name.to_owned(), Bytes::copy_from_slice(value))).into(),
        data: json.map(|json| json.to_string().into()).unwrap_or_default(),
        ..Payload::default()
    }
}

/// For who wants to know why a list is slow: the plan of every query, and on its own what may read much.
fn log(query: &str, plan: &Plan) {
    if plan.is_wide {
        tracing::debug!(target: "abide_visibility::plan", query, rows_read = plan.rows_read, steps = ?plan.steps, "reads more than a page and its index");
    } else {
        tracing::debug!(target: "abide_visibility::plan", query, rows_read = plan.rows_read, steps = ?plan.steps, "found by an index");
    }
}
