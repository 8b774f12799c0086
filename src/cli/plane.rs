use std::sync::Arc;

use super::arguments::Common;
use super::lesson;
use crate::data::chunks;
use crate::exec::{BackendInfo, ProgramId, Session};
use crate::flows::{self, Config};
use crate::graph::{Direction, Reuse};
use crate::train::Weights;

/// Points of a chunk.
const CHUNK: usize = 4_096;

/// A trained flow of the plane, ready for any number of points.
pub(super) struct Plane {
    session: Box<dyn Session>,
    layers: usize,
    forward: ProgramId,
    inverse: ProgramId,
}

/// What a flow says of points of the data space.
pub(super) struct Forward {
    pub(super) z: Vec<f32>,
    pub(super) log_prob: Vec<f32>,
    /// Log-determinant of each layer at each point, `[layers][n]`.
    pub(super) log_dets: Vec<Vec<f32>>,
}

impl Plane {
    pub(super) fn new(config: &Config, weights: &Weights, common: &Common) -> anyhow::Result<Plane> {
        let mut session = lesson::session(common)?;
        let graph = Arc::new(flows::evaluation(config, CHUNK, Direction::Forward)?);
        let forward = session.prepare(&graph, Reuse::On)?;
        let inverse = session.prepare(&Arc::new(flows::evaluation(config, CHUNK, Direction::Inverse)?), Reuse::On)?;
        weights.write_to(session.as_mut(), &graph)?;
        Ok(Plane { session, layers: config.stages(), forward, inverse })
    }

    /// Data to latent, with every log-determinant.
    pub(super) fn forward(&mut self, points: &[[f32; 2]]) -> anyhow::Result<Forward> {
        let mut all = Forward { z: Vec::new(), log_prob: Vec::new(), log_dets: vec![Vec::new(); self.layers] };
        for part in chunks(points.len(), CHUNK) {
            let x: Vec<f32> = part.indices.iter().flat_map(|&i| points[i]).collect();
            self.session.run(self.forward, &[("x", &x)])?;
            all.z.extend(&self.session.read_output(self.forward, &format!("point.{}", self.layers))?[..2 * part.live]);
            all.log_prob.extend(&self.session.read_output(self.forward, "log_prob")?[..part.live]);
            for (k, log_det) in all.log_dets.iter_mut().enumerate() {
                log_det.extend(&self.session.read_output(self.forward, &format!("log_det.{k}"))?[..part.live]);
            }
        }
        Ok(all)
    }

    /// Latent (`[n, 2]`, flat) to data: the points and `ln p` of each.
    pub(super) fn inverse(&mut self, z: &[f32]) -> anyhow::Result<(Vec<[f32; 2]>, Vec<f32>)> {
        let (mut points, mut log_prob) = (Vec::new(), Vec::new());
        for part in chunks(z.len() / 2, CHUNK) {
            let z: Vec<f32> = part.indices.iter().flat_map(|&i| [z[2 * i], z[2 * i + 1]]).collect();
            self.session.run(self.inverse, &[("z", &z)])?;
            let x = self.session.read_output(self.inverse, "point.0")?;
            points.extend(x[..2 * part.live].chunks_exact(2).map(|p| [p[0], p[1]]));
            log_prob.extend(&self.session.read_output(self.inverse, "log_prob")?[..part.live]);
        }
        Ok((points, log_prob))
    }

    pub(super) fn backend(&self) -> BackendInfo {
        self.session.backend()
    }
}
