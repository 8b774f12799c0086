use std::sync::Arc;
use std::time::Instant;

use super::{LayerValues, RacerView};
use crate::autoregressive::pixelcnn::{self, Nodes, Wiring};
use crate::data::noise;
use crate::data::rain::Rain;
use crate::exec::{BackendInfo, Session};
use crate::train::cpu_model::CpuModel;
use crate::train::curve::{Curve, KeptCurve, Rows};
use crate::train::{Fit, ImageData, Lesson, Model, Score, Scorer, Source, TrainError, Weights};

/// Images of a scoring chunk.
const CHUNK: usize = 20;

/// One model that learns, is scored, and draws.
pub(super) struct Racer {
    fit: Fit,
    scorer: Scorer,
    nodes: Nodes,
    model: CpuModel,
    law: Rain,
    seconds: f64,
    train: Curve,
    test: Vec<[f64; 2]>,
    score: Option<Score>,
    sample: Arc<Vec<u8>>,
    values: Option<Arc<LayerValues>>,
    wiring: Wiring,
}

/// What a file holds of one, checked in full.
pub(super) struct Read {
    weights: Weights,
    seconds: f64,
    train: Curve,
    test: Vec<[f64; 2]>,
}

impl Racer {
    pub(super) fn new(lesson: Lesson, session: Box<dyn Session>) -> Result<Racer, TrainError> {
        let Model::Pixelcnn { config, data: ImageData::Rain(law) } = lesson.model.clone() else {
            return Err(TrainError::NoData { what: "image" });
        };
        let source = Source::open(&lesson)?;
        let mut fit = Fit::new(lesson, source, session)?;
        let lesson = fit.lesson().clone();
        let scorer = Scorer::new(fit.session(), &lesson.model, CHUNK)?;
        let (graph, nodes) = pixelcnn::evaluation(&config, 1)?;
        let model = CpuModel::new(graph, nodes.levels, nodes.logits, lesson.seed)?;
        Ok(Racer {
            fit,
            scorer,
            nodes,
            model,
            law,
            seconds: 0.0,
            train: Curve::default(),
            test: Vec::new(),
            score: None,
            sample: Arc::default(),
            values: None,
            wiring: config.wiring,
        })
    }

