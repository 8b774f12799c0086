//! The gradient of a pixel's logits by the input: inside the exact field, zero outside, equal to finite differences.

use std::sync::Arc;

use tractable::autoregressive::pixelcnn::{Config, Wiring};
use tractable::autoregressive::sensitivity;
use tractable::graph::NodeId;
use tractable::graph::causal::receptive_field;

use crate::pixelcnn::config;
use crate::run::Runner;

/// Central differences in f64 of a function whose third derivative is of the order of one.
const STEP: f64 = 1e-5;

/// The models that differ in how they are joined: without rectifiers in the gated one, with them in the plain ones.
fn models() -> [Config; 3] {
    let small = Config { height: 5, width: 6, blocks: 2, ..config(4, true, true, 2) };
    [
        Config { wiring: Wiring::Plain, coordinates: false, ..small.clone() },
        Config { wiring: Wiring::Plain, residual: false, classes: 0, coordinates: false, ..small.clone() },
        Config { wiring: Wiring::Gated, ..small },
    ]
}

/// A model at an image, with the outputs that are compared.
struct At {
    runner: Runner<f64>,
    config: Config,
    levels: Vec<f64>,
    logits: NodeId,
    gradient: NodeId,
}

impl At {
    fn new(config: &Config, positive: bool) -> (At, Vec<Vec<bool>>) {
        let (graph, nodes) = sensitivity::reverse(config, 1).unwrap();
        let graph = Arc::new(graph);
        let gradient = graph.output("gradient").unwrap();
        let runner = Runner::<f64>::new(&graph, &[nodes.logits, gradient], 3);
        let runner = if positive { runner.positive() } else { runner.randomise(0.4, 3) };
        let levels = (0..config.pixels()).map(|p| (p * 7 % config.levels) as f64).collect();
        let fields = (0..config.pixels()).map(|p| receptive_field(&graph, nodes.logits, p, nodes.levels)).collect();
        (At { runner, config: config.clone(), levels, logits: nodes.logits, gradient }, fields)
    }

    fn run(&mut self, nudge: &[f64], v: &[f64], output: NodeId) -> Vec<f64> {
        let mut inputs: Vec<(&str, &[f64])> = vec![("levels", &self.levels), ("nudge", nudge), ("v", v)];
        if self.config.classes > 0 {
            inputs.push(("class", &[1.0]));
        }
        self.runner.run(&inputs, output)
    }

    /// The row of the Jacobian of logit k of a pixel, `[P K]`.
    fn row(&mut self, pixel: usize, k: usize) -> Vec<f64> {
        let n = self.config.pixels() * self.config.levels;
        let mut v = vec![0.0; n];
        v[pixel * self.config.levels + k] = 1.0;
        self.run(&vec![0.0; n], &v, self.gradient)
    }
}

#[test]
fn the_support_lies_inside_the_exact_field_and_fills_it_where_nothing_can_cancel() {
    for config in models() {
        for positive in [false, true] {
            let (mut at, fields) = At::new(&config, positive);
            for (pixel, field) in fields.iter().enumerate() {
                let mut reached = vec![false; config.pixels()];
                for k in 0..config.levels {
                    let row = at.row(pixel, k);
                    row.chunks_exact(config.levels)
                        .zip(&mut reached)
                        .for_each(|(block, reached)| *reached |= block.iter().any(|&g| g != 0.0));
                }
                let outside = reached.iter().zip(field).any(|(&reached, &seen)| reached && !seen);
                assert!(!outside, "{config:?}: pixel {pixel} reacts to a pixel that it cannot see");
                if positive && config.wiring == Wiring::Plain {
                    assert_eq!(&reached, field, "{config:?}: pixel {pixel}");
                }
            }
            assert!(fields.iter().any(|field| field.iter().any(|&seen| seen)), "some pixel sees something");
        }
    }
}

#[test]
fn every_row_of_the_jacobian_is_that_of_finite_differences() {
    for config in models() {
        let (mut at, fields) = At::new(&config, false);
        let n = config.pixels() * config.levels;
        let (pixel, v) = (3 * config.width + 2, vec![0.0; n]);
        let analytic: Vec<Vec<f64>> = (0..config.levels).map(|k| at.row(pixel, k)).collect();
        let scale = analytic.iter().flatten().fold(0.0, |largest: f64, g| largest.max(g.abs()));
        assert!(scale > 1e-3, "the logits react to something");
        for i in 0..n {
            let mut logits = |by: f64| {
                let mut nudge = vec![0.0; n];
                nudge[i] = by;
                at.run(&nudge, &v, at.logits)[pixel * config.levels..][..config.levels].to_vec()
            };
            let (above, below) = (logits(STEP), logits(-STEP));
            for (k, row) in analytic.iter().enumerate() {
                let numeric = (above[k] - below[k]) / (2.0 * STEP);
                // The differences' own error: rounding of about 1e-16 / STEP, and the third derivative.
                assert!((numeric - row[i]).abs() <= 1e-7 * scale.max(1.0), "{config:?} [{k}, {i}]: {} and {numeric}", row[i]);
                if !fields[pixel][i / config.levels] {
                    assert_eq!((numeric, row[i]), (0.0, 0.0), "outside of the field");
                }
            }
        }
    }
}
