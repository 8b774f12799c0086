//! The closed set of operations: the one list that the gradient, the analysis, both executors and the tests are written over.

use std::sync::Arc;

use super::shape::{Axes, MAX_RANK, Shape};
use super::taps::Taps;

/// An elementwise function of one value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unary {
    /// `-x`
    Neg,
    /// `|x|`
    Abs,
    /// `-1`, `0` or `1`
    Sign,
    /// `e^x`
    Exp,
    /// `ln x`
    Log,
    /// `sqrt x`
    Sqrt,
    /// `1 / x`
    Reciprocal,
    /// `x^2`
    Square,
    /// `tanh x`
    Tanh,
    /// `1 / (1 + e^-x)`
    Sigmoid,
    /// `max(x, 0)`
    Relu,
    /// `ln(1 + e^x)`
    Softplus,
}

impl Unary {
    /// Every unary function.
    pub const ALL: [Unary; 12] = [
        Unary::Neg,
        Unary::Abs,
        Unary::Sign,
        Unary::Exp,
        Unary::Log,
        Unary::Sqrt,
        Unary::Reciprocal,
        Unary::Square,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Relu,
        Unary::Softplus,
    ];

    /// The scalar definition in f64: what every kernel must agree with.
    pub fn eval(self, x: f64) -> f64 {
        match self {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Sign => f64::from(i8::from(x > 0.0) - i8::from(x < 0.0)),
            Unary::Exp => x.exp(),
            Unary::Log => x.ln(),
            Unary::Sqrt => x.sqrt(),
            Unary::Reciprocal => 1.0 / x,
            Unary::Square => x * x,
            Unary::Tanh => x.tanh(),
            Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Unary::Relu => x.max(0.0),
            Unary::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
        }
    }
}

/// An elementwise function of two values that broadcast to one shape.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
    /// `max(a, b)`
    Max,
    /// `min(a, b)`
    Min,
    /// `a` where `b > 0`, else 0: the gradient `a` of a rectifier at `b`
    Gate,
    /// 1 where `a > b`, else 0
    Greater,
    /// 1 where `a == b`, else 0
    Equal,
}

impl Binary {
    /// Every binary function.
    pub const ALL: [Binary; 9] =
        [Binary::Add, Binary::Sub, Binary::Mul, Binary::Div, Binary::Max, Binary::Min, Binary::Gate, Binary::Greater, Binary::Equal];

    /// The scalar definition in f64: what every kernel must agree with.
    pub fn eval(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            Binary::Max => a.max(b),
            Binary::Min => a.min(b),
            Binary::Gate => {
                if b > 0.0 {
                    a
                } else {
                    0.0
                }
            }
            Binary::Greater => f64::from(u8::from(a > b)),
            Binary::Equal => f64::from(u8::from(a == b)),
        }
    }
}

/// Which way a coupling runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// Data to latent.
    Forward,
    /// Latent to data.
    Inverse,
}

