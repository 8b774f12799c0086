use super::conv::ConvPlan;
use super::layout::{Gather, Placement};
use super::matmul::MatMulPlan;
use super::pointwise::Broadcast;
use super::real::Real;
use super::reduce::{ReducePlan, Reduction};
use super::region::{Region, RowLayout};
use super::threads::Workers;
use super::weight_grad::WeightGrad;
use super::{coupling, layout, pointwise, softmax};
use crate::graph::{Binary, Direction, Graph, NodeId, Op, Shape, Unary};

/// What a step does, with everything that its shapes decide worked out.
#[derive(Clone, Debug)]
pub(super) enum Kernel {
    Copy,
    Unary(Unary),
    Binary(Binary, Broadcast<2>),
    Select(Broadcast<3>),
    Reduce(ReducePlan),
    LogSoftmax,
    /// Channels of the operand.
    LogSumExp(usize),
    MatMul(MatMulPlan),
    Conv(ConvPlan),
    /// Geometry, number of images.
    WeightGrad(ConvPlan, usize),
    Coupling(Direction),
    Gather(Gather),
    Place(Placement),
    OneHot,
    Adam,
}

impl Kernel {
    /// The kernel of a node that is not a source.
    pub(super) fn new(graph: &Graph, id: NodeId) -> Option<Kernel> {
        let node = graph.node(id);
        let operands = graph.operand_shapes(id);
        let result = node.shape;
        Some(match &node.op {
            Op::Parameter | Op::State | Op::Input | Op::Fill(_) | Op::Table(_) => return None,
            Op::Unary(f) => Kernel::Unary(*f),
            Op::Binary(f) => Kernel::Binary(*f, Broadcast::new(result, [operands[0], operands[1]])),
            Op::Select => Kernel::Select(Broadcast::new(result, [operands[0], operands[1], operands[2]])),
            Op::StopGradient | Op::Reshape => Kernel::Copy,
            Op::Sum(axes) => Kernel::Reduce(ReducePlan::new(Reduction::Sum, operands[0], *axes)),
            Op::Max(axes) => Kernel::Reduce(ReducePlan::new(Reduction::Max, operands[0], *axes)),
            Op::LogSoftmax => Kernel::LogSoftmax,
            Op::LogSumExp => Kernel::LogSumExp(operands[0].last()),
            Op::MatMul { transpose_a, transpose_b } => {
                let k = operands[0].dims()[usize::from(!transpose_a)];
                Kernel::MatMul(MatMulPlan::new(result.dims()[0], result.dims()[1], k, *transpose_a, *transpose_b))
            }
            Op::MaskedConv(taps) => Kernel::Conv(ConvPlan::new(result.grid(), operands[0].last(), result.last(), taps.offsets())),
            Op::ConvWeightGrad(taps) => {
                let [x, g]: [Shape; 2] = [operands[0], operands[1]];
                Kernel::WeightGrad(ConvPlan::new(x.grid(), x.last(), g.last(), taps.offsets()), x.batch())
            }
            Op::AffineCoupling(direction) => Kernel::Coupling(*direction),
            Op::Permute(permutation) => Kernel::Gather(Gather::permute(operands[0], result, permutation)),
            Op::Expand => Kernel::Gather(Gather::expand(operands[0], result)),
            Op::Slice { axis, start } => Kernel::Gather(Gather::slice(operands[0], result, *axis, *start)),
            Op::Pad { axis, before } => Kernel::Place(Placement::pad(operands[0], result, *axis, *before)),
            Op::Concat { axis } => Kernel::Place(Placement::concat(&operands, result, *axis)),
            Op::OneHot => Kernel::OneHot,
            Op::AdamStep => Kernel::Adam,
        })
    }

    /// Numbers of scratch memory.
    pub(super) fn scratch(&self) -> usize {
        match self {
            Kernel::MatMul(plan) => plan.scratch(),
            Kernel::WeightGrad(plan, images) => weight_grad(plan, *images).scratch(),
            Kernel::Reduce(plan) if plan.rows().is_none() => plan.scratch(),
            _ => 0,
        }
    }

    /// Computes a region of a node's value, or all of it where the operation mixes positions.
    #[allow(clippy::too_many_arguments, reason = "one call for every kind of kernel")]
    pub(super) fn run<'a, T: Real>(
        &self,
        workers: &Workers,
        rows: &RowLayout,
        region: &Region,
        operand: impl Fn(usize) -> &'a [T] + Sync,
        bias: bool,
        y: &mut [T],
        scratch: &mut [T],
    ) {
        match self {
            Kernel::Copy => pointwise::copy(workers, rows, region, operand(0), y),
            Kernel::Unary(f) => pointwise::unary(workers, *f, rows, region, operand(0), y),
            Kernel::Binary(f, shape) => pointwise::binary(workers, *f, shape, region, operand(0), operand(1), y),
            Kernel::Select(shape) => pointwise::select(workers, shape, region, operand(0), operand(1), operand(2), y),
            Kernel::Reduce(plan) => {
                if !plan.run_rows(workers, region, operand(0), y) {
                    plan.run(workers, operand(0), y, scratch);
                }
            }
            Kernel::LogSoftmax => softmax::log_softmax(workers, rows, region, operand(0), y),
            Kernel::LogSumExp(width) => softmax::log_sum_exp(workers, rows, *width, region, operand(0), y),
            Kernel::MatMul(plan) => plan.run(workers, operand(0), operand(1), y, scratch),
            Kernel::Conv(plan) => {
                let bias = bias.then(|| operand(2));
                plan.forward(workers, operand(0), operand(1), bias, y, region.batch.clone(), region.positions.clone());
            }
            Kernel::WeightGrad(plan, images) => weight_grad(plan, *images).run(workers, operand(0), operand(1), y, scratch),
            Kernel::Coupling(direction) => {
                coupling::affine_coupling(workers, *direction, rows, region, operand(0), operand(1), operand(2), y);
            }
            Kernel::Gather(plan) => plan.run(workers, region, operand(0), y),
            Kernel::Place(plan) => plan.run(workers, region, operand, y),
            Kernel::OneHot => layout::one_hot(workers, rows, region, operand(0), y),
            // Changes the store, which this function only reads: the program runs it.
            Kernel::Adam => {}
        }
    }
}

fn weight_grad(plan: &ConvPlan, images: usize) -> WeightGrad<'_> {
    WeightGrad { taps: &plan.taps, k: plan.k, n: plan.n, positions: plan.positions, images }
}
