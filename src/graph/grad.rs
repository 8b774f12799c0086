use super::op::{Binary, Direction, Op, Unary};
use super::shape::Shape;
use super::{Builder, GraphError, NodeId};

impl Builder {
    /// Appends the reverse pass: the gradients of the scalar `loss` by each target, as ordinary nodes (so they have gradients too).
    ///
    /// Only paths from a target to the loss are walked. A target that the loss does not depend on gets zeros.
    pub fn gradients(&mut self, loss: NodeId, targets: &[NodeId]) -> Vec<NodeId> {
        if self.shape(loss).elements() != 1 {
            let what = format!("the loss has shape {}, not one element", self.shape(loss));
            self.set_error(GraphError::NoGradient { node: loss, what });
            return targets.to_vec();
        }
        let dims = self.shape(loss).dims().to_vec();
        let seed = self.fill(1.0, &dims);
        self.vector_jacobian(&[(loss, seed)], targets)
    }

    /// Vector-Jacobian product: for each target, `sum over roots of (d root / d target)^T v`.
    pub fn vector_jacobian(&mut self, roots: &[(NodeId, NodeId)], targets: &[NodeId]) -> Vec<NodeId> {
        let count = self.graph.nodes().len();
        let depends = self.depends_on(targets, count);
        let mut adjoint: Vec<Option<NodeId>> = vec![None; count];
        for &(root, v) in roots {
            self.accumulate(&mut adjoint, root, v);
        }
        let last = roots.iter().map(|(root, _)| root.index()).max().unwrap_or(0);
        for index in (0..=last).rev() {
            let id = NodeId(index as u32);
            let Some(g) = adjoint[index].filter(|_| depends[index]) else { continue };
            let inputs = self.graph.node(id).inputs.clone();
            let wanted: Vec<bool> = inputs.iter().map(|i| depends[i.index()]).collect();
            if !wanted.contains(&true) {
                continue;
            }
            for (slot, part) in self.pull_back(id, g, &wanted) {
                let part = self.unbroadcast(part, self.shape(inputs[slot]));
                self.accumulate(&mut adjoint, inputs[slot], part);
            }
        }
        let zeros = |b: &mut Builder, t: NodeId| {
            let dims = b.shape(t).dims().to_vec();
            b.fill(0.0, &dims)
        };
        targets.iter().map(|&t| adjoint[t.index()].unwrap_or_else(|| zeros(self, t))).collect()
    }

    /// Which nodes are targets or read one.
    fn depends_on(&self, targets: &[NodeId], count: usize) -> Vec<bool> {
        let mut depends = vec![false; count];
        for target in targets {
            depends[target.index()] = true;
        }
        for index in 0..count {
            let node = self.graph.node(NodeId(index as u32));
            let passes = !matches!(node.op, Op::StopGradient);
            depends[index] |= passes && node.inputs.iter().any(|i| depends[i.index()]);
        }
        depends
    }

    fn accumulate(&mut self, adjoint: &mut [Option<NodeId>], node: NodeId, part: NodeId) {
        adjoint[node.index()] = Some(match adjoint[node.index()] {
            Some(sum) => self.joined(sum, part).or_else(|| self.joined(part, sum)).unwrap_or_else(|| self.add(sum, part)),
            None => part,
        });
    }

    /// The sum of two gradients that slices padded with zeros, where one begins as the other ends: they only need to be put side by side.
    /// So the gradient of a value that was cut in two (the halves of a gate) is written once instead of three times.
    fn joined(&mut self, low: NodeId, high: NodeId) -> Option<NodeId> {
        let (a, b) = (self.graph.node(low), self.graph.node(high));
        let (&Op::Pad { axis, before: 0 }, &Op::Pad { axis: other, before }) = (&a.op, &b.op) else { return None };
        let (x, y) = (a.inputs[0], b.inputs[0]);
        let [first, second] = [x, y].map(|id| self.shape(id).dims().get(axis).copied());
        let whole = a.shape.dims().get(axis).copied();
        let fits = axis == other && first == Some(before) && first.zip(second).map(|(p, q)| p + q) == whole;
        fits.then(|| self.concat(&[x, y], axis))
    }

    /// Sums a gradient over the axes along which its operand was broadcast: the one place where that happens.
    fn unbroadcast(&mut self, g: NodeId, to: Shape) -> NodeId {
        let from = self.shape(g);
        if from == to {
            return g;
        }
        let aligned = to.aligned();
        let lead = aligned.len() - from.rank();
        let axes: Vec<usize> = (0..from.rank()).filter(|&a| from.dims()[a] != aligned[lead + a]).collect();
        let summed = if axes.is_empty() { g } else { self.sum(g, &axes) };
        self.reshape(summed, to.dims())
    }

