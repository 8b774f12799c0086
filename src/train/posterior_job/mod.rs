//! The worker's job behind the chapter of low-rank layers: flows that sample an unnormalised density, fitted by the reverse divergence. It
//! knows no window.

mod sampler;
mod snapshot;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use self::sampler::Sampler;
pub use self::snapshot::{
    DepthView, GRID, Held, MEASURED, NOISE_REACH, PlanarLayer, PosteriorSnapshot, REACH, RadialLayer, Reached, SAMPLES, SylvesterLayer,
    TARGET, TargetView,
};
use super::trouble::{Sessions, Survivor, Trouble};
use super::{Activity, Job, Publisher, TrainError, Weights};
use crate::exec::BackendChoice;
use crate::flows::{Basis, Config, Energy, Family};

/// Time of a turn.
const SLICE: Duration = Duration::from_millis(30);
/// While training, pictures are made this often, and take at most a third of the time.
const LOOK: Duration = Duration::from_millis(400);
/// Steps for which the learning rate is held before it falls as one over the steps.
pub const HELD_STEPS: u64 = sampler::HELD_STEPS as u64;
/// Square and cells of the integral.
const INTEGRAL: (f64, usize) = (7.0, 700);

/// Which flow samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `x + u tanh(w'x + b)`.
    #[default]
    Planar,
    /// A contraction or expansion around a point.
    Radial,
    /// `x + Q R1 tanh(R2 Q'x + b)` with an orthogonal Q.
    Sylvester,
    /// Each coordinate is scaled and shifted by what comes before it in the noise.
    Iaf,
}

impl Kind {
    /// All of them with their names on the screen.
    pub const ALL: [(Kind, &'static str); 4] =
        [(Kind::Planar, "planar"), (Kind::Radial, "radial"), (Kind::Sylvester, "Sylvester"), (Kind::Iaf, "IAF")];

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        Kind::ALL.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, title)| title)
    }

    /// The learning rate that suits it: layers of few numbers take larger steps.
    fn rate(self) -> f64 {
        if self == Kind::Iaf { 2e-3 } else { 1e-2 }
    }
}

/// What is fitted to what.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Look {
    /// The flow.
    pub kind: Kind,
    /// Its layers, 1 to 32.
    pub layers: usize,
    /// How the orthogonal matrices of a Sylvester flow are made.
    pub basis: Basis,
    /// The target.
    pub energy: Energy,
}

impl Look {
    /// The flow's size. The map that is run forward takes noise to samples; so the networks of an inverse autoregressive flow read their
    /// input, which is what a masked autoregressive flow does on data.
    pub fn config(&self) -> Config {
        let family = match self.kind {
            Kind::Planar => Family::Planar,
            Kind::Radial => Family::Radial,
            Kind::Sylvester => Family::Sylvester { basis: self.basis },
            Kind::Iaf => Family::Maf,
        };
        Config { layers: self.layers, width: 32, ..Config::of(family) }
    }
}

/// What the window may ask.
#[derive(Clone, PartialEq, Debug)]
pub enum PosteriorCommand {
    /// Starts or pauses.
    Train(bool),
    /// Trains on at half of the rate, after it broke.
    Slower,
    /// The sentence about the lost graphics device was read.
    Understood,
    /// From the initial values of this seed.
    Restart(u64),
    /// Another flow or another target: from its initial values.
    Look(Look),
    /// Writes the values with the optimiser's, the curves and what they are of.
    Save(PathBuf),
    /// Goes on from such a file, if it is of the present flow and target.
    Load(PathBuf),
}

/// The job.
pub struct PosteriorJob {
    sampler: Sampler,
    look: Look,
    seed: u64,
    target: TargetView,
    running: bool,
    sessions: Sessions,
    depths: Arc<Vec<DepthView>>,
    held: Arc<Vec<Held>>,
    ledger: Vec<Reached>,
    stale: bool,
    /// When the last pictures were finished, and what they took.
    looked: (Instant, Duration),
    dirty: bool,
    trouble: Trouble,
}

impl PosteriorJob {
    /// A flow with its initial values of a seed.
    ///
    /// # Errors
    /// A device that fails.
    pub fn new(seed: u64, look: Look, choice: BackendChoice, threads: usize) -> Result<PosteriorJob, TrainError> {
        PosteriorJob::with(seed, look, Sessions::on(choice, threads))
    }

    /// The same in sessions of any kind.
    ///
    /// # Errors
    /// A device that fails.
    pub fn with(seed: u64, look: Look, mut sessions: Sessions) -> Result<PosteriorJob, TrainError> {
        Ok(PosteriorJob {
            sampler: Sampler::new(&look, seed, sessions.open()?)?,
            target: target(&look.energy, 1),
            look,
            seed,
            running: false,
            sessions,
            depths: Arc::default(),
            held: Arc::default(),
            ledger: Vec::new(),
            stale: true,
            looked: (Instant::now(), Duration::ZERO),
            dirty: true,
            trouble: Trouble::default(),
        })
    }

