//! The three samplers draw the same image from the same noise, and the cached one computes everything once.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tractable::data::noise::uniforms;
use tractable::exec::Session;
use tractable::exec::iterate::Jacobi;
use tractable::exec::sampler::{CachedSampler, CpuRegions, CpuSampler, Regions, SamplerError};
use tractable::graph::causal::{CausalError, Order};
use tractable::graph::{Graph, MaskKind, NodeId, Reuse};

use crate::run::Runner;
use crate::stacks::{PixelCnn, Stack};

fn model(batch: usize, size: (usize, usize), levels: usize) -> (Arc<Graph>, Stack) {
    let stack = PixelCnn { batch, size, levels, channels: 6, blocks: 2, first: MaskKind::A }.build();
    (Arc::new(stack.graph.clone()), stack)
}

fn sampler(batch: usize, size: (usize, usize), levels: usize, seed: u64) -> CpuSampler {
    let (graph, stack) = model(batch, size, levels);
    let mut sampler = CpuSampler::new(&graph, stack.data, stack.logits, Order::raster(size.0 * size.1), 1).unwrap();
    let weights = Runner::<f32>::new(&graph, &[stack.logits], seed).randomise(0.4, seed).store;
    sampler.session().store_mut().declare(&graph).unwrap();
    for name in weights.names() {
        sampler.session().write_parameter(name, weights.get(name).unwrap()).unwrap();
    }
    sampler
}

#[test]
fn cached_full_and_jacobi_agree_on_every_pixel_and_probability() {
    for (seed, batch, size, levels, temperature) in
        [(0, 1, (7, 7), 2, 1.0), (1, 1, (5, 8), 4, 0.7), (2, 3, (6, 5), 3, 1.0), (3, 2, (4, 4), 8, 1.5), (4, 1, (6, 6), 3, 0.0)]
    {
        let positions = size.0 * size.1;
        let mut sampler = sampler(batch, size, levels, seed);
        for class in 0..3 {
            let classes: Vec<f32> = (0..batch).map(|b| ((class + b) % 3) as f32).collect();
            sampler.set_input("class", &classes).unwrap();
            let u = uniforms(seed, class as u64, batch * positions);
            sampler.start(&u, temperature);
            let cached = sampler.finish().clone();
            let full = sampler.full_forward(&u, temperature);
            let (jacobi, end) = sampler.jacobi(&u, temperature);
            let what = format!("seed {seed}, class {class}");
            // Bit for bit: one kernel computes every region, one function draws.
            assert_eq!(cached, full, "{what}");
            assert_eq!(&cached, jacobi.trajectory(), "{what}");
            assert!(end.converged && end.steps <= positions + 1, "{what}: {end:?}");
            let distinct: std::collections::HashSet<u16> = cached.levels.iter().copied().collect();
            assert!(temperature == 0.0 || distinct.len() > 1, "{what}: a constant image proves nothing");
        }
    }
}

#[test]
fn t_sweeps_make_t_pixels_final_from_any_start() {
    let (size, levels) = ((6, 6), 3);
    let mut sampler = sampler(1, size, levels, 7);
    sampler.set_input("class", &[2.0]).unwrap();
    let u = uniforms(7, 0, 36);
    sampler.start(&u, 1.0);
    let exact = sampler.finish().levels.clone();
    let noise: Vec<u16> = uniforms(8, 0, 36).iter().map(|v| (3.0 * v) as u16).collect();
    for start in [vec![0; 36], vec![1; 36], vec![2; 36], noise, exact.clone()] {
        let mut jacobi = Jacobi::new(36, levels, &u, 1.0).start_from(&start);
        let mut forward = |levels: &[f32], logits: &mut [f32]| -> Result<(), SamplerError> {
            sampler.forward(levels, logits);
            Ok(())
        };
        for sweep in 1..=36 {
            jacobi.sweep(&mut forward).unwrap();
            assert_eq!(jacobi.trajectory().levels[..sweep], exact[..sweep], "after {sweep} sweeps");
        }
        assert_eq!(jacobi.trajectory().levels, exact);
        assert!(jacobi.frozen_at().iter().enumerate().all(|(p, &sweep)| sweep as usize <= p + 1));
        assert!(start != exact || jacobi.frozen_at().iter().all(|&sweep| sweep == 0));
    }
}

