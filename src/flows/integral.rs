//! Unconstrained monotonic neural networks (Wehenkel and Louppe 2019, 1908.05164, eq. 2): an increasing map as the integral of a positive
//! network.
//!
//! ```text
//! y = c(h) + integral from 0 to x of g(u, h) du,   g = ELU(net(u, h)) + 1 + 1e-3,   ln dy/dx = ln g(x, h)
//! ```
//!
//! Clenshaw and Curtis's rule has a node at x itself, which gives the slope for nothing. The network is one for all coordinates; each has
//! its own h.

use super::Moved;
use super::monotone::{Monotone, columns, lowered, raised};
use super::quadrature::clenshaw_curtis;
use super::root;
use crate::graph::{Builder, Init, NodeId, Unary};

/// `ELU + 1` underflows far below zero: this is added.
const FLOOR: f64 = 1e-3;
/// Width of h.
const EMBEDDING: usize = 8;
/// Where an inverse is looked for.
const REACH: f64 = 30.0;

/// The integrand's network and the rule.
pub(super) struct Integral {
    order: usize,
    width: usize,
    /// From u, from h, and the bias, to the first hidden layer.
    from_u: NodeId,
    from_h: NodeId,
    bias: NodeId,
    hidden: [NodeId; 2],
    out: [NodeId; 2],
}

impl Integral {
    /// Declares the network `integrand`: one hidden layer reads u and h, a second follows. The last starts at zero: the map starts as the
    /// identity, 0.1 % too steep.
    pub(super) fn declare(b: &mut Builder, order: usize, width: usize) -> Integral {
        let width = width.min(32);
        b.scope("integrand", |b| Integral {
            order,
            width,
            from_u: b.parameter("from_u", &[1, width], Init::Normal(0.5)),
            from_h: b.parameter("from_h", &[EMBEDDING, width], Init::Normal(0.5)),
            bias: b.parameter("bias", &[width], Init::Normal(0.5)),
            hidden: [b.parameter("hidden.weight", &[width, width], Init::lecun(width)), b.parameter("hidden.bias", &[width], Init::Zeros)],
            out: [b.parameter("out.weight", &[width, 1], Init::Zeros), b.parameter("out.bias", &[1], Init::Zeros)],
        })
    }

    /// What the first layer has from h, with its bias, `[B,D,1,width]`.
    fn context(&self, b: &mut Builder, raw: NodeId) -> NodeId {
        let h = columns(b, raw, self.parameters(), 0, EMBEDDING);
        let shape = b.shape(h);
        let (batch, dim) = (shape.batch(), shape.dims()[1]);
        let rows = b.reshape(h, &[batch * dim, EMBEDDING]);
        let product = b.matmul(rows, self.from_h);
        let sum = b.add(product, self.bias);
        b.reshape(sum, &[batch, dim, 1, self.width])
    }

    /// `g` at `u [B,D,N]`.
    fn integrand(&self, b: &mut Builder, context: NodeId, u: NodeId) -> NodeId {
        let shape = b.shape(u);
        let dims = [shape.batch(), shape.dims()[1], shape.last()];
        let column = b.reshape(u, &[dims[0], dims[1], dims[2], 1]);
        let weight = b.reshape(self.from_u, &[1, 1, 1, self.width]);
        let product = b.mul(column, weight);
        let sum = b.add(product, context);
        let first = b.tanh(sum);
        let rows = b.reshape(first, &[dims.iter().product(), self.width]);
        let product = b.matmul(rows, self.hidden[0]);
        let sum = b.add(product, self.hidden[1]);
        let second = b.tanh(sum);
        let product = b.matmul(second, self.out[0]);
        let raw = b.add(product, self.out[1]);
        // ELU(v) + 1 = max(v, 0) + e^{v - max(v, 0)}, whose slope at 0, where the last layer starts, is 1: by two rectifiers it would be 0, and
        // nothing would ever be learned.
        let up = b.relu(raw);
        let down = b.sub(raw, up);
        let down = b.exp(down);
        let positive = b.add(up, down);
        let g = b.offset(positive, FLOOR);
        b.reshape(g, &dims)
    }

    /// Where the rule looks at the integrand between 0 and `x [B,D,1]`, `[B,D,N+1]`: first at x itself.
    fn nodes(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let (nodes, _) = clenshaw_curtis(self.order);
        let count = nodes.len();
        let places = b.table(nodes.iter().map(|n| 0.5 * (1.0 + n)).collect(), &[1, 1, count]);
        b.mul(x, places)
    }

    /// `y` and the slope at `x [B,D,1]`.
    fn at(&self, b: &mut Builder, context: NodeId, constant: NodeId, x: NodeId) -> (NodeId, NodeId) {
        let (_, weights) = clenshaw_curtis(self.order);
        let count = weights.len();
        let weights = b.table(weights.iter().map(|w| 0.5 * w).collect(), &[1, 1, count]);
        let u = self.nodes(b, x);
        let g = self.integrand(b, context, u);
        let weighted = b.mul(g, weights);
        let mean = b.sum(weighted, &[2]);
        let area = b.mul(mean, x);
        (b.add(constant, area), b.slice(g, 2, 0, 1))
    }

    fn prepared(&self, b: &mut Builder, raw: NodeId) -> (NodeId, NodeId) {
        (self.context(b, raw), columns(b, raw, self.parameters(), EMBEDDING, 1))
    }
}

impl Monotone for Integral {
    fn parameters(&self) -> usize {
        EMBEDDING + 1
    }

    fn landmarks(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Vec<(&'static str, NodeId)> {
        let (context, _) = self.prepared(b, raw);
        let x = raised(b, x);
        let u = self.nodes(b, x);
        vec![("nodes_x", u), ("nodes_y", self.integrand(b, context, u))]
    }

    fn forward(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Moved {
        let (context, constant) = self.prepared(b, raw);
        let x = raised(b, x);
        let (y, slope) = self.at(b, context, constant, x);
        let log_slope = b.unary(Unary::Log, slope);
        lowered(b, y, log_slope, 1.0)
    }

    fn inverse(&self, b: &mut Builder, y: NodeId, raw: NodeId) -> Moved {
        let (context, constant) = self.prepared(b, raw);
        let y = raised(b, y);
        let bracket = [b.scalar(-REACH), b.scalar(REACH)];
        let x = root::find(b, y, bracket, |b, x| self.at(b, context, constant, x));
        let (_, slope) = self.at(b, context, constant, x);
        let log_slope = b.unary(Unary::Log, slope);
        lowered(b, x, log_slope, -1.0)
    }
}
