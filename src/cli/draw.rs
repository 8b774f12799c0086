use std::sync::Arc;
use std::time::Instant;

use super::arguments::{Common, Method};
use super::lesson;
use crate::autoregressive::pixelcnn::{self, Config};
use crate::data::{LevelImages, noise};
use crate::exec::iterate::Jacobi;
use crate::exec::sampler::{CpuSampler, Trajectory, full_forward};
use crate::exec::{BackendInfo, ExecError, ProgramId, Session};
use crate::graph::Reuse;
use crate::graph::causal::Order;
use crate::train::Weights;

/// Images that are drawn at once.
const BATCH: usize = 16;

/// What is to be drawn.
pub(super) struct Request {
    pub(super) count: usize,
    pub(super) class: Option<usize>,
    pub(super) seed: u64,
    pub(super) temperature: f64,
    pub(super) method: Method,
}

/// What was drawn.
pub(super) struct Drawn {
    pub(super) images: LevelImages,
    /// Price `-ln p` of each pixel, `[n, H W]`.
    pub(super) nats: Vec<f32>,
    /// Sweeps of each batch, for Jacobi.
    pub(super) sweeps: Vec<u32>,
    /// Seconds of drawing, preparation left out.
    pub(super) seconds: f64,
    pub(super) backend: BackendInfo,
}

impl Drawn {
    /// Mean of `-ln p(x)` over the images, nats, at the temperature of the drawing.
    pub(super) fn mean_nats(&self) -> f64 {
        self.nats.iter().map(|&v| f64::from(v)).sum::<f64>() / self.images.len().max(1) as f64
    }
}

/// Draws images in batches; image i has noise of its own, whatever the batch.
pub(super) fn images(config: &Config, weights: &Weights, common: &Common, request: &Request) -> anyhow::Result<Drawn> {
    let mut artist = Artist::new(config, weights, common, request)?;
    let pixels = config.pixels();
    let mut drawn = Drawn {
        images: LevelImages { size: config.width, levels: config.levels, data: Vec::new(), labels: Vec::new() },
        nats: Vec::new(),
        sweeps: Vec::new(),
        seconds: 0.0,
        backend: artist.backend(),
    };
    let bar = super::progress::bar(request.count as u64, "drawing");
    for first in (0..request.count).step_by(artist.batch) {
        let begin = Instant::now();
        let (trajectory, sweeps) = artist.draw(request, first)?;
        drawn.seconds += begin.elapsed().as_secs_f64();
        drawn.sweeps.extend(sweeps);
        // The tail draws a full batch too: a program has one size.
        let live = artist.batch.min(request.count - first);
        drawn.images.data.extend(trajectory.levels[..live * pixels].iter().map(|&level| level as u8));
        drawn.nats.extend_from_slice(&trajectory.nats[..live * pixels]);
        if config.classes > 0 {
            drawn.images.labels.extend((first..first + live).map(|i| artist.class(request, i) as u8));
        }
        bar.inc(live as u64);
    }
    bar.finish_and_clear();
    Ok(drawn)
}

/// A model ready to draw.
pub(super) struct Artist {
    config: Config,
    batch: usize,
    easel: Easel,
}

/// By single positions on the CPU, or by whole forward passes on any backend.
enum Easel {
    Stepwise(Box<CpuSampler>),
    Whole { session: Box<dyn Session>, program: ProgramId },
}

impl Artist {
    /// Prepares batches that suit the request.
    pub(super) fn new(config: &Config, weights: &Weights, common: &Common, request: &Request) -> anyhow::Result<Artist> {
        let batch = BATCH.min(request.count);
        let (graph, nodes) = pixelcnn::evaluation(config, batch)?;
        let graph = Arc::new(graph);
        let easel = if request.method == Method::Cached {
            // A position is a few microseconds of work: a second thread would cost more than it does.
            let mut sampler = Box::new(CpuSampler::new(&graph, nodes.levels, nodes.logits, Order::raster(config.pixels()), 1)?);
            weights.write_to(sampler.session(), &graph)?;
            Easel::Stepwise(sampler)
        } else {
            let mut session = lesson::session(common)?;
            let program = session.prepare(&graph, Reuse::On)?;
            weights.write_to(session.as_mut(), &graph)?;
            Easel::Whole { session, program }
        };
        Ok(Artist { config: config.clone(), batch, easel })
    }

    /// What it runs on.
    pub(super) fn backend(&mut self) -> BackendInfo {
        match &mut self.easel {
            Easel::Stepwise(sampler) => sampler.session().backend(),
            Easel::Whole { session, .. } => session.backend(),
        }
    }

    fn class(&self, request: &Request, image: usize) -> usize {
        request.class.unwrap_or(image % self.config.classes.max(1))
    }

    /// Draws one batch, whose first image has the number `first`; for Jacobi with the number of sweeps.
    pub(super) fn draw(&mut self, request: &Request, first: usize) -> anyhow::Result<(Trajectory, Option<u32>)> {
        let (pixels, levels, temperature) = (self.config.pixels(), self.config.levels, request.temperature as f32);
        let numbers = first..first + self.batch;
        let u: Vec<f32> = numbers.clone().flat_map(|i| noise::uniforms(request.seed, i as u64, pixels)).collect();
        let class: Vec<f32> = numbers.map(|i| self.class(request, i) as f32).collect();
        let class = (self.config.classes > 0).then_some(class.as_slice());
        match &mut self.easel {
            Easel::Stepwise(sampler) => {
                if let Some(class) = class {
                    sampler.set_input("class", class)?;
                }
                sampler.start(&u, temperature);
                Ok((sampler.finish().clone(), None))
            }
            Easel::Whole { session, program } => {
                let forward = |data: &[f32], logits: &mut [f32]| -> Result<(), ExecError> {
                    let inputs = [("levels", data), ("class", class.unwrap_or_default())];
                    session.run(*program, &inputs[..1 + usize::from(class.is_some())])?;
                    logits.copy_from_slice(&session.read_output(*program, "logits")?);
                    Ok(())
                };
                if request.method == Method::Jacobi {
                    let mut jacobi = Jacobi::new(pixels, levels, &u, temperature);
                    jacobi.run(forward)?;
                    return Ok((jacobi.trajectory().clone(), Some(jacobi.sweeps())));
                }
                Ok((full_forward(&Order::raster(pixels), levels, &u, temperature, forward)?, None))
            }
        }
    }
}