#[test]
fn going_back_changes_nothing_and_a_branch_keeps_its_prefix() {
    let mut sampler = sampler(2, (5, 6), 4, 3);
    sampler.set_input("class", &[0.0, 1.0]).unwrap();
    let u = uniforms(3, 0, 60);
    sampler.start(&u, 1.0);
    let first = sampler.finish().clone();
    for step in [29, 17, 6, 0] {
        sampler.resume_from(step);
        assert_eq!(sampler.cached().drawn(), step);
        assert_eq!(sampler.finish(), &first, "back to {step}");
    }
    // A whole forward pass in between (a picture of all logits, another sampler) does not disturb a drawing.
    sampler.resume_from(13);
    let mut logits = vec![0.0; 60 * 4];
    sampler.forward(&[1.0; 60], &mut logits);
    assert_eq!(sampler.finish(), &first);

    let (step, width) = (8, 30);
    sampler.resume_from(step);
    let forced = (first.levels[step] + 1) % 4;
    assert_eq!(sampler.force(forced), Some(step));
    let branch = sampler.finish().clone();
    assert_eq!(branch.levels[..step], first.levels[..step]);
    assert_eq!([branch.levels[step], branch.levels[width + step]], [forced; 2]);
    assert_eq!(branch.nats[step], -branch.log_p_at(0, step)[usize::from(forced)]);
    // The branch is what its own full forward passes say, pixel by pixel.
    let levels: Vec<f32> = branch.levels.iter().map(|&l| f32::from(l)).collect();
    sampler.forward(&levels, &mut logits);
    let mut log_p = [0.0; 4];
    for (index, log_logits) in logits.chunks(4).enumerate() {
        tractable::exec::sampler::temper(log_logits, 1.0, &mut log_p);
        assert_eq!(log_p, branch.log_p[4 * index..4 * index + 4], "{index}");
    }
    // And undoing it brings the first image back.
    sampler.resume_from(step);
    assert_eq!(sampler.finish(), &first);
}

/// Counts the computations of each element on their way to a program.
struct Counting<'a> {
    inner: CpuRegions<'a>,
    counts: HashMap<(NodeId, usize), usize>,
}

impl Regions for Counting<'_> {
    fn compute(&mut self, node: NodeId, positions: Range<usize>) {
        positions.clone().for_each(|p| *self.counts.entry((node, p)).or_default() += 1);
        self.inner.compute(node, positions);
    }

    fn compute_whole(&mut self, node: NodeId) {
        let positions = self.inner.program.graph().shape(node).positions();
        (0..positions).for_each(|p| *self.counts.entry((node, p)).or_default() += 1);
        self.inner.compute_whole(node);
    }

    fn value(&self, node: NodeId) -> &[f32] {
        self.inner.value(node)
    }

    fn input_mut(&mut self, node: NodeId) -> &mut [f32] {
        self.inner.input_mut(node)
    }
}

#[test]
fn each_element_is_computed_once_an_image() {
    let (graph, stack) = model(2, (6, 7), 3);
    let mut session = tractable::exec::cpu::CpuSession::new(1);
    let program = session.prepare(&graph, Reuse::Off).unwrap();
    session.store_mut().initialise(&graph, 5).unwrap();
    let (program, store, workers) = session.parts(program);
    program.set_input("class", &[0.0, 2.0]).unwrap();
    let mut program = Counting { inner: CpuRegions::new(program, store, workers), counts: HashMap::new() };
    let mut cached = CachedSampler::new(&graph, stack.data, stack.logits, Order::raster(42)).unwrap();
    cached.start(&mut program, &uniforms(5, 0, 84), 1.0);
    cached.finish(&mut program);
    assert!(program.counts.values().all(|&count| count == 1));
    let logits = program.counts.keys().filter(|(node, _)| *node == stack.logits).count();
    assert_eq!(logits, 42);
    // All that the logits read, and nothing that they do not.
    let schedule = cached.schedule();
    let needed = graph.ids().flat_map(|id| (0..graph.shape(id).positions()).map(move |p| (id, p)));
    let needed = needed.filter(|&(id, p)| !graph.node(id).op.is_source() && schedule.needed(id, p).is_some()).count();
    let constant: usize = schedule.prologue().iter().map(|&id| graph.shape(id).positions()).sum();
    assert_eq!(program.counts.len(), needed + constant);
    // Going back half-way computes only what follows.
    program.counts.clear();
    cached.resume_from(21);
    cached.finish(&mut program);
    let again = program.counts.keys().filter(|(node, _)| *node == stack.logits).count();
    assert!((1..=20).contains(&again), "{again} logits of 20");
}

