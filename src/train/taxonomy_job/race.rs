//! Families side by side on the same data: whoever has learned for the shortest time learns next.

use std::path::Path;
use std::sync::Arc;

use super::contestant::{Contestant, SIDE, TEST_POINTS, grid};
use super::snapshot::RaceView;
use crate::data::mixture::Grid;
use crate::data::{Mixture, Points};
use crate::flows::{Config, Family};
use crate::train::{PointData, PointSource, TrainError, Weights};

/// Seconds of one family's turn.
const SLICE: f64 = 0.025;
/// Seconds of training between two scores, at the beginning; they grow with the time, so that a curve has a bounded number of points.
const SCORE: f64 = 0.5;
const SCORE_GROWTH: f64 = 0.08;
/// Half of the window's side for a toy and for a finite set, which is scaled to -3 to 3.
const TOY_HALF: f32 = 4.5;
const FINITE_HALF: f32 = 3.4;
/// Points that are drawn beside the densities.
const DRAWN: usize = 3000;
/// Cells of the histogram that tells where the colours of a finite set end.
const BINS: usize = 32;

/// The race.
pub(super) struct Race {
    id: u64,
    data: PointData,
    source: PointSource,
    test: Points,
    points: Arc<Vec<[f32; 2]>>,
    half: f32,
    peak: f32,
    contestants: Vec<Contestant>,
}

impl Race {
    /// All from their initial values of a seed.
    ///
    /// # Errors
    /// Data that cannot be read.
    pub(super) fn new(id: u64, families: &[Family], data: &PointData, seed: u64, threads: usize) -> Result<Race, TrainError> {
        let source = data.open()?;
        let test = source.test(TEST_POINTS, seed);
        let half = match &source {
            PointSource::Toy(_) => TOY_HALF,
            PointSource::Drawing(mixture, _) => {
                mixture.bounds(3.0).as_flattened().iter().fold(1.0, |most: f64, edge| most.max(edge.abs())) as f32
            }
            PointSource::Finite { .. } => FINITE_HALF,
            // Standardised columns reach four deviations and more.
            PointSource::Table(_) => TOY_HALF,
        };
        let contestants =
            families.iter().map(|&family| Contestant::new(Config::of(family), data, &source, seed, threads)).collect::<Result<_, _>>()?;
        let points = Arc::new(source.batch(DRAWN, seed, 0).xy);
        Ok(Race { id, peak: peak(&source, &test, half), data: data.clone(), source, test, points, half, contestants })
    }

