//! Export (Ctrl+E): pictures, clips, figures and tables of what is on screen.
//!
//! The window only lays out, one frame of the clip in each of its own frames; painting and encoding happen on another thread.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, sync_channel};

use egui::{Context, RawInput, ViewportId, ViewportInfo};

use super::desk::{News, Purpose};
use super::dialogs::{folder_note, path_field};
use super::{Over, TractableApp};
use crate::data::clip::{Clip, ClipFormat};
use crate::data::write_atomic;
use crate::labs::render::{Kind, PLACE_COLUMNS, places, png, write_table};
use crate::labs::stage::{Laid, picture};
use crate::labs::table::Table;
use crate::train::stand_back;
use crate::ui::chips;
use crate::ui::offscreen::{Painter, Picture, TextureMirror};
use crate::ui::svg::svg;

/// Pictures that wait for the painter: more would only fill memory.
const WAITING: usize = 2;
/// Passes after which a layout that still changes is taken as it is.
const MOST_PASSES: usize = 4;
const KINDS: [(Kind, &str, &str); 6] = [
    (Kind::Png, "PNG", "png"),
    (Kind::Clip(ClipFormat::Apng), "APNG clip", "apng"),
    (Kind::Clip(ClipFormat::Gif), "GIF clip", "gif"),
    (Kind::Svg, "SVG", "svg"),
    (Kind::Csv, "CSV", "csv"),
    (Kind::Npz, "NPZ", "npz"),
];

/// What the panel says, and the export under way.
pub(super) struct Export {
    kind: Kind,
    canvas: bool,
    scale: u8,
    pub(super) path: String,
    /// The name that was proposed: replaced by the next proposal unless the person typed another.
    proposed: String,
    pub(super) progress: String,
    run: Option<Run>,
    /// A single picture is being painted.
    painting: bool,
}

impl Default for Export {
    fn default() -> Export {
        Export {
            kind: Kind::Png,
            canvas: true,
            scale: 2,
            path: String::new(),
            proposed: String::new(),
            progress: String::new(),
            run: None,
            painting: false,
        }
    }
}

impl Export {
    pub(super) fn ended(&mut self) {
        self.painting = false;
        self.progress.clear();
    }

    fn busy(&self) -> bool {
        self.painting || self.run.is_some()
    }
}

/// A walk through all places, one a frame.
struct Run {
    places: Vec<f64>,
    next: usize,
    /// Where the walk stood, to go back to.
    before: f64,
    to: To,
}

enum To {
    Clip { frames: SyncSender<Picture>, scale: u8, canvas: bool },
    Table { table: Table, kind: Kind, path: PathBuf },
}

impl TractableApp {
    /// The panel.
    pub(super) fn export_dialog(&mut self, ctx: &Context) {
        let (name, old) = (self.file_name(), self.export.proposed.clone());
        let mut go = false;
        let window = self.modal("export");
        let export = &mut self.export;
        if export.path == old {
            export.path.clone_from(&name);
        }
        export.proposed = name;
        let modal = window.show(ctx, |ui| {
            ui.set_width((ctx.content_rect().width() - 80.0).clamp(300.0, 560.0));
            chips::section(ui, "Export", "Esc closes");
            let kinds = KINDS.map(|(kind, title, _)| (kind, title));
            chips::segmented(ui, &mut export.kind, &kinds);
            if !matches!(export.kind, Kind::Csv | Kind::Npz) {
                chips::segmented(ui, &mut export.canvas, &[(true, "Canvas"), (false, "Whole window")]);
            }
            if matches!(export.kind, Kind::Png | Kind::Clip(_)) {
                chips::segmented(ui, &mut export.scale, &[(1, "1x"), (2, "2x"), (3, "3x"), (4, "4x")]);
            }
            let enter = path_field(ui, "Path of the export", "where it goes", &mut export.path);
            folder_note(ui, &export.path);
            ui.horizontal(|ui| {
                go = chips::primary_button(ui, "Export now").clicked() || enter;
                if chips::button(ui, "Choose…").on_hover_text("The system's file dialog").clicked() {
                    self.desk.pick(Purpose::Export, &export.proposed, ctx);
                }
            });
            chips::note(
                ui,
                match export.kind {
                    Kind::Png => "A picture of what is on screen, painted anew at this scale.",
                    Kind::Clip(_) => "One frame a step, 12 a second, the last one for 2 seconds.",
                    Kind::Svg => "Lines and text as such, colour fields as images.",
                    Kind::Csv => "One row a step.",
                    Kind::Npz => "The same numbers as arrays of f64: numpy.load(file)[\"p\"].",
                },
            );
        });
        if modal.should_close() {
            self.over = Over::Nothing;
        }
        if go {
            self.over = Over::Nothing;
            if let Err(sentence) = self.start_export(ctx) {
                self.shared.warn(sentence);
            }
        }
    }

