use std::sync::Arc;

use super::arguments::Common;
use super::lesson;
use crate::data::chunks;
use crate::exec::{BackendInfo, ProgramId, Session};
use crate::flows::{self, Config};
use crate::graph::{Direction, Reuse};
use crate::train::{Examples, Weights};

/// Points of a chunk.
const CHUNK: usize = 4_096;

/// A trained flow of D dimensions, ready for any number of points.
pub(super) struct Plane {
    session: Box<dyn Session>,
    config: Config,
    forward: ProgramId,
    inverse: ProgramId,
}

/// What a flow says of points of the data space.
#[derive(Default)]
pub(super) struct Forward {
    /// `[n, D]`.
    pub(super) z: Vec<f32>,
    /// `ln N(z)`.
    pub(super) log_base: Vec<f32>,
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
        Ok(Plane { session, config: config.clone(), forward, inverse })
    }

    /// Data to latent, with every log-determinant.
    pub(super) fn forward(&mut self, examples: &Examples) -> anyhow::Result<Forward> {
        forward(self.session.as_mut(), self.forward, &self.config, examples)
    }

    /// Latent (`x` of the examples holds z) to data: the points `[n, D]` and `ln p` of each.
    pub(super) fn inverse(&mut self, latent: &Examples) -> anyhow::Result<(Vec<f32>, Vec<f32>)> {
        let dim = self.config.dim;
        let (mut points, mut log_prob) = (Vec::new(), Vec::new());
        for part in chunks(latent.len(), CHUNK) {
            let Examples { x: z, class } = latent.at(dim, &part.indices);
            let inputs: [(&str, &[f32]); 2] = [("z", &z), ("class", &class)];
            self.session.run(self.inverse, &inputs[..1 + usize::from(self.config.classes > 0)])?;
            points.extend(&self.session.read_output(self.inverse, "point.0")?[..dim * part.live]);
            log_prob.extend(&self.session.read_output(self.inverse, "log_prob")?[..part.live]);
        }
        Ok((points, log_prob))
    }

    pub(super) fn backend(&self) -> BackendInfo {
        self.session.backend()
    }
}

/// The same in any session that holds the parameters.
pub(super) fn forward_in(session: &mut dyn Session, config: &Config, examples: &Examples) -> anyhow::Result<Forward> {
    let program = session.prepare(&Arc::new(flows::evaluation(config, CHUNK, Direction::Forward)?), Reuse::On)?;
    forward(session, program, config, examples)
}

fn forward(session: &mut dyn Session, program: ProgramId, config: &Config, examples: &Examples) -> anyhow::Result<Forward> {
    let (dim, layers) = (config.dim, config.stages());
    let mut all = Forward { log_dets: vec![Vec::new(); layers], ..Forward::default() };
    for part in chunks(examples.len(), CHUNK) {
        session.run(program, &examples.at(dim, &part.indices).inputs(config.classes > 0))?;
        all.z.extend(&session.read_output(program, &format!("point.{layers}"))?[..dim * part.live]);
        all.log_base.extend(&session.read_output(program, "log_base")?[..part.live]);
        all.log_prob.extend(&session.read_output(program, "log_prob")?[..part.live]);
        for (k, log_det) in all.log_dets.iter_mut().enumerate() {
            log_det.extend(&session.read_output(program, &format!("log_det.{k}"))?[..part.live]);
        }
    }
    Ok(all)
}
