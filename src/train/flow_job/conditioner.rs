//! What the conditioners of affine layers say: s and t over the coordinate that they read, and at the probe.

use super::Point;
use super::programs::Programs;
use crate::exec::Session;
use crate::train::TrainError;

/// Points of a conditioner's curve.
pub(super) const CURVE: usize = 97;

/// Log-scales and shifts of one layer; no log-scales where it only shifts.
type Said = (Vec<f32>, Vec<f32>);

/// A layer's conditioner as two curves over the coordinate that it reads; its values are those of the model's own nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditioner {
    /// The coordinate that is read.
    pub passive: Vec<f32>,
    /// `s(x_passive)`; empty where the layer only shifts.
    pub log_scale: Vec<f32>,
    /// `t(x_passive)`.
    pub shift: Vec<f32>,
}

impl Programs {
    /// Every layer's curves over the coordinate that it reads; none for a layer that has no such conditioner.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn conditioner_curves(&self, session: &mut dyn Session) -> Result<Vec<Option<Conditioner>>, TrainError> {
        let passive: Vec<f32> = (0..CURVE).map(|i| 4.0 * (2.0 * i as f32 / (CURVE - 1) as f32 - 1.0)).collect();
        let said = self.say(session, &passive)?;
        let curve = |(log_scale, shift)| Conditioner { passive: passive.clone(), log_scale, shift };
        Ok(said.into_iter().map(|said| said.map(curve)).collect())
    }

    /// `[s, t]` of every affine layer at a point, given where it is after k layers; s is 0 where the layer only shifts.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn conditioners_at(&self, session: &mut dyn Session, points: &[Point]) -> Result<Vec<Option<[f64; 2]>>, TrainError> {
        // On the side of the layer that its network reads.
        let place = |stage: usize| self.config.conditioning(stage).map_or(0.0, |c| points[stage + usize::from(c.latent)][c.reads]);
        let passive: Vec<f32> = (0..self.config.stages()).map(place).collect();
        let said = self.say(session, &passive)?;
        let at = |(k, (s, t)): (usize, Said)| [s.get(k).copied().unwrap_or(0.0).into(), t[k].into()];
        Ok(said.into_iter().enumerate().map(|(k, said)| said.map(|said| at((k, said)))).collect())
    }

    fn say(&self, session: &mut dyn Session, passive: &[f32]) -> Result<Vec<Option<Said>>, TrainError> {
        let stages = self.config.stages();
        let Some(program) = self.conditioners else { return Ok(vec![None; stages]) };
        let mut padded = passive.to_vec();
        padded.resize(CURVE, 0.0);
        session.run(program, &[("passive", &padded)])?;
        let mut read = |name: String| -> Result<Vec<f32>, TrainError> {
            let mut values = session.read_output(program, &name)?;
            values.truncate(passive.len());
            Ok(values)
        };
        let mut said = Vec::with_capacity(stages);
        for stage in 0..stages {
            if !self.config.says_scale_and_shift(stage) {
                said.push(None);
                continue;
            }
            let shift = read(format!("shift.{stage}"))?;
            let log_scale = if self.config.additive() { Vec::new() } else { read(format!("log_scale.{stage}"))? };
            said.push(Some((log_scale, shift)));
        }
        Ok(said)
    }
}
