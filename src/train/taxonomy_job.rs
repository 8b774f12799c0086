//! The worker's job behind the taxonomy: it computes every family's Jacobian, measures what each costs, and lets some of them learn the same
//! data side by side. It knows no window.
//!
//! Everything runs on the processor, one family at a time, so that times can be compared.

mod contestant;
pub mod express;
pub mod pattern;
mod race;
mod snapshot;
pub mod survey;
pub mod sweeps;
mod weights;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use contestant::{SIDE, TEST_POINTS};
pub use snapshot::{ContestantView, RaceView, TaxonomySnapshot};

use self::express::Expression;
use self::pattern::{Jacobians, Pattern};
use self::race::Race;
use self::survey::Measured;
use self::sweeps::Sweeps;
use super::{Activity, Job, PointData, Publisher, Score, TrainError, Trouble};
use crate::exec::Session;
use crate::exec::cpu::CpuSession;
use crate::flows::{Family, Jacobian};

/// Families that race.
pub const CONTESTANTS: usize = 4;
/// Snapshots of a running race come at most this often.
const PUBLISH: Duration = Duration::from_millis(250);

/// What the window may ask.
#[derive(Clone, PartialEq, Debug)]
pub enum TaxonomyCommand {
    /// The chart in this dimension, the Jacobians at this place, this family before the others.
    Look {
        /// Dimension D.
        dim: usize,
        /// The first two coordinates of the probe.
        point: [f64; 2],
        /// Measured first.
        family: Family,
        /// Whether one layer of each autoregressive family shall learn.
        express: bool,
    },
    /// Another seed: all weights, points and batches.
    Seed(u64),
    /// What was measured in this dimension at another time, which is not measured again by itself.
    Known {
        /// Dimension D.
        dim: usize,
        /// Families.
        measured: Vec<Measured>,
        /// Jacobi's iterations.
        sweeps: Vec<Sweeps>,
    },
    /// Measures the chart's dimension again.
    MeasureAgain,
    /// A race of these families on these data, from the beginning.
    Race {
        /// Who.
        families: [Family; CONTESTANTS],
        /// On what.
        data: PointData,
    },
    /// Starts or pauses the race.
    Train(bool),
    /// All families learn on at half of the rate, those that broke from their last sound weights.
    Slower,
    /// Writes the values of the race's families with the optimisers', their times and their curves.
    Save(PathBuf),
    /// Has the race go on from such a file, if it is of the same families and data.
    Load(PathBuf),
}

/// What is known of one dimension.
struct Chart {
    jacobians: Vec<Option<Jacobians>>,
    patterns: Vec<Option<Arc<Pattern>>>,
    measured: Vec<Option<Arc<Measured>>>,
    sweeps: Vec<Option<Arc<Sweeps>>>,
}

impl Chart {
    fn new() -> Chart {
        let none = Family::ALL.len();
        Chart {
            jacobians: (0..none).map(|_| None).collect(),
            patterns: vec![None; none],
            measured: vec![None; none],
            sweeps: vec![None; none],
        }
    }
}

/// The job.
pub struct TaxonomyJob {
    seed: u64,
    threads: usize,
    dim: usize,
    point: [f64; 2],
    family: Family,
    /// By dimension.
    charts: std::collections::BTreeMap<usize, Chart>,
    /// Who learns with one layer now, and what those before reached.
    expression: Option<Expression>,
    expressed: Vec<Option<Score>>,
    express: bool,
    race: Option<Race>,
    races: u64,
    running: bool,
    version: u64,
    published: Instant,
    dirty: bool,
    error: Option<String>,
    /// How often the job or one of the families has failed.
    failures: u64,
    /// What failed is not tried again.
    broken: bool,
}

