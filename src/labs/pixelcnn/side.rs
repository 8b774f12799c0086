//! The column beside the picture: what the model is made of, the first layer's mask, or what drawing costs.

use egui::Ui;

use super::lab::PixelcnnLab;
use super::{cost_panel, mask_editor};
use crate::ui::chips;

/// What the column shows.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    /// The layers and the training.
    #[default]
    Layers,
    /// The editor of the first mask.
    Mask,
    /// The cost panel.
    Costs,
}

/// Draws the choice and, except for the layers, what was chosen; false if the layers are still to be drawn.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui) -> bool {
    let mut side = lab.side;
    chips::segmented(ui, &mut side, &[(Side::Layers, "layers"), (Side::Mask, "mask"), (Side::Costs, "costs")]);
    lab.side = side;
    ui.add_space(4.0);
    match side {
        Side::Layers => return false,
        Side::Mask => mask_editor::show(lab, ui),
        Side::Costs => cost_panel::show(lab, ui),
    }
    true
}
