//! The same jobs without a window.
//!
//! A command ends in a [`Report`]: figures as one JSON object, and the same as text. What goes wrong is one sentence on standard error, and
//! the exit code 2 where the person can mend it.

mod arguments;
mod bench;
mod doctor;
mod draw;
mod lesson;
mod list;
mod picture;
mod plane;
mod progress;
mod report;
mod sample;
mod score;
mod sequences;
mod showcase;
mod train;

use std::process::ExitCode;

use clap::Parser;

pub use arguments::{Arguments, Command, Common};
pub use report::Report;
pub use showcase::showcase;

/// Runs a command.
///
/// # Errors
/// One sentence for a person.
pub fn run(command: &Command, common: &Common) -> anyhow::Result<Report> {
    match command {
        Command::Doctor => doctor::doctor(common),
        Command::List => list::list(),
        Command::Train(arguments) => train::train(arguments, common),
        Command::Sample(arguments) => sample::sample(arguments, common),
        Command::Score(arguments) => score::score(arguments, common),
        Command::Bench(arguments) => bench::bench(arguments, common),
    }
}

/// The whole program: a command, or the window, or (where there is no display) pictures of what the window would show. `window` opens it
/// and says `None` where there is no display to open it on.
pub fn main(window: impl FnOnce(&Common) -> anyhow::Result<Option<()>>) -> ExitCode {
    let arguments = Arguments::parse();
    let common = &arguments.common;
    let outcome = match &arguments.command {
        Some(command) => run(command, common),
        None => match window(common) {
            Ok(Some(())) => return ExitCode::SUCCESS,
            Ok(None) => showcase(common),
            Err(error) => Err(error),
        },
    };
    report::finish(outcome, common.json)
}
