//! The presenter's window: notes, the next step, private controls. The audience's window shows none of it.

use std::time::Instant;

use egui::{Area, Color32, Context, Id, Order, RichText, ScrollArea, Stroke, Ui, ViewportBuilder, ViewportCommand, ViewportId};

use super::TractableApp;
use crate::labs::Command;
use crate::labs::document::lectures;
use crate::train::stand_back;
use crate::ui::chips;
use crate::ui::offscreen::Painter;

/// Screens that the audience's window can be sent to where the system does not tell how many there are.
const SCREENS: usize = 3;
/// Radius of the spotlight, in points.
const SPOT: f32 = 90.0;
/// Letters of the next step's note that are shown before its turn: about two lines.
const BEGINNING: usize = 160;

/// What the audience's window does that the presenter's does not.
#[derive(Default)]
pub(super) struct Audience {
    /// The picture that stands still.
    frozen: Option<Frozen>,
    pub(super) spotlight: bool,
    began: Option<Instant>,
}

enum Frozen {
    /// It is being painted.
    Soon,
    Still(egui::TextureHandle),
}

/// What was clicked among the notes.
#[derive(Clone, Copy)]
pub(super) enum Said {
    Command(Command),
    /// This step of the lecture, wherever it stands.
    Step(usize),
}

