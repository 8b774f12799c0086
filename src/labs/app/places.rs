//! The lab's own places: transport, controls, explanation, canvas. They lie in the program's window, and in the presenter's while the
//! audience sees a picture that stands still.

use egui::{CentralPanel, Frame, Margin, Panel, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};

use super::{TractableApp, banner};
use crate::labs::{Command, Lab};
use crate::ui::theme::letters;
use crate::ui::transport::{TransportButton, transport_bar};

/// The columns beside the canvas, each with its width in points where it is shown.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) controls: Option<f32>,
    pub(super) explain: Option<f32>,
}

impl TractableApp {
    /// The bar at the bottom, if the lab has a walk; gives where it lies.
    pub(super) fn transport_place(&mut self, ui: &mut Ui) -> Option<Rect> {
        let fill = self.shared.palette().panel;
        let model = self.labs[self.active].as_mut()?.transport()?;
        let labels = model.labels();
        let name = |step: &'static str, otherwise: &'static str| if step.is_empty() { otherwise } else { step };
        let keys = format!(
            "Space: run · Right: {} · Shift+Right: {} · R: again · N: other noise",
            name(labels.step, "step"),
            name(labels.large_step, "large step"),
        );
        // In a lecture hall the line of the keys gives way to the canvas: the speaker finds them in the buttons' hovers and on the sheet.
        let (hint, height) = if letters::of_a_hall(ui.ctx()) { ("", 52.0) } else { (keys.as_str(), 74.0) };
        let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(16, 6));
        let panel = Panel::bottom("transport").frame(frame).resizable(false).exact_size(height);
        let shown = panel.show(ui, |ui| transport_bar(ui, model, &|button| transport_command(button).tooltip(), hint));
        Some(shown.response.rect)
    }

    /// The columns and the canvas over the room that is left; gives where the canvas lies. `bar` is where the transport's bar lies.
    pub(super) fn lab_places(&mut self, ui: &mut Ui, columns: Columns, bar: Option<Rect>) -> Rect {
        let Some(mut lab) = self.labs[self.active].take() else {
            return CentralPanel::no_frame().show(ui, |ui| self.placeholder(ui)).response.rect;
        };
        let lab_ref: &mut dyn Lab = lab.as_mut();
        let chapter = self.chapters[self.active].id;
        let mut places: Vec<Rect> = bar.into_iter().collect();

        // The ground is the colour to which the frame is cleared: filling it again would cost a software rasteriser a third of its time.
        let column = Frame::new().inner_margin(Margin { left: 12, right: 10, top: 14, bottom: 8 });
        if let Some(width) = columns.controls {
            let panel = Panel::left("controls").frame(column).resizable(false).exact_size(width);
            let shown = panel.show(ui, |ui| scroll(ui, "controls scroll", |ui| lab_ref.controls(ui, &mut self.shared)));
            places.push(shown.response.rect);
        }
        if let Some(width) = columns.explain {
            Panel::right("explain").frame(column).resizable(false).exact_size(width).show(ui, |ui| {
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
        let canvas = Frame::new().inner_margin(Margin { left: 14, right: 14, top: 14, bottom: 8 });
        let shown = CentralPanel::default().frame(canvas).show(ui, |ui| {
            self.offer_to_go_on(ui);
            places.push(ui.available_rect_before_wrap());
            if let Some(error) = lab_ref.status().error
                && banner::show(ui, &error, lab_ref.is_dead())
            {
                lab_ref.revive();
                ui.ctx().request_repaint();
            }
            // A canvas fills the room that it gets; what does not fit into a small one is scrolled to, never cut.
            ScrollArea::vertical().id_salt("canvas").auto_shrink([false, false]).show(ui, |ui| {
                lab_ref.canvas(ui, &mut self.shared);
            });
            let spoken = lab_ref.spoken_summary();
            let summary =
                ui.interact(Rect::from_min_size(ui.min_rect().min, vec2(1.0, 1.0)), ui.scope_id().with("summary"), Sense::hover());
            summary.widget_info(|| WidgetInfo::labeled(Role::Status, true, &spoken));
        });
        self.labs[self.active] = Some(lab);
        self.note_work(ui, &places);
        shown.response.rect
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

fn scroll(ui: &mut Ui, id: &str, contents: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().id_salt(id).auto_shrink([false, false]).show(ui, |ui| {
        // Room for the scroll bar, so that nothing moves when it appears.
        ui.set_width(ui.available_width() - 6.0);
        contents(ui);
    });
}
