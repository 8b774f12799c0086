//! What every autoregressive model owes, claimed in one way: gradients that are slopes, and a cached drawing with the bits of full passes.

use std::sync::Arc;

use tractable::data::noise::uniforms;
use tractable::exec::Session;
use tractable::exec::cpu::{CpuSession, Store};
use tractable::exec::sampler::{CpuSampler, Trajectory};
use tractable::graph::causal::Order;
use tractable::graph::{Builder, Graph, Mode, NodeId, Reuse};

use crate::gradients::{STEP, TOLERANCE};
use crate::run::Runner;
use crate::stacks::Stack;

/// The gradient of the mean of what `record` gives, in every number of every parameter, against central differences; each must have an
/// effect. Gives the names of the parameters.
pub(crate) fn gradients_are_slopes(record: impl FnOnce(&mut Builder) -> NodeId, inputs: &[(&str, &[f64])]) -> Vec<String> {
    let mut b = Builder::new(Mode::Train);
    let nll = record(&mut b);
    let loss = b.mean_all(nll);
    let parameters = b.parameters();
    let targets: Vec<NodeId> = parameters.iter().map(|&(_, node)| node).collect();
    let gradients = b.gradients(loss, &targets);
    b.output("loss", loss);
    let graph = Arc::new(b.finish().unwrap());
    let outputs: Vec<NodeId> = gradients.iter().copied().chain([loss]).collect();
    let mut runner = Runner::<f64>::new(&graph, &outputs, 4).randomise(0.4, 4);
    runner.run(inputs, loss);
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
                runner.run(inputs, loss)[0]
            };
            let numeric = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            assert!((numeric - analytic).abs() <= TOLERANCE * scale, "{name}[{i}]: {analytic}, differences say {numeric}");
        }
        runner.store.set(name, &start).unwrap();
    }
    parameters.into_iter().map(|(name, _)| name).collect()
}

/// A sampler of a stack with random weights, and the weights.
pub(crate) fn sampler(stack: &Stack, class: &[f32], seed: u64) -> (CpuSampler, Store<f32>) {
    let graph = Arc::new(stack.graph.clone());
    let order = Order::raster(graph.shape(stack.data).positions());
    let mut sampler = CpuSampler::new(&graph, stack.data, stack.logits, order, 1).unwrap();
    let weights = Runner::<f32>::new(&graph, &[stack.logits], seed).randomise(0.4, seed).store;
    write(sampler.session(), &weights);
    if !class.is_empty() {
        sampler.set_input("class", class).unwrap();
    }
    (sampler, weights)
}

/// Puts weights into a session.
pub(crate) fn write(session: &mut dyn Session, weights: &Store<f32>) {
    for name in weights.names() {
        session.write_parameter(name, weights.get(name).unwrap()).unwrap();
    }
}

/// Draws with the cache and compares every value of the watched nodes before position `until`, bit for bit, with one whole pass over what
/// was drawn that keeps every node; and the drawing with one that makes a whole pass for each symbol.
pub(crate) fn cached_is_full(stack: &Stack, class: &[f32], watched: &[NodeId], until: usize, seed: u64) {
    let (mut sampler, weights) = sampler(stack, class, seed);
    let graph: Arc<Graph> = Arc::new(stack.graph.clone());
    let shape = graph.shape(stack.data);
    let positions = shape.positions();
    let u = uniforms(seed, 0, shape.batch() * positions);
    sampler.start(&u, 1.0);
    let drawn: Trajectory = sampler.finish().clone();
    assert!(drawn.levels.windows(2).any(|pair| pair[0] != pair[1]), "constant drawings prove little");
    let mut session = CpuSession::new(1);
    let program = session.prepare(&graph, Reuse::Off).unwrap();
    write(&mut session, &weights);
    let levels: Vec<f32> = drawn.levels.iter().map(|&level| f32::from(level)).collect();
    let mut inputs: Vec<(&str, &[f32])> = vec![(stack.data_name(), &levels)];
    if !class.is_empty() {
        inputs.push(("class", class));
    }
    session.run(program, &inputs).unwrap();
    for &node in watched {
        let channels = graph.shape(node).last();
        let (cached, full) = (sampler.value(node), session.parts(program).0.output(node));
        let rows = cached.chunks(channels).zip(full.chunks(channels)).enumerate();
        let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
        for (row, (a, b)) in rows.filter(|(row, _)| row % positions < until) {
            assert!(same(a, b), "{} at position {}", graph.describe(node), row % positions);
        }
    }
    assert_eq!(sampler.full_forward(&u, 1.0), drawn);
}
