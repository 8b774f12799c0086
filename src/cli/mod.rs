//! The same jobs without a window.
//!
//! A command ends in a [`Report`]: figures as one JSON object, and the same as text. What goes wrong is one sentence on standard error, and
//! the exit code 2 where the person can mend it.

mod arguments;
mod balance;
mod bench;
mod doctor;
mod draw;
mod held_out;
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

pub use arguments::{Arguments, Command, Common, OpenArguments, Picture, RenderArguments};
pub use report::Report;
pub use showcase::showcase;

/// What needs the labs, which stand above the command line: the program's `main` knows both.
pub trait Labs {
    /// Opens the window, on this document if one is named; `None` where there is no display to open it on.
    ///
    /// # Errors
    /// A document that is not understood, a window system that refuses.
    fn window(&self, open: Option<&OpenArguments>, common: &Common) -> anyhow::Result<Option<()>>;

    /// Draws the window's content, or the canvas alone, into a file.
    ///
    /// # Errors
    /// A document that is not understood, no driver that can paint, a disk that refuses.
    fn render(&self, arguments: &RenderArguments, common: &Common) -> anyhow::Result<Report>;
}

/// Runs a command.
///
/// # Errors
/// One sentence for a person.
pub fn run(command: &Command, common: &Common, labs: &dyn Labs) -> anyhow::Result<Report> {
    match command {
        Command::Doctor => doctor::doctor(common),
        Command::List => list::list(),
        Command::Train(arguments) => train::train(arguments, common),
        Command::Sample(arguments) => sample::sample(arguments, common),
        Command::Score(arguments) => score::score(arguments, common),
        Command::Bench(arguments) => bench::bench(arguments, common),
        Command::Render(arguments) => labs.render(arguments, common),
        Command::Open(arguments) => match labs.window(Some(arguments), common)? {
            Some(()) => Ok(Report { json: serde_json::json!({ "opened": arguments.lesson }), text: String::new() }),
            None => anyhow::bail!(
                "Expected a display to open a window on (DISPLAY, WAYLAND_DISPLAY), found {1}; `tractable render {0} --out {0}.png` draws it into a file.",
                arguments.lesson,
                displays_found()
            ),
        },
    }
}

/// What the environment says of displays, none of which opened a window.
fn displays_found() -> String {
    let named = ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().filter_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        Some(format!("{name}={value}, which does not answer"))
    });
    named.reduce(|all, one| format!("{all}, and {one}")).unwrap_or_else(|| "none".into())
}

/// The whole program: a command, or the window, or (where there is no display) pictures of what the window would show.
pub fn main(labs: &dyn Labs) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return report::usage(&error),
    };
    let common = &arguments.common;
    let outcome = match &arguments.command {
        Some(Command::Open(open)) if !common.json => match run(&Command::Open(open.clone()), common, labs) {
            Ok(_) => return ExitCode::SUCCESS,
            Err(error) => Err(error),
        },
        Some(command) => run(command, common, labs),
        None => match labs.window(None, common) {
            Ok(Some(())) => return ExitCode::SUCCESS,
            Ok(None) => showcase(common),
            Err(error) => Err(error),
        },
    };
    report::finish(outcome, common.json)
}
