//! The workers of the chapters of several small models: a graphics device is taken away while they train, and a loss that is no number.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tractable::data::Toy;
use tractable::data::rain::{Rain, Toward};
use tractable::exec::BackendInfo;
use tractable::exec::gpu::{GpuDevice, GpuSession};
use tractable::flows::{Basis, Energy, Family};
use tractable::train::estimate_job::series::Noise;
use tractable::train::estimate_job::{self, EstimateCommand, EstimateJob, EstimateSnapshot, Which};
use tractable::train::posterior_job::{self, Kind, PosteriorCommand, PosteriorJob, PosteriorSnapshot};
use tractable::train::rain_job::{RainCommand, RainJob, RainSnapshot};
use tractable::train::taxonomy_job::{CONTESTANTS, TaxonomyCommand, TaxonomyJob, TaxonomySnapshot};
use tractable::train::{Job, MakeSession, PointData, Sessions, Trouble, Weights, Worker};

use crate::breakable::Breakable;

const PATIENCE: Duration = Duration::from_secs(240);

/// The last look at a worker, whatever its chapter.
struct Seen {
    trouble: Trouble,
    running: bool,
    /// Of the model that may be lost.
    step: u64,
    /// Whether a look at the model after some steps was published, so that there is something sound to go back to.
    looked: bool,
    /// The curve of its losses.
    curve: Vec<[f64; 2]>,
    backend: BackendInfo,
}

/// A chapter's worker as these tests speak to it.
trait Chapter: Job {
    fn train(on: bool) -> Self::Command;
    fn slower() -> Self::Command;
    fn understood() -> Self::Command;
    fn save(path: PathBuf) -> Self::Command;
    fn load(path: PathBuf) -> Self::Command;
    fn seen(snapshot: &Self::Snapshot) -> Seen;
    /// The step of the seen model, of those that the sentence about a loss names.
    fn stood(steps: &[u64]) -> u64 {
        steps[0]
    }
}

impl Chapter for EstimateJob {
    fn train(on: bool) -> EstimateCommand {
        EstimateCommand::Train(on.then_some(Which::Residual))
    }
    fn slower() -> EstimateCommand {
        EstimateCommand::Slower
    }
    fn understood() -> EstimateCommand {
        EstimateCommand::Understood
    }
    fn save(path: PathBuf) -> EstimateCommand {
        EstimateCommand::Save(path)
    }
    fn load(path: PathBuf) -> EstimateCommand {
        EstimateCommand::Load(path)
    }
    fn seen(s: &EstimateSnapshot) -> Seen {
        assert_eq!(s.trouble.broke_at.is_some(), s.broke == Some(Which::Residual));
        Seen {
            trouble: s.trouble.clone(),
            running: s.running == Some(Which::Residual),
            step: s.residual.step,
            looked: s.series.as_ref().is_some_and(|series| series.step >= 30),
            curve: s.residual.curve.to_vec(),
            backend: s.backend.clone(),
        }
    }
}

impl Chapter for PosteriorJob {
    fn train(on: bool) -> PosteriorCommand {
        PosteriorCommand::Train(on)
    }
    fn slower() -> PosteriorCommand {
        PosteriorCommand::Slower
    }
    fn understood() -> PosteriorCommand {
        PosteriorCommand::Understood
    }
    fn save(path: PathBuf) -> PosteriorCommand {
        PosteriorCommand::Save(path)
    }
    fn load(path: PathBuf) -> PosteriorCommand {
        PosteriorCommand::Load(path)
    }
    fn seen(s: &PosteriorSnapshot) -> Seen {
        Seen {
            trouble: s.trouble.clone(),
            running: s.running,
            step: s.reached.step,
            looked: s.elbo.len() > 2,
            curve: s.train.to_vec(),
            backend: s.backend.clone(),
        }
    }
}

