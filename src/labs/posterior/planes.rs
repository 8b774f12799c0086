//! The planes: the target, and the flow after some layers.

use egui::{Color32, PointerButton, RichText, Stroke, Ui, vec2};

use super::PosteriorLab;
use super::state::MOST_BUMPS;
use crate::flows::{BUMP, Energy};
use crate::labs::walk::moment;
use crate::train::posterior_job::{GRID, REACH, TARGET};
use crate::ui::canvas2d::{Canvas2d, View};
use crate::ui::colormap::{Colormap, Scale};
use crate::ui::theme::Palette;

/// The lowest part of the density's range fades into the ground.
pub(super) const FADE: f32 = 0.12;

/// The window onto the whole target.
pub(super) fn view() -> View {
    View { reach: REACH, ..View::default() }
}

pub(super) fn heading(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.add(egui::Label::new(RichText::new(text).color(palette.text)).truncate());
}

/// The scale of both densities: the target's own.
fn scale(lab: &PosteriorLab) -> Scale {
    let top = lab.work.snapshot.as_ref().map_or(1.0, |snapshot| snapshot.target.density.iter().copied().fold(0.0, f32::max));
    Scale::new(Colormap::Density, 0.0, top.max(1e-6))
}

/// The target; a click or a stroke on it draws another one.
pub(super) fn target(lab: &mut PosteriorLab, ui: &mut Ui, side: f32) {
    heading(ui, &format!("Target: {}", lab.state.energy.title()));
    let scale = scale(lab);
    if let Some(snapshot) = &lab.work.snapshot {
        let dark = Palette::of(ui).dark;
        lab.target.set_values(ui.ctx(), snapshot.target.version, [TARGET; 2], &snapshot.target.density, scale, dark, true);
    }
    let mut view = lab.view;
    let shown = Canvas2d::new("Target plane", &mut view, vec2(side, side)).summary(lab.state.energy.title()).show(ui, |plane| {
        plane.field(&lab.target, [-REACH, -REACH, REACH, REACH]);
        if let Energy::Drawn(places) = &lab.state.energy {
            for &place in places {
                plane.circle(place, BUMP, Stroke::new(1.2, plane.palette().now));
            }
        }
    });
    lab.view = view;
    let pressed = ui.input(|input| input.pointer.button_down(PointerButton::Primary) && !input.modifiers.shift);
    let touched = shown.response.is_pointer_button_down_on() && pressed || shown.response.clicked();
    lab.drawing = shown.response.is_pointer_button_down_on();
    if let (true, Some(at)) = (touched, shown.pointer) {
        draw_bump(&mut lab.state.energy, at.map(|v| v.clamp(-REACH, REACH)));
    }
}

/// One more bump, if it is not where one stands already; the first one replaces a target of the paper.
pub(super) fn draw_bump(energy: &mut Energy, at: [f64; 2]) {
    match energy {
        Energy::Drawn(places) => {
            let near = places.iter().any(|p| (p[0] - at[0]).hypot(p[1] - at[1]) < BUMP);
            if !near && places.len() < MOST_BUMPS {
                places.push(at);
            }
        }
        _ => *energy = Energy::Drawn(vec![at]),
    }
}

/// What the flow makes of the noise after the layers of the walk.
pub(super) fn flow(lab: &mut PosteriorLab, ui: &mut Ui, side: f32) {
    let depth = lab.state.depth;
    let what = if depth == 0 { "Noise v," } else { "q" };
    heading(ui, &format!("{what} {} of {}", moment(depth), lab.state.layers));
    let (scale, dark) = (scale(lab), Palette::of(ui).dark);
    let mut view = lab.view;
    Canvas2d::new("Flow plane", &mut view, vec2(side, side)).show(ui, |plane| {
        let Some(view) = lab.work.snapshot.as_ref().and_then(|snapshot| snapshot.depths.get(depth)) else { return };
        let color = |&q: &f32| scale.color(q, dark).gamma_multiply((q / scale.high / FADE).clamp(0.0, 1.0));
        let colors: Vec<Color32> = view.density.iter().map(color).collect();
        plane.cells(&view.grid, GRID, GRID, &colors);
        if lab.state.samples {
            plane.points(&view.samples, 1.0, plane.palette().text.gamma_multiply(0.6));
        }
    });
    lab.view = view;
}
