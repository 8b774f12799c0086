//! A flow that turns noise into samples of an energy, trained by the reverse divergence.
//!
//! ```text
//! y = f(v), v ~ N(0, I);   ln q(y) = ln N(v) - sum_k log|det J_k|
//! F = E[ln q(y) + U(y)] = KL(q || p) - ln Z,   ELBO = -F <= ln Z
//! ```

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::snapshot::{DepthView, GRID, Held, MEASURED, NOISE_REACH, PlanarLayer, RadialLayer, Reached, SAMPLES, SylvesterLayer};
use super::{Kind, Look};
use crate::data::noise;
use crate::exec::{BackendChoice, BackendInfo, ProgramId, Session, open_session};
use crate::flows::{self, Config, Energy};
use crate::graph::{Builder, Direction, Graph, GraphError, Mode, Reuse};
use crate::train::curve::{Curve, KeptCurve, Rows};
use crate::train::{Adam, TrainError, Weights, initial_weights, minimise};

/// Points of a step.
const BATCH: usize = 256;
/// The energy is brought in over so many steps, from a hundredth of it: else the flow settles on the first mode that it meets (1505.05770,
/// eq. 20, whose own schedule is longer).
const TEMPERING: f64 = 1_500.0;
/// Rows of the way back.
const BACK: usize = 512;
/// Streams of the generator: step t draws from stream t + 1.
const MEASURE_STREAM: u64 = u64::MAX;
/// The ELBO is measured after so many steps, and later after this part of the steps so far: a curve of a million steps has 350 points.
const MEASURE_EVERY: f64 = 50.0;
const MEASURE_GROWTH: f64 = 0.02;

/// One training step: inputs `x [B,2]`, the noise, `beta [1]`, and `hyper`; the loss is `mean(ln q + beta U)`.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub(super) fn training(config: &Config, energy: &Energy, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Train);
    let beta = b.input("beta", &[1]);
    let (log_q, value, _) = record(&mut b, config, energy, batch);
    let weighted = b.mul(value, beta);
    let sum = b.add(log_q, weighted);
    let loss = b.mean_all(sum);
    minimise(&mut b, loss);
    b.finish()
}

/// The same map looked at: outputs `log_q`, `energy` `[B,1]`, `point.k [B,2]` and `log_det.k [B,1]`.
fn looking(config: &Config, energy: &Energy, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let (log_q, value, nodes) = record(&mut b, config, energy, batch);
    b.output("log_q", log_q);
    b.output("energy", value);
    for (k, &point) in nodes.points.iter().enumerate() {
        b.output(&format!("point.{k}"), point);
    }
    for (k, &log_det) in nodes.log_dets.iter().enumerate() {
        b.output(&format!("log_det.{k}"), log_det);
    }
    b.finish()
}

/// `ln q(y)`, `U(y)` and the flow's own nodes.
fn record(b: &mut Builder, config: &Config, energy: &Energy, batch: usize) -> (crate::graph::NodeId, crate::graph::NodeId, flows::Nodes) {
    let nodes = flows::forward(b, config, batch);
    let base = flows::standard_normal(b, nodes.points[0]);
    let log_q = nodes.log_dets.iter().fold(base, |sum, &log_det| b.sub(sum, log_det));
    let value = energy.record(b, nodes.points[nodes.points.len() - 1]);
    (log_q, value, nodes)
}

/// What a file keeps beside the values.
#[derive(Serialize, Deserialize)]
struct Kept {
    look: Look,
    seconds: f64,
    train: KeptCurve,
    elbo: Rows,
}

/// The flow with its programs.
pub(super) struct Sampler {
    session: Box<dyn Session>,
    training: (Arc<Graph>, ProgramId),
    looking: ProgramId,
    sampling: ProgramId,
    back: ProgramId,
    /// What the layers are drawn from.
    portraits: ProgramId,
    config: Config,
    look: Look,
    seed: u64,
    step: u64,
    seconds: f64,
    reported: u64,
    train: Curve,
    elbo: Vec<[f64; 3]>,
    inverse: f64,
}

