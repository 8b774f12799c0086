use std::sync::Arc;

use super::testing::{close, noise};
use super::{CpuProgram, CpuSession, Real, Region, Store, Workers};
use crate::exec::{ExecError, Session};
use crate::graph::{Builder, Direction, Graph, Init, MaskKind, Mode, NodeId, Op, Plan, Reuse, Taps, Unary};

const BATCH: usize = 6;
const SIDE: usize = 9;

/// A small causal model with every operation that keeps the grid, a matrix product for the class, its loss, gradients and Adam.
fn training_graph() -> Arc<Graph> {
    let mut b = Builder::new(Mode::Train);
    let x = b.input("x", &[BATCH, SIDE, SIDE, 1]);
    let class = b.input("class", &[BATCH, 1]);
    let levels = b.one_hot(x, 4);
    let w1 = b.parameter("w1", &[4, 4, 10], Init::lecun(16));
    let taps = Taps::raster(3, MaskKind::A);
    let h = b.masked_conv(&taps, levels, w1, None);
    let hot = b.one_hot(class, 3);
    let table = b.parameter("class_bias", &[3, 10], Init::Normal(0.5));
    let bias = b.matmul(hot, table);
    let bias = b.reshape(bias, &[BATCH, 1, 1, 10]);
    let h = b.add(h, bias);
    let (left, right) = (b.slice(h, 3, 0, 5), b.slice(h, 3, 5, 5));
    let gate = b.unary(Unary::Sigmoid, right);
    let gated = b.tanh(left);
    let gated = b.mul(gated, gate);
    let soft = b.unary(Unary::Softplus, right);
    let h = b.concat(&[gated, soft], 3);
    let h = b.pad(h, 3, 1, 12);
    let w2 = b.parameter("w2", &[5, 12, 20], Init::lecun(60));
    let b2 = b.parameter("b2", &[20], Init::Normal(0.1));
    let taps = Taps::raster(3, MaskKind::B);
    let h = b.masked_conv(&taps, h, w2, Some(b2));
    let h = b.relu(h);
    let peak = b.max(h, &[3]);
    let h = b.sub(h, peak);
    let w3 = b.parameter("w3", &[1, 20, 4], Init::lecun(20));
    let logits = b.masked_conv(&Taps::point(), h, w3, None);
    let zero = b.scalar(0.0);
    let log_p = b.log_softmax(logits);
    let chosen = b.select(levels, log_p, zero);
    let each = b.sum(chosen, &[1, 2, 3]);
    let entropy = b.log_sum_exp(logits);
    let entropy = b.mean_all(entropy);
    let mean = b.mean_all(each);
    let loss = b.neg(mean);
    let loss = b.add(loss, entropy);
    b.output("loss", loss);
    let targets = b.parameters();
    let gradients = b.gradients(loss, &targets.iter().map(|t| t.1).collect::<Vec<_>>());
    let hyper = b.input("hyper", &[8]);
    let mut norm = b.scalar(0.0);
    for &gradient in &gradients {
        let square = b.square(gradient);
        let sum = b.sum_all(square);
        norm = b.add(norm, sum);
    }
    for ((name, parameter), gradient) in targets.into_iter().zip(gradients) {
        let dims = b.shape(parameter).dims().to_vec();
        let moments = [b.state(&format!("m.{name}"), &dims), b.state(&format!("v.{name}"), &dims)];
        b.adam_step([parameter, gradient, moments[0], moments[1], hyper, norm]);
        b.output(&format!("gradient.{name}"), gradient);
    }
    Arc::new(b.finish().unwrap())
}

fn data<T: Real>(program: &mut CpuProgram<T>, step: usize) {
    let whole = |values: Vec<f64>, scale: f64| values.iter().map(|x| T::from_f64(((x + 1.0) * scale).floor())).collect::<Vec<_>>();
    program.set_input("x", &whole(noise(9, BATCH * SIDE * SIDE), 2.0)).unwrap();
    program.set_input("class", &whole(noise(8, BATCH), 1.5)).unwrap();
    let t = step as i32 + 1;
    let hyper = [0.01, 0.9, 0.999, 1e-8, 1.0 - 0.9f64.powi(t), 1.0 - 0.999f64.powi(t), 1.0, 0.001].map(T::from_f64);
    program.set_input("hyper", &hyper).unwrap();
}

struct Run<T> {
    graph: Arc<Graph>,
    program: CpuProgram<T>,
    store: Store<T>,
    workers: Workers,
}

impl<T: Real> Run<T> {
    fn new(graph: &Arc<Graph>, reuse: Reuse, threads: usize) -> Run<T> {
        let outputs: Vec<NodeId> = graph.outputs().iter().map(|o| o.1).collect();
        let plan = Plan::new(graph, &outputs, reuse);
        let mut store = Store::new();
        store.initialise(graph, 5).unwrap();
        let program = CpuProgram::new(graph, &plan, &mut store).unwrap();
        Run { graph: graph.clone(), program, store, workers: Workers::new(threads) }
    }

