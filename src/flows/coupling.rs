//! Coupling layers: one half of the coordinates stays, the other moves by an increasing map that reads the first half (1410.8516, 1605.08803).
//!
//! So the Jacobian is triangular in two blocks, its log-determinant a sum, and the inverse as cheap as the layer itself.

use super::config::Config;
use super::monotone::{Affine, Monotone, of_family};
use super::{Layer, Moved};
use crate::graph::{Builder, Direction, NodeId};
use crate::nn::Mlp;

/// One coupling.
pub(super) struct Coupling {
    map: Box<dyn Monotone>,
    net: Mlp,
    half: usize,
    first_is_passive: bool,
}

impl Coupling {
    /// Declares coupling `index`.
    pub(super) fn declare(b: &mut Builder, config: &Config, index: usize) -> Coupling {
        let map = of_family(b, config.family, config.width);
        let passive = config.passive(index).len();
        let outputs = (config.dim - passive) * map.parameters();
        let net = Mlp::declare(b, passive, config.width, outputs, config.activation);
        Coupling { map, net, half: config.dim / 2, first_is_passive: config.first_half_is_passive(index) }
    }

    /// What the conditioner says of passive coordinates `[B,P]`: log-scales, where it scales, and shifts; none for a spline.
    pub(super) fn affine_settings(&self, b: &mut Builder, passive: NodeId, config: &Config) -> Option<(Option<NodeId>, NodeId)> {
        let raw = self.net.apply(b, passive);
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
        let dim = b.shape(x).last();
        let first = b.slice(x, 1, 0, self.half);
        let last = b.slice(x, 1, self.half, dim - self.half);
        let (passive, moved) = if self.first_is_passive { (first, last) } else { (last, first) };
        let raw = self.net.apply(b, passive);
        let Moved { to, log_det } = self.map.run(b, direction, moved, raw);
        let halves = if self.first_is_passive { [first, to] } else { [to, last] };
        Moved { to: b.concat(&halves, 1), log_det }
    }
}
