//! What estimates of a log-determinant are made of: traces that are read by random vectors, beside the exact values.

use super::config::Config;
use super::family::Family;
use super::ffjord::Velocity;
use super::residual::{CONTRACTION, Residual, log_det};
use crate::graph::{Builder, Graph, GraphError, Mode, NodeId};

/// What `Lip(g)` of a residual block is at most: the product of the largest spectral norms of its three matrices.
pub fn residual_lipschitz() -> f64 {
    CONTRACTION.powi(3)
}

/// The terms of the power series of block `stage` of a residual flow (1906.02735, eq. 4):
///
/// ```text
/// ln det(I + J) = sum_k (-1)^{k+1} / k * tr(J^k),    tr(A) = E[v'Av]
/// ```
///
/// Inputs `x [B,D]` and `v [B,D]`; outputs `term.k [B,1]`, `v' J^k v` for k = 1..=terms (without sign and factor), `exact [B,1]`, the
/// log-determinant itself, `jacobian [B,D D]`, J row by row, and `next [B,D]`, the block's image. With `v` a basis vector `e_i`, the sum over i of `term.k` is `tr(J^k)` exactly.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn residual_traces(config: &Config, stage: usize, batch: usize, terms: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let x = b.input("x", &[batch, config.dim]);
    let v = b.input("v", &[batch, config.dim]);
    let block = b.scope(config.scope(stage), |b| Residual::declare(b, config.dim, config.width));
    let g = block.with_jacobian(&mut b, x);
    let exact = log_det(&mut b, &g);
    b.output("exact", exact);
    let entries: Vec<NodeId> = (0..config.dim * config.dim).map(|i| g.entry(&mut b, i % config.dim, i / config.dim)).collect();
    let jacobian = b.concat(&entries, 1);
    b.output("jacobian", jacobian);
    let next = b.add(x, g.value);
    b.output("next", next);
    let value = block.value(&mut b, x);
    let mut product = v;
    for k in 1..=terms {
        // J' applied once more: v' J^k v = (J'^k v)' v.
        product = b.vector_jacobian(&[(value, product)], &[x])[0];
        let both = b.mul(product, v);
        let term = b.sum(both, &[1]);
        b.output(&format!("term.{k}"), term);
    }
    b.finish()
}

/// The velocity of a continuous flow at one time: inputs `x [B,D]`, `t [1]` and `v [B,D]`; outputs `velocity [B,D]`, `trace [B,1]`, exact, and
/// `estimate [B,1]`, Hutchinson's `v' (df/dx) v` (1810.01367, eq. 7).
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn velocity(config: &Config, batch: usize) -> Result<Graph, GraphError> {
    debug_assert!(matches!(config.family, Family::Ffjord { .. }), "only a continuous flow has a velocity");
    let mut b = Builder::new(Mode::Evaluate);
    let x = b.input("x", &[batch, config.dim]);
    let t = b.input("t", &[1]);
    let v = b.input("v", &[batch, config.dim]);
    let velocity = b.scope("velocity", |b| Velocity::declare(b, config.dim, config.width));
    let (f, trace) = velocity.at(&mut b, x, t);
    b.output("velocity", f);
    b.output("trace", trace);
    let product = b.vector_jacobian(&[(f, v)], &[x])[0];
    let both = b.mul(product, v);
    let estimate = b.sum(both, &[1]);
    b.output("estimate", estimate);
    b.finish()
}