impl Chapter for RainJob {
    fn train(on: bool) -> RainCommand {
        RainCommand::Train(on)
    }
    fn slower() -> RainCommand {
        RainCommand::Slower
    }
    fn understood() -> RainCommand {
        RainCommand::Understood
    }
    fn save(path: PathBuf) -> RainCommand {
        RainCommand::Save(path)
    }
    fn load(path: PathBuf) -> RainCommand {
        RainCommand::Load(path)
    }
    fn seen(s: &RainSnapshot) -> Seen {
        // The one that broke stands further back than the other.
        let behind = &s.racers[usize::from(s.racers[1].step < s.racers[0].step)];
        Seen {
            trouble: s.trouble.clone(),
            running: s.running,
            step: behind.step,
            looked: s.racers.iter().all(|racer| racer.test.last().is_some_and(|point| point[0] >= 30.0)),
            curve: behind.train.to_vec(),
            backend: s.backend.clone(),
        }
    }
    fn stood(steps: &[u64]) -> u64 {
        assert_eq!(steps.len(), 2);
        // Either may stand further back.
        steps[0].min(steps[1])
    }
}

fn estimates(mut sessions: impl FnMut() -> Sessions) -> Worker<EstimateJob> {
    let look = estimate_job::Look { which: Which::Residual, probe: [0.4, -0.7], block: 0, terms: 4, probes: 1, noise: Noise::Normal };
    let sessions = sessions();
    Worker::spawn("estimates", move || EstimateJob::with(541, Toy::TwoMoons, look, sessions).unwrap(), || {})
}

fn posterior(mut sessions: impl FnMut() -> Sessions) -> Worker<PosteriorJob> {
    let look = posterior_job::Look { kind: Kind::Planar, layers: 2, basis: Basis::default(), energy: Energy::Ring };
    let sessions = sessions();
    Worker::spawn("posterior", move || PosteriorJob::with(541, look, sessions).unwrap(), || {})
}

fn rain(mut sessions: impl FnMut() -> Sessions) -> Worker<RainJob> {
    let law = Rain { size: 8, offset: 2, eps: 0.05, toward: Toward::Left };
    let sessions = sessions();
    Worker::spawn("rain", move || RainJob::with(541, Some(law), sessions).unwrap(), || {})
}

