//! Pictures of a flow that reads the class of a point: of one class, or of the mixture of all by their shares.
//!
//! The programs take one class for all points, from a state of the session; what is of several classes is computed class by class.

use std::borrow::Cow;

use super::programs::{Evaluation, Programs, SAMPLES};
use super::snapshot::{Point, ProbeReading};
use super::{FlowJob, Model};
use crate::data::noise;
use crate::exec::Session;
use crate::flows::SHOWN_CLASS;
use crate::train::{TrainError, log_mixture, posterior};

/// The stream that draws the classes of the samples.
const CLASS_STREAM: u64 = u64::MAX - 2;

/// What a picture is of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    /// The class; none is the mixture.
    pub(super) class: Option<usize>,
    /// Share of each class of the data.
    pub(super) shares: &'a [f64],
}

impl Shown<'_> {
    /// The class whose layers the grids show.
    pub(super) fn of_grids(self) -> usize {
        self.class.unwrap_or(0)
    }

    /// Whether the picture is the sum over the classes of a flow.
    pub(super) fn is_mixture(self, programs: &Programs) -> bool {
        self.class.is_none() && programs.classes() > 0
    }
}

impl Programs {
    /// Number of classes that the flow reads.
    pub(super) fn classes(&self) -> usize {
        self.config.classes
    }

    /// The shares; equal ones while data of other classes are on their way.
    fn shares<'a>(&self, shown: Shown<'a>) -> Cow<'a, [f64]> {
        match self.classes() {
            classes if classes == shown.shares.len() => Cow::Borrowed(shown.shares),
            classes => Cow::Owned(vec![1.0 / classes as f64; classes]),
        }
    }

    /// What runs next is of this class. Nothing for a flow without classes.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn set_class(&self, session: &mut dyn Session, class: usize) -> Result<(), TrainError> {
        let one_hot: Vec<f32> = (0..self.classes()).map(|c| f32::from(u8::from(c == class))).collect();
        if one_hot.is_empty() {
            return Ok(());
        }
        Ok(session.write_parameter(SHOWN_CLASS, &one_hot)?)
    }

    /// Points through the layers of their own classes.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn points_of(&self, session: &mut dyn Session, points: &[Point], classes: &[u8]) -> Result<Evaluation, TrainError> {
        let mut all = self.points(session, points)?;
        for class in 0..self.classes() {
            let own: Vec<usize> = places(classes, class, points.len());
            self.set_class(session, class)?;
            let found = self.points(session, &own.iter().map(|&i| points[i]).collect::<Vec<_>>())?;
            for (from, &to) in own.iter().enumerate() {
                all.points.iter_mut().zip(&found.points).for_each(|(all, found)| all[to] = found[from]);
                all.log_dets.iter_mut().zip(&found.log_dets).for_each(|(all, found)| all[to] = found[from]);
                all.log_base[to] = found.log_base[from];
                all.log_prob[to] = found.log_prob[from];
            }
        }
        Ok(all)
    }

    /// Largest distance between points and what comes back from their `z` by the layers of their own classes.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn round_trip_of(&self, session: &mut dyn Session, x: &[Point], z: &[Point], classes: &[u8]) -> Result<f64, TrainError> {
        if self.classes() == 0 {
            return self.round_trip(session, x, z);
        }
        let mut worst: f64 = 0.0;
        for class in 0..self.classes() {
            let own = places(classes, class, x.len());
            let pick = |points: &[Point]| own.iter().map(|&i| points[i]).collect::<Vec<_>>();
            self.set_class(session, class)?;
            let error = self.round_trip(session, &pick(x), &pick(z))?;
            worst = if error > worst || error.is_nan() { error } else { worst };
        }
        Ok(worst)
    }

    /// Draws of the model at every depth, with their classes: of the one that is shown, else drawn by the shares.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn samples_of(
        &self,
        session: &mut dyn Session,
        seed: u64,
        shown: Shown<'_>,
    ) -> Result<(Vec<Vec<Point>>, Vec<u8>), TrainError> {
        let classes = self.drawn_classes(seed, shown);
        let mut samples = self.samples(session, seed)?;
        for class in 0..self.classes() {
            self.set_class(session, class)?;
            let of_class = self.samples(session, seed)?;
            for i in places(&classes, class, SAMPLES) {
                samples.iter_mut().zip(&of_class).for_each(|(all, found)| all[i] = found[i]);
            }
        }
        Ok((samples, classes))
    }

    fn drawn_classes(&self, seed: u64, shown: Shown<'_>) -> Vec<u8> {
        match (self.classes(), shown.class) {
            (0, _) => Vec::new(),
            (_, Some(class)) => vec![class as u8; SAMPLES],
            (classes, None) => {
                let draw = |u: f32| {
                    let mut left = f64::from(u);
                    let below = |share: &&f64| {
                        left -= **share;
                        left >= 0.0
                    };
                    self.shares(shown).iter().take_while(below).count().min(classes - 1) as u8
                };
                noise::uniforms(seed, CLASS_STREAM, SAMPLES).into_iter().map(draw).collect()
            }
        }
    }

    /// `ln p(x)` of the class that is shown, or of the mixture.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn log_prob_of(&self, session: &mut dyn Session, points: &[Point], shown: Shown<'_>) -> Result<Vec<f32>, TrainError> {
        if let (Some(class), true) = (shown.class, self.classes() > 0) {
            self.set_class(session, class)?;
        }
        if !shown.is_mixture(self) {
            return self.log_prob(session, points);
        }
        let mut given = vec![vec![0.0; self.classes()]; points.len()];
        for class in 0..self.classes() {
            self.set_class(session, class)?;
            let values = self.log_prob(session, points)?;
            given.iter_mut().zip(values).for_each(|(given, value)| given[class] = value.into());
        }
        let shares = self.shares(shown);
        Ok(given.iter().map(|given| log_mixture(&shares, given) as f32).collect())
    }

    /// What every class says of the probe, and Bayes' rule of them.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn weigh(&self, session: &mut dyn Session, reading: &mut ProbeReading, shown: Shown<'_>) -> Result<(), TrainError> {
        reading.given.clear();
        for class in 0..self.classes() {
            self.set_class(session, class)?;
            reading.given.push(self.log_prob_at(session, reading.points[0])?);
        }
        let shares = self.shares(shown);
        reading.posterior = posterior(&shares, &reading.given);
        reading.mixture = shown.is_mixture(self).then(|| log_mixture(&shares, &reading.given));
        self.set_class(session, shown.of_grids())
    }
}

