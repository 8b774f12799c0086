//! The production PixelCNN in all its variants, plain and gated: causal, blind where the wedge says, starting at ln K, unmoved by an absent
//! class. What only the gated one claims is in `gated.rs`.

use std::sync::Arc;

use tractable::autoregressive::pixelcnn::{Config, Wiring};
use tractable::data::noise::uniforms;
use tractable::exec::cpu::Real;
use tractable::graph::MaskKind;
use tractable::graph::causal::{Order, field, influence};

use crate::claims::sampler;
use crate::perturbation::{image, next, perturbed, reached};
use crate::run::Runner;
use crate::stacks::{Stack, production};

pub(crate) fn config(side: usize, residual: bool, coordinates: bool, classes: usize) -> Config {
    Config {
        height: side,
        width: side,
        levels: 3,
        channels: 5,
        blocks: 2,
        first_kernel: 5,
        kernel: 3,
        head: 7,
        classes,
        coordinates,
        residual,
        first_taps: None,
        wiring: Wiring::Plain,
    }
}

fn variants(side: usize) -> impl Iterator<Item = Config> {
    (0..16).map(move |bits| {
        let wiring = if bits & 8 == 8 { Wiring::Gated } else { Wiring::Plain };
        Config { wiring, ..config(side, bits & 1 == 1, bits & 2 == 2, if bits & 4 == 4 { 3 } else { 0 }) }
    })
}

/// Logits of one image of class 1 (where there are classes).
fn logits<T: Real>(stack: &Stack, runner: &mut Runner<T>, pixels: &[T]) -> Vec<T> {
    if stack.graph.find("class").is_some() {
        runner.program.set_input("class", &[T::from_f64(1.0)]).unwrap();
    }
    runner.run(&[("levels", pixels)], stack.logits)
}

#[test]
fn every_variant_is_causal_bit_for_bit_and_reaches_what_the_analysis_says() {
    const SIDE: usize = 6;
    for config in variants(SIDE) {
        let stack = production(&config, 1, MaskKind::A);
        stack.schedule().unwrap();
        let pixels = SIDE * SIDE;
        let reach: Vec<Vec<bool>> = (0..pixels).map(|q| influence(&stack.graph, stack.logits, stack.data, q)).collect();
        let seen = reached(&stack, &image(pixels), next);
        assert_eq!(seen, reach, "{config:?}");
        assert!((0..pixels).all(|q| !seen[q][..=q].contains(&true)), "{config:?}");
    }
}

#[test]
fn the_shipped_field_has_the_wedge_of_the_formula() {
    // 7x7 A and n of 3x3 B: n (n + 1) / 2 pixels of the window are blind, 28 for n = 7 (1606.05328 section 2.1 describes the wedge).
    for blocks in [1, 3, 7, 8] {
        let side = 2 * (3 + blocks) + 3;
        let config = Config { first_kernel: 7, blocks, ..config(side, true, true, 0) };
        let stack = production(&config, 1, MaskKind::A);
        let middle = (3 + blocks + 1) * side + side / 2;
        let found = field(&stack.graph, stack.logits, middle, stack.data, &Order::raster(side * side));
        assert_eq!(found.blind, blocks * (blocks + 1) / 2, "{blocks} blocks");
    }
}

#[test]
fn training_starts_at_ln_k_a_pixel() {
    for config in variants(7) {
        let stack = production(&config, 1, MaskKind::A);
        let graph = Arc::new(stack.graph.clone());
        let nll = stack.graph.output("nll").unwrap();
        let mut runner = Runner::<f64>::new(&graph, &[nll, stack.logits], 3);
        runner.store.initialise(&graph, 3).unwrap();
        let pixels: Vec<f64> = (0..49).map(|p| (p * 5 % 3) as f64).collect();
        logits(&stack, &mut runner, &pixels);
        let nats = runner.program.output(nll)[0];
        assert!((nats / config.uniform_nats() - 1.0).abs() < 0.05, "{config:?}: {nats}");
    }
}

#[test]
fn without_class_weights_the_class_changes_no_bit() {
    // One table in each of three plain layers; in both gates of three gated ones but for the last vertical one, which nothing reads.
    for (wiring, tables) in [(Wiring::Plain, 3), (Wiring::Gated, 5)] {
        class_matters_only_through_its_tables(&Config { wiring, ..config(5, true, true, 3) }, tables);
    }
}

