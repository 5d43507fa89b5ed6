//! What a machine is, and how it says what changed and what is owed. The loop around it lives in `history`.

use abide_model::Timestamp;
use abide_model::settings::Limits;

/// A durable thing: a value that changes only by [`Machine::apply`].
pub trait Machine: Sized {
    /// What the world asks.
    type Command;
    /// What became true; the only way the machine changes.
    type Change;
    /// An obligation that must be stored with the changes, or one that they settle.
    type Task;
    /// What the asker is told once the changes are durable.
    type Reply;
    /// Why nothing happened: the asker's doing, the machine unchanged.
    type Rejection;

    /// Decides. Reads no clock and asks nobody. A rejection has emitted nothing.
    fn handle(
        &mut self,
        command: Self::Command,
        now: Timestamp,
        out: &mut Emit<Self>,
    ) -> Result<Self::Reply, Self::Rejection>;

    /// Makes a change true. Cannot fail: what could fail was decided before.
    fn apply(&mut self, change: &Self::Change);
}

/// What one or several decisions of a machine add up to: the changes, in order, and the tasks.
#[derive(Debug)]
pub struct Emit<M: Machine> {
    /// Changes already applied to the machine, to be stored in this order.
    pub changes: Vec<M::Change>,
    /// Obligations added and settled, in order.
    pub tasks: Vec<M::Task>,
    /// What bounds the decisions. Only deciding reads it: what was decided stays true under other limits.
    pub limits: Limits,
}

impl<M: Machine> Default for Emit<M> {
    fn default() -> Self {
        Self::within(Limits::default())
    }
}

impl<M: Machine> Emit<M> {
    /// Nothing yet, with these bounds.
    pub fn within(limits: Limits) -> Self {
        Self { changes: Vec::new(), tasks: Vec::new(), limits }
    }

    /// Applies a change and records it.
    pub fn emit(&mut self, machine: &mut M, change: M::Change) {
        machine.apply(&change);
        self.changes.push(change);
    }

    /// Records an obligation, or that one is settled.
    pub fn task(&mut self, task: M::Task) {
        self.tasks.push(task);
    }

    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.tasks.is_empty()
    }
}
