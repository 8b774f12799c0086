//! A value does not depend on the region that computed it, bit for bit.

use tractable::exec::cpu::Region;
use tractable::graph::{Direction, MaskKind, NodeId, Reuse, Taps};

use crate::gpu_support::{Case, Draw, Recorder};

const BATCH: usize = 3;
const SIDE: usize = 7;

/// Everything that a sampler meets on a grid: one-hot, convolutions of both tiles, gates, a class for the whole image, slices and joins of
/// channels, normalisers.
fn image() -> Case {
    let mut r = Recorder::new(3);
    let x = r.input(&[BATCH, SIDE, SIDE, 1], Draw::Index);
    let class = r.input(&[BATCH, 1, 1, 24], Draw::Noise);
    let hot = r.b.one_hot(x, 4);
    let taps = Taps::raster(5, MaskKind::A);
    let (w, bias) = (r.parameter("w1", &[taps.len(), 4, 24]), r.parameter("b1", &[24]));
    let h = r.b.masked_conv(&taps, hot, w, Some(bias));
    let h = r.b.add(h, class);
    let (p, q) = (r.b.slice(h, 3, 0, 12), r.b.slice(h, 3, 12, 12));
    let p = r.b.tanh(p);
    let q = r.b.relu(q);
    let gated = r.b.mul(p, q);
    let joined = r.b.concat(&[gated, hot], 3);
    let taps = Taps::raster(3, MaskKind::B);
    let w = r.parameter("w2", &[taps.len(), 16, 5]);
    let logits = r.b.masked_conv(&taps, joined, w, None);
    let log_p = r.b.log_softmax(logits);
    let nll = r.b.mul(log_p, logits);
    let nll = r.b.sum(nll, &[3]);
    let lse = r.b.log_sum_exp(logits);
    let both = r.b.add(nll, lse);
    r.b.output("y", both);
    r.b.output("logits", logits);
    r.finish()
}

/// Points: products, a coupling, a choice.
fn points() -> Case {
    let mut r = Recorder::new(4);
    let x = r.input(&[70, 2], Draw::Noise);
    let w = r.parameter("w", &[2, 20]);
    let h = r.b.matmul(x, w);
    let h = r.b.relu(h);
    let w = r.parameter("v", &[20, 2]);
    let s = r.b.matmul(h, w);
    let t = r.b.tanh(s);
    let y = r.b.affine_coupling(Direction::Forward, x, t, s);
    r.b.output("y", y);
    r.finish()
}

fn values(case: &Case, work: &[Region]) -> Vec<Vec<u32>> {
    let (mut session, program) = case.prepare(Reuse::Off);
    let nodes: Vec<NodeId> = case.graph.ids().collect();
    session.write_inputs(program, &case.given()).unwrap();
    let work: Vec<(&[NodeId], Region)> = work.iter().map(|region| (&nodes[..], region.clone())).collect();
    session.run_regions(program, &work).unwrap();
    let outputs = case.graph.outputs().iter();
    outputs.map(|(_, id)| session.read_node(program, *id).unwrap().iter().map(|v| v.to_bits()).collect()).collect()
}

fn whole(case: &Case) -> Vec<Vec<u32>> {
    case.on_gpu(Reuse::On).iter().map(|values| values.iter().map(|v| v.to_bits()).collect()).collect()
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn a_region_has_the_bits_of_the_whole_image() {
    let case = image();
    let want = whole(&case);
    let positions = SIDE * SIDE;
    for step in [1, 2, 5, 28] {
        // Positions in order, as a sampler takes them: one pass over the nodes for each region.
        let starts = (0..positions).step_by(step);
        let work: Vec<Region> = starts.map(|p| Region { batch: 0..BATCH, positions: p..(p + step).min(positions) }).collect();
        assert_eq!(values(&case, &work), want, "regions of {step} positions");
    }
    let rows: Vec<Region> = (0..BATCH).map(|b| Region { batch: b..b + 1, positions: 0..positions }).collect();
    assert_eq!(values(&case, &rows), want, "one image at a time");
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn a_region_computes_nothing_else() {
    let case = image();
    let some = values(&case, &[Region { batch: 1..2, positions: 3..10 }]);
    let channels = 5;
    for (i, &bits) in some[1].iter().enumerate() {
        let (image, position) = (i / channels / (SIDE * SIDE), i / channels % (SIDE * SIDE));
        assert_eq!(bits != 0, image == 1 && (3..10).contains(&position), "element {i}");
    }
    let nothing = values(&case, &[Region { batch: 9..9, positions: 0..1 }, Region { batch: 0..1, positions: 60..70 }]);
    assert!(nothing[1].iter().all(|&bits| bits == 0));
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn a_region_has_the_bits_of_all_points() {
    let case = points();
    let want = whole(&case);
    for step in [1, 2, 5, 28] {
        let starts = (0..70).step_by(step);
        let work: Vec<Region> = starts.map(|b| Region { batch: b..(b + step).min(70), positions: 0..1 }).collect();
        assert_eq!(values(&case, &work), want, "regions of {step} points");
    }
}