fn class_matters_only_through_its_tables(config: &Config, tables: usize) {
    let stack = production(config, 1, MaskKind::A);
    let graph = Arc::new(stack.graph.clone());
    let mut runner = Runner::<f32>::new(&graph, &[stack.logits], 5);
    let pixels: Vec<f32> = (0..25).map(|p| (p % 3) as f32).collect();
    let of = |runner: &mut Runner<f32>, class: f32| runner.run(&[("levels", &pixels), ("class", &[class])], stack.logits);
    assert_ne!(of(&mut runner, 0.0), of(&mut runner, 2.0), "the embeddings do act");
    let embeddings: Vec<String> = runner.store.names().filter(|name| name.ends_with("class")).map(String::from).collect();
    assert_eq!(embeddings.len(), tables);
    for name in embeddings {
        let zeros = vec![0.0; runner.store.get(&name).unwrap().len()];
        runner.store.set(&name, &zeros).unwrap();
    }
    let first = of(&mut runner, 0.0);
    assert!([1.0, 2.0, -1.0].iter().all(|&class| of(&mut runner, class) == first));
}

#[test]
fn the_classic_mistake_is_reported() {
    for config in variants(5) {
        let message = production(&config, 1, MaskKind::B).schedule().unwrap_err().to_string();
        assert!(message.contains("row"), "{message}");
    }
}

/// What changes when a pixel takes its next level, in f32 with weights of every sign: `[q][p]`.
fn changes(config: &Config, first: MaskKind, seed: u64) -> Vec<Vec<bool>> {
    let stack = production(config, 1, first);
    let graph = Arc::new(stack.graph.clone());
    let mut runner = Runner::<f32>::new(&graph, &[stack.logits], seed).randomise(0.4, seed);
    let pixels: Vec<f32> = (0..config.pixels()).map(|p| ((p * 7 + p / 5) % 3) as f32).collect();
    perturbed(&stack, &mut runner, &pixels, next)
}

#[test]
fn no_pixel_changes_its_own_logits_or_earlier_ones_in_f32_and_with_mask_b_it_does() {
    for (height, width) in [(5, 5), (6, 7), (7, 7)] {
        for config in variants(5).map(|config| Config { height, width, ..config }) {
            let changes = changes(&config, MaskKind::A, 1);
            for (q, changed) in changes.iter().enumerate() {
                assert!(!changed[..=q].contains(&true), "{config:?}: pixel {q} changed {:?}", &changed[..=q]);
            }
            assert!(changes[0].contains(&true), "{config:?}: nothing changes");
            let leaks = self::changes(&config, MaskKind::B, 1);
            assert!((0..config.pixels()).any(|q| leaks[q][q]), "{config:?}: the mutant must be caught");
        }
    }
}

/// The sum of `p(x)` over all 512 binary 3x3 images, in f64.
fn total(config: &Config, first: MaskKind, seed: u64) -> f64 {
    let stack = production(config, 512, first);
    let graph = Arc::new(stack.graph.clone());
    let nll = stack.graph.output("nll").unwrap();
    let images: Vec<f64> = (0..512).flat_map(|code| (0..9).map(move |p| f64::from(code >> p & 1))).collect();
    let mut runner = Runner::<f64>::new(&graph, &[nll], seed).randomise(1.0, seed);
    if config.classes > 0 {
        runner.program.set_input("class", &[2.0; 512]).unwrap();
    }
    runner.run(&[("levels", &images)], nll).iter().map(|nll| (-nll).exp()).sum()
}

#[test]
fn every_variant_sums_to_one_over_all_images_and_with_mask_b_it_does_not() {
    for config in variants(3).map(|config| Config { levels: 2, ..config }) {
        for seed in 0..3 {
            let total = total(&config, MaskKind::A, seed);
            assert!((total - 1.0).abs() < 1e-12, "{config:?}, seed {seed}: {total}");
        }
        let mutant = total(&config, MaskKind::B, 0);
        assert!((mutant - 1.0).abs() > 1e-3, "{config:?}: the mutant must be caught, {mutant}");
    }
}

#[test]
fn every_variant_is_drawn_alike_by_all_three_samplers() {
    const BATCH: usize = 2;
    for (seed, config) in (0..).zip(variants(5).chain(variants(7))) {
        let stack = production(&config, BATCH, MaskKind::A);
        let class: &[f32] = if config.classes > 0 { &[0.0, 2.0] } else { &[] };
        let (mut sampler, _) = sampler(&stack, class, seed);
        let u = uniforms(seed, 9, BATCH * config.pixels());
        sampler.start(&u, 1.0);
        let cached = sampler.finish().clone();
        let full = sampler.full_forward(&u, 1.0);
        let (jacobi, end) = sampler.jacobi(&u, 1.0);
        // Bit for bit: one kernel computes every region, one function draws.
        assert_eq!(cached, full, "{config:?}");
        assert_eq!(&cached, jacobi.trajectory(), "{config:?}");
        assert!(end.converged && end.steps <= config.pixels() + 1, "{config:?}: {end:?}");
        assert!((0..2).all(|level| cached.levels.contains(&level)), "{config:?}: a constant image proves nothing");
    }
}
