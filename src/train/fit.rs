use std::sync::Arc;

use super::source::{ImageSource, PointSource};
use super::{ImageData, Lesson, Model, SequenceSource, TableSource, TrainError, Weights};
use crate::data::table::Standard;
use crate::data::{LevelImages, Points};
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
    /// Points of the plane for a flow.
    Points(PointSource),
    /// Rows of more than two columns for a flow.
    Table(TableSource),
}

/// Points of any dimension, as a program takes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examples {
    /// Coordinates, `[n, D]`.
    pub x: Vec<f32>,
    /// Class of each, -1 for none: `[n]`.
    pub class: Vec<f32>,
}

impl Examples {
    /// Coordinates with the classes that are known: of all or of none.
    pub fn new(x: Vec<f32>, dim: usize, classes: &[u8]) -> Examples {
        let n = x.len() / dim.max(1);
        Examples { x, class: (0..n).map(|i| classes.get(i).map_or(-1.0, |&c| f32::from(c))).collect() }
    }

    /// The inputs of a program of a flow; with classes where it has some.
    pub fn inputs(&self, conditional: bool) -> Vec<(&'static str, &[f32])> {
        let mut inputs: Vec<(&str, &[f32])> = vec![("x", &self.x)];
        inputs.extend(conditional.then_some(("class", &self.class[..])));
        inputs
    }

    /// The examples of these places in the list.
    pub fn at(&self, dim: usize, places: &[usize]) -> Examples {
        Examples {
            x: places.iter().flat_map(|&i| &self.x[i * dim..][..dim]).copied().collect(),
            class: places.iter().map(|&i| self.class[i]).collect(),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.class.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.class.is_empty()
    }
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
            Model::Realnvp { config, data } if config.dim > 2 => data.open_table(config.dim).map(Source::Table),
            Model::Realnvp { data, .. } => data.open().map(Source::Points),
        }
    }

    /// The user's own images in place of the digits.
    pub fn images(images: LevelImages) -> Source {
        Source::Images(ImageSource::own(images))
    }

    /// The batch of step `step` of a flow's training: a pure function of (seed, step). Nothing for other models.
    ///
    /// # Errors
    /// No rows.
    pub fn flow_batch(&self, n: usize, seed: u64, step: u64) -> Result<Examples, TrainError> {
        match self {
            Source::Points(points) => Ok(points.batch(n, seed, step).into()),
            Source::Table(table) => {
                let (x, classes) = table.batch(n, seed, step)?;
                Ok(Examples::new(x, table.dim(), &classes))
            }
            Source::Images(_) | Source::Sequence(_) => Ok(Examples::default()),
        }
    }

    /// Examples that test a flow: at most `n` fresh ones, or the held-out part of a finite set. Nothing for other models.
    pub fn flow_test(&self, n: usize, seed: u64) -> Examples {
        match self {
            Source::Points(points) => points.test(n, seed).into(),
            Source::Table(table) => {
                let prepared = table.prepared();
                Examples::new(prepared.test.clone(), table.dim(), &prepared.classes[1])
            }
            Source::Images(_) | Source::Sequence(_) => Examples::default(),
        }
    }

    /// Names and units of the columns of a table.
    pub fn standard(&self) -> Option<&Standard> {
        match self {
            Source::Table(table) | Source::Points(PointSource::Table(table)) => Some(table.standard()),
            _ => None,
        }
    }

    /// Names of the classes of a table by their numbers; none where they have no names.
    pub fn class_names(&self) -> &[String] {
        match self {
            Source::Table(table) | Source::Points(PointSource::Table(table)) => &table.prepared().class_names,
            _ => &[],
        }
    }

    /// Number of rows of the finite set that a flow trains on; none where fresh points come without end.
    pub fn trained_rows(&self) -> Option<usize> {
        match self {
            Source::Points(PointSource::Finite { train, .. }) => Some(train.len()),
            Source::Table(table) | Source::Points(PointSource::Table(table)) => Some(table.prepared().train.len() / table.dim().max(1)),
            _ => None,
        }
    }

    /// The finite set that a flow trains on; none where fresh points come without end.
    pub fn flow_train(&self) -> Option<Examples> {
        match self {
            Source::Points(PointSource::Finite { train, .. }) => Some(train.clone().into()),
            Source::Table(table) | Source::Points(PointSource::Table(table)) => {
                let prepared = table.prepared();
                Some(Examples::new(prepared.train.clone(), table.dim(), &prepared.classes[0]))
            }
            _ => None,
        }
    }
}

