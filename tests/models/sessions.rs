//! Files of several models: what a chapter saves comes back whole, and a file with one wrong part changes nothing.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tractable::data::Toy;
use tractable::data::rain::{Rain, Toward};
use tractable::exec::BackendChoice;
use tractable::flows::Family;
use tractable::train::estimate_job::series::Noise;
use tractable::train::estimate_job::{EstimateCommand, EstimateJob, Look, Which};
use tractable::train::rain_job::{RainCommand, RainJob};
use tractable::train::taxonomy_job::{CONTESTANTS, TaxonomyCommand, TaxonomyJob, TaxonomySnapshot};
use tractable::train::{Event, Job, PointData, Weights, Worker};

const PATIENCE: Duration = Duration::from_secs(120);

fn until<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn snapshot<J: Job>(worker: &Worker<J>, what: &str, good: impl Fn(&J::Snapshot) -> bool) -> J::Snapshot {
    until(what, || worker.take_snapshot().filter(|snapshot| good(snapshot)))
}

fn saved<J: Job>(worker: &Worker<J>, save: impl Fn(PathBuf) -> J::Command, path: &Path) -> Weights {
    worker.send(save(path.to_owned()));
    until("the file", || Weights::read(path).ok())
}

fn warning<J: Job>(worker: &Worker<J>) -> Option<String> {
    worker.events().into_iter().find_map(|event| if let Event::Warning(text) = event { Some(text) } else { None })
}

/// The kept rows of a curve in the wrong order.
fn reversed(kept: &mut Value) {
    for part in kept.as_array_mut().unwrap() {
        let rows = if part.is_object() { &mut part["points"] } else { part };
        if let Some(rows) = rows.as_array_mut() {
            assert!(rows.len() > 1, "a curve of one point has no order");
            rows.reverse();
        }
    }
}

/// The same file with one thing wrong in this part: an array is missing, an optimiser's has another shape, a curve goes back.
fn spoiled(good: &Weights, part: &str) -> Vec<Weights> {
    let of_part = |state: bool| {
        let mut names = good.arrays.keys().filter(|name| name.starts_with(&format!("{part}.")));
        names.find(|name| name.contains("adam.") == state).unwrap().clone()
    };
    let [mut missing, mut bent, mut disordered] = [good.clone(), good.clone(), good.clone()];
    missing.arrays.remove(&of_part(false)).unwrap();
    bent.arrays.insert(of_part(true), (vec![1], vec![0.5]));
    let kept = disordered.metadata.get_mut(&format!("{part}.kept")).unwrap();
    let mut value: Value = serde_json::from_str(kept).unwrap();
    reversed(&mut value);
    *kept = value.to_string();
    vec![missing, bent, disordered]
}

/// A fresh worker refuses every spoiled file and stays as it was, then takes the good one.
fn whole_or_not_at_all<J: Job>(
    worker: &Worker<J>,
    good: &Weights,
    last_part: &str,
    save: impl Fn(PathBuf) -> J::Command,
    load: impl Fn(PathBuf) -> J::Command,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(format!("{name}.safetensors"));
    let values = |weights: &Weights| {
        let steps = weights.metadata.iter().filter(|(name, _)| name.ends_with(".step")).map(|(_, step)| step.clone());
        (weights.arrays.clone(), steps.collect::<Vec<_>>())
    };
    let before = saved(worker, &save, &path("before"));
    for (i, wrong) in spoiled(good, last_part).into_iter().enumerate() {
        let (file, after) = (path(&format!("wrong{i}")), path(&format!("after{i}")));
        wrong.save(&file).unwrap();
        worker.send(load(file));
        until("the warning", || warning(worker));
        assert!(values(&saved(worker, &save, &after)) == values(&before), "{last_part}, spoiled {i}: something was taken");
    }
    good.save(&path("good")).unwrap();
    worker.send(load(path("good")));
    let after = saved(worker, &save, &path("again"));
    assert!(values(&after) == values(good), "{last_part}: the good file is not what was taken");
}

fn estimates() -> Worker<EstimateJob> {
    let look = Look { which: Which::Residual, probe: [0.4, -0.7], block: 0, terms: 4, probes: 2, noise: Noise::Normal };
    Worker::spawn("estimates", move || EstimateJob::new(541, Toy::TwoMoons, look, BackendChoice::Cpu, 1).unwrap(), || {})
}

#[test]
fn both_flows_of_the_estimates_are_loaded_or_neither() {
    let folder = tempfile::tempdir().unwrap();
    let worker = estimates();
    for which in [Which::Residual, Which::Continuous] {
        worker.send(EstimateCommand::Train(Some(which)));
        snapshot(&worker, "some steps", |s| if which == Which::Residual { &s.residual } else { &s.continuous }.curve.len() > 2);
    }
    worker.send(EstimateCommand::Train(None));
    let good = saved(&worker, EstimateCommand::Save, &folder.path().join("good.safetensors"));
    whole_or_not_at_all(&estimates(), &good, "continuous", EstimateCommand::Save, EstimateCommand::Load);
}

fn rain() -> Worker<RainJob> {
    let law = Rain { size: 10, offset: 3, eps: 0.05, toward: Toward::Left };
    Worker::spawn("rain", move || RainJob::new(541, Some(law), BackendChoice::Cpu, 1).unwrap(), || {})
}

