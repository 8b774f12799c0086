use std::f64::consts::LN_2;
use std::sync::Arc;

use serde::Serialize;

use super::fit::Source;
use super::source::classes;
use super::{Model, TrainError};
use crate::autoregressive::{causal_stack, pixelcnn};
use crate::data::{Entropy, chunks};
use crate::exec::{ProgramId, Session};
use crate::flows;
use crate::graph::Reuse;

/// Fresh points on which a flow is scored where its data can be drawn anew: standard error about 0.004 nats.
pub const FRESH_POINTS: usize = 50_000;

/// How well a model explains data that it was not trained on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Mean of `-ln p(x)`: nats per image or per point.
    pub nats: f64,
    /// The same per pixel or coordinate, in bits.
    pub bits_per_dim: f64,
    /// Standard error of `nats`; NaN for a single example.
    pub std_error: f64,
    /// Number of examples.
    pub count: usize,
    /// Entropy of the data's law, where it is known: no model is below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
    /// `nats - floor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<f64>,
}

impl Score {
    /// Mean and standard error of these values of `-ln p(x)`.
    pub fn of(nll: &[f64], dimensions: usize, floor: Option<Entropy>) -> Score {
        let n = nll.len().max(1) as f64;
        let nats = nll.iter().sum::<f64>() / n;
        // One example says nothing of the spread: NaN, which JSON writes as null.
        let variance = nll.iter().map(|v| (v - nats).powi(2)).sum::<f64>() / (n - 1.0);
        let floor = floor.map(|entropy| entropy.nats);
        Score {
            nats,
            bits_per_dim: nats / (dimensions as f64 * LN_2),
            std_error: (variance / n).sqrt(),
            count: nll.len(),
            floor,
            gap: floor.map(|floor| nats - floor),
        }
    }
}

/// A program that gives `-ln p(x)` of a chunk of examples, sharing a session's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Scorer {
    program: ProgramId,
    chunk: usize,
    conditional: bool,
}

impl Scorer {
    /// Prepares the program for chunks of `chunk` examples.
    ///
    /// # Errors
    /// Shapes that do not fit, a device that fails.
    pub fn new(session: &mut dyn Session, model: &Model, chunk: usize) -> Result<Scorer, TrainError> {
        let (graph, conditional) = match model {
            Model::Pixelcnn { config, .. } => (pixelcnn::likelihood(config, chunk)?, config.classes > 0),
            Model::CausalStack { config, .. } => (causal_stack::likelihood(config, chunk)?, false),
            Model::Realnvp { config, .. } => (flows::likelihood(config, chunk)?, config.classes > 0),
        };
        let program = session.prepare(&Arc::new(graph), Reuse::On)?;
        Ok(Scorer { program, chunk, conditional })
    }

    /// `-ln p(x)` of each test example, nats; at most `limit` of them.
    ///
    /// # Errors
    /// A device that fails.
    pub fn nll(&self, session: &mut dyn Session, source: &Source, seed: u64, limit: usize) -> Result<Vec<f64>, TrainError> {
        let mut nll = Vec::new();
        match source {
            Source::Images(images) => {
                let test = &images.test;
                for part in chunks(test.len().min(limit), self.chunk) {
                    let levels: Vec<f32> = part.indices.iter().flat_map(|&i| test.image(i).iter().map(|&v| f32::from(v))).collect();
                    let class = classes(test, &part.indices);
                    let inputs: [(&str, &[f32]); 2] = [("levels", &levels), ("class", &class)];
                    session.run(self.program, &inputs[..1 + usize::from(self.conditional)])?;
                    let values = session.read_output(self.program, "nll")?;
                    nll.extend(values[..part.live].iter().map(|&v| f64::from(v)));
                }
            }
            Source::Sequence(sequence) => {
                let test = sequence.test_windows();
                for part in chunks(test.len().min(limit), self.chunk) {
                    let levels: Vec<f32> = part.indices.iter().flat_map(|&i| test[i].iter().copied()).collect();
                    session.run(self.program, &[("levels", &levels)])?;
                    let values = session.read_output(self.program, "nll")?;
                    nll.extend(values[..part.live].iter().map(|&v| f64::from(v)));
                }
            }
            Source::Points(_) | Source::Table(_) => {
                let test = source.flow_test(FRESH_POINTS.min(limit), seed);
                let dim = test.x.len() / test.len().max(1);
                for part in chunks(test.len().min(limit), self.chunk) {
                    session.run(self.program, &test.at(dim, &part.indices).inputs(self.conditional))?;
                    let values = session.read_output(self.program, "log_prob")?;
                    nll.extend(values[..part.live].iter().map(|&v| -f64::from(v)));
                }
            }
        }
        Ok(nll)
    }

    /// The score on at most `limit` test examples.
    ///
    /// # Errors
    /// A device that fails.
    pub fn score(&self, session: &mut dyn Session, model: &Model, source: &Source, seed: u64, limit: usize) -> Result<Score, TrainError> {
        let floor = match source {
            Source::Points(points) => points.floor(),
            Source::Images(images) => images.floor(),
            Source::Sequence(sequence) => sequence.floor(),
            Source::Table(_) => None,
        };
        // Given its class a point costs less: the entropy of all points together bounds nothing then.
        let floor = floor.filter(|_| !matches!(model, Model::Realnvp { config, .. } if config.classes > 0));
        let nll = self.nll(session, source, seed, limit)?;
        Ok(Score::of(&nll, model.dimensions(), floor))
    }
}
