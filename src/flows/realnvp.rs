//! RealNVP (Dinh, Sohl-Dickstein, Bengio 2017, 1605.08803) and NICE (1410.8516): stacks of coupling layers.
//!
//! A coupling leaves one half of the coordinates alone and moves the other by a map whose scale and shift are any function of the first
//! half. So its Jacobian is triangular, its log-determinant a sum, and its inverse as cheap as itself.
//!
//! ```text
//! forward  y_1 = x_1,  y_2 = x_2 e^{s(x_1)} + t(x_1)        log|det J| = sum s
//! inverse  x_1 = y_1,  x_2 = (y_2 - t(y_1)) e^{-s(y_1)}     log|det J| = -sum s
//! s = c tanh(s_raw / c), c = 2
//! ```
//!
//! The paper learns the bound c for each channel; here it is fixed, so a layer stretches by at most e^2 whatever training does.
//!
//! NICE is the same with `s = 0` and one diagonal scale at the end: every coupling keeps volume.

use serde::{Deserialize, Serialize};

use super::standard_normal;
use crate::graph::{Builder, Direction, Graph, GraphError, Init, Mode, NodeId};
use crate::nn::{self, Activation};

/// Largest log-scale of one coupling: a layer stretches by at most e^2.
const LOG_SCALE_BOUND: f64 = 2.0;

/// Size and shape of a RealNVP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Dimension D of a point, 2 or more.
    pub dim: usize,
    /// Number of couplings, 1 to 32.
    pub layers: usize,
    /// Width of the two hidden layers of each conditioner.
    pub width: usize,
    /// Nonlinearity of the conditioners.
    pub activation: Activation,
    /// NICE: additive couplings and one diagonal scale at the end.
    pub additive: bool,
    /// Layers that are left out, a bit each, counted as [`Config::stages`] counts: the flow is the composition of the others. A layer that is
    /// left out is the identity with log-determinant 0, and its parameters are not declared.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub muted: u64,
}

fn is_zero(bits: &u64) -> bool {
    *bits == 0
}

impl Default for Config {
    fn default() -> Config {
        Config { dim: 2, layers: 8, width: 64, activation: Activation::Relu, additive: false, muted: 0 }
    }
}

impl Config {
    /// Number of layers that have a log-determinant: the couplings and, for NICE, the final scale.
    pub fn stages(&self) -> usize {
        self.layers + usize::from(self.additive)
    }

    /// Whether layer `stage` is left out.
    pub fn mutes(&self, stage: usize) -> bool {
        self.muted >> stage & 1 == 1
    }

    /// Whether a parameter belongs to layer `stage`.
    pub fn owns(&self, stage: usize, parameter: &str) -> bool {
        if stage == self.layers { parameter == "scale" } else { parameter.starts_with(&format!("coupling.{stage}.")) }
    }

    /// Passive coordinates of coupling `layer`: the first half in even layers, the rest in odd ones.
    pub fn passive(&self, layer: usize) -> std::ops::Range<usize> {
        let half = self.dim / 2;
        if layer.is_multiple_of(2) { 0..half } else { half..self.dim }
    }
}

/// The nodes of a recorded flow, in either direction.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// The points between the layers, `[B,D]`: `points[0]` is x, `points[k]` is after layer k, the last is z (in both directions).
    pub points: Vec<NodeId>,
    /// Log-determinant of each layer in the recorded direction, `[B,1]`.
    pub log_dets: Vec<NodeId>,
    /// `ln N(z; 0, I)`, `[B,1]`.
    pub log_base: NodeId,
    /// `ln p(x)`, `[B,1]`, nats.
    pub log_prob: NodeId,
}

/// Records data to latent. Input: `x [B,D]`.
pub fn forward(b: &mut Builder, config: &Config, batch: usize) -> Nodes {
    let x = b.input("x", &[batch, config.dim]);
    let mut halves = split(b, config, x);
    let (mut points, mut log_dets) = (vec![x], Vec::new());
    for layer in 0..config.layers {
        let log_det = b.scope(format!("coupling.{layer}"), |b| couple(b, config, layer, Direction::Forward, &mut halves));
        log_dets.push(log_det);
        points.push(b.concat(&halves, 1));
    }
    let last = points[config.layers];
    if config.additive && config.mutes(config.layers) {
        points.push(last);
        log_dets.push(b.fill(0.0, &[batch, 1]));
    } else if config.additive {
        let scale = b.parameter("scale", &[config.dim], Init::Zeros);
        let factor = b.exp(scale);
        points.push(b.mul(last, factor));
        log_dets.push(scale_log_det(b, scale, batch));
    }
    finish(b, points, log_dets, Direction::Forward)
}

/// Records latent to data. Input: `z [B,D]`. Log-determinants are those of the inverse maps.
pub fn inverse(b: &mut Builder, config: &Config, batch: usize) -> Nodes {
    let z = b.input("z", &[batch, config.dim]);
    let (mut points, mut log_dets) = (vec![z], Vec::new());
    let mut current = z;
    if config.additive && config.mutes(config.layers) {
        points.push(z);
        log_dets.push(b.fill(0.0, &[batch, 1]));
    } else if config.additive {
        let scale = b.parameter("scale", &[config.dim], Init::Zeros);
        let minus = b.neg(scale);
        let factor = b.exp(minus);
        current = b.mul(z, factor);
        points.push(current);
        let log_det = scale_log_det(b, scale, batch);
        log_dets.push(b.neg(log_det));
    }
    let mut halves = split(b, config, current);
    for layer in (0..config.layers).rev() {
        let log_det = b.scope(format!("coupling.{layer}"), |b| couple(b, config, layer, Direction::Inverse, &mut halves));
        log_dets.push(log_det);
        points.push(b.concat(&halves, 1));
    }
    points.reverse();
    log_dets.reverse();
    finish(b, points, log_dets, Direction::Inverse)
}

