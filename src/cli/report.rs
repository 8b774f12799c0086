use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::exec::ExecError;
use crate::train::TrainError;

/// Exit code for what the person can mend: a wrong file, a wrong setting.
const BAD_INPUT: u8 = 2;
/// Exit code for what the person cannot mend: a lost device, a mistake of ours.
const FAILED: u8 = 1;

/// What a command found out.
#[derive(Clone, Debug)]
pub struct Report {
    /// For programs: one object.
    pub json: Value,
    /// For people: the same figures.
    pub text: String,
}

/// Help and version as they are; a mistake in the arguments as one sentence first, with the usage below it.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        print(error.render().to_string().trim_end());
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let first: Vec<&str> = first.lines().map(str::trim).collect();
    eprintln!("tractable: {}.\n\n{}", first.join(" ").trim_end_matches('.'), rest.trim_end());
    ExitCode::from(BAD_INPUT)
}

/// Prints a report or a sentence, and tells the shell.
pub(super) fn finish(outcome: anyhow::Result<Report>, as_json: bool) -> ExitCode {
    match outcome {
        Ok(report) => {
            if as_json {
                print(&report.json.to_string());
            } else {
                print(report.text.trim_end());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            let sentence = sentence(&error);
            eprintln!("tractable: {sentence}");
            if as_json {
                print(&json!({ "error": sentence }).to_string());
            }
            ExitCode::from(code(&error))
        }
    }
}

/// One line: the message of the error, with its context before it.
fn sentence(error: &anyhow::Error) -> String {
    // A typed error already tells its cause; contexts are ours.
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if parts.iter().all(|part| !part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ").lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn code(error: &anyhow::Error) -> u8 {
    let exec = error.chain().find_map(|cause| match cause.downcast_ref::<TrainError>() {
        Some(TrainError::Exec(exec)) => Some(exec),
        _ => cause.downcast_ref::<ExecError>(),
    });
    match exec {
        None | Some(ExecError::NoGpu { .. } | ExecError::TooLarge { .. }) => BAD_INPUT,
        Some(_) => FAILED,
    }
}

/// Prints a line; a reader that went away (`| head`) is no error.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_one_line_and_says_nothing_twice() {
        let error = anyhow::Error::new(TrainError::NoData { what: "point" }).context("while reading x.csv");
        let text = sentence(&error);
        assert!(text.starts_with("while reading x.csv: Expected") && !text.contains('\n'));
        assert_eq!(text.matches("Expected").count(), 1);
        assert_eq!(code(&error), BAD_INPUT);
        let lost = TrainError::Exec(ExecError::GpuLost { reason: "x".into() });
        assert_eq!(code(&lost.into()), FAILED);
    }
}
