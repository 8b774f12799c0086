//! The flow lab's worker: trains a RealNVP or NICE and computes every picture of it. It knows no window.
//!
//! It trains for a while, then draws one round of pictures with the weights held still, and so on; each turn takes a few milliseconds.

mod commands;
mod conditioner;
mod curves;
mod cycle;
mod history;
mod ledger;
mod numeric;
mod places;
mod programs;
mod recover;
mod snapshot;
mod stash;
mod story;
mod target;
mod wiring;

use std::sync::Arc;
use std::time::{Duration, Instant};

use curves::Collector;
use cycle::{Cycle, Fineness, Scene};
use history::History;
use numeric::Numeric;
use places::Places;
use programs::Programs;
use stash::Stash;
use target::{STILL_TEST_POINTS, TEST_POINTS, Target};

pub use conditioner::Conditioner;
pub use history::Timeline;
pub use ledger::{Ledger, RoundTrip};
pub use places::{MOST_PINS, Trace};
pub use snapshot::{Curves, DataView, Field, FlowCommand, FlowSnapshot, Integral, Lattice, Lines, Pictures, Point, ProbeReading};
pub use story::UpdateStory;
pub use wiring::Wiring;

use super::{Activity, Event, Fit, Job, Lesson, Model, PointData, PointSource, Publisher, Source, TrainError, Weights};
use crate::data::Toy;
use crate::exec::{ExecError, ProgramId, Session};
use crate::flows::realnvp::Config;

/// A turn's time: commands are heard at least this often, give or take one step or slice.
const TURN: Duration = Duration::from_millis(8);
/// Rounds of pictures take at most one part in this many plus one.
const TRAIN_SHARE: u32 = 2;
/// A round starts at most this often.
const LEAST_TRAINING: Duration = Duration::from_millis(90);
/// While training, p is summed over the plane this often.
const INTEGRAL_EVERY: Duration = Duration::from_secs(4);
const WHILE_TRAINING: Fineness = Fineness { density: 128, integral: 0, test: TEST_POINTS };
const STILL: Fineness = Fineness { density: 256, integral: 512, test: STILL_TEST_POINTS };
/// A training loss so far above the first one, in nats, does not come back.
const HOPELESS: f32 = 50.0;

/// After a change of data, model or rate the rate falls over this many steps, as half a cosine, to this part of itself: it learns the new
/// law fast and then settles.
pub const COOLING: u64 = 3_000;
const COOLED: f64 = 0.05;

/// The rate of the step after `step`, where it began to fall from `rate` after step `since`; none where it has fallen.
pub fn cooled(rate: f64, since: Option<u64>, step: u64) -> f64 {
    let done = since.map_or(1.0, |since| (step.saturating_sub(since) as f64 / COOLING as f64).min(1.0));
    rate * (COOLED + (1.0 - COOLED) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()))
}

/// Makes sessions: one for each model.
pub type MakeSession = Box<dyn FnMut() -> Result<Box<dyn Session>, ExecError> + Send>;

/// The job.
pub struct FlowJob {
    make_session: MakeSession,
    lesson: Lesson,
    model: Option<Trained>,
    target: Target,
    collector: Collector,
    training: bool,
    /// The step at which the rate began to fall; none when it has fallen.
    warm_since: Option<u64>,
    diverged: Option<String>,
    wiring: Wiring,
    history: History,
    /// The map of the round-trip error is wanted.
    error_map: bool,
    story: Option<Arc<UpdateStory>>,
    handed: Option<Arc<Weights>>,
    window: [f64; 4],
    probe: [f64; 2],
    reading: Option<Arc<ProbeReading>>,
    pictures: Option<Arc<Pictures>>,
    phase: Phase,
    /// What is drawn has changed since the round under way began.
    again: bool,
    versions: u64,
    last_integral: Option<(Instant, Integral)>,
    clock: Clock,
    places: Places,
    stash: Stash,
    heard: u64,
    startup: Vec<Event>,
}

/// A fit with the programs that draw it.
struct Trained {
    fit: Fit,
    config: Config,
    programs: Programs,
    numeric: Numeric,
    first_loss: Option<f32>,
    /// The program of the density's gradient, once it was asked for.
    rise: Option<ProgramId>,
    /// The newest weights whose held-out loss was sound.
    good: (u64, Weights),
}

