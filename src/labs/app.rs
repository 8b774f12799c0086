//! The frame around the labs: five places that never move, and the keys.

mod banner;
mod confirm;
mod desk;
mod dialogs;
mod dispatch;
mod export;
mod lecture;
mod left;
mod modal;
mod open;
mod options;
mod overlay;
mod overlay_menu;
mod palette;
mod placeholder;
mod places;
mod presenter;
mod private;
mod rail;
mod settings;
mod sheet;
mod top_bar;

use std::time::Duration;

use egui::{Frame, Margin, Panel, Rect};

use self::confirm::Asked;
use self::desk::Desk;
use self::export::Export;
pub use self::options::AppOptions;
use self::overlay::StepMeter;
use self::palette::Palette;
use self::places::Columns;
use self::presenter::Audience;
use super::document::{self, Lecture};
use super::explain::Explain;
use super::frame_log::FrameLog;
use super::frame_times::FrameTimes;
use super::keys::KeyPlugin;
use super::registry::{CHAPTERS, Chapter};
use super::{Lab, Shared};
use crate::ui::offscreen::TextureMirror;
use crate::ui::theme::{self, Theme};

/// What lies over the five places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Nothing,
    Sheet,
    Palette,
    Overlays,
    Open,
    Save,
    Export,
}

/// The whole window.
pub struct TractableApp {
    shared: Shared,
    chapters: &'static [Chapter],
    labs: Vec<Option<Box<dyn Lab>>>,
    active: usize,
    /// The texts of the chapters that were opened.
    explains: Vec<Explain>,
    rail_open: bool,
    /// Whether the user folded or unfolded the rail; until then a narrow window folds it by itself. The same for the panels.
    rail_chosen: bool,
    panels_open: bool,
    panels_chosen: bool,
    over: Over,
    palette: Palette,
    blank: bool,
    before_projector: Option<Theme>,
    user_scale: f32,
    seed_text: Option<String>,
    frame_times: FrameTimes,
    show_frame_times: bool,
    frame_log: Option<FrameLog>,
    styled: Option<(Theme, bool, f32)>,
    /// Where the canvas is, in points.
    canvas_rect: Rect,
    /// Why the document of the options was not opened.
    refused: Option<String>,
    desk: Desk,
    export: Export,
    /// The person asked to go on with this one of the sessions that earlier runs left.
    going_on: Option<usize>,
    still: bool,
    step_meter: StepMeter,
    /// The question that is open.
    confirm: Option<Asked>,
    /// What is open over the places is open in the presenter's window.
    at_presenter: bool,
    /// How many screens there are, while a show asks for it and the system tells.
    screens: Option<usize>,
    confirmed: bool,
    lecture: Option<Lecture>,
    presenting: bool,
    audience: Audience,
    freeze_wanted: bool,
    /// The places around the canvas that the lecture's step hides.
    hidden: Vec<&'static str>,
}

impl TractableApp {
    /// The app with the lecture's chapters.
    #[must_use]
    pub fn new(ctx: &egui::Context, options: &AppOptions) -> Self {
        Self::with_chapters(ctx, options, CHAPTERS)
    }

    /// The app with other chapters: for tests.
    #[must_use]
    pub fn with_chapters(ctx: &egui::Context, options: &AppOptions, chapters: &'static [Chapter]) -> Self {
        ctx.add_plugin(KeyPlugin::default());
        ctx.add_plugin(TextureMirror::default());
        let mut shared = Shared { theme: options.theme, backend: options.backend, ..Shared::default() };
        shared.threads = options.threads.unwrap_or(shared.threads).max(1);
        if let Some(seed) = options.seed {
            shared.seed = seed;
        }
        let wanted = options.chapter.as_deref();
        let found = wanted.and_then(|id| chapters.iter().position(|c| c.id == id));
        if let (Some(id), None) = (wanted, found) {
            shared.warn(format!("There is no chapter named “{id}”; this is the first one that is built."));
        }
        let (desk, trouble) = Desk::new(options.keep.as_deref(), options.keep_every);
        if let Some(sentence) = trouble {
            shared.warn(sentence);
        }
        let active = found.or_else(|| chapters.iter().position(|c| c.open.is_some())).unwrap_or(0);
        let mut app = Self {
            shared,
            chapters,
            labs: chapters.iter().map(|_| None).collect(),
            active,
            explains: Vec::new(),
            rail_open: true,
            rail_chosen: false,
            panels_open: true,
            panels_chosen: false,
            over: Over::Nothing,
            palette: Palette::default(),
            blank: false,
            before_projector: None,
            user_scale: 1.0,
            seed_text: None,
            frame_times: FrameTimes::default(),
            show_frame_times: false,
            frame_log: None,
            styled: None,
            canvas_rect: Rect::ZERO,
            refused: None,
            desk,
            export: Export::default(),
            going_on: None,
            still: options.still,
            step_meter: StepMeter::default(),
            confirm: None,
            at_presenter: false,
            screens: None,
            confirmed: false,
            lecture: None,
            presenting: false,
            audience: Audience::default(),
            freeze_wanted: false,
            hidden: Vec::new(),
        };
        app.shared.reduced_motion = options.still;
        app.take_settings(options);
        match options.frame_log.as_deref().map(FrameLog::create).transpose() {
            Ok(log) => app.frame_log = log,
            Err(sentence) => app.shared.warn(sentence),
        }
        if let Some(document) = &options.document {
            if let Err(sentence) = app.open_document(document, ctx) {
                app.shared.warn(sentence.clone());
                app.refused = Some(sentence);
            }
        } else {
            app.open(active);
        }
        // What the start opens is not yet the person's work.
        app.desk.aside = false;
        app.style(ctx);
        app
    }

