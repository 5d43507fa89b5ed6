//! Requests into our own types. Everything is checked here once, in the reference server's words; what comes out needs
//! no second look.

pub mod activity;
pub mod callback;
pub mod execution;
pub mod failure;
pub mod field_mask;
pub mod link;
pub mod options;
pub mod payload;
pub mod policy;
pub mod queue;
pub mod search_attributes;
pub mod start;
pub mod timeout;
pub mod update;
pub mod worker;
pub mod worker_filter;

use std::sync::Arc;

use abide_engine::namespace::{Namespace, State};
use abide_model::settings::Limits;

use crate::Frontend;
use crate::status::Refusal;
use crate::token::TaskToken;

impl Frontend {
    /// The namespace that a request names, unless it is deleted.
    pub(crate) fn namespace(&self, name: &str) -> Result<Arc<Namespace>, Refusal> {
        if name.is_empty() {
            return Err(Refusal::invalid("Namespace is empty."));
        }
        at_most(name, self.limits().id_bytes_max, "Namespace length exceeds limit.")?;
        in_state(self.namespaces.by_name(name)?, &[State::Registered, State::Deprecated])
    }

    /// The namespace that a request names and in which new runs may begin.
    pub(crate) fn open_namespace(&self, name: &str) -> Result<Arc<Namespace>, Refusal> {
        if name.is_empty() {
            return Err(Refusal::invalid("Namespace is empty."));
        }
        at_most(name, self.limits().id_bytes_max, "Namespace length exceeds limit.")?;
        in_state(self.namespaces.by_name(name)?, &[State::Registered])
    }

    /// The task that a worker speaks of, and its namespace. The request may leave the namespace to the token.
    pub(crate) fn task(&self, namespace: &str, token: &[u8]) -> Result<(Arc<Namespace>, TaskToken), Refusal> {
        let named = if namespace.is_empty() { None } else { Some(self.namespace(namespace)?) };
        let token = TaskToken::parse(token)?;
        let namespace = match named {
            Some(namespace) if namespace.id() != token.namespace() => {
                return Err(Refusal::invalid("Operation requested with a token from a different namespace."));
            }
            Some(namespace) => namespace,
            None => in_state(self.namespaces.by_id(token.namespace())?, &[State::Registered, State::Deprecated])?,
        };
        Ok((namespace, token))
    }
}

/// Refuses a namespace in which what is asked cannot be.
fn in_state(namespace: Arc<Namespace>, allowed: &'static [State]) -> Result<Arc<Namespace>, Refusal> {
    let state = namespace.state();
    if allowed.contains(&state) {
        return Ok(namespace);
    }
    Err(Refusal::NamespaceState { name: namespace.name.clone(), state, allowed })
}

/// Refuses a text that is too long, in the given words.
pub fn at_most(text: &str, bytes_max: usize, refusal: &'static str) -> Result<(), Refusal> {
    if text.len() > bytes_max { Err(Refusal::invalid(refusal)) } else { Ok(()) }
}

/// Refuses an identity that is too long.
pub fn identity(identity: &str, bounds: &Limits) -> Result<(), Refusal> {
    at_most(identity, bounds.id_bytes_max, "Identity length exceeds limit.")
}

/// Refuses a request id that is too long.
pub fn request_id(request_id: &str, bounds: &Limits) -> Result<(), Refusal> {
    at_most(request_id, bounds.id_bytes_max, "RequestId length exceeds limit.")
}
