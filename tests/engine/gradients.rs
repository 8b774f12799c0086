//! Every operation's gradient, and the gradient of its gradient, against central differences in f64.

mod cases;

use std::sync::Arc;

use tractable::data::noise::{normals, uniforms};
use tractable::graph::{Builder, Graph, Mode, NodeId, Op, Unary};

use crate::run::Runner;
use cases::{Case, cases};

/// Step of the differences: the error of a central difference is about h^2 = 1e-10 from curvature and 1e-16 / h = 1e-11 from rounding.
pub(crate) const STEP: f64 = 1e-5;
/// Relative to the largest part of the gradient (or 1): four digits above what the differences can do, far below any wrong rule.
pub(crate) const TOLERANCE: f64 = 1e-6;

/// A scalar of some inputs, and its gradients by them.
struct Scalar {
    graph: Arc<Graph>,
    value: NodeId,
    gradients: Vec<NodeId>,
    inputs: Vec<Vec<f64>>,
}

/// Order of the derivative that is tested.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Derivative {
    First,
    Second,
}

/// `L = sum r y` for fixed random r; for the second derivative `L = sum_i sum r_i dL/dx_i + L`.
fn scalar(case: &Case, derivative: Derivative) -> Scalar {
    let mut b = Builder::new(Mode::Train);
    let operands: Vec<NodeId> = case.operands.iter().enumerate().map(|(i, o)| b.input(&format!("x{i}"), o.dims)).collect();
    let y = (case.record)(&mut b, &operands);
    let mut value = projection(&mut b, y, 100);
    if derivative == Derivative::Second {
        let first = b.gradients(value, &operands);
        for (i, g) in first.into_iter().enumerate() {
            let part = projection(&mut b, g, 200 + i as u64);
            value = b.add(value, part);
        }
    }
    let gradients = b.gradients(value, &operands);
    let graph = Arc::new(b.finish().unwrap_or_else(|error| panic!("{}: {error}", case.name)));
    let inputs = case.operands.iter().enumerate().map(|(i, o)| o.values(i as u64)).collect();
    Scalar { graph, value, gradients, inputs }
}

/// `sum r y` for fixed random numbers r.
fn projection(b: &mut Builder, y: NodeId, stream: u64) -> NodeId {
    let shape = b.shape(y);
    let r = normals(1, stream, shape.elements()).into_iter().map(f64::from).collect();
    let r = b.table(r, shape.dims());
    let product = b.mul(r, y);
    b.sum_all(product)
}

impl Scalar {
    /// Runs `read` with the inputs, one of their elements moved.
    fn at(&self, runner: &mut Runner<f64>, moved: Option<(usize, usize, f64)>, read: NodeId) -> Vec<f64> {
        let mut inputs = self.inputs.clone();
        if let Some((operand, element, by)) = moved {
            inputs[operand][element] += by;
        }
        let names: Vec<String> = (0..inputs.len()).map(|i| format!("x{i}")).collect();
        let live: Vec<String> = runner.program.inputs().map(|(name, _)| name.to_string()).collect();
        let given = names.iter().zip(&inputs).filter(|(name, _)| live.contains(name));
        let given: Vec<(&str, &[f64])> = given.map(|(name, values)| (&name[..], &values[..])).collect();
        runner.run(&given, read)
    }

    /// Gradients as the graph has them.
    fn analytic(&self) -> Vec<Vec<f64>> {
        let mut runner = Runner::new(&self.graph, &self.gradients, 0);
        self.gradients.iter().map(|&g| self.at(&mut runner, None, g)).collect()
    }

    /// Compares gradients with central differences of the value.
    fn check(&self, analytic: &[Vec<f64>]) -> Result<(), String> {
        let mut runner = Runner::new(&self.graph, &[self.value], 0);
        for (operand, gradient) in analytic.iter().enumerate() {
            assert_eq!(gradient.len(), self.inputs[operand].len());
            let largest = gradient.iter().fold(1.0, |m: f64, g| m.max(g.abs()));
            for (element, &g) in gradient.iter().enumerate() {
                let mut value = |by: f64| self.at(&mut runner, Some((operand, element, by)), self.value)[0];
                let difference = (value(STEP) - value(-STEP)) / (2.0 * STEP);
                if (difference - g).abs() > TOLERANCE * largest || !g.is_finite() {
                    return Err(format!("operand {operand}, element {element}: gradient {g}, difference {difference}"));
                }
            }
        }
        Ok(())
    }
}

