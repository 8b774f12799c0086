//! Continuous flows (FFJORD, Grathwohl et al. 2019, 1810.01367): data become noise by the motion `dx/dt = f(x, t)`, t from 0 to 1.
//!
//! ```text
//! d log|det J| / dt = tr(df/dx)          so  ln p(x) = ln N(x(1)) + integral from 0 to 1 of tr(df/dx) dt
//! ```
//!
//! The trace is exact: the Jacobian of f is carried along. Each layer is a stretch of time of length 1/L, crossed by classical Runge-Kutta
//! steps, whose gradient is the exact one of what is computed; the inverse runs the same steps with time reversed. Its error against the
//! forward steps is of the fifth order in their length.

use super::config::Config;
use super::tangents::Tangents;
use super::{Layer, Moved, Scene};
use crate::graph::{Builder, Direction, Init, NodeId};

/// Evaluations of the velocity in `steps` steps.
pub(super) fn evaluations(steps: usize) -> usize {
    4 * steps
}

/// The velocity: a tanh network of three hidden layers; time enters each of them.
#[derive(Clone)]
pub(super) struct Velocity {
    /// Weight, bias, and the column by which time enters.
    layers: [[NodeId; 3]; 4],
}

impl Velocity {
    /// Declares it; its last layer starts at zero, so that nothing moves.
    pub(super) fn declare(b: &mut Builder, dim: usize, width: usize) -> Velocity {
        let sizes = [dim, width, width, width, dim];
        let mut layer = 0;
        let layers = ["hidden_1", "hidden_2", "hidden_3", "out"].map(|name| {
            let dims = [sizes[layer], sizes[layer + 1]];
            let init = if layer == 3 { Init::Zeros } else { Init::lecun(dims[0]) };
            layer += 1;
            b.scope(name, |b| {
                let time = if layer == 4 { Init::Zeros } else { Init::Normal(0.3) };
                [b.parameter("weight", &dims, init), b.parameter("bias", &dims[1..], Init::Zeros), b.parameter("time", &dims[1..], time)]
            })
        });
        Velocity { layers }
    }

    /// `f(x, t)` and the trace of its Jacobian, `[B,1]`; `t [1]`.
    pub(super) fn at(&self, b: &mut Builder, x: NodeId, t: NodeId) -> (NodeId, NodeId) {
        let dim = b.shape(x).last();
        let mut hidden = None;
        for (layer, &[weight, bias, time]) in self.layers.iter().enumerate() {
            let late = b.mul(time, t);
            let bias = b.add(bias, late);
            let linear = match &hidden {
                None => Tangents::first(b, x, weight, bias),
                Some(before) => Tangents::linear(before, b, weight, bias),
            };
            hidden = Some(if layer < 3 { linear.tanh(b) } else { linear });
        }
        let f = hidden.expect("the network has layers");
        let mut trace = f.entry(b, 0, 0);
        for d in 1..dim {
            let entry = f.entry(b, d, d);
            trace = b.add(trace, entry);
        }
        (f.value, trace)
    }
}

/// A stretch of time.
pub(super) struct Stretch {
    velocity: Velocity,
    from: f64,
    to: f64,
    steps: usize,
}

impl Stretch {
    /// Stretch `stage` of the configuration.
    pub(super) fn new(velocity: Velocity, config: &Config, stage: usize, steps: usize) -> Stretch {
        let at = |stage: usize| stage as f64 / config.layers as f64;
        Stretch { velocity, from: at(stage), to: at(stage + 1), steps }
    }
}

impl Stretch {
    /// A step of length h from time t: the points, and what it adds to the log-determinant.
    fn step(&self, b: &mut Builder, x: NodeId, t: f64, h: f64) -> (NodeId, NodeId) {
        let [begin, middle, end] = [t, t + h / 2.0, t + h].map(|t| b.scalar(t));
        let first = self.velocity.at(b, x, begin);
        let half = moved(b, x, first.0, h / 2.0);
        let second = self.velocity.at(b, half, middle);
        let half = moved(b, x, second.0, h / 2.0);
        let third = self.velocity.at(b, half, middle);
        let whole = moved(b, x, third.0, h);
        let fourth = self.velocity.at(b, whole, end);
        let stages = [first, second, third, fourth];
        let motion = weighted(b, stages.map(|s| s.0));
        let growth = weighted(b, stages.map(|s| s.1));
        (moved(b, x, motion, h / 6.0), b.scale(growth, h / 6.0))
    }
}

impl Layer for Stretch {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let (from, to) = if direction == Direction::Forward { (self.from, self.to) } else { (self.to, self.from) };
        let h = (to - from) / self.steps as f64;
        let (mut x, mut log_det) = (x, None);
        for step in 0..self.steps {
            let part;
            (x, part) = self.step(b, x, from + step as f64 * h, h);
            log_det = Some(match log_det {
                Some(sum) => b.add(sum, part),
                None => part,
            });
        }
        let batch = b.shape(x).batch();
        Moved { to: x, log_det: log_det.unwrap_or_else(|| b.fill(0.0, &[batch, 1])) }
    }

    fn portrait(&self, b: &mut Builder, scene: &Scene) -> Vec<(&'static str, NodeId)> {
        let h = (self.to - self.from) / self.steps as f64;
        let mut places = vec![scene.places];
        for step in 0..self.steps {
            let last = places[step];
            places.push(self.step(b, last, self.from + step as f64 * h, h).0);
        }
        vec![("motion", b.concat(&places[1..], 1))]
    }
}

/// `x + h v`.
fn moved(b: &mut Builder, x: NodeId, v: NodeId, h: f64) -> NodeId {
    let change = b.scale(v, h);
    b.add(x, change)
}

/// `k_1 + 2 k_2 + 2 k_3 + k_4`.
fn weighted(b: &mut Builder, [first, second, third, fourth]: [NodeId; 4]) -> NodeId {
    let middle = b.add(second, third);
    let twice = b.scale(middle, 2.0);
    let ends = b.add(first, fourth);
    b.add(ends, twice)
}
