use std::sync::Arc;

use super::source::{ImageSource, PointSource};
use super::{ImageData, Lesson, Model, SequenceSource, TrainError, Weights};
use crate::data::LevelImages;
use crate::exec::{BackendInfo, ProgramId, Session};
use crate::graph::{Graph, Reuse, initial_values};

/// A step's weights are kept as the ones to go back to every so many steps, and only while the loss is sound.
const KEEP_EVERY: u64 = 25;
/// A loss this many times above the first one is on its way to infinity: its weights are not kept.
const UNSOUND: f32 = 10.0;

/// The data of a lesson, opened.
#[derive(Clone, Debug)]
pub enum Source {
    /// Images for a PixelCNN.
    Images(ImageSource),
    /// A sequence for a causal stack.
    Sequence(SequenceSource),
    /// Points for a flow.
    Points(PointSource),
}

impl Source {
    /// Opens the data that a lesson names.
    ///
    /// # Errors
    /// A file that cannot be read, no data.
    pub fn open(lesson: &Lesson) -> Result<Source, TrainError> {
        match &lesson.model {
            Model::Pixelcnn { data: ImageData::Digits(preparation), .. } => ImageSource::digits(*preparation).map(Source::Images),
            Model::Pixelcnn { data: ImageData::Rain(rain), .. } => ImageSource::rain(*rain, lesson.seed).map(Source::Images),
            Model::CausalStack { config, data } => Ok(Source::Sequence(data.open(config.length))),
            Model::Realnvp { data, .. } => data.open().map(Source::Points),
        }
    }

    /// The user's own images in place of the digits.
    pub fn images(images: LevelImages) -> Source {
        Source::Images(ImageSource::own(images))
    }
}

/// A model being fitted: a session that holds its parameters, and the walk through its training steps.
///
/// Step t is a pure function of the weights and (seed, t), so training stops and goes on anywhere. A step does not wait for its loss;
/// [`Fit::losses`] collects what has arrived, and finds out there if training broke.
pub struct Fit {
    session: Box<dyn Session>,
    graph: Arc<Graph>,
    program: ProgramId,
    objective: Arc<Graph>,
    lesson: Lesson,
    source: Source,
    step: u64,
    reported: u64,
    first_loss: Option<f32>,
    kept: (u64, Weights),
}

impl Fit {
    /// A fit that starts from the initial values of the lesson's seed.
    ///
    /// # Errors
    /// Shapes that do not fit, no data, a device that fails.
    pub fn new(lesson: Lesson, source: Source, mut session: Box<dyn Session>) -> Result<Fit, TrainError> {
        let graph = Arc::new(lesson.model.training_graph(lesson.training.batch)?);
        let program = session.prepare(&graph, Reuse::On)?;
        let initial = initial_weights(&graph, lesson.seed);
        let mut fit = Fit {
            session,
            objective: Arc::clone(&graph),
            graph,
            program,
            lesson,
            source,
            step: 0,
            reported: 0,
            first_loss: None,
            kept: (0, initial.clone()),
        };
        fit.load(&initial)?;
        if let (Model::Realnvp { config, .. }, Source::Points(points)) = (&fit.lesson.model, &fit.source) {
            super::actnorm::set(fit.session.as_mut(), config, points, fit.lesson.training.batch, fit.lesson.seed)?;
            fit.kept = (0, Weights::from_session(fit.session.as_mut(), &fit.graph)?);
        }
        Ok(fit)
    }

    /// Takes these weights, and goes on from the step that they were saved at.
    ///
    /// # Errors
    /// Weights of another model; the fit is left as it was.
    pub fn load(&mut self, weights: &Weights) -> Result<(), TrainError> {
        weights.write_to(self.session.as_mut(), &self.graph)?;
        // Reading waits for the runs in flight, whose losses belong to the weights that were.
        if let Some(parameter) = self.graph.parameters().first() {
            self.session.read_parameter(&self.graph.describe(parameter.node))?;
        }
        self.step = weights.step();
        self.reported = self.step;
        self.first_loss = None;
        self.kept = (self.step, weights.clone());
        self.session.losses();
        self.session.skipped_updates();
        Ok(())
    }