/// One operation. Operands are the inputs of its [`Node`](super::Node), in the order given here.
///
/// Reductions keep their axes with length 1. `B, H, W, C` are batch, height, width, channels.
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// A trained array, found by its node's name in the store.
    Parameter,
    /// A persistent array that training changes but no gradient reaches (Adam's moments); found by name in the store.
    State,
    /// An array given anew at each run, found by its node's name.
    Input,
    /// One number everywhere.
    Fill(f64),
    /// Given numbers, row-major (coordinates, bases).
    Table(Arc<[f64]>),

    /// `f(a)`
    Unary(Unary),
    /// `f(a, b)`, broadcasting
    Binary(Binary),
    /// `a` where `c != 0`, else `b`; operands `c, a, b`, broadcasting
    Select,
    /// The value, hidden from the gradient.
    StopGradient,

    /// Sum over axes.
    Sum(Axes),
    /// Largest over axes.
    Max(Axes),
    /// `x - ln sum_c e^x` over the last axis
    LogSoftmax,
    /// `ln sum_c e^x` over the last axis (length 1 is kept)
    LogSumExp,

    /// `A B`, rank 2, each transposed first if its flag is set.
    MatMul {
        /// Transpose the first operand.
        transpose_a: bool,
        /// Transpose the second operand.
        transpose_b: bool,
    },
    /// Masked convolution: operands `x [B,H,W,I]`, `w [taps,I,O]` and maybe `bias [O]`.
    ///
    /// `y[b,p,o] = bias[o] + sum_t sum_i x[b, p + tap_t, i] w[t,i,o]`, with zero outside the image. Only live taps exist: the mask is
    /// structure, not numbers.
    MaskedConv(Taps),
    /// Gradient of a masked convolution by its weights: operands `x [B,H,W,I]`, `g [B,H,W,O]`; gives `[taps,I,O]`,
    /// `sum_b sum_p x[b, p + tap_t, i] g[b,p,o]`.
    ConvWeightGrad(Taps),
    /// Affine coupling (RealNVP, 1605.08803 eq. 7-8): operands moved half `x [B,D]`, log-scale `s [B,D]`, translation `t [B,D]`.
    ///
    /// Forward gives `[x e^s + t, sum_d s]`, inverse `[(x - t) e^-s, -sum_d s]`: `[B, D+1]`, the log-determinant in the last column.
    AffineCoupling(Direction),

    /// The same elements in another shape.
    Reshape,
    /// Axis `i` of the result is axis `permutation[i]` of the operand.
    Permute([usize; MAX_RANK]),
    /// Broadcast to the node's shape.
    Expand,
    /// `length` elements from `start` along an axis (the node's shape has the length).
    Slice {
        /// The axis that is cut.
        axis: usize,
        /// First index that is kept.
        start: usize,
    },
    /// Zeros before (and after, up to the node's shape) along an axis: the transpose of a slice.
    Pad {
        /// The axis that is lengthened.
        axis: usize,
        /// Number of zeros before.
        before: usize,
    },
    /// Operands one after the other along an axis.
    Concat {
        /// The axis along which they are joined.
        axis: usize,
    },
    /// Index `x [..., 1]` to a row of `classes` zeros with a one at the index; an index outside gives zeros (no class).
    OneHot,

    /// One step of Adam (1412.6980, algorithm 1) with clipping by the global norm. Operands: parameter, gradient, first moment, second
    /// moment, hyper-parameters `[8]` (see [`hyper`]), squared global gradient norm `[1]`. Changes the parameter and both moments in the
    /// store, or nothing where the norm is not finite. Its value, `[1]`, is 1 where it applied, else 0.
    AdamStep,
}

/// Slots of the hyper-parameter input of [`Op::AdamStep`].
pub mod hyper {
    /// Learning rate.
    pub const RATE: usize = 0;
    /// Decay of the first moment.
    pub const BETA1: usize = 1;
    /// Decay of the second moment.
    pub const BETA2: usize = 2;
    /// Added to the root of the second moment.
    pub const EPSILON: usize = 3;
    /// `1 - beta1^t`, t counting from 1.
    pub const CORRECTION1: usize = 4;
    /// `1 - beta2^t`.
    pub const CORRECTION2: usize = 5;
    /// Gradients are scaled by `min(1, clip / norm)`; 0 means no clipping.
    pub const CLIP: usize = 6;
    /// Decoupled weight decay.
    pub const DECAY: usize = 7;
    /// Number of slots.
    pub const SLOTS: usize = 8;
}

/// Which positions of an operand one position of a result reads: the dependency rule of an operation, written once.
///
/// A *position* is a pixel (`y * width + x`), with all its channels; values without a grid have the one position 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Reads<'a> {
    /// The same position (position 0 where the operand has only one).
    Same,
    /// The positions at these offsets, where they lie inside the image.
    Taps(&'a Taps),
    /// Every position.
    All,
}

