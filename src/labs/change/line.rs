//! The page of the line: map, both densities, the probe with its interval.

use egui::{Align2, Color32, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::ChangeLab;
use super::axes::{Axes, PLACES};
use super::reading::{Reading, refused};
use super::state::{LineKind, LineState};
use crate::flows::maps::Law;
use crate::ui::chips;
use crate::ui::link;
use crate::ui::math::Math;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// What a hand holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Grab {
    /// The probe, by the map or by x.
    AcrossX,
    /// The probe, by y.
    AlongY,
    /// A knot of the drawn map.
    Knot(usize),
}

/// How near to a knot it is taken, points.
const NEAR: f32 = 14.0;
/// A column of numbers beside the picture needs this much.
const COLUMN: f32 = 112.0;

/// Draws the page.
pub(super) fn show(lab: &mut ChangeLab, ui: &mut Ui) {
    let reading = lab.reading.clone();
    let sentence = refused(&reading);
    let stretch = letters::stretch(ui.ctx(), 12.0);
    let foot = 22.0 * stretch;
    let room = ui.available_size();
    let side = room.x.min(room.y - foot).max(160.0);
    let column = room.x - side - 14.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        picture(lab, ui, &reading, vec2(side, side));
        if column >= COLUMN * stretch {
            ui.vertical(|ui| {
                ui.set_width(column.min(230.0 * stretch));
                masses(lab, ui, &reading);
            });
        }
    });
    let palette = Palette::of(ui);
    match sentence {
        Some(sentence) => drop(ui.add(egui::Label::new(egui::RichText::new(sentence).color(palette.blind)).wrap())),
        None if lab.state.line.map == LineKind::Drawn => drop(chips::note(ui, "Drag a knot. The curve stays monotone between any two.")),
        None => drop(chips::note(ui, "Drag the amber point, on the map or on either density.")),
    }
}

/// The density that fills a strip: round, so that it seldom changes.
fn top(state: &LineState, reading: &Reading) -> f64 {
    let peak = if state.base == Law::Uniform { 1.0 } else { 0.4 };
    let [_, [low, high]] = state.windows();
    let value = |i: usize| reading.curve(low + (high - low) * i as f64 / 200.0, state.jacobian);
    let highest = (0..=200).map(value).filter(|v| v.is_finite()).fold(peak, f64::max).min(6.0 * peak);
    [0.5, 1.2, 2.4, 3.6].into_iter().find(|top| *top >= highest * 1.02).unwrap_or(6.2)
}

fn picture(lab: &mut ChangeLab, ui: &mut Ui, reading: &Reading, size: egui::Vec2) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let palette = Palette::of(ui);
    let letter = letters::size(ui.ctx(), 10.5);
    let axes = Axes::new(rect, [3.2 * letter, 1.6 * letter], lab.state.line.windows(), top(&lab.state.line, reading));
    act(lab, ui, &axes, &response);
    axes.paint(ui.painter(), palette);
    densities(ui, &axes, reading, &lab.state.line, palette);
    curve(ui, &axes, reading, palette);
    if lab.state.line.map == LineKind::Drawn {
        for knot in &lab.state.line.knots {
            let [x, y] = knot.map(|v| lab.state.line.on_axis(v));
            ui.painter().circle(axes.point(x, y), 6.0, palette.card, Stroke::new(2.0, palette.text));
        }
    }
    match reading.refusal {
        None => probe(ui, &axes, reading, &lab.state.line, palette),
        Some(_) => sources(ui, &axes, reading, palette),
    }
    names(ui, &axes, lab.state.line.map, palette);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 4.0, Stroke::new(2.0, palette.seen), egui::StrokeKind::Inside);
    }
    let spoken = format!("Map with both densities. {}", lab.line_summary());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &spoken));
}

/// What the hand does.
fn act(lab: &mut ChangeLab, ui: &Ui, axes: &Axes, response: &egui::Response) {
    let (right, down) = crate::ui::cursor::steps(ui, response);
    if right != 0 {
        lab.move_probe(f64::from(right));
    }
    if down != 0 {
        lab.halve(down);
    }
    let state = &mut lab.state.line;
    let Some(pos) = response.interact_pointer_pos() else {
        lab.grab = None;
        if let Some(pos) = response.hover_pos().filter(|_| state.map == LineKind::Drawn)
            && nearest(state, axes, pos).is_some()
        {
            ui.ctx().set_cursor_icon(egui::CursorIcon::Grab);
        }
        return;
    };
    let grab = *lab.grab.get_or_insert_with(|| match nearest(state, axes, pos).filter(|_| state.map == LineKind::Drawn) {
        Some(knot) => Grab::Knot(knot),
        None if pos.x < axes.main.left() => Grab::AlongY,
        None => Grab::AcrossX,
    });
    match grab {
        Grab::AcrossX => state.probe = axes.x_at(pos),
        Grab::AlongY => {
            let from = state.at();
            let sources = lab.reading.pushed.map.sources(axes.y_at(pos), state.range());
            let near = sources.into_iter().min_by(|a, b| (a - from).abs().total_cmp(&(b - from).abs()));
            state.probe = near.unwrap_or(from);
        }
        Grab::Knot(knot) => {
            let to = [axes.x_at(pos), axes.y_at(pos)].map(|v| state.in_unit(v));
            state.put_knot(knot, to);
        }
    }
    state.probe = state.at();
    lab.playing = false;
}

