//! Up to three pinned points A, B, C beside the amber one, each with its way through the layers and its numbers.

use egui::{Align2, Color32, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::numbers::{sign_color, tween_point};
use super::{FlowLab, Shared};
use crate::train::flow_job::{FlowCommand, MOST_PINS, ProbeReading};
use crate::ui::canvas2d::Plane;
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{number, signed};

/// The letters of the pinned points.
pub(super) const LETTERS: [&str; MOST_PINS] = ["A", "B", "C"];
/// Arrow keys move the focused point by this, units of the plane; ten times as far with Shift.
pub(super) const STEP: f64 = 0.05;

/// A point that was put somewhere in the plane after `depth` layers.
#[derive(Clone, Copy)]
struct Led {
    /// The pinned point; none is the amber one.
    whose: Option<usize>,
    depth: usize,
    at: [f64; 2],
}

/// The pinned points.
#[derive(Default)]
pub(super) struct Pins {
    /// Where they stand in data space.
    pub(super) at: Vec<[f64; 2]>,
    /// Which one arrow keys move; none is the amber point.
    pub(super) focus: Option<usize>,
    /// One was last moved in a plane after some layers: its place in data space comes from the worker.
    pub(super) led: Option<usize>,
    /// Where a point was last led.
    led_to: Option<Led>,
    /// The amber point was put where it is together with the data: it does not go looking for a point of theirs.
    pub(super) probe_stays: bool,
}

impl Pins {
    /// Where this point, none is the amber one, was led in the plane after `depth` layers, if it was the last that was led at all.
    pub(super) fn led_to(&self, whose: Option<usize>, depth: usize) -> Option<[f64; 2]> {
        self.led_to.filter(|led| (led.whose, led.depth) == (whose, depth)).map(|led| led.at)
    }
}

/// The colour of a pinned point, after Okabe and Ito: told apart by everyone, and unlike the amber of the probe.
pub(super) fn color(index: usize) -> Color32 {
    Palette::category([2, 5, 6][index % MOST_PINS])
}

impl FlowLab {
    /// Pins a point here, or takes away the one that is pinned here; says what to do when all three are pinned.
    pub(super) fn pin_or_unpin(&mut self, at: [f64; 2], near: f64, shared: &mut Shared) {
        match self.pin_near(at, near) {
            Some(index) => self.unpin(index),
            None if self.pins.at.len() < MOST_PINS => {
                self.pins.at.push(at);
                self.pins.focus = Some(self.pins.at.len() - 1);
                self.tell_pins();
            }
            None => shared.warn("Three points are pinned, A, B and C; take one away first: P on top of it, or its × at the left."),
        }
    }

    /// Takes a pinned point away; those after it move up a letter.
    pub(super) fn unpin(&mut self, index: usize) {
        if index < self.pins.at.len() {
            self.pins.at.remove(index);
            self.pins.focus = None;
            self.tell_pins();
        }
    }

    /// The pinned point within this distance of a place in data space.
    pub(super) fn pin_near(&self, at: [f64; 2], near: f64) -> Option<usize> {
        nearest(&self.pins.at, at, near)
    }

    /// The pinned point whose image after `depth` layers lies within this distance of a place there.
    pub(super) fn pin_near_after(&self, depth: usize, at: [f64; 2], near: f64) -> Option<usize> {
        let places: Vec<[f64; 2]> =
            self.readings().iter().filter_map(|reading| reading.points.get(depth)).map(|p| p.map(f64::from)).collect();
        nearest(&places, at, near)
    }

    /// Puts the focused point somewhere in data space.
    pub(super) fn move_focused(&mut self, to: [f64; 2]) {
        match self.pins.focus.filter(|&index| index < self.pins.at.len()) {
            Some(index) => {
                self.pins.at[index] = to;
                self.tell_pins();
            }
            None => self.set_probe(to),
        }
    }

    /// Puts the focused point somewhere in the plane after `depth` layers: the worker finds where it is in data space.
    pub(super) fn lead_focused(&mut self, depth: usize, at: [f64; 2]) {
        let whose = self.pins.focus.filter(|&index| index < self.pins.at.len());
        self.pins.led_to = Some(Led { whose, depth, at });
        match whose {
            Some(index) => {
                self.pins.led = Some(index);
                self.send(FlowCommand::PinAt { index, depth, at });
            }
            None => {
                self.led_by_z = true;
                self.send(FlowCommand::ProbeAt { depth, at });
            }
        }
    }

    /// Moves the focused point by whole steps of the arrow keys.
    pub(super) fn nudge_focused(&mut self, [right, up]: [f64; 2]) {
        let [x, y] = self.pins.focus.and_then(|index| self.pins.at.get(index)).copied().unwrap_or(self.probe);
        self.move_focused([x + STEP * right, y + STEP * up]);
    }

    /// Takes the place of a point that was led from another plane.
    pub(super) fn follow_pins(&mut self, readings: &[ProbeReading]) {
        if let Some(index) = self.pins.led
            && let (Some(at), Some(reading)) = (self.pins.at.get_mut(index), readings.get(index))
        {
            *at = reading.at;
        }
    }

    /// Tells the worker which points are pinned.
    pub(super) fn tell_pins(&mut self) {
        self.pins.led = None;
        self.send(FlowCommand::Pins(self.pins.at.clone()));
    }

    fn readings(&self) -> &[ProbeReading] {
        self.snapshot.as_ref().map_or(&[], |snapshot| &snapshot.pins)
    }
}

fn nearest(places: &[[f64; 2]], at: [f64; 2], near: f64) -> Option<usize> {
    let distance = |p: &[f64; 2]| (p[0] - at[0]).hypot(p[1] - at[1]);
    let (index, place) = places.iter().enumerate().min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)))?;
    (distance(place) <= near).then_some(index)
}

