//! Which flow: one of the families, in the order of the lecture's taxonomy, and its variant.

use egui::{Ui, vec2};

use super::FlowLab;
use crate::flows::{Basis, Config, Family, Jacobian, Mixing};
use crate::ui::chips;

/// A row for each kind of Jacobian.
const ROWS: [Jacobian; 4] = [Jacobian::BlockCoupling, Jacobian::Autoregressive, Jacobian::DeterminantIdentity, Jacobian::Free];

/// Draws the choice. Another family comes in a size that suits it.
pub(super) fn picker(lab: &mut FlowLab, ui: &mut Ui) {
    let family = lab.wish.config.family;
    chips::section(ui, "Flow", kind(family.jacobian()));
    let mut chosen = family;
    for row in ROWS {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
            for option in Family::ALL.into_iter().filter(|option| option.jacobian() == row && option.is_first_variant()) {
                let same = std::mem::discriminant(&option) == std::mem::discriminant(&family);
                if chips::chip(ui, option.short(), same).on_hover_text(option.title()).clicked() && !same {
                    chosen = option;
                }
            }
        });
    }
    if chosen != family {
        // A flow that reads the class stays one where the other family can read it.
        let classes = if chosen.without_conditioner().is_none() { lab.wish.config.classes } else { 0 };
        lab.wish.config = Config { classes, ..Config::of(chosen) };
    }
    match &mut lab.wish.config.family {
        Family::Glow { mixing } => {
            chips::segmented(ui, mixing, &[(Mixing::Reverse, "reversed order"), (Mixing::Linear, "LU matrix")]);
        }
        Family::Sylvester { basis } => {
            let bases = [(Basis::Orthogonal, "orthogonal"), (Basis::Householder, "Householder"), (Basis::Triangular, "triangular")];
            chips::segmented(ui, basis, &bases);
        }
        _ => {}
    }
    super::classes::refusal(lab, ui);
}

/// What the lecture calls a kind of Jacobian.
fn kind(jacobian: Jacobian) -> &'static str {
    match jacobian {
        Jacobian::BlockCoupling => "block coupling",
        Jacobian::Autoregressive => "autoregressive",
        Jacobian::DeterminantIdentity => "determinant identity",
        Jacobian::Free => "residual and continuous",
    }
}
