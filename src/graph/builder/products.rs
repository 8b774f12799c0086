//! Matrix products, masked convolutions, couplings and the optimiser step.

use super::Builder;
use crate::graph::op::{Direction, Op};
use crate::graph::{NodeId, Shape, Taps};

impl Builder {
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
}
