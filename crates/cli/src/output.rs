//! Everything that a command says on stdout. The only module that writes there. Formatting is pure: a card or a table is
//! a string; printing adds only the stream.

pub mod card;
pub mod color;
pub mod groups;
pub mod listing;
pub mod progress;
pub mod table;

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use crate::arguments::{Common, Format, TimeFormat};
use crate::error::{Error, Result};
use crate::json::Payloads;
use crate::time;

pub use card::Card;
pub use color::Paint;
pub use listing::Listing;
pub use table::{Column, Table};

/// How and where a command prints.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    format: Format,
    time_format: TimeFormat,
    paint: Paint,
    payloads: Payloads,
}

impl Output {
    /// As the flags say.
    pub fn new(common: &Common) -> Self {
        let json = matches!(common.output, Format::Json | Format::Jsonl);
        let payloads = if common.no_json_shorthand_payloads { Payloads::Raw } else { Payloads::Shorthand };
        let paint = if json { Paint::OFF } else { Paint::new(common.color, io::stdout().is_terminal()) };
        Self { format: common.output, time_format: common.time_format, paint, payloads }
    }

    /// Whether output is JSON.
    pub fn is_json(&self) -> bool {
        matches!(self.format, Format::Json | Format::Jsonl)
    }

    /// How payloads are to be shown.
    pub fn payloads(&self) -> Payloads {
        self.payloads
    }

    /// The colours.
    pub fn paint(&self) -> Paint {
        self.paint
    }

    /// A point in time, as `--time-format` wants it; nothing for none.
    pub fn time(&self, at: Option<&prost_types::Timestamp>) -> String {
        // The reference server writes year 1 where it means never.
        const YEAR_1970: i64 = 0;
        match at {
            Some(at) if at.seconds > YEAR_1970 => time::format(at, self.time_format, &time::now()),
            _ => String::new(),
        }
    }

    /// Text for people, with its line end; nothing in the JSON formats.
    pub fn text(&self, text: impl AsRef<str>) {
        if self.format == Format::Text {
            write(text.as_ref());
            write("\n");
        }
    }

    /// A section heading.
    pub fn heading(&self, text: &str) {
        self.text(self.paint.magenta(text));
    }

    /// A card.
    pub fn card(&self, card: &Card) {
        if self.format == Format::Text {
            write(&card.render());
        }
    }

    /// A table, with or without its header line.
    pub fn table(&self, table: &Table, header: table::Header) {
        if self.format == Format::Text {
            write(&table.render(self.paint, header));
        }
    }

    /// A JSON document; nothing in text.
    pub fn json(&self, value: &Value) {
        match self.format {
            Format::Json => write(&(pretty(value) + "\n")),
            Format::Jsonl => write(&format!("{value}\n")),
            Format::Text | Format::None => {}
        }
    }

    /// Begins a JSON list.
    pub fn list(&self) -> List {
        if self.format == Format::Json {
            write("[\n");
        }
        List { output: *self, empty: true }
    }

    /// Asks; `y` and `yes` are consent. `assumed` consents without asking, and says so.
    pub fn confirm(&self, question: &str, assumed: bool) -> Result<()> {
        if assumed {
            self.text(format!("{question} yes"));
            return Ok(());
        }
        match self.ask(question)?.to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::new("user denied confirmation")),
        }
    }

    /// Asks; only these words are consent. `assumed` consents without asking, and says so.
    pub fn confirm_by_typing(&self, question: &str, words: &str, assumed: bool) -> Result<bool> {
        if assumed {
            self.text(format!("{question} {words}"));
            return Ok(true);
        }
        Ok(self.ask(question)? == words)
    }

    fn ask(&self, question: &str) -> Result<String> {
        if self.is_json() {
            return Err(Error::new("must bypass prompts when using JSON output"));
        }
        write(&format!("{question} "));
        end_when_interrupted();
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map_err(|error| Error::new(format!("cannot read the answer: {error}")))?;
        Ok(answer.trim().to_owned())
    }
}

// Whoever waits for an answer hears nothing of signals; somebody else has to.
fn end_when_interrupted() {
    std::thread::spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(crate::command::server::interrupted());
        fail("program interrupted");
        std::process::exit(1);
    });
}

/// A JSON list that is printed as its elements come.
pub struct List {
    output: Output,
    empty: bool,
}

impl List {
    /// The next element.
    pub fn element(&mut self, value: &Value) {
        match self.output.format {
            Format::Json => {
                if !std::mem::take(&mut self.empty) {
                    write(",\n");
                }
                write(&pretty(value));
            }
            Format::Jsonl => write(&format!("{value}\n")),
            Format::Text | Format::None => {}
        }
    }

    /// The end, which comes as well when a list breaks off.
    pub fn end(self) {}
}

impl Drop for List {
    fn drop(&mut self) {
        if self.output.format == Format::Json {
            write(if self.empty { "]\n" } else { "\n]\n" });
        }
    }
}

/// Warnings go beside the output, never into it.
pub fn warn(message: &str) {
    drop(writeln!(io::stderr().lock(), "Warning: {message}"));
}

/// The sentence that a failed command ends with.
pub fn fail(message: &str) {
    drop(writeln!(io::stderr().lock(), "Error: {message}"));
}

/// Text whatever the format is: banners, help, versions.
pub fn plain(text: &str) {
    write(text);
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a JSON value can be written")
}

fn write(text: &str) {
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // Whoever read our output has read enough (`| head`); that is no failure of ours.
        std::process::exit(if error.kind() == io::ErrorKind::BrokenPipe { 0 } else { 1 });
    }
}

/// Something worth knowing that is no part of the output.
pub fn note(message: &str) {
    drop(writeln!(io::stderr().lock(), "{message}"));
}
