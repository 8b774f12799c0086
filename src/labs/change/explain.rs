//! The formulas with the numbers of the page.

use egui::Ui;

use super::ChangeLab;
use super::cost::duration;
use super::live::number_of;
use super::reading::refused;
use super::state::{Page, PlaneKind};
use crate::ui::chips;
use crate::ui::math::Math;
use crate::ui::theme::Palette;
use crate::ui::units::{number, signed};

const DENSITY: &str = r"p_Y(\live{y}) = p_X(\live{x}) \left|\frac{d f^{-1}}{dy}\right|";
const NUMBERS: &str = r"\live{py} = \live{px} \cdot \live{jac}";
const FORGOTTEN: &str = r"p_X(f^{-1}(\live{y})) = \live{py}";
const MASS: [&str; 2] = [r"p_X\, dx = \live{px} \cdot \live{dx} = \live{mass_x}", r"p_Y\, dy = \live{py} \cdot \live{dy} = \live{mass_y}"];
const WHOLE: &str = r"\int p_X(f^{-1}(y)) \left|\frac{d f^{-1}}{dy}\right| dy = \live{total}";
const WITHOUT: &str = r"\int p_X(f^{-1}(y))\, dy = \live{forgotten}";

/// Draws the numbers of the page that is shown.
pub(super) fn show(lab: &ChangeLab, ui: &mut Ui) {
    match lab.state.page {
        Page::Line => line(lab, ui),
        Page::Plane => plane(lab, ui),
        Page::Chain => chain(lab, ui),
        Page::Cost => cost(lab, ui),
    }
}

fn formula(lab: &ChangeLab, ui: &mut Ui, tex: &str) {
    let numbers = |name: &str| number_of(lab, name).map(|live| (live.text, live.color));
    Math::new(tex).size(16.0).numbers(&numbers).show(ui);
}

fn line(lab: &ChangeLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let reading = &lab.reading;
    chips::section(ui, "The density of y", "");
    if let Some(sentence) = refused(reading) {
        chips::key_number(ui, "places that come to this y", &reading.sources.len().to_string(), palette.blind);
        chips::note(ui, &sentence);
        chips::note(
            ui,
            "The formula has one term, for one place. A flow is built only from maps that never fold, so that every y has one x.",
        );
        return;
    }
    let counted = lab.state.line.jacobian;
    let color = if counted { palette.seen } else { palette.blind };
    chips::key_number(ui, "p(y) at the probe", &reading.py.map_or_else(String::new, |py| number(py, 3)), color);
    if counted {
        formula(lab, ui, DENSITY);
        formula(lab, ui, NUMBERS);
    } else {
        formula(lab, ui, FORGOTTEN);
    }
    chips::card(ui, |ui| {
        chips::value_row(ui, "slope f'(x)", &number(reading.slope, 3), palette.positive);
        chips::value_row(ui, "width dx", &number(reading.dx[1] - reading.dx[0], 4), palette.now);
        chips::value_row(ui, "width dy", &number(reading.dy[1] - reading.dy[0], 4), palette.now);
        chips::value_row(ui, "p(x) dx", &number(reading.mass_x(), 5), palette.base);
        chips::value_row(ui, "p(y) dy", &reading.mass_y().map_or_else(String::new, |mass| number(mass, 5)), color);
        chips::value_row(ui, "mass over dx, integrated", &number(reading.mass, 5), palette.text);
    });
    MASS.into_iter().for_each(|tex| formula(lab, ui, tex));
    chips::note(ui, "The interval carries its mass with it. Halve dx (Down) and density times width tends to it on both sides.");
    chips::section(ui, "All of y", "");
    formula(lab, ui, WHOLE);
    formula(lab, ui, WITHOUT);
    chips::note(ui, "By quadrature: 64 panels of 8 Gauss nodes. Without the factor the integral is the mean of |f'(X)|.");
}

const AREA: &str = r"\frac{\live{area_after}}{\live{area_before}} = \live{ratio} \approx |\det J|";
const POINT: &str = r"p_Y(y) = p_X(f^{-1}(y)) \cdot \frac{1}{|\det J|}";