enum Phase {
    Train {
        until: Instant,
    },
    Draw {
        cycle: Box<Cycle>,
        spent: Duration,
    },
    /// Everything is drawn, at full fineness.
    Rest,
}

/// Steps a second over the last second.
struct Clock {
    since: Instant,
    step: u64,
    rate: f64,
}

impl FlowJob {
    /// A job that opens a lesson of a flow. It starts from the lesson's trained weights if there are some, and trains.
    ///
    /// # Panics
    /// If the lesson is not a flow's: the lab opens its own presets.
    pub fn new(lesson: Lesson, make_session: MakeSession) -> FlowJob {
        let Model::Realnvp { data, .. } = &lesson.model else { panic!("the flow lab opens lessons of flows") };
        let mut startup = Vec::new();
        let target = Target::open(data.clone(), lesson.seed, 1).unwrap_or_else(|error| {
            startup.push(Event::Warning(error.to_string()));
            Target::open(PointData::Toy { toy: Toy::TwoMoons }, lesson.seed, 1).expect("a toy needs no file")
        });
        let mut job = FlowJob {
            make_session,
            lesson,
            model: None,
            target,
            collector: Collector::default(),
            training: true,
            warm_since: None,
            diverged: None,
            wiring: Wiring::default(),
            history: History::default(),
            error_map: false,
            story: None,
            handed: None,
            window: [-4.0, -4.0, 4.0, 4.0],
            probe: [1.0, 0.9],
            reading: None,
            pictures: None,
            phase: Phase::Rest,
            again: false,
            versions: 1,
            last_integral: None,
            clock: Clock { since: Instant::now(), step: 0, rate: 0.0 },
            places: Places::default(),
            stash: Stash::default(),
            heard: 0,
            startup,
        };
        let weights = match job.lesson.trained_weights() {
            Ok(weights) => weights,
            Err(error) => {
                job.startup.push(Event::Warning(error.to_string()));
                None
            }
        };
        if let Err(error) = job.rebuild(weights.as_ref()) {
            job.startup.push(Event::Failed(error.to_string()));
        }
        job
    }

    fn config(&self) -> Config {
        match &self.lesson.model {
            Model::Realnvp { config, .. } => config.clone(),
            Model::Pixelcnn { .. } | Model::CausalStack { .. } => Config::default(),
        }
    }

    /// Makes the lesson's model anew, with these weights or the initial ones.
    fn rebuild(&mut self, weights: Option<&Weights>) -> Result<(), TrainError> {
        let mut model = self.make_model(weights)?;
        self.history = History::new(model.fit.session());
        self.history.keep(&mut model)?;
        // Trained weights have settled already.
        self.warm_since = weights.is_none().then(|| model.fit.step());
        self.model = Some(model);
        self.collector = Collector::default();
        self.diverged = None;
        self.pictures = None;
        self.reading = None;
        self.places.forget();
        self.last_integral = None;
        self.draw_soon();
        Ok(())
    }

    /// What a fit draws batches from; with nothing to learn from it is never asked.
    fn learned_from(&self) -> PointSource {
        self.target.source.clone().unwrap_or(PointSource::Toy(Toy::TwoMoons))
    }

    /// The learning rate of the next step.
    fn rate_now(&self) -> f64 {
        let step = self.model.as_ref().map_or(0, |model| model.fit.step());
        cooled(self.lesson.training.adam.rate, self.warm_since, step)
    }

    /// The rate is at its highest again.
    fn warm_up(&mut self) {
        self.warm_since = self.model.as_ref().map(|model| model.fit.step());
    }

    fn trains(&self) -> bool {
        let trainable = self.model.as_ref().is_some_and(|model| self.wiring.trains(&model.config));
        self.training && self.target.source.is_some() && self.diverged.is_none() && trainable
    }

    /// Starts a round of pictures in the next turn.
    fn draw_soon(&mut self) {
        self.versions += 1;
        let step = self.model.as_ref().map_or(0, |model| model.fit.step());
        let mut fineness = if self.trains() || self.history.hurried { WHILE_TRAINING } else { STILL };
        if self.trains() && self.last_integral.is_none_or(|(at, _)| at.elapsed() > INTEGRAL_EVERY) {
            fineness.integral = 384;
        }
        let cycle = Cycle::new(fineness, self.window, self.versions, step, self.target.view.version);
        self.phase = Phase::Draw { cycle: Box::new(cycle), spent: Duration::ZERO };
    }

