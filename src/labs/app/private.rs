//! The lab in the presenter's window, while the audience sees a picture that stands still or a black one: the next picture is set up
//! unseen.

use egui::{Frame, Margin, Panel, Ui, vec2};

use super::TractableApp;
use super::places::Columns;
use super::presenter::Said;
use crate::labs::Shared;
use crate::ui::chips;

/// Width of the column of controls and what the canvas needs at least, in points.
const CONTROLS: f32 = 188.0;
const CANVAS: egui::Vec2 = vec2(150.0, 150.0);
/// From this width on the explanation is shown as well.
const ROOMY: f32 = 1000.0;

impl TractableApp {
    /// Whether the presenter's window shows the lab, because the audience's does not.
    pub(super) fn is_private(&self) -> bool {
        self.presenting && (self.blank || self.is_frozen())
    }

    /// The notes in a narrow column, the lab beside it, its transport below both; what was clicked among the notes. Whatever the lecture's
    /// step hides from the audience is here.
    pub(super) fn notes_and_lab(&mut self, ui: &mut Ui) -> Option<Said> {
        let bar = self.transport_place(ui);
        let notes = (0.26 * ui.available_width()).clamp(170.0, 320.0);
        let column = Frame::new().inner_margin(Margin { left: 0, right: 10, top: 10, bottom: 6 });
        let said = Panel::left("notes").frame(column).resizable(false).exact_size(notes).show(ui, |ui| self.notes(ui, true)).inner;
        let room = ui.available_rect_before_wrap().size();
        if room.x < CONTROLS + CANVAS.x || room.y < CANVAS.y {
            chips::note(ui, "Make this window larger to see the lab here.");
            return said;
        }
        let explain = (room.x >= ROOMY).then(|| (0.25 * room.x).clamp(244.0, 330.0));
        let columns = Columns { controls: Some((0.25 * room.x).clamp(CONTROLS, 240.0)), explain };
        self.lab_places(ui, columns, bar);
        if ui.input(|input| input.pointer.any_down()) {
            Shared::hold(ui.ctx());
        }
        said
    }
}
