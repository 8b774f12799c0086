//! Autoregressive layers: each coordinate moves by an increasing map that reads the coordinates before it.
//!
//! ```text
//! MAF  z_t = f(x_t; x_<t)      one pass gives z; x needs a pass for each coordinate
//! IAF  x_t = f(z_t; z_<t)      the same map read the other way: one pass gives x, z needs D
//! ```
//!
//! The Jacobian is triangular either way, so its log-determinant is the sum of the logarithms of the slopes. Layers take turns in the order
//! of the coordinates.

mod sweep;

pub use sweep::jacobi_sweep;

use super::config::Config;
use super::family::Family;
use super::made::{Made, Order};
use super::monotone::{Affine, Monotone, drawn, of_family};
use super::{Layer, Moved, Scene};
use crate::graph::{Builder, Direction, NodeId};

/// One layer.
pub(super) struct Autoregressive {
    map: Box<dyn Monotone>,
    made: Made,
    order: Order,
    /// The network reads the latent side.
    reads_latent: bool,
}

impl Autoregressive {
    /// Declares layer `stage`.
    pub(super) fn declare(b: &mut Builder, config: &Config, stage: usize, class: Option<NodeId>) -> Autoregressive {
        let map = of_family(b, config.family, config.width);
        let order = Order::new(config.dim, stage % 2 == 1);
        let made = order.made(b, config, map.parameters(), class);
        Autoregressive { map, made, order, reads_latent: config.family == Family::Iaf }
    }

    /// Log-scales and shifts `[B,1]` of the last coordinate of an affine layer of the plane, for values `[B,1]` of the first.
    pub(super) fn affine_settings(&self, b: &mut Builder, first: NodeId) -> (Option<NodeId>, NodeId) {
        let zero = b.fill(0.0, &[b.shape(first).batch(), 1]);
        let places = self.order.places();
        let known: Vec<NodeId> = (0..places.len()).map(|axis| if axis == places[0] { first } else { zero }).collect();
        let known = b.concat(&known, 1);
        let raw = self.made.one(b, known, places[places.len() - 1]);
        let (log_scale, shift) = Affine::settings(b, raw);
        (Some(log_scale), shift)
    }

    /// One pass: the side that the network reads is known.
    fn at_once(&self, b: &mut Builder, known: NodeId) -> Moved {
        let raw = self.made.all(b, known);
        self.map.forward(b, known, raw)
    }

    /// Coordinate by coordinate: each is found from its image and from those before it.
    fn by_dimension(&self, b: &mut Builder, image: NodeId) -> Moved {
        let shape = b.shape(image);
        let zero = b.fill(0.0, &[shape.batch(), 1]);
        let mut found = vec![zero; shape.last()];
        let mut log_det = None;
        for &coordinate in self.order.places() {
            let so_far = b.concat(&found, 1);
            let raw = self.made.one(b, so_far, coordinate);
            let target = b.slice(image, 1, coordinate, 1);
            let moved = self.map.inverse(b, target, raw);
            found[coordinate] = moved.to;
            log_det = Some(match log_det {
                Some(sum) => b.add(sum, moved.log_det),
                None => moved.log_det,
            });
        }
        Moved { to: b.concat(&found, 1), log_det: log_det.unwrap_or(zero) }
    }
}

impl Layer for Autoregressive {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let known = (direction == Direction::Forward) != self.reads_latent;
        if known { self.at_once(b, x) } else { self.by_dimension(b, x) }
    }

    /// The map of the last coordinate, given the first as it is, and the map of the first, which reads nothing.
    fn portrait(&self, b: &mut Builder, scene: &Scene) -> Vec<(&'static str, NodeId)> {
        let known = if self.reads_latent { scene.after } else { scene.before };
        let mut own = |coordinate: usize| {
            let raw = self.made.one(b, known, coordinate);
            let moved = b.slice(known, 1, coordinate, 1);
            drawn(b, self.map.as_ref(), raw, scene.line, moved)
        };
        let places = self.order.places();
        let mut all = own(places[places.len() - 1]);
        all.extend(own(places[0]).into_iter().filter_map(|(name, node)| {
            let first = match name {
                "map" => "first_map",
                "log_slope" => "first_log_slope",
                "log_slope_here" => "first_log_slope_here",
                _ => return None,
            };
            Some((first, node))
        }));
        all
    }
}
