//! MADE (Germain et al. 2015, 1502.03509): a perceptron whose outputs for a coordinate read only the coordinates before it.

use super::config::Config;
use crate::graph::{Builder, NodeId};
use crate::nn::Mlp;

/// The masks of a MADE in one order of its coordinates.
///
/// Coordinate d has the degree of its place in the order, 1..=D; hidden unit k the degree `1 + k mod (D - 1)`. A hidden unit reads what has at
/// most its own degree, an output what has less. In the plane every hidden unit has degree 1: the second coordinate reads the first. Classes
/// have degree 0: every unit reads them, and with them the hidden degrees begin at 0, for the outputs of the first coordinate.
pub(super) struct Order {
    /// Coordinates, first to last.
    places: Vec<usize>,
}

impl Order {
    /// Ascending, or descending: layers take turns.
    pub(super) fn new(dim: usize, descending: bool) -> Order {
        let places = if descending { (0..dim).rev().collect() } else { (0..dim).collect() };
        Order { places }
    }

    /// Coordinates, first to last.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// The network, with `parameters` outputs for each coordinate; it reads the coordinates and then the classes.
    pub(super) fn made(&self, b: &mut Builder, config: &Config, parameters: usize, class: Option<NodeId>) -> Made {
        let (dim, width) = (self.places.len(), config.width);
        let mut degrees = vec![0; dim];
        for (place, &coordinate) in self.places.iter().enumerate() {
            degrees[coordinate] = place + 1;
        }
        let least = usize::from(config.classes == 0);
        let hidden: Vec<usize> = (0..width).map(|k| least + k % (dim - least).max(1)).collect();
        let outputs: Vec<usize> = degrees.iter().flat_map(|&d| std::iter::repeat_n(d, parameters)).collect();
        let reads = |from: &[usize], to: &[usize], strictly: bool| -> Vec<f64> {
            let joined = |from: usize, to: usize| f64::from(u8::from(if strictly { to > from } else { to >= from }));
            from.iter().flat_map(|&f| to.iter().map(move |&t| joined(f, t))).collect()
        };
        let inputs = [degrees, vec![0; config.classes]].concat();
        let masks = [reads(&inputs, &hidden, false), reads(&hidden, &hidden, false), reads(&hidden, &outputs, true)];
        let sizes = [inputs.len(), width, width, dim * parameters];
        Made { net: Mlp::declare_masked(b, sizes, config.activation, masks), parameters, class }
    }
}

/// A masked perceptron.
pub(super) struct Made {
    net: Mlp,
    parameters: usize,
    /// `[B,C]`, one-hot.
    class: Option<NodeId>,
}

impl Made {
    /// The raw parameters of every coordinate, `[B, D*P]`.
    pub(super) fn all(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let read = match self.class {
            Some(class) => b.concat(&[x, class], 1),
            None => x,
        };
        self.net.apply(b, read)
    }

    /// Those of one coordinate, `[B, P]`; coordinates that come after it may hold anything.
    pub(super) fn one(&self, b: &mut Builder, x: NodeId, coordinate: usize) -> NodeId {
        let all = self.all(b, x);
        b.slice(all, 1, coordinate * self.parameters, self.parameters)
    }
}
