//! The gated PixelCNN: nothing is blind, one row of the vertical stack at a time, and each wrong wiring is caught.

use std::ops::Range;
use std::sync::Arc;

use tractable::autoregressive::gated::{self, Shift};
use tractable::autoregressive::pixelcnn::{Config, Nodes, Wiring};
use tractable::graph::causal::{CausalError, Field, Order, Schedule, field};
use tractable::graph::{Builder, MaskKind, Mode, NodeId};

use crate::claims::{cached_is_full, gradients_are_slopes};
use crate::perturbation::{image, next, perturbed};
use crate::pixelcnn::config;
use crate::run::Runner;
use crate::stacks::Stack;

/// A gated model with these mistakes (or none).
fn record(config: &Config, batch: usize, mask: MaskKind, shift: Shift) -> (Stack, Nodes) {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = gated::record_with(&mut b, config, batch, mask, shift);
    b.output("logits", nodes.logits);
    (Stack { graph: b.finish().unwrap(), data: nodes.levels, logits: nodes.logits }, nodes)
}

/// Half-widths of a first kernel and of `blocks` later ones, with a model that has them.
fn stacks() -> impl Iterator<Item = (Vec<usize>, Config)> {
    let kernels = [(3, 3), (5, 3), (7, 3), (3, 5), (5, 5)];
    kernels.into_iter().flat_map(|(first_kernel, kernel)| {
        [0, 1, 2, 4].map(|blocks| {
            let config = Config { first_kernel, kernel, blocks, wiring: Wiring::Gated, ..config(1, true, true, 0) };
            (config.half_widths(), config)
        })
    })
}

/// The field of the logits of a pixel whose whole window lies inside the image: `rows` above and `columns` to each side.
fn interior(config: &Config, shift: Shift, rows: usize, columns: usize) -> Field {
    let (height, width) = (rows + 1, 2 * columns + 1);
    let (stack, _) = record(&Config { height, width, ..config.clone() }, 1, MaskKind::A, shift);
    field(&stack.graph, stack.logits, rows * width + columns, stack.data, &Order::raster(height * width))
}

#[test]
fn nothing_in_the_box_is_blind_at_any_depth() {
    for (r, config) in stacks() {
        // All columns within R on the R + 1 rows above (the shift adds one), and R pixels on the left.
        let reach: usize = r.iter().sum();
        let found = interior(&config, Shift::Link, reach + 1, reach);
        assert_eq!((found.rows, found.columns), (reach + 1, reach), "{r:?}");
        assert_eq!((found.blind, found.ahead), (0, 0), "{r:?}");
        assert_eq!(found.seen, (reach + 1) * (2 * reach + 1) + reach, "{r:?}");
    }
}

#[test]
fn the_plain_stack_of_the_same_kernels_misses_its_wedge() {
    use tractable::autoregressive::pixelcnn;
    for (r, config) in stacks().filter(|(r, _)| r.iter().all(|&half| half == r[0])) {
        let (layers, reach) = (r.len(), r.iter().sum::<usize>());
        let config = Config { height: reach + 1, width: 2 * reach + 1, wiring: Wiring::Plain, ..config };
        let (graph, nodes) = pixelcnn::evaluation(&config, 1).unwrap();
        let order = Order::raster(config.pixels());
        let found = field(&graph, nodes.logits, reach * config.width + reach, nodes.levels, &order);
        assert_eq!(found.blind, r[0] * layers * (layers - 1) / 2, "{r:?}");
    }
}

#[test]
fn a_shift_in_every_layer_brings_the_blind_spot_back() {
    for (r, config) in stacks().filter(|(r, _)| r.len() > 1) {
        // At row -m at most m layers have been climbed, the first ones: the right reach is the sum of their half-widths.
        let reach: usize = r.iter().sum();
        let rows: usize = r.iter().map(|half| half + 1).sum();
        let missing: usize = (1..r.len()).map(|m| reach - r[..m].iter().sum::<usize>()).sum();
        let found = interior(&config, Shift::EveryLayer, rows, reach);
        assert_eq!((found.rows, found.columns, found.ahead), (rows, reach, 0), "{r:?}");
        assert_eq!(found.blind, missing, "{r:?}");
    }
}

