use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::Graph;

/// How a parameter starts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Init {
    /// All zeros: biases, the last layer of a conditioner.
    Zeros,
    /// One number everywhere.
    Constant(f64),
    /// Normal with this standard deviation.
    Normal(f64),
}

impl Init {
    /// He initialisation for a rectified layer: standard deviation `sqrt(2 / fan_in)` (1502.01852, eq. 10).
    pub fn he(fan_in: usize) -> Init {
        Init::Normal((2.0 / fan_in as f64).sqrt())
    }

    /// Standard deviation `sqrt(1 / fan_in)`: keeps the variance through a linear layer.
    pub fn lecun(fan_in: usize) -> Init {
        Init::Normal((1.0 / fan_in as f64).sqrt())
    }
}

/// Starting values of every parameter: `(name, row-major values)` in order of declaration.
///
/// Each parameter has its own stream of the generator, so a value depends on the seed and its place, not on what was drawn before.
pub fn initial_values(graph: &Graph, seed: u64) -> Vec<(String, Vec<f32>)> {
    let draw = |(stream, parameter): (usize, &super::ParameterDecl)| {
        let count = graph.shape(parameter.node).elements();
        let values = match parameter.init {
            Init::Zeros => vec![0.0; count],
            Init::Constant(value) => vec![value as f32; count],
            Init::Normal(std) => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(stream as u64 + 1);
                let normal = Normal::new(0.0, std).expect("initialisers have finite positive deviations");
                (0..count).map(|_| normal.sample(&mut rng) as f32).collect()
            }
        };
        (graph.describe(parameter.node), values)
    };
    graph.parameters().iter().enumerate().map(draw).collect()
}
