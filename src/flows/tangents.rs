//! Networks with their Jacobians: the value of a perceptron and its derivative by every input, carried along together.

use crate::graph::{Builder, NodeId, Unary};

/// A value `[B,H]` and its derivative by each of the D inputs, `[B,H]` each (`[1,H]` while it is the same for all points).
pub(super) struct Tangents {
    pub(super) value: NodeId,
    pub(super) by_input: Vec<NodeId>,
}

impl Tangents {
    /// `x W + bias` of the inputs themselves: the derivatives are the rows of W.
    pub(super) fn first(b: &mut Builder, x: NodeId, weight: NodeId, bias: NodeId) -> Tangents {
        let dim = b.shape(x).last();
        let product = b.matmul(x, weight);
        Tangents { value: b.add(product, bias), by_input: (0..dim).map(|d| b.slice(weight, 0, d, 1)).collect() }
    }

    /// `value W + bias`.
    pub(super) fn linear(&self, b: &mut Builder, weight: NodeId, bias: NodeId) -> Tangents {
        let product = b.matmul(self.value, weight);
        Tangents { value: b.add(product, bias), by_input: self.by_input.iter().map(|&t| b.matmul(t, weight)).collect() }
    }

    /// A nonlinearity with its slope.
    fn bent(&self, b: &mut Builder, value: NodeId, slope: NodeId) -> Tangents {
        Tangents { value, by_input: self.by_input.iter().map(|&t| b.mul(t, slope)).collect() }
    }

    /// `tanh`.
    pub(super) fn tanh(&self, b: &mut Builder) -> Tangents {
        let tanh = b.tanh(self.value);
        let square = b.square(tanh);
        let minus = b.neg(square);
        let slope = b.offset(minus, 1.0);
        self.bent(b, tanh, slope)
    }

    /// LipSwish, `x sigmoid(beta x) / 1.1`, whose slope is at most 1 (1906.02735, section 4.1).
    pub(super) fn lip_swish(&self, b: &mut Builder, beta: NodeId) -> Tangents {
        let scaled = b.mul(self.value, beta);
        let gate = b.unary(Unary::Sigmoid, scaled);
        let swish = b.mul(self.value, gate);
        // (x s(bx))' = s + b x s (1 - s) = s (1 + b x - b x s)
        let inner = b.mul(scaled, gate);
        let rest = b.sub(scaled, inner);
        let one = b.offset(rest, 1.0);
        let steep = b.mul(gate, one);
        let (value, slope) = (b.scale(swish, 1.0 / 1.1), b.scale(steep, 1.0 / 1.1));
        self.bent(b, value, slope)
    }

    /// `d value_column / d x_input`, `[B,1]`.
    pub(super) fn entry(&self, b: &mut Builder, input: usize, column: usize) -> NodeId {
        b.slice(self.by_input[input], 1, column, 1)
    }
}
