//! What the studio does when the first layer's mask is edited.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::artist::Artist;
use super::super::mask::{self, Leak, Mask, WhatIf};
use super::{REFRESH, Studio};
use crate::autoregressive::pixelcnn::{self, Config, Wiring};
use crate::train::{Activity, Lesson, Model, Origin, TrainError, Weights, initial_weights};

/// Time of a turn of drawing all the same.
const SLICE: Duration = Duration::from_millis(15);

/// What the edits began with.
struct Base {
    mask: Vec<(i32, i32)>,
    weights: Weights,
    origin: Origin,
}

/// A mask that is being edited.
#[derive(Default)]
pub(super) struct Masking {
    /// What is published.
    pub(super) news: Option<Mask>,
    /// The mask and the weights before the first edit: a cell that is opened again gets its weights back.
    base: Option<Base>,
    drawing: Option<WhatIf>,
}

impl Studio {
    /// What leaks in the mask that was set last, if anything does.
    pub(super) fn leak(&self) -> Option<Leak> {
        self.masking.news.as_ref().and_then(|mask| mask.leak)
    }

    /// Whether a picture of a leaking model is being drawn.
    pub(super) fn is_drawing_anyway(&self) -> bool {
        self.masking.drawing.is_some()
    }

    /// Whether the model that leaks draws all the same, or has begun to.
    fn draws_anyway(&self) -> bool {
        self.is_drawing_anyway() || self.masking.news.as_ref().is_some_and(|mask| mask.what_if)
    }

    /// Other weights come from elsewhere: they are the base of further edits, and a mask that leaks is given up.
    pub(super) fn forget_mask(&mut self) {
        if self.leak().is_some() {
            self.learner.lesson = Arc::new(self.lesson_with(&self.config));
        }
        let news = self.masking.news.take().filter(|mask| mask.leak.is_none());
        self.masking = Masking { news, ..Masking::default() };
    }

    /// Takes another mask for the first layer. A model that stays autoregressive is opened with it at once, with the weights that remain; one
    /// that does not is refused with the pixel that leaks.
    ///
    /// # Errors
    /// A sentence about a mask that no model can have.
    pub(super) fn set_mask(&mut self, mut taps: Vec<(i32, i32)>) -> Result<(), String> {
        taps.sort_unstable();
        let reach = (self.config.first_kernel / 2) as i32;
        if self.config.wiring != Wiring::Plain {
            return Err("Expected a model with one stack, found two; open a plain model to edit its mask.".into());
        }
        if taps.is_empty() || taps.iter().any(|&(dy, dx)| dy.abs() > reach || dx.abs() > reach) {
            return Err(format!("Expected at least one open cell within {reach} of the centre; open one."));
        }
        let standard = Config { first_taps: None, ..self.config.clone() };
        let first_taps = Some(taps).filter(|taps| *taps != standard.mask_a());
        let config = Config { first_taps, ..standard };
        let leak = mask::leak(&config).map_err(|error| error.to_string())?;
        self.pause();
        if self.learner.trainer.is_some() || self.masking.base.is_none() {
            let mask = self.config_now().mask_a();
            self.masking.base = Some(Base { mask, weights: Weights::clone(&self.learner.weights), origin: self.learner.origin.clone() });
        }
        self.masking.drawing = None;
        match leak {
            Some(_) => self.leak_with(config, leak).map_err(|error| error.to_string()),
            None => self.adopt(config).map_err(|error| error.to_string()),
        }
    }

    /// Takes a mask that leaks: its model can be trained, but nothing is drawn from it and its loss is no likelihood. The artist stays with
    /// the last model that could draw.
    fn leak_with(&mut self, config: Config, leak: Option<Leak>) -> Result<(), TrainError> {
        if self.sample.is_none() {
            // There must be a picture to lay the field over.
            self.draw()?;
        }
        let (graph, _) = pixelcnn::evaluation(&config, 1)?;
        let weights = self.weights_for(&config, &initial_weights(&graph, self.learner.lesson.seed));
        let origin = self.origin_under(&config);
        self.learner.lesson = Arc::new(self.lesson_with(&config));
        self.learner.take(weights, origin);
        (self.slow, self.learner.score) = (None, None);
        self.masking.news = Some(Mask { config, leak, what_if: false });
        self.refuse();
        Ok(())
    }

    /// Under the mask that they were trained with, weights are whole.
    fn origin_under(&self, config: &Config) -> Origin {
        let base = self.masking.base.as_ref().filter(|base| base.mask == config.mask_a());
        base.map_or(Origin::Edited, |base| base.origin.clone())
    }

    /// The model with the mask that was set last, whether or not it leaks.
    fn config_now(&self) -> &Config {
        self.masking.news.as_ref().filter(|mask| mask.leak.is_some()).map_or(&self.config, |mask| &mask.config)
    }

