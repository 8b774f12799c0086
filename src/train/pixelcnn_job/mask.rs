//! Another mask for the first layer: is the model still autoregressive, and what does it draw if it is not?

use std::time::Instant;

use super::artist::run_of;
use super::snapshot::{Cost, SampleRun, Settings};
use crate::autoregressive::pixelcnn::{self, Config};
use crate::data::noise;
use crate::exec::cpu::CpuSession;
use crate::exec::sampler::Trajectory;
use crate::exec::{ProgramId, Session};
use crate::graph::causal::{CausalError, Order, Schedule};
use crate::graph::{GraphError, Reuse};
use crate::train::{TrainError, Weights};

/// The array of the first layer, `[taps, in, out]`.
const FIRST: &str = "first.conv.weight";

/// A pixel whose prediction sees one that is not drawn before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leak {
    /// The pixel that is predicted.
    pub pixel: usize,
    /// The latest pixel that it sees.
    pub sees: usize,
    /// Columns of the image.
    pub cols: usize,
}

impl Leak {
    /// The leak in words, with rows and columns from 0.
    pub fn sentence(&self) -> String {
        let place = |i: usize| format!("({}, {})", i / self.cols, i % self.cols);
        if self.sees == self.pixel {
            format!("pixel {} would see itself, which is what it has to predict", place(self.pixel))
        } else {
            format!("pixel {} would see {}, which is drawn later", place(self.pixel), place(self.sees))
        }
    }
}

/// The first layer's mask, and what the causal analysis says of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Mask {
    /// The model with this mask.
    pub config: Config,
    /// What leaks; `None` if the model is autoregressive.
    pub leak: Option<Leak>,
    /// Whether the sample that is shown was drawn all the same.
    pub what_if: bool,
}

/// What leaks in this model; `None` if it is autoregressive.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn leak(config: &Config) -> Result<Option<Leak>, GraphError> {
    let (graph, nodes) = pixelcnn::evaluation(config, 1)?;
    Ok(match Schedule::analyse(&graph, nodes.levels, nodes.logits, Order::raster(config.pixels())) {
        Err(CausalError::Leak { position, sees, width, .. }) => Some(Leak { pixel: position, sees, cols: width }),
        _ => None,
    })
}

/// The weights of a model whose first mask was another one: what both masks let through is kept, the rest is as at the start of training. The
/// optimiser's memory is left behind, since it has the old shape.
pub(super) fn remasked(weights: &Weights, old: &[(i32, i32)], new: &[(i32, i32)], fresh: &Weights) -> Weights {
    let mut out = weights.clone();
    out.arrays.retain(|name, _| !name.starts_with("adam."));
    // They are no longer weights of the model that their file named.
    out.metadata.remove("lesson");
    let (Some((_, from)), Some((shape, start))) = (weights.arrays.get(FIRST), fresh.arrays.get(FIRST)) else { return out };
    let row = shape[1] * shape[2];
    let mut values = start.clone();
    for (to, tap) in values.chunks_exact_mut(row).zip(new) {
        if let Some(index) = old.iter().position(|other| other == tap) {
            to.copy_from_slice(&from[index * row..][..row]);
        }
    }
    out.arrays.insert(FIRST.into(), (shape.clone(), values));
    out
}

/// Draws from a model that is not autoregressive, pixel by pixel in raster order with a whole forward pass for each, as if it were: the
/// prediction of a pixel then rests on values that are replaced afterwards.
pub(super) struct WhatIf {
    session: CpuSession,
    program: ProgramId,
    config: Config,
    settings: Settings,
    step: u64,
    trajectory: Trajectory,
    data: Vec<f32>,
    next: usize,
    cost: Cost,
}

impl WhatIf {
    /// Prepares the model with these weights.
    ///
    /// # Errors
    /// Weights of another shape.
    pub(super) fn new(config: &Config, weights: &Weights, settings: Settings) -> Result<WhatIf, TrainError> {
        let (graph, _) = pixelcnn::evaluation(config, 1)?;
        let graph = std::sync::Arc::new(graph);
        let mut session = CpuSession::new(1);
        let program = session.prepare(&graph, Reuse::On)?;
        weights.write_to(&mut session, &graph)?;
        let u = noise::uniforms(settings.seed, settings.stream, config.pixels());
        let trajectory = Trajectory::with_noise(config.pixels(), config.levels, &u, settings.temperature as f32);
        let data = vec![0.0; config.pixels()];
        let (config, step) = (config.clone(), weights.step());
        Ok(WhatIf { session, program, config, settings, step, trajectory, data, next: 0, cost: Cost::default() })
    }

    /// Goes on until the deadline; the image when it is complete.
    ///
    /// # Errors
    /// What the executor reports.
    pub(super) fn advance(&mut self, deadline: Instant) -> Result<Option<SampleRun>, TrainError> {
        let begin = Instant::now();
        let class = [self.settings.class.map_or(-1.0, |class| class as f32)];
        while self.next < self.data.len() && Instant::now() < deadline {
            let mut inputs: Vec<(&str, &[f32])> = vec![("levels", &self.data)];
            if self.config.classes > 0 {
                inputs.push(("class", &class));
            }
            self.session.run(self.program, &inputs)?;
            self.trajectory.predict(self.session.output(self.program, "logits")?, self.next);
            self.trajectory.draw(self.next);
            self.data[self.next] = f32::from(self.trajectory.levels[self.next]);
            self.next += 1;
            self.cost.passes += 1;
        }
        self.cost.time += begin.elapsed();
        let done = self.next == self.data.len();
        Ok(done.then(|| run_of(&self.trajectory, &self.config, self.settings, self.cost, self.step)))
    }
}
