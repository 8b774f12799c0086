//! What the studio does when the first layer's mask is edited.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::artist::Artist;
use super::super::mask::{self, Leak, Mask, WhatIf};
use super::Studio;
use crate::autoregressive::pixelcnn::{Config, Wiring};
use crate::train::{Activity, Lesson, Model, Origin, TrainError, Weights, initial_weights};

/// Time of a turn of drawing all the same.
const SLICE: Duration = Duration::from_millis(15);

/// A mask that is being edited.
#[derive(Default)]
pub(super) struct Masking {
    /// What is published.
    pub(super) news: Option<Mask>,
    /// The mask and the weights before the first edit: a cell that is opened again gets its weights back.
    base: Option<(Vec<(i32, i32)>, Weights)>,
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

    /// Other weights come from elsewhere: they are the base of further edits, and a mask that leaks is given up.
    pub(super) fn forget_mask(&mut self) {
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
            self.masking.base = Some((self.config.mask_a(), Weights::clone(&self.learner.weights)));
        }
        self.masking.drawing = None;
        if leak.is_some() {
            (self.slow, self.learner.trainer) = (None, None);
            self.masking.news = Some(Mask { config, leak, what_if: false });
            self.refuse();
            return Ok(());
        }
        self.adopt(config).map_err(|error| error.to_string())
    }

    /// Opens the model with this mask.
    fn adopt(&mut self, config: Config) -> Result<(), TrainError> {
        let mut lesson = Lesson::clone(&self.learner.lesson);
        if let Model::Pixelcnn { config: old, .. } = &mut lesson.model {
            *old = config.clone();
        }
        let artist = Artist::new(&lesson.model, &config, lesson.seed)?;
        let weights = self.weights_for(&config, &artist.model.initial(lesson.seed));
        self.learner.lesson = Arc::new(lesson);
        self.config = config.clone();
        self.artist = artist;
        self.costs.clear();
        (self.frozen, self.slow, self.learner.error) = (None, None, None);
        let (base, origin) = (self.masking.base.take(), self.learner.origin.clone());
        self.take(weights, origin)?;
        self.masking = Masking { news: Some(Mask { config, leak: None, what_if: false }), base, drawing: None };
        Ok(())
    }

    fn weights_for(&self, config: &Config, fresh: &Weights) -> Weights {
        match &self.masking.base {
            Some((taps, weights)) => mask::remasked(weights, taps, &config.mask_a(), fresh),
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
        let (graph, _) = crate::autoregressive::pixelcnn::evaluation(&mask.config, 1)?;
        let weights = self.weights_for(&mask.config, &initial_weights(&graph, self.learner.lesson.seed));
        self.masking.drawing = Some(WhatIf::new(&mask.config, &weights, self.settings)?);
        Ok(())
    }

    /// The turns of a studio whose mask leaks: nothing but what was asked for all the same.
    pub(super) fn turn_while_leaking(&mut self) -> Result<Activity, TrainError> {
        if std::mem::take(&mut self.redraw) {
            match self.masking.news.as_ref().is_some_and(|mask| mask.what_if) {
                true => self.what_if()?,
                false => self.refuse(),
            }
        }
        let Some(drawing) = &mut self.masking.drawing else { return Ok(Activity::Idle) };
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