    /// On a software rasteriser: about 9 frames a second while something moves, so that drawing leaves the cores to the trainer.
    ///
    /// A frame of 1280x720 costs lavapipe about 60 ms of one core, so 15 a second would take all of it.
    pub fn draw_sparingly(&mut self) {
        self.shared.frame_interval = Duration::from_millis(110);
    }

    /// What the labs share.
    #[must_use]
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The stable name of the chapter on screen.
    #[must_use]
    pub fn chapter(&self) -> &'static str {
        self.chapters[self.active].id
    }

    /// The frame-time figures.
    #[must_use]
    pub fn frame_figures(&self) -> super::frame_times::FrameFigures {
        self.frame_times.figures()
    }

    /// Opens a chapter; a lab that was open before is shown as it was left.
    fn open(&mut self, index: usize) {
        if index != self.active
            && let Some(lab) = &mut self.labs[self.active]
        {
            lab.leave();
            // What was said about one chapter is no news about another.
            self.shared.toasts.clear();
            self.desk.aside = true;
        }
        self.active = index;
        if self.labs[index].is_none()
            && let Some(open) = self.chapters[index].open
        {
            let mut lab = open(&self.shared);
            self.desk.fresh.insert(self.chapters[index].id, lab.state());
            if let Some(state) = self.desk.waiting.remove(self.chapters[index].id)
                && let Err(sentence) = lab.restore(&state, &mut self.shared)
            {
                let part = format!("the session's part for “{}”", self.chapters[index].title);
                self.shared.warn(document::in_place(&part, &sentence));
            }
            if let Some(weights) = self.desk.waiting_weights.remove(self.chapters[index].id) {
                lab.load_weights(&weights);
            }
            self.labs[index] = Some(lab);
        }
        let chapter = self.chapters[index].id;
        if self.labs[index].is_some() && self.explains.iter().all(|explain| explain.chapter() != chapter) {
            let mut explain = Explain::open(chapter, &mut self.shared);
            explain.stand_at(self.desk.waiting_explain.remove(chapter).unwrap_or_default());
            self.explains.push(explain);
        }
        self.frame_times.clear();
    }

    /// Whether this place is on screen: during the show, whether the lecture's step leaves it there.
    fn sees(&self, place: &str) -> bool {
        !self.presenting || !self.hidden.contains(&place)
    }

    fn lab(&mut self) -> Option<&mut Box<dyn Lab>> {
        self.labs[self.active].as_mut()
    }

    /// Gives egui the theme's colours and scale whenever one of them changed.
    fn style(&mut self, ctx: &egui::Context) {
        let wanted = (self.shared.theme, self.shared.reduced_motion, self.user_scale);
        if self.styled != Some(wanted) {
            theme::install(ctx, self.shared.theme, self.shared.reduced_motion);
            self.styled = Some(wanted);
        }
        // Before the first pass egui knows no screen and says 10,000 points: a scale chosen for that would stay for a frame, or for good
        // where the screen is given only once.
        if ctx.cumulative_pass_nr() == 0 {
            return;
        }
        let screen = ctx.viewport_rect().size() * ctx.zoom_factor();
        let scale = self.shared.theme.scale(screen) * self.user_scale;
        if ctx.zoom_factor() != scale {
            ctx.set_zoom_factor(scale);
        }
    }

    fn panels(&mut self, ui: &mut egui::Ui) {
        let palette = self.shared.palette();
        let width = ui.available_width();
        if !self.rail_chosen {
            self.rail_open = width >= 1060.0;
        }
        if !self.panels_chosen {
            self.panels_open = width >= 700.0;
        }
        let bar = |margin: Margin| Frame::new().fill(palette.panel).inner_margin(margin);

        if self.sees("top") {
            Panel::top("top").frame(bar(Margin::symmetric(16, 6))).resizable(false).show(ui, |ui| self.top_bar(ui));
        }

        if self.rail_open && self.sees("chapters") {
            Panel::left("rail")
                .frame(bar(Margin { left: 6, right: 6, top: 10, bottom: 8 }))
                .resizable(false)
                .exact_size((width * 0.094).clamp(156.0, 190.0))
                .show(ui, |ui| self.rail(ui));
        }

        let bar = if self.sees("transport") { self.transport_place(ui) } else { None };
        let column = |place: &str, wanted: f32, least: f32, most: f32| {
            let shown = self.panels_open && self.sees(place);
            shown.then(|| (width * wanted).clamp(least, most))
        };
        let columns = Columns { controls: column("controls", 0.12, 188.0, 240.0), explain: column("explain", 0.165, 244.0, 330.0) };
        self.canvas_rect = self.lab_places(ui, columns, bar);
    }
}

