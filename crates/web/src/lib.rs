//! The web page that people look at first, and the port that serves it. Pages are HTML from the server, complete without a
//! script; scripts of our own make them live. Everything that a page shows or does is a call of the public API with the
//! visitor's own credentials: a page can do nothing that its visitor could not. Payloads are decoded in the browser.

mod assets;
mod command_line;
mod form;
mod input;
mod inside;
mod live;
mod navigation;
mod page;
mod pages;
mod paging;
mod port;
mod preferences;
mod problem;
mod shell;
mod site;
mod span;
mod switches;
#[cfg(test)]
mod testing;
mod timeline;
mod visit;
mod widgets;

pub use inside::{Fact, Section};
pub use port::{Port, port};
pub use site::Site;
pub use switches::{Action, Switches};
