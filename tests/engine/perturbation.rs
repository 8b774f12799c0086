//! What changes when a pixel changes, bit for bit, against what the analysis says can change.

use std::sync::Arc;

use proptest::prelude::*;
use tractable::exec::cpu::Real;
use tractable::graph::causal::influence;
use tractable::graph::{MaskKind, Taps};

use crate::run::Runner;
use crate::stacks::{PixelCnn, Stack, plain, raster, two_stacks};

/// For each pixel q, which positions of the logits change in any bit when q changes: `[q][p]`. The class, where there are classes, is 1.
pub(crate) fn perturbed<T: Real>(stack: &Stack, runner: &mut Runner<T>, pixels: &[T], other: impl Fn(T) -> T) -> Vec<Vec<bool>> {
    if stack.graph.find("class").is_some() {
        runner.program.set_input("class", &[T::from_f64(1.0)]).unwrap();
    }
    let shape = stack.graph.shape(stack.logits);
    let (positions, width) = (shape.positions(), shape.last());
    let before = runner.run(&[(stack.data_name(), pixels)], stack.logits);
    let flip = |q: usize| {
        let mut changed = pixels.to_vec();
        changed[q] = other(changed[q]);
        let after = runner.run(&[(stack.data_name(), &changed)], stack.logits);
        let differs = |p: usize| (p * width..(p + 1) * width).any(|i| bytemuck::bytes_of(&before[i]) != bytemuck::bytes_of(&after[i]));
        (0..positions).map(differs).collect()
    };
    (0..positions).map(flip).collect()
}

fn pixel_cnn(size: (usize, usize), first: MaskKind) -> Stack {
    PixelCnn { batch: 1, size, levels: 3, channels: 6, blocks: 3, first }.build()
}

/// The next of three levels.
pub(crate) fn next<T: Real>(level: T) -> T {
    T::from_f64((level.to_f64() + 1.0) % 3.0)
}

/// All that can change: positive weights in f64, so nothing cancels and no rectifier is dead, and small ones, so no gate is closed or full;
/// the union of three draws.
pub(crate) fn reached(stack: &Stack, pixels: &[f64], other: impl Fn(f64) -> f64) -> Vec<Vec<bool>> {
    let graph = Arc::new(stack.graph.clone());
    let mut union = vec![vec![false; pixels.len()]; pixels.len()];
    for seed in 0..3 {
        let mut runner = Runner::<f64>::new(&graph, &[stack.logits], seed).randomise(0.1, seed).positive();
        for (all, changed) in union.iter_mut().zip(perturbed(stack, &mut runner, pixels, &other)) {
            all.iter_mut().zip(changed).for_each(|(all, changed)| *all |= changed);
        }
    }
    union
}

/// Pixels of three levels.
pub(crate) fn image<T: Real>(positions: usize) -> Vec<T> {
    (0..positions).map(|p| T::from_f64((p * 7 % 3) as f64)).collect()
}

#[test]
fn no_pixel_changes_its_own_prediction_or_an_earlier_one() {
    for size in [(3, 3), (4, 6), (5, 5), (7, 7)] {
        let stack = pixel_cnn(size, MaskKind::A);
        let positions = size.0 * size.1;
        let graph = Arc::new(stack.graph.clone());
        for seed in 0..3 {
            let mut runner = Runner::<f32>::new(&graph, &[stack.logits], seed);
            let changes = perturbed(&stack, &mut runner, &image(positions), next);
            for (q, changed) in changes.iter().enumerate() {
                assert!(!changed[..=q].contains(&true), "{size:?}, seed {seed}: pixel {q} changed {:?}", &changed[..=q]);
            }
        }
    }
}

#[test]
fn what_can_change_does() {
    for size in [(3, 3), (5, 4), (7, 7)] {
        let positions = size.0 * size.1;
        covers(&pixel_cnn(size, MaskKind::A), &image(positions), next);
    }
    for stack in [plain(7, 7, &raster(&[3, 3, 3])), plain(6, 7, &raster(&[5, 3])), two_stacks(5, 7, 3)] {
        let positions = stack.graph.shape(stack.data).positions();
        covers(&stack, &image(positions), |x| x + 0.5);
    }
}

fn covers(stack: &Stack, pixels: &[f64], other: impl Fn(f64) -> f64) {
    for (q, changed) in reached(stack, pixels, other).iter().enumerate() {
        assert_eq!(changed, &influence(&stack.graph, stack.logits, stack.data, q), "pixel {q} of {}", pixels.len());
    }
}

#[test]
fn perturbation_sees_the_mutants_that_the_analysis_reports() {
    let mask_b = pixel_cnn((4, 4), MaskKind::B);
    let mut layers = raster(&[3, 3]);
    layers[1] = Taps::new(&[layers[1].offsets(), &[(0, 1)]].concat());
    for (name, stack) in [("mask B in the first layer", mask_b), ("an unmasked tap", plain(4, 4, &layers))] {
        assert!(stack.schedule().is_err(), "{name}");
        let graph = Arc::new(stack.graph.clone());
        let mut runner = Runner::<f64>::new(&graph, &[stack.logits], 1).positive();
        let changes = perturbed(&stack, &mut runner, &image(16), next);
        assert!((0..16).any(|q| changes[q][..=q].contains(&true)), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn random_taps_change_exactly_what_they_reach(
        first in prop::collection::vec((-2i32..=2, -2i32..=2), 1..5),
        second in prop::collection::vec((-2i32..=2, -2i32..=2), 1..5),
    ) {
        // Any offsets at all, causal or not.
        covers(&plain(4, 5, &[Taps::new(&first), Taps::new(&second)]), &image(20), |x| x + 0.5);
    }
}
