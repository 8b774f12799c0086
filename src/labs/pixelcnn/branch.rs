//! Branching by hand: a drawn pixel gets another level, and what follows is drawn again with the same u's.

use egui::{Key, Ui, vec2};

use super::lab::PixelcnnLab;
use super::study::Task;
use crate::labs::Command;
use crate::train::pixelcnn_job::{Ask, Branch, Edit, Method, Settings};
use crate::ui::chips;
use crate::ui::pixel_grid::GridResponse;
use crate::ui::theme::Palette;
use crate::ui::units::count;

/// Points of a drag that make one level.
const POINTS_A_LEVEL: f32 = 14.0;

/// The changes, and the drag that makes one.
#[derive(Default)]
pub(super) struct Branching {
    /// In the order in which they were made.
    pub(super) edits: Vec<Edit>,
    /// Preset and settings of the sample that was changed: with others the changes mean nothing.
    of: Option<(String, Settings)>,
    /// The pixel that is dragged, its level before, and where the pointer was.
    drag: Option<(usize, u8, f32)>,
}

impl PixelcnnLab {
    /// Gives a drawn pixel a level; a second change of the same pixel replaces the first.
    pub(super) fn change_pixel(&mut self, pixel: usize, level: u8) {
        let edits = &mut self.branching.edits;
        match edits.last_mut().filter(|last| last.pixel == pixel) {
            Some(last) => last.level = level,
            None => edits.push(Edit { pixel, level }),
        }
        self.send_edits();
    }

    /// Whether a drawn pixel can be given another level here: an image that is scored is as it is, what is completed follows from what is
    /// known, and a comparison has no place for what a change did.
    pub(super) fn may_branch(&self, pixel: usize) -> bool {
        self.desk.task == Task::Sample && !self.versus.other.on && pixel < self.walk.at()
    }

    /// Takes over a list of changes, all at once.
    pub(super) fn set_edits(&mut self, edits: Vec<Edit>) {
        self.branching.of = Some(self.sample_key());
        if self.branching.edits != edits {
            self.branching.edits = edits;
            self.send_edits();
        }
    }

    /// Forgets the changes when something else makes another sample.
    pub(super) fn forget_stale_edits(&mut self) {
        let key = self.sample_key();
        if self.branching.of.as_ref() != Some(&key) {
            self.set_edits(Vec::new());
        }
    }

    pub(super) fn send_edits(&self) {
        self.ask(Ask::Branch(self.branching.edits.clone()));
    }

    fn sample_key(&self) -> (String, Settings) {
        (self.preset.clone(), Settings { method: Method::Cached, ..self.settings })
    }

    /// What the newest change did, as far as the worker has told.
    pub(super) fn branch(&self) -> Option<&Branch> {
        let branch = self.snapshot.as_ref()?.branch.as_deref()?;
        self.branching.edits.last().is_some_and(|last| *last == branch.edit).then_some(branch)
    }

    /// Takes the newest change back.
    pub(super) fn take_back_branch(&mut self) {
        self.branching.edits.pop();
        self.send_edits();
    }

    /// Changes the level of a pixel by some steps, if it is drawn.
    pub(super) fn nudge(&mut self, pixel: usize, by: i32) {
        let Some(run) = self.walk.run() else { return };
        if pixel >= self.walk.at() || pixel >= run.len() {
            return;
        }
        let old = run.pixels[pixel];
        let level = (i32::from(old) + by).clamp(0, run.levels as i32 - 1) as u8;
        if level != old {
            self.change_pixel(pixel, level);
        }
    }
}

/// Drags on the picture and the keys + and − change a drawn pixel.
pub(super) fn input(lab: &mut PixelcnnLab, ui: &Ui, grid: &GridResponse) {
    drag(lab, ui, grid);
    if ui.ctx().text_edit_focused() {
        return;
    }
    let Some(pixel) = lab.view.hovered.or(lab.view.pinned) else { return };
    let by = ui.input(|input| {
        let presses = |key| input.num_presses(key) as i32;
        presses(Key::Plus) + presses(Key::Equals) - presses(Key::Minus)
    });
    if by != 0 && !ui.input(|input| input.modifiers.command) {
        lab.nudge(pixel, by);
    }
}

