//! What is drawn on the two planes: fields, grids, points, the probe with its square and its trail.

use egui::{Align2, Color32, Mesh, Pos2, Rect, Shape, Stroke, Vec2, vec2};

use super::fields::{FADE, LAYER_SCALE, SUM_SCALE};
use super::numbers::{tween, tween_point};
use super::tools::Tool;
use super::warp::{self, Paint};
use super::{FlowLab, Shared, classes, columns, curve, ledger, micro, overlays, pins};
use crate::data::Toy;
use crate::train::flow_job::{Pictures, Point, ProbeReading};
use crate::ui::canvas2d::Plane;
use crate::ui::colormap::Scale;
use crate::ui::link;
use crate::ui::theme::Palette;
use crate::ui::units::count;

/// The pointer is on a marked point within so many points of the screen.
const ON_MARK: f32 = 10.0;

/// Data space.
pub(super) fn data(lab: &FlowLab, plane: &Plane<'_>, shared: &Shared) {
    let palette = plane.palette();
    let empty = lab.data().is_some_and(|data| data.points.is_empty());
    if let Some(pictures) = lab.pictures().filter(|_| !empty) {
        if lab.overlays.log_det {
            let texture = if lab.overlays.sum { Some(lab.fields.sum()) } else { lab.fields.layer(lab.layer()) };
            if let Some(texture) = texture {
                plane.field(texture, pictures.lattice.bounds);
            }
        } else if lab.overlays.density
            && let Some(density) = lab.fields.density()
        {
            plane.field(density, pictures.density.bounds);
        }
        ledger::under(lab, plane);
        if lab.overlays.grid {
            grid(lab, plane, pictures, (0, 0, 0.0));
        }
        overlays::data(lab, plane, pictures, lab.depth.between(shared.reduced_motion));
        if lab.overlays.samples
            && let Some(samples) = pictures.samples.first()
        {
            classes::paint(plane, samples, &pictures.sample_classes, 1.7, sample_color());
        }
    }
    if let Some(data) = lab.data() {
        if lab.overlays.points {
            classes::paint(plane, &data.points, classes::of_data(lab), 1.1, point_color(palette));
        }
        if empty {
            plane.points(&Toy::TwoMoons.sample(500, shared.seed, 0).xy, 1.8, palette.text_dim.gamma_multiply(0.3));
            plane.message("draw here, or press 1-9");
        }
    }
    if !empty {
        if let Some((reading, outline)) = lab.reading().and_then(|reading| Some((reading, reading.outline.first()?))) {
            square(plane, reading.at.map(|v| v as f32), outline, palette);
        }
        plane.probe(lab.probe, palette.now);
        linked(plane, lab.probe, ["x1", "x2"], "log_p", palette.now);
        pins::data(lab, plane, shared);
        ledger::over(lab, plane);
    }
    columns::label(lab, plane);
    micro::data(lab, plane);
    curve::data(lab, plane);
    tool(lab, plane);
}

/// What the tool in hand would touch.
fn tool(lab: &FlowLab, plane: &Plane<'_>) {
    let palette = plane.palette();
    let lasso = &lab.tools.lasso;
    if !lasso.outline.is_empty() {
        let mut outline = lasso.outline.clone();
        if lasso.closed {
            outline.extend(lasso.outline.first());
        }
        plane.polyline(&outline, Stroke::new(2.0, palette.seen));
    }
    let Some(at) = lab.pointer else { return };
    let now = Stroke::new(1.5, palette.now);
    match lab.tools.tool {
        Tool::Probe | Tool::Trace => {}
        Tool::Brush | Tool::Line => plane.circle(at, lab.tools.radius, now),
        Tool::Eraser => plane.circle(at, 2.0 * lab.tools.radius, Stroke::new(1.5, palette.blind)),
        Tool::Spray => {
            plane.circle(at, lab.tools.radius, now);
            // The rate, beside the circle that it fills.
            let text = format!("{}/s", count(lab.tools.flow as u64));
            plane.text([at[0] + lab.tools.radius, at[1]], vec2(6.0, 0.0), Align2::LEFT_CENTER, &text, palette.now);
        }
        Tool::Lasso => plane.points(&[at.map(|v| v as f32)], 3.0, palette.seen),
    }
}

/// The space after the layers so far.
pub(super) fn latent(lab: &FlowLab, plane: &Plane<'_>, shared: &Shared) {
    let palette = plane.palette();
    let between = lab.depth.between(shared.reduced_motion);
    let Some(pictures) = lab.pictures() else {
        plane.message("the first pictures are on their way");
        return;
    };
    let empty = lab.data().is_some_and(|data| data.points.is_empty());
    let paint = match (lab.overlays.log_det, lab.overlays.sum, lab.overlays.density) {
        (true, true, _) => Some(Paint::Sum { scale: Scale::symmetric(SUM_SCALE) }),
        (true, false, _) => Some(Paint::Layer { index: lab.layer(), scale: Scale::symmetric(LAYER_SCALE) }),
        (false, _, true) => Some(Paint::Density { scale: lab.fields.scale(), fade: FADE }),
        (false, _, false) => None,
    };
    if let Some(paint) = paint.filter(|_| !empty) {
        warp::show(plane, &pictures.lattice, between, paint, palette.dark);
    }
    if lab.overlays.grid {
        grid(lab, plane, pictures, between);
    }
    if !empty {
        overlays::latent(lab, plane, pictures, between);
    }
    if lab.overlays.points && !empty {
        let classes = if pictures.points.first().is_some_and(|points| points.len() == classes::of_data(lab).len()) {
            classes::of_data(lab)
        } else {
            &[]
        };
        classes::paint(plane, &tween(&pictures.points, between), classes, 1.1, point_color(palette));
    }
    if lab.overlays.samples {
        classes::paint(plane, &tween(&pictures.samples, between), &pictures.sample_classes, 1.7, sample_color());
    }
    if !empty {
        overlays::over(lab, plane, pictures, between);
    }
    if let Some(reading) = lab.reading().filter(|_| !empty) {
        trail(plane, reading, between, palette);
    }
    if !empty {
        pins::latent(lab, plane, between);
    }
    curve::latent(lab, plane, between);
    micro::latent(lab, plane, shared);
}