impl Sampler {
    /// With its initial values of a seed.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn new(look: &Look, seed: u64, (choice, threads): (BackendChoice, usize)) -> Result<Sampler, TrainError> {
        let (config, energy) = (look.config(), &look.energy);
        let mut session = open_session(choice, threads)?;
        let graph = Arc::new(training(&config, energy, BATCH)?);
        let training = session.prepare(&graph, Reuse::On)?;
        let looking_graph = Arc::new(looking(&config, energy, GRID * GRID)?);
        let looking_at = session.prepare(&looking_graph, Reuse::On)?;
        let sampling_graph = Arc::new(looking(&config, energy, MEASURED)?);
        let sampling = session.prepare(&sampling_graph, Reuse::On)?;
        let back = session.prepare(&Arc::new(flows::evaluation(&config, BACK, Direction::Inverse)?), Reuse::On)?;
        let graph_of_portraits = flows::portraits(&config, 1, 1)?.expect("the flow is of the plane");
        let portraits = session.prepare(&Arc::new(graph_of_portraits), Reuse::On)?;
        let mut initial: Weights = initial_weights(&graph, seed);
        initial.metadata.clear();
        for (name, (_, values)) in &initial.arrays {
            session.write_parameter(name, values)?;
        }
        Ok(Sampler {
            session,
            training: (graph, training),
            looking: looking_at,
            sampling,
            back,
            portraits,
            config,
            look: look.clone(),
            seed,
            step: 0,
            seconds: 0.0,
            reported: 0,
            train: Curve::default(),
            elbo: Vec::new(),
            inverse: f64::NAN,
        })
    }

    /// One update, and before it the ELBO where its curve wants a point.
    pub(super) fn advance(&mut self) -> Result<(), TrainError> {
        if self.elbo.last().is_none_or(|row| self.step as f64 >= next_measured(row[0])) {
            self.measure()?;
        }
        let begin = Instant::now();
        let adam = Adam { rate: self.look.kind.rate(), clip: 5.0, ..Adam::default() };
        let hyper = adam.slots(self.step + 1, 1.0);
        let x = noise::normals(self.seed, self.step + 1, 2 * BATCH);
        let beta = (0.01 + self.step as f64 / TEMPERING).min(1.0) as f32;
        self.session.run(self.training.1, &[("x", &x), ("beta", &[beta]), ("hyper", &hyper)])?;
        self.step += 1;
        self.seconds += begin.elapsed().as_secs_f64();
        Ok(())
    }

    /// Takes the losses that have arrived; a loss that is not finite is told as the step's sentence.
    pub(super) fn collect(&mut self) -> Result<Option<String>, TrainError> {
        for loss in self.session.losses() {
            self.reported += 1;
            if !loss.is_finite() {
                return Ok(Some(format!("The loss of step {} is not finite; start again from scratch.", self.reported)));
            }
            self.train.push(self.reported, f64::from(loss));
        }
        Ok(None)
    }

    /// Measures the ELBO on the noise that is always the same, which it gives back.
    fn measure(&mut self) -> Result<Vec<f32>, TrainError> {
        let v = noise::normals(self.seed, MEASURE_STREAM, 2 * MEASURED);
        self.session.run(self.sampling, &[("x", &v)])?;
        let log_q = self.session.read_output(self.sampling, "log_q")?;
        let energy = self.session.read_output(self.sampling, "energy")?;
        let free: Vec<f64> = log_q.iter().zip(&energy).map(|(q, u)| f64::from(*q) + f64::from(*u)).collect();
        let spread = crate::train::estimate_job::series::Spread::of(&free);
        let step = self.step as f64;
        self.elbo.retain(|row| row[0] < step);
        // The newest measurement is always there; one that pictures asked for makes room for the next.
        if let [.., before, last] = self.elbo[..]
            && last[0] < next_measured(before[0])
        {
            self.elbo.pop();
        }
        self.elbo.push([step, -spread.mean, spread.error]);
        Ok(v)
    }

    /// Measures the ELBO and the way back, and makes the pictures after every layer.
    pub(super) fn see(&mut self) -> Result<Vec<DepthView>, TrainError> {
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
    pub(super) fn held(&mut self) -> Result<Vec<Held>, TrainError> {
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

    /// The values with the optimiser's, the step, and what is drawn of the training so far.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn weights(&mut self) -> Result<Weights, TrainError> {
        let mut weights = Weights::from_session(self.session.as_mut(), &self.training.0)?;
        weights.metadata.insert("step".into(), self.step.to_string());
        weights.keep(&Kept { look: self.look.clone(), seconds: self.seconds, train: self.train.kept(), elbo: Rows::of(&self.elbo) });
        Ok(weights)
    }

    /// Goes on from weights of the same flow and target.
    ///
    /// # Errors
    /// Weights of another one; everything stays as it was.
    pub(super) fn take(&mut self, weights: &Weights) -> Result<(), TrainError> {
        let kept: Kept = weights.kept()?;
        if kept.look != self.look {
            let reason = format!("they are of {} {} layers or of another target", kept.look.layers, kept.look.kind.title());
            return Err(TrainError::WrongWeights { reason });
        }
        let (train, elbo) = (Curve::of(&kept.train)?, kept.elbo.points()?);
        weights.write_to(self.session.as_mut(), &self.training.0)?;
        // What is still in flight belongs to the weights that were.
        if let Some(parameter) = self.training.0.parameters().first() {
            self.session.read_parameter(&self.training.0.describe(parameter.node))?;
        }
        self.session.losses();
        (self.step, self.reported) = (weights.step(), weights.step());
        (self.seconds, self.train, self.elbo) = (kept.seconds, train, elbo);
        Ok(())
    }

    pub(super) fn reached(&self, log_z: f64) -> Reached {
        let (elbo, error) = self.elbo.last().map_or((f64::NAN, f64::NAN), |row| (row[1], row[2]));
        Reached {
            kind: self.look.kind,
            basis: self.look.basis,
            layers: self.look.layers,
            parameters: self.training.0.parameter_count(),
            step: self.step,
            seconds: self.seconds,
            gap: log_z - elbo,
            error,
            inverse: self.inverse,
        }
    }

    pub(super) fn curves(&self) -> (Vec<[f64; 2]>, Vec<[f64; 3]>) {
        (self.train.points().to_vec(), self.elbo.clone())
    }

    pub(super) fn backend(&self) -> BackendInfo {
        self.session.backend()
    }
}

