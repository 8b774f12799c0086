//! Coupling layers: some coordinates stay, the others move by an increasing map that reads the first (1410.8516, 1605.08803), and the class of
//! the point where the flow has classes.
//!
//! So the Jacobian is triangular in two blocks, its log-determinant a sum, and the inverse as cheap as the layer itself.

use super::config::Config;
use super::monotone::{Affine, Monotone, drawn, of_family};
use super::{Layer, Moved, Scene};
use crate::graph::{Builder, Direction, NodeId};
use crate::nn::Mlp;

/// One coupling.
pub(super) struct Coupling {
    map: Box<dyn Monotone>,
    net: Mlp,
    /// Whether each coordinate stays.
    stays: Vec<bool>,
    /// `[B,C]`, one-hot.
    class: Option<NodeId>,
}

impl Coupling {
    /// Declares coupling `index`.
    pub(super) fn declare(b: &mut Builder, config: &Config, index: usize, class: Option<NodeId>) -> Coupling {
        let map = of_family(b, config.family, config.width);
        let passive = config.passive(index);
        let outputs = (config.dim - passive.len()) * map.parameters();
        let net = Mlp::declare(b, passive.len() + config.classes, config.width, outputs, config.activation);
        Coupling { map, net, stays: (0..config.dim).map(|d| passive.contains(&d)).collect(), class }
    }

    /// The conditioner's raw parameters for passive coordinates `[B,P]`.
    fn conditioned(&self, b: &mut Builder, passive: NodeId) -> NodeId {
        let read = match self.class {
            Some(class) => b.concat(&[passive, class], 1),
            None => passive,
        };
        self.net.apply(b, read)
    }

    /// The coordinates of x that stay, or those that move.
    fn part(&self, b: &mut Builder, x: NodeId, stays: bool) -> NodeId {
        let of_side = runs(&self.stays).into_iter().filter(|run| run.2 == stays);
        let parts: Vec<NodeId> = of_side.map(|(start, length, _)| b.slice(x, 1, start, length)).collect();
        if parts.len() == 1 { parts[0] } else { b.concat(&parts, 1) }
    }

    /// Both parts, each coordinate at its place.
    fn joined(&self, b: &mut Builder, passive: NodeId, moved: NodeId) -> NodeId {
        let runs = runs(&self.stays);
        let (mut of_passive, mut of_moved) = (0, 0);
        let parts: Vec<NodeId> = runs
            .iter()
            .map(|&(_, length, stays)| {
                let (side, from) = if stays { (passive, &mut of_passive) } else { (moved, &mut of_moved) };
                *from += length;
                let start = *from - length;
                // In the plane, and where halves are whole, a part is one run.
                if runs.len() == 2 { side } else { b.slice(side, 1, start, length) }
            })
            .collect();
        b.concat(&parts, 1)
    }

    /// What the conditioner says of passive coordinates `[B,P]`: log-scales, where it scales, and shifts; none for a spline.
    pub(super) fn affine_settings(&self, b: &mut Builder, passive: NodeId, config: &Config) -> Option<(Option<NodeId>, NodeId)> {
        let raw = self.conditioned(b, passive);
        match config.family {
            super::Family::Nice => Some((None, raw)),
            super::Family::RealNvp | super::Family::Glow { .. } => {
                let (log_scale, shift) = Affine::settings(b, raw);
                Some((Some(log_scale), shift))
            }
            _ => None,
        }
    }
}

impl Layer for Coupling {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let (passive, moved) = (self.part(b, x, true), self.part(b, x, false));
        let raw = self.conditioned(b, passive);
        let Moved { to, log_det } = self.map.run(b, direction, moved, raw);
        Moved { to: self.joined(b, passive, to), log_det }
    }

    fn portrait(&self, b: &mut Builder, scene: &Scene) -> Vec<(&'static str, NodeId)> {
        let [passive, moved] = [true, false].map(|stays| self.part(b, scene.before, stays));
        let raw = self.conditioned(b, passive);
        drawn(b, self.map.as_ref(), raw, scene.line, moved)
    }
}

/// Stretches of neighbours on one side: start, length, whether they stay.
fn runs(stays: &[bool]) -> Vec<(usize, usize, bool)> {
    let mut start = 0;
    stays
        .chunk_by(|a, b| a == b)
        .map(|run| {
            start += run.len();
            (start - run.len(), run.len(), run[0])
        })
        .collect()
}
