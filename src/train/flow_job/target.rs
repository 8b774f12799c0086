//! The data of the flow lab, opened: what trains, what tests, what is drawn, and the floor, which is computed aside.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use super::programs::POINTS;
use super::snapshot::{DataView, Point};
use crate::data::drawing::MAX_DABS;
use crate::data::{Drawing, Entropy, Mixture, Points, Toy};
use crate::train::{PointData, PointSource, TrainError};

/// Held-out points of the curve while training: standard error about 0.015 nats.
pub(super) const TEST_POINTS: usize = 4_096;
/// Held-out points of a score at rest: standard error about 0.005 nats.
pub(super) const STILL_TEST_POINTS: usize = 32_768;
/// Stream of the drawn points: batches take the streams from 1 on.
const DRAWN_STREAM: u64 = 0;

/// The data as the job uses it.
pub(super) struct Target {
    /// Which data.
    pub(super) data: PointData,
    /// What trains; none where there is nothing to learn from.
    pub(super) source: Option<PointSource>,
    /// What the window shows.
    pub(super) view: Arc<DataView>,
    /// Held-out points, the first [`TEST_POINTS`] of them for the curve.
    pub(super) test: Points,
    entropy: Option<Receiver<Option<Entropy>>>,
}

impl Target {
    /// Opens data that is not drawn.
    ///
    /// # Errors
    /// A file that cannot be read, no point.
    pub(super) fn open(data: PointData, seed: u64, version: u64) -> Result<Target, TrainError> {
        if let PointData::Drawing { drawing } = data {
            return Ok(Target::drawn(drawing, true, seed, version));
        }
        let source = data.open()?;
        let mut view = DataView { version, title: data.title(), ..DataView::default() };
        match &source {
            PointSource::Toy(toy) => {
                view.take(toy.sample(POINTS, seed, DRAWN_STREAM));
                view.floor = toy.entropy().map(|entropy| entropy.nats);
                view.peak = peak(*toy, &view.points);
            }
            PointSource::Drawing(..) => {}
            PointSource::Finite { .. } | PointSource::Table(_) => {
                let (train, test, note) = match &source {
                    PointSource::Table(table) => {
                        view.class_names.clone_from(&table.prepared().class_names);
                        view.standard = Some(table.standard().clone());
                        view.offered.clone_from(&table.prepared().offered);
                        (&table.points()[0], &table.points()[1], Some(table.prepared().note.clone()))
                    }
                    PointSource::Finite { train, test, note, .. } => (train, test, note.clone()),
                    _ => unreachable!("one of the two"),
                };
                view.take(train.thin(POINTS, seed).points);
                view.count = Some(train.len() + test.len());
                view.note = note;
                view.unusable = distinct(train) < 2;
                if view.unusable {
                    view.note = Some(
                        "All points are the same one: a density there can grow without bound, so there is nothing to fit; add a second point."
                            .into(),
                    );
                }
            }
        }
        view.shares = source.class_shares();
        let test = source.test(STILL_TEST_POINTS, seed);
        let source = (!view.unusable).then_some(source);
        Ok(Target { data, source, view: Arc::new(view), test, entropy: None })
    }

    /// Takes a drawing. Its entropy takes up to a second, so a thread of its own computes it once no stroke is under way.
    pub(super) fn drawn(drawing: Drawing, finished: bool, seed: u64, version: u64) -> Target {
        let dabs = drawing.dabs().len();
        let mixture = drawing.mixture();
        let mut view =
            DataView { version, title: "your drawing".into(), count: Some(dabs), unusable: mixture.is_none(), ..DataView::default() };
        let (mut source, mut test, mut entropy) = (None, Points::default(), None);
        match mixture {
            None => view.note = Some("There is no point to learn from yet: draw in the data space, or press 1 to 9.".into()),
            Some(mixture) => {
                view.take(mixture.sample(POINTS, seed, DRAWN_STREAM));
                let density = |p: &Point| mixture.log_density(p[0].into(), p[1].into()).exp();
                view.peak = view.points.iter().take(256).map(density).reduce(f64::max);
                if dabs == 1 {
                    view.note = Some("One dab is one Gaussian: a single layer fits it; draw a shape to see the plane bend.".into());
                }
                if dabs >= MAX_DABS {
                    view.note = Some(
                        "A drawing holds 10,000 dabs, and this one is full: what is drawn further is left out; erase some to go on.".into(),
                    );
                }
                let points = PointSource::Drawing(mixture.clone(), None);
                view.shares = points.class_shares();
                test = points.test(STILL_TEST_POINTS, seed);
                source = Some(points);
                if finished {
                    view.floor_pending = true;
                    entropy = Some(compute(mixture));
                }
            }
        }
        Target { data: PointData::Drawing { drawing }, source, view: Arc::new(view), test, entropy }
    }

    /// Takes the entropy if it has been computed; true if so.
    pub(super) fn poll_entropy(&mut self) -> bool {
        let Some(entropy) = self.entropy.as_ref().and_then(|inbox| inbox.try_recv().ok()) else { return false };
        self.entropy = None;
        let view = Arc::make_mut(&mut self.view);
        view.floor = entropy.map(|entropy| entropy.nats);
        view.floor_pending = false;
        true
    }

    /// Whether the entropy is still being computed.
    pub(super) fn waits(&self) -> bool {
        self.entropy.is_some()
    }
}

fn compute(mixture: Mixture) -> Receiver<Option<Entropy>> {
    let (sender, receiver) = channel();
    let work = move || {
        // The drawing may have changed meanwhile: then nobody listens.
        let _ = sender.send(Some(mixture.entropy()));
    };
    // Without a thread the floor stays unknown, nothing else.
    let _ = std::thread::Builder::new().name("entropy".into()).spawn(work);
    receiver
}

/// The true density's largest value at some of its points.
fn peak(toy: Toy, points: &[Point]) -> Option<f64> {
    points.iter().take(256).map(|p| toy.log_density(p[0].into(), p[1].into()).exp()).filter(|p| p.is_finite()).reduce(f64::max)
}

/// Number of different points, counted up to two.
fn distinct(points: &Points) -> usize {
    match points.xy.first() {
        None => 0,
        Some(first) => 1 + usize::from(points.xy.iter().any(|p| p != first)),
    }
}
