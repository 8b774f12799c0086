//! The map of one coordinate, given the other at the probe: its curve with its knots, and under it the slope, whose logarithm is the log-det.

use egui::{Align2, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::maker;
use crate::flows::Config;
use crate::labs::flow::numbers::{axis_name, round_up};
use crate::train::flow_job::{MAP_REACH, MapPortrait, Point};
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{number, signed};

const MAP_HEIGHT: f32 = 118.0;
const SLOPE_HEIGHT: f32 = 64.0;

/// Draws both.
pub(super) fn show(ui: &mut Ui, config: &Config, layer: usize, map: &MapPortrait, before: Point, after: Point) {
    let [from, to] = map.ends(before, after);
    let (read, moved) = (axis_name(map.conditioning.reads), axis_name(map.conditioning.moves()));
    let slope = map.log_slope_here.exp();
    let spoken = format!(
        "Map of layer {} at the probe: {moved} from {} to {}, slope {}, log {}",
        layer + 1,
        number(from, 2),
        number(to, 2),
        number(slope, 2),
        signed(map.log_slope_here, 2)
    );
    curve(ui, map, from, to, &spoken);
    slopes(ui, map, from, slope);
    chips::note(
        ui,
        &format!("{read} at the probe chose {}; {moved} moves from {} to {}.", maker(config.family), number(from, 2), number(to, 2)),
    );
    chips::note(ui, &format!("Slope {}, its log {} is this coordinate's log-det.", number(slope, 2), signed(map.log_slope_here, 2)));
    if map.conditioning.both_move {
        chips::note(ui, &format!("Thin: the map of {read}, which reads nothing and is the same for every point."));
    }
    if !map.nodes.is_empty() {
        chips::note(ui, &format!("Squares: the {} slopes whose weighted sum is the quadrature from 0 to the probe.", map.nodes.len()));
    }
}

fn curve(ui: &mut Ui, map: &MapPortrait, from: f64, to: f64, spoken: &str) {
    let palette = Palette::of(ui);
    let (frame, painter) = ground(
        ui,
        MAP_HEIGHT,
        spoken,
        "The increasing map of the coordinate that moves; dots are the knots of a spline, dashed is no change.",
    );
    let axes = Axes { plot: frame, low: -MAP_REACH, high: MAP_REACH };
    let corner = |v: f32| axes.place(v, v);
    painter.extend(Shape::dashed_line(&[corner(-MAP_REACH), corner(MAP_REACH)], Stroke::new(1.0, palette.text_dim), 4.0, 4.0));
    painter.vline(axes.place(from as f32, 0.0).x, frame.y_range(), Stroke::new(1.0, palette.now));
    if let Some((first, ..)) = &map.first {
        axes.line(&painter, &map.at, first, Stroke::new(1.0, palette.text_dim));
    }
    axes.line(&painter, &map.at, &map.map, Stroke::new(2.2, palette.seen));
    for &[x, y] in &map.knots {
        painter.circle_filled(axes.place(x, y), 2.6, palette.text);
    }
    painter.circle(axes.place(from as f32, to as f32), 4.0, palette.now, Stroke::new(1.5, palette.ground));
    corner_text(ui, &painter, frame, Align2::LEFT_TOP, format!("±{}", number(MAP_REACH.into(), 0)));
}

fn slopes(ui: &mut Ui, map: &MapPortrait, from: f64, slope: f64) {
    let palette = Palette::of(ui);
    let values: Vec<f32> = map.log_slope.iter().map(|v| v.exp()).collect();
    // As high as where the map itself is in view: a polynomial grows without measure beyond the data.
    let seen = values.iter().zip(&map.map).filter(|(_, y)| y.abs() <= MAP_REACH).map(|(slope, _)| *slope);
    let top = seen.chain(map.nodes.iter().map(|node| node[1])).filter(|v| v.is_finite()).fold(1.0_f32, f32::max).min(20.0);
    let spoken = format!("Slope of the map, {} at the probe", number(slope, 2));
    let (frame, painter) = ground(ui, SLOPE_HEIGHT, &spoken, "The map's slope dy/dx; the line is 1, where nothing is stretched.");
    let axes = Axes { plot: frame, low: 0.0, high: round_up(1.1 * f64::from(top)) as f32 };
    painter.hline(frame.x_range(), axes.place(0.0, 1.0).y, Stroke::new(1.0, palette.line));
    painter.vline(axes.place(from as f32, 0.0).x, frame.y_range(), Stroke::new(1.0, palette.now));
    axes.line(&painter, &map.at, &values, Stroke::new(2.0, palette.positive));
    for &[x, y] in &map.nodes {
        painter.rect_filled(Rect::from_center_size(axes.place(x, y), vec2(4.0, 4.0)), 0.0, palette.negative);
    }
    painter.circle(axes.place(from as f32, slope as f32), 4.0, palette.now, Stroke::new(1.5, palette.ground));
    corner_text(ui, &painter, frame, Align2::RIGHT_TOP, format!("slope 0 to {}", number(axes.high.into(), 1)));
}

/// A place to draw in, with its name and its help.
fn ground(ui: &mut Ui, height: f32, spoken: &str, help: &str) -> (Rect, Painter) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let painter = ui.painter_at(rect);
    painter.rect(rect, 5.0, palette.card, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, spoken));
    response.on_hover_text(help);
    (rect.shrink(4.0), painter)
}

fn corner_text(ui: &Ui, painter: &Painter, frame: Rect, align: Align2, text: String) {
    let at = align.pos_in_rect(&frame);
    painter.text(at, align, text, letters::proportional(ui.ctx(), 11.0), Palette::of(ui).text_dim);
}

/// x from -[`MAP_REACH`] to [`MAP_REACH`], y from `low` to `high`.
struct Axes {
    plot: Rect,
    low: f32,
    high: f32,
}

impl Axes {
    fn place(&self, x: f32, y: f32) -> Pos2 {
        let right = ((x / MAP_REACH + 1.0) / 2.0).clamp(0.0, 1.0);
        let up = ((y - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.at(right, up)
    }

    fn at(&self, right: f32, up: f32) -> Pos2 {
        pos2(self.plot.left() + right * self.plot.width(), self.plot.bottom() - up * self.plot.height())
    }

    fn line(&self, painter: &Painter, xs: &[f32], ys: &[f32], stroke: Stroke) {
        // It leaves the frame, which the painter clips: held at the edge it would look like a slope of 0.
        let place = |(&x, &y): (&f32, &f32)| {
            let up = (y - self.low) / (self.high - self.low);
            self.at((x / MAP_REACH + 1.0) / 2.0, up.clamp(-2.0, 3.0))
        };
        let points = xs.iter().zip(ys).filter(|(_, y)| y.is_finite()).map(place).collect();
        painter.add(Shape::line(points, stroke));
    }
}
