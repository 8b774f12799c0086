//! What is seen of a flow that samples: the noise after every layer, and the layers that must keep inside a region.

use super::super::snapshot::{DepthView, GRID, Held, NOISE_REACH, PlanarLayer, RadialLayer, SAMPLES, SylvesterLayer};
use super::{BACK, Kind, Sampler};
use crate::exec::Session;
use crate::train::TrainError;

impl Sampler {
    /// Measures the ELBO and the way back, and makes the pictures after every layer.
    pub(in crate::train::posterior_job) fn see(&mut self) -> Result<Vec<DepthView>, TrainError> {
        let stages = self.config.stages();
        let v = self.measure()?;
        let read = |session: &mut dyn Session, program, name: &str| session.read_output(program, name);
        let mut depths = vec![DepthView::default(); stages + 1];
        for (k, depth) in depths.iter_mut().enumerate() {
            let points = read(self.session.as_mut(), self.sampling, &format!("point.{k}"))?;
            depth.samples = pairs(&points[..2 * SAMPLES]);
            if k > 0 {
                let log_det = read(self.session.as_mut(), self.sampling, &format!("log_det.{}", k - 1))?;
                depth.mean_log_det = log_det.iter().map(|&v| f64::from(v)).sum::<f64>() / log_det.len() as f64;
            }
        }
        let end = read(self.session.as_mut(), self.sampling, &format!("point.{stages}"))?;
        self.session.run(self.back, &[("z", &end[..2 * BACK])])?;
        let found = read(self.session.as_mut(), self.back, "point.0")?;
        self.inverse = found.chunks(2).zip(v.chunks(2)).map(|(a, b)| f64::from((a[0] - b[0]).hypot(a[1] - b[1]))).fold(0.0, f64::max);
        self.bend(&mut depths)?;
        Ok(depths)
    }

    /// The grid of noise after every layer, and the density of each cell: the noise's mass in it by the area that it has become.
    fn bend(&mut self, depths: &mut [DepthView]) -> Result<(), TrainError> {
        let step = 2.0 * NOISE_REACH / (GRID - 1) as f64;
        let at = |i: usize| step * i as f64 - NOISE_REACH;
        let grid: Vec<f32> = (0..GRID * GRID).flat_map(|i| [at(i % GRID) as f32, at(i / GRID) as f32]).collect();
        self.session.run(self.looking, &[("x", &grid)])?;
        for (k, depth) in depths.iter_mut().enumerate() {
            depth.grid = pairs(&self.session.read_output(self.looking, &format!("point.{k}"))?);
            let cell = |i: usize| {
                let (column, row) = (i % (GRID - 1), i / (GRID - 1));
                let middle = [column, row].map(|i| at(i) + step / 2.0);
                let mass = (-0.5 * (middle[0].powi(2) + middle[1].powi(2))).exp() / std::f64::consts::TAU * step * step;
                (mass / area(&depth.grid, row * GRID + column).max(1e-9)) as f32
            };
            depth.density = (0..(GRID - 1) * (GRID - 1)).map(cell).collect();
        }
        Ok(())
    }

    /// Every layer that must keep inside a region: as it is trained, and as it is used.
    pub(in crate::train::posterior_job) fn held(&mut self) -> Result<Vec<Held>, TrainError> {
        if self.look.kind == Kind::Iaf {
            return Ok(Vec::new());
        }
        let stages = self.config.stages();
        let path = vec![0.0; 2 * (stages + 1)];
        self.session.run(self.portraits, &[("path", &path), ("line", &[0.0]), ("places", &[0.0; 2])])?;
        (0..stages).map(|stage| self.held_layer(stage)).collect()
    }

    fn held_layer(&mut self, stage: usize) -> Result<Held, TrainError> {
        let scope = self.config.scope(stage);
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<f64>>();
        let raw = |session: &mut dyn Session, name: &str| session.read_parameter(&format!("{scope}.{name}")).map(wide);
        let used = |session: &mut dyn Session, name: &str| session.read_output(self.portraits, &format!("{name}.{stage}")).map(wide);
        let session = self.session.as_mut();
        Ok(match self.look.kind {
            Kind::Planar => {
                let (raw, w, bias) = (raw(session, "u")?, raw(session, "w")?, raw(session, "bias")?[0]);
                // In f64, so that what lies across w stays to the last digit; a test holds it to the graph's.
                let along = raw[0] * w[0] + raw[1] * w[1];
                let length = w[0] * w[0] + w[1] * w[1] + 1e-8;
                let moved = (crate::graph::Unary::Softplus.eval(along) - 1.0 - along) / length;
                let held = [raw[0] + moved * w[0], raw[1] + moved * w[1]];
                Held::Planar(PlanarLayer { raw: [raw[0], raw[1]], held, w: [w[0], w[1]], bias })
            }
            Kind::Radial => Held::Radial(RadialLayer {
                raw: [raw(session, "alpha")?[0], raw(session, "beta")?[0]],
                held: [used(session, "alpha")?[0], used(session, "beta")?[0]],
            }),
            Kind::Sylvester | Kind::Iaf => {
                let diagonals = |r1: Vec<f64>, r2: Vec<f64>| [[r1[0], r2[0]], [r1[3], r2[3]]];
                Held::Sylvester(SylvesterLayer {
                    raw: diagonals(raw(session, "r1")?, raw(session, "r2")?),
                    held: diagonals(used(session, "r1")?, used(session, "r2")?),
                })
            }
        })
    }
}

/// Area of the bent cell with this first corner: half of the cross product of its diagonals.
fn area(grid: &[[f32; 2]], corner: usize) -> f64 {
    let [a, b, c, d] = [corner, corner + 1, corner + GRID + 1, corner + GRID].map(|i| grid[i].map(f64::from));
    0.5 * ((c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0])).abs()
}

fn pairs(values: &[f32]) -> Vec<[f32; 2]> {
    values.chunks(2).map(|p| [p[0], p[1]]).collect()
}
