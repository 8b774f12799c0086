//! Where a mean log-likelihood comes from: the base's log-density and what every layer adds.
//!
//! ```text
//! mean ln p(x) = mean ln N(z) + sum over layers k of mean log|det J_k|
//! ```

use serde::Serialize;

use super::plane;
use crate::exec::Session;
use crate::flows::Config;
use crate::train::{Examples, Source};

/// Held-out points of the sum where fresh ones come without end: standard error about 0.01 nats.
const FRESH: usize = 20_000;

/// The parts of a mean log-likelihood over a set of points, nats a point.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Balance {
    /// Number of points.
    rows: usize,
    /// Mean of `-ln p(x)`.
    nats: f64,
    /// Mean of `ln N(z)`.
    log_base: f64,
    /// Mean of `log|det J_k|` of each layer.
    layers: Vec<Share>,
}

#[derive(Clone, Debug, Serialize)]
struct Share {
    layer: usize,
    what: &'static str,
    log_det: f64,
}

/// The parts over the rows that train, where they are a finite set, and over those that test.
pub(super) fn both(session: &mut dyn Session, config: &Config, source: &Source, seed: u64) -> anyhow::Result<(Option<Balance>, Balance)> {
    let train = source.flow_train().map(|rows| Balance::of(session, config, &rows)).transpose()?;
    Ok((train, Balance::of(session, config, &source.flow_test(FRESH, seed))?))
}

impl Balance {
    fn of(session: &mut dyn Session, config: &Config, examples: &Examples) -> anyhow::Result<Balance> {
        let found = plane::forward_in(session, config, examples)?;
        let mean = |values: &[f32]| values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len().max(1) as f64;
        let share = |(layer, log_dets): (usize, &Vec<f32>)| Share { layer, what: config.stage_title(layer), log_det: mean(log_dets) };
        Ok(Balance {
            rows: examples.len(),
            nats: -mean(&found.log_prob),
            log_base: mean(&found.log_base),
            layers: found.log_dets.iter().enumerate().map(share).collect(),
        })
    }

    /// What a row costs as a line of text.
    pub(super) fn price(&self) -> String {
        format!("{:.4} nats over {} training rows", self.nats, self.rows)
    }

    /// The sum as lines of text.
    pub(super) fn describe(&self, rows: &str) -> String {
        let mut text = format!("mean ln p(x) over {} {rows} rows\n  {:<26} {:>9.4}\n", self.rows, "base, ln N(z)", self.log_base);
        for Share { layer, what, log_det } in &self.layers {
            text += &format!("  {:<26} {log_det:>+9.4}\n", format!("layer {}, {what}", layer + 1));
        }
        text + &format!("  {:<26} {:>9.4}  ({:.4} nats a row)", "sum", -self.nats, self.nats)
    }
}
