//! Opens the real window.

use std::sync::{Arc, Mutex};

use eframe::egui_wgpu::wgpu;

use super::app::{AppOptions, TractableApp};

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// Neither X11 nor Wayland answers.
    #[error(
        "no display answers (DISPLAY, WAYLAND_DISPLAY); start it in a desktop session, or see `tractable list` for what works without a window"
    )]
    NoDisplay,
    /// The window system refused.
    #[error("the window could not be opened: {0}; `tractable list` shows what works without one")]
    Refused(String),
    /// The graphics device went away and did not come back.
    #[error("the graphics device was lost ({0}); what was saved is kept, start the program again")]
    DeviceLost(String),
}

/// How the window opens.
#[derive(Clone, Debug)]
pub struct WindowOptions {
    /// The chapter, seed and theme.
    pub app: AppOptions,
    /// Width and height in points.
    pub size: [f32; 2],
    /// The monitor that shows it in full screen, counted from 0; none for a window.
    pub monitor: Option<usize>,
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self { app: AppOptions::default(), size: [1280.0, 720.0], monitor: None }
    }
}

/// What the graphics device reported, shared between its callbacks and the window.
#[derive(Clone, Default)]
struct DeviceReports(Arc<Mutex<Option<String>>>);

impl DeviceReports {
    fn set(&self, reason: String) {
        if let Ok(mut slot) = self.0.lock() {
            slot.get_or_insert(reason);
        }
    }

    fn get(&self) -> Option<String> {
        self.0.lock().ok().and_then(|slot| slot.clone())
    }
}

/// The app inside its window; closes the window when the device is gone, because then nothing can be drawn in it.
struct Windowed {
    app: TractableApp,
    reports: DeviceReports,
}

impl eframe::App for Windowed {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        if self.reports.get().is_some() {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        self.app.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.app.ui(ui, frame);
    }

    fn on_exit(&mut self) {
        self.app.on_exit();
        let figures = self.app.frame_figures();
        tracing::info!(
            "window thread, CPU a frame: median {:?}, p99 {:?}, longest gap while moving {:?}, {} frames",
            figures.median,
            figures.p99,
            figures.longest_gap,
            figures.frames
        );
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// [`WindowError`], as one sentence, when there is no display, the window system refuses, or the graphics device is lost twice.
pub fn run_window(options: &WindowOptions) -> Result<(), WindowError> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !set("DISPLAY") && !set("WAYLAND_DISPLAY") {
        return Err(WindowError::NoDisplay);
    }
    let mut lost = None;
    // A laptop that wakes up may have lost its device: one new window, then the sentence.
    for _ in 0..2 {
        let reports = DeviceReports::default();
        open(options, &reports)?;
        lost = reports.get();
        match &lost {
            None => return Ok(()),
            Some(reason) => tracing::warn!("graphics device lost, opening a new window: {reason}"),
        }
    }
    Err(WindowError::DeviceLost(lost.unwrap_or_default()))
}

fn open(options: &WindowOptions, reports: &DeviceReports) -> Result<(), WindowError> {
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Tractable")
        .with_app_id("tractable")
        .with_icon(icon())
        .with_inner_size(options.size)
        .with_min_inner_size([760.0, 480.0]);
    if let Some(monitor) = options.monitor {
        viewport = viewport.with_monitor(monitor);
    }
    let native = eframe::NativeOptions {
        viewport,
        // The palettes are flat; dithering would only cost a software rasteriser time at every pixel.
        dithering: false,
        ..Default::default()
    };
    let app_options = options.app.clone();
    let reports = reports.clone();
    eframe::run_native(
        "Tractable",
        native,
        Box::new(move |cc| {
            let mut app = TractableApp::new(&cc.egui_ctx, &app_options);
            if let Some(state) = &cc.wgpu_render_state {
                if state.adapter.get_info().device_type == wgpu::DeviceType::Cpu {
                    app.draw_sparingly();
                }
                watch(&state.device, &reports, &cc.egui_ctx);
            }
            Ok(Box::new(Windowed { app, reports }))
        }),
    )
    .map_err(|error| match error {
        eframe::Error::WinitEventLoop(_) => WindowError::NoDisplay,
        error => WindowError::Refused(error.to_string()),
    })
}

/// Replaces wgpu's handlers, which panic, by ones that report.
fn watch(device: &wgpu::Device, reports: &DeviceReports, ctx: &egui::Context) {
    let (lost, ctx) = (reports.clone(), ctx.clone());
    device.set_device_lost_callback(move |reason, message| {
        // Dropping the device at the program's end is no loss.
        if reason != wgpu::DeviceLostReason::Destroyed {
            lost.set(format!("{reason:?}: {message}"));
            ctx.request_repaint();
        }
    });
    device.on_uncaptured_error(Arc::new(|error: wgpu::Error| tracing::error!("graphics: {error}")));
}

/// The two rings of the logo, drawn into 64x64 pixels.
fn icon() -> egui::IconData {
    const SIDE: usize = 64;
    let mut rgba = vec![0u8; SIDE * SIDE * 4];
    for (i, pixel) in rgba.chunks_exact_mut(4).enumerate() {
        let (x, y) = ((i % SIDE) as f32 + 0.5, (i / SIDE) as f32 + 0.5);
        for (center, color) in [(23.0, [63, 201, 184]), (41.0, [255, 179, 77])] {
            let distance = ((x - center).powi(2) + (y - 32.0).powi(2)).sqrt();
            let cover = (4.0 - (distance - 15.0).abs()).clamp(0.0, 1.0);
            if cover > 0.0 {
                pixel[..3].copy_from_slice(&color);
                pixel[3] = pixel[3].max((cover * 255.0) as u8);
            }
        }
    }
    egui::IconData { rgba, width: SIDE as u32, height: SIDE as u32 }
}
