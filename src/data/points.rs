//! Points of the plane: the data of the flow laboratory.

use ndarray::{Array2, ArrayView2};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::{
    DataError,
    noise::{Reservoir, rng},
};

/// How many points a picture draws at most; more only slow the window down.
pub const DRAWN_CAP: usize = 10_000;

/// A set of points of the plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Points {
    /// The points, each `[x, y]`.
    pub xy: Vec<[f32; 2]>,
    /// Class of each point; empty where they have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<u8>,
}

/// The map of standardisation, for each axis `z = (x - mean) / scale`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    /// What is subtracted from each axis.
    pub mean: [f64; 2],
    /// What each axis is then divided by; positive.
    pub scale: [f64; 2],
}

/// Points of which at most a certain number were kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Thinned {
    /// The points that were kept, each with the same chance.
    pub points: Points,
    /// How many were left out.
    pub dropped: usize,
}

impl Affine {
    /// The map that changes nothing.
    pub const IDENTITY: Self = Self { mean: [0.0; 2], scale: [1.0; 2] };

    /// `z = (x - mean) / scale`.
    pub fn apply(&self, p: [f32; 2]) -> [f32; 2] {
        [0, 1].map(|a| ((f64::from(p[a]) - self.mean[a]) / self.scale[a]) as f32)
    }

    /// `x = z * scale + mean`.
    pub fn invert(&self, z: [f32; 2]) -> [f32; 2] {
        [0, 1].map(|a| (f64::from(z[a]) * self.scale[a] + self.mean[a]) as f32)
    }

    /// `log|det A|` of [`apply`](Self::apply): what is added to an entropy in nats (and subtracted from a log-density) when the data
    /// are standardised.
    pub fn log_det(&self) -> f64 {
        -(self.scale[0].ln() + self.scale[1].ln())
    }
}

impl Points {
    /// A set of points.
    pub fn new(xy: Vec<[f32; 2]>) -> Self {
        Self { xy, classes: Vec::new() }
    }

    /// The points of these places in the list.
    pub fn at(&self, places: &[usize]) -> Self {
        let classes = places.iter().filter_map(|&i| self.classes.get(i).copied()).collect();
        Self { xy: places.iter().map(|&i| self.xy[i]).collect(), classes }
    }

    /// How many points.
    pub fn len(&self) -> usize {
        self.xy.len()
    }

    /// Whether there is no point.
    pub fn is_empty(&self) -> bool {
        self.xy.is_empty()
    }

    /// The same numbers as one slice, row-major `[n, 2]`.
    pub fn as_flat(&self) -> &[f32] {
        self.xy.as_flattened()
    }

    /// An array `[n, 2]`.
    pub fn to_array(&self) -> Array2<f32> {
        Array2::from(self.xy.clone())
    }

    /// From an array `[n, 2]`.
    ///
    /// # Errors
    /// [`DataError::Shape`] if it has not two columns.
    pub fn from_array(array: ArrayView2<'_, f32>) -> Result<Self, DataError> {
        if array.ncols() != 2 {
            return Err(DataError::Shape { expected: "an array of shape [n, 2]".into(), found: format!("{:?}", array.shape()) });
        }
        Ok(Self::new(array.rows().into_iter().map(|r| [r[0], r[1]]).collect()))
    }

    /// The smallest box `[min, max]` that holds all points; none without points.
    pub fn bounds(&self) -> Option<[[f32; 2]; 2]> {
        let first = *self.xy.first()?;
        Some(self.xy.iter().fold([first, first], |[lo, hi], p| [[lo[0].min(p[0]), lo[1].min(p[1])], [hi[0].max(p[0]), hi[1].max(p[1])]]))
    }

    /// Mean and standard deviation (divided by n) of each axis, in f64; zeros without points.
    pub fn moments(&self) -> ([f64; 2], [f64; 2]) {
        let n = self.len().max(1) as f64;
        let mean = [0, 1].map(|a| self.xy.iter().map(|p| f64::from(p[a])).sum::<f64>() / n);
        let deviation = [0, 1].map(|a| {
            let square = |p: &[f32; 2]| (f64::from(p[a]) - mean[a]).powi(2);
            (self.xy.iter().map(square).sum::<f64>() / n).sqrt()
        });
        (mean, deviation)
    }

    /// Shift and scale each axis to mean 0 and standard deviation 1. An axis without spread (one point, equal points) keeps its scale.
    pub fn standardize(&self) -> (Self, Affine) {
        let (mean, deviation) = self.moments();
        // Equal points leave a rest of rounding, relative to their distance from the origin: f32 resolves no smaller spread.
        let scale = [0, 1].map(|a| {
            let least = mean[a].abs() * f64::from(f32::EPSILON);
            if deviation[a] > least { deviation[a] } else { 1.0 }
        });
        let affine = Affine { mean, scale };
        (self.map(|p| affine.apply(p)), affine)
    }