    fn begin(&mut self, seed: u64, look: Look) {
        let begun = self.surely(|job| {
            job.sampler = Sampler::new(&look, seed, job.sessions.open()?)?;
            Ok(())
        });
        if let Err(error) = begun {
            return self.fail(&error);
        }
        if look.energy != self.look.energy {
            self.target = target(&look.energy, self.target.version + 1);
            self.ledger.clear();
        }
        (self.look, self.seed) = (look, seed);
        self.trouble.settle();
        // No picture of the old flow under the new one's name.
        (self.depths, self.held, self.stale) = (Arc::default(), Arc::default(), true);
    }

    fn load(&mut self, weights: &Weights) -> Result<(), TrainError> {
        self.surely(|job| job.sampler.take(weights))?;
        self.stale = true;
        self.trouble.settle();
        Ok(())
    }

    fn fail(&mut self, error: &TrainError) {
        self.trouble.fail(error, Some(self.sampler.rate()));
        // After a step that broke the values are those of the last sound one: they are shown. What cannot be computed at all is not asked
        // for again and again.
        (self.running, self.stale, self.dirty) = (false, self.trouble.broke_at.is_some(), true);
    }

    fn train(&mut self) -> Result<(), TrainError> {
        let end = Instant::now() + SLICE;
        while Instant::now() < end {
            self.sampler.advance()?;
        }
        self.sampler.collect()?;
        self.stale = true;
        Ok(())
    }

    fn see(&mut self) -> Result<(), TrainError> {
        let begin = Instant::now();
        if std::mem::take(&mut self.stale) {
            self.depths = Arc::new(self.sampler.see()?);
            self.held = Arc::new(self.sampler.held()?);
            let reached = self.sampler.reached(self.target.log_z);
            self.ledger.retain(|row| (row.kind, row.basis, row.layers) != (reached.kind, reached.basis, reached.layers));
            if reached.step > 0 {
                self.ledger.push(reached);
            }
            self.looked = (Instant::now(), begin.elapsed());
            self.dirty = true;
        }
        Ok(())
    }

    fn snapshot(&self) -> PosteriorSnapshot {
        let (train, elbo) = self.sampler.curves();
        PosteriorSnapshot {
            look: self.look.clone(),
            running: self.running,
            target: self.target.clone(),
            reached: self.sampler.reached(self.target.log_z),
            train: Arc::new(train),
            elbo: Arc::new(elbo),
            depths: Arc::clone(&self.depths),
            held: Arc::clone(&self.held),
            ledger: Arc::new(self.ledger.clone()),
            rates: [self.sampler.rate(), self.sampler.rate_now()],
            backend: self.sampler.backend(),
            trouble: self.trouble.clone(),
        }
    }
}

/// The target's picture and its integral.
fn target(energy: &Energy, version: u64) -> TargetView {
    let log_z = energy.log_integral(INTEGRAL.0, INTEGRAL.1);
    let at = |i: usize| 2.0 * REACH * ((i as f64 + 0.5) / TARGET as f64) - REACH;
    let value = |i: usize| (-energy.value([at(i % TARGET), -at(i / TARGET)]) - log_z).exp() as f32;
    TargetView { version, density: Arc::new((0..TARGET * TARGET).map(value).collect()), log_z }
}

impl Survivor for PosteriorJob {
    fn parts(&mut self) -> (&mut Sessions, &mut Trouble) {
        (&mut self.sessions, &mut self.trouble)
    }

    fn reopen(&mut self) -> Result<String, TrainError> {
        let session = self.sessions.open()?;
        let step = self.sampler.move_to(session)?;
        (self.stale, self.dirty) = (true, true);
        Ok(format!("the flow goes on from step {step}, its last good one"))
    }
}

impl Job for PosteriorJob {
    type Command = PosteriorCommand;
    type Snapshot = PosteriorSnapshot;

    fn command(&mut self, command: PosteriorCommand, out: &mut Publisher<PosteriorSnapshot>) {
        self.dirty = true;
        match command {
            PosteriorCommand::Train(on) => {
                self.running = on;
                if on {
                    self.trouble.settle();
                }
            }
            PosteriorCommand::Slower => {
                if let Some(rate) = self.trouble.broke_at {
                    self.sampler.set_rate(rate / 2.0);
                    self.running = true;
                    self.trouble.settle();
                }
            }
            PosteriorCommand::Understood => self.trouble.lost = None,
            PosteriorCommand::Restart(seed) => self.begin(seed, self.look.clone()),
            PosteriorCommand::Look(look) => self.begin(self.seed, look),
            PosteriorCommand::Save(path) => out.tell(self.surely(|job| job.sampler.weights().and_then(|weights| weights.save(&path)))),
            PosteriorCommand::Load(path) => out.tell(Weights::read(&path).and_then(|weights| self.load(&weights))),
        }
    }

    fn turn(&mut self, out: &mut Publisher<PosteriorSnapshot>) -> Activity {
        if self.running
            && let Err(error) = self.surely(PosteriorJob::train)
        {
            self.fail(&error);
        }
        let (last, took) = self.looked;
        if (!self.running || self.depths.is_empty() || last.elapsed() > LOOK.max(2 * took))
            && let Err(error) = self.surely(PosteriorJob::see)
        {
            self.fail(&error);
        }
        if std::mem::take(&mut self.dirty) {
            out.snapshot(self.snapshot());
        }
        if self.running { Activity::Busy } else { Activity::Idle }
    }
}