impl From<Points> for Examples {
    fn from(points: Points) -> Examples {
        Examples::new(points.as_flat().to_vec(), 2, &points.classes)
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
        if let Model::Realnvp { config, .. } = &fit.lesson.model {
            super::actnorm::set(fit.session.as_mut(), config, &fit.source, fit.lesson.training.batch, fit.lesson.seed)?;
            fit.kept = (0, Weights::from_session(fit.session.as_mut(), &fit.graph)?);
        }
        Ok(fit)
    }

    /// Whether these are weights of this model.
    ///
    /// # Errors
    /// The first array that is missing or has another shape.
    pub fn check(&self, weights: &Weights) -> Result<(), TrainError> {
        weights.check(&self.graph)
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

    /// Takes weights that were saved, as [`load`](Self::load) does, and goes on at the rate at which they were learning.
    ///
    /// # Errors
    /// Weights of another model; the fit is left as it was.
    pub fn resume(&mut self, weights: &Weights) -> Result<(), TrainError> {
        self.load(weights)?;
        let saved = weights.metadata.get("lesson").and_then(|text| serde_json::from_str::<Lesson>(text).ok());
        if let Some(rate) = saved.map(|lesson| lesson.training.adam.rate).filter(|rate| rate.is_finite() && *rate > 0.0) {
            self.set_rate(rate);
        }
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
            source @ (Source::Points(_) | Source::Table(_)) => {
                let examples = source.flow_batch(batch, seed, self.step)?;
                let mut inputs = examples.inputs(self.objective.find("class").is_some());
                inputs.push(("hyper", &hyper));
                self.session.run(self.program, &inputs)?;
            }
        }
        self.step = t;
        Ok(())
    }

    /// Waits for the steps that are still under way.
    ///
    /// # Errors
    /// A lost device.
    pub fn wait(&mut self) -> Result<(), TrainError> {
        let smallest = self.graph.parameters().iter().min_by_key(|parameter| self.graph.shape(parameter.node).elements());
        if let Some(parameter) = smallest {
            self.session.read_parameter(&self.graph.describe(parameter.node))?;
        }
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
        if let Some(standard) = self.source.standard() {
            weights.metadata.insert("units".into(), serde_json::to_string(standard).expect("names and numbers are plain data"));
        }
        if let Some(rows) = self.source.trained_rows() {
            weights.metadata.insert("trained_rows".into(), rows.to_string());
        }
        if let Source::Points(PointSource::Finite { units: Some(units), .. }) = &self.source {
            weights.metadata.insert("file_units".into(), serde_json::to_string(units).expect("numbers are plain data"));
        }
        let shares = self.source.class_shares();
        if matches!(&self.lesson.model, Model::Realnvp { config, .. } if config.classes == shares.len() && config.classes > 0) {
            weights.metadata.insert("class_shares".into(), serde_json::to_string(&shares).expect("numbers are plain data"));
            let names = self.source.class_names();
            if names.len() == shares.len() {
                weights.metadata.insert("class_names".into(), serde_json::to_string(names).expect("names are plain data"));
            }
        }
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

    /// The weights to go back to: those of the last step at which they were seen to be sound.
    pub fn kept(&self) -> &Weights {
        &self.kept.1
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
