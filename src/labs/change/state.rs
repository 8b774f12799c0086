//! What a person sets in the chapter, as sessions and explanations keep it.

use serde::{Deserialize, Serialize};

use crate::flows::maps::{Law, LineMap, Monotone};
use crate::labs::history::Remembered;
use crate::train::det_job::SIZES;

/// Halvings of the interval dx that are offered.
pub(super) const MOST_HALVINGS: u32 = 6;
/// Least distance of two knots in both directions, in the unit box.
pub(super) const KNOT_GAP: f64 = 0.02;

/// What the canvas shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Page {
    /// A map of the line and both densities.
    Line,
    /// A map of the plane and areas.
    Plane,
    /// Several maps of the plane, one after the other.
    Chain,
    /// What a log-determinant costs.
    Cost,
}

/// The maps of the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineKind {
    Twice,
    Affine,
    Sigmoid,
    Logit,
    Exp,
    Cubic,
    Drawn,
    Square,
    Sine,
}

/// The page of the line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineState {
    pub(super) map: LineKind,
    /// The density of X.
    pub(super) base: Law,
    /// a and b of the affine map.
    pub(super) slope: f64,
    pub(super) shift: f64,
    /// The knots of the drawn map, in the unit box.
    pub(super) knots: Vec<[f64; 2]>,
    /// x of the probe.
    pub(super) probe: f64,
    /// How often the interval at the probe was halved.
    pub(super) halvings: u32,
    /// Whether the factor |df^-1/dy| is counted.
    pub(super) jacobian: bool,
}

impl Default for LineState {
    fn default() -> LineState {
        LineState {
            map: LineKind::Twice,
            base: Law::Uniform,
            slope: 1.5,
            shift: -0.5,
            knots: vec![[0.0, 0.05], [0.25, 0.15], [0.5, 0.6], [0.75, 0.7], [1.0, 0.95]],
            probe: 0.35,
            halvings: 0,
            jacobian: true,
        }
    }
}

impl LineState {
    /// The map that is chosen.
    pub(super) fn chosen(&self) -> LineMap {
        match self.map {
            LineKind::Twice => LineMap::Affine { slope: 2.0, shift: 0.0 },
            LineKind::Affine => LineMap::Affine { slope: self.slope, shift: self.shift },
            LineKind::Sigmoid => LineMap::Sigmoid,
            LineKind::Logit => LineMap::Logit,
            LineKind::Exp => LineMap::Exp,
            LineKind::Cubic => LineMap::Cubic,
            LineKind::Square => LineMap::Square,
            LineKind::Sine => LineMap::Sine,
            LineKind::Drawn => {
                let knots: Vec<[f64; 2]> = self.knots.iter().map(|knot| knot.map(|v| self.on_axis(v))).collect();
                LineMap::Drawn(Monotone::through(&knots).expect("knots are checked whenever they change"))
            }
        }
    }

    /// From the unit box of the knots to the axes, the same for both.
    pub(super) fn on_axis(&self, v: f64) -> f64 {
        if self.base == Law::Uniform { v } else { 6.0 * v - 3.0 }
    }

    /// From the axes to the unit box.
    pub(super) fn in_unit(&self, v: f64) -> f64 {
        if self.base == Law::Uniform { v } else { (v + 3.0) / 6.0 }
    }

    /// Where the probe may stand.
    pub(super) fn range(&self) -> [f64; 2] {
        match (self.map, self.base) {
            (LineKind::Logit, _) => [0.01, 0.99],
            (_, Law::Uniform) => [0.0, 1.0],
            (_, Law::Normal) => [-3.0, 3.0],
        }
    }

    /// The probe, within its range.
    pub(super) fn at(&self) -> f64 {
        let [low, high] = self.range();
        self.probe.clamp(low, high)
    }

    /// The interval at the probe, inside of the range.
    pub(super) fn interval(&self) -> [f64; 2] {
        let [low, high] = self.range();
        let width = 0.1 * (high - low) * 0.5f64.powi(self.halvings as i32);
        let from = (self.at() - 0.5 * width).clamp(low, high - width);
        [from, from + width]
    }

    /// What is in sight along x and along y.
    pub(super) fn windows(&self) -> [[f64; 2]; 2] {
        let uniform = self.base == Law::Uniform;
        let x = if uniform { [-0.2, 1.2] } else { [-3.4, 3.4] };
        match (self.map, uniform) {
            // The same unit along both axes: the rectangle that gets twice as wide.
            (LineKind::Twice, true) => [[-0.2, 2.3]; 2],
            (LineKind::Twice, false) => [[-6.4, 6.4]; 2],
            (LineKind::Affine, true) => [x, [-3.2, 3.2]],
            (LineKind::Affine, false) => [x, [-7.0, 7.0]],
            (LineKind::Sigmoid, _) => [x, [-0.1, 1.1]],
            (LineKind::Logit, _) => [x, [-5.0, 5.0]],
            (LineKind::Exp, true) => [x, [-0.2, 3.0]],
            (LineKind::Exp, false) => [x, [-0.5, 8.0]],
            (LineKind::Cubic | LineKind::Drawn | LineKind::Square, true) => [x, [-0.2, 1.2]],
            (LineKind::Cubic, false) => [x, [-6.0, 6.0]],
            (LineKind::Drawn, false) => [x, [-3.4, 3.4]],
            (LineKind::Square, false) => [x, [-1.0, 7.0]],
            (LineKind::Sine, true) => [x, [-0.2, 1.2]],
            (LineKind::Sine, false) => [x, [-1.3, 1.3]],
        }
    }

