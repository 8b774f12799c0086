//! Plans: proved, and without effect on a single bit.

use std::sync::Arc;

use tractable::exec::Session;
use tractable::exec::cpu::CpuSession;
use tractable::graph::{Graph, NodeId, Plan, Reuse, verify};
use tractable::train::{Fit, Lesson, Model, Source, Weights};

fn small_lessons() -> Vec<Lesson> {
    let mut lessons: Vec<Lesson> = Lesson::PRESETS.iter().map(|name| Lesson::preset(name).expect("listed")).collect();
    for lesson in &mut lessons {
        lesson.training.batch = 6;
        match &mut lesson.model {
            Model::Pixelcnn { config, .. } => (config.channels, config.blocks, config.head) = (8, 2, 8),
            Model::CausalStack { config, .. } => (config.channels, config.head) = (8, 8),
            Model::Realnvp { config, .. } => (config.layers, config.width) = (3, 16),
        }
    }
    lessons
}

fn outputs(graph: &Graph) -> Vec<NodeId> {
    graph.outputs().iter().map(|&(_, id)| id).collect()
}

#[test]
fn every_training_plan_is_proved_and_saves_memory() {
    for name in Lesson::PRESETS {
        let lesson = Lesson::preset(name).expect("listed");
        let graph = lesson.model.training_graph(lesson.training.batch).expect("shapes fit");
        let outputs = outputs(&graph);
        let (on, off) = (Plan::new(&graph, &outputs, Reuse::On), Plan::new(&graph, &outputs, Reuse::Off));
        assert_eq!(verify::verify(&graph, &on), Ok(()), "{name}");
        assert_eq!(verify::verify(&graph, &off), Ok(()), "{name}");
        assert!(on.footprint() * 4 < off.footprint() * 3, "{name}: {} of {} elements", on.footprint(), off.footprint());
    }
}

/// The weights after a few steps on so many threads, as bits.
fn trained_bits(lesson: &Lesson, threads: usize, steps: u64) -> Vec<(String, Vec<u32>)> {
    let source = Source::open(lesson).expect("shipped data");
    let mut fit = Fit::new(lesson.clone(), source, Box::new(CpuSession::new(threads))).expect("fits");
    for _ in 0..steps {
        fit.advance().expect("trains");
    }
    bits(&fit.weights().expect("reads"))
}

fn bits(weights: &Weights) -> Vec<(String, Vec<u32>)> {
    weights.arrays.iter().map(|(name, (_, values))| (name.clone(), values.iter().map(|v| v.to_bits()).collect())).collect()
}

#[test]
fn one_and_two_threads_train_to_the_same_bits() {
    for mut lesson in small_lessons() {
        // Large enough that the kernels do split their work.
        lesson.training.batch = 48;
        assert_eq!(trained_bits(&lesson, 1, 3), trained_bits(&lesson, 2, 3), "{}", lesson.name);
    }
}

#[test]
fn reuse_changes_no_bit() {
    for lesson in small_lessons() {
        let graph = Arc::new(lesson.model.training_graph(lesson.training.batch).expect("shapes fit"));
        let initial = tractable::train::initial_weights(&graph, 7);
        let mut results = Vec::new();
        for reuse in [Reuse::On, Reuse::Off] {
            let mut session = CpuSession::new(1);
            let program = session.prepare(&graph, reuse).expect("plans");
            initial.write_to(&mut session, &graph).expect("same graph");
            let inputs: Vec<(String, Vec<f32>)> = graph
                .nodes()
                .iter()
                .filter(|node| matches!(node.op, tractable::graph::Op::Input))
                .map(|node| {
                    let name = node.name.clone().expect("inputs are named");
                    let n = node.shape.elements();
                    let values = match name.as_str() {
                        "hyper" => lesson.training.adam.slots(1, 1.0).to_vec(),
                        "x" => tractable::data::noise::normals(5, 1, n),
                        _ => (0..n).map(|i| ((i * 7) % 2) as f32).collect(),
                    };
                    (name, values)
                })
                .collect();
            let borrowed: Vec<(&str, &[f32])> = inputs.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect();
            for _ in 0..2 {
                session.run(program, &borrowed).expect("runs");
            }
            results.push(bits(&Weights::from_session(&mut session, &graph).expect("reads")));
        }
        assert_eq!(results[0], results[1], "{}", lesson.name);
    }
}

#[test]
fn training_resumes_bit_for_bit() {
    for lesson in small_lessons() {
        let source = Source::open(&lesson).expect("shipped data");
        let start = |source: &Source| Fit::new(lesson.clone(), source.clone(), Box::new(CpuSession::new(1))).expect("fits");
        let mut straight = start(&source);
        (0..6).for_each(|_| straight.advance().expect("trains"));
        let mut first = start(&source);
        (0..3).for_each(|_| first.advance().expect("trains"));
        let saved = Weights::from_bytes(&first.weights().expect("reads").to_bytes()).expect("own bytes");
        let mut second = start(&source);
        second.load(&saved).expect("same model");
        (0..3).for_each(|_| second.advance().expect("trains"));
        assert_eq!(bits(&straight.weights().expect("reads")), bits(&second.weights().expect("reads")), "{}", lesson.name);
    }
}

#[test]
fn a_rate_that_explodes_stops_with_the_last_sound_weights_and_names_the_node() {
    let mut lesson = small_lessons().pop().expect("realnvp is last");
    lesson.training.adam.rate = 1e30;
    let source = Source::open(&lesson).expect("shipped data");
    let mut fit = Fit::new(lesson, source, Box::new(CpuSession::new(1))).expect("fits");
    let error = loop {
        fit.advance().expect("runs");
        if let Err(error) = fit.losses() {
            break error.to_string();
        }
        assert!(fit.step() < 200, "a rate of 1e30 must break the fit");
    };
    assert!(error.contains("no longer a finite number") && error.contains("Lower the learning rate"), "{error}");
    let weights = fit.weights().expect("reads");
    assert!(weights.arrays.values().all(|(_, values)| values.iter().all(|v| v.is_finite())));
}