impl TaxonomyJob {
    /// Nothing is computed yet.
    pub fn new(seed: u64, threads: usize) -> TaxonomyJob {
        TaxonomyJob {
            seed,
            threads,
            dim: 6,
            point: [0.5, -0.5],
            family: Family::RealNvp,
            charts: std::collections::BTreeMap::new(),
            expression: None,
            expressed: vec![None; Family::ALL.len()],
            express: false,
            race: None,
            races: 0,
            running: false,
            version: 0,
            published: Instant::now(),
            dirty: true,
            error: None,
            failures: 0,
            broken: false,
        }
    }

    fn fail(&mut self, error: &TrainError) {
        (self.running, self.broken, self.error) = (false, true, Some(error.to_string()));
        self.failures += 1;
        self.dirty = true;
    }

    /// Takes over what was measured at another time; what is no measurement of these families is left out.
    fn learn(&mut self, dim: usize, measured: Vec<Measured>, sweeps: Vec<Sweeps>) {
        let chart = self.charts.entry(dim).or_insert_with(Chart::new);
        let measured: Vec<Arc<Measured>> = measured.into_iter().map(Arc::new).collect();
        let sweeps: Vec<Arc<Sweeps>> = sweeps.into_iter().map(Arc::new).collect();
        for (i, family) in Family::ALL.into_iter().enumerate() {
            let found = measured.iter().find(|measured| measured.is_of(family, dim));
            chart.measured[i] = found.cloned().or_else(|| chart.measured[i].take());
            let found = sweeps.iter().find(|sweeps| sweeps.is_of(family, dim));
            chart.sweeps[i] = found.cloned().or_else(|| chart.sweeps[i].take());
        }
        self.version += 1;
    }

