use serde_json::json;

use super::arguments::Common;
use super::report::Report;
use crate::exec::{BackendChoice, open_session};

/// `tractable doctor`.
pub(super) fn doctor(common: &Common) -> anyhow::Result<Report> {
    let threads = common.threads();
    let chosen = open_session(common.backend.into(), threads)?.backend();
    let gpu = open_session(BackendChoice::Gpu, threads).map(|session| session.backend().adapter);
    let (adapter, missing) = match gpu {
        Ok(adapter) => (Some(adapter), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let display = display();
    let version = env!("CARGO_PKG_VERSION");
    let text = format!(
        "Tractable {version}\nbackend   {} ({})\nthreads   {}\nVulkan    {}\ndisplay   {}",
        chosen.backend,
        chosen.adapter,
        chosen.threads,
        adapter.as_deref().or(missing.as_deref()).unwrap_or_default(),
        display.as_deref().unwrap_or("none: the window cannot open, every command works"),
    );
    let json = json!({
        "version": version, "backend": chosen.backend, "adapter": chosen.adapter, "threads": chosen.threads,
        "gpu": adapter, "gpu_missing": missing, "display": display,
    });
    Ok(Report { json, text })
}

/// The display that a window would open on.
fn display() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if !cfg!(target_os = "linux") {
        return Some(std::env::consts::OS.into());
    }
    set("WAYLAND_DISPLAY").map(|name| format!("Wayland {name}")).or_else(|| set("DISPLAY").map(|name| format!("X11 {name}")))
}