#[test]
fn the_price_of_a_sample_is_its_likelihood() {
    let mut sampler = sampler(2, (5, 5), 4, 11);
    sampler.set_input("class", &[1.0, 2.0]).unwrap();
    sampler.start(&uniforms(11, 0, 50), 1.0);
    let trajectory = sampler.finish().clone();
    let levels: Vec<f32> = trajectory.levels.iter().map(|&l| f32::from(l)).collect();
    let mut logits = vec![0.0; 50 * 4];
    sampler.forward(&levels, &mut logits);
    for image in 0..2 {
        let rows = logits.chunks(4).zip(&trajectory.levels).skip(image * 25).take(25);
        let exact = rows.map(|(l, &level)| {
            let z: f64 = l.iter().map(|&l| f64::from(l).exp()).sum();
            z.ln() - f64::from(l[usize::from(level)])
        });
        // 25 prices rounded to f32, each within 1e-6.
        assert!((trajectory.total_nats(image) - exact.sum::<f64>()).abs() < 1e-4);
    }
}

/// `p(x)` of all 512 binary 3x3 images, in f64, by the product rule.
fn enumerate(seed: u64) -> Vec<f64> {
    let (graph, stack) = model(512, (3, 3), 2);
    let mut runner = Runner::<f64>::new(&graph, &[stack.logits], seed);
    let images: Vec<f64> = (0..512).flat_map(|code| (0..9).map(move |p| f64::from(code >> p & 1))).collect();
    let logits = runner.run(&[("levels", &images), ("class", &[1.0; 512])], stack.logits);
    let log_p = |code: usize| -> f64 {
        let rows = logits[code * 18..][..18].chunks(2).zip(&images[code * 9..][..9]);
        rows.map(|(l, &x)| l[x as usize] - (l[0].exp() + l[1].exp()).ln()).sum()
    };
    (0..512).map(|code| log_p(code).exp()).collect()
}

#[test]
fn probabilities_of_all_images_sum_to_one() {
    for seed in 0..3 {
        let total: f64 = enumerate(seed).iter().sum();
        assert!((total - 1.0).abs() < 1e-12, "seed {seed}: {total}");
    }
}

#[test]
fn frequencies_of_samples_are_their_probabilities() {
    let (graph, stack) = model(500, (3, 3), 2);
    let mut sampler = CpuSampler::new(&graph, stack.data, stack.logits, Order::raster(9), 1).unwrap();
    let weights = Runner::<f32>::new(&graph, &[stack.logits], 2).store;
    sampler.session().store_mut().declare(&graph).unwrap();
    for name in weights.names() {
        sampler.session().write_parameter(name, weights.get(name).unwrap()).unwrap();
    }
    sampler.set_input("class", &[1.0; 500]).unwrap();
    let (rounds, mut counts) = (100, vec![0usize; 512]);
    for round in 0..rounds {
        sampler.start(&uniforms(2, round, 4500), 1.0);
        let drawn = sampler.finish();
        for image in 0..500 {
            let code: usize = drawn.image(image).iter().enumerate().map(|(p, &bit)| usize::from(bit) << p).sum();
            counts[code] += 1;
        }
    }
    let samples = rounds as f64 * 500.0;
    let p = enumerate(2);
    // Images expected fewer than 5 times share one bin.
    let rare = |code: &usize| p[*code] * samples < 5.0;
    let bin = |codes: &[usize]| (codes.iter().map(|&c| p[c] * samples).sum::<f64>(), codes.iter().map(|&c| counts[c] as f64).sum::<f64>());
    let mut bins: Vec<(f64, f64)> = (0..512).filter(|c| !rare(c)).map(|c| bin(&[c])).collect();
    let rest: Vec<usize> = (0..512).filter(rare).collect();
    bins.extend((!rest.is_empty()).then(|| bin(&rest)));
    let chi_square: f64 = bins.iter().map(|(expected, found)| (found - expected).powi(2) / expected).sum();
    // Wilson-Hilferty: the 1e-3 quantile of chi-square with k degrees of freedom.
    let k = bins.len() as f64 - 1.0;
    let limit = k * (1.0 - 2.0 / (9.0 * k) + 3.09 * (2.0 / (9.0 * k)).sqrt()).powi(3);
    assert!(bins.len() > 50 && chi_square < limit, "{chi_square} of {limit} with {} bins", bins.len());
}

#[test]
fn a_model_that_leaks_cannot_be_sampled() {
    let stack = PixelCnn { batch: 1, size: (3, 3), levels: 2, channels: 4, blocks: 1, first: MaskKind::B }.build();
    let graph = Arc::new(stack.graph.clone());
    let refused = CpuSampler::new(&graph, stack.data, stack.logits, Order::raster(9), 1);
    assert!(matches!(refused, Err(SamplerError::Causal(CausalError::Leak { .. }))));
}
