//! Ways to look closer: slow motion, a second flow, the mass, the way back.

use egui::{Ui, vec2};

use super::{Command, FlowLab, Shared, ledger, micro};
use crate::ui::chips;

/// Draws the chips.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    chips::section(ui, "Look closer", "");
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        micro::switch(lab, ui);
        ledger::switches(lab, ui);
        let on = lab.desk.compare.is_some();
        let additive = lab.snapshot.as_ref().is_some_and(|snapshot| snapshot.config.additive());
        let name = if additive { "compare with RealNVP" } else { "compare with NICE" };
        if chips::chip(ui, name, on).on_hover_text(Command::Compare.tooltip()).clicked() {
            lab.compare_or_not(shared);
        }
    });
}
