//! Size, shape and family of a flow.

use serde::{Deserialize, Serialize};

use super::family::{Family, Inversion, Jacobian, Mixing};
use super::{ffjord, residual, root};
use crate::nn::Activation;

/// Most classes that a flow reads.
pub const MOST_CLASSES: usize = 8;

/// Size, shape and family of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Config {
    /// Dimension D of a point, 2 or more.
    pub dim: usize,
    /// Number of layers, 1 to 32: couplings, autoregressive maps, Glow steps, stretches of time.
    pub layers: usize,
    /// Width of the hidden layers of each network.
    pub width: usize,
    /// Nonlinearity of the conditioners. Residual and continuous layers have their own.
    pub activation: Activation,
    /// Which flow.
    pub family: Family,
    /// Layers that are left out, a bit each, counted as [`Config::stages`] counts: the flow is the composition of the others. A layer that is
    /// left out is the identity with log-determinant 0, and its parameters are not declared.
    #[serde(skip_serializing_if = "is_zero")]
    pub muted: u64,
    /// Number C of classes that the conditioners read, 0 where the flow is of all points alike.
    #[serde(skip_serializing_if = "is_none")]
    pub classes: usize,
    /// All points of a graph are of one class, the state `class.shown [1,C]`, in place of an input: what a picture of one class is drawn by.
    #[serde(skip)]
    pub one_class: bool,
}

/// A configuration as files hold it: old ones name no family but say whether the couplings are additive.
#[derive(Deserialize)]
struct Stored {
    dim: usize,
    layers: usize,
    width: usize,
    activation: Activation,
    family: Option<Family>,
    #[serde(default)]
    additive: bool,
    #[serde(default)]
    muted: u64,
    #[serde(default)]
    classes: usize,
}

impl From<Stored> for Config {
    fn from(stored: Stored) -> Config {
        let Stored { dim, layers, width, activation, family, additive, muted, classes } = stored;
        let family = family.unwrap_or(if additive { Family::Nice } else { Family::RealNvp });
        Config { dim, layers, width, activation, family, muted, classes, one_class: false }
    }
}