impl Op {
    /// What position `p` of the result reads of operand `operand`.
    pub fn reads(&self, operand: usize) -> Reads<'_> {
        match self {
            Op::MaskedConv(taps) if operand == 0 => Reads::Taps(taps),
            Op::Parameter | Op::State | Op::Input | Op::Fill(_) | Op::Table(_) => Reads::Same,
            Op::Unary(_) | Op::Binary(_) | Op::Select | Op::StopGradient | Op::OneHot => Reads::Same,
            Op::LogSoftmax | Op::LogSumExp | Op::AffineCoupling(_) | Op::Expand => Reads::Same,
            // These stay within a position while they leave the grid's axes alone; the analysis checks the shapes (`keeps_grid`).
            Op::Slice { .. } | Op::Pad { .. } | Op::Concat { .. } | Op::Sum(_) | Op::Max(_) => Reads::Same,
            Op::MaskedConv(_) | Op::ConvWeightGrad(_) | Op::MatMul { .. } => Reads::All,
            Op::Reshape | Op::Permute(_) | Op::AdamStep => Reads::All,
        }
    }

    /// Whether [`Op::reads`] holds position by position: the operation does not move or mix positions of the grid.
    pub fn keeps_grid(&self) -> bool {
        match self {
            Op::Slice { axis, .. } | Op::Pad { axis, .. } | Op::Concat { axis } => *axis == 0 || *axis == 3,
            Op::Sum(axes) | Op::Max(axes) => !axes.contains(1) && !axes.contains(2),
            Op::Reshape | Op::Permute(_) | Op::MatMul { .. } | Op::ConvWeightGrad(_) | Op::AdamStep => false,
            _ => true,
        }
    }

    /// Whether the node's value comes from outside the plan: store or caller.
    pub fn is_source(&self) -> bool {
        matches!(self, Op::Parameter | Op::State | Op::Input | Op::Fill(_) | Op::Table(_))
    }

    /// Whether the node must run even if nothing reads its value.
    pub fn has_effect(&self) -> bool {
        matches!(self, Op::AdamStep)
    }

    /// The operation's name in messages and test tables.
    pub fn label(&self) -> &'static str {
        match self {
            Op::Parameter => "parameter",
            Op::State => "state",
            Op::Input => "input",
            Op::Fill(_) => "fill",
            Op::Table(_) => "table",
            Op::Unary(_) => "unary",
            Op::Binary(_) => "binary",
            Op::Select => "select",
            Op::StopGradient => "stop_gradient",
            Op::Sum(_) => "sum",
            Op::Max(_) => "max",
            Op::LogSoftmax => "log_softmax",
            Op::LogSumExp => "log_sum_exp",
            Op::MatMul { .. } => "matmul",
            Op::MaskedConv(_) => "masked_conv",
            Op::ConvWeightGrad(_) => "conv_weight_grad",
            Op::AffineCoupling(_) => "affine_coupling",
            Op::Reshape => "reshape",
            Op::Permute(_) => "permute",
            Op::Expand => "expand",
            Op::Slice { .. } => "slice",
            Op::Pad { .. } => "pad",
            Op::Concat { .. } => "concat",
            Op::OneHot => "one_hot",
            Op::AdamStep => "adam_step",
        }
    }

    /// Multiply-adds (or elementwise operations) for a result of this shape from these operands.
    pub fn cost(&self, shape: Shape, operands: &[Shape]) -> u64 {
        let elements = shape.elements() as u64;
        match self {
            Op::MatMul { transpose_a, .. } => {
                let inner = operands[0].dims()[usize::from(!transpose_a)] as u64;
                elements * inner
            }
            Op::MaskedConv(taps) => elements * taps.len() as u64 * operands[0].last() as u64,
            Op::ConvWeightGrad(_) => elements * operands[1].rows() as u64,
            Op::Sum(_) | Op::Max(_) | Op::LogSumExp => operands[0].elements() as u64,
            _ if self.is_source() => 0,
            _ => elements,
        }
    }
}