    /// One turn of learning, or a score that is due; true if there is a new picture.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn turn(&mut self) -> Result<bool, TrainError> {
        if self.score_due(true)? {
            return Ok(true);
        }
        let sound = self.contestants.iter_mut().filter(|contestant| contestant.stopped.is_none());
        if let Some(next) = sound.min_by(|a, b| a.seconds().total_cmp(&b.seconds())) {
            next.train(SLICE);
        }
        Ok(false)
    }

    /// Scores one family whose time has come, or that has learned since its last score when the race stands; true if it did.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn score_due(&mut self, running: bool) -> Result<bool, TrainError> {
        let due = |contestant: &&mut Contestant| match contestant.since_score() {
            None => true,
            Some(since) if running => since >= SCORE + SCORE_GROWTH * contestant.seconds(),
            Some(since) => since > 0.0,
        };
        match self.contestants.iter_mut().find(due) {
            Some(contestant) => contestant.measure(&self.test, &self.source, self.half).map(|()| true),
            None => Ok(false),
        }
    }

    /// Writes every family's values, times and curves.
    ///
    /// # Errors
    /// A place that cannot be written to.
    pub(super) fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        let parts = self.contestants.iter_mut().map(|contestant| Ok((contestant.name(), contestant.weights()?)));
        let mut weights = Weights::bundle(parts.collect::<Result<Vec<_>, TrainError>>()?);
        weights.keep(&self.data);
        weights.save(path)
    }

    /// Goes on from such a file.
    ///
    /// # Errors
    /// Another race's; everything stays as it was.
    pub(super) fn load(&mut self, path: &Path) -> Result<(), TrainError> {
        let weights = Weights::read(path)?;
        let data: PointData = weights.kept()?;
        if data != self.data {
            return Err(TrainError::WrongWeights { reason: format!("they have learned {}", data.title()) });
        }
        // All are read before the first is taken.
        let read = self.contestants.iter().map(|contestant| contestant.read(weights.part(&contestant.name())));
        let read: Vec<_> = read.collect::<Result<_, TrainError>>()?;
        self.contestants.iter_mut().zip(read).try_for_each(|(contestant, read)| contestant.take(read))
    }

    /// Whether nobody can learn any more.
    pub(super) fn stopped(&self) -> bool {
        self.contestants.iter().all(|contestant| contestant.stopped.is_some())
    }

    /// The first family that broke since it learned last, with what it says; none once they go on.
    pub(super) fn broken(&self) -> Option<(&Contestant, &TrainError)> {
        self.contestants.iter().find_map(|contestant| Some((contestant, contestant.stopped.as_ref()?)))
    }

    /// How many have broken since they learned last.
    pub(super) fn failed(&self) -> u64 {
        self.contestants.iter().filter(|contestant| contestant.stopped.is_some()).count() as u64
    }

    /// All learn on at half of the rate, if one of them broke: it stays the same for all of them. False if none did.
    pub(super) fn slower(&mut self) -> bool {
        let broken = self.broken().is_some();
        if broken {
            self.contestants.iter_mut().for_each(|contestant| contestant.go_on(contestant.rate() / 2.0));
        }
        broken
    }

    pub(super) fn view(&self) -> RaceView {
        RaceView {
            id: self.id,
            data: self.data.clone(),
            points: Arc::clone(&self.points),
            half: self.half,
            peak: self.peak,
            floor: self.source.floor(),
            contestants: self.contestants.iter().map(Contestant::view).collect(),
        }
    }
}

/// The largest density in the window: of the law where it is known, of a histogram elsewhere.
fn peak(source: &PointSource, test: &Points, half: f32) -> f32 {
    let side = f64::from(half);
    let mixture = |mixture: &Mixture| {
        let cells = Grid::covering([-side; 2], [side; 2], 2.0 * side / SIDE as f64);
        mixture.density_on(&cells).into_iter().fold(1e-6, f64::max) as f32
    };
    match source {
        PointSource::Drawing(law, _) => mixture(law),
        PointSource::Toy(toy) => match toy.mixture() {
            Some(law) => mixture(law),
            None => grid(half).into_iter().map(|[x, y]| toy.log_density(x.into(), y.into()).exp() as f32).fold(1e-6, f32::max),
        },
        PointSource::Finite { .. } | PointSource::Table(_) => {
            let mut counts = vec![0_u32; BINS * BINS];
            let bin = |v: f32| (((v / half + 1.0) / 2.0 * BINS as f32).max(0.0) as usize).min(BINS - 1);
            test.xy.iter().for_each(|&[x, y]| counts[bin(y) * BINS + bin(x)] += 1);
            let cell = (2.0 * half / BINS as f32).powi(2) * test.len() as f32;
            counts.into_iter().max().unwrap_or(1).max(1) as f32 / cell
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Toy;

    #[test]
    fn two_clicks_halve_the_rate_once_and_it_is_kept_with_the_weights() {
        let data = PointData::Toy { toy: Toy::TwoMoons };
        let open = || Race::new(1, &[Family::Nice, Family::Planar], &data, 541, 1).unwrap();
        let mut race = open();
        let rate = race.contestants[0].rate();
        assert!(!race.slower() && race.failed() == 0 && race.contestants[0].rate() == rate, "nobody broke");
        race.contestants[1].stopped = Some(TrainError::Diverged { step: 9, node: "x".into(), kept: 5 });
        assert_eq!((race.failed(), race.slower(), race.slower(), race.failed()), (1, true, false, 0));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half.safetensors");
        race.save(&path).unwrap();
        let mut again = open();
        again.load(&path).unwrap();
        for contestant in race.contestants.iter().chain(&again.contestants) {
            assert!((contestant.rate() / rate - 0.5).abs() < 1e-12, "{}: {}", contestant.name(), contestant.rate());
        }
    }
}