fn plane(lab: &ChangeLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let area = &lab.area;
    chips::section(ui, "The area element", "");
    chips::key_number(ui, "det J at the probe", &number(area.det, 3), if area.singular() { palette.blind } else { palette.positive });
    let [[a, b], [c, d]] = lab.state.plane.chosen().jacobian(lab.state.plane.probe).map(|row| row.map(|v| number(v, 2).replace('−', "-")));
    Math::new(&format!(r"J = \begin{{pmatrix}} {a} & {b} \\ {c} & {d} \end{{pmatrix}}")).size(16.0).show(ui);
    formula(lab, ui, AREA);
    if lab.state.plane.map == PlaneKind::Fold {
        chips::note(ui, "Both x and −x come here: one inverse does not exist, so the formula has no place to look the density up.");
        return;
    }
    formula(lab, ui, POINT);
    chips::card(ui, |ui| {
        let thinned = area.density_factor().map_or_else(|| "none".to_owned(), |factor| number(factor, 3));
        chips::value_row(ui, "density × 1 / |det J|", &thinned, palette.seen);
        let log = area.det.abs().ln();
        chips::value_row(ui, "log |det J|", &lab.look.units.format(log, 3), palette.now);
        let [x, y] = area.y.map(|v| number(v, 2));
        chips::value_row(ui, "f(x)", &format!("({x}, {y})"), palette.text);
    });
    let words = match lab.state.plane.map {
        PlaneKind::Coupling => "A coupling's Jacobian is triangular: its determinant is the product of the diagonal, e to the log-scale.",
        PlaneKind::RealNvp => "Two couplings, one after the other: two triangular Jacobians, whose determinants multiply.",
        _ => "The columns are where the unit vectors go; their parallelogram has the area |det J|. Its sign is the orientation.",
    };
    chips::note(ui, words);
}

fn chain(lab: &ChangeLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let count = lab.path.dets.len();
    chips::section(ui, "The chain", "");
    let log: f64 = lab.path.logs().iter().sum();
    chips::key_number(ui, "log |det| of the whole", &lab.look.units.format(log, 3), palette.now);
    let factors: Vec<String> = (1..=count).map(|k| format!(r"\live{{d{k}}}")).collect();
    formula(lab, ui, &factors.join(r" \cdot "));
    formula(lab, ui, r"= |\det J| = \live{chain_det}");
    formula(lab, ui, r"\sum_k \log |\det J_k| = \live{chain_log}");
    chips::card(ui, |ui| {
        let base = -0.5 * lab.state.chain.probe.iter().map(|v| v * v).sum::<f64>() - std::f64::consts::TAU.ln();
        let value = |nats: f64| signed(lab.look.units.convert(nats), 3);
        chips::value_row(ui, "product of the factors", &number(lab.path.product(count).abs(), 5), palette.now);
        chips::value_row(ui, "by differences of the whole", &number(lab.path.measured.abs(), 5), palette.text);
        chips::value_row(ui, "log N(x)", &value(base), palette.base);
        chips::value_row(ui, "log p(y) = log N(x) − sum", &value(base - log), palette.seen);
    });
    chips::note(ui, "A flow is such a chain. Each factor is taken where the point is when that map acts.");
}

fn cost(lab: &ChangeLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    chips::section(ui, "What it costs", "");
    let Some([dense, coupling]) = lab.costs.fits() else {
        chips::note(ui, "Being measured, smallest first.");
        return;
    };
    chips::key_number(ui, "power of m, dense", &number(dense.1, 2), palette.blind);
    chips::key_number(ui, "power of m, coupling", &number(coupling.1, 2), palette.seen);
    formula(lab, ui, r"\text{LU: } \tfrac{2}{3} m^3 \text{ operations}");
    formula(lab, ui, r"\text{coupling: } \log|\det J| = \sum_{i=1}^{m/2} s_i");
    chips::card(ui, |ui| {
        for cost in &lab.costs.costs {
            chips::value_row(
                ui,
                &format!("m = {}", cost.m),
                &format!("{} | {}", duration(cost.dense), duration(cost.coupling)),
                palette.text,
            );
        }
    });
    if let (Some(slow), Some(fast)) = (number_of(lab, "image_dense"), number_of(lab, "image_coupling")) {
        let words = format!(
            "Drawn on along the fitted lines, not measured: a colour image of 64 × 64 (m = 12,288) would take {} at every point, a coupling {}.",
            slow.text, fast.text
        );
        chips::note(ui, &words);
    }
}