/// The step at which the ELBO is due after it was measured at this one.
fn next_measured(step: f64) -> f64 {
    step + (MEASURE_GROWTH * step).max(MEASURE_EVERY)
}

/// Area of the bent cell with this first corner: half of the cross product of its diagonals.
fn area(grid: &[[f32; 2]], corner: usize) -> f64 {
    let [a, b, c, d] = [corner, corner + 1, corner + GRID + 1, corner + GRID].map(|i| grid[i].map(f64::from));
    0.5 * ((c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0])).abs()
}

fn pairs(values: &[f32]) -> Vec<[f32; 2]> {
    values.chunks(2).map(|p| [p[0], p[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::Basis;

    /// What is drawn in the region of a constraint is what the graph uses, with raw values that would break it.
    #[test]
    fn the_held_values_are_the_graphs_own_and_inside_whatever_the_raw_ones_are() {
        let bases = [Basis::Orthogonal, Basis::Householder, Basis::Triangular];
        let kinds = [Kind::Planar, Kind::Radial].map(|kind| (kind, Basis::default())).into_iter();
        for (kind, basis) in kinds.chain(bases.map(|basis| (Kind::Sylvester, basis))) {
            let look = Look { kind, layers: 3, basis, energy: Energy::Ring };
            let mut sampler = Sampler::new(&look, 541, (BackendChoice::Cpu, 1)).unwrap();
            for name in ["u", "alpha", "beta", "r1", "r2"] {
                let name = format!("{}.{name}", sampler.config.scope(1));
                if let Ok(values) = sampler.session.read_parameter(&name) {
                    // Far outside: u against w, beta far below, diagonals of opposite signs.
                    let sign = if name.ends_with("r2") { 4.0 } else { -4.0 };
                    sampler.session.write_parameter(&name, &vec![sign; values.len()]).unwrap();
                }
            }
            if kind == Kind::Planar {
                sampler.session.write_parameter(&format!("{}.w", sampler.config.scope(1)), &[1.0, 1.0]).unwrap();
            }
            let held = sampler.held().unwrap();
            let [raw, used] = held[1].numbers();
            assert!(used > held[1].bound() && raw < held[1].bound(), "{:?}", held[1]);
            let mut graph = |name: &str| sampler.session.read_output(sampler.portraits, &format!("{name}.1")).unwrap();
            let near = |a: f64, b: f32| assert!((a - f64::from(b)).abs() < 1e-5, "{kind:?}: {a} {b}");
            match held[1] {
                Held::Planar(layer) => graph("u").into_iter().zip(layer.held).for_each(|(b, a)| near(a, b)),
                Held::Radial(layer) => {
                    near(layer.held[0], graph("alpha")[0]);
                    near(layer.held[1], graph("beta")[0]);
                    // By the formulas of the paper, worked here.
                    let softplus = |v: f64| (1.0 + v.exp()).ln();
                    near(softplus(-4.0) + 1e-3, layer.held[0] as f32);
                    near(softplus(-4.0) - layer.held[0], layer.held[1] as f32);
                }
                Held::Sylvester(layer) => {
                    for row in [0, 1] {
                        near((-4.0_f64).tanh(), layer.held[row][0] as f32);
                        near(4.0_f64.tanh(), layer.held[row][1] as f32);
                    }
                }
            }
        }
    }

    #[test]
    fn planar_layers_learn_two_arcs_and_never_pass_the_integral() {
        let look = Look { kind: Kind::Planar, layers: 8, basis: Basis::default(), energy: Energy::Ring };
        let mut sampler = Sampler::new(&look, 541, (BackendChoice::Cpu, 1)).unwrap();
        let log_z = look.energy.log_integral(7.0, 700);
        sampler.see().unwrap();
        let before = sampler.reached(log_z);
        for _ in 0..1_800 {
            sampler.advance().unwrap();
        }
        assert_eq!(sampler.collect().unwrap(), None);
        // The curve has its points whether or not anybody looked meanwhile.
        let steps: Vec<f64> = sampler.curves().1.iter().map(|row| row[0]).collect();
        assert_eq!(steps, (0..36).map(|k| f64::from(50 * k)).collect::<Vec<_>>());
        let depths = sampler.see().unwrap();
        let after = sampler.reached(log_z);
        assert!(after.gap > -4.0 * after.error, "the ELBO is a lower bound: {after:?}");
        assert!(after.gap < 1.0 && before.gap > 3.0, "{before:?} {after:?}");
        assert!(after.inverse < 1e-3, "{after:?}");
        for layer in sampler.held().unwrap() {
            assert!(layer.numbers()[1] > layer.bound(), "{layer:?}");
        }
        // What a cell's mass and area say, against the density at its corners by the log-determinants.
        let log_q = sampler.session.read_output(sampler.looking, "log_q").unwrap();
        let last = depths.last().unwrap();
        let mut ratios = Vec::new();
        for (i, &density) in last.density.iter().enumerate() {
            let at = i / (GRID - 1) * GRID + i % (GRID - 1);
            let mean = [at, at + 1, at + GRID, at + GRID + 1].map(|i| log_q[i].exp()).iter().sum::<f32>() / 4.0;
            if mean > 0.02 {
                ratios.push((density / mean - 1.0).abs());
            }
        }
        ratios.sort_by(f32::total_cmp);
        assert!(ratios.len() > 300 && ratios[ratios.len() / 2] < 0.1, "{} {}", ratios.len(), ratios[ratios.len() / 2]);
    }
}