fn wait<J: Chapter>(worker: &Worker<J>, what: &str, good: impl Fn(&Seen) -> bool) -> Seen {
    let start = Instant::now();
    loop {
        if let Some(seen) = worker.take_snapshot().map(|snapshot| J::seen(&snapshot)).filter(&good) {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "{what} never came; {:?}", worker.events());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What must hold whatever the device was: `lose` takes it away while the chapter trains.
fn goes_on<J: Chapter>(worker: &Worker<J>, lose: impl FnOnce()) {
    worker.send(J::train(true));
    let before = wait(worker, "progress on the device", |s| s.step > 60 && s.looked);
    assert_eq!((before.backend.backend, before.trouble.sentence()), ("gpu", None));
    lose();
    let after = wait(worker, "the processor", |s| s.trouble.lost.is_some());
    assert_eq!(after.backend.backend, "cpu");
    let sentence = after.trouble.sentence().unwrap();
    let steps: Vec<u64> =
        sentence.split("from step ").skip(1).map(|rest| rest.split([',', ' ']).next().unwrap().parse().unwrap()).collect();
    let first = J::stood(&steps);
    assert!(first >= 25 && after.step >= first, "it begins anew: {sentence}");
    assert!(sentence.contains("on the processor") && sentence.contains("Ctrl+S"), "{sentence}");
    assert!(after.running && after.trouble.error.is_none(), "nobody has to start it again");
    assert!(after.curve.windows(2).all(|pair| pair[0][0] < pair[1][0]), "one curve, without a step back");
    // It really trains, and the sentence stays until it is read.
    let later = wait(worker, "more steps", |s| s.step > after.step + 60);
    assert!(later.running && later.trouble.lost.is_some());
    worker.send(J::understood());
    wait(worker, "silence", |s| s.trouble.sentence().is_none() && s.running);
}

/// Waits for a whole file of weights.
fn written(file: &Path) -> Weights {
    let start = Instant::now();
    loop {
        if let Ok(weights) = Weights::read(file) {
            return weights;
        }
        assert!(start.elapsed() < PATIENCE, "the file never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A loss that is no number stops training at sound weights, from which it goes on at half of the rate; that is kept with the weights.
fn slows_down<J: Chapter>(open: impl Fn() -> Worker<J>, spoiled: &AtomicBool, rate: f64) {
    let worker = open();
    worker.send(J::train(true));
    for rate in [rate, rate / 2.0] {
        wait(&worker, "progress", |s| s.step > 60 && s.looked && s.running);
        spoiled.store(true, Ordering::Relaxed);
        let broken = wait(&worker, "the sentence", |s| s.trouble.error.is_some());
        assert_eq!((broken.running, broken.trouble.broke_at), (false, Some(rate)));
        let sentence = broken.trouble.sentence().unwrap();
        assert!(sentence.contains("Lower the learning rate") && sentence.contains("weights of step"), "{sentence}");
        assert!(
            broken.step >= 25 && broken.curve.iter().all(|point| point[0] <= broken.step as f64),
            "at the last good step: {}",
            broken.step
        );
        worker.send(J::slower());
        let on = wait(&worker, "more steps", |s| s.step > broken.step + 40);
        assert!(on.running && on.trouble.sentence().is_none() && on.curve.iter().all(|point| point[1].is_finite()));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("slow.safetensors");
    worker.send(J::save(file.clone()));
    written(&file);
    // Both would listen to the same flag.
    drop(worker);
    let again = open();
    again.send(J::load(file));
    again.send(J::train(true));
    wait(&again, "the steps", |s| s.step > 60 && s.running);
    spoiled.store(true, Ordering::Relaxed);
    let kept = wait(&again, "the sentence", |s| s.trouble.error.is_some()).trouble.broke_at.unwrap();
    assert!((kept / rate - 0.25).abs() < 1e-12, "halved twice, then saved and loaded: {kept} of {rate}");
}

fn breakable(lost: &Arc<AtomicBool>, spoiled: &Arc<AtomicBool>) -> Sessions {
    let (lost, spoiled) = (Arc::clone(lost), Arc::clone(spoiled));
    let make: MakeSession = Box::new(move || Ok(Box::new(Breakable::new(&lost, &spoiled)) as _));
    Sessions::by(make, 1)
}

#[test]
fn each_chapter_goes_on_from_its_last_good_step_on_the_processor() {
    let flag = Arc::new(AtomicBool::new(false));
    let sessions = || {
        flag.store(false, Ordering::Relaxed);
        breakable(&flag, &Arc::default())
    };
    let lose = || flag.store(true, Ordering::Relaxed);
    goes_on(&estimates(sessions), lose);
    goes_on(&posterior(sessions), lose);
    goes_on(&rain(sessions), lose);
}

#[test]
fn a_chapter_at_rest_finds_the_loss_when_it_is_asked_to_save() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.safetensors");
    let flag = Arc::new(AtomicBool::new(false));
    let worker = estimates(|| breakable(&flag, &Arc::default()));
    worker.send(EstimateCommand::Train(Some(Which::Residual)));
    wait(&worker, "progress", |s| s.step > 60 && s.looked);
    worker.send(EstimateCommand::Train(None));
    let still = wait(&worker, "rest", |s| !s.running);
    flag.store(true, Ordering::Relaxed);
    worker.send(EstimateCommand::Save(file.clone()));
    let after = wait(&worker, "the processor", |s| s.trouble.lost.is_some() && s.backend.backend == "cpu");
    assert!(!after.running && after.step <= still.step);
    let saved = Weights::read(&file).unwrap();
    assert_eq!(saved.metadata["residual.step"].parse::<u64>().unwrap(), after.step, "it was saved all the same");
}

#[test]
fn a_loss_that_is_no_number_stops_each_chapter_at_sound_weights_and_half_the_rate_goes_on() {
    let spoiled = Arc::new(AtomicBool::new(false));
    let sessions = || breakable(&Arc::default(), &spoiled);
    slows_down(|| estimates(sessions), &spoiled, 3e-3);
    slows_down(|| posterior(sessions), &spoiled, 1e-2);
    slows_down(|| rain(sessions), &spoiled, tractable::train::Lesson::preset("rain-gated").unwrap().training.adam.rate);
}

/// The taxonomy computes on the processor alone: what it loses is a family whose values run away.
#[test]
fn a_family_that_breaks_is_named_and_all_go_on_at_half_of_the_rate() {
    const FAMILIES: [Family; CONTESTANTS] = [Family::Nice, Family::RealNvp, Family::Radial, Family::Planar];
    let folder = tempfile::tempdir().unwrap();
    let (file, spoiled) = (folder.path().join("good.safetensors"), folder.path().join("spoiled.safetensors"));
    let worker = Worker::spawn("taxonomy", || TaxonomyJob::new(541, 1), || {});
    let wait = |what: &str, good: &dyn Fn(&TaxonomySnapshot) -> bool| {
        let start = Instant::now();
        loop {
            if let Some(snapshot) = worker.take_snapshot().filter(|s| good(s)) {
                return snapshot;
            }
            assert!(start.elapsed() < PATIENCE, "{what} never came");
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    let steps = |s: &TaxonomySnapshot| s.race.as_ref().unwrap().contestants.iter().map(|racer| racer.step).collect::<Vec<_>>();
    worker.send(TaxonomyCommand::Race { families: FAMILIES, data: PointData::Toy { toy: Toy::TwoMoons } });
    worker.send(TaxonomyCommand::Train(true));
    let learned = |s: &TaxonomySnapshot| s.race.as_ref().is_some_and(|race| race.contestants.iter().all(|racer| racer.step > 30));
    assert_eq!(wait("the race", &learned).backend.backend, "cpu");
    worker.send(TaxonomyCommand::Save(file.clone()));
    let mut weights = written(&file);
    for (_, (_, values)) in weights.arrays.iter_mut().filter(|(name, _)| name.starts_with("realnvp.") && !name.contains("adam.")) {
        values.fill(1e30);
    }
    weights.save(&spoiled).unwrap();
    worker.send(TaxonomyCommand::Load(spoiled));
    let broken = wait("the sentence", &|s| s.trouble.error.is_some());
    let sentence = broken.trouble.sentence().unwrap();
    assert!(sentence.contains(Family::RealNvp.title()) && sentence.contains("Lower the learning rate"), "{sentence}");
    assert_eq!((broken.trouble.broke_at, broken.running), (Some(2e-3), true), "the others race on");
    assert_eq!(broken.trouble.failures, 1);
    assert_eq!(steps(&broken)[1], weights.metadata["realnvp.step"].parse::<u64>().unwrap(), "it stands where it was last sound");
    worker.send(TaxonomyCommand::Slower);
    // These values break at any rate: the sentence comes again, and the rate has been halved for all.
    let slower = wait("half of the rate", &|s| s.trouble.broke_at == Some(1e-3));
    assert_eq!(slower.trouble.failures, 2, "it is another failure");
    // Sound ones go on.
    worker.send(TaxonomyCommand::Load(file));
    let sound = wait("all of them", &|s| s.trouble.error.is_none());
    let before = steps(&sound);
    wait("more steps of all", &|s| s.running && steps(s).iter().zip(&before).all(|(now, before)| *now > before + 5));
}

/// The same with devices of their own, taken away as a driver does it.
#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn a_destroyed_device_does_not_end_a_chapter() {
    let devices: Arc<Mutex<Vec<Arc<GpuDevice>>>> = Arc::default();
    let sessions = || {
        let kept = Arc::clone(&devices);
        let make: MakeSession = Box::new(move || {
            let gpu = Arc::new(GpuDevice::open()?);
            kept.lock().unwrap().push(Arc::clone(&gpu));
            Ok(Box::new(GpuSession::new(gpu)) as _)
        });
        Sessions::by(make, 1)
    };
    let lose = || devices.lock().unwrap().drain(..).for_each(|device| device.lose());
    goes_on(&posterior(sessions), lose);
    goes_on(&estimates(sessions), lose);
    goes_on(&rain(sessions), lose);
}
