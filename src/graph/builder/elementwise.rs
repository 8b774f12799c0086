//! Functions of one element.

use super::Builder;
use crate::graph::NodeId;
use crate::graph::op::{Binary, Op, Unary};

impl Builder {
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
}
