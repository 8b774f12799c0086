use super::Activation;
use crate::graph::{Builder, Init, NodeId};

/// A perceptron with two hidden layers whose last layer starts at zero, so that what it conditions starts as the identity: its arrays,
/// declared once, to be applied as often as a model asks.
///
/// The biases of hidden layers start with standard deviation `sqrt(1 / fan_in)`: a coupling of the plane gives its network one number, and
/// with biases of zero the bends of all rectified units would begin at the same place, 0.
pub struct Mlp {
    layers: [[NodeId; 2]; 3],
    activation: Activation,
}

impl Mlp {
    /// Declares `hidden_1`, `hidden_2` and `out`, each with `weight [I,O]` and `bias [O]`.
    pub fn declare(b: &mut Builder, inputs: usize, width: usize, outputs: usize, activation: Activation) -> Mlp {
        Mlp { layers: declare(b, [inputs, width, width, outputs], activation), activation }
    }

    /// The same with connections left out: `masks` has one for each layer, `[I,O]`, row-major, 1 where two units are connected.
    pub fn declare_masked(b: &mut Builder, sizes: [usize; 4], activation: Activation, masks: [Vec<f64>; 3]) -> Mlp {
        let mut layers = declare(b, sizes, activation);
        for ((layer, mask), size) in layers.iter_mut().zip(masks).zip(sizes.windows(2)) {
            let mask = b.table(mask, size);
            layer[0] = b.mul(layer[0], mask);
        }
        Mlp { layers, activation }
    }

    /// Applies it to `x [B,I]`.
    pub fn apply(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let mut value = x;
        for (i, &[weight, bias]) in self.layers.iter().enumerate() {
            let product = b.matmul(value, weight);
            value = b.add(product, bias);
            if i < 2 {
                value = self.activation.apply(b, value);
            }
        }
        value
    }
}

fn declare(b: &mut Builder, sizes: [usize; 4], activation: Activation) -> [[NodeId; 2]; 3] {
    let mut size = sizes.windows(2);
    [("hidden_1", false), ("hidden_2", false), ("out", true)].map(|(name, last)| {
        let dims = size.next().expect("four sizes have three steps");
        let [weight, bias] = if last { [Init::Zeros; 2] } else { [activation.init(dims[0]), Init::lecun(dims[0])] };
        b.scope(name, |b| [b.parameter("weight", dims, weight), b.parameter("bias", &dims[1..], bias)])
    })
}
