use std::collections::HashSet;
use std::panic::Location;

use super::op::{Binary, Direction, Op, Unary};
use super::shape::{Axes, MAX_RANK, Shape};
use super::taps::Taps;
use super::{Graph, GraphError, Init, Node, NodeId, ParameterDecl};

/// What a model is recorded for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Data-dependent initialisation, run once.
    Init,
    /// Loss, gradients and an optimiser step.
    Train,
    /// Likelihoods and pictures.
    Evaluate,
    /// Latent to data.
    Inverse,
}

/// Records a model as a graph.
///
/// Methods return node ids at once; the first shape mistake is kept (operation, shapes, scope, caller's line) and comes out of
/// [`Builder::finish`], so a model reads as its formula. Nothing here panics on what a user chose.
pub struct Builder {
    mode: Mode,
    pub(super) graph: Graph,
    scopes: Vec<String>,
    names: HashSet<String>,
    error: Option<GraphError>,
}

impl Builder {
    /// An empty recording.
    pub fn new(mode: Mode) -> Builder {
        Builder { mode, graph: Graph::default(), scopes: Vec::new(), names: HashSet::new(), error: None }
    }

    /// What this recording is for.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Runs `body` with a name put before every name that it gives: `scope("block", ..)`.
    pub fn scope<T>(&mut self, name: impl Into<String>, body: impl FnOnce(&mut Builder) -> T) -> T {
        self.scopes.push(name.into());
        let value = body(self);
        self.scopes.pop();
        value
    }

    /// Shape of a node's value.
    pub fn shape(&self, id: NodeId) -> Shape {
        self.graph.shape(id)
    }

    /// Full name and node of every parameter declared so far, in order.
    pub fn parameters(&self) -> Vec<(String, NodeId)> {
        self.graph.parameters.iter().map(|p| (self.graph.describe(p.node), p.node)).collect()
    }

