//! Everything that is known at the probe of the line.

use super::state::LineState;
use crate::flows::maps::{Pushed, Refusal};

/// Numbers of one map, density and probe.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Reading {
    pub(super) pushed: Pushed,
    pub(super) refusal: Option<Refusal>,
    pub(super) x: f64,
    pub(super) y: f64,
    /// `p_X(x)`.
    pub(super) px: f64,
    /// `f'(x)`.
    pub(super) slope: f64,
    /// `p_Y(y)`, or without the factor where it is forgotten; `None` where the map is refused.
    pub(super) py: Option<f64>,
    /// The interval at x, and its image, in order.
    pub(super) dx: [f64; 2],
    pub(super) dy: [f64; 2],
    /// `P(a < X < b)`.
    pub(super) mass: f64,
    /// Integral of `p_Y`, and what it is without the factor.
    pub(super) total: Option<f64>,
    pub(super) forgotten: Option<f64>,
    /// All places in sight that come to y.
    pub(super) sources: Vec<f64>,
}

impl Reading {
    pub(super) fn new(state: &LineState) -> Reading {
        let pushed = Pushed { map: state.chosen(), law: state.base };
        let refusal = pushed.map.refusal(pushed.law);
        let x = state.at();
        let y = pushed.map.forward(x);
        let slope = pushed.map.slope(x);
        let px = pushed.law.density(x);
        let dx = state.interval();
        let ends = dx.map(|x| pushed.map.forward(x));
        let py = refusal.is_none().then(|| if state.jacobian { px / slope.abs() } else { px });
        let range = if state.base == crate::flows::maps::Law::Uniform { state.range() } else { state.windows()[0] };
        Reading {
            refusal,
            x,
            y,
            px,
            slope,
            py,
            dx,
            dy: [ends[0].min(ends[1]), ends[0].max(ends[1])],
            mass: pushed.law.mass(dx[0], dx[1]),
            total: pushed.integral(true),
            forgotten: pushed.integral(false),
            sources: pushed.map.sources(y, range),
            pushed,
        }
    }

    /// `p_X(x) dx`
    pub(super) fn mass_x(&self) -> f64 {
        self.px * (self.dx[1] - self.dx[0])
    }

    /// `p_Y(y) dy`
    pub(super) fn mass_y(&self) -> Option<f64> {
        self.py.map(|py| py * (self.dy[1] - self.dy[0]))
    }

    /// The curve at the left: the density, or what is left of it without the factor.
    pub(super) fn curve(&self, y: f64, jacobian: bool) -> f64 {
        if jacobian { self.pushed.density(y) } else { self.pushed.without_jacobian(y) }
    }
}

/// Why the map is refused, in a sentence with the numbers of the probe.
pub(super) fn refused(reading: &Reading) -> Option<String> {
    use crate::ui::units::number;
    let y = number(reading.y, 2);
    Some(match reading.refusal? {
        Refusal::Folds => {
            let places: Vec<String> = reading.sources.iter().map(|&x| number(x, 2)).collect();
            format!("Refused: y = {y} comes from {} places, x = {}. There is no inverse.", places.len(), places.join(" and "))
        }
        Refusal::Flattens => "Refused: every x comes to the same y. The slope is 0, and nothing can be divided by it.".into(),
        Refusal::Undefined => "Refused: the logit needs x between 0 and 1, and this base has mass outside. Choose uniform.".into(),
    })
}
