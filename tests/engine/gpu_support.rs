//! One GPU for all tests, and graphs with their inputs.

use std::sync::{Arc, LazyLock};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tractable::exec::cpu::{CpuProgram, Store, Workers};
use tractable::exec::gpu::{GpuDevice, GpuSession, Tuning};
use tractable::exec::{ProgramId, Session};
use tractable::graph::{Builder, Graph, Init, Mode, NodeId, Plan, Reuse};

/// Devices must not be made in parallel: the tests share one.
static GPU: LazyLock<Arc<GpuDevice>> = LazyLock::new(|| Arc::new(GpuDevice::open().unwrap()));

pub(crate) fn session() -> GpuSession {
    GpuSession::new(Arc::clone(&GPU))
}

/// A session that must loop in every kernel, and submits nearly every node alone.
pub(crate) fn cramped() -> GpuSession {
    GpuSession::with_tuning(Arc::clone(&GPU), Tuning { workgroups: 2, submit_cost: 1_000 })
}

/// Numbers that break careless kernels: both zeros, denormals, the edge of exp, large ones, and ties.
pub(crate) const NASTY: [f32; 20] =
    [0.0, -0.0, 1e-40, -1e-40, 1e-30, -1e-30, 0.5, -0.5, 1.0, -1.0, 1.0, 0.624, 0.626, 17.0, -17.0, 88.0, -88.0, -104.0, 1e4, -1e4];

/// How inputs are drawn.
#[derive(Clone, Copy)]
pub(crate) enum Draw {
    /// Uniform in -1..1.
    Noise,
    /// Uniform in 0.5..1.5.
    Positive,
    /// The nasty numbers, in an order of chance.
    Nasty,
    /// Whole numbers from -1 to 5.
    Index,
}

/// A graph under construction, with the values of its inputs and parameters.
pub(crate) struct Recorder {
    pub(crate) b: Builder,
    inputs: Vec<(String, Vec<f32>)>,
    rng: ChaCha8Rng,
}

impl Recorder {
    pub(crate) fn new(seed: u64) -> Recorder {
        Recorder { b: Builder::new(Mode::Evaluate), inputs: Vec::new(), rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub(crate) fn draw(&mut self, count: usize, draw: Draw) -> Vec<f32> {
        let rng = &mut self.rng;
        let one = |_| match draw {
            Draw::Noise => rng.random_range(-1.0..1.0),
            Draw::Positive => rng.random_range(0.5..1.5),
            Draw::Nasty => NASTY[rng.random_range(0..NASTY.len())],
            Draw::Index => rng.random_range(-1i32..=5) as f32,
        };
        (0..count).map(one).collect()
    }

    pub(crate) fn input(&mut self, dims: &[usize], draw: Draw) -> NodeId {
        let values = self.draw(dims.iter().product(), draw);
        let name = format!("x{}", self.inputs.len());
        let id = self.b.input(&name, dims);
        self.inputs.push((name, values));
        id
    }

    pub(crate) fn parameter(&mut self, name: &str, dims: &[usize]) -> NodeId {
        self.b.parameter(name, dims, Init::Normal(0.5))
    }

    pub(crate) fn finish(self) -> Case {
        Case { graph: Arc::new(self.b.finish().unwrap()), inputs: self.inputs }
    }
}

/// A graph and its inputs.
pub(crate) struct Case {
    pub(crate) graph: Arc<Graph>,
    pub(crate) inputs: Vec<(String, Vec<f32>)>,
}

impl Case {
    pub(crate) fn given(&self) -> Vec<(&str, &[f32])> {
        self.inputs.iter().map(|(name, values)| (&name[..], &values[..])).collect()
    }

    /// A GPU session with the graph's initial parameters.
    pub(crate) fn prepare(&self, reuse: Reuse) -> (GpuSession, ProgramId) {
        let mut session = session();
        let program = session.prepare(&self.graph, reuse).unwrap();
        for (name, values) in tractable::graph::initial_values(&self.graph, 1) {
            session.write_parameter(&name, &values).unwrap();
        }
        (session, program)
    }

    /// Values of every output on the GPU.
    pub(crate) fn on_gpu(&self, reuse: Reuse) -> Vec<Vec<f32>> {
        let (mut session, program) = self.prepare(reuse);
        session.run(program, &self.given()).unwrap();
        self.graph.outputs().iter().map(|(name, _)| session.read_output(program, name).unwrap()).collect()
    }

    /// Values of every output in f64 on the CPU.
    pub(crate) fn in_f64(&self) -> Vec<Vec<f64>> {
        let outputs: Vec<NodeId> = self.graph.outputs().iter().map(|&(_, id)| id).collect();
        let plan = Plan::new(&self.graph, &outputs, Reuse::Off);
        let mut store = Store::<f64>::new();
        let mut program = CpuProgram::new(&self.graph, &plan, &mut store).unwrap();
        let widen = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        for (name, values) in tractable::graph::initial_values(&self.graph, 1) {
            store.set(&name, &widen(&values)).unwrap();
        }
        for (name, values) in &self.inputs {
            program.set_input(name, &widen(values)).unwrap();
        }
        program.run(&Workers::new(1), &mut store);
        outputs.iter().map(|&id| program.output(id).to_vec()).collect()
    }
}