/// Pixels whose flip changes their own logits or earlier ones, in f32 with weights of every sign.
fn leaks(config: &Config, mask: MaskKind, shift: Shift) -> usize {
    let (stack, _) = record(config, 1, mask, shift);
    let graph = Arc::new(stack.graph.clone());
    let mut runner = Runner::<f32>::new(&graph, &[stack.logits], 2).randomise(0.4, 2);
    let changes = perturbed(&stack, &mut runner, &image(config.pixels()), next);
    (0..config.pixels()).filter(|&q| changes[q][..=q].contains(&true)).count()
}

#[test]
fn each_wrong_wiring_is_caught_by_the_analysis_and_by_perturbation() {
    for residual in [false, true] {
        let config = Config { wiring: Wiring::Gated, ..config(6, residual, true, 0) };
        let analysis = |mask, shift| record(&config, 1, mask, shift).0.schedule();
        analysis(MaskKind::A, Shift::Link).unwrap();
        assert_eq!(leaks(&config, MaskKind::A, Shift::Link), 0);
        // Legal, only blind.
        analysis(MaskKind::A, Shift::EveryLayer).unwrap();
        assert_eq!(leaks(&config, MaskKind::A, Shift::EveryLayer), 0);
        for (mask, shift) in [(MaskKind::B, Shift::Link), (MaskKind::A, Shift::Nowhere), (MaskKind::B, Shift::Nowhere)] {
            assert!(matches!(analysis(mask, shift), Err(CausalError::Leak { .. })), "{mask:?} {shift:?}");
            assert!(leaks(&config, mask, shift) > 0, "{mask:?} {shift:?}");
        }
    }
}

#[test]
fn gradients_of_the_gates_and_the_link_are_those_of_finite_differences() {
    let config = Config { channels: 3, blocks: 1, wiring: Wiring::Gated, ..config(4, true, true, 2) };
    let record = |b: &mut Builder| gated::record_with(b, &config, 2, MaskKind::A, Shift::Link).nll;
    let parameters = gradients_are_slopes(record, &[("levels", &image(32)), ("class", &[0.0, 1.0])]);
    for part in ["gated.0.vertical", "gated.0.link", "gated.0.horizontal", "gated.0.out", "gated.1.link", "gated.1.horizontal_gate.class"] {
        assert!(parameters.iter().any(|name| name.starts_with(part)), "{part} has parameters");
    }
}

/// Tasks of a node, as (step, positions).
fn tasks_of(schedule: &Schedule, node: NodeId) -> Vec<(usize, Range<usize>)> {
    let all = (0..schedule.steps()).flat_map(|step| schedule.tasks(step).iter().map(move |task| (step, task)));
    all.filter(|(_, task)| task.node == node).map(|(step, task)| (step, task.positions())).collect()
}

#[test]
fn the_vertical_stack_runs_a_row_at_a_time_and_the_horizontal_one_a_pixel() {
    let (height, width) = (6, 5);
    let config = Config { height, width, wiring: Wiring::Gated, ..config(1, true, true, 3) };
    let (stack, nodes) = record(&config, 1, MaskKind::A, Shift::Link);
    let schedule = stack.schedule().unwrap();
    for layer in &nodes.gated {
        let rows = [Some(layer.vertical), layer.vertical_out, Some(layer.link)];
        for node in rows.into_iter().flatten() {
            let tasks = tasks_of(&schedule, node);
            assert!((1..=height).contains(&tasks.len()), "{tasks:?}");
            assert!(tasks.iter().all(|(_, positions)| positions.len().is_multiple_of(width)), "whole rows: {tasks:?}");
        }
        for node in [layer.horizontal_out, layer.tanh, layer.sigmoid] {
            assert_eq!(tasks_of(&schedule, node).len(), height * width);
        }
    }
}

#[test]
fn a_cached_drawing_has_the_bits_of_full_passes() {
    const BATCH: usize = 3;
    for (seed, (height, width)) in [(0, (7, 6)), (1, (5, 9)), (2, (1, 8)), (3, (8, 1))] {
        let config = Config { height, width, blocks: 3, wiring: Wiring::Gated, ..config(1, true, true, 3) };
        let (stack, nodes) = record(&config, BATCH, MaskKind::A, Shift::Link);
        let parts = |layer: &gated::Layer| [layer.horizontal_out, layer.tanh, layer.sigmoid, layer.link];
        let watched: Vec<NodeId> = nodes.gated.iter().flat_map(parts).chain([stack.logits]).collect();
        // Nothing reads what lies on the last pixel, so it is never computed there.
        cached_is_full(&stack, &[0.0, 2.0, -1.0], &watched, config.pixels() - 1, seed);
    }
}