/// The pinned points in data space.
pub(super) fn data(lab: &FlowLab, plane: &Plane<'_>, shared: &Shared) {
    let palette = plane.palette();
    for (index, &at) in lab.pins.at.iter().enumerate() {
        mark(lab, plane, index, at);
        if let Some(reading) = lab.readings().get(index) {
            let text = format!("log p {}", number(shared.units.convert(reading.shown_log_prob()), 2));
            let galley = plane.painter().layout_no_wrap(text, letters::proportional(plane.painter().ctx(), 12.0), palette.text);
            let corner = plane.to_screen(at) + vec2(13.0, -galley.size().y / 2.0);
            let card = Rect::from_min_size(corner, galley.size()).expand2(vec2(4.0, 1.0));
            plane.painter().rect_filled(card, 4.0, palette.card.gamma_multiply(0.85));
            plane.painter().galley(corner, galley, palette.text);
        }
    }
}

/// The pinned points and their ways at a depth.
pub(super) fn latent(lab: &FlowLab, plane: &Plane<'_>, between: (usize, usize, f32)) {
    for (index, reading) in lab.readings().iter().enumerate() {
        let color = color(index);
        plane.polyline(&reading.points, Stroke::new(1.0, color.gamma_multiply(0.4)));
        if let Some(now) = tween_point(&reading.points, between) {
            let mut behind: Vec<_> = reading.points.iter().take(between.0 + 1).copied().collect();
            behind.push(now);
            plane.polyline(&behind, Stroke::new(1.8, color));
            plane.points(&behind, 2.4, color);
            mark(lab, plane, index, now.map(f64::from));
        }
    }
}

fn mark(lab: &FlowLab, plane: &Plane<'_>, index: usize, at: [f64; 2]) {
    let pos = plane.to_screen(at);
    let ring = if lab.pins.focus == Some(index) { plane.palette().text } else { plane.palette().ground };
    plane.painter().circle(pos, 9.0, color(index), Stroke::new(2.0, ring));
    plane.painter().text(
        pos,
        Align2::CENTER_CENTER,
        LETTERS[index % MOST_PINS],
        letters::proportional(plane.painter().ctx(), 12.0),
        Color32::BLACK,
    );
}

