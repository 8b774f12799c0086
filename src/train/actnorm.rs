//! Data-dependent initial values (Glow, 1807.03039, section 3.1): each actnorm makes the first batch's mean 0 and variance 1.

use std::sync::Arc;

use super::{Source, TrainError};
use crate::exec::Session;
use crate::flows::{self, Config};
use crate::graph::{Direction, Reuse};

/// Added to a standard deviation: a coordinate that is the same everywhere keeps a finite scale.
const FLOOR: f32 = 1e-6;

/// Sets every actnorm of a flow whose other parameters are in the session, the first layer first, from the batch of step 0. Does nothing for a
/// flow without one.
///
/// # Errors
/// A device that fails.
pub(super) fn set(session: &mut dyn Session, config: &Config, source: &Source, batch: usize, seed: u64) -> Result<(), TrainError> {
    let stages: Vec<usize> = (0..config.stages()).filter(|&stage| config.stage_title(stage) == "actnorm").collect();
    if stages.is_empty() {
        return Ok(());
    }
    let program = session.prepare(&Arc::new(flows::evaluation(config, batch, Direction::Forward)?), Reuse::On)?;
    let examples = source.flow_batch(batch, seed, 0)?;
    for stage in stages {
        session.run(program, &examples.inputs(config.classes > 0))?;
        let before = session.read_output(program, &format!("point.{stage}"))?;
        let rows = before.len() / config.dim;
        let moments = |d: usize| {
            let column = || before.iter().skip(d).step_by(config.dim);
            let mean = column().sum::<f32>() / rows as f32;
            let variance = column().map(|v| (v - mean).powi(2)).sum::<f32>() / rows as f32;
            (-mean, -(variance.sqrt() + FLOOR).ln())
        };
        let (bias, log_scale): (Vec<f32>, Vec<f32>) = (0..config.dim).map(moments).unzip();
        let scope = config.scope(stage);
        session.write_parameter(&format!("{scope}.bias"), &bias)?;
        session.write_parameter(&format!("{scope}.log_scale"), &log_scale)?;
    }
    Ok(())
}