/// The evaluation graph: outputs `point.k`, `log_det.k`, `log_base`, `log_prob`.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn evaluation(config: &Config, batch: usize, direction: Direction) -> Result<Graph, GraphError> {
    let mut b = Builder::new(if direction == Direction::Forward { Mode::Evaluate } else { Mode::Inverse });
    let nodes = match direction {
        Direction::Forward => forward(&mut b, config, batch),
        Direction::Inverse => inverse(&mut b, config, batch),
    };
    for (k, &point) in nodes.points.iter().enumerate() {
        b.output(&format!("point.{k}"), point);
    }
    for (k, &log_det) in nodes.log_dets.iter().enumerate() {
        b.output(&format!("log_det.{k}"), log_det);
    }
    b.output("log_base", nodes.log_base);
    b.output("log_prob", nodes.log_prob);
    b.finish()
}

/// The graph of the likelihood alone, with the output `log_prob [B,1]`: what scoring, test curves and density fields run.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn likelihood(config: &Config, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = forward(&mut b, config, batch);
    b.output("log_prob", nodes.log_prob);
    b.finish()
}

/// One coupling: replaces the moved half and gives the log-determinant `[B,1]`.
fn couple(b: &mut Builder, config: &Config, layer: usize, direction: Direction, halves: &mut [NodeId; 2]) -> NodeId {
    let passive = layer % 2;
    let moved = 1 - passive;
    let (conditioner_input, x) = (halves[passive], halves[moved]);
    let dim = b.shape(x).last();
    if config.mutes(layer) {
        let batch = b.shape(x).batch();
        return b.fill(0.0, &[batch, 1]);
    }
    let (log_scale, shift) = conditioner(b, config, conditioner_input, dim);
    let Some(log_scale) = log_scale else {
        halves[moved] = match direction {
            Direction::Forward => b.add(x, shift),
            Direction::Inverse => b.sub(x, shift),
        };
        let batch = b.shape(x).batch();
        return b.fill(0.0, &[batch, 1]);
    };
    let moved_and_log_det = b.affine_coupling(direction, x, log_scale, shift);
    halves[moved] = b.slice(moved_and_log_det, 1, 0, dim);
    b.slice(moved_and_log_det, 1, dim, 1)
}

/// Log-scale and shift of `dim` moved coordinates, given the passive ones `[B, P]`; NICE has no log-scale.
fn conditioner(b: &mut Builder, config: &Config, passive: NodeId, dim: usize) -> (Option<NodeId>, NodeId) {
    if config.additive {
        return (None, nn::mlp(b, passive, config.width, dim, config.activation));
    }
    let raw = nn::mlp(b, passive, config.width, 2 * dim, config.activation);
    let (raw_scale, shift) = (b.slice(raw, 1, 0, dim), b.slice(raw, 1, dim, dim));
    let shrunk = b.scale(raw_scale, 1.0 / LOG_SCALE_BOUND);
    let squashed = b.tanh(shrunk);
    (Some(b.scale(squashed, LOG_SCALE_BOUND)), shift)
}

/// What the conditioners of a flow of the plane say, all of them for the same passive coordinates: input `passive [B,1]`, outputs `shift.k`
/// and, where the couplings scale, `log_scale.k`, each `[B,1]`. The nodes are those of the flow itself; a layer that is left out speaks too.
///
/// # Errors
/// A configuration of another dimension than 2.
pub fn conditioners(config: &Config, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let passive = b.input("passive", &[batch, config.dim / 2]);
    for layer in 0..config.layers {
        let (log_scale, shift) = b.scope(format!("coupling.{layer}"), |b| conditioner(b, config, passive, config.dim / 2));
        b.output(&format!("shift.{layer}"), shift);
        if let Some(log_scale) = log_scale {
            b.output(&format!("log_scale.{layer}"), log_scale);
        }
    }
    b.finish()
}

fn split(b: &mut Builder, config: &Config, x: NodeId) -> [NodeId; 2] {
    let half = config.dim / 2;
    [b.slice(x, 1, 0, half), b.slice(x, 1, half, config.dim - half)]
}

/// Log-determinant of `z = e^scale y`: the sum of the scales, for every point.
fn scale_log_det(b: &mut Builder, scale: NodeId, batch: usize) -> NodeId {
    let sum = b.sum_all(scale);
    b.expand(sum, &[batch, 1])
}

/// `ln p(x) = ln N(z) + sum_k log|det J_k|`, with the sign turned for the inverse maps.
fn finish(b: &mut Builder, points: Vec<NodeId>, log_dets: Vec<NodeId>, direction: Direction) -> Nodes {
    let z = points[points.len() - 1];
    let log_base = standard_normal(b, z);
    let log_prob = log_dets.iter().fold(log_base, |sum, &log_det| match direction {
        Direction::Forward => b.add(sum, log_det),
        Direction::Inverse => b.sub(sum, log_det),
    });
    Nodes { points, log_dets, log_base, log_prob }
}
