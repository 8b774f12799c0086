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
use super::{Activity, Job, Publisher, TrainError, Weights};
use crate::exec::BackendChoice;
use crate::flows::{Basis, Config, Energy, Family};

/// Time of a turn.
const SLICE: Duration = Duration::from_millis(30);
/// While training, pictures are made this often, and take at most a third of the time.
const LOOK: Duration = Duration::from_millis(400);
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
    backend: (BackendChoice, usize),
    depths: Arc<Vec<DepthView>>,
    held: Arc<Vec<Held>>,
    ledger: Vec<Reached>,
    stale: bool,
    /// When the last pictures were finished, and what they took.
    looked: (Instant, Duration),
    dirty: bool,
    error: Option<String>,
}

impl PosteriorJob {
    /// A flow with its initial values of a seed.
    ///
    /// # Errors
    /// A device that fails.
    pub fn new(seed: u64, look: Look, choice: BackendChoice, threads: usize) -> Result<PosteriorJob, TrainError> {
        let backend = (choice, threads);
        Ok(PosteriorJob {
            sampler: Sampler::new(&look, seed, backend)?,
            target: target(&look.energy, 1),
            look,
            seed,
            running: false,
            backend,
            depths: Arc::default(),
            held: Arc::default(),
            ledger: Vec::new(),
            stale: true,
            looked: (Instant::now(), Duration::ZERO),
            dirty: true,
            error: None,
        })
    }

    fn begin(&mut self, seed: u64, look: Look) {
        match Sampler::new(&look, seed, self.backend) {
            Ok(sampler) => {
                if look.energy != self.look.energy {
                    self.target = target(&look.energy, self.target.version + 1);
                    self.ledger.clear();
                }
                (self.sampler, self.look, self.seed, self.error) = (sampler, look, seed, None);
                // No picture of the old flow under the new one's name.
                (self.depths, self.held, self.stale) = (Arc::default(), Arc::default(), true);
            }
            Err(error) => self.fail(error.to_string()),
        }
    }

    fn follow(&mut self, command: PosteriorCommand) {
        match command {
            PosteriorCommand::Train(on) => self.running = on,
            PosteriorCommand::Restart(seed) => self.begin(seed, self.look.clone()),
            PosteriorCommand::Look(look) => self.begin(self.seed, look),
            PosteriorCommand::Save(_) | PosteriorCommand::Load(_) => {}
        }
    }

    fn fail(&mut self, sentence: String) {
        (self.running, self.error) = (false, Some(sentence));
        // What cannot be computed is not asked for again and again.
        (self.stale, self.dirty) = (false, true);
    }

    fn train(&mut self) -> Result<(), TrainError> {
        let end = Instant::now() + SLICE;
        while Instant::now() < end {
            self.sampler.advance()?;
        }
        if let Some(sentence) = self.sampler.collect()? {
            self.fail(sentence);
            return Ok(());
        }
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
            backend: self.sampler.backend(),
            error: self.error.clone(),
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

impl Job for PosteriorJob {
    type Command = PosteriorCommand;
    type Snapshot = PosteriorSnapshot;

    fn command(&mut self, command: PosteriorCommand, out: &mut Publisher<PosteriorSnapshot>) {
        self.dirty = true;
        match command {
            PosteriorCommand::Save(path) => out.tell(self.sampler.weights().and_then(|weights| weights.save(&path))),
            PosteriorCommand::Load(path) => {
                let taken = Weights::read(&path).and_then(|weights| self.sampler.take(&weights));
                out.tell(taken.map(|()| self.stale = true));
            }
            other => self.follow(other),
        }
    }

    fn turn(&mut self, out: &mut Publisher<PosteriorSnapshot>) -> Activity {
        if self.running
            && let Err(error) = self.train()
        {
            self.fail(error.to_string());
        }
        let (last, took) = self.looked;
        if (!self.running || self.depths.is_empty() || last.elapsed() > LOOK.max(2 * took))
            && let Err(error) = self.see()
        {
            self.fail(error.to_string());
        }
        if std::mem::take(&mut self.dirty) {
            out.snapshot(self.snapshot());
        }
        if self.running { Activity::Busy } else { Activity::Idle }
    }
}