    /// The finished graph, or the first mistake that was made while recording.
    pub fn finish(self) -> Result<Graph, GraphError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.graph),
        }
    }

    // ---- sources -------------------------------------------------------------------------------------------------------------------

    /// A trainable array.
    #[track_caller]
    pub fn parameter(&mut self, name: &str, dims: &[usize], init: Init) -> NodeId {
        let shape = self.checked_shape("parameter", dims);
        let node = self.named_source(Op::Parameter, name, shape);
        self.graph.parameters.push(ParameterDecl { node, init });
        node
    }

    /// A persistent array that no gradient reaches.
    #[track_caller]
    pub fn state(&mut self, name: &str, dims: &[usize]) -> NodeId {
        let shape = self.checked_shape("state", dims);
        self.named_source(Op::State, name, shape)
    }

    /// An array given anew at each run. Its name carries no scope.
    #[track_caller]
    pub fn input(&mut self, name: &str, dims: &[usize]) -> NodeId {
        let shape = self.checked_shape("input", dims);
        let scopes = std::mem::take(&mut self.scopes);
        let node = self.named_source(Op::Input, name, shape);
        self.scopes = scopes;
        node
    }

    /// One number, as a scalar that broadcasts.
    pub fn scalar(&mut self, value: f64) -> NodeId {
        self.push(Op::Fill(value), &[], Shape::SCALAR)
    }

    /// One number everywhere.
    #[track_caller]
    pub fn fill(&mut self, value: f64, dims: &[usize]) -> NodeId {
        let shape = self.checked_shape("fill", dims);
        self.push(Op::Fill(value), &[], shape)
    }

    /// Given numbers, row-major.
    #[track_caller]
    pub fn table(&mut self, values: Vec<f64>, dims: &[usize]) -> NodeId {
        let shape = self.checked_shape("table", dims);
        if shape.elements() != values.len() {
            let found = values.len().to_string();
            self.fail("table", format!("{} numbers for {shape}", shape.elements()), found);
        }
        self.push(Op::Table(values.into()), &[], shape)
    }

    // ---- elementwise -----------------------------------------------------------------------------------------------------------------

    /// `f(a)`
    pub fn unary(&mut self, f: Unary, a: NodeId) -> NodeId {
        let shape = self.shape(a);
        self.push(Op::Unary(f), &[a], shape)
    }

    /// `f(a, b)`, broadcasting.
    #[track_caller]
    pub fn binary(&mut self, f: Binary, a: NodeId, b: NodeId) -> NodeId {
        let shape = self.broadcast_shape("binary", a, b);
        self.push(Op::Binary(f), &[a, b], shape)
    }

    /// `a + b`
    #[track_caller]
    pub fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Add, a, b)
    }

    /// `a - b`
    #[track_caller]
    pub fn sub(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Sub, a, b)
    }

    /// `a b`
    #[track_caller]
    pub fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Mul, a, b)
    }

    /// `a / b`
    #[track_caller]
    pub fn div(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Div, a, b)
    }

    /// `a c` for a number c.
    pub fn scale(&mut self, a: NodeId, c: f64) -> NodeId {
        let c = self.scalar(c);
        self.mul(a, c)
    }

    /// `a + c` for a number c.
    pub fn offset(&mut self, a: NodeId, c: f64) -> NodeId {
        let c = self.scalar(c);
        self.add(a, c)
    }

    /// `-a`
    pub fn neg(&mut self, a: NodeId) -> NodeId {
        self.unary(Unary::Neg, a)
    }

    /// `max(a, 0)`
    pub fn relu(&mut self, a: NodeId) -> NodeId {
        self.unary(Unary::Relu, a)
    }

    /// `tanh a`
    pub fn tanh(&mut self, a: NodeId) -> NodeId {
        self.unary(Unary::Tanh, a)
    }

    /// `e^a`
    pub fn exp(&mut self, a: NodeId) -> NodeId {
        self.unary(Unary::Exp, a)
    }

    /// `a^2`
    pub fn square(&mut self, a: NodeId) -> NodeId {
        self.unary(Unary::Square, a)
    }

    /// `a` where `condition != 0`, else `b`.
    #[track_caller]
    pub fn select(&mut self, condition: NodeId, a: NodeId, b: NodeId) -> NodeId {
        let values = self.broadcast_shape("select", a, b);
        let shape = match values.broadcast(self.shape(condition)) {
            Some(shape) => shape,
            None => {
                let found = format!("{} and {values}", self.shape(condition));
                self.fail("select", "shapes that broadcast".into(), found);
                values
            }
        };
        self.push(Op::Select, &[condition, a, b], shape)
    }

    /// The value, hidden from the gradient.
    pub fn stop_gradient(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a);
        self.push(Op::StopGradient, &[a], shape)
    }

    // ---- reductions ------------------------------------------------------------------------------------------------------------------

    /// Sum over axes, which stay with length 1.
    pub fn sum(&mut self, a: NodeId, axes: &[usize]) -> NodeId {
        let axes = Axes::of(axes);
        let shape = axes.reduce(self.shape(a));
        self.push(Op::Sum(axes), &[a], shape)
    }

    /// Sum of every element, `[1]`.
    pub fn sum_all(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a);
        let axes = Axes::all(shape);
        let sum = self.push(Op::Sum(axes), &[a], axes.reduce(shape));
        self.reshape(sum, &[1])
    }

    /// Mean of every element, `[1]`.
    pub fn mean_all(&mut self, a: NodeId) -> NodeId {
        let count = self.shape(a).elements() as f64;
        let sum = self.sum_all(a);
        self.scale(sum, 1.0 / count)
    }

    /// Largest over axes, which stay with length 1.
    pub fn max(&mut self, a: NodeId, axes: &[usize]) -> NodeId {
        let axes = Axes::of(axes);
        let shape = axes.reduce(self.shape(a));
        self.push(Op::Max(axes), &[a], shape)
    }

    /// `a - ln sum_c e^a` over the last axis.
    pub fn log_softmax(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a);
        self.push(Op::LogSoftmax, &[a], shape)
    }

    /// `ln sum_c e^a` over the last axis, which stays with length 1.
    pub fn log_sum_exp(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a);
        let shape = shape.with_axis(shape.rank() - 1, 1);
        self.push(Op::LogSumExp, &[a], shape)
    }

    // ---- products --------------------------------------------------------------------------------------------------------------------

    /// `A B` for rank 2, transposed first where a flag is set.
    #[track_caller]
    pub fn matmul_with(&mut self, a: NodeId, b: NodeId, transpose_a: bool, transpose_b: bool) -> NodeId {
        let (sa, sb) = (self.shape(a), self.shape(b));
        let op = Op::MatMul { transpose_a, transpose_b };
        if sa.rank() != 2 || sb.rank() != 2 || sa.dims()[usize::from(!transpose_a)] != sb.dims()[usize::from(transpose_b)] {
            let found = format!("{sa} (transposed: {transpose_a}) times {sb} (transposed: {transpose_b})");
            self.fail("matmul", "two matrices with equal inner lengths".into(), found);
            return a;
        }
        let dims = [sa.dims()[usize::from(transpose_a)], sb.dims()[usize::from(!transpose_b)]];
        let shape = self.checked_shape("matmul", &dims);
        self.push(op, &[a, b], shape)
    }

    /// `A B` for rank 2.
    #[track_caller]
    pub fn matmul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.matmul_with(a, b, false, false)
    }

    /// Masked convolution, see [`Op::MaskedConv`].
    #[track_caller]
    pub fn masked_conv(&mut self, taps: &Taps, x: NodeId, weight: NodeId, bias: Option<NodeId>) -> NodeId {
        let (sx, sw) = (self.shape(x), self.shape(weight));
        let bias_fits = bias.is_none_or(|b| self.shape(b).rank() == 1 && self.shape(b).last() == sw.last());
        if sx.rank() != 4 || sw.rank() != 3 || sw.dims()[0] != taps.len() || sw.dims()[1] != sx.last() || !bias_fits {
            let found = format!("image {sx}, weight {sw}, bias {:?}", bias.map(|b| self.shape(b)));
            let expected = format!("image [B,H,W,I], weight [{},I,O], bias [O]", taps.len());
            self.fail("masked_conv", expected, found);
            return x;
        }
        let operands: Vec<NodeId> = [x, weight].into_iter().chain(bias).collect();
        self.push(Op::MaskedConv(taps.clone()), &operands, sx.with_axis(3, sw.last()))
    }

    /// Gradient of a masked convolution by its weights, see [`Op::ConvWeightGrad`].
    #[track_caller]
    pub fn conv_weight_grad(&mut self, taps: &Taps, x: NodeId, g: NodeId) -> NodeId {
        let (sx, sg) = (self.shape(x), self.shape(g));
        if sx.rank() != 4 || sg.rank() != 4 || sx.dims()[..3] != sg.dims()[..3] {
            self.fail("conv_weight_grad", "images of one batch and size".into(), format!("{sx} and {sg}"));
            return x;
        }
        let shape = self.checked_shape("conv_weight_grad", &[taps.len(), sx.last(), sg.last()]);
        self.push(Op::ConvWeightGrad(taps.clone()), &[x, g], shape)
    }

    /// Affine coupling: `[B,D+1]`, the moved half and, in the last column, the log-determinant. See [`Op::AffineCoupling`].
    #[track_caller]
    pub fn affine_coupling(&mut self, direction: Direction, x: NodeId, log_scale: NodeId, translation: NodeId) -> NodeId {
        let shape = self.shape(x);
        if shape.rank() != 2 || self.shape(log_scale) != shape || self.shape(translation) != shape {
            let found = format!("{shape}, {}, {}", self.shape(log_scale), self.shape(translation));
            self.fail("affine_coupling", "three arrays of one shape [B,D]".into(), found);
            return x;
        }
        let widened = shape.with_axis(1, shape.last() + 1);
        self.push(Op::AffineCoupling(direction), &[x, log_scale, translation], widened)
    }

    // ---- layout ----------------------------------------------------------------------------------------------------------------------

    /// The same elements in another shape.
    #[track_caller]
    pub fn reshape(&mut self, a: NodeId, dims: &[usize]) -> NodeId {
        let (from, to) = (self.shape(a), self.checked_shape("reshape", dims));
        if from == to {
            return a;
        }
        if from.elements() != to.elements() {
            self.fail("reshape", format!("{} elements", from.elements()), to.to_string());
            return a;
        }
        self.push(Op::Reshape, &[a], to)
    }

    /// Axis `i` of the result is axis `permutation[i]` of `a`.
    #[track_caller]
    pub fn permute(&mut self, a: NodeId, permutation: &[usize]) -> NodeId {
        let shape = self.shape(a);
        let mut sorted = permutation.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..shape.rank()) {
            self.fail("permute", format!("a permutation of the {} axes", shape.rank()), format!("{permutation:?}"));
            return a;
        }
        let mut all: [usize; MAX_RANK] = [0, 1, 2, 3];
        all[..permutation.len()].copy_from_slice(permutation);
        let dims: Vec<usize> = permutation.iter().map(|&axis| shape.dims()[axis]).collect();
        let to = self.checked_shape("permute", &dims);
        self.push(Op::Permute(all), &[a], to)
    }

    /// Broadcast to a shape.
    #[track_caller]
    pub fn expand(&mut self, a: NodeId, dims: &[usize]) -> NodeId {
        let (from, to) = (self.shape(a), self.checked_shape("expand", dims));
        if from == to {
            return a;
        }
        if from.broadcast(to) != Some(to) {
            self.fail("expand", format!("a shape that {from} broadcasts to"), to.to_string());
            return a;
        }
        self.push(Op::Expand, &[a], to)
    }

    /// `length` elements from `start` along an axis.
    #[track_caller]
    pub fn slice(&mut self, a: NodeId, axis: usize, start: usize, length: usize) -> NodeId {
        let shape = self.shape(a);
        if axis >= shape.rank() || length == 0 || start + length > shape.dims()[axis] {
            self.fail("slice", format!("a range inside axis {axis} of {shape}"), format!("{start}..{}", start + length));
            return a;
        }
        if length == shape.dims()[axis] {
            return a;
        }
        self.push(Op::Slice { axis, start }, &[a], shape.with_axis(axis, length))
    }

    /// Zeros around `a` along an axis, `total` elements in all.
    #[track_caller]
    pub fn pad(&mut self, a: NodeId, axis: usize, before: usize, total: usize) -> NodeId {
        let shape = self.shape(a);
        if axis >= shape.rank() || before + shape.dims()[axis] > total {
            self.fail("pad", format!("room for axis {axis} of {shape}"), format!("{before} before, {total} in all"));
            return a;
        }
        self.push(Op::Pad { axis, before }, &[a], shape.with_axis(axis, total))
    }

    /// Operands one after the other along an axis.
    #[track_caller]
    pub fn concat(&mut self, parts: &[NodeId], axis: usize) -> NodeId {
        let first = self.shape(parts[0]);
        let total = parts.iter().map(|&p| self.shape(p).dims().get(axis).copied().unwrap_or(0)).sum();
        if parts.len() == 1 {
            return parts[0];
        }
        let fits = |s: Shape| s.rank() == first.rank() && axis < s.rank() && s.with_axis(axis, 1) == first.with_axis(axis, 1);
        if !parts.iter().all(|&p| fits(self.shape(p))) {
            let found = format!("{:?}", parts.iter().map(|&p| self.shape(p)).collect::<Vec<_>>());
            self.fail("concat", format!("shapes equal but for axis {axis}"), found);
            return parts[0];
        }
        self.push(Op::Concat { axis }, parts, first.with_axis(axis, total))
    }

    /// Index `[..., 1]` to one-hot `[..., classes]`.
    #[track_caller]
    pub fn one_hot(&mut self, index: NodeId, classes: usize) -> NodeId {
        let shape = self.shape(index);
        if shape.last() != 1 || classes == 0 {
            self.fail("one_hot", "an index with a last axis of 1".into(), shape.to_string());
            return index;
        }
        self.push(Op::OneHot, &[index], shape.with_axis(shape.rank() - 1, classes))
    }

    // ---- training --------------------------------------------------------------------------------------------------------------------

    /// One step of Adam, see [`Op::AdamStep`].
    #[track_caller]
    pub fn adam_step(&mut self, operands: [NodeId; 6]) -> NodeId {
        let shape = self.shape(operands[0]);
        if operands[1..4].iter().any(|&o| self.shape(o) != shape) {
            let found = format!("{:?}", operands.map(|o| self.shape(o)));
            self.fail("adam_step", "gradient and moments of the parameter's shape".into(), found);
        }
        self.push(Op::AdamStep, &operands, Shape::SCALAR)
    }

    // ---- names and results -----------------------------------------------------------------------------------------------------------

    /// Gives a node its name under the current scopes, so that a picture can read it.
    #[track_caller]
    pub fn name(&mut self, id: NodeId, name: &str) -> NodeId {
        let full = self.full_name(name);
        if !self.names.insert(full.clone()) {
            self.duplicate(full);
        } else if self.graph.node(id).name.is_none() {
            self.graph.nodes[id.index()].name = Some(full);
        }
        id
    }

    /// Declares a result.
    pub fn output(&mut self, name: &str, id: NodeId) {
        self.graph.outputs.push((name.into(), id));
    }

    // ---- inside ----------------------------------------------------------------------------------------------------------------------

    pub(super) fn push(&mut self, op: Op, inputs: &[NodeId], shape: Shape) -> NodeId {
        let id = NodeId(self.graph.nodes.len() as u32);
        self.graph.nodes.push(Node { op, inputs: inputs.to_vec(), shape, name: None });
        id
    }

    pub(super) fn set_error(&mut self, error: GraphError) {
        self.error.get_or_insert(error);
    }

    fn full_name(&self, name: &str) -> String {
        let mut full = self.scopes.join(".");
        if !full.is_empty() {
            full.push('.');
        }
        full + name
    }

    #[track_caller]
    fn named_source(&mut self, op: Op, name: &str, shape: Shape) -> NodeId {
        let full = self.full_name(name);
        if !self.names.insert(full.clone()) {
            self.duplicate(full.clone());
        }
        let id = self.push(op, &[], shape);
        self.graph.nodes[id.index()].name = Some(full);
        id
    }

    #[track_caller]
    fn duplicate(&mut self, name: String) {
        let location = Location::caller().to_string();
        self.set_error(GraphError::DuplicateName { name, location });
    }

    #[track_caller]
    fn checked_shape(&mut self, op: &str, dims: &[usize]) -> Shape {
        match Shape::try_new(dims) {
            Some(shape) => shape,
            None => {
                self.fail(op, format!("1 to {MAX_RANK} axes of length 1 or more"), format!("{dims:?}"));
                Shape::SCALAR
            }
        }
    }

    #[track_caller]
    fn broadcast_shape(&mut self, op: &str, a: NodeId, b: NodeId) -> Shape {
        let (sa, sb) = (self.shape(a), self.shape(b));
        match sa.broadcast(sb) {
            Some(shape) => shape,
            None => {
                self.fail(op, "shapes that broadcast".into(), format!("{sa} and {sb}"));
                sa
            }
        }
    }

    #[track_caller]
    fn fail(&mut self, op: &str, expected: String, found: String) {
        let location = Location::caller().to_string();
        let scope = self.scopes.join(".");
        self.set_error(GraphError::Shape { op: op.into(), scope, location, expected, found });
    }
}
