//! What every layer is drawn from, for the probe: numbers of the model's own nodes.

use super::Point;
use super::programs::Programs;
use crate::exec::{ProgramId, Session};
use crate::flows::{Conditioning, Family};
use crate::train::TrainError;

/// Points of a map's curve; the middle one is 0.
pub(super) const ALONG: usize = 121;
/// The curve reaches from minus this to this, units of the plane: beyond the box of a spline.
pub const MAP_REACH: f32 = 5.0;
/// Places along a side of the square on which fields and motions are drawn.
pub const PLACES: usize = 11;
/// Half of the side of that square, units of the plane.
pub const PLACES_REACH: f32 = 3.5;

/// One layer at the probe.
#[derive(Clone, Debug, PartialEq)]
pub enum Portrait {
    /// One coordinate is moved by an increasing map that the other one decides.
    Map(MapPortrait),
    /// `x + u tanh(w'x + b)`.
    Planar {
        /// The vector u as used.
        u: [f64; 2],
        /// The direction w.
        w: [f64; 2],
        /// The offset b.
        bias: f64,
        /// `w'u`.
        along: f64,
        /// `tanh(w'x + b)` at the probe, and its slope.
        bend: [f64; 2],
    },
    /// `x + beta (x - centre) / (alpha + r)`.
    Radial {
        /// The centre.
        centre: [f64; 2],
        /// Alpha as used.
        alpha: f64,
        /// Beta as used.
        beta: f64,
    },
    /// `x + Q R1 tanh(R2 Q'x + b)`; matrices row by row.
    Sylvester {
        /// The orthogonal Q.
        q: [f64; 4],
        /// The upper triangular R1 as used.
        r1: [f64; 4],
        /// The upper triangular R2 as used.
        r2: [f64; 4],
        /// The offsets b.
        bias: [f64; 2],
        /// `tanh(R2 Q'x + b)` at the probe.
        bend: [f64; 2],
    },
    /// `x + g(x)`.
    Residual {
        /// g at [`places`].
        field: Vec<Point>,
        /// The largest stretch of g at any of them: the spectral norm of its Jacobian.
        steepest: f64,
    },
    /// A stretch of time of a continuous flow.
    Motion {
        /// Where [`places`] are after each step of the solver, the start itself first.
        paths: Vec<Vec<Point>>,
    },
    /// One matrix and one shift: the images of (0, 0), (1, 0) and (0, 1).
    Linear([Point; 3]),
}

/// The map of one coordinate, from -[`MAP_REACH`] to [`MAP_REACH`].
#[derive(Clone, Debug, PartialEq)]
pub struct MapPortrait {
    /// Who decides about whom.
    pub conditioning: Conditioning,
    /// Where it is looked at.
    pub at: Vec<f32>,
    /// Its values there.
    pub map: Vec<f32>,
    /// The logarithms of its slopes there.
    pub log_slope: Vec<f32>,
    /// That logarithm at the probe.
    pub log_slope_here: f64,
    /// Map, logarithm of the slopes, and that at the probe, of the coordinate that is read, where it moves too.
    pub first: Option<(Vec<f32>, Vec<f32>, f64)>,
    /// The knots of a spline.
    pub knots: Vec<Point>,
    /// Where a quadrature looks at the slope between 0 and the probe, and what it finds.
    pub nodes: Vec<Point>,
}

impl MapPortrait {
    /// The number that the map moves, and what it becomes, for a point before and after the layer.
    pub fn ends(&self, before: Point, after: Point) -> [f64; 2] {
        self.ends_of(self.conditioning.moves(), before, after)
    }

    /// The same of the coordinate that is read, which a map of its own may move.
    pub fn first_ends(&self, before: Point, after: Point) -> [f64; 2] {
        self.ends_of(self.conditioning.reads, before, after)
    }

    fn ends_of(&self, axis: usize, before: Point, after: Point) -> [f64; 2] {
        let ends = [before[axis].into(), after[axis].into()];
        if self.conditioning.latent { [ends[1], ends[0]] } else { ends }
    }
}

/// The places on which fields and motions are drawn, row by row from the bottom.
pub fn places() -> Vec<Point> {
    let at = |i: usize| PLACES_REACH * (2.0 * i as f32 / (PLACES - 1) as f32 - 1.0);
    (0..PLACES * PLACES).map(|i| [at(i % PLACES), at(i / PLACES)]).collect()
}

fn line() -> Vec<f32> {
    (0..ALONG).map(|i| MAP_REACH * (2.0 * i as f32 / (ALONG - 1) as f32 - 1.0)).collect()
}

