use std::time::Instant;

use super::frozen::Frozen;
use super::gradient::ReversePass;
use super::snapshot::{Cost, SampleRun, Settings};
use crate::autoregressive::pixelcnn::{self, Config, Nodes};
use crate::data::noise;
use crate::exec::iterate::Jacobi;
use crate::exec::sampler::Trajectory;
use crate::train::cpu_model::{CpuModel, prices};
use crate::train::{Model, Score, Scorer, Source, TrainError};

/// Examples of a chunk when the test images are scored.
const CHUNK: usize = 20;

/// Draws single images.
pub(super) struct Artist {
    pub(super) config: Config,
    pub(super) nodes: Nodes,
    pub(super) model: CpuModel,
    /// Prepared when it is first asked for.
    pub(super) reverse: Option<ReversePass>,
    scorer: Scorer,
}

impl Artist {
    /// Prepares a model with the weights of no training.
    pub(super) fn new(model: &Model, config: &Config, seed: u64) -> Result<Artist, TrainError> {
        let (graph, nodes) = pixelcnn::evaluation(config, 1)?;
        let mut cpu = CpuModel::new(graph, nodes.levels, nodes.logits, seed)?;
        let scorer = Scorer::new(cpu.sampler.session(), model, CHUNK)?;
        Ok(Artist { config: config.clone(), nodes, model: cpu, reverse: None, scorer })
    }

    /// The noise of a sample: one uniform number a pixel.
    pub(super) fn noise(&self, settings: &Settings) -> Vec<f32> {
        noise::uniforms(settings.seed, settings.stream, self.config.pixels())
    }

    /// Draws a whole image; every activation is computed once.
    pub(super) fn draw(&mut self, settings: &Settings) -> Result<SampleRun, TrainError> {
        self.draw_given(settings, |_| None)
    }

    /// Draws an image of which some levels are given: they are looked up instead of drawn, and all that is drawn comes from the same noise.
    pub(super) fn draw_given(&mut self, settings: &Settings, given: impl Fn(usize) -> Option<u8>) -> Result<SampleRun, TrainError> {
        let mut noise = self.noise(settings);
        let start = Instant::now();
        self.set_class(settings.class)?;
        self.model.sampler.start(&noise, settings.temperature as f32);
        let highest = self.config.levels as u16 - 1;
        for (pixel, u) in noise.iter_mut().enumerate() {
            match given(pixel) {
                Some(level) => {
                    self.model.sampler.force(u16::from(level).min(highest));
                    *u = f32::NAN;
                }
                None => drop(self.model.sampler.step()),
            }
        }
        let cost = Cost { time: start.elapsed(), passes: 1 };
        Ok(SampleRun { u: noise, ..run_of(self.model.sampler.trajectory(), &self.config, *settings, cost, self.model.step) })
    }

    pub(super) fn set_class(&mut self, class: Option<usize>) -> Result<(), TrainError> {
        if self.config.classes > 0 {
            self.model.sampler.set_input("class", &[class.map_or(-1.0, |class| class as f32)])?;
        }
        Ok(())
    }

    /// The score on the first `limit` test images.
    pub(super) fn score(&mut self, model: &Model, source: &Source, seed: u64, limit: usize) -> Result<Score, TrainError> {
        self.scorer.score(self.model.sampler.session(), model, source, seed, limit)
    }
}

/// A slow way to the same image, walked in slices so that commands are heard.
pub(super) struct SlowWalk {
    settings: Settings,
    kind: Kind,
    cost: Cost,
}

enum Kind {
    Full { trajectory: Trajectory, data: Vec<f32>, logits: Vec<f32>, next: usize },
    Jacobi(Box<Jacobi>),
}

impl SlowWalk {
    /// One whole pass for each pixel.
    pub(super) fn full(artist: &Artist, settings: Settings) -> SlowWalk {
        let (pixels, levels) = (artist.config.pixels(), artist.config.levels);
        let trajectory = Trajectory::with_noise(pixels, levels, &artist.noise(&settings), settings.temperature as f32);
        let kind = Kind::Full { trajectory, data: vec![0.0; pixels], logits: vec![0.0; pixels * levels], next: 0 };
        SlowWalk { settings, kind, cost: Cost::default() }
    }

    /// Sweeps over all pixels until nothing changes.
    pub(super) fn jacobi(artist: &Artist, settings: Settings) -> SlowWalk {
        let noise = artist.noise(&settings);
        let jacobi = Jacobi::new(artist.config.pixels(), artist.config.levels, &noise, settings.temperature as f32);
        SlowWalk { settings, kind: Kind::Jacobi(Box::new(jacobi)), cost: Cost::default() }
    }

    /// When each pixel froze, if these were sweeps.
    pub(super) fn frozen(&self, config: &Config) -> Option<Frozen> {
        let Kind::Jacobi(jacobi) = &self.kind else { return None };
        let (at, sweeps) = (jacobi.frozen_at().to_vec(), jacobi.sweeps());
        Some(Frozen { settings: self.settings, rows: config.height, cols: config.width, at, sweeps })
    }

