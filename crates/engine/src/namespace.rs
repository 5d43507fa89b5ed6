//! A namespace as a machine: registered once, then updated. Knows nothing of the runs inside.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_model::{NamespaceId, Timestamp, limits};
use uuid::Uuid;

use crate::machine::{Emit, Machine};

/// A namespace. Its stored form is this protobuf message; tags are for ever.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Namespace {
    /// Its id: 16 bytes, a UUID.
    #[prost(bytes = "vec", tag = "1")]
    pub id_bytes: Vec<u8>,
    /// Its name; unique.
    #[prost(string, tag = "2")]
    pub name: String,
    /// For people.
    #[prost(string, tag = "3")]
    pub description: String,
    /// Whom to ask.
    #[prost(string, tag = "4")]
    pub owner_email: String,
    /// The users' own notes.
    #[prost(btree_map = "string, string", tag = "5")]
    pub data: BTreeMap<String, String>,
    /// How long closed runs are kept: seconds.
    #[prost(uint64, tag = "6")]
    pub retention_seconds: u64,
    /// Whether new runs are refused.
    #[prost(bool, tag = "7")]
    pub deprecated: bool,
    /// Custom search attributes: name to `IndexedValueType`.
    #[prost(btree_map = "string, int32", tag = "8")]
    pub search_attributes: BTreeMap<String, i32>,
    /// When it was registered.
    #[prost(message, required, tag = "9")]
    pub registered_at: Timestamp,
    /// Grows with every change.
    #[prost(uint64, tag = "10")]
    pub revision: u64,
}

impl Namespace {
    /// Its id.
    pub fn id(&self) -> NamespaceId {
        NamespaceId(Uuid::from_slice(&self.id_bytes).unwrap_or_default())
    }

    /// How long closed runs are kept.
    pub fn retention(&self) -> Duration {
        Duration::from_secs(self.retention_seconds)
    }
}

/// Registers a namespace.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// Its id, made by the caller.
    pub id: Option<NamespaceId>,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// Whom to ask.
    pub owner_email: String,
    /// The users' own notes.
    pub data: BTreeMap<String, String>,
    /// How long closed runs are kept.
    pub retention: Duration,
    /// Custom search attributes: name to `IndexedValueType`.
    pub search_attributes: BTreeMap<String, i32>,
}

/// Changes a namespace; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// For people.
    pub description: Option<String>,
    /// Whom to ask.
    pub owner_email: Option<String>,
    /// Merged into the users' own notes.
    pub data: BTreeMap<String, String>,
    /// How long closed runs are kept.
    pub retention: Option<Duration>,
    /// Whether new runs are refused from now on.
    pub deprecate: bool,
    /// Custom search attributes to add. Adding one that is there with the same type decides nothing.
    pub search_attributes: BTreeMap<String, i32>,
}

/// What can be asked of a namespace.
#[derive(Clone, Debug)]
pub enum Command {
    /// Of a new one.
    Register(Register),
    /// Of a registered one.
    Update(Update),
}

/// The whole record as it is from now on: namespaces are small and change rarely.
#[derive(Clone, Debug, PartialEq)]
pub struct Change(pub Namespace);

/// A namespace owes nothing yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {}

/// Why nothing happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// The request cannot be; the text is the reference server's.
    Invalid(String),
}

impl Machine for Namespace {
    type Command = Command;
    type Change = Change;
    type Task = Task;
    type Reply = ();
    type Rejection = Rejection;

    fn handle(&mut self, command: Command, now: Timestamp, out: &mut Emit<Self>) -> Result<(), Rejection> {
        let next = match command {
            Command::Register(register) => registered(register, now)?,
            Command::Update(update) => updated(self, update)?,
        };
        if next != *self {
            let revision = self.revision + 1;
            out.emit(self, Change(Namespace { revision, ..next }));
        }
        Ok(())
    }

    fn apply(&mut self, change: &Change) {
        *self = change.0.clone();
    }
}

fn registered(register: Register, now: Timestamp) -> Result<Namespace, Rejection> {
    if register.name.is_empty() {
        return Err(Rejection::Invalid("Namespace is not set on request.".into()));
    }
    if register.name.len() > limits::ID_BYTES_MAX {
        return Err(Rejection::Invalid("Namespace length exceeds limit.".into()));
    }
    check_retention(register.retention)?;
    Ok(Namespace {
        id_bytes: register.id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default(),
        name: register.name,
        description: register.description,
        owner_email: register.owner_email,
        data: register.data,
        retention_seconds: register.retention.as_secs(),
        deprecated: false,
        search_attributes: register.search_attributes,
        registered_at: now,
        revision: 0,
    })
}

fn updated(namespace: &Namespace, update: Update) -> Result<Namespace, Rejection> {
    let mut next = namespace.clone();
    if let Some(retention) = update.retention {
        check_retention(retention)?;
        next.retention_seconds = retention.as_secs();
    }
    if let Some(description) = update.description {
        next.description = description;
    }
    if let Some(owner_email) = update.owner_email {
        next.owner_email = owner_email;
    }
    next.data.extend(update.data);
    next.deprecated |= update.deprecate;
    for (name, kind) in update.search_attributes {
        if next.search_attributes.get(&name).is_some_and(|known| *known != kind) {
            return Err(Rejection::Invalid(format!("Search attribute {name} already exists with another type.")));
        }
        next.search_attributes.insert(name, kind);
    }
    Ok(next)
}

// The reference refuses anything under an hour with this one sentence, zero included.
fn check_retention(retention: Duration) -> Result<(), Rejection> {
    if retention < limits::RETENTION_MIN {
        return Err(Rejection::Invalid("A valid retention period is not set on request.".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(name: &str) -> Command {
        Command::Register(Register { name: name.into(), retention: limits::RETENTION_MIN, ..Register::default() })
    }

    #[test]
    fn a_namespace_without_retention_is_refused() {
        let mut namespace = Namespace::default();
        let command = Command::Register(Register { name: "a".into(), ..Register::default() });
        let mut out = Emit::default();
        let refused = namespace.handle(command, Timestamp::EPOCH, &mut out);
        assert_eq!(refused, Err(Rejection::Invalid("A valid retention period is not set on request.".into())));
        assert!(out.is_empty());
    }

    #[test]
    fn an_update_that_changes_nothing_emits_nothing() {
        let mut namespace = Namespace::default();
        namespace.handle(register("a"), Timestamp::EPOCH, &mut Emit::default()).expect("valid");
        let mut out = Emit::default();
        namespace.handle(Command::Update(Update::default()), Timestamp::EPOCH, &mut out).expect("valid");
        assert!(out.is_empty());
    }

    #[test]
    fn a_search_attribute_never_changes_its_type() {
        let mut namespace = Namespace::default();
        namespace.handle(register("a"), Timestamp::EPOCH, &mut Emit::default()).expect("valid");
        let add =
            |kind| Command::Update(Update { search_attributes: [("Size".into(), kind)].into(), ..Update::default() });
        namespace.handle(add(1), Timestamp::EPOCH, &mut Emit::default()).expect("new");
        namespace.handle(add(1), Timestamp::EPOCH, &mut Emit::default()).expect("the same again");
        assert!(namespace.handle(add(2), Timestamp::EPOCH, &mut Emit::default()).is_err());
    }
}
