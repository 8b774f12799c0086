//! One block of the residual flow at the probe: every estimate of its log-determinant, and its inverse.

use super::Look;
use super::series::{self, Histogram, Jacobian, Noise, Spread};
use super::snapshot::{ITERATIONS, MOST_TERMS, PROBES, REPEATS, SPINS, SeriesView};
use crate::data::noise::rng;
use crate::exec::Session;
use crate::flows::{self, Config};
use crate::graph::Direction;
use crate::train::TrainError;
use crate::train::double::Double;

/// Terms after which nothing changes in f64: `0.86^400` is 1e-26.
const ALL_TERMS: usize = 400;
/// Streams of the generator.
const HUTCHINSON: u64 = 0x4855_5443;
const ROULETTE: u64 = 0x524f_554c;

/// The programs of a residual flow and of the block that was looked at last.
pub(super) struct Blocks {
    config: Config,
    whole: Double,
    block: Option<(usize, Double, Double)>,
}

impl Blocks {
    pub(super) fn new(config: &Config) -> Result<Blocks, TrainError> {
        let names: Vec<String> = (0..=config.stages()).map(|k| format!("point.{k}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let whole = Double::new(flows::evaluation(config, 1, Direction::Forward)?, &names)?;
        Ok(Blocks { config: config.clone(), whole, block: None })
    }

    /// Everything at the probe with the session's weights of step `step`.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn look(&mut self, session: &mut dyn Session, step: u64, look: &Look, seed: u64) -> Result<SeriesView, TrainError> {
        self.whole.copy(session)?;
        self.whole.run(&[("x", &look.probe)])?;
        let path: Vec<[f64; 2]> = (0..=self.config.stages()).map(|k| point(self.whole.output(&format!("point.{k}")))).collect();
        let stage = look.block.min(self.config.stages() - 1);
        let (traces, image) = self.block(stage)?;
        traces.copy(session)?;
        image.copy(session)?;
        let x = path[stage];
        let mut products = vec![0.0; MOST_TERMS];
        for v in [[1.0, 0.0], [0.0, 1.0]] {
            traces.run(&[("x", &x), ("v", &v)])?;
            for (k, sum) in products.iter_mut().enumerate() {
                *sum += traces.output(&format!("term.{}", k + 1))[0];
            }
        }
        let jacobian = traces.output("jacobian");
        let jacobian = Jacobian([jacobian[0], jacobian[1], jacobian[2], jacobian[3]]);
        let exact = traces.output("exact")[0];
        let inverse = inverse(image, x)?;
        let contraction = flows::residual_lipschitz();
        let mut rng_of_probes = rng(seed, HUTCHINSON);
        let mut repeats = |noise, terms, probes| -> Vec<f64> {
            (0..REPEATS).map(|_| series::hutchinson(jacobian, noise, terms, probes, &mut rng_of_probes)).collect()
        };
        let variances = Noise::ALL.map(|noise| {
            let one = |&probes: &usize| Spread::of(&repeats(noise, look.terms, probes)).deviation.powi(2);
            PROBES.iter().map(one).collect()
        });
        let hutchinson = repeats(look.noise, look.terms, look.probes);
        let mut wheel = rng(seed, ROULETTE);
        let spins: Vec<(f64, usize)> = (0..SPINS).map(|_| series::roulette(jacobian, look.noise, &mut wheel)).collect();
        let roulette: Vec<f64> = spins.iter().map(|spin| spin.0).collect();
        Ok(SeriesView {
            step,
            path,
            jacobian,
            exact,
            series_end: series::partial_sums(&jacobian.traces(ALL_TERMS))[ALL_TERMS - 1],
            sums: series::partial_sums(&products),
            bounds: (1..=MOST_TERMS).map(|n| series::bias_bound(2, contraction, n)).collect(),
            contraction,
            variances,
            variance_of_one: Noise::ALL.map(|noise| series::variance_of_one(jacobian, noise, look.terms)),
            spread: Spread::of(&hutchinson),
            hutchinson: Histogram::of(&hutchinson),
            roulette_spread: Spread::of(&roulette),
            roulette: Histogram::of(&roulette),
            roulette_running: series::running(&roulette),
            mean_terms: spins.iter().map(|spin| spin.1 as f64).sum::<f64>() / SPINS as f64,
            inverse,
        })
    }

    /// The programs of a block: its traces, and its image alone.
    fn block(&mut self, stage: usize) -> Result<(&mut Double, &mut Double), TrainError> {
        if self.block.as_ref().is_none_or(|(at, ..)| *at != stage) {
            let graph = || flows::residual_traces(&self.config, stage, 1, MOST_TERMS);
            let terms: Vec<String> = (1..=MOST_TERMS).map(|k| format!("term.{k}")).collect();
            let names: Vec<&str> = terms.iter().map(String::as_str).chain(["exact", "jacobian"]).collect();
            self.block = Some((stage, Double::new(graph()?, &names)?, Double::new(graph()?, &["next"])?));
        }
        let (_, traces, image) = self.block.as_mut().expect("it was made");
        Ok((traces, image))
    }
}

/// `|x_k - x|` of `x_{k+1} = z - g(x_k)` from `x_0 = z = x + g(x)`.
fn inverse(image: &mut Double, x: [f64; 2]) -> Result<Vec<f64>, TrainError> {
    let mut next = |at: [f64; 2]| -> Result<[f64; 2], TrainError> {
        image.run(&[("x", &at)])?;
        Ok(point(image.output("next")))
    };
    let z = next(x)?;
    let mut at = z;
    let mut errors = vec![(at[0] - x[0]).hypot(at[1] - x[1])];
    for _ in 0..ITERATIONS {
        let to = next(at)?;
        at = [0, 1].map(|axis| z[axis] - (to[axis] - at[axis]));
        errors.push((at[0] - x[0]).hypot(at[1] - x[1]));
    }
    Ok(errors)
}

fn point(values: &[f64]) -> [f64; 2] {
    [values[0], values[1]]
}