    fn set_target(&mut self, target: Target) {
        if let Model::Realnvp { data, .. } = &mut self.lesson.model {
            data.clone_from(&target.data);
        }
        self.target = target;
        self.diverged = None;
        self.warm_up();
        // Another law, another curve.
        self.collector = Collector::default();
        self.last_integral = None;
        let source = self.learned_from();
        if let Some(model) = &mut self.model {
            model.fit.set_source(Source::Points(source));
            model.first_loss = None;
        }
        self.look_again();
    }

    /// Has new pictures made: at once at rest, after the present round while one is under way. In training a round comes soon anyway, and
    /// starting one with every movement of the mouse would leave no time to train.
    fn look_again(&mut self) {
        match self.phase {
            Phase::Train { .. } if self.trains() => {}
            Phase::Draw { .. } => self.again = true,
            _ => self.draw_soon(),
        }
    }

    /// Publishes what there is.
    fn publish(&self, out: &mut Publisher<FlowSnapshot>) {
        let Some(model) = &self.model else { return };
        out.snapshot(FlowSnapshot {
            config: model.config.clone(),
            batch: self.lesson.training.batch,
            rate: self.lesson.training.adam.rate,
            rate_now: self.rate_now(),
            seed: self.lesson.seed,
            source: self.target.data.clone(),
            step: model.fit.step(),
            steps_per_second: self.clock.rate,
            training: self.trains(),
            heard: self.heard,
            backend: model.fit.backend(),
            data: Arc::clone(&self.target.view),
            curves: Arc::new(self.collector.curves()),
            pictures: self.pictures.clone(),
            probe: self.reading.clone(),
            pins: Arc::clone(&self.places.readings),
            trace: self.places.trace.clone(),
            diverged: self.diverged.clone(),
            timeline: self.history.timeline(model.fit.step()),
            wiring: self.wiring,
            story: self.story.clone(),
            handed: self.handed.clone(),
        });
    }

    /// Side of the little square around a point: a fixed part of the view.
    fn square_side(&self) -> f64 {
        0.04 * (self.window[2] - self.window[0]).abs().max(1e-3)
    }

    fn measure_probe(&mut self) -> Result<(), TrainError> {
        let side = self.square_side();
        let Some(model) = &mut self.model else { return Ok(()) };
        let step = model.fit.step();
        let mut reading = model.programs.probe(model.fit.session(), self.probe, side)?;
        reading.step = step;
        reading.numeric_log_det = model.numeric.log_det(model.fit.session(), step, self.probe)?;
        self.reading = Some(Arc::new(reading));
        Ok(())
    }

    fn train_turn(&mut self, until: Instant) -> Result<(), TrainError> {
        let (rate, since) = (self.lesson.training.adam.rate, self.warm_since);
        let Some(model) = &mut self.model else { return Ok(()) };
        let start = Instant::now();
        while start.elapsed() < TURN {
            // For each step: so that a step never depends on how many fell into one turn.
            model.fit.set_rate(cooled(rate, since, model.fit.step()));
            model.fit.advance()?;
            self.history.keep(model)?;
        }
        match model.fit.losses() {
            Ok(losses) => {
                for (step, loss) in losses {
                    let first = *model.first_loss.get_or_insert(loss);
                    self.collector.train(step, loss);
                    if loss > first.max(0.0) + HOPELESS {
                        return self.stop_diverged(step, format!("the loss rose to {loss:.0} nats"));
                    }
                }
            }
            Err(TrainError::Diverged { step, node, .. }) => {
                return self.stop_diverged(step, format!("`{node}` is no longer a finite number"));
            }
            Err(other) => return Err(other),
        }
        if self.clock.since.elapsed() > Duration::from_millis(700) {
            let step = self.model.as_ref().map_or(0, |model| model.fit.step());
            self.clock.rate = step.saturating_sub(self.clock.step) as f64 / self.clock.since.elapsed().as_secs_f64();
            self.clock = Clock { since: Instant::now(), step, rate: self.clock.rate };
        }
        if Instant::now() >= until {
            self.draw_soon();
        }
        Ok(())
    }

