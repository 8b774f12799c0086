//! A whole flow as a graph, in either direction.

use super::autoregressive::Autoregressive;
use super::coupling::Coupling;
use super::family::{Family, Jacobian, Mixing};
use super::ffjord::{Stretch, Velocity};
use super::linear::{Actnorm, Lu, Reverse, Scale};
use super::planar::Planar;
use super::radial::Radial;
use super::residual::Residual;
use super::sylvester::Sylvester;
use super::{Config, Layer, Moved, standard_normal};
use crate::graph::{Builder, Direction, Graph, GraphError, Mode, NodeId};

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

/// The state that holds the one class of all points, `[1,C]`, one-hot.
pub const SHOWN_CLASS: &str = "class.shown";

/// The class of each point as zeros and ones, `[B,C]`, where the flow has classes. Input: `class [B,1]`, -1 for none; or the state
/// [`SHOWN_CLASS`] where all points are of one.
pub(super) fn class(b: &mut Builder, config: &Config, batch: usize) -> Option<NodeId> {
    (config.classes > 0).then(|| {
        if config.one_class {
            let shown = b.state(SHOWN_CLASS, &[1, config.classes]);
            return b.expand(shown, &[batch, config.classes]);
        }
        let index = b.input("class", &[batch, 1]);
        b.one_hot(index, config.classes)
    })
}

/// Records data to latent. Inputs: `x [B,D]` and, with classes, `class [B,1]`: `log_prob` is then `ln p(x | class)`.
pub fn forward(b: &mut Builder, config: &Config, batch: usize) -> Nodes {
    let x = b.input("x", &[batch, config.dim]);
    let class = class(b, config, batch);
    let layers = layers(b, config, class);
    let (mut points, mut log_dets) = (vec![x], Vec::new());
    for layer in &layers {
        let moved = run(b, layer.as_deref(), Direction::Forward, points[points.len() - 1]);
        points.push(moved.to);
        log_dets.push(moved.log_det);
    }
    finish(b, points, log_dets, Direction::Forward)
}

/// Records latent to data. Inputs: `z [B,D]` and, with classes, `class [B,1]`. Log-determinants are those of the inverse maps.
pub fn inverse(b: &mut Builder, config: &Config, batch: usize) -> Nodes {
    let z = b.input("z", &[batch, config.dim]);
    let class = class(b, config, batch);
    let layers = layers(b, config, class);
    let (mut points, mut log_dets) = (vec![z], Vec::new());
    for layer in layers.iter().rev() {
        let moved = run(b, layer.as_deref(), Direction::Inverse, points[points.len() - 1]);
        points.push(moved.to);
        log_dets.push(moved.log_det);
    }
    points.reverse();
    log_dets.reverse();
    finish(b, points, log_dets, Direction::Inverse)
}

/// The layers, declared; none for one that is left out.
pub(super) fn layers(b: &mut Builder, config: &Config, class: Option<NodeId>) -> Vec<Option<Box<dyn Layer>>> {
    let velocity = match config.family {
        Family::Ffjord { .. } => Some(b.scope("velocity", |b| Velocity::declare(b, config.dim, config.width))),
        _ => None,
    };
    let layer = |(b, stage): (&mut Builder, usize)| -> Option<Box<dyn Layer>> {
        match (&velocity, config.family) {
            _ if config.mutes(stage) => None,
            (Some(velocity), Family::Ffjord { steps }) => Some(Box::new(Stretch::new(velocity.clone(), config, stage, steps))),
            // Its only array has the name of its scope.
            (_, Family::Nice) if stage == config.layers => Some(Box::new(Scale::declare(b, config.dim))),
            _ => Some(b.scope(config.scope(stage), |b| declare(b, config, stage, class))),
        }
    };
    (0..config.stages()).map(|stage| layer((b, stage))).collect()
}

fn declare(b: &mut Builder, config: &Config, stage: usize, class: Option<NodeId>) -> Box<dyn Layer> {
    match config.family {
        Family::Glow { mixing } => match (stage % 3, mixing) {
            (0, _) => Box::new(Actnorm::declare(b, config.dim)),
            (1, Mixing::Reverse) => Box::new(Reverse),
            (1, Mixing::Linear) => Box::new(Lu::declare(b, config.dim)),
            _ => Box::new(Coupling::declare(b, config, stage / 3, class)),
        },
        Family::Planar => Box::new(Planar::declare(b, config.dim)),
        Family::Radial => Box::new(Radial::declare(b, config.dim)),
        Family::Sylvester { basis } => Box::new(Sylvester::declare(b, config.dim, basis, stage)),
        Family::Residual => Box::new(Residual::declare(b, config.dim, config.width)),
        family if family.jacobian() == Jacobian::Autoregressive => Box::new(Autoregressive::declare(b, config, stage, class)),
        _ => Box::new(Coupling::declare(b, config, stage, class)),
    }
}

/// A layer that is left out is the identity.
fn run(b: &mut Builder, layer: Option<&dyn Layer>, direction: Direction, x: NodeId) -> Moved {
    match layer {
        Some(layer) => layer.run(b, direction, x),
        None => {
            let batch = b.shape(x).batch();
            Moved { to: x, log_det: b.fill(0.0, &[batch, 1]) }
        }
    }
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

/// What the conditioners of affine layers of the plane say, all of them for the same coordinate that they read: inputs `passive [B,1]` and,
/// with classes, `class [B,1]`, outputs `shift.k` and, where the layers scale, `log_scale.k`, each `[B,1]`, for every stage k that is an affine
/// coupling or autoregressive layer. The arrays are those of the flow itself; a layer that is left out speaks too. None where the family has no
/// such conditioner.
///
/// # Errors
/// A configuration of another dimension than 2.
pub fn conditioners(config: &Config, batch: usize) -> Result<Option<Graph>, GraphError> {
    if !(0..config.stages()).any(|stage| config.says_scale_and_shift(stage)) {
        return Ok(None);
    }
    let mut b = Builder::new(Mode::Evaluate);
    let passive = b.input("passive", &[batch, config.dim / 2]);
    let class = class(&mut b, config, batch);
    for stage in (0..config.stages()).filter(|&stage| config.says_scale_and_shift(stage)) {
        let settings = b.scope(config.scope(stage), |b| match config.coupling(stage) {
            Some(index) => Coupling::declare(b, config, index, class).affine_settings(b, passive, config),
            None => Some(Autoregressive::declare(b, config, stage, class).affine_settings(b, passive)),
        });
        let Some((log_scale, shift)) = settings else { continue };
        b.output(&format!("shift.{stage}"), shift);
        if let Some(log_scale) = log_scale {
            b.output(&format!("log_scale.{stage}"), log_scale);
        }
    }
    b.finish().map(Some)
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