impl Programs {
    /// Every layer at a point, given where it is after k layers; none for a layer that is left out.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn portraits(&self, session: &mut dyn Session, path: &[Point]) -> Result<Vec<Option<Portrait>>, TrainError> {
        let stages = self.config.stages();
        let Some(program) = self.portraits else { return Ok(vec![None; stages]) };
        session.run(program, &[("path", path.as_flattened()), ("line", &line()), ("places", places().as_flattened())])?;
        (0..stages)
            .map(|stage| if self.config.mutes(stage) { Ok(None) } else { self.portrait(session, program, stage).map(Some) })
            .collect()
    }

    fn portrait(&self, session: &mut dyn Session, program: ProgramId, stage: usize) -> Result<Portrait, TrainError> {
        let mut read = |name: &str| session.read_output(program, &format!("{name}.{stage}"));
        let pair = |v: &[f32]| [f64::from(v[0]), f64::from(v[1])];
        let matrix = |v: &[f32]| [0, 1, 2, 3].map(|i| f64::from(v[i]));
        let points = |v: &[f32]| v.as_chunks::<2>().0.to_vec();
        if let Some(conditioning) = self.config.conditioning(stage) {
            let first = match conditioning.both_move {
                true => Some((read("first_map")?, read("first_log_slope")?, read("first_log_slope_here")?[0].into())),
                false => None,
            };
            let mut pairs = |name: &str, there: bool| -> Result<Vec<Point>, TrainError> {
                if !there {
                    return Ok(Vec::new());
                }
                let (xs, ys) = (read(&format!("{name}_x"))?, read(&format!("{name}_y"))?);
                Ok(xs.into_iter().zip(ys).map(|(x, y)| [x, y]).collect())
            };
            let family = self.config.family;
            let spline = matches!(family, Family::CubicSpline(_) | Family::RationalQuadratic(_) | Family::SplineAutoregressive(_));
            let knots = pairs("knots", spline)?;
            let nodes = pairs("nodes", matches!(family, Family::Sos { .. } | Family::Umnn { .. }))?;
            let (map, log_slope) = (read("map")?, read("log_slope")?);
            let log_slope_here = read("log_slope_here")?[0].into();
            return Ok(Portrait::Map(MapPortrait { conditioning, at: line(), map, log_slope, log_slope_here, first, knots, nodes }));
        }
        Ok(match self.config.family {
            Family::Planar => Portrait::Planar {
                u: pair(&read("u")?),
                w: pair(&read("w")?),
                bias: read("bias")?[0].into(),
                along: read("along")?[0].into(),
                bend: [read("bend")?[0].into(), read("steep")?[0].into()],
            },
            Family::Radial => {
                Portrait::Radial { centre: pair(&read("centre")?), alpha: read("alpha")?[0].into(), beta: read("beta")?[0].into() }
            }
            Family::Sylvester { .. } => Portrait::Sylvester {
                q: matrix(&read("q")?),
                r1: matrix(&read("r1")?),
                r2: matrix(&read("r2")?),
                bias: pair(&read("bias")?),
                bend: pair(&read("bend")?),
            },
            Family::Residual => {
                let field = points(&read("field")?);
                let norms = read("jacobian")?.as_chunks::<4>().0.iter().map(|j| spectral_norm(j.map(f64::from))).collect::<Vec<_>>();
                Portrait::Residual { field, steepest: norms.into_iter().fold(0.0, f64::max) }
            }
            Family::Ffjord { steps } => {
                let motion = read("motion")?;
                let at = |row: usize, step: usize| [motion[2 * (row * steps + step)], motion[2 * (row * steps + step) + 1]];
                let path = |(row, start): (usize, Point)| std::iter::once(start).chain((0..steps).map(|step| at(row, step))).collect();
                Portrait::Motion { paths: places().into_iter().enumerate().map(path).collect() }
            }
            _ => {
                let corners = points(&read("corners")?);
                Portrait::Linear([corners[0], corners[1], corners[2]])
            }
        })
    }
}

/// The largest singular value of `[[a, b], [c, d]]`: `(|(a + d, c - b)| + |(a - d, b + c)|) / 2`.
fn spectral_norm([a, b, c, d]: [f64; 4]) -> f64 {
    0.5 * ((a + d).hypot(c - b) + (a - d).hypot(b + c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spectral_norm_is_that_of_known_matrices() {
        assert_eq!(spectral_norm([3.0, 0.0, 0.0, -2.0]), 3.0);
        // A rotation, and a shear whose largest singular value is the golden ratio.
        assert!((spectral_norm([0.6, -0.8, 0.8, 0.6]) - 1.0).abs() < 1e-12);
        assert!((spectral_norm([1.0, 1.0, 0.0, 1.0]) - (1.0 + 5f64.sqrt()) / 2.0).abs() < 1e-12);
    }
}