    /// Computes the next thing that is missing in the chart; false if nothing is.
    fn survey(&mut self) -> Result<bool, TrainError> {
        let (dim, seed) = (self.dim, self.seed);
        let first = TaxonomySnapshot::place(self.family);
        let order = || std::iter::once(first).chain((0..Family::ALL.len()).filter(move |&i| i != first));
        let chart = self.charts.entry(dim).or_insert_with(Chart::new);
        let point = pattern::probe(dim, seed, self.point);
        let stale = |pattern: &Option<Arc<Pattern>>| pattern.as_ref().is_none_or(|pattern| pattern.point != point);
        if let Some(i) = order().find(|&i| stale(&chart.patterns[i])) {
            let jacobians = match &mut chart.jacobians[i] {
                Some(jacobians) => jacobians,
                none => none.insert(Jacobians::new(Family::ALL[i], dim, seed)?),
            };
            chart.patterns[i] = Some(Arc::new(jacobians.at(&point)?));
            return Ok(true);
        }
        let autoregressive = |i: usize| Family::ALL[i].jacobian() == Jacobian::Autoregressive;
        if let Some(i) = order().find(|&i| chart.measured[i].is_none() || (autoregressive(i) && chart.sweeps[i].is_none())) {
            if chart.measured[i].is_none() {
                chart.measured[i] = Some(Arc::new(survey::measure(Family::ALL[i], dim, seed, self.threads)?));
            } else {
                chart.sweeps[i] = sweeps::watch(Family::ALL[i], dim, seed)?.map(Arc::new);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Lets one layer of the next autoregressive family learn for a turn; false if none is left or nobody asked.
    fn express(&mut self) -> Result<bool, TrainError> {
        if !self.express {
            return Ok(false);
        }
        let left = |i: &usize| Family::ALL[*i].jacobian() == Jacobian::Autoregressive && self.expressed[*i].is_none();
        let Some(next) = (0..Family::ALL.len()).find(left) else { return Ok(false) };
        let learning = match &mut self.expression {
            Some(learning) if learning.family == Family::ALL[next] => learning,
            none => none.insert(Expression::new(Family::ALL[next], self.seed, self.threads)?),
        };
        if let Some(score) = learning.turn()? {
            (self.expressed[next], self.expression) = (Some(score), None);
            self.dirty = true;
        }
        Ok(true)
    }

    /// One piece of work; false if there is none.
    fn work(&mut self) -> Result<bool, TrainError> {
        if let Some(race) = &mut self.race {
            if self.running {
                let before = race.failed();
                self.dirty |= race.turn()? || self.published.elapsed() >= PUBLISH;
                self.failures += race.failed() - before;
                if race.stopped() {
                    (self.running, self.dirty) = (false, true);
                }
                return Ok(true);
            }
            if race.score_due(false)? {
                self.dirty = true;
                return Ok(true);
            }
        }
        if self.survey()? {
            self.version += 1;
            self.dirty = true;
            return Ok(true);
        }
        self.express()
    }

    fn snapshot(&self) -> TaxonomySnapshot {
        let none = Chart::new();
        let chart = self.charts.get(&self.dim).unwrap_or(&none);
        TaxonomySnapshot {
            dim: self.dim,
            patterns: chart.patterns.clone(),
            measured: chart.measured.clone(),
            sweeps: chart.sweeps.clone(),
            expressed: self.expressed.clone(),
            version: self.version,
            race: self.race.as_ref().map(Race::view),
            running: self.running,
            backend: CpuSession::new(self.threads).backend(),
            trouble: self.trouble(),
        }
    }

    /// What went wrong: in the job, else in one of the families, whose weights are then the last sound ones.
    fn trouble(&self) -> Trouble {
        let mut trouble = Trouble { error: self.error.clone(), ..Trouble::default() };
        if trouble.error.is_none()
            && let Some((contestant, why)) = self.race.as_ref().and_then(Race::broken)
        {
            trouble.fail(why, Some(contestant.rate()));
            trouble.error = Some(format!("{}: {why}", contestant.family().title()));
        }
        trouble.failures = self.failures;
        trouble
    }
}

impl Job for TaxonomyJob {
    type Command = TaxonomyCommand;
    type Snapshot = TaxonomySnapshot;

    fn command(&mut self, command: TaxonomyCommand, out: &mut Publisher<TaxonomySnapshot>) {
        self.dirty = true;
        (self.broken, self.error) = (false, None);
        match command {
            TaxonomyCommand::Look { dim, point, family, express } => {
                (self.dim, self.point, self.family, self.express) = (dim, point, family, express);
            }
            TaxonomyCommand::Seed(seed) => {
                self.seed = seed;
                self.charts.clear();
                (self.expression, self.expressed) = (None, vec![None; Family::ALL.len()]);
            }
            TaxonomyCommand::Known { dim, measured, sweeps } => self.learn(dim, measured, sweeps),
            TaxonomyCommand::MeasureAgain => {
                if let Some(chart) = self.charts.get_mut(&self.dim) {
                    chart.measured.fill(None);
                    chart.sweeps.fill(None);
                }
            }
            TaxonomyCommand::Race { families, data } => {
                self.races += 1;
                let made = Race::new(self.races, &families, &data, self.seed, self.threads);
                out.tell(made.map(|race| self.race = Some(race)));
            }
            TaxonomyCommand::Train(on) => self.running = on && self.race.is_some(),
            TaxonomyCommand::Slower => self.running |= self.race.as_mut().is_some_and(Race::slower),
            TaxonomyCommand::Save(path) => out.tell(self.race.as_mut().map_or(Ok(()), |race| race.save(&path))),
            TaxonomyCommand::Load(path) => out.tell(self.race.as_mut().map_or(Ok(()), |race| race.load(&path))),
        }
    }

    fn turn(&mut self, out: &mut Publisher<TaxonomySnapshot>) -> Activity {
        let mut busy = false;
        if !self.broken {
            match self.work() {
                Ok(found) => busy = found,
                Err(error) => self.fail(&error),
            }
        }
        if self.dirty {
            (self.dirty, self.published) = (false, Instant::now());
            out.snapshot(self.snapshot());
        }
        if busy { Activity::Busy } else { Activity::Idle }
    }
}
