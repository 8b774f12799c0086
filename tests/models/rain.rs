//! Rain: what the blind spot costs. The same kernels in one stack and in two, on the same images.

use tractable::data::rain::Toward;
use tractable::exec::cpu::CpuSession;
use tractable::train::{Fit, ImageData, Lesson, Model, Score, Scorer, Source};

/// A shipped lesson on images of side 14, for so many steps.
fn small(preset: &str, toward: Toward, steps: u64) -> Lesson {
    let mut lesson = Lesson::preset(preset).unwrap();
    let Model::Pixelcnn { config, data: ImageData::Rain(rain) } = &mut lesson.model else { panic!("it is a PixelCNN on rain") };
    (config.height, config.width, rain.size, rain.toward) = (14, 14, 14, toward);
    lesson.training.steps = steps;
    if let tractable::train::RateSchedule::Cosine { total, .. } = &mut lesson.training.schedule {
        *total = steps;
    }
    lesson
}

fn trained(lesson: &Lesson) -> Score {
    let source = Source::open(lesson).unwrap();
    let mut fit = Fit::new(lesson.clone(), source.clone(), Box::new(CpuSession::new(1))).unwrap();
    for _ in 0..lesson.training.steps {
        fit.advance().unwrap();
    }
    let scorer = Scorer::new(fit.session(), &lesson.model, 50).unwrap();
    scorer.score(fit.session(), &lesson.model, &source, lesson.seed, usize::MAX).unwrap()
}

/// One bit for each of 196 pixels: what a model pays that knows nothing.
const NOTHING: f64 = 196.0 * std::f64::consts::LN_2;

#[test]
fn one_stack_learns_nothing_of_rain_and_two_stacks_learn_all_of_it() {
    let plain = trained(&small("rain-plain", Toward::Right, 200));
    assert!((plain.nats - NOTHING).abs() < 0.1, "one stack: {plain:?}");
    let gated = trained(&small("rain-gated", Toward::Right, 200));
    let floor = gated.floor.unwrap();
    // 66 coins and 130 pixels of H(0.05) = 0.1985.
    assert!((floor - (66.0 * std::f64::consts::LN_2 + 130.0 * 0.1985)).abs() < 0.01, "{floor}");
    // Below H(eps) + 0.02 nats for each pixel that has a parent, and not below the floor by more than chance.
    assert!(gated.nats < floor + 130.0 * 0.02, "two stacks: {gated:?}");
    assert!(gated.nats > floor - 5.0 * gated.std_error, "two stacks: {gated:?}");
    assert_eq!(gated.gap, Some(gated.nats - floor));
}

#[test]
fn one_stack_learns_snow_since_it_sees_to_the_left() {
    let plain = trained(&small("rain-plain", Toward::Left, 400));
    assert!(plain.nats < plain.floor.unwrap() + 130.0 * 0.02, "{plain:?}");
}

#[test]
fn every_step_has_fresh_images_and_the_same_ones_again() {
    let lesson = small("rain-gated", Toward::Right, 1);
    let Source::Images(mut images) = Source::open(&lesson).unwrap() else { panic!("images") };
    let mut at = |step| images.batch(16, lesson.seed, step, &lesson.training).unwrap();
    let (first, classes) = at(0);
    assert_eq!((first.len(), classes), (16 * 196, vec![-1.0; 16]));
    assert_ne!(first, at(1).0);
    assert_eq!(first, at(0).0);
}

#[test]
fn hidden_classes_are_as_frequent_as_asked_and_a_function_of_the_step() {
    let mut lesson = Lesson::preset("pixelcnn-binary").unwrap();
    let Source::Images(images) = Source::open(&lesson).unwrap() else { panic!("images") };
    let classes = |lesson: &Lesson, step| images.clone().batch(2_000, 5, step, &lesson.training).unwrap();
    let (levels, known) = classes(&lesson, 3);
    assert!(known.iter().all(|&class| class >= 0.0));
    lesson.training.class_dropout = 0.1;
    let (same, some) = classes(&lesson, 3);
    assert_eq!(levels, same, "hiding a class moves no image");
    assert_eq!(some, classes(&lesson, 3).1);
    let hidden = some.iter().filter(|&&class| class == -1.0).count();
    // Binomial(2000, 0.1): standard deviation 13.4; five of them.
    assert!((133..=267).contains(&hidden), "{hidden}");
    assert!(known.iter().zip(&some).all(|(known, some)| known == some || *some == -1.0));
    assert_ne!(some, classes(&lesson, 4).1);
}
