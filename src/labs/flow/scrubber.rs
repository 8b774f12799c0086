//! The time-line of the training: every kept step can be seen again, and training goes on from the newest unless asked.

use egui::{Stroke, Ui, vec2};

use super::FlowLab;
use crate::train::flow_job::{FlowCommand, Timeline};
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::units::count;

/// Draws the scrubber and, while an earlier step is shown, its two buttons.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui) {
    let Some(timeline) = lab.snapshot.as_ref().map(|snapshot| snapshot.timeline.clone()) else { return };
    let Some(&first) = timeline.kept.first() else { return };
    let last = timeline.newest.max(timeline.broke.unwrap_or(0));
    if last <= first {
        return;
    }
    let settled = !ui.ctx().input(|input| input.pointer.any_down());
    if settled && lab.desk.scrub.is_some_and(|step| kept_at(&timeline, step) == timeline.shown) {
        lab.desk.scrub = None;
    }
    let mut step = lab.desk.scrub.unwrap_or(timeline.shown) as f64;
    let response = chips::slider(ui, "Update", "", &mut step, first as f64..=last as f64, false);
    if response.changed() {
        let step = step.round() as u64;
        lab.desk.scrub = Some(step);
        lab.look_at(step);
    }
    if let Some(broke) = timeline.broke {
        let part = ((broke - first) as f32 / (last - first) as f32).clamp(0.0, 1.0);
        let x = response.rect.left() + part * response.rect.width();
        ui.painter().vline(x, response.rect.y_range(), Stroke::new(3.0, Palette::of(ui).blind));
    }
    let every = match timeline.every {
        1 => "every step is kept".to_owned(),
        n => format!("every {} steps are kept", count(n)),
    };
    response.on_hover_text(format!("Drag to see the flow as it was at an earlier update; {every}."));
    if let Some(broke) = timeline.broke {
        let text = format!("Broke at step {}; the line ends at the last good step, {}.", count(broke), count(timeline.newest));
        chips::note(ui, &text);
    }
    if timeline.shown < timeline.newest {
        back(lab, ui, &timeline);
    }
}

fn back(lab: &mut FlowLab, ui: &mut Ui, timeline: &Timeline) {
    chips::note(ui, &format!("Step {} of {}. Training goes on from the newest.", count(timeline.shown), count(timeline.newest)));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        if chips::button(ui, "To the newest").on_hover_text("Shows the newest step again").clicked() {
            lab.desk.scrub = None;
            lab.look_at(timeline.newest);
        }
        let help = "What came after this step is forgotten; the same batches follow";
        if chips::button(ui, "Train from here").on_hover_text(help).clicked() {
            (lab.desk.scrub, lab.desk.looked) = (None, None);
            lab.training = true;
            lab.send(FlowCommand::GoOnFromHere);
        }
    });
}

/// The step that is shown for this wish.
fn kept_at(timeline: &Timeline, step: u64) -> u64 {
    if step >= timeline.newest {
        return timeline.newest;
    }
    timeline.kept.iter().rev().find(|kept| **kept <= step).copied().unwrap_or(timeline.newest)
}

impl FlowLab {
    /// Shows an earlier step; training stands meanwhile.
    pub(super) fn look_at(&mut self, step: u64) {
        self.training = false;
        let newest = self.snapshot.as_ref().map_or(0, |snapshot| snapshot.timeline.newest);
        self.desk.looked = Some(step).filter(|&step| step < newest);
        self.send(FlowCommand::LookAt(step));
    }

    /// Goes back before the failure, or before the last updates.
    pub(super) fn go_back(&mut self, updates: u64) {
        (self.desk.scrub, self.desk.looked) = (None, None);
        self.training = false;
        self.send(FlowCommand::GoBack(updates));
    }
}