impl TractableApp {
    /// What happens before a frame is laid out: commands, news from the worker, time.
    pub fn advance(&mut self, ctx: &egui::Context) {
        self.frame_times.frame(Shared::take_animation(ctx));
        let chapter = self.chapter();
        if let Some(log) = &mut self.frame_log {
            log.begin(chapter);
        }
        let commands = ctx.plugin_or_default::<KeyPlugin>().lock().take();
        for command in commands {
            self.run(command, ctx);
        }
        self.style(ctx);
        if let Some(mut lab) = self.labs[self.active].take() {
            lab.update(ctx, &mut self.shared);
            self.step_meter.note(&lab.status().busy);
            self.labs[self.active] = Some(lab);
        }
        Shared::let_go(ctx);
        if std::mem::take(&mut self.confirmed)
            && let Some(asked) = self.confirm.take()
        {
            self.carry_out(asked.question);
        }
        if let Some(index) = self.going_on.take() {
            self.go_on(index, ctx);
        }
        self.tend(ctx);
        self.age_toasts(ctx);
        self.tell_modal(ctx);
    }

    /// Lays out a frame.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        self.lay_out(ui, &ctx);
        self.tell_modal(&ctx);
        if let Some(log) = &mut self.frame_log {
            let busy = self.labs[self.active].as_ref().map(|lab| lab.status().busy).unwrap_or_default();
            log.laid_out(Shared::animates(&ctx), busy, self.over.name());
        }
    }

    fn lay_out(&mut self, ui: &mut egui::Ui, ctx: &egui::Context) {
        if self.blank || self.is_frozen() {
            if self.blank {
                self.blank_screen(ui);
            } else {
                self.show_frozen(ui);
            }
            self.go_on_exporting(ctx);
            self.presenter_window(ctx, true);
            return;
        }
        if self.is_covered() {
            ui.set_opacity(modal::BEHIND);
        }
        self.panels(ui);
        self.take_still(ctx);
        if !self.at_presenter {
            self.modals(ctx);
        }
        self.go_on_exporting(ctx);
        self.spotlight(ctx);
        self.presenter_window(ctx, false);
        if !self.presenting {
            self.toasts(ctx);
        }
        if self.show_frame_times {
            self.frame_time_figures(ctx);
        }
        // Buttons may have changed what the style depends on.
        self.style(ctx);
    }

    /// Whether the picture waits for nothing that the worker still computes.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.labs[self.active].as_ref().is_none_or(|lab| {
            let status = lab.status();
            // Before its first snapshot a lab does not know where it computes.
            status.error.is_some() || (lab.settled() && !status.backend.is_empty())
        })
    }

    /// Where the canvas was in the last frame, in points.
    #[must_use]
    pub fn canvas_rect(&self) -> Rect {
        self.canvas_rect
    }
}

impl eframe::App for TractableApp {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        if !self.presenting {
            self.screens = None;
        } else if self.screens.is_none() {
            self.screens = frame.winit_window().map(|window| window.available_monitors().count());
        }
        self.advance(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self) {
        self.keep_at_the_end();
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        self.shared.palette().ground.to_normalized_gamma_f32()
    }
}
