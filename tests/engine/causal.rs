use proptest::prelude::*;
use tractable::graph::causal::{CausalError, Field, Order, Schedule, Visibility, field, influence, receptive_field, window};
use tractable::graph::{MaskKind, NodeId, Taps};

use crate::stacks::{PixelCnn, Stack, plain, raster, two_stacks};

/// The field of the last layer where the whole window lies inside the image.
fn interior(sizes: &[usize]) -> (Field, usize) {
    let reach: usize = sizes.iter().map(|k| k / 2).sum();
    let width = 2 * reach + 1;
    let stack = plain(reach + 1, width, &raster(sizes));
    let order = Order::raster((reach + 1) * width);
    (field(&stack.graph, stack.logits, reach * width + reach, stack.data, &order), reach)
}

#[test]
fn equal_kernels_leave_exactly_the_wedge() {
    // Reference: rows -m see dx in [-L r, min(m r, L r)]; the wedge has r L (L-1) / 2 pixels of the window's 2 L r (L r + 1).
    for size in [3, 5, 7] {
        for layers in 1..=6 {
            let (field, reach) = interior(&vec![size; layers]);
            let r = size / 2;
            assert_eq!(reach, layers * r);
            assert_eq!((field.rows, field.columns), (reach, reach));
            assert_eq!(field.blind, r * layers * (layers - 1) / 2, "{layers} layers of {size}");
            assert_eq!(field.seen + field.blind, 2 * reach * (reach + 1));
            assert_eq!((field.outside, field.ahead), (0, 0));
            let width = 2 * reach + 1;
            for (p, &kind) in field.pixels.iter().enumerate() {
                let (m, dx) = (reach - p / width, (p % width) as i64 - reach as i64);
                let seen = if m == 0 { dx < 0 } else { dx <= (m * r).min(reach) as i64 };
                let expected = match (seen, m == 0 && dx >= 0) {
                    (true, _) => Visibility::Seen,
                    (_, true) => Visibility::Later,
                    _ => Visibility::Blind,
                };
                assert_eq!(kind, expected, "{layers} layers of {size}, row -{m}, dx {dx}");
            }
        }
    }
}

#[test]
fn mixed_kernels_leave_the_published_counts() {
    // A 7x7 first layer and n of 3x3: n (n+1) / 2 missing of 2 R (R+1), R = 3 + n.
    for (n, blind, all) in [(1, 1, 40), (7, 28, 220), (15, 120, 684)] {
        let mut sizes = vec![7];
        sizes.extend(vec![3; n]);
        let (field, reach) = interior(&sizes);
        assert_eq!((field.blind, field.seen + field.blind), (blind, all));
        assert_eq!(reach, 3 + n);
        // Right reach at row -m is 3 at m = 1, then one more a row.
        let width = 2 * reach + 1;
        for m in 1..=reach {
            let row = &field.pixels[(reach - m) * width..][..width];
            let right = row.iter().rposition(|&v| v == Visibility::Seen).unwrap() - reach;
            assert_eq!(right, (2 + m).min(reach), "row -{m} of 7x7 and {n} of 3x3");
        }
    }
}

#[test]
fn right_reach_of_mixed_stacks_follows_the_choice_of_climbing_layers() {
    // Right reach at row -m: the largest, over sets T of at most m layers with sum of r >= m, of their sum of r, less 1 without mask A.
    for sizes in [vec![3, 5], vec![5, 3, 3], vec![3, 7, 5], vec![7, 5, 3, 3], vec![3, 3, 5, 7]] {
        let r: Vec<usize> = sizes.iter().map(|k| k / 2).collect();
        let (field, reach) = interior(&sizes);
        let width = 2 * reach + 1;
        for m in 1..=reach {
            let sets = (1u32..1 << r.len()).filter(|t| t.count_ones() as usize <= m);
            let sum = |t: u32| r.iter().enumerate().filter(|(l, _)| t >> l & 1 == 1).map(|(_, r)| r).sum::<usize>();
            let best = sets.filter(|&t| sum(t) >= m).map(|t| sum(t) - usize::from(t & 1 == 0)).max().unwrap();
            let row = &field.pixels[(reach - m) * width..][..width];
            let right = row.iter().rposition(|&v| v == Visibility::Seen).unwrap() - reach;
            assert_eq!(right, best, "{sizes:?}, row -{m}");
        }
    }
}

