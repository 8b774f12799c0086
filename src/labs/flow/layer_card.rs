//! The active layer: what it moves, how, and whether it takes part.

use egui::{Align2, Color32, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::FlowLab;
use super::numbers::{axis_name, round_up};
use super::portrait;
use crate::flows::{Conditioning, Family};
use crate::train::flow_job::{Conditioner, Portrait};
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{number, signed};

const HEIGHT: f32 = 92.0;

/// Draws the card.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui) {
    let Some(config) = lab.snapshot.as_ref().map(|snapshot| snapshot.config.clone()) else { return };
    let layer = lab.layer();
    let conditioning = config.conditioning(layer);
    let what = match conditioning {
        Some(Conditioning { reads, latent, .. }) => {
            let (read, moved) = (axis_name(reads), axis_name(1 - reads));
            if latent { format!("z of {read} decides how {moved} moves") } else { format!("{read} decides how {moved} moves") }
        }
        None => config.stage_title(layer).to_owned(),
    };
    chips::section(ui, &format!("Layer {}", layer + 1), &what);
    switches(lab, ui, layer, config.stages());
    if let Some(conditioning) = conditioning {
        halves(ui, conditioning);
        if config.says_scale_and_shift(layer) && !lab.hides(layer) {
            curves(lab, ui, layer, conditioning);
            affine(lab, ui, config.family, conditioning, layer);
        }
    }
    if !lab.hides(layer) {
        portrait::show(lab, ui, &config, layer);
    }
    if !lab.desk.wiring.trains(&config) {
        chips::note(ui, "Every layer is muted or frozen: nothing is left to train.");
    }
}

fn switches(lab: &mut FlowLab, ui: &mut Ui, layer: usize, stages: usize) {
    let bit = 1u64 << layer;
    let all = (1u64 << stages) - 1;
    let before = lab.desk.wiring;
    let solo = before.muted == all & !bit && stages > 1;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        if chips::chip(ui, "Mute", before.mutes(layer))
            .on_hover_text("This layer becomes the identity: density and loss are those of the flow without it")
            .clicked()
        {
            lab.desk.wiring.muted ^= bit;
        }
        if chips::chip(ui, "Solo", solo).on_hover_text("Only this layer; again for all as they were").clicked() {
            if solo {
                lab.desk.wiring.muted = lab.desk.before_solo.take().unwrap_or(0);
            } else {
                lab.desk.before_solo = Some(before.muted);
                lab.desk.wiring.muted = all & !bit;
            }
        }
        if chips::chip(ui, "Freeze", before.freezes(layer)).on_hover_text("Training leaves this layer as it is").clicked() {
            lab.desk.wiring.frozen ^= bit;
        }
        let all_in = before.muted | before.frozen == 0;
        if !all_in && chips::button(ui, "All layers").on_hover_text("Every layer takes part and is trained").clicked() {
            (lab.desk.wiring.muted, lab.desk.wiring.frozen, lab.desk.before_solo) = (0, 0, None);
        }
    });
    if lab.desk.wiring != before {
        lab.wire();
    }
}

/// The two coordinates: the one that is read grey, the moved one coloured.
fn halves(ui: &mut Ui, conditioning: Conditioning) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let half = vec2((rect.width() - 6.0) / 2.0, rect.height());
    let does = |axis: usize| match (axis == conditioning.reads, conditioning.both_move) {
        (true, false) => "stays",
        (true, true) => "first",
        (false, _) => "moves",
    };
    for axis in [0, 1] {
        let read = axis == conditioning.reads;
        let place = Rect::from_min_size(pos2(rect.left() + axis as f32 * (half.x + 6.0), rect.top()), half);
        let (fill, ink) = if read { (palette.track, palette.text) } else { (palette.seen, palette.on_accent) };
        ui.painter().rect(place, 5.0, fill, Stroke::new(1.0, palette.line), StrokeKind::Inside);
        let text = format!("{} {}", axis_name(axis), does(axis));
        ui.painter().text(place.center(), Align2::CENTER_CENTER, text, letters::proportional(ui.ctx(), 12.0), ink);
    }
    let (read, moved) = (conditioning.reads, conditioning.moves());
    let spoken = format!("{} {}, {} {}", axis_name(read), does(read), axis_name(moved), does(moved));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
}

