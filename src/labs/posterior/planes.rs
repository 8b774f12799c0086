//! The planes: the target, the flow after some layers, and where a planar layer's u may lie.

use egui::{Align2, Color32, PointerButton, RichText, Stroke, Ui, vec2};

use super::PosteriorLab;
use super::state::MOST_BUMPS;
use crate::flows::{BUMP, Energy};
use crate::train::posterior_job::{GRID, REACH, TARGET};
use crate::ui::canvas2d::{Canvas2d, Plane, View};
use crate::ui::colormap::{Colormap, Scale};
use crate::ui::theme::Palette;

/// The lowest part of the density's range fades into the ground.
pub(super) const FADE: f32 = 0.12;

fn heading(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.add(egui::Label::new(RichText::new(text).color(palette.text)).truncate());
}

/// The scale of both densities: the target's own.
fn scale(lab: &PosteriorLab) -> Scale {
    let top = lab.snapshot.as_ref().map_or(1.0, |snapshot| snapshot.target.density.iter().copied().fold(0.0, f32::max));
    Scale::new(Colormap::Density, 0.0, top.max(1e-6))
}

/// The target; a click or a stroke on it draws another one.
pub(super) fn target(lab: &mut PosteriorLab, ui: &mut Ui, side: f32) {
    heading(ui, &format!("Target: {}", lab.state.energy.title()));
    let scale = scale(lab);
    if let Some(snapshot) = &lab.snapshot {
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
    heading(ui, &if depth == 0 { "Noise v, no layer yet".to_owned() } else { format!("q after {depth} of {} layers", lab.state.layers) });
    let (scale, dark) = (scale(lab), Palette::of(ui).dark);
    let mut view = lab.view;
    Canvas2d::new("Flow plane", &mut view, vec2(side, side)).show(ui, |plane| {
        let Some(view) = lab.snapshot.as_ref().and_then(|snapshot| snapshot.depths.get(depth)) else { return };
        let color = |&q: &f32| scale.color(q, dark).gamma_multiply((q / scale.high / FADE).clamp(0.0, 1.0));
        let colors: Vec<Color32> = view.density.iter().map(color).collect();
        plane.cells(&view.grid, GRID, GRID, &colors);
        if lab.state.samples {
            plane.points(&view.samples, 1.0, plane.palette().text.gamma_multiply(0.6));
        }
    });
    lab.view = view;
}

/// The half-plane `w'u > -1` of the layer that the walk has just passed, u as trained and u as used.
pub(super) fn constraint(lab: &mut PosteriorLab, ui: &mut Ui, side: f32) {
    let layer = lab.state.depth.max(1);
    heading(ui, &format!("u of layer {layer}: w'u > −1"));
    let mut view = lab.u_view;
    Canvas2d::new("Plane of u", &mut view, vec2(side, side)).show(ui, |plane| {
        let Some(planar) = lab.snapshot.as_ref().and_then(|snapshot| snapshot.planar.get(layer - 1)) else {
            plane.message("Only a planar layer has this half-plane; choose planar.");
            return;
        };
        let palette = plane.palette();
        let length = planar.w[0].hypot(planar.w[1]).max(1e-9);
        let along = planar.w.map(|v| v / length);
        let across = [-along[1], along[0]];
        // The line w'u = -1 and far beyond the window.
        let foot = along.map(|v| -v / length);
        let far = 40.0;
        let point = |a: f64, b: f64| [0, 1].map(|i| (foot[i] + a * across[i] + b * along[i]) as f32);
        let allowed = [point(-far, 0.0), point(far, 0.0), point(far, far), point(-far, far)];
        plane.polygon(&allowed, palette.seen.gamma_multiply(0.16), Stroke::NONE);
        hatch(plane, point);
        plane.rulings(palette.line);
        plane.polyline(&[point(-far, 0.0), point(far, 0.0)], Stroke::new(2.0, palette.blind));
        let vector = |to: [f64; 2]| [[0.0, 0.0], to.map(|v| v as f32)];
        plane.polyline(&vector(planar.w), Stroke::new(2.0, palette.base));
        plane.text(planar.w, vec2(6.0, 0.0), Align2::LEFT_CENTER, "w", palette.base);
        plane.polyline(&[planar.raw, planar.held].map(|p| p.map(|v| v as f32)), Stroke::new(1.5, palette.text_dim));
        plane.circle(planar.raw, 0.012 * lab.u_view.reach * 2.0, Stroke::new(2.0, palette.text));
        plane.probe(planar.held, palette.now);
        plane.text(planar.raw, vec2(-12.0, 0.0), Align2::RIGHT_CENTER, "raw", palette.text);
        plane.text(planar.held, vec2(14.0, 0.0), Align2::LEFT_CENTER, "used", palette.now);
    });
    lab.u_view = view;
}

/// What is forbidden is hatched, not only coloured.
fn hatch(plane: &Plane<'_>, point: impl Fn(f64, f64) -> [f32; 2]) {
    let stroke = Stroke::new(1.0, plane.palette().blind.gamma_multiply(0.45));
    for i in -60..60 {
        let a = f64::from(i) * 0.4;
        plane.polyline(&[point(a, 0.0), point(a - 12.0, -12.0)], stroke);
    }
}

/// The window onto u.
pub(super) fn u_view() -> View {
    View { reach: 4.0, ..View::default() }
}
