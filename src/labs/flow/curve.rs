//! A curve drawn in one plane and seen in both: carried back through the layers before it, and forward through those after.

use egui::{Stroke, Ui};
use serde::{Deserialize, Serialize};

use super::numbers::{scientific, tween};
use super::{FlowLab, Shared};
use crate::labs::walk::moment;
use crate::train::flow_job::{FlowCommand, Point, Trace};
use crate::ui::canvas2d::Plane;
use crate::ui::chips;
use crate::ui::units::count;

/// Points of a curve closer together than this, units of the plane, are one.
const CLOSE: f32 = 0.01;

/// What was drawn, and at which depth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Curve {
    /// Layers that have been applied there: 0 is data space.
    pub(super) depth: usize,
    /// The curve, finely spaced: straight pieces of one plane are bent in another.
    pub(super) points: Vec<Point>,
}

impl Curve {
    /// Draws on to here, with points in between.
    fn extend(&mut self, to: Point) {
        let Some(&from) = self.points.last() else {
            self.points.push(to);
            return;
        };
        let distance = (to[0] - from[0]).hypot(to[1] - from[1]);
        let pieces = (distance / (4.0 * CLOSE)).ceil().clamp(1.0, 200.0) as usize;
        if distance >= CLOSE {
            let part = |i: usize| [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * (i as f32 / pieces as f32));
            self.points.extend((1..=pieces).map(part));
        }
    }
}

/// The curve, and what becomes of it when the hand is lifted.
#[derive(Default)]
pub(super) struct Hand {
    pub(super) curve: Curve,
    under_way: bool,
    /// It is a stroke of the brush with this sigma: its image in data space is added to the drawing.
    stroke: Option<f32>,
    lifted: bool,
}

impl FlowLab {
    /// Begins a curve at a depth; as a stroke of the brush if `sigma` is given.
    pub(super) fn begin_curve(&mut self, depth: usize, at: [f64; 2], sigma: Option<f32>) {
        let curve = Curve { depth, points: vec![at.map(|v| v as f32)] };
        self.hand = Hand { curve, under_way: true, stroke: sigma, lifted: false };
        self.tell_curve();
    }

    /// Draws it on.
    pub(super) fn extend_curve(&mut self, to: [f64; 2]) {
        if self.hand.under_way {
            self.hand.curve.extend(to.map(|v| v as f32));
            self.tell_curve();
        }
    }

    /// Ends it; the answer to the last of it may be on its way.
    pub(super) fn end_curve(&mut self) {
        if std::mem::take(&mut self.hand.under_way) {
            self.hand.lifted = true;
            self.tell_curve();
        }
    }

    /// Whether a curve is being drawn, or waits to become a stroke.
    pub(super) fn curve_under_way(&self) -> bool {
        self.hand.under_way || (self.hand.lifted && self.hand.stroke.is_some())
    }

    /// Tells the worker which curve to follow.
    pub(super) fn tell_curve(&mut self) {
        let Curve { depth, points } = self.hand.curve.clone();
        self.send(FlowCommand::Trace { depth, points });
    }

    /// Takes the worker's answer: a stroke that was drawn elsewhere becomes a stroke of data space.
    pub(super) fn follow_curve(&mut self, trace: Option<&Trace>) {
        let (Some(trace), Some(sigma), true) = (trace, self.hand.stroke, self.hand.lifted) else { return };
        if trace.drawn != self.hand.curve.points {
            return;
        }
        let mut x = trace.points[0].iter().copied();
        if let Some(first) = x.next() {
            self.tools.drawing.begin(first, sigma, false);
            self.tools.drawing.colour(self.desk.classes.brush);
            x.for_each(|p| self.tools.drawing.extend(p));
        }
        self.clear_curve();
        self.tell(true);
    }

    /// Takes the curve away.
    pub(super) fn clear_curve(&mut self) {
        self.hand = Hand::default();
        self.tell_curve();
    }
}

/// The curve in data space.
pub(super) fn data(lab: &FlowLab, plane: &Plane<'_>) {
    if let Some(trace) = trace(lab) {
        line(plane, &trace.points[0]);
    } else if lab.hand.curve.depth == 0 {
        line(plane, &lab.hand.curve.points);
    }
}

/// The curve at a depth.
pub(super) fn latent(lab: &FlowLab, plane: &Plane<'_>, between: (usize, usize, f32)) {
    if let Some(trace) = trace(lab) {
        line(plane, &tween(&trace.points, between));
    }
    if lab.hand.under_way && lab.hand.curve.depth == between.0 && lab.hand.curve.depth > 0 {
        // The hand is ahead of the worker.
        line(plane, &lab.hand.curve.points);
    }
}

fn line(plane: &Plane<'_>, points: &[Point]) {
    plane.polyline(points, Stroke::new(4.5, plane.palette().ground.gamma_multiply(0.7)));
    plane.polyline(points, Stroke::new(2.5, plane.palette().seen));
}

fn trace(lab: &FlowLab) -> Option<&Trace> {
    lab.snapshot.as_ref().and_then(|snapshot| snapshot.trace.as_deref()).filter(|_| !lab.hand.curve.points.is_empty())
}

/// What was measured about the curve, and the button that takes it away.
pub(super) fn note(lab: &mut FlowLab, ui: &mut Ui, _shared: &Shared) {
    let Some(trace) = trace(lab) else {
        chips::note(ui, "Draw a curve in either plane: it is shown in both.");
        return;
    };
    let place = match trace.depth {
        0 => "in x".to_owned(),
        k if k + 1 == trace.points.len() => "in z".to_owned(),
        k => moment(k),
    };
    let text = format!(
        "Drawn {place}, {} points; carried to x and forward again it is off by at most {}.",
        count(trace.drawn.len() as u64),
        scientific(trace.off)
    );
    chips::note(ui, &text);
    if chips::button(ui, "Clear the curve").clicked() {
        lab.clear_curve();
    }
}