/// What the two curves do, where it is not what a coupling does.
fn affine(lab: &FlowLab, ui: &mut Ui, family: Family, conditioning: Conditioning, layer: usize) {
    let Some((_, _, Portrait::Map(map))) = portrait::at_the_probe(lab, layer) else { return };
    let Some((first, slopes, _)) = &map.first else { return };
    let (read, moved) = (axis_name(conditioning.reads), axis_name(conditioning.moves()));
    // The map of the first coordinate is the same for every point, and its curve has 0 in the middle.
    let middle = first.len() / 2;
    let (scale, shift) = (number(f64::from(slopes[middle]).exp(), 2), signed(first[middle].into(), 2));
    if family == Family::Iaf {
        chips::note(ui, &format!("The map is known from z: {moved} = z e^s + t, and {read} = {scale} z {shift} for every point."));
    } else {
        chips::note(ui, &format!("{moved} times e^s, plus t; {read} becomes {scale} {read} {shift} for every point."));
    }
}

fn curves(lab: &FlowLab, ui: &mut Ui, layer: usize, conditioning: Conditioning) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT + 16.0), Sense::hover());
    let plot = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - 16.0));
    let painter = ui.painter_at(rect);
    painter.rect(plot, 5.0, palette.card, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    let name = format!("s and t of layer {}", layer + 1);
    let Some(curve) = lab.pictures().and_then(|pictures| pictures.conditioners.get(layer)?.as_ref()) else {
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}, not known yet")));
        return;
    };
    let (s_ink, t_ink) = (palette.positive, palette.negative);
    let top = curve.log_scale.iter().chain(&curve.shift).fold(1.0_f32, |top, v| if v.is_finite() { top.max(v.abs()) } else { top });
    let axes = Axes { plot: plot.shrink2(vec2(3.0, 5.0)), reach: 4.0, top: round_up(f64::from(top)) as f32 };
    painter.hline(plot.x_range(), axes.place(0.0, 0.0).y, Stroke::new(1.0, palette.line));
    axes.line(&painter, curve, &curve.log_scale, s_ink);
    axes.line(&painter, curve, &curve.shift, t_ink);
    let small = letters::proportional(ui.ctx(), 11.0);
    let read = format!("{}{}", if conditioning.latent { "z of " } else { "" }, axis_name(conditioning.reads));
    painter.text(
        plot.left_top() + vec2(5.0, 2.0),
        Align2::LEFT_TOP,
        format!("±{}", number(axes.top.into(), 1)),
        small.clone(),
        palette.text_dim,
    );
    painter.text(plot.right_bottom() - vec2(5.0, 2.0), Align2::RIGHT_BOTTOM, format!("{read} −4 to 4"), small, palette.text_dim);
    let reading = lab.reading().and_then(|reading| {
        Some((reading.points.get(layer + usize::from(conditioning.latent))?, reading.conditioners.get(layer)?.as_ref()?))
    });
    let mut spoken = name;
    if let Some((point, &[s, t])) = reading {
        let at = point[conditioning.reads];
        painter.vline(axes.place(at, 0.0).x, plot.y_range(), Stroke::new(1.0, palette.now));
        for (value, ink) in [(s, s_ink), (t, t_ink)] {
            painter.circle(axes.place(at, value as f32), 3.5, ink, Stroke::new(1.5, palette.now));
        }
        let (s_text, t_text) = (format!("s = {}", signed(s, 2)), format!("t = {}", signed(t, 2)));
        let font = letters::monospace(painter.ctx(), 12.0);
        painter.text(rect.left_bottom(), Align2::LEFT_BOTTOM, &s_text, font.clone(), s_ink);
        painter.text(rect.right_bottom(), Align2::RIGHT_BOTTOM, &t_text, font, t_ink);
        spoken = format!("{spoken} at the probe: {s_text}, {t_text}");
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
    response.on_hover_text("s, the log-scale, and t, the shift, as the coordinate that is read decides them; the amber line is the probe.");
}

struct Axes {
    plot: Rect,
    reach: f32,
    top: f32,
}

impl Axes {
    fn place(&self, x: f32, y: f32) -> Pos2 {
        let (right, up) = ((x / self.reach).clamp(-1.0, 1.0), (y / self.top).clamp(-1.0, 1.0));
        self.plot.center() + vec2(right * self.plot.width() / 2.0, -up * self.plot.height() / 2.0)
    }

    fn line(&self, painter: &Painter, curve: &Conditioner, values: &[f32], ink: Color32) {
        let points = curve.passive.iter().zip(values).filter(|(_, v)| v.is_finite()).map(|(&x, &y)| self.place(x, y)).collect();
        painter.add(Shape::line(points, Stroke::new(2.0, ink)));
    }
}
