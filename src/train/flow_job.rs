//! The flow lab's worker: trains a flow and computes every picture of it. It knows no window.
//!
//! It trains for a while, then draws one round of pictures with the weights held still, and so on; each turn takes a few milliseconds.

mod by_class;
mod commands;
mod conditioner;
mod curves;
mod cycle;
mod drawing;
mod history;
mod ledger;
mod numeric;
mod overlays;
mod places;
mod portrait;
mod programs;
mod recover;
mod snapshot;
mod stash;
mod story;
mod target;
mod training;
mod wiring;

use std::sync::Arc;
use std::time::{Duration, Instant};

use curves::Collector;
use cycle::Cycle;
use history::Scrub;
use numeric::Numeric;
use places::Places;
use programs::Programs;
use stash::Stash;
use target::Target;
use training::Clock;

pub use conditioner::Conditioner;
pub use ledger::{Ledger, RoundTrip};
pub use overlays::{ARROWS, Asked, ELLIPSES, Jacobians, Velocities};
pub use places::{MOST_PINS, Trace};
pub use portrait::{MAP_REACH, MapPortrait, PLACES, PLACES_REACH, Portrait, places};
pub use snapshot::{Curves, DataView, Field, FlowCommand, FlowSnapshot, Integral, Lattice, Lines, Pictures, Point, ProbeReading};
pub use story::UpdateStory;
pub use training::{COOLING, cooled};
pub use wiring::Wiring;

pub use super::history::Timeline;

use super::history::History;
use super::{Activity, Event, Fit, Job, Lesson, MakeSession, Model, PointData, PointSource, Publisher, Source, TrainError, Weights};
use crate::data::Toy;
use crate::exec::ProgramId;
use crate::flows::Config;

/// A turn's time: commands are heard at least this often, give or take one step or slice.
const TURN: Duration = Duration::from_millis(8);

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
    /// The graphics device was lost, and nobody has read it yet.
    lost: Option<String>,
    wiring: Wiring,
    history: History,
    scrub: Scrub,
    /// The map of the round-trip error is wanted.
    error_map: bool,
    /// What else is drawn.
    asked: Asked,
    /// The class that is shown; none is the mixture.
    shown: Option<usize>,
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
    /// Operations that the likelihood of one point takes.
    cost: u64,
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
            lost: None,
            wiring: Wiring::default(),
            history: History::default(),
            scrub: Scrub::default(),
            error_map: false,
            asked: Asked::default(),
            shown: None,
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
            clock: Clock::at(0),
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
        // Weights of other classes than the data's fit nothing here.
        let other_classes = job.take_classes();
        let weights = weights.filter(|_| !other_classes);
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
        self.history.keep(&mut model.fit)?;
        self.scrub = Scrub::default();
        // Trained weights have settled already.
        self.warm_since = weights.is_none().then(|| model.fit.step());
        self.model = Some(model);
        self.collector = Collector::default();
        self.diverged = None;
        self.pictures = None;
        self.reading = None;
        self.places.forget();
        self.last_integral = None;
        let step = self.model.as_ref().map_or(0, |model| model.fit.step());
        self.clock = Clock::at(step);
        self.settle_class()?;
        self.draw_soon();
        Ok(())
    }

    /// What a fit draws batches from; with nothing to learn from it is never asked.
    fn learned_from(&self) -> PointSource {
        self.target.source.clone().unwrap_or(PointSource::Toy(Toy::TwoMoons))
    }

    /// Takes other data; true if their classes are others and a flow that reads them began anew.
    fn set_target(&mut self, target: Target) -> Result<bool, TrainError> {
        if let Model::Realnvp { data, .. } = &mut self.lesson.model {
            data.clone_from(&target.data);
        }
        self.target = target;
        (self.diverged, self.history.broke) = (None, None);
        self.warm_up();
        // Another law, another curve.
        self.collector = Collector::default();
        self.last_integral = None;
        let source = self.learned_from();
        if let Some(model) = &mut self.model {
            model.fit.set_source(Source::Points(source));
            model.first_loss = None;
        }
        let anew = self.follow_classes()?;
        if !anew {
            self.look_again();
        }
        Ok(anew)
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
            lost: self.lost.clone(),
            timeline: self.history.timeline(model.fit.step()),
            wiring: self.wiring,
            shown: self.shown,
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
        reading.portraits = model.programs.portraits(model.fit.session(), &reading.points)?;
        reading.numeric_log_det = model.numeric.log_det(model.fit.session(), step, self.probe)?;
        let shown = by_class::Shown { class: self.shown, shares: &self.target.view.shares };
        model.programs.weigh(model.fit.session(), &mut reading, shown)?;
        self.reading = Some(Arc::new(reading));
        Ok(())
    }
}

impl Job for FlowJob {
    type Command = FlowCommand;
    type Snapshot = FlowSnapshot;

    fn command(&mut self, command: FlowCommand, out: &mut Publisher<FlowSnapshot>) {
        if let Err(error) = self.carry_out(command, out)
            && !self.recovers(&error, out)
        {
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
