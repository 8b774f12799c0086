//! The hand on the two planes: every press, movement and release goes to the tool that is held.

use egui::{Event, PointerButton, Ui};

use super::pins::STEP;
use super::tools::Tool;
use super::{FlowLab, Shared};
use crate::ui::canvas2d::{CanvasResponse, View};
use crate::ui::transport::TransportModel;

/// A press within so many points of the screen takes a pinned point.
const REACH: f64 = 14.0;

/// The plane that the hand holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// Data space.
    Data,
    /// The plane after so many layers.
    After(usize),
}

/// What the hand did in a frame.
enum Touch {
    Down([f64; 2]),
    Move([f64; 2]),
    Up,
}

/// Every event of the frame, not only its last state: on a slow machine a whole stroke may fall into one frame.
fn touches(ui: &Ui, shown: &CanvasResponse<()>, view: &View) -> Vec<Touch> {
    let mine = shown.response.contains_pointer() || shown.response.is_pointer_button_down_on() || shown.response.drag_stopped();
    let place = |pos| view.to_world(shown.rect, pos);
    let (events, shift) = ui.input(|input| (input.events.clone(), input.modifiers.shift));
    let touch = |event| match event {
        // With Shift the plane itself is dragged.
        Event::PointerButton { pos, button: PointerButton::Primary, pressed: true, .. } if mine && !shift && shown.rect.contains(pos) => {
            Some(Touch::Down(place(pos)))
        }
        Event::PointerButton { button: PointerButton::Primary, pressed: false, .. } => Some(Touch::Up),
        Event::PointerMoved(pos) => Some(Touch::Move(place(pos))),
        _ => None,
    };
    events.into_iter().filter_map(touch).collect()
}

/// Units of the plane within which a press takes a point.
pub(super) fn near(view: &View, rect: egui::Rect) -> f64 {
    let [left, _, right, _] = view.bounds(rect);
    REACH * (right - left) / f64::from(rect.width().max(1.0))
}

/// The hand on data space.
pub(super) fn data(lab: &mut FlowLab, ui: &Ui, shown: &CanvasResponse<()>, view: &View, shared: &Shared) {
    for touch in touches(ui, shown, view) {
        match (touch, lab.held, lab.tools.tool) {
            (Touch::Down(at), _, tool) => {
                lab.held = Some(Side::Data);
                match tool {
                    Tool::Probe => {
                        lab.pins.focus = lab.pin_near(at, near(view, shown.rect));
                        if lab.pins.focus.is_none() {
                            lab.set_probe(at);
                        }
                    }
                    Tool::Trace => lab.begin_curve(0, at, None),
                    _ => lab.begin_stroke(at),
                }
            }
            (Touch::Move(at), Some(Side::Data), Tool::Probe) => lab.move_focused(at),
            (Touch::Move(at), Some(Side::Data), Tool::Trace) => lab.extend_curve(at),
            (Touch::Move(at), Some(Side::Data), _) => lab.extend_stroke(at),
            (Touch::Up, Some(Side::Data), _) => {
                lab.held = None;
                lab.end_curve();
                lab.end_stroke();
            }
            _ => {}
        }
    }
    if lab.puff(Shared::passed(ui.ctx())) {
        shared.animate(ui.ctx());
    }
    if let Some(nudge) = shown.nudge {
        lab.nudge_focused(whole_steps(nudge, view));
    }
}

/// The hand on the other plane: what it does there is carried back through the layers that have been applied.
pub(super) fn latent(lab: &mut FlowLab, ui: &Ui, shown: &CanvasResponse<()>, view: &View) {
    for touch in touches(ui, shown, view) {
        match (touch, lab.held, lab.tools.tool) {
            (Touch::Down(at), _, tool) => {
                if !works_after_layers(tool) {
                    lab.tools.refused = true;
                    ui.ctx().request_repaint();
                    continue;
                }
                let depth = lab.stand_at_a_layer();
                lab.held = Some(Side::After(depth));
                match tool {
                    Tool::Probe => {
                        lab.pins.focus = lab.pin_near_after(depth, at, near(view, shown.rect));
                        if lab.pins.focus.is_none() {
                            lab.lead_focused(depth, at);
                        }
                    }
                    Tool::Trace => lab.begin_curve(depth, at, None),
                    _ => lab.begin_curve(depth, at, Some(lab.tools.radius as f32)),
                }
            }
            (Touch::Move(at), Some(Side::After(depth)), Tool::Probe) => lab.lead_focused(depth, at),
            (Touch::Move(at), Some(Side::After(_)), _) => lab.extend_curve(at),
            (Touch::Up, Some(Side::After(_)), _) => {
                lab.held = None;
                lab.end_curve();
            }
            _ => {}
        }
    }
    if let Some(nudge) = shown.nudge {
        let depth = lab.stand_at_a_layer();
        lab.nudge_focused_after(depth, whole_steps(nudge, view));
    }
}

/// Steps of the arrow keys: the canvas gives a sixtieth of its reach for each.
fn whole_steps(nudge: [f64; 2], view: &View) -> [f64; 2] {
    nudge.map(|v| (v / (view.reach / 60.0)).round())
}

/// Whether a tool does something in the plane after some layers.
fn works_after_layers(tool: Tool) -> bool {
    matches!(tool, Tool::Probe | Tool::Trace | Tool::Brush)
}

impl FlowLab {
    /// Between two layers there is no plane: the walk stops at the nearest one.
    fn stand_at_a_layer(&mut self) -> usize {
        let whole = self.depth.position().round();
        self.depth.set_playing(false);
        self.depth.seek(whole);
        whole as usize
    }

    /// Moves the focused point by whole steps of the arrow keys in the plane after `depth` layers.
    fn nudge_focused_after(&mut self, depth: usize, [right, up]: [f64; 2]) {
        let pinned = self.pins.focus.filter(|&index| index < self.pins.at.len());
        let (reading, led) = match pinned {
            Some(index) => (self.snapshot.as_ref().and_then(|snapshot| snapshot.pins.get(index)), self.pins.led == pinned),
            None => (self.reading(), self.led_by_z),
        };
        let Some(place) = reading.and_then(|reading| reading.points.get(depth)).map(|place| place.map(f64::from)) else { return };
        let heard = self.snapshot.as_ref().is_some_and(|snapshot| snapshot.heard == self.sent.get());
        // Keys may be faster than the worker: then this step begins where the one before it leads.
        let [x, y] = self.pins.led_to(pinned, depth).filter(|_| led && !heard).unwrap_or(place);
        self.lead_focused(depth, [x + STEP * right, y + STEP * up]);
    }

    /// What there is to say about a tool that was held to a plane in which it does nothing; once for each time.
    pub(super) fn refused_tool(&mut self) -> Option<String> {
        let refused = std::mem::take(&mut self.tools.refused);
        let (_, name, _) = Tool::ALL.into_iter().find(|(tool, ..)| refused && *tool == self.tools.tool)?;
        Some(format!("“{name}” works in data space only, at the left; in this plane probe, draw and trace do something."))
    }
}