    /// Puts a knot as near to a place of the unit box as its neighbours let it.
    pub(super) fn put_knot(&mut self, i: usize, [x, y]: [f64; 2]) {
        let last = self.knots.len() - 1;
        let side = |axis: usize| {
            let below = if i == 0 { 0.0 } else { self.knots[i - 1][axis] + KNOT_GAP };
            let above = if i == last { 1.0 } else { self.knots[i + 1][axis] - KNOT_GAP };
            (below, above.max(below))
        };
        let ((left, right), (bottom, top)) = (side(0), side(1));
        // Both ends stay where the base density begins and ends.
        let x = if i == 0 || i == last { self.knots[i][0] } else { x.clamp(left, right) };
        self.knots[i] = [x, y.clamp(bottom, top)];
    }

    fn check(&self) -> Result<(), String> {
        for (name, value) in [("slope", self.slope), ("shift", self.shift)] {
            if !(-3.0..=3.0).contains(&value) {
                return Err(format!("Expected a {name} from -3 to 3, found {value}."));
            }
        }
        if !self.probe.is_finite() || self.halvings > MOST_HALVINGS {
            return Err(format!("Expected a probe that is a number and at most {MOST_HALVINGS} halvings."));
        }
        if self.knots.len() > 9 || !self.knots.iter().flatten().all(|v| (0.0..=1.0).contains(v)) {
            return Err("Expected 2 to 9 knots between 0 and 1.".into());
        }
        Monotone::through(&self.knots).map(drop)
    }
}

/// The maps of the plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PlaneKind {
    Linear,
    Swirl,
    Coupling,
    RealNvp,
    Fold,
}

/// The page of the plane.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaneState {
    pub(super) map: PlaneKind,
    /// Where the linear map takes (1, 0) and (0, 1).
    pub(super) columns: [[f64; 2]; 2],
    pub(super) probe: [f64; 2],
    /// How often the square at the probe was halved.
    pub(super) halvings: u32,
    /// Whether the cells are coloured by log |det J|.
    pub(super) shade: bool,
    /// Whether points of a normal density are carried along.
    pub(super) points: bool,
}

impl Default for PlaneState {
    fn default() -> PlaneState {
        PlaneState {
            map: PlaneKind::Linear,
            columns: [[1.6, 0.4], [-0.5, 1.2]],
            probe: [-1.2, 0.9],
            halvings: 0,
            shade: true,
            points: true,
        }
    }
}

impl PlaneState {
    /// The side of the square.
    pub(super) fn side(&self) -> f64 {
        0.8 * 0.5f64.powi(self.halvings as i32)
    }

    fn check(&self) -> Result<(), String> {
        let inside = |v: &f64| (-3.0..=3.0).contains(v);
        if !self.columns.iter().flatten().chain(&self.probe).all(inside) || self.halvings > MOST_HALVINGS {
            return Err(format!("Expected columns and a probe between -3 and 3 and at most {MOST_HALVINGS} halvings."));
        }
        Ok(())
    }
}

/// One map of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Link {
    Stretch,
    Rotate,
    Shear,
    Mirror,
    Swirl,
    CoupleSecond,
    CoupleFirst,
}

/// The page of the chain.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChainState {
    pub(super) links: Vec<Link>,
    pub(super) probe: [f64; 2],
    /// Maps that have acted in the picture that is lit.
    pub(super) stage: usize,
}

/// Fewest and most maps of a chain.
pub(super) const LINKS: [usize; 2] = [2, 5];

impl Default for ChainState {
    fn default() -> ChainState {
        ChainState { links: vec![Link::Stretch, Link::CoupleSecond, Link::Swirl, Link::CoupleFirst], probe: [0.7, 0.5], stage: 4 }
    }
}

impl ChainState {
    fn check(&self) -> Result<(), String> {
        if !(LINKS[0]..=LINKS[1]).contains(&self.links.len()) {
            return Err(format!("Expected {} to {} maps in the chain, found {}.", LINKS[0], LINKS[1], self.links.len()));
        }
        if self.stage > self.links.len() || !self.probe.iter().all(|v| (-3.0..=3.0).contains(v)) {
            return Err("Expected a stage of the chain and a probe between -3 and 3.".into());
        }
        Ok(())
    }
}

/// The page of the cost.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CostState {
    /// The size that is lit, from 0.
    pub(super) size: usize,
}

/// All of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) page: Page,
    pub(super) line: LineState,
    pub(super) plane: PlaneState,
    pub(super) chain: ChainState,
    pub(super) cost: CostState,
}

impl Default for State {
    fn default() -> State {
        State {
            page: Page::Line,
            line: LineState::default(),
            plane: PlaneState::default(),
            chain: ChainState::default(),
            cost: CostState { size: SIZES.len() - 1 },
        }
    }
}

impl Remembered for State {
    fn same(&self, other: &State) -> bool {
        self.settings() == other.settings()
    }
}

impl State {
    pub(super) fn check(&self) -> Result<(), String> {
        self.line.check()?;
        self.plane.check()?;
        self.chain.check()?;
        if self.cost.size >= SIZES.len() {
            return Err(format!("Expected a size from 0 to {}, found {}.", SIZES.len() - 1, self.cost.size));
        }
        Ok(())
    }

    /// With the places that a walk moves through put back: what an undo goes by.
    fn settings(&self) -> State {
        let mut state = self.clone();
        (state.page, state.line.probe, state.cost) = (Page::Line, 0.0, CostState::default());
        (state.plane.probe, state.chain.probe, state.chain.stage) = ([0.0; 2], [0.0; 2], 0);
        state
    }
}