fn nearest(state: &LineState, axes: &Axes, pos: Pos2) -> Option<usize> {
    let distance = |i: &usize| {
        let [x, y] = state.knots[*i].map(|v| state.on_axis(v));
        axes.point(x, y).distance(pos)
    };
    (0..state.knots.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).filter(|i| distance(i) < NEAR)
}

fn densities(ui: &Ui, axes: &Axes, reading: &Reading, state: &LineState, palette: &Palette) {
    let law = reading.pushed.law;
    let below = ui.painter_at(axes.below.expand(1.0));
    axes.fill_below(&below, axes.x, &|x| law.density(x), palette.base.gamma_multiply(0.28));
    below.add(Shape::line(outline(axes.x, |x| axes.over(x, law.density(x))), Stroke::new(2.0, palette.base)));
    if reading.refusal.is_some() {
        return;
    }
    let color = if state.jacobian { palette.seen } else { palette.blind };
    let left = ui.painter_at(axes.left.expand(1.0));
    let value = |y: f64| reading.curve(y, state.jacobian);
    axes.fill_left(&left, axes.y, &value, color.gamma_multiply(0.28));
    left.add(Shape::line(outline(axes.y, |y| axes.beside(y, value(y))), Stroke::new(2.0, color)));
}

fn outline([low, high]: [f64; 2], at: impl Fn(f64) -> Pos2) -> Vec<Pos2> {
    (0..=2 * PLACES).map(|i| at(low + (high - low) * i as f64 / (2 * PLACES) as f64)).collect()
}

fn curve(ui: &Ui, axes: &Axes, reading: &Reading, palette: &Palette) {
    let painter = ui.painter_at(axes.main);
    let map = &reading.pushed.map;
    let finite = |x: &f64| map.forward(*x).is_finite();
    let places = (0..=PLACES).map(|i| axes.x[0] + (axes.x[1] - axes.x[0]) * i as f64 / PLACES as f64).filter(finite);
    painter.add(Shape::line(places.map(|x| axes.point(x, map.forward(x))).collect(), Stroke::new(2.5, palette.text)));
}

/// The point, the interval dx below, its image dy at the left, and the bands between them.
fn probe(ui: &Ui, axes: &Axes, reading: &Reading, state: &LineState, palette: &Palette) {
    let now = palette.now;
    let law = reading.pushed.law;
    let here = axes.point(reading.x, reading.y);
    let main = ui.painter_at(axes.main);
    let wash = now.gamma_multiply(0.2);
    let across = [reading.dx[0], reading.dx[1]].map(|x| axes.sx(x));
    let along = [reading.dy[1], reading.dy[0]].map(|y| axes.sy(y));
    main.rect_filled(Rect::from_min_max(pos2(across[0], along[0]), pos2(across[1], axes.main.bottom())), 0.0, wash);
    main.rect_filled(Rect::from_min_max(pos2(axes.main.left(), along[0]), pos2(across[0], along[1])), 0.0, wash);
    main.add(tangent(axes, reading, now));
    let below = ui.painter_at(axes.below.expand(1.0));
    axes.fill_below(&below, reading.dx, &|x| law.density(x), now);
    let left = ui.painter_at(axes.left.expand(1.0));
    axes.fill_left(&left, reading.dy, &|y| reading.curve(y, state.jacobian), now);
    main.circle(here, 6.0, now, Stroke::new(2.0, palette.ground));
    let font = letters::proportional(ui.ctx(), 13.0);
    let under = pos2(here.x, axes.main.bottom() - 3.0);
    main.text(under + vec2(0.5 * (across[1] - across[0]) + 4.0, 0.0), Align2::LEFT_BOTTOM, "dx", font.clone(), now);
    let beside = pos2(axes.main.left() + 4.0, along[0] - 2.0);
    main.text(beside, Align2::LEFT_BOTTOM, "dy", font, now);
    for (rect, name, color) in [(axes.below, "px", palette.base), (axes.left, "py", palette.seen)] {
        link::place(ui, Rect::from_min_max(rect.left_bottom() - vec2(0.0, 4.0), rect.right_bottom()), name, color);
    }
}

/// A piece of the tangent: its steepness is the factor.
fn tangent(axes: &Axes, reading: &Reading, color: Color32) -> Shape {
    let reach = 0.12 * (axes.x[1] - axes.x[0]);
    let end = |t: f64| axes.point(reading.x + t, reading.y + t * reading.slope);
    Shape::dashed_line(&[end(-reach), end(reach)], Stroke::new(1.5, color), 6.0, 4.0).into()
}

