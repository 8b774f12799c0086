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
mod placeholder;
mod presenter;
mod rail;
mod sheet;
mod top_bar;

use std::time::Duration;

use egui::{Frame, Margin, Panel, Rect, Role, Sense, WidgetInfo, vec2};

use self::confirm::Asked;
use self::desk::Desk;
use self::export::Export;
use self::lecture::Lecture;
pub use self::options::AppOptions;
use self::overlay::StepMeter;
use self::presenter::Audience;
use super::document;
use super::explain::Explain;
use super::frame_log::FrameLog;
use super::frame_times::FrameTimes;
use super::keys::KeyPlugin;
use super::registry::{CHAPTERS, Chapter};
use super::{Command, Lab, Shared};
use crate::ui::offscreen::TextureMirror;
use crate::ui::theme::{self, Theme};
use crate::ui::transport::{TransportButton, transport_bar};

/// What lies over the five places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Nothing,
    Sheet,
    Palette,
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
    palette_text: String,
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
            palette_text: String::new(),
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

        let Some(mut lab) = self.labs[self.active].take() else {
            self.canvas_rect = egui::CentralPanel::no_frame().show(ui, |ui| self.placeholder(ui)).response.rect;
            return;
        };
        let lab_ref: &mut dyn Lab = lab.as_mut();
        let chapter = self.chapters[self.active].id;
        let mut places = Vec::new();

        if let Some(model) = lab_ref.transport().filter(|_| self.sees("transport")) {
            let labels = model.labels();
            let name = |step: &'static str, otherwise: &'static str| if step.is_empty() { otherwise } else { step };
            let hint = format!(
                "Space run · Right one {} · Shift+Right one {} · R again · N other noise",
                name(labels.step, "step"),
                name(labels.large_step, "large step"),
            );
            let panel = Panel::bottom("transport").frame(bar(Margin::symmetric(16, 6))).resizable(false).exact_size(74.0);
            let shown = panel.show(ui, |ui| transport_bar(ui, model, &|button| transport_command(button).tooltip(), &hint));
            places.push(shown.response.rect);
        }
        // The ground is the colour to which the frame is cleared: filling it again would cost a software rasteriser a third of its time.
        if self.panels_open {
            let column = Frame::new().inner_margin(Margin { left: 12, right: 10, top: 14, bottom: 8 });
            if self.sees("controls") {
                let panel = Panel::left("controls").frame(column).resizable(false).exact_size((width * 0.12).clamp(188.0, 240.0));
                let shown = panel.show(ui, |ui| scroll(ui, "controls scroll", |ui| lab_ref.controls(ui, &mut self.shared)));
                places.push(shown.response.rect);
            }
            if self.sees("explain") {
                Panel::right("explain").frame(column).resizable(false).exact_size((width * 0.165).clamp(244.0, 330.0)).show(ui, |ui| {
                    scroll(ui, "explain scroll", |ui| {
                        let mut explain = self.explains.iter_mut().find(|explain| explain.chapter() == chapter);
                        if let Some(explain) = &mut explain {
                            explain.show(ui, lab_ref, &mut self.shared);
                        }
                        let top = ui.cursor().top();
                        lab_ref.explain(ui, &mut self.shared);
                        if let Some(explain) = explain {
                            explain.leave_room_for(ui.cursor().top() - top);
                        }
                    });
                });
            }
        }
        let canvas = Frame::new().inner_margin(Margin { left: 14, right: 14, top: 14, bottom: 8 });
        let shown = egui::CentralPanel::default().frame(canvas).show(ui, |ui| {
            self.offer_to_go_on(ui);
            places.push(ui.available_rect_before_wrap());
            if let Some(error) = lab_ref.status().error {
                banner::show(ui, &error);
            }
            // A canvas fills the room that it gets; what does not fit into a small one is scrolled to, never cut.
            egui::ScrollArea::vertical().id_salt("canvas").auto_shrink([false, false]).show(ui, |ui| {
                lab_ref.canvas(ui, &mut self.shared);
            });
            let spoken = lab_ref.spoken_summary();
            let summary =
                ui.interact(egui::Rect::from_min_size(ui.min_rect().min, vec2(1.0, 1.0)), ui.scope_id().with("summary"), Sense::hover());
            summary.widget_info(|| WidgetInfo::labeled(Role::Status, true, &spoken));
        });
        self.canvas_rect = shown.response.rect;
        self.labs[self.active] = Some(lab);
        self.note_work(ui, &places);
    }
}

/// The command behind a button of the transport bar.
fn transport_command(button: TransportButton) -> Command {
    match button {
        TransportButton::Home => Command::Home,
        TransportButton::Back => Command::Back,
        TransportButton::RunPause => Command::RunPause,
        TransportButton::Step => Command::Step,
        TransportButton::End => Command::End,
    }
}

fn scroll(ui: &mut egui::Ui, id: &str, contents: impl FnOnce(&mut egui::Ui)) {
    egui::ScrollArea::vertical().id_salt(id).auto_shrink([false, false]).show(ui, |ui| {
        // Room for the scroll bar, so that nothing moves when it appears.
        ui.set_width(ui.available_width() - 6.0);
        contents(ui);
    });
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
        if self.blank {
            self.blank_screen(ui);
            self.presenter_window(ctx);
            return;
        }
        if self.show_frozen(ui) {
            self.presenter_window(ctx);
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
        self.presenter_window(ctx);
        self.toasts(ctx);
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