    /// The gradient rule of every operation: from the gradient `g` of node `y` to those of its operands, `(slot, gradient)`; a gradient
    /// may still have the broadcast shape. Rules skip operands that are not wanted.
    fn pull_back(&mut self, y: NodeId, g: NodeId, wanted: &[bool]) -> Vec<(usize, NodeId)> {
        let node = self.graph.node(y).clone();
        let x = |slot: usize| node.inputs[slot];
        let want = |slot: usize| wanted.get(slot).copied().unwrap_or(false);
        match &node.op {
            Op::Parameter | Op::State | Op::Input | Op::Fill(_) | Op::Table(_) | Op::StopGradient => vec![],

            Op::Unary(f) => match self.unary_rule(*f, x(0), y, g) {
                Some(part) => vec![(0, part)],
                None => vec![],
            },
            Op::Binary(f) => self.binary_rule(*f, [x(0), x(1)], [want(0), want(1)], g),
            Op::Select => {
                let zero = self.scalar(0.0);
                let mut parts = Vec::new();
                if want(1) {
                    parts.push((1, self.select(x(0), g, zero)));
                }
                if want(2) {
                    parts.push((2, self.select(x(0), zero, g)));
                }
                parts
            }

            Op::Sum(_) => {
                let dims = self.shape(x(0)).dims().to_vec();
                vec![(0, self.expand(g, &dims))]
            }
            // Equal largest elements share the gradient, so that the rule stays exact for sums of them.
            Op::Max(axes) => {
                let shape = self.shape(x(0));
                let hit = self.binary(Binary::Equal, x(0), y);
                let list: Vec<usize> = (0..shape.rank()).filter(|&a| axes.contains(a)).collect();
                let ties = self.sum(hit, &list);
                let share = self.div(g, ties);
                vec![(0, self.mul(hit, share))]
            }
            // y = x - lse(x): dx = g - softmax(x) sum(g)
            Op::LogSoftmax => {
                let last = node.shape.rank() - 1;
                let total = self.sum(g, &[last]);
                let p = self.exp(y);
                let weighted = self.mul(p, total);
                vec![(0, self.sub(g, weighted))]
            }
            Op::LogSumExp => {
                let log_p = self.log_softmax(x(0));
                let p = self.exp(log_p);
                vec![(0, self.mul(p, g))]
            }

            // Y = A B: dA = g B^T, dB = A^T g; with a transposed operand the product is transposed instead.
            Op::MatMul { transpose_a: ta, transpose_b: tb } => {
                let (a, b, ta, tb) = (x(0), x(1), *ta, *tb);
                let mut parts = Vec::new();
                if want(0) {
                    let da = if ta { self.matmul_with(b, g, tb, true) } else { self.matmul_with(g, b, false, !tb) };
                    parts.push((0, da));
                }
                if want(1) {
                    let db = if tb { self.matmul_with(g, a, true, ta) } else { self.matmul_with(a, g, !ta, false) };
                    parts.push((1, db));
                }
                parts
            }
            // The input's gradient is the same convolution with mirrored taps and transposed weights.
            Op::MaskedConv(taps) => {
                let mut parts = Vec::new();
                if want(0) {
                    let transposed = self.permute(x(1), &[0, 2, 1]);
                    parts.push((0, self.masked_conv(&taps.mirrored(), g, transposed, None)));
                }
                if want(1) {
                    parts.push((1, self.conv_weight_grad(taps, x(0), g)));
                }
                if want(2) {
                    parts.push((2, g));
                }
                parts
            }
            // Linear in both: as a function of x it is correlated back by the mirrored taps, of g by the taps themselves.
            Op::ConvWeightGrad(taps) => {
                let mut parts = Vec::new();
                if want(0) {
                    let transposed = self.permute(g, &[0, 2, 1]);
                    parts.push((0, self.masked_conv(&taps.mirrored(), x(1), transposed, None)));
                }
                if want(1) {
                    parts.push((1, self.masked_conv(taps, x(0), g, None)));
                }
                parts
            }
            Op::AffineCoupling(direction) => self.coupling_rule(*direction, &node.inputs, y, g),

            Op::Reshape => {
                let dims = self.shape(x(0)).dims().to_vec();
                vec![(0, self.reshape(g, &dims))]
            }
            Op::Permute(permutation) => {
                let rank = node.shape.rank();
                let mut back = vec![0; rank];
                for (to, &from) in permutation[..rank].iter().enumerate() {
                    back[from] = to;
                }
                vec![(0, self.permute(g, &back))]
            }
            Op::Expand => vec![(0, g)],
            Op::Slice { axis, start } => {
                let total = self.shape(x(0)).dims()[*axis];
                vec![(0, self.pad(g, *axis, *start, total))]
            }
            Op::Pad { axis, before } => {
                let length = self.shape(x(0)).dims()[*axis];
                vec![(0, self.slice(g, *axis, *before, length))]
            }
            Op::Concat { axis } => {
                let mut start = 0;
                let mut parts = Vec::new();
                for (slot, &operand) in node.inputs.iter().enumerate() {
                    let length = self.shape(operand).dims()[*axis];
                    if want(slot) {
                        parts.push((slot, self.slice(g, *axis, start, length)));
                    }
                    start += length;
                }
                parts
            }
            // A step function of its operand.
            Op::OneHot => vec![],
            Op::AdamStep => {
                self.set_error(GraphError::NoGradient { node: y, what: "an optimiser step has no gradient".into() });
                vec![]
            }
        }
    }