    fn train(mut self, steps: usize) -> Run<T> {
        for step in 0..steps {
            data(&mut self.program, step);
            assert_eq!(self.program.run(&self.workers, &mut self.store), 0);
        }
        self
    }

    fn all(&self) -> Vec<T> {
        let stored = self.store.names().flat_map(|name| self.store.get(name).unwrap().to_vec());
        stored.chain(self.output("loss").iter().copied()).collect()
    }

    fn output(&self, name: &str) -> &[T] {
        self.program.output(self.graph.output(name).unwrap())
    }
}

#[test]
fn sharing_buffers_and_a_second_thread_change_no_bit() {
    let graph = training_graph();
    let want = Run::<f32>::new(&graph, Reuse::Off, 1).train(3).all();
    for (reuse, threads) in [(Reuse::On, 1), (Reuse::Off, 2), (Reuse::On, 2)] {
        assert_eq!(want, Run::<f32>::new(&graph, reuse, threads).train(3).all(), "{reuse:?}, {threads} threads");
    }
    let wide = Run::<f64>::new(&graph, Reuse::On, 1).train(3).all();
    // Three steps of Adam: f32 rounding against the largest value (a squared-gradient moment of tiny gradients stays relative to that).
    close(&want, &wide, 1e-5);
}

#[test]
fn gradients_equal_finite_differences_and_training_descends() {
    let graph = training_graph();
    let mut run = Run::<f64>::new(&graph, Reuse::On, 1);
    data(&mut run.program, 0);
    run.program.evaluate(&run.workers, &run.store);
    let before = run.output("loss")[0];
    let names: Vec<String> = graph.parameters().iter().map(|p| graph.describe(p.node)).collect();
    for name in names {
        let gradient = run.output(&format!("gradient.{name}")).to_vec();
        let values = run.store.get(&name).unwrap().to_vec();
        for index in (0..values.len()).step_by(values.len() / 7 + 1) {
            let mut loss = |delta: f64| {
                let mut moved = values.clone();
                moved[index] += delta;
                run.store.set(&name, &moved).unwrap();
                run.program.evaluate(&run.workers, &run.store);
                run.output("loss")[0]
            };
            let step = 1e-6;
            let difference = (loss(step) - loss(-step)) / (2.0 * step);
            loss(0.0);
            // Central differences: step^2 truncation and 1e-16 * loss / step rounding.
            let tolerance = 1e-6 * (1.0 + difference.abs());
            assert!((difference - gradient[index]).abs() < tolerance, "{name}[{index}]: {difference} {}", gradient[index]);
        }
    }
    let after = run.train(30);
    assert!(after.output("loss")[0] < 0.9 * before);
}

#[test]
fn regions_of_every_node_have_the_bits_of_the_whole() {
    let graph = training_graph();
    let mut whole = Run::<f32>::new(&graph, Reuse::Off, 2);
    data(&mut whole.program, 0);
    whole.program.evaluate(&whole.workers, &whole.store);
    for rows in [1, 2, 5, 28] {
        let mut parts = Run::<f32>::new(&graph, Reuse::Off, 1);
        data(&mut parts.program, 0);
        for id in graph.ids().filter(|&id| !graph.node(id).op.is_source()) {
            if graph.node(id).op.keeps_grid() {
                for image in 0..BATCH {
                    for start in (0..SIDE * SIDE).step_by(rows) {
                        let region = Region { batch: image..image + 1, positions: start..(start + rows).min(SIDE * SIDE) };
                        parts.program.run_node_region(&parts.workers, &parts.store, id, &region);
                    }
                }
            } else {
                parts.program.run_node(&parts.workers, &parts.store, id);
            }
            assert_eq!(whole.program.output(id), parts.program.output(id), "{} by {rows}", graph.describe(id));
        }
    }
}

#[test]
fn the_first_broken_node_is_named_and_a_broken_step_changes_nothing() {
    let graph = training_graph();
    let mut run = Run::<f32>::new(&graph, Reuse::On, 1).train(1);
    assert_eq!(run.program.first_non_finite(&run.workers, &run.store), None);
    run.store.set("b2", &[f32::NAN; 20]).unwrap();
    let before = run.store.get("w2").unwrap().to_vec();
    let adams = graph.parameters().len();
    assert_eq!(run.program.run(&run.workers, &mut run.store), adams);
    assert_eq!(run.store.get("w2").unwrap(), before);
    let broken = run.program.first_non_finite(&run.workers, &run.store).unwrap();
    assert_eq!(graph.describe(broken), "b2");
    // One channel far above the rest: the others are -1e38 after the peak is subtracted, and overflow in the last product.
    let mut bias = [0.0; 20];
    bias[0] = 1e38;
    run.store.set("b2", &bias).unwrap();
    run.store.set("w3", &[1e38; 80]).unwrap();
    let broken = run.program.first_non_finite(&run.workers, &run.store).unwrap();
    assert!(matches!(graph.node(broken).op, Op::MaskedConv(_)), "{}", graph.describe(broken));
}

