//! Measures servers: drives them over raw gRPC with no SDK in between, side by side, and prints lines of JSON. See
//! `docs/performance.md` for the commands. Decides no test.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod baseline;
mod compare;
mod driver;
mod figures;
mod page;
mod profile;
mod rest;
mod scale;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::profile::Profile;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(version, about)]
enum Command {
    /// Starts servers in turn, each on a fresh file, runs the profiles, and compares.
    Compare(compare::Arguments),
    /// Drives a server that runs already.
    Load(driver::Arguments),
    /// What a server needs while it does nothing: until its first answer, in memory, of the processor.
    Rest(rest::Arguments),
    /// What large runs and many runs cost; drives the owner of runs directly, without gRPC.
    Scale(scale::Arguments),
    /// What a page of the web UI costs a server that runs already.
    Page(page::Arguments),
    /// The profiles, and what each does.
    Profiles,
    /// The commit that later ones are compared with.
    Baseline,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let outcome = match Command::parse() {
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Load(arguments) => {
            runtime.block_on(driver::run(arguments)).map(|figures| println!("{}", figures.json()))
        }
        Command::Rest(arguments) => runtime.block_on(rest::run(&arguments)),
        Command::Page(arguments) => runtime.block_on(page::run(&arguments)),
        Command::Scale(arguments) => {
            runtime.block_on(scale::run(arguments));
            Ok(())
        }
        Command::Profiles => {
            for profile in Profile::ALL {
                println!("{:<14} {}", profile.name(), profile.about());
            }
            Ok(())
        }
        Command::Baseline => {
            println!("{}", baseline::commit());
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why nothing was measured.
pub(crate) type Error = Box<dyn std::error::Error>;

/// A server by its name: `NAME=PATH`, or `PATH` alone.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl std::str::FromStr for Binary {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = match text.split_once('=') {
            Some((name, path)) => (name.to_owned(), PathBuf::from(path)),
            None => {
                let path = PathBuf::from(text);
                let name = path.file_name().and_then(|name| name.to_str()).ok_or("a path to a binary is needed")?;
                (name.to_owned(), path)
            }
        };
        if path.is_file() { Ok(Self { name, path }) } else { Err(format!("there is no file {}", path.display())) }
    }
}
