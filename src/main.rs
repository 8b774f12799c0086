//! Tractable: the window, or a command.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use etcetera::BaseStrategy;
use serde_json::json;
use tractable::cli::{self, Common, OpenArguments, Picture, RenderArguments, Report};
use tractable::labs::document::Document;
use tractable::labs::render::{Wish, render};
use tractable::labs::{AppOptions, WindowError, WindowOptions, run_window};
use tractable::ui::theme::Theme;

/// Workers come and go with their megabytes of buffers. The system's own allocator keeps what they freed in one arena for each thread, so that
/// a class's hour ended with twice the memory that was in use; this one gives pages back within seconds.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let level = tracing_subscriber::EnvFilter::try_from_env("TRACTABLE_LOG").unwrap_or_else(|_| "error,wgpu_hal=off,wgpu_core=off".into());
    tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).init();
    cli::main(&Labs)
}

/// The labs, for the command line.
struct Labs;

impl cli::Labs for Labs {
    fn window(&self, open: Option<&OpenArguments>, common: &Common) -> anyhow::Result<Option<()>> {
        let document = open.map(|open| Document::open(&open.lesson)).transpose().map_err(|e| anyhow!(e))?;
        let document = document.map(|document| Document { seed: common.seed.or(document.seed), ..document });
        let app = AppOptions {
            document,
            keep: sessions(),
            frame_log: std::env::var_os("TRACTABLE_FRAME_LOG").map(PathBuf::from),
            ..options(common)
        };
        let options = WindowOptions { app, monitor: open.and_then(|open| open.monitor), ..WindowOptions::default() };
        match run_window(&options) {
            Ok(()) => Ok(Some(())),
            Err(WindowError::NoDisplay) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn render(&self, arguments: &RenderArguments, common: &Common) -> anyhow::Result<Report> {
        let theme = arguments.theme.map(|theme| match theme {
            Picture::Dark => Theme::Dark,
            Picture::Light => Theme::Light,
            Picture::Projector => Theme::Projector,
        });
        let (width, height) = arguments.size;
        let wish = Wish {
            document: Document::open(&arguments.lesson).map_err(|e| anyhow!(e))?,
            app: options(common),
            step: arguments.step,
            size: [width as f32, height as f32],
            scale: f32::from(arguments.scale),
            theme,
            canvas: arguments.canvas,
            out: arguments.out.clone(),
        };
        let done = render(&wish).map_err(|e| anyhow!(e))?;
        if !done.settled {
            eprintln!("tractable: the picture still waited for numbers when it was taken; it shows what there was.");
        }
        let file = arguments.out.display().to_string();
        let text = format!("{file}  {}", done.what);
        Ok(Report {
            json: json!({ "file": file, "frames": done.frames, "width": done.width, "height": done.height, "settled": done.settled, "check": done.check.map(|sum| format!("{sum:08x}")) }),
            text,
        })
    }
}

fn options(common: &Common) -> AppOptions {
    AppOptions { seed: common.seed, backend: common.backend.into(), threads: common.threads.map(usize::from), ..AppOptions::default() }
}

/// Where sessions are kept; `None` where the system names no folder for a program's data.
fn sessions() -> Option<PathBuf> {
    let folder = etcetera::choose_base_strategy().ok()?.data_dir().join("tractable/sessions");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder)
}