    fn file_name(&mut self) -> String {
        let ending = KINDS.iter().find(|(kind, ..)| *kind == self.export.kind).map_or("png", |(.., ending)| ending);
        let single = matches!(self.export.kind, Kind::Png | Kind::Svg);
        let place = self.lab().and_then(|lab| lab.transport()).map(|transport| transport.position());
        let place = place.filter(|_| single).map_or(String::new(), |place| format!("-step{}", (place * 100.0).round() / 100.0));
        format!("{}-seed{}{place}.{ending}", self.chapter(), self.shared.seed)
    }

    fn start_export(&mut self, ctx: &Context) -> Result<(), String> {
        if self.export.busy() {
            return Err("An export is still under way; wait until it is done.".into());
        }
        let path = PathBuf::from(self.export.path.trim());
        // What the file is called decides, as on the command line.
        self.export.kind = Kind::of(&path)?;
        let (canvas, scale, tell) = (self.export.canvas, self.export.scale, self.desk.tell.clone());
        match self.export.kind {
            Kind::Png => {
                let picture = self.capture(ctx, f32::from(scale), canvas);
                self.spawn(ctx, move || {
                    let image = Painter::open()?.paint(&picture)?;
                    write_atomic(&path, &png(&image)?).map_err(|e| e.to_string())?;
                    Ok(format!("{} is written, {}x{} pixels.", path.display(), image.width(), image.height()))
                })
            }
            Kind::Svg => {
                let laid = self.lay_out_aside(ctx, 1.0);
                let rect = if canvas { self.canvas_rect } else { ctx.content_rect() };
                let textures = ctx.plugin_or_default::<TextureMirror>().lock().textures();
                let ground = self.shared.palette().ground;
                self.spawn(ctx, move || {
                    let text = svg(&laid.shapes, &textures, rect, ground);
                    write_atomic(&path, text.as_bytes()).map_err(|e| e.to_string())?;
                    Ok(format!("{} is written.", path.display()))
                })
            }
            Kind::Clip(format) => {
                let (frames, work) = sync_channel(WAITING);
                self.walk(To::Clip { frames, scale, canvas })?;
                let count = self.export.run.as_ref().map_or(0, |run| run.places.len()) as u32;
                self.spawn(ctx, move || encode(&path, format, count, &work, &tell))
            }
            kind @ (Kind::Csv | Kind::Npz) => match self.table() {
                Some(table) => self.spawn(ctx, move || written(&table, kind, &path)),
                None => {
                    let table = Table { columns: PLACE_COLUMNS.map(str::to_owned).to_vec(), rows: Vec::new() };
                    self.walk(To::Table { table, kind, path })
                }
            },
        }
    }

    /// Does the slow part elsewhere.
    fn spawn(&mut self, ctx: &Context, work: impl FnOnce() -> Result<String, String> + Send + 'static) -> Result<(), String> {
        let (tell, ctx) = (self.desk.tell.clone(), ctx.clone());
        let body = move || {
            stand_back();
            let news = match work() {
                Ok(text) => News::Done(text),
                Err(sentence) => News::Warning(sentence),
            };
            // The window may be gone by now.
            let _ = tell.send(news).and_then(|()| tell.send(News::Ended));
            ctx.request_repaint();
        };
        std::thread::Builder::new().name("export".into()).spawn(body).map_err(|e| format!("The export could not start: {e}."))?;
        self.export.painting = true;
        self.export.progress = "Export: painting".into();
        Ok(())
    }

    fn walk(&mut self, to: To) -> Result<(), String> {
        let transport = self.lab().and_then(|lab| lab.transport()).ok_or("This chapter has no steps to walk through.")?;
        let (places, before) = (places(transport.length()), transport.position());
        transport.set_playing(false);
        transport.seek(0.0);
        self.export.run = Some(Run { places, next: 0, before, to });
        Ok(())
    }

