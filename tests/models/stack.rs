//! What a causal stack learns of a melody, and what it cannot learn without dilation.

use tractable::exec::cpu::CpuSession;
use tractable::train::{Fit, Lesson, Model, Scorer, Source};

/// `-ln p` of the two held-out windows after so many steps of training from the start, or with the shipped weights.
fn nll(dilations: &[usize], steps: Option<u64>) -> Vec<f64> {
    let mut lesson = Lesson::preset("stack-prelude").unwrap();
    let Model::CausalStack { config, .. } = &mut lesson.model else { panic!("it is a causal stack") };
    config.dilations = dilations.to_vec();
    let source = Source::open(&lesson).unwrap();
    let mut fit = Fit::new(lesson.clone(), source.clone(), Box::new(CpuSession::new(1))).unwrap();
    match steps {
        Some(steps) => (0..steps).for_each(|_| fit.advance().unwrap()),
        None => fit.load(&lesson.trained_weights().unwrap().unwrap()).unwrap(),
    }
    let scorer = Scorer::new(fit.session(), &lesson.model, 2).unwrap();
    scorer.nll(fit.session(), &source, lesson.seed, usize::MAX).unwrap()
}

#[test]
fn the_shipped_weights_know_more_than_frequencies() {
    let Source::Sequence(source) = Source::open(&Lesson::preset("stack-prelude").unwrap()).unwrap() else { panic!("it is a sequence") };
    let nll = nll(&[1, 2, 4, 8], None);
    let mean = nll.iter().sum::<f64>() / nll.len() as f64;
    // What the training ended with; other instruction sets round differently.
    assert_eq!(nll.len(), 2);
    assert!((mean - 132.65).abs() < 0.5, "{mean}");
    assert!(mean < 0.75 * source.unigram_nats(), "{mean} against {}", source.unigram_nats());
}

#[test]
fn what_lies_eight_steps_back_is_learned_only_by_a_stack_that_hears_it() {
    // Each half of a bar is played twice. Four layers hear 16 steps with dilation and 5 without. The first held-out window still has the
    // repetition; the second is the coda, which breaks it. One run gave 71 and 123 nats.
    let (dilated, plain) = (nll(&[1, 2, 4, 8], Some(200))[0], nll(&[1, 1, 1, 1], Some(200))[0]);
    assert!(dilated < 90.0 && plain > 105.0, "{dilated} with dilation, {plain} without");
}