    /// What is drawn.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Goes on until the deadline; the finished sample when there is nothing left to do.
    pub(super) fn advance(&mut self, artist: &mut Artist, deadline: Instant) -> Result<Option<SampleRun>, TrainError> {
        let begin = Instant::now();
        artist.set_class(self.settings.class)?;
        let done = loop {
            self.cost.passes += 1;
            let done = match &mut self.kind {
                Kind::Full { trajectory, data, logits, next } => {
                    artist.model.sampler.forward(data, logits);
                    trajectory.predict(logits, *next);
                    trajectory.draw(*next);
                    data[*next] = f32::from(trajectory.levels[*next]);
                    *next += 1;
                    *next == data.len()
                }
                Kind::Jacobi(jacobi) => {
                    let sampler = &mut artist.model.sampler;
                    let changed = jacobi.sweep(|levels, logits| -> Result<(), TrainError> {
                        sampler.forward(levels, logits);
                        Ok(())
                    })?;
                    changed == 0
                }
            };
            if done || Instant::now() >= deadline {
                break done;
            }
        };
        self.cost.time += begin.elapsed();
        let trajectory = match &self.kind {
            Kind::Full { trajectory, .. } => trajectory,
            Kind::Jacobi(jacobi) => jacobi.trajectory(),
        };
        Ok(done.then(|| run_of(trajectory, &artist.config, self.settings, self.cost, artist.model.step)))
    }
}

/// What a picture of a sample needs, from what the sampler kept.
pub(super) fn run_of(trajectory: &Trajectory, config: &Config, settings: Settings, cost: Cost, step: u64) -> SampleRun {
    let p: Vec<f32> = trajectory.log_p.iter().map(|&l| l.exp()).collect();
    let entropy_of = |log_p: &[f32]| -> f64 {
        let terms = log_p.iter().map(|&l| f64::from(l)).filter(|l| l.is_finite());
        -terms.map(|l| l * l.exp()).sum::<f64>()
    };
    let (price, sum) = prices(trajectory);
    SampleRun {
        settings,
        rows: config.height,
        cols: config.width,
        levels: config.levels,
        pixels: trajectory.image(0).iter().map(|&level| level as u8).collect(),
        entropy: trajectory.log_p.chunks_exact(config.levels).map(entropy_of).collect(),
        u: trajectory.u.clone(),
        p,
        price,
        sum,
        cost,
        step,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Method;
    use super::*;
    use crate::data::{Levels, Preparation};
    use crate::exec::Session;
    use crate::exec::cpu::CpuSession;
    use crate::graph::Reuse;

    #[test]
    fn prices_add_up_to_the_models_own_nll_and_slow_walks_draw_the_same() {
        let config = Config {
            height: 5,
            width: 4,
            levels: 3,
            channels: 6,
            blocks: 2,
            first_kernel: 5,
            kernel: 3,
            head: 8,
            classes: 2,
            coordinates: true,
            residual: true,
            first_taps: None,
            wiring: pixelcnn::Wiring::Plain,
        };
        let model = Model::Pixelcnn { config: config.clone(), data: Preparation { size: 14, levels: Levels::Grey(3) }.into() };
        let mut artist = Artist::new(&model, &config, 3).unwrap();
        let mut weights = artist.model.initial(3);
        // Far from uniform, so that a mistake shows.
        weights.arrays.values_mut().for_each(|(_, values)| values.iter_mut().for_each(|w| *w *= 3.0));
        artist.model.load(&weights).unwrap();
        let settings = Settings { class: Some(1), temperature: 1.0, seed: 7, stream: 2, method: Method::Cached };
        let run = artist.draw(&settings).unwrap();

        let (graph, _) = pixelcnn::evaluation(&config, 1).unwrap();
        let graph = Arc::new(graph);
        let mut session = CpuSession::new(1);
        let program = session.prepare(&graph, Reuse::On).unwrap();
        weights.write_to(&mut session, &graph).unwrap();
        let levels: Vec<f32> = run.pixels.iter().map(|&level| f32::from(level)).collect();
        session.run(program, &[("levels", &levels), ("class", &[1.0])]).unwrap();
        let nll = f64::from(session.read_output(program, "nll").unwrap()[0]);
        // Twenty terms of single precision.
        assert!((run.nats() - nll).abs() < 1e-4, "{} and {nll}", run.nats());
        assert!(run.entropy.iter().all(|&h| (0.0..=3f64.ln() + 1e-6).contains(&h)));

        let soon = || Instant::now() + std::time::Duration::from_millis(1);
        for (mut walk, passes) in [(SlowWalk::full(&artist, settings), 20..=20), (SlowWalk::jacobi(&artist, settings), 1..=21)] {
            let slow = loop {
                if let Some(slow) = walk.advance(&mut artist, soon()).unwrap() {
                    break slow;
                }
                // In between somebody else draws with another class.
                artist.draw(&Settings { class: None, ..settings }).unwrap();
            };
            assert_eq!((&slow.pixels, &slow.p), (&run.pixels, &run.p));
            assert!(passes.contains(&slow.cost.passes), "{} passes", slow.cost.passes);
        }
    }
}