/// The way of the probe through the layers, and what has become of its square.
fn trail(plane: &Plane<'_>, reading: &ProbeReading, between: (usize, usize, f32), palette: &Palette) {
    let Some(now) = tween_point(&reading.points, between) else { return };
    plane.polyline(&reading.points, Stroke::new(1.0, palette.now.gamma_multiply(0.35)));
    let mut behind: Vec<Point> = reading.points.iter().take(between.0 + 1).copied().collect();
    behind.push(now);
    plane.polyline(&behind, Stroke::new(1.8, palette.now));
    plane.points(&behind, 2.6, palette.now);
    square(plane, now, &tween(&reading.outline, between), palette);
    plane.probe(now.map(f64::from), palette.now);
    if let Some(z) = reading.points.last() {
        linked(plane, z.map(f64::from), ["z1", "z2"], "log_n", palette.base);
    }
}

/// A marked point as the place of its numbers: pointing at it lights what it costs, and any of them lights the point; a coordinate also with
/// a line to its axis.
fn linked(plane: &Plane<'_>, at: [f64; 2], coordinates: [&str; 2], cost: &str, color: Color32) {
    let (painter, rect, pos) = (plane.painter(), plane.rect(), plane.to_screen(at));
    let mark = Rect::from_center_size(pos, Vec2::splat(2.0 * ON_MARK)).intersect(rect);
    if painter.ctx().rect_contains_pointer(painter.layer_id(), mark) {
        link::hover(painter.ctx(), cost);
    }
    let [across, up] = coordinates.map(|name| link::lit(painter.ctx(), name));
    if across || up || link::lit(painter.ctx(), cost) {
        painter.circle(pos, 14.0, color.gamma_multiply(0.25), Stroke::new(2.0, color));
    }
    let line = Stroke::new(1.5, color);
    if across {
        painter.vline(pos.x, pos.y..=rect.bottom(), line);
    }
    if up {
        painter.hline(rect.left()..=pos.x, pos.y, line);
    }
}

/// The square's image: a fan around the probe, which is right for any outline that the probe sees whole.
fn square(plane: &Plane<'_>, center: Point, outline: &[Point], palette: &Palette) {
    let lit = ["area", "density"].into_iter().any(|name| link::lit(plane.painter().ctx(), name));
    let (wash, width) = if lit { (0.6, 3.5) } else { (0.3, 1.5) };
    let mut closed = outline.to_vec();
    closed.extend(outline.first());
    if closed.iter().flatten().all(|v| v.is_finite()) {
        let fill = palette.now.gamma_multiply(wash);
        let mut fan = Mesh::default();
        fan.colored_vertex(plane.to_screen(center.map(f64::from)), fill);
        closed.iter().for_each(|p| fan.colored_vertex(plane.to_screen(p.map(f64::from)), fill));
        (1..closed.len() as u32).for_each(|i| fan.add_triangle(0, i, i + 1));
        plane.painter().add(Shape::mesh(fan));
    }
    plane.polyline(&closed, Stroke::new(width, palette.now));
}

/// A grid at a depth: the latent one with the circles of the base density, or the one of data space.
fn grid(lab: &FlowLab, plane: &Plane<'_>, pictures: &Pictures, between: (usize, usize, f32)) {
    let palette = plane.palette();
    let ink = if palette.dark { Color32::WHITE } else { palette.text };
    let line = Stroke::new(1.0, ink.gamma_multiply(0.2));
    if lab.overlays.grid_of_x {
        warp::grid_lines(&pictures.lattice, between).iter().for_each(|points| hairline(plane, points, line));
        return;
    }
    let circle = Stroke::new(1.4, palette.base.gamma_multiply(0.8));
    let lines = &pictures.lines;
    for (i, points) in tween(&lines.points, between).chunks(lines.length.max(1)).enumerate() {
        hairline(plane, points, if i < lines.straight { line } else { circle });
    }
}

/// A line without the points that nobody sees: those within two pixels of the one before, and those out of view.
fn hairline(plane: &Plane<'_>, points: &[Point], stroke: Stroke) {
    let view = plane.rect().expand(8.0);
    let mut run: Vec<Pos2> = Vec::with_capacity(points.len());
    for (i, point) in points.iter().enumerate() {
        let pos = plane.to_screen(point.map(f64::from));
        match run.last() {
            Some(last) if last.distance_sq(pos) < 4.0 && i + 1 < points.len() => continue,
            Some(&last) if !view.intersects(Rect::from_two_pos(last, pos).expand(0.5)) => {
                plane.painter().add(Shape::line(std::mem::take(&mut run), stroke));
            }
            _ => {}
        }
        run.push(pos);
    }
    plane.painter().add(Shape::line(run, stroke));
}

/// What the model draws: a colour that neither the density nor the data has.
fn sample_color() -> Color32 {
    Palette::category(6)
}

fn point_color(palette: &Palette) -> Color32 {
    if palette.dark { Color32::from_white_alpha(105) } else { palette.text.gamma_multiply(0.45) }
}