impl TractableApp {
    /// Begins or ends the show.
    pub(super) fn present(&mut self, on: bool, ctx: &Context) {
        self.presenting = on;
        self.audience.began = on.then(Instant::now);
        if !on {
            self.close_at_presenter();
            ctx.plugin_or_default::<crate::labs::keys::KeyPlugin>().lock().forget_window(ViewportId::from_hash_of("presenter"));
            self.audience.frozen = None;
            self.audience.spotlight = false;
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Fullscreen(false));
        }
        self.tell_keys(ctx);
    }

    /// Freezes the audience's picture, or lets it go. Without the presenter's window nobody would see what goes on behind it.
    pub(super) fn freeze(&mut self, ctx: &Context) {
        if !self.presenting {
            self.shared.warn("Freeze holds the audience's picture still while you work in the presenter's window: Shift+F5 opens it.");
            return;
        }
        if self.audience.frozen.take().is_some() {
            return;
        }
        self.audience.frozen = Some(Frozen::Soon);
        self.freeze_wanted = true;
        ctx.request_repaint();
    }

    /// Has the present picture painted elsewhere; until it is there, the window goes on.
    pub(super) fn take_still(&mut self, ctx: &Context) {
        if !std::mem::take(&mut self.freeze_wanted) {
            return;
        }
        let picture = self.capture(ctx, 1.0, false);
        let (tell, wake) = (self.desk.tell.clone(), ctx.clone());
        let work = move || {
            // The threads of a software rasteriser are the painter's and inherit it.
            stand_back();
            let news = match Painter::open().and_then(|mut painter| painter.paint(&picture)) {
                Ok(image) => {
                    let size = [image.width() as usize, image.height() as usize];
                    super::desk::News::Still(egui::ColorImage::from_rgba_unmultiplied(size, image.as_raw()))
                }
                Err(sentence) => super::desk::News::Warning(sentence),
            };
            // The window may be gone by now.
            let _ = tell.send(news);
            wake.request_repaint();
        };
        if std::thread::Builder::new().name("still".into()).spawn(work).is_err() {
            self.audience.frozen = None;
        }
    }

    /// The painted picture has come.
    pub(super) fn freeze_with(&mut self, image: egui::ColorImage, ctx: &Context) {
        if self.audience.frozen.is_some() {
            self.audience.frozen = Some(Frozen::Still(ctx.load_texture("frozen", image, egui::TextureOptions::LINEAR)));
        }
    }

    /// Whether the audience sees a picture that stands still.
    pub(super) fn is_frozen(&self) -> bool {
        matches!(self.audience.frozen, Some(Frozen::Still(_)))
    }

    /// Shows the frozen picture instead of the window's content; false if nothing is frozen.
    pub(super) fn show_frozen(&self, ui: &mut Ui) -> bool {
        let Some(Frozen::Still(texture)) = &self.audience.frozen else { return false };
        let rect = ui.max_rect();
        let uv = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
        ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
        let response = ui.interact(rect, ui.scope_id().with("frozen"), egui::Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Status, true, "Frozen picture. W goes on."));
        true
    }

    /// A bright circle at the pointer; all else is dimmed.
    pub(super) fn spotlight(&self, ctx: &Context) {
        let Some(at) = ctx.pointer_latest_pos().filter(|_| self.audience.spotlight) else { return };
        // A stroke that covers the whole window leaves a hole in its middle.
        let reach = ctx.content_rect().size().length() * 2.0;
        Area::new(Id::unique("spotlight")).order(Order::Tooltip).fixed_pos(egui::Pos2::ZERO).interactable(false).show(ctx, |ui| {
            let painter = ui.painter().with_clip_rect(ctx.content_rect());
            painter.circle_stroke(at, SPOT + reach / 2.0, Stroke::new(reach, Color32::from_black_alpha(165)));
            painter.circle_stroke(at, SPOT, Stroke::new(2.0, self.shared.palette().now));
        });
    }

    /// The presenter's window, where a show is on; with the lab in it where the audience does not see it.
    pub(super) fn presenter_window(&mut self, ctx: &Context, with_lab: bool) {
        if !self.presenting {
            return;
        }
        let builder = ViewportBuilder::default().with_title("Presenter").with_inner_size([760.0, 620.0]);
        let closed = ctx.show_viewport_immediate(ViewportId::from_hash_of("presenter"), builder, |ui, _class| {
            let frame = egui::Frame::new().fill(self.shared.palette().ground).inner_margin(14);
            egui::CentralPanel::default().frame(frame).show(ui, |ui| self.presenter(ui, ctx, with_lab));
            if self.at_presenter {
                self.modals(ctx);
            }
            // They are for the speaker alone.
            self.toasts(ctx);
            ui.ctx().input(|input| input.viewport().close_requested())
        });
        if closed && self.presenting {
            self.run(Command::Presenter, ctx);
        }
    }

    fn presenter(&mut self, ui: &mut Ui, ctx: &Context, with_lab: bool) {
        let palette = self.shared.palette();
        let mut asked = None;
        ui.horizontal_wrapped(|ui| {
            let minutes = self.audience.began.map_or(0, |began| began.elapsed().as_secs());
            ui.label(RichText::new(format!("{}:{:02}", minutes / 60, minutes % 60)).monospace().size(22.0).color(palette.now));
            for (label, command, on) in [
                ("Freeze", Command::Freeze, self.audience.frozen.is_some()),
                ("Blank", Command::Blank, self.blank),
                ("Spotlight", Command::Spotlight, self.audience.spotlight),
            ] {
                if chips::chip(ui, label, on).on_hover_text(command.tooltip()).clicked() {
                    asked = Some(command);
                }
            }
            if chips::button(ui, "Audience full screen").on_hover_text(Command::FullScreen.tooltip()).clicked() {
                asked = Some(Command::FullScreen);
            }
            // With one screen there is nothing to choose.
            let screens = self.screens.map_or(SCREENS, |screens| if screens > 1 { screens } else { 0 });
            for screen in 0..screens {
                let help = "Moves the audience's window to this screen, full screen; without such a screen nothing changes";
                if chips::button(ui, &format!("Screen {}", screen + 1)).on_hover_text(help).clicked() {
                    ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::SetMonitor(screen));
                }
            }
            if chips::button(ui, "End the show").clicked() {
                asked = Some(Command::Presenter);
            }
        });
        ui.ctx().request_repaint_after_secs(1.0);
        let said = if with_lab { self.notes_and_lab(ui) } else { self.notes(ui, false) };
        match said {
            Some(Said::Step(step)) => self.go_to_step(step, ctx),
            Some(Said::Command(command)) => asked = Some(command),
            None => {}
        }
        if let Some(command) = asked {
            self.run(command, ctx);
        }
    }

    /// The lecture's notes and steps. In a `narrow` column, with short names.
    pub(super) fn notes(&self, ui: &mut Ui, narrow: bool) -> Option<Said> {
        let palette = self.shared.palette();
        let mut said = None;
        match &self.lecture {
            None => {
                chips::note(ui, "No lecture is open. Ctrl+O opens one; `tractable open pixelcnn-hour` is an example.");
            }
            Some(lecture) => {
                chips::section(ui, &lecture.title, &format!("step {} of {}", lecture.at + 1, lecture.steps.len()));
                ui.horizontal_wrapped(|ui| {
                    if chips::button(ui, "Step before").clicked() {
                        said = Some(Said::Command(Command::LectureBack));
                    }
                    if chips::primary_button(ui, "Next step").clicked() {
                        said = Some(Said::Command(Command::LectureNext));
                    }
                });
                let letters = if narrow { ((ui.available_width() - 40.0) / 8.0).max(6.0) as usize } else { usize::MAX };
                ScrollArea::vertical().id_salt("notes scroll").show(ui, |ui| {
                    if let Some(step) = lecture.steps.get(lecture.at) {
                        let slide = step.slide.map_or(String::new(), |slide| format!(" · slide {slide}"));
                        ui.label(RichText::new(format!("{}{slide}", step.title)).size(20.0).color(palette.text));
                        ui.label(RichText::new(&step.note).size(17.0).color(palette.text));
                    }
                    let next = lecture.steps.get(lecture.at + 1).map(|next| {
                        if narrow || next.note.is_empty() {
                            next.title.clone()
                        } else {
                            format!("{}\n{}", next.title, short(&next.note, BEGINNING))
                        }
                    });
                    if let Some(next) = next.or_else(|| lecture.then.as_deref().map(title_of)) {
                        chips::section(ui, "Next", "");
                        ui.label(RichText::new(next).color(palette.text_dim));
                    }
                    chips::section(ui, "All steps", "");
                    let seen = Id::unique("step that the list was scrolled to");
                    let before = ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or(seen, usize::MAX), lecture.at));
                    for (index, step) in lecture.steps.iter().enumerate() {
                        let name = format!("{}. {}", index + 1, step.title);
                        let here = index == lecture.at;
                        let chip = chips::chip(ui, &short(&name, letters), here);
                        if here && before != lecture.at {
                            chip.scroll_to_me(None);
                        }
                        if chip.clicked() {
                            said = Some(Said::Step(index));
                        }
                    }
                });
            }
        }
        said
    }
}

/// The title of a lecture, of a name that a shipped one has; else the name or path itself.
fn title_of(name: &str) -> String {
    lectures().iter().find(|(known, _)| *known == name).map_or(name, |(_, title)| title).to_owned()
}

/// A text of at most so many letters, which ends in dots where it went on.
fn short(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
