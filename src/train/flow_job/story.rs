//! One training update, told: what happens between one set of weights and the next.

use std::sync::Arc;

use super::{FlowJob, Point, cooled};
use crate::flows::{self, Config};
use crate::graph::{Builder, Graph, GraphError, Mode, Reuse};
use crate::train::{Examples, Source, TrainError};

/// The next update of the parameters, computed but not kept: the weights are those from before it.
#[derive(Clone, Debug, Default)]
pub struct UpdateStory {
    /// The step that the update starts from.
    pub step: u64,
    /// The batch that it will draw.
    pub batch: Vec<Point>,
    /// Where the layers bring the batch.
    pub z: Vec<Point>,
    /// Mean of `ln N(z)` over the batch, nats.
    pub log_base: f64,
    /// Mean of the summed log-determinants over the batch, nats.
    pub log_det: f64,
    /// Mean of `-ln p(x)` over the batch, nats: the loss.
    pub loss: f64,
    /// `d ln p(x) / dx` at the batch: which way the density rises.
    pub rise: Vec<Point>,
    /// Where the layers bring the batch after the update.
    pub z_after: Vec<Point>,
    /// The loss of the same batch after the update.
    pub loss_after: f64,
    /// Euclidean length of the change of all parameters together.
    pub moved: f64,
    /// Number of parameters.
    pub parameters: usize,
}

/// `d ln p(x) / dx` of every point: input `x [B,D]`, output `rise [B,D]`.
fn rise(config: &Config, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = flows::forward(&mut b, config, batch);
    // The points do not meet: the gradient of the sum is that of each.
    let sum = b.sum_all(nodes.log_prob);
    let gradient = b.gradients(sum, &[nodes.points[0]])[0];
    b.output("rise", gradient);
    b.finish()
}

impl FlowJob {
    /// Computes the next update and goes back to before it.
    pub(super) fn tell_update(&mut self) -> Result<(), TrainError> {
        self.training = false;
        self.return_to_newest()?;
        let (rate, since, seed) = (self.lesson.training.adam.rate, self.warm_since, self.lesson.seed);
        let applied = self.model.as_ref().map(|model| self.wiring.applied(&model.config));
        let (Some(model), Some(config)) = (&mut self.model, applied) else { return Ok(()) };
        if !self.wiring.trains(&config) {
            return Ok(());
        }
        let Source::Points(points) = model.fit.source() else { return Ok(()) };
        let step = model.fit.step();
        let crate::data::Points { xy: batch, classes } = points.batch(self.lesson.training.batch, seed, step);
        let examples = Examples::new(batch.as_flattened().to_vec(), 2, &classes);
        let before = model.fit.weights()?;
        let program = match model.rise {
            Some(program) => program,
            None => *model.rise.insert(model.fit.session().prepare(&Arc::new(rise(&config, batch.len())?), Reuse::On)?),
        };
        model.fit.session().run(program, &examples.inputs(config.classes > 0))?;
        let rise = model.fit.session().read_output(program, "rise")?.as_chunks::<2>().0.to_vec();
        let told = model.programs.points_of(model.fit.session(), &batch, &classes)?;
        let mean = |values: &[f32]| values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len().max(1) as f64;
        model.fit.set_rate(cooled(rate, since, step));
        model.fit.advance()?;
        let after = model.fit.weights()?;
        let told_after = model.programs.points_of(model.fit.session(), &batch, &classes)?;
        model.fit.load(&before)?;
        model.numeric.forget();
        model.programs.set_class(model.fit.session(), self.shown.unwrap_or(0))?;
        let trained = || before.arrays.iter().filter(|(name, _)| !name.starts_with("adam."));
        let squares = trained().flat_map(|(name, (_, values))| values.iter().zip(&after.arrays[name].1));
        let moved = squares.map(|(a, b)| f64::from(b - a).powi(2)).sum::<f64>().sqrt();
        let last = |points: Vec<Vec<Point>>| points.into_iter().next_back().unwrap_or_default();
        self.story = Some(Arc::new(UpdateStory {
            step,
            log_base: mean(&told.log_base),
            log_det: told.log_dets.iter().map(|column| mean(column)).sum(),
            loss: -mean(&told.log_prob),
            loss_after: -mean(&told_after.log_prob),
            z: last(told.points),
            z_after: last(told_after.points),
            batch,
            rise,
            moved,
            parameters: before.parameter_count(),
        }));
        Ok(())
    }

    /// Makes so many updates, keeps them, and draws.
    pub(super) fn update_by(&mut self, updates: u64) -> Result<(), TrainError> {
        self.return_to_newest()?;
        let (rate, since) = (self.lesson.training.adam.rate, self.warm_since);
        let (trains, class_nats) = (self.target.source.is_some(), self.class_nats());
        let Some(model) = &mut self.model else { return Ok(()) };
        if !trains || !self.wiring.trains(&model.config) {
            return Ok(());
        }
        for _ in 0..updates.min(1_000) {
            model.fit.set_rate(cooled(rate, since, model.fit.step()));
            model.fit.advance()?;
            self.history.keep(&mut model.fit)?;
        }
        for (step, loss) in model.fit.losses()? {
            self.collector.train(step, loss + class_nats);
        }
        self.story = None;
        self.scrub.hurried = true;
        self.draw_soon();
        Ok(())
    }
}
