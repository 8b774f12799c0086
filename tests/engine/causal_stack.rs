//! The stack of dilated causal convolutions: what it hears is counted, nothing leaks, and a drawing with a cache has the bits of full passes.

use std::sync::Arc;

use tractable::autoregressive::causal_stack::{self, Config, Nodes, Shift};
use tractable::data::noise::uniforms;
use tractable::exec::Session;
use tractable::exec::cpu::CpuSession;
use tractable::exec::sampler::CpuSampler;
use tractable::graph::causal::{CausalError, Order, Schedule, influence, receptive_field};
use tractable::graph::{Builder, Graph, Mode, NodeId, Reuse};

use crate::run::Runner;

pub(crate) fn config(length: usize, front: usize, kernel: usize, dilations: &[usize], gated: bool) -> Config {
    Config { length, levels: 3, channels: 4, front, kernel, dilations: dilations.to_vec(), head: 5, gated }
}

fn record(config: &Config, batch: usize, shift: Shift) -> (Arc<Graph>, Nodes) {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = causal_stack::record_with(&mut b, config, batch, shift);
    b.output("logits", nodes.logits);
    b.output("log_p", nodes.log_p);
    b.output("nll", nodes.nll);
    (Arc::new(b.finish().unwrap()), nodes)
}

/// Shapes that matter: one layer, the lecture's four, two cycles, undilated, kernel 3, gaps in what is heard.
fn shapes() -> Vec<Config> {
    let dilations: [&[usize]; 6] = [&[1], &[1, 2, 4, 8], &[1, 2, 4, 1, 2, 4], &[1, 1, 1, 1], &[2, 4], &[5, 3]];
    let each = |&(front, kernel, gated): &(usize, usize, bool)| dilations.map(|d| config(48, front, kernel, d, gated));
    [(1, 2, true), (2, 2, false), (1, 3, false), (3, 3, true)].iter().flat_map(each).collect()
}

#[test]
fn what_is_heard_is_the_formula_and_no_step_of_the_present_or_the_future() {
    for config in shapes() {
        let (graph, nodes) = record(&config, 1, Shift::Once);
        let last = config.length - 1;
        let field = receptive_field(&graph, nodes.logits, last, nodes.levels);
        let farthest = last - field.iter().position(|&seen| seen).unwrap();
        // One step back, front - 1 more at the input, (k - 1) d in each layer.
        let reach = config.front + (config.kernel - 1) * config.dilations.iter().sum::<usize>();
        assert_eq!(farthest, reach.min(last), "{config:?}");
        assert!(!field[last] && field[last - 1], "{config:?}: exactly one shift");
        Schedule::analyse(&graph, nodes.levels, nodes.logits, Order::raster(config.length)).unwrap();
    }
    // Dilations that double leave no gap, so the number of steps heard is the formula too: 1 + (k - 1) sum d, the lecture's 16.
    let (graph, nodes) = record(&config(48, 1, 2, &[1, 2, 4, 8], true), 1, Shift::Once);
    assert_eq!(receptive_field(&graph, nodes.logits, 40, nodes.levels).iter().filter(|&&seen| seen).count(), 16);
    let (graph, nodes) = record(&config(48, 2, 2, &[1, 2, 4, 8], true), 1, Shift::Once);
    assert_eq!(receptive_field(&graph, nodes.logits, 40, nodes.levels).iter().filter(|&&seen| seen).count(), 17);
}

/// `[q][p]`: whether a change of symbol q changes any bit of the prediction of symbol p, in the union of three draws of positive weights.
fn changes(config: &Config, shift: Shift) -> Vec<Vec<bool>> {
    let (graph, nodes) = record(config, 1, shift);
    let t = config.length;
    let symbols: Vec<f64> = (0..t).map(|p| (p * 7 % 3) as f64).collect();
    let mut union = vec![vec![false; t]; t];
    for seed in 0..3 {
        let mut runner = Runner::<f64>::new(&graph, &[nodes.logits], seed).randomise(0.1, seed).positive();
        let before = runner.run(&[("levels", &symbols)], nodes.logits);
        for q in 0..t {
            let mut changed = symbols.clone();
            changed[q] = (changed[q] + 1.0) % 3.0;
            let after = runner.run(&[("levels", &changed)], nodes.logits);
            for (p, seen) in union[q].iter_mut().enumerate() {
                *seen |= (3 * p..3 * p + 3).any(|i| before[i].to_bits() != after[i].to_bits());
            }
        }
    }
    union
}