#[test]
fn gradients_are_the_slopes() {
    for case in cases() {
        let scalar = scalar(&case, Derivative::First);
        scalar.check(&scalar.analytic()).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}

#[test]
fn gradients_of_gradients_are_their_slopes() {
    for case in cases() {
        let scalar = scalar(&case, Derivative::Second);
        scalar.check(&scalar.analytic()).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}

#[test]
fn a_gradient_that_is_off_is_caught() {
    for case in cases() {
        for derivative in [Derivative::First, Derivative::Second] {
            let scalar = scalar(&case, derivative);
            let right = scalar.analytic();
            for operand in 0..right.len() {
                let element = right[operand].len() / 2;
                // One element off by a hundred-thousandth of the scale; a sign, where there is one to turn.
                let scale = right[operand].iter().fold(1.0, |m: f64, g| m.max(g.abs()));
                let mut wrong = right.clone();
                wrong[operand][element] += 1e-5 * scale;
                assert!(scalar.check(&wrong).is_err(), "{}, {derivative:?}: a small error passed", case.name);
                let mut wrong = right.clone();
                wrong[operand].iter_mut().for_each(|g| *g = -*g);
                let vanishes = right[operand].iter().all(|g| g.abs() < 1e-3);
                assert!(vanishes || scalar.check(&wrong).is_err(), "{}, {derivative:?}: a wrong sign passed", case.name);
            }
        }
    }
}

#[test]
fn the_table_has_every_operation_that_has_a_gradient() {
    let mut b = Builder::new(Mode::Train);
    for case in cases() {
        let operands: Vec<NodeId> = case.operands.iter().enumerate().map(|(i, o)| b.input(&format!("{}.{i}", case.name), o.dims)).collect();
        (case.record)(&mut b, &operands);
    }
    let graph = b.finish().unwrap();
    let recorded = |op: &Op| graph.nodes().iter().any(|node| node.op.label() == op.label());
    for op in differentiable() {
        assert!(recorded(&op), "{}", op.label());
    }
    for f in Unary::ALL {
        assert!(graph.nodes().iter().any(|node| node.op == Op::Unary(f)), "{f:?}");
    }
}

/// One of each operation; a new one does not compile until it is put on one of the two sides.
fn differentiable() -> Vec<Op> {
    use tractable::graph::{Axes, Binary, Direction, MAX_RANK, Taps};
    let all = vec![
        Op::Unary(Unary::Neg),
        Op::Binary(Binary::Add),
        Op::Select,
        Op::Sum(Axes::of(&[0])),
        Op::Max(Axes::of(&[0])),
        Op::LogSoftmax,
        Op::LogSumExp,
        Op::MatMul { transpose_a: false, transpose_b: false },
        Op::MaskedConv(Taps::point()),
        Op::ConvWeightGrad(Taps::point()),
        Op::AffineCoupling(Direction::Forward),
        Op::Reshape,
        Op::Permute([0; MAX_RANK]),
        Op::Expand,
        Op::Slice { axis: 0, start: 0 },
        Op::Pad { axis: 0, before: 0 },
        Op::Concat { axis: 0 },
        Op::OneHot,
        Op::StopGradient,
    ];
    let has_gradient = |op: &Op| match op {
        Op::Parameter | Op::State | Op::Input | Op::Fill(_) | Op::Table(_) | Op::AdamStep => false,
        Op::Unary(_) | Op::Binary(_) | Op::Select | Op::Sum(_) | Op::Max(_) | Op::LogSoftmax | Op::LogSumExp => true,
        Op::MatMul { .. } | Op::MaskedConv(_) | Op::ConvWeightGrad(_) | Op::AffineCoupling(_) => true,
        Op::Reshape | Op::Permute(_) | Op::Expand | Op::Slice { .. } | Op::Pad { .. } | Op::Concat { .. } => true,
        Op::OneHot | Op::StopGradient => true,
    };
    assert!(all.iter().all(has_gradient));
    all
}

/// Values away from kinks, see [`cases::Domain`].
fn draw(domain: cases::Domain, stream: u64, count: usize) -> Vec<f64> {
    let u = uniforms(42, stream, count).into_iter().map(f64::from);
    match domain {
        cases::Domain::Positive => u.map(|u| 0.4 + 1.6 * u).collect(),
        // 0.1 to 1.5 with either sign.
        cases::Domain::NotZero => u.map(|u| if u < 0.5 { -0.1 - 2.8 * u } else { 0.1 + 2.8 * (u - 0.5) }).collect(),
        cases::Domain::Mask => u.map(|u| f64::from(u8::from(u < 0.5))).collect(),
        // A quarter above whole numbers: no index changes within a step, cut or rounded.
        cases::Domain::Index => u.map(|u| (3.0 * u).floor() + 0.25).collect(),
    }
}