impl FlowJob {
    /// Another class is shown.
    pub(super) fn show(&mut self, class: Option<usize>) -> Result<(), TrainError> {
        self.shown = class;
        self.settle_class()?;
        self.draw_soon();
        self.measure_probe()?;
        self.measure_places()
    }

    /// What a command computes is of the class that is shown, whichever one the round under way has come to.
    pub(super) fn hold_class(&mut self) -> Result<(), TrainError> {
        match &mut self.model {
            Some(model) => model.programs.set_class(model.fit.session(), self.shown.unwrap_or(0)),
            None => Ok(()),
        }
    }

    /// What a training loss `-ln p(x | c)` lacks to be the price of point and class together, `-ln p(x, c)`, which no `-ln p(x)` is above: the
    /// entropy of the shares. Nothing where the loss is no price: without the log-determinants it is that of the base alone.
    pub(super) fn class_nats(&self) -> f32 {
        let reads = self.wiring.log_det && self.model.as_ref().is_some_and(|model| model.config.classes > 0);
        let nats = self.target.view.shares.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum::<f64>();
        if reads { nats as f32 } else { 0.0 }
    }

    /// The programs' class is the one that is shown, as far as the flow has it.
    pub(super) fn settle_class(&mut self) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        self.shown = self.shown.filter(|&class| class < model.config.classes);
        model.numeric.forget();
        model.programs.set_class(model.fit.session(), self.shown.unwrap_or(0))
    }

    /// Other data have other classes: a flow that reads them begins anew with as many; true if it did.
    pub(super) fn follow_classes(&mut self) -> Result<bool, TrainError> {
        let anew = self.take_classes();
        if anew {
            self.rebuild(None)?;
        }
        Ok(anew)
    }

    /// That a model was asked to read so many classes and reads those of the data.
    pub(super) fn said_classes(&self, asked: usize) -> String {
        let them = match self.config().classes {
            0 => "none: the flow learns all points together".to_owned(),
            found => format!("{found}: the flow reads those"),
        };
        format!("The model was to read {asked} classes, and the data here have {them}.")
    }

    /// Gives a lesson's flow that reads classes as many as its data have; true if it had others.
    pub(super) fn take_classes(&mut self) -> bool {
        let found = self.target.view.shares.len();
        let Model::Realnvp { config, .. } = &mut self.lesson.model else { return false };
        if config.classes == 0 || config.classes == found || self.target.source.is_none() {
            return false;
        }
        config.classes = found;
        true
    }
}

/// Where the points of a class are; without classes all are of the first.
fn places(classes: &[u8], class: usize, n: usize) -> Vec<usize> {
    (0..n).filter(|&i| classes.get(i).map_or(0, |&c| usize::from(c)) == class).collect()
}