    /// Goes on in another session, from the last sound weights, with its rate.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn move_to(&mut self, session: Box<dyn Session>) -> Result<(), TrainError> {
        let kept = self.fit.kept().clone();
        let lesson = self.fit.lesson().clone();
        self.fit = Fit::new(lesson.clone(), self.fit.source().clone(), session)?;
        self.fit.load(&kept)?;
        self.scorer = Scorer::new(self.fit.session(), &lesson.model, CHUNK)?;
        self.end_curves();
        Ok(())
    }

    /// The values are those of an earlier step: the curves end there too.
    fn end_curves(&mut self) {
        let step = self.fit.step();
        self.train.truncate(step);
        self.test.retain(|point| point[0] <= step as f64);
    }

    /// Updates so far.
    pub(super) fn done(&self) -> u64 {
        self.fit.step()
    }

    /// The learning rate at its highest.
    pub(super) fn rate(&self) -> f64 {
        self.fit.lesson().training.adam.rate
    }

    /// Learns with another rate from the next step on.
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.fit.set_rate(rate);
    }

    pub(super) fn law(&self) -> Rain {
        self.law
    }

    pub(super) fn seed(&self) -> u64 {
        self.fit.lesson().seed
    }

    pub(super) fn backend(&self) -> BackendInfo {
        self.fit.backend()
    }

    /// Layers of the model, the first one counted.
    pub(super) fn layers(&self) -> usize {
        self.nodes.layers.len()
    }

    /// A held-out image.
    pub(super) fn example(&self) -> Arc<Vec<u8>> {
        let Source::Images(images) = self.fit.source() else { return Arc::default() };
        Arc::new(images.test.image(0).to_vec())
    }

    /// One update.
    pub(super) fn step(&mut self) -> Result<(), TrainError> {
        let begin = Instant::now();
        self.fit.advance()?;
        self.seconds += begin.elapsed().as_secs_f64();
        Ok(())
    }

    /// Takes the losses that have arrived into the curve.
    pub(super) fn collect(&mut self) -> Result<(), TrainError> {
        let losses = self.fit.losses();
        if losses.is_err() {
            self.end_curves();
        }
        losses?.into_iter().for_each(|(step, nats)| self.train.push(step, f64::from(nats)));
        Ok(())
    }

    /// Its name in a file of weights.
    pub(super) fn name(&self) -> String {
        self.fit.lesson().name.clone()
    }

    /// The values with the optimiser's, and the time and the curves that led there.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn weights(&mut self) -> Result<Weights, TrainError> {
        let mut weights = self.fit.weights()?;
        weights.keep(&(self.seconds, self.train.kept(), Rows::of(&self.test)));
        Ok(weights)
    }

    /// Reads such weights; nothing is changed yet.
    ///
    /// # Errors
    /// Weights of another model, curves that are none.
    pub(super) fn read(&self, weights: Weights) -> Result<Read, TrainError> {
        let (seconds, train, test): (f64, KeptCurve, Rows) = weights.kept()?;
        self.fit.check(&weights)?;
        Ok(Read { weights, seconds, train: Curve::of(&train)?, test: test.points()? })
    }

    /// Goes on from what was read; it is scored anew.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn take(&mut self, read: Read) -> Result<(), TrainError> {
        self.fit.resume(&read.weights)?;
        (self.seconds, self.train, self.test, self.score) = (read.seconds, read.train, read.test, None);
        Ok(())
    }

    /// Scores held-out images and draws one from the same noise as always.
    pub(super) fn measure(&mut self, images: usize) -> Result<(), TrainError> {
        let (lesson, source) = (self.fit.lesson().clone(), self.fit.source().clone());
        let score = self.scorer.score(self.fit.session(), &lesson.model, &source, lesson.seed, images)?;
        let weights = self.fit.weights()?;
        // All losses have arrived now: these weights may be the ones to go back to, or have broken, and then their score is none.
        self.collect()?;
        let step = self.fit.step() as f64;
        self.test.retain(|point| point[0] < step);
        self.test.push([step, score.nats]);
        self.score = Some(score);
        self.model.load(&weights)?;
        let pixels = self.law.size * self.law.size;
        self.model.sampler.start(&noise::uniforms(lesson.seed, 0, pixels), 1.0);
        let drawn = self.model.sampler.finish();
        self.sample = Arc::new(drawn.image(0).iter().map(|&level| level as u8).collect());
        Ok(())
    }

    /// Computes the inside of a layer of the gated model on the example, with the weights of the last [`Racer::measure`].
    pub(super) fn look(&mut self, layer: usize) -> Result<(), TrainError> {
        let Some(parts) = self.nodes.gated.get(layer).cloned() else { return Ok(()) };
        let example: Vec<f32> = self.example().iter().map(|&level| f32::from(level)).collect();
        let shape = self.model.graph.shape(self.nodes.logits);
        let mut logits = vec![0.0; shape.positions() * shape.last()];
        self.model.sampler.forward(&example, &mut logits);
        let mut value = |node| self.model.sampler.value(node).to_vec();
        self.values = Some(Arc::new(LayerValues {
            version: self.values.as_ref().map_or(1, |old| old.version + 1),
            layer,
            channels: self.model.graph.shape(parts.tanh).last(),
            vertical: value(parts.vertical),
            vertical_out: parts.vertical_out.map(&mut value),
            link: value(parts.link),
            horizontal: value(parts.horizontal),
            tanh: value(parts.tanh),
            sigmoid: value(parts.sigmoid),
            horizontal_out: value(parts.horizontal_out),
        }));
        Ok(())
    }

    pub(super) fn values(&self) -> Option<Arc<LayerValues>> {
        self.values.clone()
    }

    pub(super) fn view(&self) -> RacerView {
        RacerView {
            wiring: self.wiring,
            step: self.fit.step(),
            seconds: self.seconds,
            parameters: self.model.parameters(),
            train: Arc::new(self.train.points().to_vec()),
            test: Arc::new(self.test.clone()),
            score: self.score,
            sample: Arc::clone(&self.sample),
        }
    }
}
