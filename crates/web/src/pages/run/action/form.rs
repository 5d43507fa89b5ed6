//! How every action asks: what it does, its fields, the command that does the same, the button. And the fields that many have.

use maud::{Markup, html};

use super::{Deed, Run};
use crate::command_line;
pub(super) use crate::form::{duration, number};
use crate::form::{once, token};
use crate::visit::Visit;
use crate::widgets;

/// See the file's first lines.
pub(super) struct Form {
    pub(super) title: &'static str,
    /// What happens, in a sentence or two.
    pub(super) explained: Markup,
    pub(super) fields: Markup,
    /// Commands, each with what it is for if there are several: see [`widgets::command`].
    pub(super) commands: Vec<(&'static str, String)>,
    pub(super) button: Button,
    /// Shown above the form: what came of it before.
    pub(super) before: Option<Markup>,
}

/// What is pressed in the end.
#[derive(Clone, Copy)]
pub(super) enum Button {
    Plain(&'static str),
    /// What cannot be undone.
    Danger(&'static str),
}

impl Form {
    /// As the content of a page or a dialog.
    pub(super) fn shown(&self, visit: &Visit, run: &Run, deed: Deed) -> Markup {
        html! {
            h1 { (self.title) }
            p.quiet { (run.workflow_id) " · " span.mono { (run.run_id) } }
            @if let Some(before) = &self.before { (before) }
            form.fields method="post" action=(run.href(visit, &["actions", deed.name()])) {
                (token(visit))
                (once())
                p { (self.explained) }
                (self.fields)
                @for (meaning, command) in &self.commands {
                    @if !meaning.is_empty() { p.quiet { (meaning) } }
                    (widgets::command(command))
                }
                div.actions {
                    @match self.button {
                        Button::Plain(name) => button.primary { (name) },
                        Button::Danger(name) => button.danger { (name) },
                    }
                    a.button href=(run.href(visit, &[])) data-close="" { "Back" }
                }
            }
        }
    }
}

/// A command about this run, before what follows the fields.
pub(in crate::pages::run) fn command(run: &Run, words: &str, fields: &str) -> String {
    let flags = [
        ("namespace", Some(run.namespace.as_str())),
        ("workflow-id", Some(&run.workflow_id)),
        ("run-id", Some(&run.run_id)),
    ];
    command_line::command(words, &flags) + fields
}

/// The only command.
pub(super) fn only(command: String) -> Vec<(&'static str, String)> {
    vec![("", command)]
}

/// A field of one line.
pub(super) fn line(label: &str, name: &str, value: &str, is_required: bool) -> Markup {
    html! { label { (label) input name=(name) value=(value) required[is_required] autocomplete="off" spellcheck="false"; } }
}

/// A field of one line with an example of what goes there.
pub(super) fn line_like(label: &str, name: &str, value: &str, example: &str) -> Markup {
    html! { label { (label) input name=(name) value=(value) placeholder=(example) autocomplete="off" spellcheck="false"; } }
}

/// Why; shown in the history.
pub(super) fn reason() -> Markup {
    line("Reason", "reason", "", false)
}

/// A box to tick.
pub(super) fn tick(label: &str, name: &str) -> Markup {
    html! { label.tick { input type="checkbox" name=(name) value="true"; (label) } }
}