#[test]
fn coupling_runs_in_a_program_and_undoes_itself() {
    let mut b = Builder::new(Mode::Evaluate);
    let x = b.input("x", &[70, 2]);
    let s = b.input("s", &[70, 2]);
    let t = b.input("t", &[70, 2]);
    let y = b.affine_coupling(Direction::Forward, x, s, t);
    let z = b.slice(y, 1, 0, 2);
    let back = b.affine_coupling(Direction::Inverse, z, s, t);
    b.output("back", back);
    let graph = Arc::new(b.finish().unwrap());
    let mut run = Run::<f64>::new(&graph, Reuse::On, 1);
    for (seed, name) in ["x", "s", "t"].into_iter().enumerate() {
        run.program.set_input(name, &noise(seed as u64, 140)).unwrap();
    }
    run.program.evaluate(&run.workers, &run.store);
    let back: Vec<f64> = run.output("back").chunks(3).flat_map(|row| row[..2].to_vec()).collect();
    close(&back, &noise(0, 140), 1e-15);
}

#[test]
fn batches_side_by_side_give_what_they_give_one_after_the_other() {
    let mut b = Builder::new(Mode::Evaluate);
    let x = b.input("x", &[5, 2]);
    let w = b.parameter("w", &[2, 3], Init::lecun(2));
    let h = b.matmul(x, w);
    let h = b.tanh(h);
    let y = b.sum(h, &[1]);
    b.output("y", y);
    let graph = Arc::new(b.finish().unwrap());
    let run = |threads: usize, rows: usize| -> (Vec<f32>, Vec<f32>) {
        let mut session = CpuSession::new(threads);
        let program = session.prepare(&graph, Reuse::On).unwrap();
        session.store_mut().initialise(&graph, 1).unwrap();
        let values: Vec<f32> = noise(3, 2 * rows).iter().map(|&v| v as f32).collect();
        let mut singly = Vec::new();
        for batch in values.chunks(10) {
            let padded: Vec<f32> = batch.iter().copied().chain(std::iter::repeat(0.0)).take(10).collect();
            session.run(program, &[("x", &padded)]).unwrap();
            singly.extend(session.read_output(program, "y").unwrap());
        }
        (session.run_batches(program, "x", &values, 10, "y").unwrap(), singly)
    };
    for threads in [1, 2, 3] {
        for rows in [0, 1, 5, 17, 40] {
            let (together, singly) = run(threads, rows);
            assert_eq!(together, singly, "{threads} threads, {rows} rows");
            assert!(together.len() == rows.div_ceil(5) * 5 && together.iter().take(rows).all(|y| *y != 0.0));
        }
    }
    let mut session = CpuSession::new(2);
    let program = session.prepare(&graph, Reuse::On).unwrap();
    assert!(matches!(session.run_batches(program, "z", &[0.0; 10], 10, "y"), Err(ExecError::UnknownName { .. })));
    assert!(matches!(session.run_batches(program, "x", &[0.0; 10], 10, "z"), Err(ExecError::UnknownName { .. })));
    assert!(matches!(session.run_batches(program, "x", &[0.0; 8], 8, "y"), Err(ExecError::WrongLength { expected: 10, found: 8, .. })));
}

#[test]
fn a_session_says_what_is_wrong_with_names_and_lengths() {
    let graph = training_graph();
    let mut session = CpuSession::new(1);
    let program = session.prepare(&graph, Reuse::On).unwrap();
    session.store_mut().initialise(&graph, 1).unwrap();
    let (x, class, hyper) = (vec![1.0; BATCH * SIDE * SIDE], [0.0; BATCH], [0.0, 0.9, 0.999, 1e-8, 0.1, 0.001, 0.0, 0.0]);
    session.run(program, &[("x", &x), ("class", &class), ("hyper", &hyper)]).unwrap();
    assert_eq!(session.losses().len(), 1);
    assert_eq!(session.skipped_updates(), 0);
    assert_eq!(session.read_output(program, "loss").unwrap().len(), 1);
    assert_eq!(session.first_non_finite(program), None);
    let missing = session.run(program, &[("x", &x)]);
    assert!(matches!(missing, Err(ExecError::UnknownName { .. })), "{missing:?}");
    let short = session.run(program, &[("x", &x[1..]), ("class", &class), ("hyper", &hyper)]);
    assert!(matches!(short, Err(ExecError::WrongLength { expected: 486, found: 485, .. })), "{short:?}");
    assert!(matches!(session.read_output(program, "lost"), Err(ExecError::UnknownName { kind: "output", .. })));
    assert!(session.write_parameter("b2", &[0.0; 3]).is_err());
    assert!(session.read_parameter("b3").is_err());
    // The same name with another shape in a second model.
    let mut b = Builder::new(Mode::Train);
    let other = b.parameter("b2", &[21], Init::Zeros);
    b.output("y", other);
    assert!(session.prepare(&Arc::new(b.finish().unwrap()), Reuse::On).is_err());
}
