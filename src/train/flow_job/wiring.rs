//! Layers left out, layers left as they are, and the loss without its log-determinants.

use serde::{Deserialize, Serialize};

use super::{FlowJob, Trained};
use crate::flows::Config;
use crate::train::{TrainError, realnvp_training_of};

/// How the flow's layers take part, a bit each, counted as [`Config::stages`] counts; and what is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wiring {
    /// Layers that are the identity: points, density and loss are those of the flow without them.
    pub muted: u64,
    /// Layers that training leaves as they are.
    pub frozen: u64,
    /// Whether the loss has its log-determinants, as it must to be a likelihood.
    pub log_det: bool,
}

impl Default for Wiring {
    fn default() -> Wiring {
        Wiring { muted: 0, frozen: 0, log_det: true }
    }
}

impl Wiring {
    /// Whether layer `stage` is left out.
    pub fn mutes(&self, stage: usize) -> bool {
        self.muted >> stage & 1 == 1
    }

    /// Whether layer `stage` is left as it is.
    pub fn freezes(&self, stage: usize) -> bool {
        self.frozen >> stage & 1 == 1
    }

    /// The flow without the layers that are left out.
    pub fn applied(&self, config: &Config) -> Config {
        Config { muted: self.muted, ..config.clone() }
    }

    /// Whether a layer is left that training changes.
    pub fn trains(&self, config: &Config) -> bool {
        let free = |stage: usize| !self.mutes(stage) && !self.freezes(stage) && config.has_parameters(stage);
        let stages = 0..config.stages();
        if config.shares_parameters() {
            stages.clone().all(|stage| !self.freezes(stage)) && stages.into_iter().any(free)
        } else {
            stages.into_iter().any(free)
        }
    }
}

impl FlowJob {
    /// Takes another wiring: the model is made anew on a session of its own with the weights that it has.
    pub(super) fn rewire(&mut self, wiring: Wiring) -> Result<(), TrainError> {
        if wiring == self.wiring {
            return Ok(());
        }
        let law_changes = (wiring.muted, wiring.log_det) != (self.wiring.muted, self.wiring.log_det);
        self.wiring = wiring;
        let Some(model) = &mut self.model else { return Ok(()) };
        let weights = model.fit.weights()?;
        self.model = Some(self.make_model(Some(&weights))?);
        self.diverged = None;
        self.history.broke = None;
        if law_changes {
            // Another loss, another curve.
            self.collector = super::Collector::default();
            self.last_integral = None;
        }
        self.places.forget();
        self.warm_up();
        self.draw_soon();
        self.measure_probe()
    }

    /// Has a fit minimise what the wiring says.
    pub(super) fn set_objective(&self, fit: &mut super::Fit, config: &Config) -> Result<(), TrainError> {
        if self.wiring != Wiring::default() && self.wiring.trains(config) {
            let applied = self.wiring.applied(config);
            fit.set_objective(realnvp_training_of(&applied, self.lesson.training.batch, self.wiring.frozen, self.wiring.log_det)?)?;
        }
        Ok(())
    }

    /// A model of the lesson with these weights, or the initial ones.
    pub(super) fn make_model(&mut self, weights: Option<&crate::train::Weights>) -> Result<Trained, TrainError> {
        let config = self.config();
        let source = crate::train::Source::Points(self.learned_from());
        let mut lesson = self.lesson.clone();
        lesson.title = format!("{} on {}", config.family.title(), self.target.data.title());
        let mut fit = super::Fit::new(lesson, source, (self.make_session)()?)?;
        if let Some(weights) = weights {
            fit.load(weights)?;
        }
        self.set_objective(&mut fit, &config)?;
        let applied = self.wiring.applied(&config);
        // Pictures are of one class at a time.
        let applied = Config { one_class: true, ..applied };
        let programs = super::Programs::new(fit.session(), &applied)?;
        programs.set_class(fit.session(), self.shown.unwrap_or(0))?;
        let numeric = super::Numeric::new(&applied)?;
        let good = (fit.step(), fit.weights()?);
        // A mixture asks every class.
        let cost = crate::flows::likelihood(&applied, 1)?.cost() * config.classes.max(1) as u64;
        Ok(Trained { fit, config, programs, numeric, first_loss: None, rise: None, good, cost })
    }
}
