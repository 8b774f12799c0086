//! Tractable: the window, or a command.

use std::process::ExitCode;

use tractable::cli::{self, Common};
use tractable::labs::{AppOptions, WindowError, WindowOptions, run_window};

fn main() -> ExitCode {
    let level = tracing_subscriber::EnvFilter::try_from_env("TRACTABLE_LOG").unwrap_or_else(|_| "error,wgpu_hal=off,wgpu_core=off".into());
    tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).init();
    cli::main(window)
}

/// Opens the window; `None` where there is no display.
fn window(common: &Common) -> anyhow::Result<Option<()>> {
    let options = WindowOptions {
        app: AppOptions {
            seed: common.seed,
            backend: common.backend.into(),
            threads: common.threads.map(usize::from),
            ..AppOptions::default()
        },
        ..WindowOptions::default()
    };
    match run_window(&options) {
        Ok(()) => Ok(Some(())),
        Err(WindowError::NoDisplay) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