#[test]
fn changes_reach_exactly_what_the_analysis_says() {
    for config in shapes().into_iter().map(|config| Config { length: 24, ..config }) {
        let (graph, nodes) = record(&config, 1, Shift::Once);
        let found = changes(&config, Shift::Once);
        for (q, found) in found.iter().enumerate() {
            assert_eq!(found, &influence(&graph, nodes.logits, nodes.levels, q), "{config:?}, symbol {q}");
            assert!(!found[..=q].contains(&true), "{config:?}: symbol {q} leaks");
        }
    }
}

#[test]
fn a_missing_shift_leaks_and_a_second_one_makes_deaf() {
    let config = config(16, 1, 2, &[1, 2], true);
    let (graph, nodes) = record(&config, 1, Shift::Nowhere);
    let refused = Schedule::analyse(&graph, nodes.levels, nodes.logits, Order::raster(16));
    assert!(matches!(refused, Err(CausalError::Leak { .. })), "{refused:?}");
    assert!(changes(&config, Shift::Nowhere).iter().enumerate().all(|(q, changed)| changed[q]));
    // Legal, but the last symbol before each one is never heard.
    let (graph, nodes) = record(&config, 1, Shift::Twice);
    Schedule::analyse(&graph, nodes.levels, nodes.logits, Order::raster(16)).unwrap();
    assert!(!receptive_field(&graph, nodes.logits, 9, nodes.levels)[8]);
    assert!((0..15).all(|q| !changes(&config, Shift::Twice)[q][q + 1]));
}

