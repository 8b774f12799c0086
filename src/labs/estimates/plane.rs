//! The data plane with the probe, the density, and what moves.

use egui::{PointerButton, RichText, Stroke, Ui, vec2};

use super::EstimatesLab;
use super::state::Page;
use crate::train::estimate_job::{EstimateSnapshot, GRID, REACH, Which};
use crate::ui::canvas2d::{Canvas2d, Plane, View};
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale};
use crate::ui::theme::Palette;
use crate::ui::units::number;

/// The lowest part of the density's range fades into the ground.
pub(super) const FADE: f32 = 0.12;

/// The window onto the whole density.
pub(super) fn view() -> View {
    View { reach: REACH, ..View::default() }
}

/// Draws the plane, `side` large, and moves the probe where the hand wants it.
pub(super) fn show(lab: &mut EstimatesLab, ui: &mut Ui, side: f32) {
    let palette = Palette::of(ui);
    let which = lab.state.page.which();
    upload(lab, ui, which, palette.dark);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Data space x").heading().color(palette.text));
    });
    let mut view = lab.view;
    let summary = format!("The probe is at {}, {}.", number(lab.state.probe[0], 2), number(lab.state.probe[1], 2));
    let shown = Canvas2d::new("Data plane", &mut view, vec2(side, side)).summary(summary).show(ui, |plane| {
        if let Some(snapshot) = &lab.work.snapshot {
            draw(lab, snapshot, plane);
        }
        plane.probe(lab.state.probe, palette.now);
    });
    lab.view = view;
    let mut probe = lab.state.probe;
    if let Some(pointer) = shown.pointer
        && (shown.response.clicked() || shown.response.is_pointer_button_down_on())
        && ui.input(|input| input.pointer.button_down(PointerButton::Primary) && !input.modifiers.shift)
    {
        probe = pointer;
    }
    if let Some(nudge) = shown.nudge {
        probe = [probe[0] + nudge[0], probe[1] + nudge[1]];
    }
    lab.state.probe = probe.map(|v| v.clamp(-REACH, REACH));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(12.0, 1.0);
        chips::legend(ui, palette.now, "probe: drag it");
        match lab.state.page {
            Page::Motion | Page::Trace => chips::legend(ui, palette.seen, "200 points at t"),
            _ => chips::legend(ui, palette.base, "after each block"),
        };
    });
}

fn upload(lab: &mut EstimatesLab, ui: &Ui, which: Which, dark: bool) {
    let Some(snapshot) = &lab.work.snapshot else { return };
    let learner = snapshot.learner(which);
    let top = learner.density.iter().copied().filter(|p| p.is_finite()).fold(0.0, f32::max);
    // In steps, so that the colours do not flicker while it learns.
    let top = 2f32.powf(top.max(0.02).log2().ceil());
    let texture = &mut lab.density[usize::from(which == Which::Continuous)];
    let scale = Scale::new(Colormap::Density, 0.0, top);
    texture.set_values(ui.ctx(), learner.version, [GRID; 2], &learner.density, scale, dark, true);
}

fn draw(lab: &EstimatesLab, snapshot: &EstimateSnapshot, plane: &Plane<'_>) {
    let palette = plane.palette();
    let which = lab.state.page.which();
    plane.field(&lab.density[usize::from(which == Which::Continuous)], [-REACH, -REACH, REACH, REACH]);
    plane.rulings(palette.line.gamma_multiply(0.6));
    match which {
        Which::Residual => {
            plane.points(&snapshot.points, 1.0, palette.text.gamma_multiply(0.45));
            let Some(series) = &snapshot.series else { return };
            let path: Vec<[f32; 2]> = series.path.iter().map(|p| p.map(|v| v as f32)).collect();
            plane.polyline(&path, Stroke::new(1.6, palette.base));
            plane.points(&path, 2.6, palette.base);
            if let Some(&at) = series.path.get(lab.state.block - 1) {
                plane.circle(at, 0.12, Stroke::new(2.0, palette.base));
            }
        }
        Which::Continuous => {
            let Some(motion) = &snapshot.motion else { return };
            let moment = lab.state.moment.min(motion.paths.len() - 1);
            let travellers = motion.paths[0].len();
            for i in 0..travellers {
                let path: Vec<[f32; 2]> = motion.paths[..=moment].iter().map(|points| points[i]).collect();
                plane.polyline(&path, Stroke::new(0.8, palette.text.gamma_multiply(0.35)));
            }
            plane.points(&motion.paths[moment], 2.2, palette.seen);
            let own: Vec<[f32; 2]> = motion.probe[..=moment].iter().map(|p| p.map(|v| v as f32)).collect();
            plane.polyline(&own, Stroke::new(2.0, palette.now));
        }
    }
}
