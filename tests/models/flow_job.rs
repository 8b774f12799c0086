//! The flow lab's worker, asked as the window asks it.

use std::time::{Duration, Instant};

use tractable::data::{Drawing, Toy};
use tractable::exec::cpu::CpuSession;
use tractable::flows::{Config, Family};
use tractable::train::flow_job::{FlowCommand, FlowJob, FlowSnapshot, ProbeReading};
use tractable::train::{Event, Lesson, Model, PointData, Weights, Worker};

pub(crate) struct Lab {
    worker: Worker<FlowJob>,
    events: Vec<String>,
}

impl Lab {
    /// The lesson of the test's lab.
    pub(crate) fn lesson() -> Lesson {
        let mut lesson = Lesson::preset("realnvp").unwrap();
        // No shipped weights: every run starts at the same place.
        lesson.name = "a test".into();
        lesson.training.batch = 128;
        if let Model::Realnvp { config, .. } = &mut lesson.model {
            config.width = 16;
        }
        lesson
    }

    pub(crate) fn open() -> Lab {
        let make = || FlowJob::new(Lab::lesson(), Box::new(|| Ok(Box::new(CpuSession::new(1)) as _)));
        Lab::on(Worker::spawn("flow", make, || {}))
    }

    /// A lab on a worker of another kind.
    pub(crate) fn on(worker: Worker<FlowJob>) -> Lab {
        Lab { worker, events: Vec::new() }
    }

    pub(crate) fn ask(&self, command: FlowCommand) {
        self.worker.send(command);
    }