    fn unary_rule(&mut self, f: Unary, x: NodeId, y: NodeId, g: NodeId) -> Option<NodeId> {
        Some(match f {
            Unary::Neg => self.neg(g),
            Unary::Abs => {
                let sign = self.unary(Unary::Sign, x);
                self.mul(g, sign)
            }
            Unary::Sign => return None,
            Unary::Exp => self.mul(g, y),
            Unary::Log => self.div(g, x),
            // 1 / (2 sqrt x)
            Unary::Sqrt => {
                let half = self.scale(g, 0.5);
                self.div(half, y)
            }
            // -1 / x^2
            Unary::Reciprocal => {
                let square = self.square(y);
                let product = self.mul(g, square);
                self.neg(product)
            }
            Unary::Square => {
                let product = self.mul(g, x);
                self.scale(product, 2.0)
            }
            // 1 - y^2
            Unary::Tanh => {
                let square = self.square(y);
                let product = self.mul(g, square);
                self.sub(g, product)
            }
            // y (1 - y)
            Unary::Sigmoid => {
                let first = self.mul(g, y);
                let second = self.mul(first, y);
                self.sub(first, second)
            }
            Unary::Relu => self.binary(Binary::Gate, g, x),
            Unary::Softplus => {
                let sigmoid = self.unary(Unary::Sigmoid, x);
                self.mul(g, sigmoid)
            }
        })
    }

    fn binary_rule(&mut self, f: Binary, x: [NodeId; 2], want: [bool; 2], g: NodeId) -> Vec<(usize, NodeId)> {
        let [a, b] = x;
        let mut parts = Vec::new();
        match f {
            Binary::Add => parts.extend([(0, g), (1, g)].into_iter().filter(|&(slot, _)| want[slot])),
            Binary::Sub => {
                if want[0] {
                    parts.push((0, g));
                }
                if want[1] {
                    parts.push((1, self.neg(g)));
                }
            }
            Binary::Mul => {
                if want[0] {
                    parts.push((0, self.mul(g, b)));
                }
                if want[1] {
                    parts.push((1, self.mul(g, a)));
                }
            }
            Binary::Div => {
                let quotient = self.div(g, b);
                if want[0] {
                    parts.push((0, quotient));
                }
                if want[1] {
                    let ratio = self.div(a, b);
                    let product = self.mul(quotient, ratio);
                    parts.push((1, self.neg(product)));
                }
            }
            // At a tie the first operand has it all.
            Binary::Max | Binary::Min => {
                let (low, high) = if f == Binary::Max { (a, b) } else { (b, a) };
                let second = self.binary(Binary::Greater, high, low);
                let zero = self.scalar(0.0);
                if want[0] {
                    parts.push((0, self.select(second, zero, g)));
                }
                if want[1] {
                    parts.push((1, self.select(second, g, zero)));
                }
            }
            Binary::Gate => {
                if want[0] {
                    parts.push((0, self.binary(Binary::Gate, g, b)));
                }
            }
            Binary::Greater | Binary::Equal => {}
        }
        parts
    }

    /// Affine coupling, by primitive nodes. With `g = [gy, gl]`:
    ///
    /// forward `y = x e^s + t, l = sum s`: `dx = gy e^s`, `ds = gy x e^s + gl`, `dt = gy`;
    /// inverse `y = (x - t) e^-s, l = -sum s`: `dx = gy e^-s`, `ds = -gy y - gl`, `dt = -gy e^-s`.
    fn coupling_rule(&mut self, direction: Direction, inputs: &[NodeId], out: NodeId, g: NodeId) -> Vec<(usize, NodeId)> {
        let (x, s) = (inputs[0], inputs[1]);
        let dim = self.shape(x).last();
        let gy = self.slice(g, 1, 0, dim);
        let gl = self.slice(g, 1, dim, 1);
        match direction {
            Direction::Forward => {
                let scale = self.exp(s);
                let dx = self.mul(gy, scale);
                let stretched = self.mul(dx, x);
                vec![(0, dx), (1, self.add(stretched, gl)), (2, gy)]
            }
            Direction::Inverse => {
                let minus = self.neg(s);
                let scale = self.exp(minus);
                let dx = self.mul(gy, scale);
                let y = self.slice(out, 1, 0, dim);
                let moved = self.mul(gy, y);
                let both = self.add(moved, gl);
                vec![(0, dx), (1, self.neg(both)), (2, self.neg(dx))]
            }
        }
    }
}