    /// Centre the box of the points at the origin and scale both axes alike so that the larger half-side is `half`.
    pub fn fit_to(&self, half: f32) -> (Self, Affine) {
        let Some([lo, hi]) = self.bounds() else {
            return (self.clone(), Affine::IDENTITY);
        };
        let middle = [0, 1].map(|a| (f64::from(lo[a]) + f64::from(hi[a])) / 2.0);
        let side = (0..2).map(|a| f64::from(hi[a]) - f64::from(lo[a])).fold(0.0, f64::max);
        let scale = if side > 0.0 { side / 2.0 / f64::from(half) } else { 1.0 };
        let affine = Affine { mean: middle, scale: [scale; 2] };
        (self.map(|p| affine.apply(p)), affine)
    }

    /// Every point through a function.
    pub fn map(&self, f: impl FnMut([f32; 2]) -> [f32; 2]) -> Self {
        Self { xy: self.xy.iter().copied().map(f).collect(), classes: self.classes.clone() }
    }

    /// Shuffle by `seed` and split into (train, test), with `round(n * test_fraction)` test points, but at least one point to train
    /// on if there is any.
    pub fn split(&self, test_fraction: f64, seed: u64) -> (Self, Self) {
        let mut train: Vec<usize> = (0..self.len()).collect();
        train.shuffle(&mut rng(seed, 0));
        let wanted = (train.len() as f64 * test_fraction.clamp(0.0, 1.0)).round() as usize;
        let test = train.split_off(train.len() - wanted.min(train.len().saturating_sub(1)));
        (self.at(&train), self.at(&test))
    }

    /// Keep at most `cap` points, each with the same chance (reservoir sampling), and tell how many were dropped. A set that fits is
    /// kept as it is, in its order.
    pub fn thin(&self, cap: usize, seed: u64) -> Thinned {
        let mut reservoir = Reservoir::new(cap, seed);
        (0..self.len()).for_each(|i| reservoir.offer(i));
        let (kept, dropped) = reservoir.finish();
        Thinned { points: self.at(&kept), dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Toy;

    #[test]
    fn standardising_gives_unit_moments_and_inverts() {
        let points = Toy::TwoMoons.sample(4097, 1, 0);
        let (standard, affine) = points.standardize();
        let (mean, deviation) = standard.moments();
        // f32 rounding of the coordinates only.
        assert!(mean.iter().all(|m| m.abs() < 1e-6), "{mean:?}");
        assert!(deviation.iter().all(|d| (d - 1.0).abs() < 1e-6), "{deviation:?}");
        for (p, z) in points.xy.iter().zip(&standard.xy) {
            let back = affine.invert(*z);
            assert!((0..2).all(|a| (back[a] - p[a]).abs() < 1e-5));
        }
        assert!((affine.log_det() + (affine.scale[0] * affine.scale[1]).ln()).abs() < 1e-12);
    }

    #[test]
    fn degenerate_sets_standardise_to_finite_points() {
        for points in [vec![], vec![[5.0, -3.0]], vec![[1e8, 1e-8]; 3], vec![[0.0, 1.0], [0.0, 2.0]], vec![[3e38, 0.0], [-3e38, 1.0]]] {
            let (standard, affine) = Points::new(points).standardize();
            assert!(standard.as_flat().iter().all(|v| v.is_finite()));
            assert!(affine.log_det().is_finite() && affine.scale.iter().all(|&s| s > 0.0));
        }
    }

    #[test]
    fn a_split_loses_nothing_and_leaves_a_point_to_train_on() {
        for n in [0, 1, 2, 511, 512, 513, 4097] {
            let points = Points::new((0..n).map(|i| [i as f32, 0.0]).collect());
            let (train, test) = points.split(0.1, 3);
            let mut all: Vec<_> = train.xy.iter().chain(&test.xy).map(|p| p[0]).collect();
            all.sort_by(f32::total_cmp);
            assert_eq!(all, points.xy.iter().map(|p| p[0]).collect::<Vec<_>>());
            assert!(n == 0 || !train.is_empty());
            assert_eq!(points.split(0.1, 3).0, train);
        }
    }

    #[test]
    fn thinning_tells_how_many_were_dropped() {
        let points = Toy::Rings.sample(513, 1, 0);
        assert_eq!(points.thin(513, 0), Thinned { points: points.clone(), dropped: 0 });
        let thinned = points.thin(100, 0);
        assert_eq!((thinned.points.len(), thinned.dropped), (100, 413));
    }

    #[test]
    fn arrays_go_both_ways() {
        let points = Toy::Spirals.sample(7, 1, 0);
        let array = points.to_array();
        assert_eq!(array.shape(), [7, 2]);
        // An array holds no classes.
        assert_eq!(Points::from_array(array.view()), Ok(Points::new(points.xy)));
        let wrong = Points::from_array(Array2::zeros((4, 3)).view());
        assert!(matches!(wrong, Err(DataError::Shape { .. })));
    }

    #[test]
    fn fitting_fills_the_box() {
        let (fitted, _) = Points::new(vec![[0.0, 10.0], [40.0, 20.0]]).fit_to(3.0);
        assert_eq!(fitted.xy, vec![[-3.0, -0.75], [3.0, 0.75]]);
    }
}