    /// The first snapshot that this is true of.
    pub(crate) fn wait(&mut self, what: &str, mut good: impl FnMut(&FlowSnapshot) -> bool) -> FlowSnapshot {
        let start = Instant::now();
        loop {
            self.hear();
            if let Some(snapshot) = self.worker.take_snapshot()
                && good(&snapshot)
            {
                return snapshot;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "{what} never came; heard {:?}", self.events);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Asks, and waits for the answer.
    pub(crate) fn wait_again(&mut self, command: FlowCommand, good: impl FnMut(&FlowSnapshot) -> bool) -> FlowSnapshot {
        self.ask(command);
        self.wait("the answer", good)
    }

    fn hear(&mut self) {
        self.events.extend(self.worker.events().into_iter().map(|event| match event {
            Event::Done(text) | Event::Warning(text) | Event::Failed(text) => text,
        }));
    }

    pub(crate) fn wait_event(&mut self, part: &str) {
        let start = Instant::now();
        while !self.events.iter().any(|text| text.contains(part)) {
            self.hear();
            assert!(start.elapsed() < Duration::from_secs(60), "no event says {part:?}: {:?}", self.events);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn adds_up(reading: &ProbeReading) -> f64 {
    (reading.log_prob - reading.log_base - reading.log_dets.iter().sum::<f64>()).abs()
}

#[test]
fn it_learns_and_every_number_of_the_probe_adds_up() {
    let mut lab = Lab::open();
    lab.ask(FlowCommand::Probe([0.3, 1.4]));
    let first = lab.wait("a picture", |s| s.pictures.is_some());
    let later = lab.wait("progress", |s| s.step > first.step + 300);
    assert!(later.training && later.curves.test.last().unwrap()[1] < first.curves.test[0][1]);
    lab.ask(FlowCommand::Train(false));
    let still = lab.wait("rest", |s| !s.training && s.pictures.as_ref().is_some_and(|p| p.density.size == [256, 256] && p.step == s.step));
    let pictures = still.pictures.clone().unwrap();
    for x in [[0.3, 1.4], [-3.0, 2.0], [0.0, 0.0]] {
        lab.ask(FlowCommand::Probe(x));
        let probe = lab.wait("the probe", |s| s.probe.as_ref().is_some_and(|p| p.at == x)).probe.unwrap();
        // f32 sums of nine terms.
        assert!(adds_up(&probe) < 1e-4, "{}", adds_up(&probe));
        let sum: f64 = probe.log_dets.iter().sum();
        assert!((sum - probe.numeric_log_det).abs() < 1e-3, "{sum} {}", probe.numeric_log_det);
        assert_eq!(probe.points.len(), still.config.stages() + 1);
    }
    // The stated grid: 512 x 512 cells of at least [-6, 6]^2.
    let integral = pictures.integral.unwrap();
    assert!(integral.side == 512 && integral.reach >= 6.0 && (integral.mass - 1.0).abs() < 1e-3, "{integral:?}");
    assert!(pictures.round_trip < 1e-3, "{}", pictures.round_trip);
    let score = pictures.test.unwrap();
    // The entropy of the two moons, integrated elsewhere.
    assert!((score.floor.unwrap() - 2.393_87).abs() < 1e-3, "{score:?}");
    assert!(score.gap.unwrap() > 0.0, "no model is below the entropy");
    // Mean of log p over the points by two ways: the means of its terms, and the held-out loss of other points of the same law.
    let mean = pictures.mean_log_base + pictures.mean_log_dets.iter().sum::<f64>();
    assert!((mean + score.nats).abs() < 0.2, "{mean} {}", score.nats);
}

#[test]
fn nice_has_no_log_determinant_but_the_last_scale() {
    let mut lab = Lab::open();
    let config = lab.wait("a picture", |s| s.pictures.is_some()).config;
    lab.ask(FlowCommand::Model { config: Config { family: Family::Nice, ..config }, batch: 64 });
    let snapshot = lab.wait("NICE", |s| s.config.additive() && s.batch == 64 && s.step > 50 && s.pictures.is_some() && s.probe.is_some());
    let pictures = snapshot.pictures.unwrap();
    let (last, couplings) = pictures.lattice.log_dets.split_last().unwrap();
    assert!(couplings.len() == 8 && couplings.iter().flatten().all(|&l| l == 0.0));
    assert!(last.iter().all(|&l| l == last[0]) && last[0] != 0.0);
    assert!(pictures.mean_log_dets[..8].iter().all(|&l| l == 0.0));
}

#[test]
fn an_empty_drawing_waits_in_words_and_a_stroke_is_learned_from() {
    let mut lab = Lab::open();
    lab.ask(FlowCommand::Draw { drawing: Drawing::default(), finished: true });
    let empty = lab.wait("the empty drawing", |s| s.data.unusable);
    assert!(!empty.training && empty.data.points.is_empty());
    lab.ask(FlowCommand::Train(true));
    lab.wait_event("no point");
    let step = lab.wait("standing", |s| !s.training).step;
    let mut drawing = Drawing::default();
    drawing.begin([-1.0, 0.0], 0.2, false);
    lab.ask(FlowCommand::Draw { drawing: drawing.clone(), finished: true });
    let dab = lab.wait("one dab", |s| s.data.count == Some(1) && s.step > step);
    assert!(dab.data.note.as_ref().unwrap().contains("one Gaussian"));
    drawing.extend([1.0, 0.5]);
    lab.ask(FlowCommand::Draw { drawing, finished: true });
    let drawn = lab.wait("the drawing's floor", |s| s.data.floor.is_some() && s.pictures.as_ref().is_some_and(|p| p.test.is_some()));
    assert!(drawn.training && drawn.data.count.unwrap() > 10);
}

#[test]
fn one_point_of_a_file_is_a_sentence_and_a_bad_file_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (one, text) = (folder.path().join("one.csv"), folder.path().join("text.csv"));
    std::fs::write(&one, "x,y\n1,2\n").unwrap();
    std::fs::write(&text, "x,y\n1,hello\n").unwrap();
    let mut lab = Lab::open();
    lab.wait("a picture", |s| s.pictures.is_some());
    lab.ask(FlowCommand::Data(PointData::File { path: text }));
    lab.wait_event("hello");
    assert_eq!(lab.wait("the old data", |_| true).source, PointData::Toy { toy: Toy::TwoMoons });
    lab.ask(FlowCommand::Data(PointData::File { path: one }));
    lab.wait_event("second point");
    let snapshot = lab.wait("one point", |s| s.data.count == Some(1) || s.data.count == Some(2));
    assert!(snapshot.data.unusable && !snapshot.training);
    lab.ask(FlowCommand::Data(PointData::Shape { name: "dino".into() }));
    let dino = lab.wait("the dinosaur", |s| s.data.count == Some(142) && s.training);
    assert!(dino.data.floor.is_none() && !dino.data.unusable);
}

#[test]
fn a_rate_that_explodes_stops_at_the_last_sound_weights_and_half_of_a_good_one_goes_on() {
    let mut lab = Lab::open();
    lab.wait("progress", |s| s.step > 60 && s.pictures.as_ref().is_some_and(|p| p.step > 30));
    lab.ask(FlowCommand::Rate(1.0));
    let stopped = lab.wait("the explosion", |s| s.diverged.is_some());
    let sentence = stopped.diverged.unwrap();
    assert!(sentence.contains("are kept") && sentence.contains("halve"), "{sentence}");
    let still = lab.wait("sound pictures", |s| s.pictures.as_ref().is_some_and(|p| p.step == s.step && p.density.size == [256, 256]));
    assert!(!still.training && still.pictures.unwrap().test.unwrap().nats < 5.0);
    lab.ask(FlowCommand::Rate(5e-4));
    lab.ask(FlowCommand::Train(true));
    lab.wait("going on", |s| s.training && s.diverged.is_none() && s.step > still.step + 20);
}

#[test]
fn weights_are_saved_and_bring_their_model_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons.safetensors");
    let mut lab = Lab::open();
    lab.wait("progress", |s| s.step > 30);
    lab.ask(FlowCommand::Train(false));
    let saved = lab.wait("rest", |s| !s.training);
    lab.ask(FlowCommand::Save(path.clone()));
    lab.wait_event("are saved");
    lab.ask(FlowCommand::Model { config: Config { layers: 3, ..saved.config.clone() }, batch: 64 });
    lab.wait("another model", |s| s.config.layers == 3);
    lab.ask(FlowCommand::Load(path));
    let back = lab.wait("the saved model", |s| s.config == saved.config);
    assert_eq!(back.step, saved.step);
    lab.ask(FlowCommand::Load("no such file.safetensors".into()));
    lab.wait_event("no such file");
}

#[test]
fn what_keeps_itself_while_an_earlier_step_is_shown_is_the_newest_step() {
    let folder = tempfile::tempdir().unwrap();
    let [saved, past, kept] = ["saved", "past", "kept"].map(|name| folder.path().join(name));
    let mut lab = Lab::open();
    lab.wait("progress", |s| s.step > 60);
    lab.ask(FlowCommand::Train(false));
    let newest = lab.wait("rest", |s| !s.training).step;
    lab.ask(FlowCommand::Save(saved.clone()));
    lab.ask(FlowCommand::LookAt(40));
    lab.wait("the past", |s| s.step <= 40 && s.timeline.newest == newest);
    lab.ask(FlowCommand::KeepNewest(kept.clone()));
    lab.ask(FlowCommand::Save(past.clone()));
    lab.wait_event(&format!("{}.", past.display()));
    let [saved, past, read] = [&saved, &past, &kept].map(|path| Weights::read(path).unwrap());
    // Bit for bit, with the optimiser's state.
    assert!(read.step() == newest && read.arrays == saved.arrays);
    assert!(past.step() <= 40 && past.arrays != read.arrays, "what somebody saves is what is shown");
    // A fit that is left while its past is shown comes back at its newest step.
    lab.ask(FlowCommand::Keep(7));
    lab.ask(FlowCommand::Restart(3));
    lab.wait("another fit", |s| s.seed == 3);
    lab.ask(FlowCommand::TakeBack { run: 7, config: Config::default(), batch: 1, seed: 1 });
    lab.wait("the fit", |s| s.seed != 3 && s.step == newest);
    let mut reopened = Lab::open();
    reopened.ask(FlowCommand::Train(false));
    reopened.ask(FlowCommand::Load(kept));
    reopened.wait("the kept fit", |s| s.step == newest);
}
