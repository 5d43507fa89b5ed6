//! A namespace as a machine: registered once, then updated, perhaps deleted. Knows nothing of the runs inside.

mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use abide_model::settings::Limits;
use abide_model::{NamespaceId, Timestamp, limits};

use crate::machine::{Emit, Machine};

pub use record::{BadBinary, Deletion, Namespace, State};

/// The name that the reference server keeps for itself. There is no such namespace here, and nobody may make one:
/// tools take it for the server's own.
pub const SYSTEM: &str = "temporal-system";
/// Of the id of a deleted namespace, how much is in its name.
pub const DELETED_ID_LETTERS: usize = 5;

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
    /// Custom search attributes to remove. Removing one that is not there decides nothing.
    pub removed_search_attributes: BTreeSet<String>,
    /// Programs of workers that must not go on, by checksum: the reason, and who says so.
    pub bad_binaries: BTreeMap<String, (String, String)>,
    /// The checksum of a program that may go on again.
    pub pardoned_binary: Option<String>,
}

/// What can be asked of a namespace.
#[derive(Clone, Debug)]
pub enum Command {
    /// Of a new one.
    Register(Register),
    /// Of a registered one.
    Update(Update),
    /// It goes: its name is free from now on, and nothing may be done in it. Asking again changes the delay.
    Delete {
        /// What it is called from now on, unless it was deleted before.
        name: String,
        /// How long it is still shown once nothing is left inside.
        delay: Duration,
    },
    /// Nothing is left inside of a deleted one.
    Emptied,
}

/// The whole record as it is from now on: namespaces are small and change rarely.
#[derive(Clone, Debug, PartialEq)]
pub struct Change(pub Namespace);

/// A namespace owes nothing that its record does not say: a deleted one is emptied for as long as there is a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {}

/// Why nothing happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// The request cannot be; the text is the reference server's.
    Invalid(String),
    /// It cannot be for this namespace; the text is the reference server's.
    Forbidden(String),
}

impl Machine for Namespace {
    type Command = Command;
    type Change = Change;
    type Task = Task;
    type Reply = ();
    type Rejection = Rejection;

    fn handle(&mut self, command: Command, now: Timestamp, out: &mut Emit<Self>) -> Result<(), Rejection> {
        let next = match command {
            Command::Register(register) => registered(register, &out.limits, now)?,
            Command::Update(update) => updated(self, update, &out.limits, now)?,
            Command::Delete { name, delay } => deleted(self, name, delay, now)?,
            Command::Emptied => emptied(self, now),
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

fn registered(register: Register, bounds: &Limits, now: Timestamp) -> Result<Namespace, Rejection> {
    if register.name.is_empty() {
        return Err(Rejection::Invalid("Namespace not set on request.".into()));
    }
    if register.name.len() > bounds.id_bytes_max {
        return Err(Rejection::Invalid("Namespace length exceeds limit.".into()));
    }
    Ok(Namespace {
        id_bytes: register.id.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default(),
        name: register.name,
        description: register.description,
        owner_email: register.owner_email,
        data: register.data,
        retention_seconds: retention(register.retention, bounds)?,
        deprecated: false,
        search_attributes: register.search_attributes,
        registered_at: now,
        revision: 0,
        bad_binaries: BTreeMap::new(),
        deletion: None,
    })
}

fn updated(namespace: &Namespace, update: Update, bounds: &Limits, now: Timestamp) -> Result<Namespace, Rejection> {
    let mut next = namespace.clone();
    if let Some(wanted) = update.retention {
        next.retention_seconds = retention(wanted, bounds)?;
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
    next.search_attributes.retain(|name, _| !update.removed_search_attributes.contains(name));
    for (checksum, (reason, operator)) in update.bad_binaries {
        next.bad_binaries.insert(checksum, BadBinary { reason, operator, created_at: now });
    }
    if next.bad_binaries.len() > bounds.bad_binaries_max {
        let max = bounds.bad_binaries_max;
        return Err(Rejection::Invalid(format!("Total resetBinaries cannot exceed the max limit: {max}")));
    }
    if let Some(checksum) = update.pardoned_binary
        && next.bad_binaries.remove(&checksum).is_none()
    {
        return Err(Rejection::Invalid(format!("Bad binary checksum {checksum} doesn't exists.")));
    }
    Ok(next)
}

fn deleted(namespace: &Namespace, name: String, delay: Duration, now: Timestamp) -> Result<Namespace, Rejection> {
    if namespace.name == SYSTEM {
        return Err(Rejection::Forbidden("unable to delete system namespace".into()));
    }
    let mut next = namespace.clone();
    let deletion = next.deletion.get_or_insert_with(|| {
        let former_name = std::mem::replace(&mut next.name, name);
        Deletion { former_name, deleted_at: now, delay_seconds: 0, emptied_at: None }
    });
    deletion.delay_seconds = delay.as_secs();
    Ok(next)
}

fn emptied(namespace: &Namespace, now: Timestamp) -> Namespace {
    let mut next = namespace.clone();
    if let Some(deletion) = &mut next.deletion {
        deletion.emptied_at.get_or_insert(now);
    }
    next
}

/// In seconds. The reference refuses what is too short with this one sentence, zero included, and cuts what is too long.
fn retention(retention: Duration, bounds: &Limits) -> Result<u64, Rejection> {
    if retention < bounds.retention_min {
        return Err(Rejection::Invalid("A valid retention period is not set on request.".into()));
    }
    Ok(retention.min(limits::DURATION_MAX).as_secs())
}

#[cfg(test)]
mod tests;
