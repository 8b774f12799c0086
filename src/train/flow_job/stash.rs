//! Fits that were left behind, so that beginning anew can be undone; and training ahead of the pictures.

use std::collections::BTreeMap;

use super::{Collector, FlowJob};
use crate::flows::Config;
use crate::train::{Model, TrainError, Weights};

/// So many fits are kept; a fit of 16 layers of width 128 takes 4 MB with the optimiser's state.
const MOST: usize = 12;

/// The newest fits, by the numbers that the window gave them.
#[derive(Default)]
pub(super) struct Stash(BTreeMap<u64, Kept>);

/// A fit as it was left.
struct Kept {
    config: Config,
    batch: usize,
    seed: u64,
    weights: Weights,
    collector: Collector,
    warm_since: Option<u64>,
    data_version: u64,
}

impl FlowJob {
    /// Keeps the present fit under a number, at its newest step whichever is shown.
    pub(super) fn keep(&mut self, run: u64) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let kept = Kept {
            config: model.config.clone(),
            batch: self.lesson.training.batch,
            seed: self.lesson.seed,
            weights: self.history.newest_weights(&mut model.fit)?,
            collector: self.collector.clone(),
            warm_since: self.warm_since,
            data_version: self.target.view.version,
        };
        self.stash.0.insert(run, kept);
        while self.stash.0.len() > MOST {
            self.stash.0.pop_first();
        }
        Ok(())
    }

    /// Takes a kept fit back: its model, seed, weights and curves; the data and the rate stay those of now.
    pub(super) fn take_back(&mut self, run: u64, config: Config, batch: usize, seed: u64) -> Result<(), TrainError> {
        let kept = self.stash.0.remove(&run);
        let (config, batch, seed) = kept.as_ref().map_or((config, batch, seed), |kept| (kept.config.clone(), kept.batch, kept.seed));
        if let Model::Realnvp { config: present, .. } = &mut self.lesson.model {
            *present = config;
        }
        self.lesson.training.batch = batch;
        self.set_seed(seed)?;
        self.rebuild(kept.as_ref().map(|kept| &kept.weights))?;
        if let Some(kept) = kept {
            self.warm_since = kept.warm_since;
            // Losses on other data are another curve.
            if kept.data_version == self.target.view.version {
                self.collector = kept.collector;
            }
        }
        Ok(())
    }

    /// Another seed: the points that are drawn and that test follow it, while the data stay the same data.
    pub(super) fn set_seed(&mut self, seed: u64) -> Result<(), TrainError> {
        if seed != self.lesson.seed {
            self.lesson.seed = seed;
            let version = self.target.view.version;
            self.target = super::Target::open(self.target.data.clone(), seed, version)?;
        }
        Ok(())
    }

    /// Trains up to a step without stopping for pictures.
    pub(super) fn train_ahead(&mut self, step: u64) -> Result<(), TrainError> {
        while self.trains() && self.model.as_ref().is_some_and(|model| model.fit.step() < step) {
            let (rate, class_nats) = (self.rate_now(), self.class_nats());
            let Some(model) = &mut self.model else { break };
            model.fit.set_rate(rate);
            model.fit.advance()?;
            self.history.keep(&mut model.fit)?;
            for (step, loss) in model.fit.losses()? {
                model.first_loss.get_or_insert(loss);
                self.collector.train(step, loss + class_nats);
            }
        }
        self.draw_soon();
        Ok(())
    }
}