#[test]
fn a_cached_drawing_has_the_bits_of_full_passes_over_three_receptive_fields() {
    const BATCH: usize = 2;
    for (seed, mut config) in shapes().into_iter().enumerate() {
        config.length = 3 * (config.front + (config.kernel - 1) * config.dilations.iter().sum::<usize>()) + 5;
        let (graph, nodes) = record(&config, BATCH, Shift::Once);
        let mut sampler = CpuSampler::new(&graph, nodes.levels, nodes.logits, Order::raster(config.length), 1).unwrap();
        let weights = Runner::<f32>::new(&graph, &[nodes.logits], seed as u64).randomise(0.5, seed as u64).store;
        for name in weights.names() {
            sampler.session().write_parameter(name, weights.get(name).unwrap()).unwrap();
        }
        let u = uniforms(seed as u64, 0, BATCH * config.length);
        sampler.start(&u, 1.0);
        let drawn = sampler.finish().clone();
        assert!(drawn.levels.windows(2).any(|pair| pair[0] != pair[1]), "constant drawings prove little");
        // Each single value of each layer, not only the symbols that came of them.
        let watched: Vec<NodeId> = nodes.layers.iter().map(|layer| layer.value).chain([nodes.front, nodes.logits]).collect();
        let cached: Vec<Vec<f32>> = watched.iter().map(|&node| sampler.value(node).to_vec()).collect();
        let levels: Vec<f32> = drawn.levels.iter().map(|&level| f32::from(level)).collect();
        let mut logits = vec![0.0; levels.len() * 3];
        sampler.forward(&levels, &mut logits);
        for (node, cached) in watched.iter().zip(&cached) {
            let full = sampler.value(*node);
            assert!(cached.iter().zip(full).all(|(a, b)| a.to_bits() == b.to_bits()), "{config:?}: {}", graph.describe(*node));
        }
        assert_eq!(sampler.full_forward(&u, 1.0), drawn, "{config:?}");
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    const STEP: f64 = 1e-5;
    for (gated, front, kernel) in [(true, 1, 2), (false, 2, 3)] {
        let config = Config { levels: 3, channels: 3, head: 4, ..config(9, front, kernel, &[1, 2], gated) };
        let mut b = Builder::new(Mode::Train);
        let nodes = causal_stack::record(&mut b, &config, 2);
        let loss = b.mean_all(nodes.nll);
        let parameters = b.parameters();
        let targets: Vec<NodeId> = parameters.iter().map(|&(_, node)| node).collect();
        let gradients = b.gradients(loss, &targets);
        b.output("loss", loss);
        let graph = Arc::new(b.finish().unwrap());
        let outputs: Vec<NodeId> = gradients.iter().copied().chain([loss]).collect();
        let mut runner = Runner::<f64>::new(&graph, &outputs, 4).randomise(0.5, 4);
        let symbols: Vec<f64> = (0..18).map(|p| (p * 7 % 3) as f64).collect();
        let inputs: [(&str, &[f64]); 1] = [("levels", &symbols)];
        runner.run(&inputs, loss);
        let analytic: Vec<Vec<f64>> = gradients.iter().map(|&g| runner.program.output(g).to_vec()).collect();
        for ((name, _), analytic) in parameters.iter().zip(&analytic) {
            let start = runner.store.get(name).unwrap().to_vec();
            let scale = analytic.iter().fold(1.0, |largest: f64, g| largest.max(g.abs()));
            assert!(analytic.iter().any(|g| g.abs() > 1e-4), "{name} has no effect");
            for (i, analytic) in analytic.iter().enumerate() {
                let mut at = |by: f64| {
                    let mut values = start.clone();
                    values[i] += by;
                    runner.store.set(name, &values).unwrap();
                    runner.run(&inputs, loss)[0]
                };
                let numeric = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                assert!((numeric - analytic).abs() <= 1e-6 * scale, "{name}[{i}]: {analytic}, differences say {numeric}");
            }
            runner.store.set(name, &start).unwrap();
        }
    }
}

#[test]
fn probabilities_of_all_sequences_sum_to_one() {
    // 4^4 sequences of 4 symbols, in f64, by the product rule.
    for (seed, gated) in [(0, true), (1, false)] {
        let config = Config { levels: 4, ..config(4, 2, 2, &[1, 2], gated) };
        let (graph, nodes) = record(&config, 256, Shift::Once);
        let mut runner = Runner::<f64>::new(&graph, &[nodes.nll], seed).randomise(0.7, seed);
        let symbols: Vec<f64> = (0..256).flat_map(|code: usize| (0..4).map(move |t| (code >> (2 * t) & 3) as f64)).collect();
        let total: f64 = runner.run(&[("levels", &symbols)], nodes.nll).iter().map(|nll| (-nll).exp()).sum();
        assert!((total - 1.0).abs() < 1e-12, "{total}");
    }
}

#[test]
fn training_starts_at_ln_k_a_symbol() {
    let config = Config { levels: 46, channels: 32, head: 64, ..config(64, 1, 2, &[1, 2, 4, 8], true) };
    let (graph, nodes) = causal_stack::evaluation(&config, 1).unwrap();
    let mut runner = Runner::<f64>::new(&Arc::new(graph), &[nodes.nll], 3);
    let biases: Vec<String> = runner.store.names().filter(|name| name.ends_with("bias")).map(String::from).collect();
    for name in biases {
        let zeros = vec![0.0; runner.store.get(&name).unwrap().len()];
        runner.store.set(&name, &zeros).unwrap();
    }
    let symbols: Vec<f64> = (0..64).map(|t| (t * 11 % 46) as f64).collect();
    let nll = runner.run(&[("levels", &symbols)], nodes.nll)[0];
    assert!((nll / 64.0 - 46f64.ln()).abs() < 0.05, "{} against {}", nll / 64.0, 46f64.ln());
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn logits_on_the_gpu_are_those_of_the_cpu() {
    for config in shapes() {
        let (graph, nodes) = record(&config, 2, Shift::Once);
        let mut gpu = crate::gpu_support::session();
        let mut cpu = CpuSession::new(1);
        let weights = Runner::<f32>::new(&graph, &[nodes.logits], 5).randomise(0.4, 5).store;
        let symbols: Vec<f32> = (0..2 * config.length).map(|p| (p * 7 % 3) as f32).collect();
        let mut values = Vec::new();
        for session in [&mut gpu as &mut dyn Session, &mut cpu] {
            let program = session.prepare(&graph, Reuse::On).unwrap();
            for name in weights.names() {
                session.write_parameter(name, weights.get(name).unwrap()).unwrap();
            }
            session.run(program, &[("levels", &symbols)]).unwrap();
            values.push(session.read_output(program, "logits").unwrap());
        }
        // The table's tolerance of GPU parity.
        for (g, c) in values[0].iter().zip(&values[1]) {
            assert!((g - c).abs() <= 1e-4, "{config:?}: {g} on the GPU, {c} on the CPU");
        }
    }
}