    /// Takes the next frame of a clip or row of a table, once the picture of its place is complete.
    pub(super) fn go_on_exporting(&mut self, ctx: &Context) {
        let Some(mut run) = self.export.run.take() else { return };
        ctx.request_repaint();
        if self.settled() {
            self.stand_at(Some(run.places[run.next]));
            let taken = match &mut run.to {
                To::Clip { frames, scale, canvas } => {
                    let picture = self.capture(ctx, f32::from(*scale), *canvas);
                    match frames.try_send(picture) {
                        Ok(()) => true,
                        Err(TrySendError::Full(_)) => false,
                        // The encoder has given up and said why.
                        Err(TrySendError::Disconnected(_)) => {
                            self.stand_at(Some(run.before));
                            return;
                        }
                    }
                }
                To::Table { table, .. } => {
                    table.rows.extend(self.place_row());
                    true
                }
            };
            if taken {
                run.next += 1;
                self.export.progress = format!("Export: step {} of {}", run.next, run.places.len());
                if let Some(next) = run.places.get(run.next) {
                    self.stand_at(Some(*next));
                }
            }
        }
        if run.next < run.places.len() {
            self.export.run = Some(run);
            return;
        }
        self.stand_at(Some(run.before));
        if let To::Table { table, kind, path } = run.to
            && let Err(sentence) = self.spawn(ctx, move || written(&table, kind, &path))
        {
            self.shared.warn(sentence);
        }
    }

    /// How far an export is; empty when none is under way.
    pub(super) fn export_progress(&self) -> &str {
        &self.export.progress
    }

    /// The window's five places, laid out once more at another scale, on a screen that is never shown.
    fn lay_out_aside(&mut self, ctx: &Context, scale: f32) -> Laid {
        let id = ViewportId::from_hash_of("tractable export");
        let native = ctx.pixels_per_point() / ctx.zoom_factor() * scale;
        let mut input = RawInput {
            viewport_id: id,
            screen_rect: Some(ctx.content_rect()),
            time: Some(ctx.input(|input| input.time)),
            max_texture_side: Some(ctx.input(|input| input.max_texture_side)),
            focused: true,
            ..RawInput::default()
        };
        input.viewports.insert(id, ViewportInfo { native_pixels_per_point: Some(native), ..ViewportInfo::default() });
        let mirror = ctx.plugin_or_default::<TextureMirror>();
        mirror.lock().aside(true);
        // Axes and panels find their sizes from the pass before: one pass at another scale would be laid out with the wrong ones.
        let mut laid = Laid { shapes: Vec::new(), pixels_per_point: 1.0 };
        for _ in 0..MOST_PASSES {
            let mut output = ctx.run_ui(input.clone(), |ui| self.panels(ui));
            output.textures_delta.clear();
            let settled = laid.shapes == output.shapes;
            laid = Laid { shapes: std::mem::take(&mut output.shapes), pixels_per_point: output.pixels_per_point };
            if settled {
                break;
            }
        }
        mirror.lock().aside(false);
        laid
    }

    /// A picture of the window or its canvas.
    pub(super) fn capture(&mut self, ctx: &Context, scale: f32, canvas: bool) -> Picture {
        let laid = self.lay_out_aside(ctx, scale);
        let crop = canvas.then_some(self.canvas_rect);
        picture(ctx, laid, ctx.content_rect().size(), crop, self.shared.palette().ground)
    }
}

fn encode(path: &std::path::Path, format: ClipFormat, count: u32, work: &Receiver<Picture>, tell: &Sender<News>) -> Result<String, String> {
    let mut painter = Painter::open()?;
    let mut clip: Option<Clip> = None;
    for (index, picture) in work.iter().enumerate() {
        let image = painter.paint(&picture)?;
        let clip = match &mut clip {
            Some(clip) => clip,
            None => clip.insert(Clip::new(path, format, image.dimensions(), count).map_err(|e| e.to_string())?),
        };
        clip.push(image).map_err(|e| e.to_string())?;
        // The window may be gone by now.
        let _ = tell.send(News::Progress(format!("Export: frame {} of {count}", index + 1)));
    }
    let clip = clip.ok_or("No frame of the clip was made.")?;
    clip.finish().map_err(|e| e.to_string())?;
    Ok(format!("{} is written, {count} frames.", path.display()))
}

fn written(table: &Table, kind: Kind, path: &std::path::Path) -> Result<String, String> {
    write_table(table, kind, path)?;
    Ok(format!("{} is written, {} rows.", path.display(), table.rows.len()))
}