#[test]
fn depth_grows_the_field_and_two_stacks_have_no_blind_spot() {
    let stack = plain(9, 9, &raster(&[3, 3, 3, 3]));
    let order = Order::raster(81);
    let seen = |layer: usize| {
        let node = stack.graph.find(&format!("layer_{layer}")).unwrap();
        field(&stack.graph, node, 8 * 9 + 4, stack.data, &order)
    };
    for layer in 0..4 {
        assert_eq!((seen(layer).rows, seen(layer).columns), (layer + 1, layer + 1));
        assert!(layer == 0 || seen(layer).seen > seen(layer - 1).seen);
    }

    let gated = two_stacks(7, 9, 5);
    gated.schedule().unwrap();
    let order = Order::raster(63);
    let blind = field(&gated.graph, gated.logits, 6 * 9 + 4, gated.data, &order).blind;
    // The first vertical layer climbs at least one row and the horizontal stack reaches left 5: everything above within dx <= 5 is seen.
    assert_eq!(blind, 0);
}

#[test]
fn fields_and_influence_are_one_relation() {
    let stack = PixelCnn { batch: 2, size: (5, 6), levels: 3, channels: 4, blocks: 2, first: MaskKind::A }.build();
    let fields: Vec<Vec<bool>> = (0..30).map(|p| receptive_field(&stack.graph, stack.logits, p, stack.data)).collect();
    for q in 0..30 {
        let reached = influence(&stack.graph, stack.logits, stack.data, q);
        let seen_by: Vec<bool> = fields.iter().map(|field| field[q]).collect();
        assert_eq!(reached, seen_by, "pixel {q}");
    }
    assert_eq!(window(&stack.graph, stack.logits, stack.data), [4, 4]);
}

#[test]
fn mutants_are_reported_as_leaks_at_the_pixel() {
    let mutant = PixelCnn { batch: 1, size: (4, 5), levels: 2, channels: 4, blocks: 1, first: MaskKind::B }.build();
    match mutant.schedule() {
        Err(CausalError::Leak { position: 0, step: 0, sees: 0, .. }) => {}
        other => panic!("mask B in the first layer: {other:?}"),
    }
    let message = mutant.schedule().unwrap_err().to_string();
    assert!(message.contains("row 0, column 0"), "{message}");

    // One tap to the right of the centre, in the last layer only.
    let mut layers = raster(&[3, 3]);
    let mut offsets = layers[1].offsets().to_vec();
    offsets.push((0, 1));
    layers[1] = Taps::new(&offsets);
    match plain(4, 5, &layers).schedule() {
        Err(CausalError::Leak { sees_step, step, .. }) => assert!(sees_step >= step),
        other => panic!("an unmasked tap: {other:?}"),
    }
}

#[test]
fn an_order_that_the_masks_do_not_fit_is_a_leak_and_a_broken_order_an_error() {
    let stack = plain(3, 3, &raster(&[3]));
    let reversed = Order::new((0..9).rev().collect()).unwrap();
    let error = Schedule::analyse(&stack.graph, stack.data, stack.logits, reversed).unwrap_err();
    assert!(matches!(error, CausalError::Leak { .. }));
    assert!(matches!(Order::new(vec![0, 2, 2]), Err(CausalError::Order { expected: 3, step: 2 })));
    assert!(matches!(Order::new(vec![0, 3, 1]), Err(CausalError::Order { .. })));
    let short = Schedule::analyse(&stack.graph, stack.data, stack.logits, Order::raster(4)).unwrap_err();
    assert!(matches!(short, CausalError::Order { expected: 9, .. }));
}

#[test]
fn a_stack_masked_for_another_order_passes_in_that_order() {
    // The raster stack turned by 180 degrees draws from the last pixel to the first.
    let turned: Vec<Taps> = raster(&[3, 3]).iter().map(Taps::mirrored).collect();
    let stack = plain(4, 4, &turned);
    assert!(stack.schedule().is_err());
    let reversed = Order::new((0..16).rev().collect()).unwrap();
    let schedule = Schedule::analyse(&stack.graph, stack.data, stack.logits, reversed).unwrap();
    check(&stack, &schedule);
}