    /// Goes back to the last sound weights and waits for the person.
    fn stop_diverged(&mut self, step: u64, what: String) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let (kept, weights) = &model.good;
        model.fit.load(weights)?;
        model.numeric.forget();
        model.first_loss = None;
        self.collector.rewind(*kept);
        self.history.rewind(*kept);
        self.history.broke = Some(step);
        self.diverged = Some(format!(
            "Training stopped at step {step}: {what}. The weights of step {kept} are kept; halve the learning rate and go on."
        ));
        self.draw_soon();
        Ok(())
    }

    fn draw_turn(&mut self, mut cycle: Box<Cycle>, spent: Duration, out: &mut Publisher<FlowSnapshot>) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let start = Instant::now();
        let floor = self.target.view.floor;
        let (points, test) = (&self.target.view.points[..], &self.target.test[..]);
        let scene = Scene { points, test, floor, window: self.window, seed: self.lesson.seed, error_map: self.error_map };
        let mut done = None;
        while done.is_none() && start.elapsed() < TURN {
            done = cycle.advance(model.fit.session(), &model.programs, &scene)?;
        }
        let spent = spent + start.elapsed();
        let Some(mut pictures) = done else {
            self.phase = Phase::Draw { cycle, spent };
            return Ok(());
        };
        if let Some(score) = pictures.test.as_ref().filter(|_| !self.history.looks_back()) {
            self.collector.test(pictures.step, score.nats);
            let sound = score.nats.is_finite() && model.first_loss.is_none_or(|first| score.nats < f64::from(first.max(0.0)) + 5.0);
            if sound && pictures.step > model.good.0 {
                model.good = (pictures.step, model.fit.weights()?);
            }
        }
        pictures.wiring = self.wiring;
        match pictures.integral {
            Some(integral) => self.last_integral = Some((Instant::now(), integral)),
            None => pictures.integral = self.last_integral.map(|(_, integral)| integral),
        }
        self.pictures = Some(Arc::new(pictures));
        self.measure_probe()?;
        self.measure_places()?;
        self.publish(out);
        if std::mem::take(&mut self.history.hurried) {
            // First what else was asked for while scrubbing, at last the fine pictures.
            self.draw_soon();
            return self.follow_scrubber();
        }
        self.phase = if std::mem::take(&mut self.again) && !self.trains() {
            self.draw_soon();
            return Ok(());
        } else if self.trains() {
            Phase::Train { until: Instant::now() + (spent * TRAIN_SHARE).max(LEAST_TRAINING) }
        } else {
            Phase::Rest
        };
        Ok(())
    }
}

impl Job for FlowJob {
    type Command = FlowCommand;
    type Snapshot = FlowSnapshot;

    fn command(&mut self, command: FlowCommand, out: &mut Publisher<FlowSnapshot>) {
        if let Err(error) = self.carry_out(command, out) {
            out.event(Event::Warning(error.to_string()));
        }
        self.heard += 1;
        self.publish(out);
    }

    fn turn(&mut self, out: &mut Publisher<FlowSnapshot>) -> Activity {
        for event in self.startup.drain(..) {
            out.event(event);
        }
        if self.target.poll_entropy() {
            self.draw_soon();
        }
        let outcome = match std::mem::replace(&mut self.phase, Phase::Rest) {
            Phase::Train { until } if self.trains() => {
                self.phase = Phase::Train { until };
                self.train_turn(until)
            }
            Phase::Train { .. } => {
                self.draw_soon();
                Ok(())
            }
            Phase::Draw { cycle, spent } => self.draw_turn(cycle, spent, out),
            Phase::Rest => Ok(()),
        };
        if self.diverged.is_some() && outcome.is_ok() && matches!(self.phase, Phase::Draw { .. }) {
            self.publish(out);
        }
        if let Err(error) = outcome
            && !self.recovers(&error, out)
        {
            self.training = false;
            self.phase = Phase::Rest;
            out.event(Event::Warning(error.to_string()));
            self.publish(out);
        }
        match self.phase {
            Phase::Rest if self.target.waits() => {
                // The entropy comes from another thread.
                std::thread::sleep(Duration::from_millis(5));
                Activity::Busy
            }
            Phase::Rest => Activity::Idle,
            _ => Activity::Busy,
        }
    }
}