    fn lesson_with(&self, config: &Config) -> Lesson {
        let mut lesson = Lesson::clone(&self.learner.lesson);
        if let Model::Pixelcnn { config: old, .. } = &mut lesson.model {
            old.clone_from(config);
        }
        lesson
    }

    /// The weights of the present model before any training.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub(super) fn initial_now(&self) -> Result<Weights, TrainError> {
        let (graph, _) = pixelcnn::evaluation(self.config_now(), 1)?;
        Ok(initial_weights(&graph, self.learner.lesson.seed))
    }

    /// Takes other weights for a model that leaks; gives them back if none does or if they are another model's.
    pub(super) fn take_leaking(&mut self, weights: Weights, origin: &Origin) -> Option<Weights> {
        let graph = pixelcnn::evaluation(self.config_now(), 1);
        if self.leak().is_none() || !graph.is_ok_and(|(graph, _)| weights.check(&graph).is_ok()) {
            return Some(weights);
        }
        self.masking.base = None;
        self.learner.take(weights, origin.clone());
        self.look_again();
        None
    }

    /// The weights of a model that leaks have changed.
    pub(super) fn look_again(&mut self) {
        // The picture that it draws all the same is another one now.
        self.redraw = self.draws_anyway();
        self.refresh_at = Instant::now() + REFRESH;
        self.dirty = true;
    }

    /// Opens the model with this mask.
    fn adopt(&mut self, config: Config) -> Result<(), TrainError> {
        let lesson = self.lesson_with(&config);
        let artist = Artist::new(&lesson.model, &config, lesson.seed)?;
        let weights = self.weights_for(&config, &artist.model.initial(lesson.seed));
        self.learner.lesson = Arc::new(lesson);
        self.config = config.clone();
        self.artist = artist;
        self.costs.clear();
        (self.frozen, self.slow, self.learner.error) = (None, None, None);
        let (origin, base) = (self.origin_under(&config), self.masking.base.take());
        // The mask that leaked, if one did, is gone: what follows are weights of this one.
        self.masking = Masking::default();
        self.take(weights, origin)?;
        self.masking = Masking { news: Some(Mask { config, leak: None, what_if: false }), base, drawing: None };
        Ok(())
    }

    fn weights_for(&self, config: &Config, fresh: &Weights) -> Weights {
        match &self.masking.base {
            Some(base) => mask::remasked(&base.weights, &base.mask, &config.mask_a(), fresh),
            None => fresh.clone(),
        }
    }

    /// Says why nothing is drawn.
    pub(super) fn refuse(&mut self) {
        if let Some(leak) = self.leak() {
            self.fail(format!("The mask is not autoregressive: {}. Nothing is drawn; close that cell, or see “what if”.", leak.sentence()));
        }
    }

    /// Draws all the same, from whole forward passes.
    ///
    /// # Errors
    /// What the executor reports.
    pub(super) fn what_if(&mut self) -> Result<(), TrainError> {
        let Some(mask) = self.masking.news.as_ref().filter(|mask| mask.leak.is_some()) else { return Ok(()) };
        self.masking.drawing = Some(WhatIf::new(&mask.config, &self.learner.weights, self.settings)?);
        // What was refused before is under way now.
        self.learner.error = None;
        Ok(())
    }

    /// The turns of a studio whose mask leaks: nothing but training, and what was asked for all the same.
    pub(super) fn turn_while_leaking(&mut self) -> Result<Activity, TrainError> {
        if std::mem::take(&mut self.redraw) {
            match self.draws_anyway() {
                true => self.what_if()?,
                false if !self.learner.running => self.refuse(),
                false => {}
            }
        }
        if self.learner.running {
            self.train()?;
        }
        let Some(drawing) = &mut self.masking.drawing else {
            return Ok(if self.learner.running { Activity::Busy } else { Activity::Idle });
        };
        let Some(run) = drawing.advance(Instant::now() + SLICE)? else { return Ok(Activity::Busy) };
        self.masking.drawing = None;
        self.sample = Some(Arc::new(run));
        if let Some(mask) = &mut self.masking.news {
            mask.what_if = true;
        }
        self.dirty = true;
        Ok(Activity::Busy)
    }

    /// The shipped model with its own mask.
    pub(super) fn shipped_mask(&mut self) -> Result<(), TrainError> {
        if self.config.first_taps.is_none() && self.leak().is_none() {
            return Ok(());
        }
        self.masking = Masking::default();
        let config = Config { first_taps: None, ..self.config.clone() };
        self.adopt(config)?;
        self.masking = Masking::default();
        self.learner.origin = Origin::Untrained;
        Ok(())
    }
}