fn drag(lab: &mut PixelcnnLab, ui: &Ui, grid: &GridResponse) {
    let response = &grid.response;
    let Some(run) = lab.walk.run().cloned() else { return };
    if response.drag_started() {
        let origin = ui.input(|input| input.pointer.press_origin());
        lab.branching.drag = origin.and_then(|pos| {
            let cell = grid.layout.at(pos).filter(|&cell| cell < lab.walk.at())?;
            Some((cell, run.pixels[cell], pos.y))
        });
    }
    let Some((cell, level, from)) = lab.branching.drag else { return };
    if let Some(pos) = response.interact_pointer_pos() {
        let steps = ((from - pos.y) / POINTS_A_LEVEL).round() as i32;
        let wanted = (i32::from(level) + steps).clamp(0, run.levels as i32 - 1) as u8;
        let now = lab.branching.edits.last().filter(|last| last.pixel == cell).map_or(level, |last| last.level);
        if wanted != now {
            lab.change_pixel(cell, wanted);
        }
        lab.view.hovered = Some(cell);
        ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeVertical);
    }
    if response.drag_stopped() || !ui.input(|input| input.pointer.any_down()) {
        lab.branching.drag = None;
    }
}

/// Frames the changed pixels: those that were given a level, and those that followed suit.
pub(super) fn marks(lab: &PixelcnnLab, ui: &Ui, grid: &GridResponse) {
    let palette = Palette::of(ui);
    let at = lab.walk.at();
    if let Some(branch) = lab.branch() {
        let side = grid.layout.cell(0).width();
        for (cell, _) in branch.changed.iter().enumerate().filter(|(cell, changed)| **changed && *cell < at) {
            let square = grid.layout.cell(cell).shrink(side * 0.1);
            // A frame and two strokes: also on paper, and where an edge of grey and amber cannot be told apart.
            let stroke = egui::Stroke::new((side * 0.09).max(1.5), palette.now);
            ui.painter().rect_stroke(square, 1.0, stroke, egui::StrokeKind::Inside);
            ui.painter().line_segment([square.left_bottom(), square.right_top()], stroke);
        }
    }
    for edit in crate::train::pixelcnn_job::fixed(&lab.branching.edits) {
        if edit.pixel < grid.layout.rows * grid.layout.cols {
            let square = grid.layout.cell(edit.pixel).expand(1.0);
            ui.painter().rect_stroke(square, 2.0, egui::Stroke::new(3.0, palette.blind), egui::StrokeKind::Middle);
        }
    }
}

/// `23 of 108 later pixels changed`.
pub(super) fn sentence(branch: &Branch, cols: usize) -> String {
    let Edit { pixel, level } = branch.edit;
    let (changed, later) = (count(branch.count() as u64), count(branch.later() as u64));
    format!("{changed} of {later} later pixels changed: row {}, column {} is {level} now, same u's", pixel / cols, pixel % cols)
}

/// What the newest change did, with the way back; or how to change the pixel that is pinned.
pub(super) fn line(lab: &mut PixelcnnLab, ui: &mut Ui) -> Option<Command> {
    let palette = Palette::of(ui);
    let run = lab.walk.run()?.clone();
    let text = lab.branch().map(|branch| sentence(branch, run.cols));
    let pinned = lab.view.pinned.filter(|&pin| pin < lab.walk.at());
    if text.is_none() && pinned.is_none() {
        return None;
    }
    let mut command = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 3.0);
        if let Some(pin) = pinned {
            let place = format!("({}, {})", pin / run.cols, pin % run.cols);
            for (label, name, by) in [("−", "Lower", -1), ("+", "Raise", 1)] {
                let button = chips::button(ui, label).on_hover_text(format!("{name} the level of the pinned pixel {place} (key {label})"));
                let name = format!("{name} the pinned pixel's level");
                button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                if button.clicked() {
                    lab.nudge(pin, by);
                }
            }
        }
        match text {
            Some(text) => {
                if chips::button(ui, "Undo").on_hover_text(Command::Undo.tooltip()).clicked() {
                    command = Some(Command::Undo);
                }
                ui.label(egui::RichText::new(text).color(palette.now));
            }
            None => drop(chips::note(ui, "change it: all that follows is drawn again with the same u's")),
        }
    });
    command
}
