//! Training that is broken, moved, lost, looked back at and saved.

use super::*;
use crate::autoregressive::causal_stack;
use crate::train::Model;

/// A learner of the melody from its initial values, with a few steps behind it.
fn started() -> Learner {
    let lesson = Lesson::preset("stack-prelude").unwrap();
    let Model::CausalStack { config, .. } = &lesson.model else { panic!("it is a causal stack") };
    let (graph, nodes) = causal_stack::evaluation(config, 1).unwrap();
    let initial = CpuModel::new(graph, nodes.levels, nodes.logits, 1).unwrap().initial(1);
    let mut learner = Learner::new(lesson, initial, BackendChoice::Cpu, 1).unwrap();
    learner.start().unwrap();
    while learner.standing().train.is_empty() {
        learner.slice().unwrap();
    }
    learner
}

#[test]
fn a_rate_that_breaks_training_leaves_sound_weights_that_a_lower_one_goes_on_from() {
    let mut learner = started();
    let first = learner.standing().train[0][1];
    learner.set_rate(100.0);
    let error = (0..1_000).find_map(|_| learner.slice().err()).expect("such a rate breaks training");
    learner.stop(&error);
    let broken = learner.standing();
    assert!(learner.diverged.is_some() && !broken.running && error.to_string().contains("Lower the learning rate"), "{error}");
    assert!(broken.train.iter().all(|point| point[0] <= broken.step as f64), "the curve ends where the weights are");
    learner.set_rate(1e-3);
    learner.start().unwrap();
    learner.slice().unwrap();
    let score = learner.trainer().unwrap().score(usize::MAX).unwrap();
    learner.scored(score, learner.standing().step);
    // Nats a symbol on both curves.
    assert!(learner.standing().test[0][1] < 1.5 * first, "{} after {first}", learner.standing().test[0][1]);
    assert!(learner.standing().step > broken.step && learner.diverged.is_none());
}

#[test]
fn training_goes_on_elsewhere_with_its_step_its_curve_and_its_rate() {
    let mut learner = started();
    learner.set_rate(0.002);
    assert!(learner.pause());
    let before = learner.standing();
    let weights = learner.trainer().unwrap().weights().unwrap();
    learner.see(weights, Origin::Trained);
    learner.move_to(BackendChoice::Cpu, true);
    let after = learner.standing();
    assert_eq!((after.step, &after.train, after.rate), (before.step, &before.train, 0.002));
    assert!(after.running && learner.error.is_none());
    learner.slice().unwrap();
    assert!(learner.standing().step > before.step);
}

#[test]
fn a_lost_device_leaves_training_on_the_processor_at_the_weights_that_were_seen() {
    let mut learner = started();
    let weights = learner.trainer().unwrap().weights().unwrap();
    let seen = weights.step();
    learner.see(weights, Origin::Trained);
    while learner.standing().step < seen + 5 {
        learner.slice().unwrap();
    }
    let lost = TrainError::Exec(ExecError::GpuLost { reason: "the cable was pulled".into() });
    assert!(learner.survives(&lost));
    let after = learner.standing();
    assert!((after.running, after.step) == (true, seen), "{after:?}");
    assert!(after.train.iter().all(|point| point[0] <= seen as f64), "the curve ends where the weights are");
    assert_eq!(learner.choice, BackendChoice::Cpu);
    assert!(learner.error.as_ref().is_some_and(|sentence| sentence.contains("the cable was pulled")));
    learner.slice().unwrap();
    assert!(learner.standing().step > seen);
    assert!(!learner.survives(&TrainError::Exec(ExecError::NoGpu { reason: "none here".into() })), "anything else stops it");
}

#[test]
fn a_device_that_is_lost_while_an_earlier_step_is_shown_takes_the_newest_one_not_along() {
    let mut learner = started();
    while learner.standing().step < 40 {
        learner.slice().unwrap();
    }
    let newest = learner.trainer().unwrap().weights().unwrap();
    let line = learner.standing().timeline;
    assert_eq!((line.kept[0], line.newest), (0, newest.step()));
    learner.take_to(Past::LookAt(20)).unwrap();
    let back = learner.trainer().unwrap().weights().unwrap();
    assert!(back.step() <= 20 && learner.standing().timeline.newest == newest.step(), "{}", back.step());
    learner.see(back, Origin::Trained);
    assert!(learner.survives(&TrainError::Exec(ExecError::GpuLost { reason: "the cable was pulled".into() })));
    assert!(learner.error.as_ref().is_some_and(|sentence| sentence.contains(&format!("from step {}", newest.step()))));
    learner.start().unwrap();
    assert_eq!(learner.trainer().unwrap().weights().unwrap().arrays, newest.arrays);
    learner.take(newest, Origin::Trained);
    assert!(learner.standing().timeline.kept.is_empty(), "other weights have another past");
}

#[test]
fn what_keeps_itself_while_an_earlier_step_is_shown_is_the_newest_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let mut learner = started();
    while learner.standing().step < 40 {
        learner.slice().unwrap();
    }
    let newest = learner.trainer().unwrap().weights().unwrap();
    learner.take_to(Past::LookAt(20)).unwrap();
    let shown = learner.trainer().unwrap().weights().unwrap();
    assert!(shown.step() <= 20 && newest.step() >= 40);
    // Before and after the device that held the shown ones is lost.
    for lost in [false, true] {
        if lost {
            learner.see(shown.clone(), Origin::Trained);
            assert!(learner.survives(&TrainError::Exec(ExecError::GpuLost { reason: "the cable was pulled".into() })));
        }
        learner.keep(&path).unwrap();
        // Bit for bit, with the optimiser's state, the step and the lesson.
        assert!(Weights::read(&path).unwrap() == newest, "lost {lost}");
        learner.save(&path).unwrap();
        assert!(Weights::read(&path).unwrap().arrays == shown.arrays, "what somebody saves is what is seen");
    }
    let mut reopened = started();
    learner.keep(&path).unwrap();
    reopened.take(Weights::read(&path).unwrap(), Origin::File(path));
    assert_eq!(reopened.standing().step, newest.step());
    assert!(reopened.trainer().unwrap().weights().unwrap().arrays == newest.arrays, "training goes on from the newest");
    // At the newest step both write the same.
    learner.start().unwrap();
    learner.pause();
    let other = folder.path().join("other.safetensors");
    learner.keep(&other).unwrap();
    assert!(Weights::read(&other).unwrap().arrays == newest.arrays);
}

#[test]
fn saved_weights_say_which_lesson_they_belong_to_whether_or_not_they_were_trained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let mut learner = started();
    let step = learner.standing().step;
    for (trained, expected) in [(true, step), (false, 0)] {
        if !trained {
            learner.trainer = None;
        }
        learner.save(&path).unwrap();
        let read = Weights::read(&path).unwrap();
        let lesson: Lesson = serde_json::from_str(&read.metadata["lesson"]).unwrap();
        assert_eq!((read.step(), lesson.title == learner.lesson.title), (expected, true));
    }
}