#[test]
fn both_stacks_that_learn_rain_are_loaded_or_neither() {
    let folder = tempfile::tempdir().unwrap();
    let worker = rain();
    worker.send(RainCommand::Train(true));
    snapshot(&worker, "some steps", |s| s.racers.iter().all(|racer| racer.train.len() > 2));
    // A pause measures, so that both curves have a beginning and an end.
    worker.send(RainCommand::Train(false));
    let trained = snapshot(&worker, "a second score", |s| !s.running && s.racers.iter().all(|racer| racer.test.len() > 1));
    let good = saved(&worker, RainCommand::Save, &folder.path().join("good.safetensors"));
    let fresh = rain();
    whole_or_not_at_all(&fresh, &good, "rain-gated", RainCommand::Save, RainCommand::Load);
    let again = snapshot(&fresh, "the scores", |s| s.racers.iter().all(|racer| racer.score.is_some() && racer.step > 0));
    for (a, b) in trained.racers.iter().zip(&again.racers) {
        assert_eq!((a.step, &a.train, &a.test, &a.sample), (b.step, &b.train, &b.test, &b.sample));
    }
    let other = Worker::spawn("rain", || RainJob::new(541, None, BackendChoice::Cpu, 1).unwrap(), || {});
    other.send(RainCommand::Load(folder.path().join("good.safetensors")));
    let told = until("the warning", || warning(&other));
    assert!(told.contains("they have learned"), "{told}");
}

const FAMILIES: [Family; CONTESTANTS] = [Family::Nice, Family::RealNvp, Family::Radial, Family::Planar];

fn race() -> Worker<TaxonomyJob> {
    let worker = Worker::spawn("taxonomy", || TaxonomyJob::new(541, 1), || {});
    worker.send(TaxonomyCommand::Race { families: FAMILIES, data: PointData::Toy { toy: Toy::TwoMoons } });
    worker
}

#[test]
fn all_families_of_a_race_are_loaded_or_none_and_a_value_that_is_no_number_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let worker = race();
    worker.send(TaxonomyCommand::Train(true));
    let raced = |s: &TaxonomySnapshot, points: usize| {
        s.race.as_ref().is_some_and(|race| race.contestants.iter().all(|racer| racer.curve.len() > points))
    };
    snapshot(&worker, "some scores", |s| raced(s, 1));
    worker.send(TaxonomyCommand::Train(false));
    let good = saved(&worker, TaxonomyCommand::Save, &folder.path().join("good.safetensors"));
    whole_or_not_at_all(&race(), &good, "planar", TaxonomyCommand::Save, TaxonomyCommand::Load);

    // A density that broke for a moment: its score was no number.
    let mut broken = good;
    let kept = broken.metadata.get_mut("nice.kept").unwrap();
    let mut value: Value = serde_json::from_str(kept).unwrap();
    value[1][0][1] = Value::Null;
    *kept = value.to_string();
    let file = folder.path().join("broken.safetensors");
    broken.save(&file).unwrap();
    let fresh = race();
    fresh.send(TaxonomyCommand::Load(file));
    let loaded = snapshot(&fresh, "the curve", |s| raced(s, 1)).race.unwrap();
    assert!(loaded.contestants[0].curve[0][1].is_nan() && loaded.contestants[1].curve[0][1].is_finite());
    let again = saved(&fresh, TaxonomyCommand::Save, &folder.path().join("again.safetensors"));
    let value: Value = serde_json::from_str(&again.metadata["nice.kept"]).unwrap();
    assert_eq!(value[1][0][1], Value::Null);
}

#[test]
fn times_of_another_day_are_shown_as_such_and_not_taken_again() {
    let worker = Worker::spawn("taxonomy", || TaxonomyJob::new(541, 1), || {});
    let look = |dim: usize| TaxonomyCommand::Look { dim, point: [0.5, -0.5], family: Family::Nice, express: false };
    worker.send(look(2));
    let first = |s: &TaxonomySnapshot| s.dim == 2 && s.measured[0].is_some();
    let here = snapshot(&worker, "a measurement", first).measured[0].clone().unwrap();
    assert_eq!((here.machine.as_deref(), here.runs), (None, 5));
    let mut then = (*here).clone();
    (then.forward, then.machine) = (1234.5, Some("CPU · 64 threads".into()));
    let mut wrong = then.clone();
    wrong.config.layers += 1;
    let fresh = Worker::spawn("taxonomy", || TaxonomyJob::new(541, 1), || {});
    fresh.send(TaxonomyCommand::Known { dim: 2, measured: vec![wrong, then.clone()], sweeps: Vec::new() });
    fresh.send(look(2));
    let shown = snapshot(&fresh, "the known times", first);
    assert_eq!(shown.measured[0].as_deref(), Some(&then), "the size that is not this one is left out");
    fresh.send(TaxonomyCommand::MeasureAgain);
    let anew = snapshot(&fresh, "new times", |s| first(s) && s.measured[0].as_ref().is_some_and(|m| m.machine.is_none()));
    assert!(anew.measured[0].as_ref().unwrap().forward < 1234.5);
}