#[test]
fn a_vertical_stack_runs_by_rows_and_a_horizontal_one_by_elements() {
    let (height, width) = (5, 6);
    let stack = two_stacks(height, width, 3);
    let schedule = stack.schedule().unwrap();
    check(&stack, &schedule);
    for name in ["v_0.out", "v_1.out", "v_2.out", "link_2.out"] {
        let node = stack.graph.find(name).unwrap();
        let tasks = tasks_of(&schedule, node);
        assert_eq!(tasks.len(), height, "{name}");
        for (row, (step, positions)) in tasks.into_iter().enumerate() {
            assert_eq!((step, positions), (row * width, row * width..(row + 1) * width), "{name}");
        }
    }
    for name in ["h_0.out", "h_1.out", "h_2.out", "logits.out"] {
        let node = stack.graph.find(name).unwrap();
        assert_eq!(tasks_of(&schedule, node).len(), height * width, "{name}");
    }
}

#[test]
fn what_sees_no_pixel_runs_in_the_prologue_and_what_nobody_needs_does_not_run() {
    let stack = PixelCnn { batch: 1, size: (3, 4), levels: 2, channels: 4, blocks: 1, first: MaskKind::A }.build();
    let schedule = stack.schedule().unwrap();
    check(&stack, &schedule);
    let labels: Vec<&str> = schedule.prologue().iter().map(|&id| stack.graph.node(id).op.label()).collect();
    for label in ["matmul", "reshape"] {
        assert!(labels.contains(&label), "{label} in {labels:?}");
    }
    // The last pixel is read by nothing: its one-hot is not computed.
    let one_hot = stack.graph.ids().find(|&id| stack.graph.node(id).inputs == [stack.data]).unwrap();
    assert_eq!(schedule.needed(one_hot, 11), None);
    assert!(tasks_of(&schedule, one_hot).iter().all(|(_, positions)| positions.end <= 11));
}

fn tasks_of(schedule: &Schedule, node: NodeId) -> Vec<(usize, std::ops::Range<usize>)> {
    let all = (0..schedule.steps()).flat_map(|step| schedule.tasks(step).iter().map(move |task| (step, task)));
    all.filter(|(_, task)| task.node == node).map(|(step, task)| (step, task.positions())).collect()
}

/// Replays a schedule against receptive fields found by walking back: every needed element once, operands before readers, nothing before
/// its pixels are drawn, the logits of a pixel before the pixel.
fn check(stack: &Stack, schedule: &Schedule) {
    let graph = &stack.graph;
    let mut done: Vec<Vec<bool>> = graph.ids().map(|id| vec![false; graph.shape(id).positions()]).collect();
    for id in schedule.prologue() {
        done[id.index()].fill(true);
    }
    let order = schedule.order();
    for step in 0..schedule.steps() {
        for task in schedule.tasks(step) {
            for p in task.positions() {
                assert!(!std::mem::replace(&mut done[task.node.index()][p], true), "{} at {p} runs twice", graph.describe(task.node));
                let seen = receptive_field(graph, task.node, p, stack.data);
                let last = (0..seen.len()).filter(|&q| seen[q]).map(|q| order.step(q)).max();
                assert!(last.is_none_or(|last| last < step), "{} at {p} runs before its pixels", graph.describe(task.node));
                assert_eq!(schedule.ready(task.node, p), last);
                let needed = schedule.needed(task.node, p).unwrap();
                assert!(needed >= step);
                let reached = influence(graph, stack.logits, task.node, p);
                assert_eq!(needed, (0..reached.len()).filter(|&q| reached[q]).map(|q| order.step(q)).min().unwrap());
                for &operand in graph.node(task.node).inputs.iter().filter(|i| !graph.node(**i).op.is_source()) {
                    let field = receptive_field(graph, task.node, p, operand);
                    let missing = field.iter().zip(&done[operand.index()]).position(|(&read, &there)| read && !there);
                    assert_eq!(missing, None, "{} at {p} reads {}", graph.describe(task.node), graph.describe(operand));
                }
            }
        }
        assert!(done[stack.logits.index()][order.position(step)]);
    }
    for id in graph.ids().filter(|&id| !graph.node(id).op.is_source()) {
        for (p, &done) in done[id.index()].iter().enumerate() {
            let needed = schedule.needed(id, p).is_some();
            assert!(done == needed || schedule.prologue().contains(&id), "{} at {p}", graph.describe(id));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn schedules_of_random_stacks_hold(
        height in 1usize..5,
        width in 1usize..6,
        sizes in prop::collection::vec(prop::sample::select(vec![1usize, 3, 5]), 0..4),
    ) {
        let mut all = vec![3];
        all.extend(sizes);
        let stack = plain(height, width, &raster(&all));
        check(&stack, &stack.schedule().unwrap());
    }
}