/// One row a point: its letter, its log-density, a bar for each layer's log-determinant.
pub(super) fn list(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    let right = if lab.pins.at.is_empty() { String::new() } else { format!("log p, {}", shared.units.name()) };
    chips::section(ui, "Points", &right);
    let (mut gone, mut focus) = (None, lab.pins.focus);
    let hidden = lab.hides_the_sum();
    for (index, name) in LETTERS.into_iter().enumerate().take(lab.pins.at.len()) {
        // The row is there before its numbers are, so that nothing moves under the hand.
        let reading = lab.readings().get(index);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            let spoken = reading.map_or_else(|| format!("Point {name}"), |reading| spoken(index, reading, shared, hidden));
            if letter(ui, index, focus == Some(index), &spoken).clicked() {
                focus = if focus == Some(index) { None } else { Some(index) };
            }
            let log_p = reading.map_or_else(|| "…".into(), |reading| number(shared.units.convert(reading.shown_log_prob()), 2));
            ui.label(egui::RichText::new(log_p).monospace());
            bars(ui, reading.filter(|_| !hidden).map_or(&[], |reading| &reading.log_dets), &spoken);
            if chips::button(ui, "×").on_hover_text(format!("Takes {name} away")).clicked() {
                gone = Some(index);
            }
        });
    }
    lab.pins.focus = focus;
    if let Some(index) = gone {
        lab.unpin(index);
    }
    if lab.pins.at.len() < MOST_PINS {
        let name = format!("Pin {}", LETTERS[lab.pins.at.len()]);
        if chips::button(ui, &name).on_hover_text("Pins a point where the amber one stands; or P over the data space").clicked() {
            lab.pin_or_unpin(lab.probe, 0.0, shared);
        }
    }
}

fn letter(ui: &mut Ui, index: usize, focused: bool, spoken: &str) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    let ring = if focused || response.has_focus() { Palette::of(ui).text } else { Color32::TRANSPARENT };
    ui.painter().circle(rect.center(), 10.0, color(index), Stroke::new(2.0, ring));
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, LETTERS[index], letters::proportional(ui.ctx(), 13.0), Color32::BLACK);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, focused, spoken));
    response.on_hover_text(format!("{spoken}\nClick: arrow keys move this point (C takes the keys to the plane)"))
}

/// A bar for each layer, up where it stretches.
fn bars(ui: &mut Ui, log_dets: &[f64], spoken: &str) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2((ui.available_width() - 40.0).max(30.0), 24.0), Sense::hover());
    let reach = log_dets.iter().fold(0.5_f64, |reach, v| reach.max(v.abs()));
    let width = rect.width() / log_dets.len().max(1) as f32;
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, palette.line));
    for (k, &value) in log_dets.iter().enumerate() {
        let left = rect.left() + width * k as f32;
        let tip = rect.center().y - (value / reach) as f32 * rect.height() / 2.0;
        let bar = Rect::from_two_pos(pos2(left + 1.0, rect.center().y), pos2(left + width - 1.0, tip));
        ui.painter().rect_filled(bar, 1.0, sign_color(palette, value));
    }
    response.on_hover_text(spoken);
}

/// The point in words; while there are bets without what the layers do to it.
fn spoken(index: usize, reading: &ProbeReading, shared: &Shared, hidden: bool) -> String {
    let nats = |value: f64| number(shared.units.convert(value), 3);
    let [x, y] = reading.at.map(|v| number(v, 2));
    if let Some(whole) = reading.mixture {
        return format!("Point {} at {x}, {y}: log p {} of all classes together", LETTERS[index % MOST_PINS], nats(whole));
    }
    if hidden {
        return format!("Point {} at {x}, {y}: log p {}", LETTERS[index % MOST_PINS], nats(reading.log_prob));
    }
    let log_dets: Vec<String> = reading.log_dets.iter().map(|&v| signed(shared.units.convert(v), 3)).collect();
    format!(
        "Point {} at {x}, {y}: log p {}, log N {}, log-dets {}",
        LETTERS[index % MOST_PINS],
        nats(reading.log_prob),
        nats(reading.log_base),
        log_dets.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_goes_on_from_where_it_was_led_and_not_from_where_another_was() {
        let mut lab = FlowLab::new(FlowLab::opening_lesson(541));
        lab.lead_focused(3, [1.0, 1.0]);
        assert_eq!(lab.pins.led_to(None, 3), Some([1.0, 1.0]));
        lab.pin_or_unpin([0.0, 0.0], 0.0, &mut Shared::default());
        assert_eq!((lab.pins.focus, lab.pins.led_to(Some(0), 3)), (Some(0), None));
        lab.lead_focused(3, [2.0, 2.0]);
        assert_eq!((lab.pins.led_to(Some(0), 3), lab.pins.led_to(Some(0), 2)), (Some([2.0, 2.0]), None));
        assert_eq!(lab.pins.led_to(None, 3), None, "the amber point is not there");
    }
}
