//! Text that is there to be taken away.

use maud::{Markup, html};

/// A text with a button that copies it.
pub(crate) fn copyable(text: &str) -> Markup {
    html! {
        span.copyable {
            code { (text) }
            button.small type="button" data-copy=(text) aria-label={ "Copy " (text) } { "Copy" }
        }
    }
}

/// The command that does what the form around it does. `{field}` stands for what is typed into that field: ` --flag {field}`
/// follows it, and is left out while the field is empty.
pub(crate) fn command(template: &str) -> Markup {
    html! {
        div.command.copyable {
            code data-command=(template) { (template) }
            button.small type="button" data-copy="" aria-label="Copy the command" { "Copy" }
        }
    }
}