fn is_zero(bits: &u64) -> bool {
    *bits == 0
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Default for Config {
    fn default() -> Config {
        Config {
            dim: 2,
            layers: 8,
            width: 64,
            activation: Activation::Relu,
            family: Family::RealNvp,
            muted: 0,
            classes: 0,
            one_class: false,
        }
    }
}

impl Config {
    /// A flow of the plane of a size that suits the family.
    pub fn of(family: Family) -> Config {
        let plain = Config { family, ..Config::default() };
        let smooth = Config { activation: Activation::Tanh, ..plain.clone() };
        match family {
            Family::Nice | Family::RealNvp => plain,
            Family::Glow { .. } => Config { layers: 6, ..plain },
            Family::CubicSpline(_) | Family::RationalQuadratic(_) => Config { layers: 4, ..plain },
            Family::Maf | Family::Iaf => plain,
            Family::Naf { .. } | Family::Sos { .. } | Family::SplineAutoregressive(_) => Config { layers: 3, ..smooth },
            Family::Umnn { .. } => Config { layers: 2, ..smooth },
            Family::Planar | Family::Radial | Family::Sylvester { .. } => Config { layers: 16, ..smooth },
            Family::Residual => Config { layers: 4, width: 32, ..smooth },
            Family::Ffjord { .. } => Config { layers: 4, width: 48, ..smooth },
        }
    }

    /// Whether the numbers make a flow: what its graph, its masks of layers and this machine's memory allow.
    ///
    /// # Errors
    /// A sentence without its full stop: which setting, its range, what it is.
    pub fn check(&self) -> Result<(), String> {
        let in_range = |name: &str, value: usize, low: usize, high: usize| {
            let fits = (low..=high).contains(&value);
            if fits { Ok(()) } else { Err(format!("`{name}` must be {low} to {high}, but is {value}")) }
        };
        in_range("dim", self.dim, 2, 64)?;
        // Masks have 64 bits, and a Glow step has three layers.
        in_range("layers", self.layers, 1, if matches!(self.family, Family::Glow { .. }) { 16 } else { 32 })?;
        in_range("width", self.width, self.hidden_degrees(), 1_024)?;
        if self.classes > 0 {
            in_range("classes", self.classes, 2, MOST_CLASSES)?;
            if let Some(why) = self.family.without_conditioner() {
                return Err(format!("`classes` must be 0 for {}: {why}", self.family.title()));
            }
        }
        match self.family {
            Family::CubicSpline(spline) | Family::RationalQuadratic(spline) | Family::SplineAutoregressive(spline) => {
                in_range("bins", spline.bins, 2, 64)?;
                in_range("bound", spline.bound, 1, 100)
            }
            Family::Naf { units } => in_range("units", units, 1, 64),
            Family::Sos { polynomials, degree } => {
                in_range("polynomials", polynomials, 1, 16)?;
                in_range("degree", degree, 1, 8)
            }
            Family::Umnn { order } => in_range("order", order, 2, 100),
            Family::Ffjord { steps } => in_range("steps", steps, 1, 40),
            _ => Ok(()),
        }
    }

    /// Number of layers that have a log-determinant: three for a Glow step, and for NICE one more, the final scale.
    pub fn stages(&self) -> usize {
        match self.family {
            Family::Glow { .. } => 3 * self.layers,
            Family::Nice => self.layers + 1,
            _ => self.layers,
        }
    }

    /// Whether layer `stage` is left out.
    pub fn mutes(&self, stage: usize) -> bool {
        self.muted >> stage & 1 == 1
    }

    /// The scope of the parameters of layer `stage`.
    pub fn scope(&self, stage: usize) -> String {
        match self.family {
            Family::Nice if stage == self.layers => "scale".into(),
            Family::Glow { .. } => format!("step.{}.{}", stage / 3, ["actnorm", "linear", "coupling"][stage % 3]),
            family if family.couples() => format!("coupling.{stage}"),
            // One velocity moves the points at all times.
            Family::Ffjord { .. } => "velocity".into(),
            _ => format!("layer.{stage}"),
        }
    }

    /// Whether a parameter belongs to layer `stage`.
    pub fn owns(&self, stage: usize, parameter: &str) -> bool {
        let scope = self.scope(stage);
        parameter == scope || parameter.strip_prefix(&scope).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Whether layer `stage` has anything to learn: an order of the coordinates has not.
    pub fn has_parameters(&self, stage: usize) -> bool {
        !matches!(self.family, Family::Glow { mixing: Mixing::Reverse }) || stage % 3 != 1
    }

    /// Whether all layers are made by the same arrays: to leave one as it is leaves all.
    pub fn shares_parameters(&self) -> bool {
        matches!(self.family, Family::Ffjord { .. })
    }

    /// The coupling that layer `stage` is, counted from 0; none where it is something else.
    pub fn coupling(&self, stage: usize) -> Option<usize> {
        match self.family {
            Family::Glow { .. } => (stage % 3 == 2).then_some(stage / 3),
            family => (family.couples() && stage < self.layers).then_some(stage),
        }
    }

    /// Passive coordinates of a coupling, ascending. Couplings take turns in pairs: in pair p a coordinate's side is the bit `p mod bits` of its
    /// number, so that any two coordinates are on different sides in some pair, and the second of the pair has the sides swapped. In the plane the
    /// first coordinate is passive in even couplings. With Glow's mixing of the coordinates it is always the first half.
    pub fn passive(&self, coupling: usize) -> Vec<usize> {
        if matches!(self.family, Family::Glow { .. }) {
            return (0..self.dim / 2).collect();
        }
        let bit = coupling / 2 % self.bits();
        (0..self.dim).filter(|coordinate| (coordinate >> bit) % 2 == coupling % 2).collect()
    }

    /// The fewest layers in which each coordinate is moved by what every other one says: a pair of couplings for each bit of their numbers. One
    /// where a single layer does, or where Glow's matrices mix them.
    pub fn layers_to_meet(&self) -> usize {
        if self.family.couples() && !matches!(self.family, Family::Glow { .. }) { 2 * self.bits() } else { 1 }
    }

    /// Binary digits of the number of the last coordinate, 1 or more.
    fn bits(&self) -> usize {
        (usize::BITS - (self.dim - 1).leading_zeros()).max(1) as usize
    }

    /// Degrees that the hidden units of a MADE take in turn: with fewer units than degrees some coordinate would be read by none.
    fn hidden_degrees(&self) -> usize {
        if self.family.jacobian() == Jacobian::Autoregressive { self.dim - usize::from(self.classes == 0) } else { 1 }
    }

    /// Whether a layer only shifts: NICE.
    pub fn additive(&self) -> bool {
        self.family == Family::Nice
    }

    /// The coordinate of the plane that layer `stage` leaves alone; none where it is no coupling.
    pub fn passive_axis(&self, stage: usize) -> Option<usize> {
        self.coupling(stage).map(|coupling| self.passive(coupling)[0])
    }

    /// What layer `stage` is, in a word.
    pub fn stage_title(&self, stage: usize) -> &'static str {
        match self.family {
            Family::Nice if stage == self.layers => "scale",
            Family::Glow { mixing } => match (stage % 3, mixing) {
                (0, _) => "actnorm",
                (1, Mixing::Reverse) => "reverse",
                (1, Mixing::Linear) => "LU matrix",
                _ => "coupling",
            },
            family if family.couples() => "coupling",
            Family::Ffjord { .. } => "stretch of time",
            Family::Residual => "residual block",
            Family::Planar | Family::Radial | Family::Sylvester { .. } => "layer",
            _ => "autoregressive layer",
        }
    }

    /// How a layer is inverted.
    pub fn inversion(&self) -> Inversion {
        match self.family {
            Family::Nice | Family::RealNvp | Family::Glow { .. } | Family::RationalQuadratic(_) | Family::Radial | Family::Iaf => {
                Inversion::ClosedForm
            }
            Family::Maf | Family::SplineAutoregressive(_) => Inversion::ByDimension,
            Family::CubicSpline(_) | Family::Planar => Inversion::RootSearch { evaluations: root::STEPS },
            Family::Sylvester { .. } | Family::Naf { .. } | Family::Sos { .. } | Family::Umnn { .. } => {
                Inversion::RootSearch { evaluations: self.dim * root::STEPS }
            }
            Family::Residual => Inversion::FixedPoint { iterations: residual::ITERATIONS },
            Family::Ffjord { steps } => Inversion::ReverseTime { evaluations: ffjord::evaluations(steps) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_files_keep_their_family_and_new_ones_come_back() {
        let old = |additive: bool| format!(r#"{{"dim":2,"layers":4,"width":16,"activation":"relu","additive":{additive}}}"#);
        let read = |text: &str| serde_json::from_str::<Config>(text).unwrap();
        assert_eq!(read(&old(true)).family, Family::Nice);
        assert_eq!(read(&old(false)).family, Family::RealNvp);
        for family in Family::ALL {
            let config = Config::of(family);
            config.check().unwrap();
            assert_eq!(read(&serde_json::to_string(&config).unwrap()), config);
            assert_eq!(Family::named(&family.name()), Some(family));
        }
    }

    #[test]
    fn settings_that_make_no_flow_are_named() {
        let spline = |bins: usize, bound: usize| Family::RationalQuadratic(super::super::Spline { bins, bound });
        for (family, layers, word) in [
            (spline(0, 4), 4, "bins"),
            (spline(8, 0), 4, "bound"),
            (Family::Ffjord { steps: 0 }, 4, "steps"),
            (Family::Sos { polynomials: 0, degree: 2 }, 4, "polynomials"),
            (Family::Glow { mixing: Mixing::Linear }, 32, "layers"),
            (Family::Umnn { order: 1_000_000 }, 4, "order"),
        ] {
            let sentence = Config { layers, ..Config::of(family) }.check().unwrap_err();
            assert!(sentence.contains(word), "{sentence}");
        }
        for family in Family::ALL {
            let conditional = Config { classes: 2, ..Config::of(family) };
            match family.without_conditioner() {
                None => conditional.check().unwrap(),
                Some(_) => assert!(conditional.check().unwrap_err().contains("conditioner")),
            }
            assert!(Config { classes: 1, ..conditional }.check().unwrap_err().contains("classes"));
        }
        let narrow = Config { dim: 6, width: 4, ..Config::of(Family::Maf) };
        assert!(narrow.check().unwrap_err().contains("`width` must be 5"));
        assert!(Config { width: 5, classes: 2, ..narrow.clone() }.check().unwrap_err().contains("`width` must be 6"));
        Config { width: 5, ..narrow }.check().unwrap();
    }

    #[test]
    fn any_two_coordinates_meet_on_different_sides_of_some_coupling() {
        for dim in [2, 3, 5, 6, 8, 13, 30, 64] {
            let config = Config { dim, ..Config::of(Family::RationalQuadratic(Default::default())) };
            let sides: Vec<Vec<usize>> = (0..config.layers_to_meet()).map(|coupling| config.passive(coupling)).collect();
            assert!(sides.iter().all(|passive| !passive.is_empty() && passive.len() < dim), "{dim}: {sides:?}");
            // One moves while the other is read.
            let meet = |sides: &[Vec<usize>], a: usize, b: usize| sides.iter().any(|passive| passive.contains(&a) && !passive.contains(&b));
            let all_meet = |sides: &[Vec<usize>]| (0..dim).all(|a| (0..dim).all(|b| a == b || meet(sides, a, b)));
            assert!(all_meet(&sides), "{dim}: {sides:?}");
            assert!(!all_meet(&sides[1..]), "{dim}: fewer would do");
        }
    }
}