    /// One update of the parameters.
    ///
    /// # Errors
    /// No data, a device that fails.
    pub fn advance(&mut self) -> Result<(), TrainError> {
        let training = &self.lesson.training;
        let (t, batch, seed) = (self.step + 1, training.batch, self.lesson.seed);
        let hyper = training.adam.slots(t, training.schedule.factor(t));
        match &mut self.source {
            Source::Images(images) => {
                let (levels, class) = images.batch(batch, seed, self.step, training)?;
                let inputs: [(&str, &[f32]); 3] = [("levels", &levels), ("hyper", &hyper), ("class", &class)];
                let used = if self.graph.find("class").is_some() { 3 } else { 2 };
                self.session.run(self.program, &inputs[..used])?;
            }
            Source::Sequence(sequence) => {
                let levels = sequence.batch(batch, seed, self.step, training.shift);
                self.session.run(self.program, &[("levels", &levels), ("hyper", &hyper)])?;
            }
            Source::Points(points) => {
                let x = points.batch(batch, seed, self.step);
                self.session.run(self.program, &[("x", x.as_flat()), ("hyper", &hyper)])?;
            }
        }
        self.step = t;
        Ok(())
    }

    /// Losses that have arrived since the last call, as (step, nats).
    ///
    /// # Errors
    /// [`TrainError::Diverged`] when a loss or a gradient was not finite: the last sound weights are back in place.
    pub fn losses(&mut self) -> Result<Vec<(u64, f32)>, TrainError> {
        // Skips first: what arrives in between is then seen with its loss at the next call, not lost.
        let skipped = self.session.skipped_updates();
        let arrived = self.session.losses();
        let mut losses = Vec::with_capacity(arrived.len());
        for loss in arrived {
            self.reported += 1;
            if !loss.is_finite() || skipped > 0 {
                return Err(self.go_back(self.reported));
            }
            losses.push((self.reported, loss));
        }
        if skipped > 0 {
            return Err(self.go_back(self.reported + 1));
        }
        if let Some(&(step, loss)) = losses.last() {
            let first = *self.first_loss.get_or_insert(losses[0].1);
            let sound = loss <= first.abs().max(1.0) * UNSOUND;
            if sound && step == self.step && step >= self.kept.0 + KEEP_EVERY {
                self.kept = (step, self.weights()?);
            }
        }
        Ok(losses)
    }

    fn go_back(&mut self, step: u64) -> TrainError {
        let node = self.session.first_non_finite(self.program);
        let node = node.map_or_else(|| "the gradient".into(), |id| self.objective.describe(id));
        let (kept, weights) = self.kept.clone();
        match self.load(&weights) {
            Ok(()) => TrainError::Diverged { step, node, kept },
            Err(error) => error,
        }
    }

    /// The parameters with the optimiser's state, the step and the lesson.
    ///
    /// # Errors
    /// A lost device.
    pub fn weights(&mut self) -> Result<Weights, TrainError> {
        let mut weights = Weights::from_session(self.session.as_mut(), &self.graph)?;
        weights.metadata.insert("format_version".into(), super::lesson::FORMAT_VERSION.to_string());
        weights.metadata.insert("step".into(), self.step.to_string());
        let lesson = Lesson { weights: None, view: serde_json::Value::Null, ..self.lesson.clone() };
        weights.metadata.insert("lesson".into(), serde_json::to_string(&lesson).expect("a lesson is plain data"));
        Ok(weights)
    }

    /// Minimises another loss of the same parameters from the next step on: a graph with the inputs of the lesson's own.
    ///
    /// # Errors
    /// Shapes that do not fit the parameters, a device that fails.
    pub fn set_objective(&mut self, graph: Graph) -> Result<(), TrainError> {
        self.objective = Arc::new(graph);
        self.program = self.session.prepare(&self.objective, Reuse::On)?;
        self.first_loss = None;
        Ok(())
    }

    /// Other points from now on; the weights stay.
    pub fn set_source(&mut self, source: Source) {
        self.source = source;
    }

    /// Changes the learning rate from the next step on.
    pub fn set_rate(&mut self, rate: f64) {
        self.lesson.training.adam.rate = rate;
    }

    /// Number of updates so far.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The lesson that is fitted.
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The data that is learned from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The session, for evaluation programs that share the parameters.
    pub fn session(&mut self) -> &mut dyn Session {
        self.session.as_mut()
    }

    /// What it runs on.
    pub fn backend(&self) -> BackendInfo {
        self.session.backend()
    }
}

/// The starting values of a graph's parameters, at step 0.
pub fn initial_weights(graph: &Graph, seed: u64) -> Weights {
    let mut weights = Weights::default();
    for ((name, values), parameter) in initial_values(graph, seed).into_iter().zip(graph.parameters()) {
        weights.arrays.insert(name, (graph.shape(parameter.node).dims().to_vec(), values));
    }
    weights.metadata.insert("step".into(), "0".into());
    weights
}
