//! The real receptive field of a pixel: the size of `d logits / d input`, by the reverse pass.

use std::sync::Arc;

use super::artist::Artist;
use super::snapshot::SampleRun;
use crate::autoregressive::sensitivity;
use crate::exec::{ProgramId, Session};
use crate::graph::Reuse;
use crate::train::TrainError;

/// Most logits whose rows of the Jacobian are computed at once.
const ROWS: usize = 8;

/// How strongly the logits of one pixel react to every pixel of the sample.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// The sample at which the slope was taken.
    pub sample: Arc<SampleRun>,
    /// The pixel whose logits are meant.
    pub pixel: usize,
    /// `sqrt(sum_{k,j} (d l_k / d x_{q,j})^2)` of each pixel q: the Frobenius norm of a K x K block of the Jacobian, `[P]`.
    pub size: Vec<f32>,
    /// The largest of them.
    pub largest: f32,
}

impl Gradient {
    /// Number of pixels to which the logits react at all.
    pub fn support(&self) -> usize {
        self.size.iter().filter(|&&size| size > 0.0).count()
    }
}

/// The prepared reverse pass; it shares the sampler's parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReversePass {
    program: ProgramId,
    rows: usize,
}

impl Artist {
    fn reverse_pass(&mut self) -> Result<ReversePass, TrainError> {
        if let Some(pass) = self.reverse {
            return Ok(pass);
        }
        let rows = self.config.levels.min(ROWS);
        let (graph, _) = sensitivity::reverse(&self.config, rows)?;
        let program = self.model.sampler.session().prepare(&Arc::new(graph), Reuse::On)?;
        Ok(*self.reverse.insert(ReversePass { program, rows }))
    }

    /// The sizes of the blocks of the Jacobian of a pixel's logits.
    ///
    /// # Errors
    /// Shapes that do not fit, too little memory.
    pub(super) fn gradient(&mut self, sample: &Arc<SampleRun>, pixel: usize) -> Result<Gradient, TrainError> {
        let ReversePass { program, rows } = self.reverse_pass()?;
        let (pixels, levels) = (sample.len(), sample.levels);
        let image: Vec<f32> = sample.pixels.iter().map(|&level| f32::from(level)).collect();
        let image = image.repeat(rows);
        let class = vec![sample.settings.class.map_or(-1.0, |class| class as f32); rows];
        let nudge = vec![0.0; rows * pixels * levels];
        let mut square = vec![0.0_f64; pixels];
        for first in (0..levels).step_by(rows) {
            let mut v = vec![0.0; rows * pixels * levels];
            for k in first..levels.min(first + rows) {
                v[(k - first) * pixels * levels + pixel * levels + k] = 1.0;
            }
            let mut inputs: Vec<(&str, &[f32])> = vec![("levels", &image), ("nudge", &nudge), ("v", &v)];
            if self.config.classes > 0 {
                inputs.push(("class", &class));
            }
            let session = self.model.sampler.session();
            session.run(program, &inputs)?;
            let gradient = session.output(program, "gradient")?;
            for (i, block) in gradient.chunks_exact(levels).enumerate() {
                square[i % pixels] += block.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>();
            }
        }
        let size: Vec<f32> = square.into_iter().map(|square| square.sqrt() as f32).collect();
        let largest = size.iter().copied().fold(0.0, f32::max);
        Ok(Gradient { sample: Arc::clone(sample), pixel, size, largest })
    }
}
