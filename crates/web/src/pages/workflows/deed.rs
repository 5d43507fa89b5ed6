//! What can be done to many runs at once: its words, its fields, and the batch operation that it is.

use abide_api::temporal::api::batch::v1::{
    BatchOperationCancellation, BatchOperationDeletion, BatchOperationReset, BatchOperationSignal,
    BatchOperationTermination,
};
use abide_api::temporal::api::common::v1::{ResetOptions, reset_options::Target};
use abide_api::temporal::api::enums::v1::ResetReapplyExcludeType;
use abide_api::temporal::api::workflowservice::v1::start_batch_operation_request::Operation;
use maud::{Markup, html};

use crate::form::Fields;
use crate::input;
use crate::pages::IDENTITY;
use crate::problem::Problem;
use crate::switches::Action;
use crate::visit::Visit;

/// What can be done to many runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    Cancel,
    Terminate,
    Signal,
    Reset,
    Delete,
}

impl Deed {
    pub(crate) const ALL: [Self; 5] = [Self::Cancel, Self::Terminate, Self::Signal, Self::Reset, Self::Delete];

    /// In its address, and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Terminate => "terminate",
            Self::Signal => "signal",
            Self::Reset => "reset",
            Self::Delete => "delete",
        }
    }

    /// What it is called where it is offered.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Cancel => "Cancel",
            Self::Terminate => "Terminate",
            Self::Signal => "Signal",
            Self::Reset => "Reset",
            Self::Delete => "Delete",
        }
    }

    fn action(self) -> Action {
        match self {
            Self::Cancel => Action::Cancel,
            // There is no switch of its own for what takes runs away.
            Self::Terminate | Self::Delete => Action::Terminate,
            Self::Signal => Action::Signal,
            Self::Reset => Action::Reset,
        }
    }

    /// Whether it can be done from the page.
    pub(crate) fn is_allowed(self, visit: &Visit) -> bool {
        visit.may(Action::Batch) && visit.may(self.action())
    }

    pub(super) fn allow(self, visit: &Visit) -> Result<(), Problem> {
        visit.allow(Action::Batch)?;
        visit.allow(self.action())
    }

    /// Whether it is only done to runs that are open.
    pub(super) fn is_for_open(self) -> bool {
        match self {
            Self::Cancel | Self::Terminate | Self::Signal => true,
            Self::Reset | Self::Delete => false,
        }
    }

    pub(super) fn explained(self) -> Markup {
        let for_ever = html! { " " strong { "This cannot be undone." } };
        match self {
            Self::Cancel => html! { "Each of them is asked to end, and can clean up before it does." },
            Self::Terminate => html! { "Each of them ends at once, without a chance to clean up." (for_ever) },
            Self::Signal => html! { "Each of them gets the signal." },
            Self::Reset => html! {
                "Of each of them a new run begins at the chosen workflow task; what is open is terminated." (for_ever)
            },
            Self::Delete => {
                html! { "Each of them is deleted with its history; what is open is terminated." (for_ever) }
            }
        }
    }

    pub(super) fn button(self) -> Markup {
        match self {
            Self::Cancel | Self::Signal => html! { button.primary name="confirmed" value="yes" { (self.label()) } },
            Self::Terminate | Self::Reset | Self::Delete => {
                html! { button.danger name="confirmed" value="yes" { (self.label()) } }
            }
        }
    }

    pub(super) fn fields(self) -> Markup {
        match self {
            Self::Cancel | Self::Terminate | Self::Delete => html! {},
            Self::Signal => html! {
                label { "Name of the signal" input name="name" required autocomplete="off" spellcheck="false"; }
                (input::fields(&input::nothing()))
            },
            Self::Reset => html! {
                label { "Go back to"
                    select name="type" {
                        option value="LastWorkflowTask" { "The last workflow task" }
                        option value="FirstWorkflowTask" { "The first workflow task" }
                    }
                }
                fieldset {
                    legend { "Do not bring along what came later" }
                    label.tick { input type="checkbox" name="reapply-exclude" value="Signal"; "Signals" }
                    label.tick { input type="checkbox" name="reapply-exclude" value="Update"; "Updates" }
                }
            },
        }
    }

    pub(super) fn flags(self) -> String {
        match self {
            Self::Cancel | Self::Terminate | Self::Delete => " --reason {reason} --rps {rps}".to_owned(),
            Self::Signal => format!(" --name {{name}}{} --reason {{reason}} --rps {{rps}}", input::FLAGS),
            Self::Reset => " --type {type} --reapply-exclude {reapply-exclude} --reason {reason}".to_owned(),
        }
    }

    pub(super) fn operation(self, fields: &Fields) -> Result<Operation, Problem> {
        let identity = IDENTITY.to_owned();
        Ok(match self {
            Self::Cancel => Operation::CancellationOperation(BatchOperationCancellation { identity }),
            Self::Terminate => {
                Operation::TerminationOperation(BatchOperationTermination { identity, ..Default::default() })
            }
            Self::Delete => Operation::DeletionOperation(BatchOperationDeletion { identity }),
            Self::Signal => Operation::SignalOperation(BatchOperationSignal {
                signal: fields.required("name", "The name of the signal")?.to_owned(),
                input: input::Typed::of(fields).payloads()?,
                identity,
                ..Default::default()
            }),
            Self::Reset => {
                let target = match fields.text("type") {
                    Some("FirstWorkflowTask") => Target::FirstWorkflowTask(()),
                    Some("LastWorkflowTask") => Target::LastWorkflowTask(()),
                    Some(_) | None => return Err(Problem::invalid("a workflow task must be chosen")),
                };
                let excluded = fields.all("reapply-exclude").filter_map(|name| match name {
                    "Signal" => Some(ResetReapplyExcludeType::Signal.into()),
                    "Update" => Some(ResetReapplyExcludeType::Update.into()),
                    _ => None,
                });
                let options = ResetOptions {
                    target: Some(target),
                    reset_reapply_exclude_types: excluded.collect(),
                    ..Default::default()
                };
                Operation::ResetOperation(BatchOperationReset {
                    identity,
                    options: Some(options),
                    ..Default::default()
                })
            }
        })
    }
}