/// All places that come to the same y.
fn sources(ui: &Ui, axes: &Axes, reading: &Reading, palette: &Palette) {
    let painter = ui.painter_at(axes.main.union(axes.below));
    let line = Stroke::new(1.5, palette.blind);
    if reading.y.is_finite() {
        painter.add(Shape::dashed_line(
            &[pos2(axes.main.left(), axes.sy(reading.y)), pos2(axes.main.right(), axes.sy(reading.y))],
            line,
            6.0,
            4.0,
        ));
    }
    for &x in &reading.sources {
        let at = axes.point(x, reading.y);
        painter.add(Shape::dashed_line(&[at, pos2(at.x, axes.below.bottom())], line, 6.0, 4.0));
        painter.circle(at, 6.0, palette.blind, Stroke::new(2.0, palette.ground));
        painter.circle_filled(pos2(at.x, axes.below.bottom() - 4.0), 4.0, palette.blind);
    }
    let words = painter.layout(
        "no density: the formula needs one inverse".into(),
        letters::proportional(ui.ctx(), 12.5),
        palette.blind,
        axes.left.width() - 12.0,
    );
    ui.painter().galley(axes.left.center() - words.size() / 2.0, words, palette.blind);
}

/// Which curve is which.
fn names(ui: &mut Ui, axes: &Axes, map: LineKind, palette: &Palette) {
    let formula = match map {
        LineKind::Twice => "y = 2x",
        LineKind::Affine => "y = a x + b",
        LineKind::Sigmoid => r"y = \frac{1}{1 + e^{-x}}",
        LineKind::Logit => r"y = \log \frac{x}{1 - x}",
        LineKind::Exp => "y = e^x",
        LineKind::Cubic => r"y = \tfrac{1}{2}(x + x^3)",
        LineKind::Drawn => "y = f(x)",
        LineKind::Square => "y = x^2",
        LineKind::Sine => r"y = \sin \pi x",
    };
    let size = letters::size(ui.ctx(), 15.0);
    let marked = |name: &str| match name {
        "px" => Some((String::new(), palette.base)),
        _ => Some((String::new(), palette.seen)),
    };
    let places = [
        (
            if map == LineKind::Square { axes.main.center_top() - vec2(1.5 * size, -4.0) } else { axes.main.left_top() + vec2(8.0, 4.0) },
            formula,
            9.0,
        ),
        (axes.below.right_top() + vec2(-4.6 * size, 4.0), r"\term{px}{p_X(x)}", 4.4),
        (axes.left.right_top() + vec2(-4.6 * size, 4.0), r"\term{py}{p_Y(y)}", 4.4),
    ];
    for (at, tex, ems) in places {
        let room = Rect::from_min_size(at, vec2(ems * size, 3.0 * size));
        // A child of its own: what lies over the picture takes no room beside it.
        let mut over = ui.new_child(UiBuilder::new().max_rect(room));
        Math::new(tex).size(size).numbers(&marked).inline().show(&mut over);
    }
}

/// Mass on both sides, and the whole.
fn masses(lab: &ChangeLab, ui: &mut Ui, reading: &Reading) {
    let palette = Palette::of(ui);
    let state = &lab.state.line;
    let width = |[a, b]: [f64; 2]| number(b - a, 3);
    let wrong = reading.mass_y().is_some_and(|mass| (mass - reading.mass_x()).abs() > 0.2 * reading.mass_x());
    let below = chips::key_number(ui, "mass over dx", &number(reading.mass_x(), 4), palette.base);
    link::place(ui, below.rect, "mass_x", palette.base);
    chips::note(ui, &format!("density {} × width {}", number(reading.px, 3), width(reading.dx)));
    ui.add_space(8.0);
    let (text, color) = match reading.mass_y() {
        Some(mass) => (number(mass, 4), if wrong { palette.blind } else { palette.seen }),
        None => ("none".to_owned(), palette.blind),
    };
    let left = chips::key_number(ui, "mass over dy", &text, color);
    link::place(ui, left.rect, "mass_y", color);
    if let Some(py) = reading.py {
        chips::note(ui, &format!("density {} × width {}", number(py, 3), width(reading.dy)));
    }
    ui.add_space(8.0);
    let total = if state.jacobian { reading.total } else { reading.forgotten };
    let color = if state.jacobian { palette.seen } else { palette.blind };
    let text = total.map_or_else(|| "none".to_owned(), |total| number(total, 4));
    let whole = chips::key_number(ui, "integral over all y", &text, color);
    link::place(ui, whole.rect, if state.jacobian { "total" } else { "forgotten" }, color);
    if !state.jacobian {
        chips::note(ui, "The factor is forgotten: this is no density.");
    }
}
