//! The stack of dilated causal convolutions: what it hears is counted, nothing leaks, and a drawing with a cache has the bits of full passes.

use std::sync::Arc;

use tractable::autoregressive::causal_stack::{self, Config, Nodes, Shift};
use tractable::exec::Session;
use tractable::exec::cpu::CpuSession;
use tractable::graph::causal::{CausalError, Order, Schedule, influence, receptive_field};
use tractable::graph::{Builder, Graph, Mode, NodeId, Reuse};

use crate::claims::{cached_is_full, gradients_are_slopes, write};
use crate::perturbation::{image, next, reached};
use crate::run::Runner;
use crate::stacks::Stack;

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

fn stack(config: &Config, batch: usize, shift: Shift) -> (Stack, Nodes) {
    let (graph, nodes) = record(config, batch, shift);
    (Stack { graph: Graph::clone(&graph), data: nodes.levels, logits: nodes.logits }, nodes)
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

/// `[q][p]`: whether a change of symbol q can change the prediction of symbol p.
fn changes(config: &Config, shift: Shift) -> Vec<Vec<bool>> {
    reached(&stack(config, 1, shift).0, &image(config.length), next)
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
    for (seed, mut config) in (0..).zip(shapes()) {
        config.length = 3 * (config.front + (config.kernel - 1) * config.dilations.iter().sum::<usize>()) + 5;
        let (stack, nodes) = stack(&config, 2, Shift::Once);
        // Each single value of each layer, not only the symbols that came of them.
        let watched: Vec<NodeId> = nodes.layers.iter().map(|layer| layer.value).chain([nodes.front, nodes.logits]).collect();
        cached_is_full(&stack, &[], &watched, config.length, seed);
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    for (gated, front, kernel) in [(true, 1, 2), (false, 2, 3)] {
        let config = Config { levels: 3, channels: 3, head: 4, ..config(9, front, kernel, &[1, 2], gated) };
        gradients_are_slopes(|b| causal_stack::record(b, &config, 2).nll, &[("levels", &image(18))]);
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
            write(session, &weights);
            session.run(program, &[("levels", &symbols)]).unwrap();
            values.push(session.read_output(program, "logits").unwrap());
        }
        // The table's tolerance of GPU parity.
        for (g, c) in values[0].iter().zip(&values[1]) {
            assert!((g - c).abs() <= 1e-4, "{config:?}: {g} on the GPU, {c} on the CPU");
        }
    }
}
