use serde::{Deserialize, Serialize};

use crate::graph::{Builder, Init, NodeId};

/// The nonlinearity of a multi-layer perceptron.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `max(x, 0)`: fast, piecewise linear.
    #[default]
    Relu,
    /// `tanh x`: smooth, so a flow's density has no creases.
    Tanh,
}

impl Activation {
    /// Applies it.
    pub fn apply(self, b: &mut Builder, x: NodeId) -> NodeId {
        match self {
            Activation::Relu => b.relu(x),
            Activation::Tanh => b.tanh(x),
        }
    }

    pub(super) fn init(self, fan_in: usize) -> Init {
        match self {
            Activation::Relu => Init::he(fan_in),
            Activation::Tanh => Init::lecun(fan_in),
        }
    }
}

/// `x W + bias` for `x [B, I]`; declares `name.weight [I, outputs]` and `name.bias [outputs]`.
pub fn linear(b: &mut Builder, name: &str, x: NodeId, outputs: usize, init: Init) -> NodeId {
    let inputs = b.shape(x).last();
    b.scope(name, |b| {
        let weight = b.parameter("weight", &[inputs, outputs], init);
        let bias = b.parameter("bias", &[outputs], Init::Zeros);
        let product = b.matmul(x, weight);
        b.add(product, bias)
    })
}
